#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Measure how fast the packets of a generator come back that sends a fixed number of
them, from the counters of its ports in DPDK's telemetry.

  through.py PREFIX PACKETS SECONDS

Start it before the generator. It waits until all packets have come back, or none for a
second, but at most SECONDS. Prints their number, and the seconds from the first to the
last.
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
                # the first packet came between the last two readings
                begin, last = now if begin is None else begin, time.monotonic()
            elif last is not None and now - last > 1:
                break
            time.sleep(0.002)
    print(seen - before, "%.4f" % (last - begin if last is not None else 0))


main()
