#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Estimate what many cores carry, and how many 100 and 400 Gbit/s need, from figures of
one and two cores.

  model.py [bench.json] [--io NS] [--engine NS] [--owner NS] [--over NS] [--connection NS]
           [--busy PART] [--packets N]

A model, not a measurement. Figures come from the rows of `bench/run -o json` (engine,
steer, workers, conns, pcap_io; the last row of a case counts), what is missing there from
the defaults below, and options override both. In nanoseconds of a core:

  io          a packet in and out of the driver: testpmd io, of pcap_io
  engine      an established segment, 1,000,000 connections
  owner       finding out whose packet it is (steer), with more than one worker
  over        handing a packet over, both sides together (workers)
  connection  eight packets from SYN to the last ACK, without io (conns)

A packet costs t = io + engine + owner + h * over
                     + (connection - 8 * engine) / packets
n cores carry n * busy * scaling / 2 / t packets a second. A rate in bits a second is
rate / (8 * (frame + 20)) packets of `frame` bytes a second; the cores that it needs are
this number times t / (busy * scaling / 2).

h is the share that is handed over: 0 with symmetric RSS, (n - 1) / n without. `packets`
are those of a connection, `busy` the part of a core that may be used, `scaling` what two
workers with nothing in common are to one (workers): 2, if the machine is good. Both
directions of a link together carry the rate. Memory: two lines of the table are read and
one is written back, a packet (192 bytes), if the table is far larger than the caches; and
at worst each frame is written to memory and read from it, where a device does not write
into the cache.

With more cores than two the model supposes what it cannot know: that they do not slow
each other down more than two do, and that the memory has the bandwidth that the last
table asks for.
"""
import argparse
import json

DEFAULTS = {"io": 30.0, "engine": 63.0, "owner": 7.0, "over": 270.0, "connection": 725.0,
            "scaling": 2.0}
FRAMES = (("64", 64.0), ("512", 512.0), ("IMIX", (7 * 64 + 4 * 594 + 1518) / 12))
CORES = (8, 32, 64)
RATES = (100, 400)
TABLE_BYTES = 3 * 64


def rows_of(name):
    with open(name) as file:
        for line in file:
            if line.startswith("{"):
                yield json.loads(line)


def figures_of(name):
    """Return the figures of the model that the rows contain."""
    found, two = {}, {}
    for row in rows_of(name):
        case, value = row["case"], row.get("value", row.get("ns"))
        params = row.get("params", {})
        match row["bench"], case:
            case "engine", "engine alone":
                if (
                    params.get("n"),
                    params.get("ip"),
                    params.get("sum"),
                    params.get("ts"),
                    params.get("order"),
                ) == (1000000, 4, 0, 0, "uniform"):
                    found["engine"] = value
            case "steer", "frame to owner, Toeplitz":
                found["owner"] = value
            case "conns", "connection alone":
                found["connection"] = value
            case "pcap_io", "testpmd":
                found["io"] = 1000 / value
            case "workers", _:
                two[case, row["unit"]] = value
    over = two.get(("two, software handoff", "percent handed over"))
    if over:
        more = two["two, software handoff", "ns"] - two["two, symmetric RSS", "ns"]
        found["over"] = max(2 * more / (over / 100), 0)
        found["scaling"] = min(two["two, nothing shared", "times one worker"], 2)
    return found


def packet_ns(f, handed_over, packets):
    return (f["io"] + f["engine"] + f["owner"] + handed_over * f["over"] +
            max(f["connection"] - 8 * f["engine"], 0) / packets)


def usable(f, options):
    return options.busy * f["scaling"] / 2


def packets_a_second(gbit, frame):
    return gbit * 1e9 / (8 * (frame + 20))


def print_table(head, lines):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for line in lines:
        print("| " + " | ".join(line) + " |")


def print_cores(f, options):
    lines = []
    for cores in CORES:
        for name, share in (("symmetric RSS", 0), ("none", (cores - 1) / cores)):
            pps = cores * usable(f, options) / packet_ns(f, share, options.packets) * 1e9
            lines.append([str(cores), name, "%.0f" % (pps / 1e6)] + [
                "%.0f" % (pps * 8 * (frame + 20) / 1e9) for _, frame in FRAMES
            ] + ["%.1f" % (cores * usable(f, options) * 1e3 / (f["connection"] + 8 * (
                f["io"] + f["owner"] + share * f["over"])))])
    print_table(["cores", "spread by", "Mpps"] + ["Gbit/s at %s" % n for n, _ in FRAMES] +
                ["M connections/s, nothing else"], lines)


def print_rates(f, options):
    lines = []
    for gbit in RATES:
        for name, frame in FRAMES:
            pps = packets_a_second(gbit, frame)
            need = [pps * packet_ns(f, share, options.packets) * 1e-9 /
                    usable(f, options)
                    for share in (0, 1)]
            memory = [
                pps * size / 1e9 for size in (TABLE_BYTES, TABLE_BYTES + 2 * frame + 64)
            ]
            lines.append(
                [str(gbit), name]
                + ["%.1f" % v for v in (pps / 1e6, *need, *memory)]
                + ["%.2f" % (pps / options.packets / 1e6)]
            )
    print_table(
        [
            "Gbit/s",
            "frame",
            "Mpps",
            "cores, symmetric RSS",
            "cores, all handed over",
            "GB/s of memory, frames in the cache",
            "GB/s, frames in memory",
            "M connections/s",
        ],
        lines,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?")
    for name in ("io", "engine", "owner", "over", "connection"):
        parser.add_argument("--" + name, type=float, metavar="NS")
    parser.add_argument("--busy", type=float, default=0.7, metavar="PART")
    parser.add_argument("--packets", type=float, default=50, metavar="N")
    options = parser.parse_args()
    figures, source = dict(DEFAULTS), {name: "default" for name in DEFAULTS}
    for origin, given in (
        ("measured", figures_of(options.rows) if options.rows else {}),
        ("given", {n: v for n, v in vars(options).items() if v is not None}),
    ):
        for name in DEFAULTS:
            if name in given:
                figures[name], source[name] = given[name], origin
    print(", ".join("%s %.3g ns (%s)" % (n, figures[n], source[n]) for n in DEFAULTS
                    if n != "scaling"))
    print(
        "two workers with nothing shared: %.2f times one (%s); "
        "packets of a connection: %.0f; "
        "busy: %.0f %%"
        % (figures["scaling"], source["scaling"], options.packets, 100 * options.busy)
    )
    print()
    print_cores(figures, options)
    print()
    print_rates(figures, options)


main()
