#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""make_captures.py PACKETS DIR: DIR/lan.pcap and DIR/wan.pcap, the same at every run.

The captures hold what enters each port of a wire: TCP connections of both families that
open, carry data, close and are reset, with some segments lost, repeated, late and forged;
UDP, pings, ARP, and malformed frames. Many packets have times in the same millisecond;
pauses between them let time-outs expire."""
import heapq
import random
import struct
import sys

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
START_US = 1_700_000_000_000_000


def total(data):
    if len(data) % 2:
        data += b'\0'
    s = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return s


class Host:
    """A host: an IPv4 and an IPv6 address."""

    def __init__(self, net, number):
        self.v4 = bytes([192, 0, 2] if net == 0 else [198, 51, 100]) + bytes([number])
        self.v6 = bytes.fromhex('20010db8%04x' % (net + 1)) + bytes(9) + bytes([number])


def frame(v6, src, dst, proto, l4, place):
    """Return the frame of an IP packet, with the checksum of l4 written at offset
    `place`."""
    a, b = (src.v6, dst.v6) if v6 else (src.v4, dst.v4)
    pseudo = b'' if proto == 1 else a + b + struct.pack('!IHBB', len(l4), 0, 0, proto)
    if len(pseudo) % 4:
        raise ValueError
    csum = ~total(pseudo + l4) & 0xffff
    l4 = l4[:place] + struct.pack('!H', csum or 0xffff) + l4[place + 2:]
    if v6:
        ip = struct.pack('!IHBB', 6 << 28, len(l4), proto, 64) + a + b
        return bytes.fromhex('02000000000202000000000186dd') + ip + l4
    ip = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(l4), 0, 0x4000, 64, proto, 0) + a + b
    ip = ip[:10] + struct.pack('!H', ~total(ip) & 0xffff) + ip[12:]
    return bytes.fromhex('0200000000020200000000010800') + ip + l4


def tcp(v6, src, dst, sport, dport, flags, seq, ack, size):
    l4 = struct.pack('!HHIIBBHHH', sport, dport, seq & 0xffffffff, ack & 0xffffffff,
                     0x50, flags, 65535, 0, 0) + b'x' * size
    return frame(v6, src, dst, 6, l4, 16)


def connection(rng, at, hosts):
    """Return the frames of one TCP connection as (time, side, frame)."""
    v6 = rng.random() < .4
    ends = hosts[0][rng.randrange(50)], hosts[1][rng.randrange(50)]
    first = 0 if rng.random() < .9 else 1
    ports = [rng.randrange(1024, 65536), rng.choice((22, 80, 443))]
    port = {first: ports[0], 1 - first: ports[1]}
    nxt = {0: rng.getrandbits(32), 1: rng.getrandbits(32)}
    out = []

    def send(side, flags, size=0):
        nonlocal at
        at += rng.randrange(1, 400)
        y = 1 - side
        ack = nxt[y] if flags & ACK else 0
        f = tcp(v6, ends[side], ends[y], port[side], port[y], flags, nxt[side], ack, size)
        nxt[side] += size + (flags & 1) + (flags >> 1 & 1)
        dice = rng.random()
        if dice > .01:
            out.append((at + (rng.randrange(2000) if dice > .99 else 0), side, f))
        if .01 < dice < .02:
            out.append((at + rng.randrange(5000), side, f))
        if .02 < dice < .04:
            out.append((at + 1, side, tcp(v6, ends[side], ends[y], port[side], port[y],
                                          rng.choice((RST, ACK, SYN, RST | ACK)),
                                          rng.getrandbits(32), rng.getrandbits(32), 0)))

    send(first, SYN)
    if rng.random() < .05:
        send(1 - first, RST | ACK)
        return out
    send(1 - first, SYN | ACK)
    send(first, ACK)
    for _ in range(rng.randrange(1, 20)):
        side = rng.randrange(2)
        send(side, PSH | ACK, rng.randrange(1, 1400))
        send(1 - side, ACK)
        if rng.random() < .001:
            at += 40_000_000
    if rng.random() < .1:
        send(rng.randrange(2), RST)
        return out
    send(first, FIN | ACK)
    send(1 - first, FIN | ACK)
    send(first, ACK)
    return out


def others(rng, at, hosts):
    """Return a few frames that are not TCP as (time, side, frame)."""
    a, b = hosts[0][rng.randrange(50)], hosts[1][rng.randrange(50)]
    v6 = rng.random() < .4
    kind = rng.randrange(5)
    if kind == 0:
        l4 = struct.pack('!HHHH', rng.randrange(1024, 65536), 53, 8 + 30, 0) + b'q' * 30
        back = l4[2:4] + l4[:2] + l4[4:]
        return [
            (at, 0, frame(v6, a, b, 17, l4, 6)),
            (at + 300, 1, frame(v6, b, a, 17, back, 6)),
        ]
    if kind == 1:
        proto, ask, answer = (58, 128, 129) if v6 else (1, 8, 0)
        rest = struct.pack('!BHHH', 0, 0, rng.randrange(65536), 1) + b'p' * 56
        return [(at, 0, frame(v6, a, b, proto, bytes([ask]) + rest, 2)),
                (at + 300, 1, frame(v6, b, a, proto, bytes([answer]) + rest, 2))]
    if kind == 2:
        return [(at, 1, bytes.fromhex('ffffffffffff0200000000010806') + bytes(28))]
    f = bytearray(tcp(v6, a, b, 1000, 80, ACK, 5, 6, 20))
    if kind == 3:
        return [(at, rng.randrange(2), bytes(f[:rng.randrange(1, len(f))]))]
    f[rng.randrange(12, len(f))] ^= 1 << rng.randrange(8)
    return [(at, rng.randrange(2), bytes(f))]


def packets(count):
    """Yield `count` frames in the order of their times."""
    rng = random.Random(9293)
    hosts = [[Host(net, n + 1) for n in range(50)] for net in (0, 1)]
    heap, at, done, serial = [], START_US, 0, 0
    while done < count:
        at += rng.randrange(1, 1500)
        if rng.random() < .005:
            at += rng.randrange(100_000_000)
        make = connection if rng.random() < .7 else others
        for item in make(rng, at, hosts):
            serial += 1
            heapq.heappush(heap, (item[0], serial, item[1], item[2]))
        while heap and heap[0][0] < at and done < count:
            time, _, side, f = heapq.heappop(heap)
            yield time, side, f
            done += 1


def main():
    count, folder = int(sys.argv[1]), sys.argv[2]
    files = [open('%s/%s.pcap' % (folder, name), 'wb') for name in ('lan', 'wan')]
    for f in files:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for at, side, data in packets(count):
        files[side].write(
            struct.pack('<IIII', at // 1000000, at % 1000000, len(data), len(data))
        )
        files[side].write(data)
    for f in files:
        f.close()


if __name__ == '__main__':
    main()
