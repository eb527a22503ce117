# SPDX-License-Identifier: BSD-3-Clause
"""Reads TCP segments from a capture, for drop_oracle.py. The first 128 bytes of each
frame suffice."""
import struct

SYN, RST, FIN, ACK = 2, 4, 1, 16


def half(a, b):
    """Return a - b of two sequence numbers, from -2^31 to 2^31 - 1."""
    return ((a - b + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)


def address(raw):
    if len(raw) == 4:
        return "%d.%d.%d.%d" % tuple(raw)
    return ":".join("%x" % word for word in struct.unpack("!8H", raw))


class Segment:
    """A TCP segment. `key` is equal for two copies of a segment; `flow` is (source,
    destination)."""

    __slots__ = ("time", "key", "flow", "seq", "ack", "flags", "window", "data", "length",
                 "val", "ecr", "scale")

    def __init__(self, time, frame, at, size, ip_end):
        self.time, self.key = time, frame[14:ip_end]
        ports, self.seq, self.ack, offset, self.flags, self.window = struct.unpack_from(
            "!4sIIBBH", frame, at)
        self.flow = (frame[at - 2 * size : at - size] + ports[:2],
                     frame[at - size : at] + ports[2:])
        self.data = ip_end - at - (offset >> 4) * 4
        self.length = self.data + (self.flags & FIN) + (self.flags >> 1 & 1)
        self.val = self.ecr = self.scale = None
        self.options(frame[at + 20 : at + (offset >> 4) * 4])

    def options(self, left):
        if left[:4] == b"\x01\x01\x08\x0a" and not self.flags & SYN:  # what Linux writes
            self.val, self.ecr = struct.unpack_from("!II", left, 4)
            return
        while left and left[0] != 0:
            kind, size = left[0], left[1] if left[0] != 1 and len(left) > 1 else 1
            if kind == 8 and size == 10 and len(left) >= 10:
                self.val, self.ecr = struct.unpack_from("!II", left, 2)
            elif kind == 3 and size == 3 and len(left) >= 3:
                self.scale = min(left[2], 14)
            left = left[max(size, 1) :]

    @property
    def end(self):
        return (self.seq + self.length) & 0xFFFFFFFF

    def __str__(self):
        flags = "".join(c for i, c in enumerate("FSRPAUEC") if self.flags >> i & 1)
        (src, dst) = ("%s.%d" % (address(end[:-2]), int.from_bytes(end[-2:], "big"))
                      for end in self.flow)
        return "%.6f %s > %s %s seq %d ack %d win %d data %d TS %s %s" % (
            self.time,
            src,
            dst,
            flags,
            self.seq,
            self.ack,
            self.window,
            self.data,
            self.val,
            self.ecr,
        )


def segment(time, frame):
    kind = frame[12:14]
    if kind == b"\x08\x00" and len(frame) >= 54 and frame[23] == 6:
        return Segment(time, frame, 14 + (frame[14] & 15) * 4, 4,
                       14 + int.from_bytes(frame[16:18], "big"))
    if kind == b"\x86\xdd" and len(frame) >= 74 and frame[20] == 6:
        return Segment(time, frame, 54, 16, 54 + int.from_bytes(frame[18:20], "big"))
    return None


def read(name):
    """Return all TCP segments of a capture file, in its order."""
    with open(name, "rb") as file:
        data = file.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    scale = 1e-9 if data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1e-6
    header = struct.Struct(order + "IIII")
    place, segments = 24, []
    while place + 16 <= len(data):
        seconds, fraction, captured, _ = header.unpack_from(data, place)
        place += 16 + captured
        found = segment(seconds + fraction * scale, data[place - captured : place])
        if found is not None:
            segments.append(found)
    return segments
