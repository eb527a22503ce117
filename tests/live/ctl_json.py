#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Print parts of the output of `sluicectl -o json`, which is read from stdin, for the
live tests and benchmarks.

  ctl_json.py drop REASON         of `drops`: that counter
  ctl_json.py drops [REASON]...   of `drops`: all others that are not 0, "reason=count"
  ctl_json.py counter NAME        of `stats`: that counter
  ctl_json.py counted             of `list`: packets and bytes of the first connection,
                                  and of its replies
  ctl_json.py states              of `list`: a line each, "orig=STATE reply=STATE proto=..
                                  sport=.. dst=.. dport=.."
"""
import json
import sys


def objects(text):
    """Yield the JSON values of a text one after the other; of an array, its elements."""
    decoder, place = json.JSONDecoder(), 0
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        yield from value if isinstance(value, list) else [value]
        place += len(text[place:]) - len(text[place:].lstrip())


def drop_counters(text):
    counters = {}
    for value in objects(text):
        for row in value.get("drops", []):
            counters[row["reason"]] = row["packets"]
    return counters


def states(text):
    for value in objects(text):
        if "connection" not in value:
            continue
        conn = value["connection"]
        orig, reply = conn["orig"], conn["reply"]
        print("orig=%s reply=%s" % (orig.get("state"), reply.get("state")),
              "proto=" + conn["proto"],
              *("%s=%s" % (k, orig.get(k)) for k in ("src", "sport", "dst", "dport")))


def main():
    what, *words = sys.argv[1:]
    text = sys.stdin.read().strip()
    if what == "states":
        states(text)
        return
    if what == "counted":
        conn = next(objects(text))["connection"]
        print(*(conn[x][y] for x in ("orig", "reply") for y in ("packets", "bytes")))
        return
    if what == "counter":
        print(next(objects(text))["stats"][words[0]])
        return
    counters = drop_counters(text)
    if what == "drop":
        print(counters[words[0]])
    else:
        left = {k: v for k, v in counters.items() if v and k not in words}
        print(*("%s=%d" % item for item in sorted(left.items())))


main()
