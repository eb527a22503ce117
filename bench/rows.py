#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Print rows for the benchmarks that are scripts, in the format of bench.c.

  rows.py [--no-heading] FORMAT PROGRAM PARAMETERS UNIT NAME VALUES [NAME VALUES]...

FORMAT is text or json; VALUES are one number a round, with blanks between them. The ratio
is the median of the rounds' own ratios to the first NAME. A NAME that is A/B, without
values, is a row of the rounds' own ratios of A to B.
"""
import json
import statistics
import sys

LINE = "%-8s %-26s %-40s %9.4g %9.4g %9.4g %7s"


def numbers(text):
    return [float(word) for word in text.split()]


def rows_of(unit, words):
    """Return names, units, values of each round, and their ratios to the first row."""
    values = {}
    for name, text in zip(words[::2], words[1::2]):
        if "/" in name and not text:
            one, other = (values[part] for part in name.split("/"))
            yield name, "times", [a / b for a, b in zip(one, other)], None
        else:
            values[name] = numbers(text)
            first = next(iter(values.values()))
            yield name, unit, values[name], [v / f for v, f in zip(values[name], first)]


def main():
    words = sys.argv[1:]
    heading = words[0] != "--no-heading"
    form, program, params, unit, *rest = words[0 if heading else 1:]
    if form == "text" and heading:
        print("%-8s %-26s %-40s %9s %9s %9s %7s"
              % ("bench", "case", "parameters", unit, "min", "max", "ratio"))
    for name, unit, values, ratios in rows_of(unit, rest):
        middle, least, most = statistics.median(values), min(values), max(values)
        ratio = round(statistics.median(ratios), 3) if ratios else None
        if form == "text":
            print(LINE % (program, name, params, middle, least, most,
                          "%.2f" % ratio if ratio is not None else "times"))
            continue
        pairs = dict(word.split("=", 1) for word in params.split())
        pairs = {k: int(v) if v.isdigit() else v for k, v in pairs.items()}
        row = {"bench": program, "case": name, "params": pairs, "value": middle,
               "unit": unit, "min": least, "max": most, "rounds": len(values)}
        if ratio is not None:
            row["ratio"] = ratio
        print(json.dumps(row))


main()
