#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Find the TCP segments that sluice dropped although their receivers needed them. The
judgement uses four captures of a run and the RFCs, nothing that sluice says.

  drop_oracle.py LAN-ADDRESS[,ADDRESS] LAN-PORT.pcap WAN-PORT.pcap LAN-HOST.pcap
                 WAN-HOST.pcap
            [--shut PORT]... [--crash lan|wan:TIME]...

A segment was dropped if the capture of the port that it entered has it and that of the
other port does not (of equal copies, the later ones). It counts as needed unless
Receiver.why_not() proves that its receiver, with the segments that had reached it and
those that it had sent, could not use it. --crash: the host has crashed and was back,
without connections, at TIME. --shut: a port to which the rules drop everything; its
segments are left out. Prints each needed segment (for the first few also what its
receiver saw and sent before), how often each proof applied, and a count. Exit status 1 if
a segment was needed.
"""
import argparse
import bisect
import collections
import heapq
import itertools
import socket
import sys

from segments import ACK, FIN, RST, SYN, half, read

TOLD = 3  # number of needed segments that are printed with those before them
BEFORE = 40  # largest number of segments that are printed before a needed one
LONGEST = 0.1  # longest delay of a verdict, seconds
# Linux still accepts a timestamp that is older than RFC 7323 allows by this many ticks
PAWS_WINDOW = 1


class Receiver:
    """One end of a connection: the segments that have reached it and that it has sent.
    Numbers are relative to the first byte that it expects."""

    def __init__(self, syn=None, base=None):
        self.syn = syn  # sequence number of its own SYN
        self.base = base  # sequence number of the peer's SYN + 1; None: not known yet
        self.came = {}  # SYNs that arrived: sequence number -> segment
        self.ranges = []  # bytes and FINs that arrived, as disjoint sorted intervals
        self.ack = None  # highest sequence number that arrived
        self.sent = None  # end of the data that it sent
        self.scale = self.peer_scale = None
        self.edge, self.most = 0, 0  # edge of its window; the peer's largest window
        self.echoed = None  # newest timestamp that it echoed
        self.fin = self.peer_fin = None
        self.late = []  # segments that RFC 7323 discards as too old and Linux accepts
        self.reset = False

    # ---- segments that it sends ----

    def begins(self, s, base):
        came = self.came
        self.__init__(s.seq, base)
        self.came, self.scale, self.sent, self.edge = came, s.scale, s.end, s.window

    def says(self, s):
        if s.flags & SYN:
            if not s.flags & ACK:
                if s.seq != self.syn:
                    self.begins(s, None)
            else:
                self.answers(s)
        if s.flags & RST:
            self.reset = self.reset or self.base is not None
            return
        if self.sent is None or half(s.end, self.sent) > 0:
            self.sent = s.end
        if s.flags & FIN:
            self.fin = s.end
        if self.base is not None and s.flags & ACK:
            self.took_late(s.ack)
            self.add(0, half(s.ack, self.base))
            scale = 0 if s.flags & SYN or self.peer_scale is None else self.scale or 0
            self.edge = max(self.edge, half(s.ack, self.base) + (s.window << scale))
            if s.ecr and (self.echoed is None or half(s.ecr, self.echoed) > 0):
                self.echoed = s.ecr

    def answers(self, s):
        """Update the receiver for a SYN+ACK that it sends."""
        for syn in self.came.values():
            base = (syn.seq + 1) & 0xFFFFFFFF
            if half(s.ack, base) < 0 or half(s.ack, syn.end) > 0:
                continue
            if (s.seq, base) != (self.syn, self.base):
                self.begins(s, base)
                self.peer_scale, self.most = syn.scale, syn.window
                self.add(0, half(s.ack, base))  # data that came with the SYN (RFC 7413)
            return

    # ---- segments that reach it ----

    def takes(self, s):
        if s.flags & RST:
            self.reset = self.reset or self.resets(s)
        elif s.flags & SYN and not s.flags & ACK:
            self.came[s.seq] = s
        elif s.flags & SYN:
            if self.awaits(s):
                self.base, self.peer_scale = (s.seq + 1) & 0xFFFFFFFF, s.scale
                self.ack, self.most = s.ack, s.window
                self.add(0, s.data)
        elif self.base is not None:
            if not self.discards(s):
                self.took(s)
            elif half(s.end, self.base) > self.next() and not self.discards(
                s, PAWS_WINDOW
            ):
                self.late.append(s)

    def took(self, s):
        if self.ack is None or half(s.ack, self.ack) > 0:
            self.ack = s.ack
        scale = 0 if self.scale is None else self.peer_scale or 0
        self.most = max(self.most, s.window << scale)
        start = half(s.seq, self.base)
        self.add(max(start, 0), start + s.length)
        if s.flags & FIN:
            self.peer_fin = start + s.length

    def took_late(self, ack):
        """It acknowledges segments that RFC 7323 lets it discard (PAWS), so it has
        accepted them."""
        for s in [s for s in self.late if half(ack, s.end) >= 0]:
            self.late.remove(s)
            self.took(s)

    def add(self, start, end):
        if end <= start:
            return
        kept = []
        for a, b in self.ranges:
            if b < start or a > end:
                kept.append((a, b))
            else:
                start, end = min(a, start), max(b, end)
        self.ranges = sorted(kept + [(start, end)])
        shift = self.next() - (1 << 24)
        if shift > 0:  # keep numbers small
            self.base = (self.base + shift) & 0xFFFFFFFF
            self.ranges = [(max(a - shift, 0), b - shift) for a, b in self.ranges]
            self.edge -= shift
            self.peer_fin = None if self.peer_fin is None else self.peer_fin - shift

    # ---- how it would react ----

    def next(self):
        return self.ranges[0][1] if self.ranges and self.ranges[0][0] == 0 else 0

    def has(self, start, end):
        return start >= end or any(a <= start and end <= b for a, b in self.ranges)

    def awaits(self, s):
        """Return whether it is in SYN-SENT and s answers its SYN."""
        return (self.base is None and self.syn is not None and
                0 < half(s.ack, self.syn) <= half(self.sent, self.syn))

    def resets(self, s):
        if self.base is None:
            return bool(s.flags & ACK) and self.awaits(s)
        start = half(s.seq, self.base)
        # Linux accepts a segment after a FIN, and after data that it has acknowledged out
        # of order.
        return start - self.next() in (-1, 0) or any(start == b for _, b in self.ranges)

    def discards(self, s, leeway=0):
        return (s.val is not None and self.echoed is not None and
                half(s.val, self.echoed) < -leeway)

    def over(self):
        return (
            self.peer_fin is not None
            and self.next() >= self.peer_fin
            and self.fin is not None
            and self.ack is not None
            and half(self.ack, self.fin) >= 0
        )

    def why_not(self, s, newest):
        """Return the proof that the receiver did not need s, as text; None if there is
        none. `newest`: the sender has sent nothing since, and no copy of s was forwarded,
        so the sender may wait for an answer to it."""
        if s.flags & RST:
            return self.why_no_rst(s)
        if s.flags & SYN and not s.flags & ACK:
            return "SYN: it has it" if s.seq in self.came else None
        if self.reset:
            return "it has reset, or was"
        if s.flags & SYN:
            return (
                None if self.awaits(s) or newest else "SYN+ACK: it does not wait for one"
            )
        if self.discards(s):
            return "older than a timestamp that it has echoed (RFC 7323 5.3, R1)"
        if self.base is None or self.ack is None:
            return None
        start, end = half(s.seq, self.base), half(s.end, self.base)
        if half(s.ack, self.ack) < -self.most:
            return "ACK older than its largest window (RFC 5961 5.2)"
        if start > max(self.edge, self.next()):
            return "beyond its window (RFC 9293 3.10.7.4)"
        if not self.has(max(start, 0), end) or half(s.ack, self.ack) > 0:
            return None
        if self.over() and not s.flags & FIN:
            return "no FIN, in TIME-WAIT (RFC 9293 3.10.7.4)"
        if half(s.ack, self.ack) == 0 and end >= self.next() and start >= self.next():
            return None  # acceptable: it may open a window or report a loss
        return None if newest else "it has all of that, and its sender has gone on"

    def why_no_rst(self, s):
        if self.reset:
            return "RST: it has reset, or was"
        if self.over():
            return "RST in TIME-WAIT (RFC 1337)"
        if self.resets(s):
            return None
        if self.base is None:
            return "RST that does not answer its SYN"
        if self.next() < half(s.seq, self.base) < self.edge:
            return "RST not exact: it would only ask, as sluice does (RFC 5961 3.2)"
        return "RST outside its window (RFC 5961 3.2)"


class Decisions:
    """Find out until when sluice had decided on a packet that entered at some time. A
    port is a queue: when a later packet has left, sluice has decided on all earlier ones.
    Only packets without an identical copy are used for this."""

    def __init__(self, waiting, leaving):
        self.passed = sorted((copies[0].time, leaving[key][0])
                             for key, copies in waiting.items()
                             if len(copies) == 1 and len(leaving[key]) == 1)

    def last(self, time):
        later = bisect.bisect_right(self.passed, (time, float("inf")))
        return min(self.passed[later][1] if later < len(self.passed) else time + LONGEST,
                   time + LONGEST)


def dropped(entered, left):
    """Yield each segment that entered one port and did not leave by the other, the time
    at which that was decided, and how many copies of it had left."""
    waiting, leaving = collections.defaultdict(list), collections.defaultdict(list)
    for s in entered:
        waiting[s.key].append(s)
    for s in left:
        leaving[s.key].append(s.time)
    decisions = Decisions(waiting, leaving)
    for key, copies in waiting.items():
        outs = leaving[key]
        if len(outs) == len(copies):
            continue
        # Match each copy that left with the first copy that was in the queue at that
        # time.
        for out in outs:
            inside = [s for s in copies if s.time <= out]
            copies.remove(next((s for s in inside if decisions.last(s.time) >= out),
                               inside[-1] if inside else copies[0]))
        for s in copies:
            yield s, decisions.last(s.time), sum(out <= s.time + LONGEST for out in outs)


class Sender:
    """The segments that a host sent, with their times."""

    def __init__(self, segments):
        self.flows, self.keys = collections.defaultdict(list), collections.defaultdict(
            list
        )
        for s in segments:
            self.flows[s.flow].append(s.time)
            self.keys[s.key].append(s.time)

    def newest(self, s, decided, copies):
        sent = [time for time in self.keys[s.key] if time <= s.time]
        if not sent or copies >= len(sent):
            return False  # sluice has generated it, or a relay has doubled it
        times = self.flows[s.flow]
        return bisect.bisect_right(times, decided) <= bisect.bisect_right(times, sent[-1])


class Crash:
    """SIDE:TIME: this host had no connections from before TIME."""

    def __init__(self, text):
        self.side, time = text.split(":")
        self.time = float(time)


class Ends:
    """The receivers of all connections, updated in the order of time. `left`: the
    segments that left sluice."""

    def __init__(self, lan, left):
        self.lan = lan
        self.known = collections.defaultdict(Receiver)  # by the flow that reaches it
        self.resets = collections.defaultdict(list)  # RSTs that left sluice, by flow
        self.arrived = set()
        self.waiting = collections.defaultdict(list)  # segments, by the RST
        for s in left:
            if s.flags & RST:
                self.resets[s.flow].append(s)

    def crash(self, side):
        for flow in [*self.known]:
            if (flow[1][:-2] in self.lan) == (side == "lan"):
                del self.known[flow]

    def take(self, s):
        """Update the receiver of a segment that arrives. For a RST, yield the dropped
        segments whose judgement depended on whether this RST ends its receiver."""
        self.known[s.flow].takes(s)
        if s.flags & RST:
            self.arrived.add(s.key)
            ended = self.known[s.flow].reset
            for waiting in self.waiting.pop(s.key, []):
                yield waiting, "a RST that had passed ended its sender" if ended else None

    def judge(self, s, decided, newest):
        back = s.flow[::-1]
        if self.known[back].reset and not s.flags & (SYN | RST):
            yield s, "its sender has reset, or was"
            return
        proof = self.known[s.flow].why_not(s, newest)
        if proof is None and not s.flags & (SYN | RST):
            # If a RST from its receiver is under way, judge it when the RST has arrived.
            for rst in self.resets[back]:
                if rst.time <= decided and rst.key not in self.arrived:
                    self.waiting[rst.key].append(s)
                    return
        yield s, proof


def judge(lan, lan_port, wan_port, lan_host, wan_host, crashes):
    """Yield each dropped segment, with the proof that it was not needed or None."""

    def outward(s):
        return s.flow[0][:-2] in lan

    def inward(s):
        return not outward(s)

    sender = Sender([*filter(outward, lan_host), *filter(inward, wan_host)])
    left = [[*filter(outward, wan_port)], [*filter(inward, lan_port)]]
    lost = [*dropped([*filter(outward, lan_port)], left[0]),
            *dropped([*filter(inward, wan_port)], left[1])]
    ends = Ends(lan, left[0] + left[1])
    events = heapq.merge(
        (
            (crash.time, 0, crash, None)
            for crash in sorted(crashes, key=lambda one: one.time)
        ),
        ((s.time, 1, s, outward(s)) for s in lan_host),
        ((s.time, 1, s, inward(s)) for s in wan_host),
        (
            (decided, 2, s, copies)
            for s, decided, copies in sorted(lost, key=lambda one: one[1])
        ),
        key=lambda event: event[:2],
    )
    for time, kind, what, more in events:
        if kind == 0:
            ends.crash(what.side)
        elif kind == 2:
            yield from ends.judge(what, time, sender.newest(what, time, more))
        elif more:
            ends.known[what.flow[::-1]].says(what)
        else:
            yield from ends.take(what)
    for s in itertools.chain(*ends.waiting.values()):
        yield s, None


def before(s, host):
    """Return the segments that the receiver of s saw and sent before it, as lines, to
    help find the cause."""
    both = (s.flow, s.flow[::-1])
    seen = [
        other for other in host if other.flow in both and other.time <= s.time + LONGEST
    ]
    return ["    " + str(other) for other in seen[-BEFORE:]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("lan", type=lambda text: text.split(","))
    parser.add_argument("captures", nargs=4)
    parser.add_argument("--shut", type=int, action="append", default=[])
    parser.add_argument("--crash", type=Crash, action="append", default=[])
    options = parser.parse_args()
    ports = [read(name) for name in options.captures]
    lan = {socket.inet_pton(socket.AF_INET6 if ":" in name else socket.AF_INET, name)
           for name in options.lan}
    proofs, needed = collections.Counter(), []
    for s, proof in judge(lan, *ports, options.crash):
        if int.from_bytes(s.flow[1][-2:], "big") in options.shut:
            continue
        proofs[proof] += 1
        if proof is None:
            needed.append(s)
    for number, s in enumerate(needed):
        print(s)
        if number < TOLD:
            print(*before(s, ports[3 if s.flow[0][:-2] in lan else 2]), sep="\n")
    for proof, count in proofs.most_common():
        print("%6d %s" % (count, proof or "NEEDED"))
    print(
        "%d passed, %d dropped, %d of them needed"
        % (
            (len(ports[0]) + len(ports[1]) - proofs.total()) / 2,
            proofs.total(),
            len(needed),
        )
    )
    return 1 if needed else 0


sys.exit(main())
