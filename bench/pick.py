#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Print the values of some cases, in this order, from the JSON rows of a benchmark on
stdin.

  pick.py CASE...
"""
import json
import sys


def main():
    rows = (json.loads(line) for line in sys.stdin if line.startswith("{"))
    values = {row["case"]: row["value"] for row in rows if "value" in row}
    print(*(values[name] for name in sys.argv[1:]))


main()
