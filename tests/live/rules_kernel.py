#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""rules_kernel.py [--seed N] [--rulesets N] [--workers N] RULES-EVAL [FILE ..]

Compare lib/policy with nftables of the kernel. Two tun devices, lan and wan, are the
ports: a packet written to one comes out of the other if the rules accept it, and the
write returns when the kernel has decided. For random rulesets, or for the files, these
must be equal: the verdict, what a reject sends back, the bytes of the packet that passes,
its mark, the logs to a group with their prefixes, every counter in packets and bytes, and
the elements of sets with their counts.

Margins. Limits refill in weeks (in files they are made to), and quotas count bytes, so
both are compared exactly. Elements expire in hours; what is left of it may differ by
MARGIN_S, the time that a ruleset takes. What they do when time passes:
tests/unit/policy_limit_test.c and policy_live_test.c. Not compared:
`ct count` of elements, the link layer, and what depends on replies, since each packet
begins a connection; tests/oracle compares these.

Each worker has a network namespace of its own. Most of the time goes by waiting: nft
changes rules by RCU. A ruleset depends on --seed and its number only: the number of
workers and the load of the machine change neither what is compared nor how much.
"""
import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile

from rules_draw import MARK_GROUP, PROBE, Rules
from rules_netns import Kernel, counters, run, sets
from rules_packet import Found, Packet

PACKETS, FILE_PACKETS = 50, 400
MARGIN_S = 90
# What nft 1.0.6 does not list before some matches of a transport header, so that sluice
# cannot know of it (docs/rules.md); and how it lists it otherwise.
OMITTED = {'ct l3proto ': '"ct": {"key": "l3proto"',
           'ct protocol ': '"ct": {"key": "protocol"',
           'ip protocol ': '"payload": {"protocol": "ip", "field": "protocol"'}
DRAWS = 20  # of a ruleset: nft does not take, or not list, one of ten
ACCEPT, DROP, RESET, ICMP = range(4)


class Ours:
    """The result of rules-eval for a packet."""

    def __init__(self, line):
        words = line.split('\t')
        self.kind, self.icmp_type, self.icmp_code, self.mark = map(int, words[:4])
        self.bytes = bytes.fromhex(words[5])
        self.logs = [(int(g), p) for g, p in zip(words[6::2], words[7::2])
                     if int(g) != MARK_GROUP]


def compare(kernel, ours):
    """Return how the results for a packet differ, as text, or None."""
    passed = kernel.bytes is not None
    if (ours.kind == ACCEPT) != passed:
        return f'we say {ours.kind}, the kernel {"passes" if passed else "drops"} it'
    if ours.kind == RESET and not any(proto == 6 for proto, _, _ in kernel.back):
        return 'we say reset, the kernel sent none'
    if ours.kind == ICMP and kernel.back and \
            kernel.back[0][1:] != (ours.icmp_type, ours.icmp_code):
        return (f'we send {ours.icmp_type}/{ours.icmp_code}, '
                f'the kernel {kernel.back[0][1]}/{kernel.back[0][2]}')
    if ours.logs != kernel.logs:
        return f'we log {ours.logs}, the kernel {kernel.logs}'
    if passed and ours.bytes != kernel.bytes:
        return f'we send {ours.bytes.hex()}, the kernel {kernel.bytes.hex()}'
    if passed and ours.mark != kernel.mark:
        return f'our mark is {ours.mark}, the kernel\'s {kernel.mark}'
    return None


def set_differs(name, kernel, ours):
    """Yield a text for each element that differs."""
    ours = {e['element']: (e.get('expires'), e.get('packets')) for e in ours['elements']}
    for element in sorted(set(kernel) | set(ours)):
        if element not in kernel or element not in ours:
            yield f'set {name}: {element} is {"ours" if element in ours else "theirs"}'
            continue
        (theirs_s, theirs), (ours_s, count) = kernel[element], ours[element]
        if (theirs_s is None) != (ours_s is None) or \
                (theirs_s is not None and not 0 <= ours_s - theirs_s <= MARGIN_S):
            yield f'set {name}: {element} expires in {ours_s}, theirs in {theirs_s}'
        if theirs != count:
            yield f'set {name}: {element} has {count} packets, theirs {theirs}'


def state_differs(ours, objects, names):
    """Yield a text for each counter and set element that differs after the packets.
    ours: lines of rules-eval; objects: the listed ruleset of the kernel."""
    counted = [tuple(map(int, line.split()[1:])) for line in ours
               if line.startswith('counter ')]
    for i, (a, b) in enumerate(zip(counted, counters(objects))):
        if a != b:
            yield f'counter {i}: ours {a}, the kernel\'s {b}'
    theirs = sets(objects)
    for name, line in zip(names, ours[len(counted):]):
        if line != 'null':  # a set that no rule changes has no state
            yield from set_differs(name, theirs[name], json.loads(line))


class Case:
    """Loads a ruleset, and compares what happens to packets."""

    def __init__(self, kernel, program, folder):
        self.kernel, self.program, self.path = kernel, program, folder + '/rules'

    def differences(self, rnd, drawn, opens, count):
        nft = self.kernel.nft
        text = nft.listed()
        with open(self.path, 'w', encoding='utf-8') as out:
            out.write(text)
        names = list(sets(json.loads(text)['nftables']))
        self.kernel.drain()
        self.kernel.netfilter.taken()
        packets = [Packet(rnd, drawn, opens) for _ in range(count)]
        seen = [self.kernel.judge(p, opens) for p in packets]
        said = run(self.program, self.path, *names,
                   input=''.join(p.line + '\n' for p in packets)).splitlines()
        wrong = []
        for packet, kernel, line in zip(packets, seen, said):
            difference = compare(kernel, Ours(line))
            wrong += [f'{packet.line}: {difference}'] if difference else []
        wrong += state_differs(said[count:], json.loads(nft.listed())['nftables'],
                               names)
        return wrong

    def loaded(self, rnd):
        """Draw rulesets until one is loaded. Return it and its lines; None: nft takes
        none of them."""
        nft = self.kernel.nft
        for _ in range(DRAWS):
            rules = Rules(rnd)
            lines = rules.lines() + PROBE.splitlines()
            if not nft.load(lines):
                continue
            text, listed = ' '.join(lines), nft.listed()
            if all(text.count(said) == listed.count(as_json)
                   for said, as_json in OMITTED.items()):
                return rules, lines
        return None

    def draw(self, rnd):
        """Return the differences of a random ruleset; None: it cannot be loaded."""
        found = self.loaded(rnd)
        if found is None:
            return None
        rules, lines = found
        wrong = self.differences(rnd, rules, rules.connections, PACKETS)
        return wrong + (['\n# '.join(lines)] if wrong else [])

    def file(self, rnd, name):
        with open(name, encoding='utf-8') as stream:
            # A limit that does not refill during the test.
            text = re.sub(r'(rate (over )?\d+)/(second|minute)', r'\1/week',
                          stream.read())
        if not self.kernel.nft.load(text.splitlines() + PROBE.splitlines()):
            return [f'{name}: nft does not accept it']
        self.kernel.nft.untranslate()
        return [f'{name}: {d}'
                for d in self.differences(rnd, Found(rnd, text), True, FILE_PACKETS)]


def work(options):
    """Run as one worker: print the differences, then "loaded N"."""
    loaded = 0
    with tempfile.TemporaryDirectory() as folder:
        case = Case(Kernel(), os.path.abspath(options.program), folder)
        for name in options.files:
            for line in case.file(random.Random(options.seed), name):
                print(line)
            loaded += 1
        share = range(options.worker, options.rulesets, options.workers)
        for number in [] if options.files else share:
            wrong = case.draw(random.Random(f'{options.seed} {number}'))
            loaded += wrong is not None
            for line in wrong or []:
                print(f'ruleset {number}: {line}')
    print('loaded', loaded)


def spread(options):
    """Share the rulesets out to workers. Return (loaded, differences, failed)."""
    workers = 1 if options.files else options.workers
    started = [subprocess.Popen(
        ['unshare', '--net', sys.executable, __file__, '--worker', str(i),
         '--workers', str(workers), '--seed', str(options.seed),
         '--rulesets', str(options.rulesets), options.program] + options.files,
        stdout=subprocess.PIPE, text=True) for i in range(workers)]
    loaded, lines, failed = 0, [], 0
    for worker in started:
        said = worker.communicate()[0].splitlines()
        if worker.returncode != 0 or not said:
            failed += 1
            continue
        loaded += int(said[-1].split()[1])
        lines += said[:-1]
    return loaded, lines, failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--rulesets', type=int, default=440)
    parser.add_argument('--workers', type=int, default=4)
    parser.add_argument('--worker', type=int)
    parser.add_argument('program')
    parser.add_argument('files', nargs='*')
    options = parser.parse_args()
    if options.worker is not None:
        return work(options)
    loaded, wrong, failed = spread(options)
    want = len(options.files) or options.rulesets
    for line in wrong[:40]:
        print('#', line)
    packets = loaded * (FILE_PACKETS if options.files else PACKETS)
    print('not ok' if failed or loaded < want else 'ok',
          f'1 - rulesets load: {loaded} of {want}, {failed} workers failed')
    print('not ok' if wrong else 'ok',
          f'2 - kernel and sluice agree on {packets} packets: verdict, answer, bytes, '
          'mark, logs, counters, sets')
    print('1..2')
    return int(bool(wrong or failed or loaded < want))


sys.exit(main())
