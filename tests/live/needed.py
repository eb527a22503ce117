#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Did sluice drop a TCP segment that its receiver needed? Judged by four captures of one run.

  needed.py LAN-ADDRESS[,ADDRESS] LAN-PORT.pcap WAN-PORT.pcap LAN-HOST.pcap WAN-HOST.pcap

What a port capture holds of one host and the other port's does not, sluice dropped (of
equal copies, the later ones). A dropped segment was needed if, when it was dropped,
- it had data or a FIN that had not reached the receiver, or acknowledged more than any
  segment that had; unless the receiver's own timestamp echoes show that it had taken a newer
  segment, and so had to discard this one (RFC 7323 5.3, R1);
- or it was a RST, and the receiver had neither got one nor seen the connection's end: both
  FINs there and its own acknowledged, which is CLOSED or a TIME-WAIT (RFC 1337).
SYNs are not judged: the rules may refuse them. Prints each needed one and a count; status 1 if
there is one.
"""
import bisect
import collections
import socket
import struct
import sys

SYN, RST, FIN, ACK = 2, 4, 1, 16
LONGEST = 0.1  # seconds that a packet may wait for its decision

Segment = collections.namedtuple("Segment", "time key flow flags seq ack length val ecr text")


def half(a, b):
    """a - b, as sequence numbers."""
    return ((a - b + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)


def timestamps(options):
    while options and options[0] != 0:
        if options[0] == 1:
            options = options[1:]
        elif options[0] == 8 and len(options) >= 10:
            return struct.unpack_from("!II", options, 2)
        else:
            options = options[max(options[1], 2) if len(options) > 1 else 1 :]
    return None, None


def segment(time, frame):
    if len(frame) < 54:
        return None
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == 0x0800:
        family, at, size = socket.AF_INET, 14 + (frame[14] & 15) * 4, 4
        proto, total, begin = frame[23], struct.unpack_from("!H", frame, 16)[0], 26
        end = 14 + total
    elif kind == 0x86DD:
        family, at, size = socket.AF_INET6, 54, 16
        proto, begin = frame[20], 22
        end = 54 + struct.unpack_from("!H", frame, 18)[0]
    else:
        return None
    if proto != 6:
        return None
    src = socket.inet_ntop(family, frame[begin : begin + size])
    dst = socket.inet_ntop(family, frame[begin + size : begin + 2 * size])
    sport, dport, seq, ack, offset, flags = struct.unpack_from("!HHIIBB", frame, at)
    data = end - at - (offset >> 4) * 4
    flow = (src, sport, dst, dport)
    val, ecr = timestamps(frame[at + 20 : at + (offset >> 4) * 4])
    text = "%s.%d > %s.%d flags %#x seq %d ack %d data %d TS %s %s" % (
        *flow, flags, seq, ack, data, val, ecr)
    return Segment(time, frame[14:end], flow, flags, seq, ack, data + (flags & FIN), val, ecr,
                   text)


def read(name):
    with open(name, "rb") as file:
        magic = file.read(24)[:4]
        order = "<" if magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
        scale = 1e-9 if magic in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1e-6
        while len(head := file.read(16)) == 16:
            seconds, fraction, captured, _ = struct.unpack(order + "IIII", head)
            found = segment(seconds + fraction * scale, file.read(captured))
            if found is not None:
                yield found


class Receiver:
    """What has reached one end of a connection, and what it said."""

    def __init__(self):
        self.ranges = []  # of sequence numbers, relative to the first, disjoint and sorted
        self.base = None
        self.ack = None
        self.reset = False
        self.echoed = None
        self.fin = None  # sequence of its own
        self.peer_fin = False

    def said(self, s):
        if s.flags & SYN:
            self.echoed = None
        if s.flags & FIN:
            self.fin = (s.seq + s.length) & 0xFFFFFFFF
        if s.ecr and s.flags & ACK and (
                self.echoed is None or half(s.ecr, self.echoed) > 0):
            self.echoed = s.ecr

    def take(self, s):
        if s.flags & RST:
            self.reset = True
        if s.flags & SYN:
            self.__init__()
            self.base = (s.seq + 1) & 0xFFFFFFFF
        if s.flags & FIN:
            self.peer_fin = True
        if s.flags & ACK and (self.ack is None or half(s.ack, self.ack) > 0):
            self.ack = s.ack
        if s.length and not s.flags & SYN and self.base is not None:
            start = half(s.seq, self.base)
            self.add(start, start + s.length)

    def add(self, start, end):
        kept = []
        for a, b in self.ranges:
            if b < start or a > end:
                kept.append((a, b))
            else:
                start, end = min(a, start), max(b, end)
        self.ranges = sorted(kept + [(start, end)])
        if self.ranges[0][0] <= 0 < self.ranges[0][1] - (1 << 24):  # keep numbers small
            shift = self.ranges[0][1] - (1 << 20)
            self.base = (self.base + shift) & 0xFFFFFFFF
            self.ranges = [(max(a - shift, 0), b - shift) for a, b in self.ranges]

    def over(self):
        return self.peer_fin and self.fin is not None and self.ack == self.fin

    def needs(self, s):
        if s.flags & SYN or self.reset:
            return False
        if s.flags & RST:
            return not self.over()
        if s.val is not None and self.echoed is not None and half(s.val, self.echoed) < 0:
            return False
        if s.length and self.base is not None:
            start = max(half(s.seq, self.base), 0)
            end = half(s.seq, self.base) + s.length
            if end > start and not any(a <= start and end <= b for a, b in self.ranges):
                return True
        return bool(s.flags & ACK) and (self.ack is None or half(s.ack, self.ack) > 0)


def dropped(entered, left):
    """Those that entered one port and did not leave by the other, and when that was decided.

    A port is a queue: a packet was decided on before the next one that came in left again.
    """
    leaving = collections.defaultdict(list)
    for s in left:
        leaving[s.key].append(s)
    waiting = collections.defaultdict(list)
    for s in entered:
        waiting[s.key].append(s)
    lost, passed = [], []
    for key, copies in waiting.items():
        # Of equal copies the first is the one that left: nothing makes a later one better.
        outs = leaving[key]
        passed += [(s.time, out.time) for s, out in zip(copies, outs)]
        lost += copies[len(outs) :]
    passed.sort()
    for s in sorted(lost, key=lambda s: s.time):
        later = bisect.bisect_right(passed, (s.time, float("inf")))
        decided = passed[later][1] if later < len(passed) else s.time + LONGEST
        yield s, min(decided, s.time + LONGEST)


def main():
    lan = sys.argv[1].split(",")
    lan_port, wan_port, lan_host, wan_host = ([*read(name)] for name in sys.argv[2:6])
    needed = total = 0
    for outward, entered, left, host in (
        (True, lan_port, wan_port, wan_host),
        (False, wan_port, lan_port, lan_host),
    ):
        lost = [*dropped(*([s for s in way if (s.flow[0] in lan) == outward]
                           for way in (entered, left)))]
        events = collections.deque(host)
        receivers = collections.defaultdict(Receiver)
        for s, decided in lost:
            while events and events[0].time <= decided:
                event = events.popleft()
                if (event.flow[0] in lan) == outward:
                    receivers[event.flow].take(event)
                else:
                    receivers[event.flow[2:] + event.flow[:2]].said(event)
            total += 1
            if receivers[s.flow].needs(s):
                needed += 1
                print("%.6f %s" % (s.time, s.text))
    print("%d dropped, %d of them needed" % (total, needed))
    return 1 if needed else 0


sys.exit(main())
