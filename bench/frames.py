#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two captures of established TCP connections, for ports that replay them without end.

  frames.py COUNT LAN.pcap WAN.pcap [--seed N]

Each file holds one 64-byte frame (60 and its check sequence) of each connection, in an order
of its own: a pure acknowledgment, which may be repeated for ever without a receiver taking
offence. There is no handshake in a file that loops, so what tracks connections has to pick
them up in mid-stream (tcp_loose).
"""
import argparse
import random
import struct

ETHERNET = bytes.fromhex("020000000002 020000000001 0800")
LAN_SEQ, WAN_SEQ, WINDOW = 1000, 5000, 512


def fold(total):
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def words(data):
    return sum(struct.unpack("!%dH" % (len(data) // 2), data))


def frame(src, sport, dst, dport, seq, ack):
    ends = struct.pack("!II", src, dst)
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0x4000, 64, 6, 0) + ends
    ip = ip[:10] + struct.pack("!H", fold(words(ip))) + ip[12:]
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 5 << 4, 0x10, WINDOW, 0, 0)
    check = fold(words(tcp) + words(ends) + 6 + len(tcp))
    tcp = tcp[:16] + struct.pack("!H", check) + tcp[18:]
    return (ETHERNET + ip + tcp).ljust(60, b"\0")


def write(name, frames):
    with open(name, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, data in enumerate(frames):
            file.write(struct.pack("<IIII", 0, number % 1000000, len(data), len(data)))
            file.write(data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("lan")
    parser.add_argument("wan")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    server = (10 << 24) | (200 << 16) | 1
    ends = [
        ((10 << 24) | (1 << 16) | (i >> 8) + 1, 1024 + draw.randrange(60000), server + i % 250)
        for i in range(options.count)
    ]
    ends = list(dict.fromkeys(ends))
    while len(ends) < options.count:  # two drew the same port
        spare = (10 << 24) | (2 << 16) | len(ends)
        ends.append((spare, 1024 + draw.randrange(60000), server))
    draw.shuffle(ends)
    write(options.lan, (frame(c, p, s, 443, LAN_SEQ, WAN_SEQ) for c, p, s in ends))
    draw.shuffle(ends)
    write(options.wan, (frame(s, 443, c, p, WAN_SEQ, LAN_SEQ) for c, p, s in ends))


main()
