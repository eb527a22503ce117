#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How fast the packets come back to a generator that sends so many and no more, by the
counters of its ports in DPDK's telemetry.

  through.py PREFIX PACKETS SECONDS

Started before the generator is. Waits until all have come, or no more did for a second,
but no longer than SECONDS. Prints how many came, and in how many seconds from the first
to the last.
"""
import json
import os
import socket
import sys
import time


def received(connection, size):
    total = 0
    for port in (0, 1):
        connection.send(b"/ethdev/stats,%d" % port)
        total += json.loads(connection.recv(size))["/ethdev/stats"]["ipackets"]
    return total


def main():
    prefix, packets, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    folder = (
        "/var/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp")
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect("%s/dpdk/%s/dpdk_telemetry.v2" % (folder, prefix))
        size = json.loads(connection.recv(16384))["max_output_len"]
        before = seen = received(connection, size)
        print("ready", flush=True)
        begin = last = None
        end = time.monotonic() + seconds
        while seen - before < packets and time.monotonic() < end:
            was, now = seen, time.monotonic()
            seen = received(connection, size)
            if seen != was:
                # the first may have come at any time since the last look
                begin, last = now if begin is None else begin, time.monotonic()
            elif last is not None and now - last > 1:
                break
            time.sleep(0.002)
    print(seen - before, "%.4f" % (last - begin if last is not None else 0))


main()
