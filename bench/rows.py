#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The rows of the benchmarks that are scripts, in the form of bench.c's.

  rows.py FORMAT PROGRAM PARAMETERS UNIT NAME VALUES [NAME VALUES]...

FORMAT is text or json; VALUES are one number a round, with blanks between them. The ratio is
the median of the rounds' own ratios to the first NAME.
"""
import json
import statistics
import sys


def main():
    form, program, params, unit, *rest = sys.argv[1:]
    cases = [(rest[i], [float(v) for v in rest[i + 1].split()]) for i in range(0, len(rest), 2)]
    if form == "text":
        print("%-8s %-26s %-40s %9s %9s %9s %7s"
              % ("bench", "case", "parameters", unit, "min", "max", "ratio"))
    for name, values in cases:
        ratio = statistics.median(v / f for v, f in zip(values, cases[0][1]))
        middle, least, most = statistics.median(values), min(values), max(values)
        if form == "text":
            print("%-8s %-26s %-40s %9.4g %9.4g %9.4g %7.2f"
                  % (program, name, params, middle, least, most, ratio))
        else:
            pairs = dict(word.split("=", 1) for word in params.split())
            pairs = {k: int(v) if v.isdigit() else v for k, v in pairs.items()}
            print(json.dumps({
                "bench": program, "case": name, "params": pairs, "value": middle,
                "unit": unit, "min": least, "max": most, "ratio": round(ratio, 3),
                "rounds": len(values),
            }))


main()
