#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Test of drop_oracle.py: captures are made from the exchanges below, and its judgement
of the segments that count as dropped is compared with the expected one. Prints TAP.

A row is a segment: sender (C or S), flags, seq, ack, bytes of data, and (TSval, TSecr),
where None stands for no option. Both ends count from 0. DROP after a segment: it did not
leave sluice. RESET has only seq: it is a RST without ACK, as a host sends it for a
connection that it does not have.
"""
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
CLIENT, SERVER = (socket.inet_aton("10.9.0.%d" % host) for host in (1, 2))
FLAGS = {"F": 1, "S": 2, "R": 4, "A": 16}
ISS = {"C": 1000, "S": 2**32 - 50}  # the server's sequence numbers wrap
CLOCK = {"C": 700000, "S": 300000}
OTHER = {"C": "S", "S": "C"}
DROP = object()

# The client has the whole answer and its FIN, except for bytes 1 to 100, which arrive
# last.
BEGIN = [
    ("C", "S", 0, 0, 0, (0, None)),
    ("S", "SA", 0, 1, 0, (0, 0)),
    ("C", "A", 1, 1, 0, (10, 0)),
    ("C", "A", 1, 1, 20, (10, 0)),
    ("S", "A", 1, 21, 0, (20, 10)),
]
CLIENT_CLOSES = [*BEGIN, ("C", "FA", 21, 1, 0, (30, 20))]


def closing(lateness):
    """An exchange in which the FIN of the server comes in order, with a timestamp that is
    `lateness` ticks older than the one that the client has echoed."""
    return [
        *CLIENT_CLOSES,
        ("S", "A", 1, 22, 100, (40 + lateness, 30)),
        ("C", "A", 22, 101, 0, (55, 40 + lateness)),
        ("S", "FA", 101, 22, 0, (40, 30)),
    ]


def reset(who, seq, *fate):
    return (who, "R", seq, None, 0, None, *fate)


LAST_ACK = ("C", "A", 22, 102, 0, (56, 41))
CASES = [
    (
        "a RST in TIME-WAIT",
        [*closing(0), LAST_ACK, reset("S", 102, DROP)],
        "1 RST in TIME-WAIT",
    ),
    (
        "a RST in TIME-WAIT, after a FIN that Linux took though a tick too old",
        [*closing(1), LAST_ACK, reset("S", 102, DROP)],
        "1 RST in TIME-WAIT",
    ),
    (
        "an exact RST before such a FIN is acknowledged",
        [*closing(1), reset("S", 101, DROP)],
        "1 NEEDED",
    ),
    (
        "an exact RST, the FIN was refused as too old",
        [*closing(2), reset("S", 101, DROP)],
        "1 NEEDED",
    ),
    (
        "an exact RST in FIN-WAIT-2",
        [*CLIENT_CLOSES, ("S", "A", 1, 22, 0, (40, 30)), reset("S", 1, DROP)],
        "1 NEEDED",
    ),
    (
        "an exact RST while the client's FIN is not acknowledged",
        [*CLIENT_CLOSES, reset("S", 1, DROP)],
        "1 NEEDED",
    ),
    (
        "a RST that repeats the FIN's number, in CLOSE-WAIT",
        [
            *BEGIN,
            ("S", "FA", 1, 21, 0, (40, 10)),
            ("C", "A", 21, 2, 0, (50, 40)),
            reset("S", 1, DROP),
        ],
        "1 NEEDED",
    ),
    (
        "an ACK in TIME-WAIT",
        [*closing(0), LAST_ACK, ("S", "A", 102, 22, 0, (60, 56), DROP)],
        "1 no FIN, in TIME-WAIT",
    ),
    (
        "the FIN again, in TIME-WAIT",
        [*closing(0), LAST_ACK, ("S", "FA", 101, 22, 0, (60, 30), DROP)],
        "1 NEEDED",
    ),
    (
        "an ACK in FIN-WAIT-2",
        [
            *CLIENT_CLOSES,
            ("S", "A", 1, 22, 0, (40, 30)),
            ("S", "A", 1, 22, 0, (41, 30), DROP),
        ],
        "1 NEEDED",
    ),
    ("a RST in the window", [*BEGIN, reset("S", 50, DROP)], "1 RST not exact"),
    (
        "a RST that is old",
        [*closing(0)[:-1], reset("S", 1, DROP)],
        "1 RST outside its window",
    ),
    (
        "data that never came",
        [*BEGIN, ("S", "A", 1, 21, 100, (40, 10), DROP)],
        "1 NEEDED",
    ),
    (
        "data older than what was echoed",
        [
            *BEGIN,
            ("S", "A", 1, 21, 100, (30, 10)),
            ("C", "A", 21, 101, 0, (50, 30)),
            ("S", "A", 101, 21, 100, (28, 10), DROP),
        ],
        "1 older than a timestamp",
    ),
    ("nothing dropped", BEGIN, "0 dropped"),
]


def options(who, times, syn):
    if times is None:
        return b""
    value = CLOCK[who] + times[0]
    echo = 0 if times[1] is None else CLOCK[OTHER[who]] + times[1]
    scale = b"\x01\x03\x03\x07" if syn else b""
    return struct.pack("!BBBBII", 1, 1, 8, 10, value, echo) + scale


def frame(row, number):
    who, letters, seq, ack, data, times = row[:6]
    flags = sum(FLAGS[letter] for letter in letters)
    ends = [(CLIENT, 40000), (SERVER, 80)]
    (src, sport), (dst, dport) = ends if who == "C" else ends[::-1]
    more = options(who, times, "S" in letters)
    tcp = struct.pack(
        "!HHIIBBHHH", sport, dport, (ISS[who] + seq) % 2**32,
        (ISS[OTHER[who]] + ack) % 2**32 if "A" in letters else 0,
        (20 + len(more)) // 4 << 4, flags, 0 if "R" in letters else 500, 0, 0)
    body = tcp + more + bytes(data)
    ip = (
        struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), number, 0, 64, 6, 0) + src + dst
    )
    return bytes(12) + b"\x08\x00" + ip + body


class Captures:
    """The four captures of an exchange, in the order of drop_oracle.py's arguments."""

    NAMES = ("lan-port", "wan-port", "lan-host", "wan-host")
    ROUTE = {"C": ("lan-host", "lan-port", "wan-port", "wan-host"),
             "S": ("wan-host", "wan-port", "lan-port", "lan-host")}

    def __init__(self, rows):
        self.records = {name: [] for name in self.NAMES}
        for number, row in enumerate(rows):
            places = self.ROUTE[row[0]]
            for hop, name in enumerate(places[:2] if row[-1] is DROP else places):
                self.records[name].append(
                    (number * 10000 + hop * 1000, frame(row, number))
                )

    def write(self, folder):
        for name in self.NAMES:
            path = os.path.join(folder, name)
            with open(path, "wb") as file:
                file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
                for time, data in self.records[name]:
                    file.write(struct.pack("<IIII", 1 + time // 10**6, time % 10**6,
                                           len(data), len(data)) + data)
            yield path


def verdict(rows):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [
                sys.executable,
                HERE / "drop_oracle.py",
                "10.9.0.1",
                *Captures(rows).write(folder),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    return done.returncode, done.stdout


def main():
    failed = 0
    for number, (name, rows, want) in enumerate(CASES, 1):
        status, said = verdict(rows)
        needed = want == "1 NEEDED"  # then its output also has earlier segments
        good = want in said and status == needed and (" S seq" in said) == needed
        failed += not good
        print("%sok %d - %s" % ("" if good else "not ", number, name))
        if not good:
            print("# expected '%s', status %d, said:\n# %s" % (
                want, status, said.strip().replace("\n", "\n# ")))
    print("1..%d" % len(CASES))
    return failed > 0


sys.exit(main())
