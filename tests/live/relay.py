#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A bad piece of cable between two interfaces: loses, doubles and reorders frames, or tags
them. It stands in for the netem qdisc, which AF_XDP's transmit path goes around and which
not every kernel has, and it can sit on both sides of what is tested.

  relay.py NEAR FAR [--loss %] [--duplicate %] [--reorder %] [--seed N] [--tag TPID:VID]...

Each direction draws from a generator of its own. A reordered frame, and the second copy of
a doubled one, is held for 1 to 5 ms. With --tag, frames get these tags (outermost first) on
their way from NEAR to FAR and lose as many on their way back. On SIGTERM it prints what it did.
"""
import argparse
import heapq
import random
import select
import signal
import socket
import struct
import sys
import time

ETH_P_ALL = 3
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 0x10, 0x40
ANCILLARY = socket.CMSG_SPACE(20)


def open_port(name):
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    port.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    port.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    port.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    port.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 8 << 20)
    port.bind((name, 0))
    port.setblocking(False)
    return port


def receive(port):
    """One frame, with the outermost tag where the kernel took it out."""
    frame, ancillary, _, _ = port.recvmsg(65535, ANCILLARY)
    for level, kind, data in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", data)
            if status & TP_STATUS_VLAN_VALID:
                tpid = tpid if status & TP_STATUS_VLAN_TPID_VALID else 0x8100
                frame = frame[:12] + struct.pack("!HH", tpid, tci) + frame[12:]
    return frame


class Direction:
    def __init__(self, options, out, seed, push, pop):
        self.options, self.out = options, out
        self.random = random.Random(seed)
        self.push, self.pop = push, pop
        self.done = dict.fromkeys(("passed", "lost", "doubled", "held", "refused"), 0)

    def hit(self, percent):
        return percent > 0 and self.random.random() * 100 < percent

    def send(self, frame):
        try:
            self.out.send(frame)
            self.done["passed"] += 1
        except OSError:  # full, or too long for the device: the cable lost it
            self.done["refused"] += 1

    def take(self, frame, held):
        if self.pop:
            frame = frame[:12] + frame[12 + self.pop :]
        frame = frame[:12] + self.push + frame[12:]
        if self.hit(self.options.loss):
            self.done["lost"] += 1
            return
        later = time.monotonic() + self.random.uniform(0.001, 0.005)
        if self.hit(self.options.reorder):
            self.done["held"] += 1
            heapq.heappush(held, (later, id(frame), self, frame))
            return
        if self.hit(self.options.duplicate):
            self.done["doubled"] += 1
            heapq.heappush(held, (later, id(frame), self, frame))
        self.send(frame)


def run(ports, directions):
    poll = select.poll()
    for port in ports:
        poll.register(port, select.POLLIN)
    by_fd = {port.fileno(): (port, way) for port, way in zip(ports, directions)}
    held = []
    while True:
        wait = max(0, held[0][0] - time.monotonic()) * 1000 if held else None
        for fd, _ in poll.poll(wait):
            port, way = by_fd[fd]
            for _ in range(64):
                try:
                    way.take(receive(port), held)
                except BlockingIOError:
                    break
        while held and held[0][0] <= time.monotonic():
            _, _, way, frame = heapq.heappop(held)
            way.send(frame)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("near")
    parser.add_argument("far")
    for name in ("--loss", "--duplicate", "--reorder"):
        parser.add_argument(name, type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tag", action="append", default=[])
    options = parser.parse_args()
    tags = b"".join(
        struct.pack("!HH", int(tpid, 16), int(vid))
        for tpid, vid in (tag.split(":") for tag in options.tag)
    )
    near, far = open_port(options.near), open_port(options.far)
    directions = [
        Direction(options, far, options.seed, tags, 0),
        Direction(options, near, options.seed + 1, b"", len(tags)),
    ]

    def stop(*_):
        for name, way in zip(("near to far", "far to near"), directions):
            print(name, *("%s=%d" % item for item in way.done.items()), flush=True)
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    print("ready", flush=True)
    run((near, far), directions)


main()
