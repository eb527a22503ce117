#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the two ports of a DPDK program received and sent in some time, by its telemetry.

  rate.py PREFIX SECONDS      prints received and sent, both in Mpps over both ports
"""
import json
import os
import socket
import sys
import time


def ask(connection, command, size):
    connection.send(command.encode())
    return json.loads(connection.recv(size))[command.split(",")[0]]


def totals(connection, size):
    stats = [ask(connection, "/ethdev/stats,%d" % port, size) for port in (0, 1)]
    return time.monotonic(), *(
        sum(port[key] for port in stats) for key in ("ipackets", "opackets")
    )


def main():
    prefix, seconds = sys.argv[1], float(sys.argv[2])
    folder = "/var/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect("%s/dpdk/%s/dpdk_telemetry.v2" % (folder, prefix))
        size = json.loads(connection.recv(16384))["max_output_len"]
        before = totals(connection, size)
        time.sleep(seconds)
        after = totals(connection, size)
    took = after[0] - before[0]
    print(*("%.4f" % ((after[i] - before[i]) / took / 1e6) for i in (1, 2)))


main()
