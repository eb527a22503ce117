#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Print the packet rates of the two ports of a DPDK program over some time, from its
telemetry.

  rate.py PREFIX SECONDS [PID]   prints received and sent, both in Mpps over both ports

With PID, seconds are CPU time of the busiest thread of that process, which is the one
that moves packets. Then other processes on its processor do not change the figures.
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
    return [sum(port[key] for port in stats) for key in ("ipackets", "opackets")]


def clocks(pid):
    """Return seconds by clock: the wall clock, or the CPU time of each thread of a
    process."""
    if pid is None:
        return {0: time.monotonic()}
    tasks = "/proc/%s/task/" % pid
    return {
        task: int(open(tasks + task + "/schedstat", encoding="ascii").read().split()[0])
        / 1e9
        for task in os.listdir(tasks)
    }


def main():
    prefix, seconds = sys.argv[1], float(sys.argv[2])
    pid = sys.argv[3] if len(sys.argv) > 3 else None
    folder = (
        "/var/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp")
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect("%s/dpdk/%s/dpdk_telemetry.v2" % (folder, prefix))
        size = json.loads(connection.recv(16384))["max_output_len"]
        before, start = totals(connection, size), clocks(pid)
        time.sleep(seconds)
        after, end = totals(connection, size), clocks(pid)
    took = max(end[task] - start[task] for task in start if task in end)
    print(*("%.4f" % ((now - then) / took / 1e6) for then, now in zip(before, after)))


main()
