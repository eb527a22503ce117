#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Rule files with long lists of addresses, for rules_lists.sh.

rules_lists.py draw SEED FAMILY KIND [COUNT]   print a file with a set of COUNT elements
rules_lists.py compare JSON JSON               exit with 0 if the sets of both are equal
rules_lists.py count                           count the elements of the sets on stdin
"""
import ipaddress
import json
import random
import sys

FIRST = {4: 1 << 24, 6: 0x20010000 << 96}
BITS = {4: 32, 6: 128}


def address(family, value):
    return str(ipaddress.ip_address(value.to_bytes(BITS[family] // 8, "big")))


def element(rng, family, kind, at):
    """Return an element from `at` on as text, and the first address behind it."""
    form = "single" if kind == "single" else rng.choice(("single", "prefix", "range"))
    if form == "single":
        return address(family, at), at + 1
    if form == "prefix":
        host = rng.randrange(1, 9)
        at = -(-at >> host) << host
        return f"{address(family, at)}/{BITS[family] - host}", at + (1 << host)
    last = at + rng.randrange(1, 300)
    return f"{address(family, at)}-{address(family, last)}", last + 1


def elements(rng, family, kind, count):
    """Return elements that do not overlap; then those by which the kind is named."""
    made, at = [], FIRST[family]
    while len(made) < count:
        text, at = element(rng, family, kind, at + rng.choice((0, 0, 1, 2, 100)))
        made.append(text)
    if kind in ("single", "repeated"):
        made += rng.sample(made, 50)
    if kind in ("merged", "overlapping"):
        first = FIRST[family] + 1
        made += [f"{address(family, first)}-{address(family, first + 5000)}"]
    rng.shuffle(made)
    return made


def draw(seed, family, kind, count=3000):
    rng = random.Random(f"{seed} {family} {kind}")
    made = elements(rng, family, kind, count)
    flags = "" if kind == "single" else "flags interval\n"
    merge = "auto-merge\n" if kind == "merged" else ""
    between = rng.choice((", ", ",\n\t", " , # text\n\t"))
    half = len(made) // 2 if rng.randrange(2) else 0
    inside = f"elements = {{ {between.join(made[half:])} }}"
    word = "ip" if family == 4 else "ip6"
    print(f"table inet t {{\nset s {{\ntype ipv{family}_addr\n{flags}{merge}# more\n"
          f"{inside}\n}}\nchain c {{\ntype filter hook forward priority filter; "
          f"policy drop;\n{word} saddr @s accept\n}}\n}}")
    if half:
        print(f"add element inet t s {{ {between.join(made[:half])} }}")


def sets_of(file):
    objects = json.load(file)["nftables"]
    return [thing["set"].get("elem") for thing in objects if "set" in thing]


def main():
    if sys.argv[1] == "draw":
        draw(sys.argv[2], int(sys.argv[3]), sys.argv[4], *map(int, sys.argv[5:]))
    elif sys.argv[1] == "count":
        print(sum(map(len, sets_of(sys.stdin))))
    else:
        ours, theirs = (sets_of(open(name, encoding="ascii")) for name in sys.argv[2:4])
        sys.exit(ours != theirs)


main()
