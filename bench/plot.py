#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Draw the plots of docs/plots with gnuplot, as SVG and PNG, from FOLDER/rows.json, the
rows of the benchmarks.

  plot.py FOLDER

A plot without rows is not drawn, with a message; an old picture stays.
"""
import json
import shutil
import subprocess
import sys

SIZE = {"svg": "svg size 800,520 dynamic font 'sans,13' background 'white'",
        "png": "pngcairo size 800,520 font 'sans,11'"}
STYLE = """
set output '%(output)s'
set title '%(title)s' noenhanced
%(machine)s
set bmargin at screen 0.22
set grid %(grid)s lt 1 lw 1 lc rgb '#cccccc'
set border 3
set tics nomirror
"""
LINES = """
set xlabel 'connections'
set ylabel '%(ylabel)s'
set logscale xy
set format x '10^{%%L}'
set key top left reverse Left
%(extra)s
plot %(curves)s
"""
BARS = """
set ylabel '%(ylabel)s'
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.85 border -1
set boxwidth 0.9
set key top right
set yrange [0:*]
%(extra)s
plot %(curves)s
"""
COLOURS = ["#1b6ca8", "#d1495b", "#66a182", "#edae49", "#6c5b7b"]
NAMES = ["sluice", "testpmd", "ovs-dpdk", "kernel"]  # in the order of COLOURS


def amount(row):
    return row["ns"] if "ns" in row else row["value"]


def read(name):
    with open(name, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def curve(rows, bench, case, key, **params):
    """Return (connections, value) of one case, in order."""
    found = {
        row["params"][key]: amount(row)
        for row in rows
        if row["bench"] == bench and row["case"] == case and key in row["params"]
        and all(row["params"].get(k) == v for k, v in params.items())
    }
    return sorted(found.items())


def quoted(text):
    """A text quoted for gnuplot."""
    return text.replace("'", "''")


def block(name, lines):
    return "$%s << E\n%s\nE\n" % (name, "\n".join(lines))


def lines(title, ylabel, curves, extra=""):
    """A plot of named curves over the number of connections."""
    there = [(name, points) for name, points in curves if points]
    if not there:
        return None
    data = "".join(block("d%d" % i, ["%g %g" % p for p in points])
                   for i, (_, points) in enumerate(there))
    plots = ", ".join(
        "$d%d using 1:2 with linespoints lw 2 pt 7 ps 0.7 lc rgb '%s' "
        "title '%s' noenhanced" % (i, COLOURS[i % len(COLOURS)], quoted(name))
        for i, (name, _) in enumerate(there))
    return (
        data,
        LINES,
        {
            "title": title,
            "ylabel": ylabel,
            "curves": plots,
            "extra": extra,
            "grid": "xtics ytics",
        },
    )


def bars(title, ylabel, groups, extra=""):
    """Clusters of bars: groups are (label, {name: value}), the names of NAMES."""
    there = [(label, values) for label, values in groups if values]
    names = [n for n in NAMES if any(n in values for _, values in there)]
    if not names:
        return None
    data = block(
        "d",
        [
            "\"%s\" %s"
            % (label, " ".join("%g" % values[n] if n in values else "?" for n in names))
            for label, values in there
        ],
    )
    plots = ", ".join("$d using %d:xtic(1) lc rgb '%s' title '%s' noenhanced"
                      % (i + 2, COLOURS[NAMES.index(name)], quoted(name))
                      for i, name in enumerate(names))
    return data, BARS, {"title": title, "ylabel": ylabel, "curves": plots, "extra": extra,
                        "grid": "ytics"}


def over_connections(rows):
    return lines(
        "a packet of an established connection, uniform order",
        "ns a packet",
        [
            (
                "engine, frame to transmit buffer",
                curve(rows, "engine", "engine alone", "n", ip=4),
            ),
            (
                "rte_hash, lookup alone, bulks of 64",
                curve(
                    rows,
                    "table",
                    "rte_hash, bulks of 64",
                    "connections",
                    lookups="uniform",
                ),
            ),
            (
                "sluice's table, lookup alone, bursts of 64",
                curve(
                    rows, "table", "table, bursts of 64", "connections", lookups="uniform"
                ),
            ),
            (
                "floor: two cache lines, one written",
                curve(rows, "engine", "two lines, one written", "n", ip=4),
            ),
            (
                "OVS's conntrack library",
                curve(rows, "library", "ovs-conntrack", "connections"),
            ),
        ],
        "set yrange [1:1000]",
    )


def whole_path(rows):
    curves = {name: dict(curve(rows, "pcap_io", name, "connections")) for name in NAMES}
    sizes = sorted({n for points in curves.values() for n in points})
    groups = [("{:,}".format(n), {k: v[n] for k, v in curves.items() if n in v})
              for n in sizes]
    return bars("net_pcap in, net_pcap out, 64 bytes, one core", "Mpps", groups,
                "set xlabel 'connections'")


def kernel(rows):
    groups = []
    for key, text, unit in (("segments", "Mpps, {:,} connections held", 1),
                            ("connections", "100,000 new connections/s", 10)):
        points = {name: dict(curve(rows, "veth", name, key)) for name in NAMES}
        for n in sorted(points["kernel"]):
            groups.append((text.format(n),
                           {k: v[n] * unit for k, v in points.items() if n in v}))
    return bars("over veths: nf_conntrack with nftables, and sluice", "", groups)


PLOTS = {"connections": over_connections, "path": whole_path, "kernel": kernel}


def machine_labels(name):
    """Return gnuplot labels with the output of `bench/run -m`, to be shown below the
    plot."""
    with open(name, encoding="utf-8") as file:
        texts = [quoted(line.strip("# \n")) for line in file]
    return "\n".join(
        "set label %d '%s' at screen 0.5,%.3f center font ',9' noenhanced"
        % (i + 1, text, 0.03 * (len(texts) - i) - 0.012) for i, text in enumerate(texts))


def main():
    folder = sys.argv[1]
    if shutil.which("gnuplot") is None:
        print("plot.py: gnuplot is not installed, nothing drawn", file=sys.stderr)
        return 1
    rows = read(folder + "/rows.json")
    machine = machine_labels(folder + "/machine.txt")
    for name, make in PLOTS.items():
        made = make(rows)
        if made is None:
            print("plot.py: %s: not drawn, no rows" % name, file=sys.stderr)
            continue
        data, template, words = made
        for kind, terminal in SIZE.items():
            words["machine"] = machine
            words["output"] = "%s/%s.%s" % (folder, name, kind)
            script = data + "set terminal " + terminal + (STYLE + template) % words
            subprocess.run(["gnuplot"], input=script, text=True, check=True)
    return 0


sys.exit(main())
