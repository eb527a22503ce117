#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Write two captures of TCP connections, for ports that replay them.

  frames.py COUNT LAN.pcap WAN.pcap [--seed N]
  frames.py --whole COUNT LAN.pcap WAN.pcap

Without --whole each file has one 64-byte frame (60 bytes and the frame check sequence) of
each connection, in an order of its own: an ACK without data, which is valid however often
it is repeated. A file that is replayed in a loop cannot have handshakes, so a connection
tracker has to pick the connections up in mid-stream (tcp_loose).

With --whole the files have COUNT connections from SYN to the last ACK, to be sent once;
COUNT is rounded up, and printed with the number of frames of a file. Each file has four
64-byte frames of each connection. They are for a generator that sends both files at the
same rate and does not wait for answers. A frame that answers another one is COHORT places
after it, so that one side may be ahead of the other by less than that.
"""
import argparse
import random
import struct

ETHERNET = bytes.fromhex("020000000002 020000000001 0800")
SERVER = (10 << 24) | (200 << 16) | 1
LAN_SEQ, WAN_SEQ, WINDOW = 1000, 5000, 512
COHORT = 8192
FIN, SYN, PSH, ACK = 1, 2, 8, 16
DATA = b"sluice"
# The segments of each side: eighth of the connection's duration, flags, offsets of SEQ
# and ACK, data.
LAN_STEPS = (
    (0, SYN, 0, None, b""),
    (2, PSH | ACK, 1, 1, DATA),
    (5, FIN | ACK, 7, 7, b""),
    (7, ACK, 8, 8, b""),
)
WAN_STEPS = ((1, SYN | ACK, 0, 1, b""), (3, ACK, 1, 7, b""), (4, PSH | ACK, 1, 7, DATA),
             (6, FIN | ACK, 7, 8, b""))


def fold(total):
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def words(data):
    return sum(struct.unpack("!%dH" % (len(data) // 2), data))


def frame(src, sport, dst, dport, seq, ack, flags=ACK, data=b""):
    ends = struct.pack("!II", src, dst)
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 40 + len(data), 0, 0x4000, 64, 6, 0) + ends
    ip = ip[:10] + struct.pack("!H", fold(words(ip))) + ip[12:]
    tcp = (
        struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, WINDOW, 0, 0)
        + data
    )
    check = fold(words(tcp) + words(ends) + 6 + len(tcp))
    tcp = tcp[:16] + struct.pack("!H", check) + tcp[18:]
    return (ETHERNET + ip + tcp).ljust(60, b"\0")


class Stencil:
    """Frames of one step of many connections: only client address and port differ."""

    def __init__(self, lan, flags, seq, ack, data):
        self.at = (26, 34) if lan else (30, 36)  # the client's address and port
        ends = (0, 0, SERVER, 443) if lan else (SERVER, 443, 0, 0)
        numbers = (LAN_SEQ + seq, WAN_SEQ + ack if ack is not None else 0) if lan else (
            WAN_SEQ + seq, LAN_SEQ + ack)
        self.bytes = bytearray(frame(*ends, *numbers, flags, data))
        self.sums = [
            ~struct.unpack_from("!H", self.bytes, at)[0] & 0xFFFF for at in (24, 50)
        ]

    def of(self, address, port):
        client = (address >> 16) + (address & 0xFFFF)
        struct.pack_into("!I", self.bytes, self.at[0], address)
        struct.pack_into("!H", self.bytes, self.at[1], port)
        struct.pack_into("!H", self.bytes, 24, fold(self.sums[0] + client))
        struct.pack_into("!H", self.bytes, 50, fold(self.sums[1] + client + port))
        return bytes(self.bytes)


def whole(lan, pairs):
    """Yield the frames of one side for a number of pairs of cohorts. The second cohort of
    a pair is half a duration later than the first, so that in each eighth one of the two
    sends, on either side. At the beginning and the end, where only one cohort is active,
    a broadcast frame takes the place of the other's.
    """
    steps = {
        eighth: Stencil(lan, *rest) for eighth, *rest in (LAN_STEPS if lan else WAN_STEPS)
    }
    filler = (b"\xff" * 6 + ETHERNET[6:12] + b"\x08\x06").ljust(60, b"\0")
    for slot in range(8 * pairs + 4):
        first, second = divmod(slot, 8), divmod(slot - 4, 8)
        for cohort, eighth in ((2 * first[0], first[1]), (2 * second[0] + 1, second[1])):
            if 0 <= cohort < 2 * pairs and eighth in steps:
                for i in range(cohort * COHORT, (cohort + 1) * COHORT):
                    yield steps[eighth].of((10 << 24) | (i >> 4) + 1, 20000 + i % 16)
                break
        else:
            for _ in range(COHORT):
                yield filler


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
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    if options.whole:
        pairs = -(-options.count // (2 * COHORT))
        write(options.lan, whole(True, pairs))
        write(options.wan, whole(False, pairs))
        print(2 * pairs * COHORT, (8 * pairs + 4) * COHORT)
        return
    draw = random.Random(options.seed)
    ends = [
        (
            (10 << 24) | (1 << 16) | (i >> 8) + 1,
            1024 + draw.randrange(60000),
            SERVER + i % 250,
        )
        for i in range(options.count)
    ]
    ends = list(dict.fromkeys(ends))
    while len(ends) < options.count:  # the same address and port was drawn twice
        spare = (10 << 24) | (2 << 16) | len(ends)
        ends.append((spare, 1024 + draw.randrange(60000), SERVER))
    draw.shuffle(ends)
    write(options.lan, (frame(c, p, s, 443, LAN_SEQ, WAN_SEQ) for c, p, s in ends))
    draw.shuffle(ends)
    write(options.wan, (frame(s, 443, c, p, WAN_SEQ, LAN_SEQ) for c, p, s in ends))


main()
