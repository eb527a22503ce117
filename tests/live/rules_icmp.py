#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""rules_icmp.py SLUICE-REPLAY

Compare the `ct state` of ICMP and ICMPv6 messages in sluice with that in the kernel: of
every type without a connection, of queries and replies, and of errors and redirects about
known and unknown connections. A rule for each state sets a DSCP, which the packets that
come out have. The kernel gets them between two tun devices, sluice-replay as captures.
One difference is known, and must be there (docs/rules.md): an error that quotes only the
ports of a packet is `related` in the kernel and `invalid` in sluice.
"""
import itertools
import json
import os
import struct
import subprocess
import sys
import tempfile

from rules_netns import Kernel
from rules_packet import checksum, packed

STATES = ['new', 'established', 'related', 'invalid', 'untracked']
LAN, WAN = 0, 1
PORTS = ['lan', 'wan']
UDP, TCP, SYN, TTL = 17, 6, 2, 64
PORTS_ONLY = 'that quotes the ports only'
ICMP = {4: 1, 6: 58}
QUERIES = {4: [(8, 0), (13, 14), (15, 16), (17, 18)], 6: [(128, 129), (139, 140)]}
ERRORS = {4: [3, 4, 5, 11, 12], 6: [1, 2, 3, 4]}
REDIRECT6 = 137
RULES = 'table inet t {\nchain f {\ntype filter hook forward priority 0\n' + \
    ''.join(f'ct state {state} {ip} dscp set {i + 1}\n'
            for i, state in enumerate(STATES) for ip in ('ip', 'ip6')) + '}\n}\n'
CONFIG = '''ports: [{name: lan, device: a}, {name: wan, device: b}]
wires: [[lan, wan]]
conntrack: {enforce: ruleset}
rules: rules.nft
'''


class Pair:
    """A host at each port, and a router at port wan, of addresses of their own."""
    numbers = itertools.count(1)

    def __init__(self, family):
        n = next(self.numbers)
        self.family = family
        form = (['10.0.{}.{}', '172.16.{}.{}', '172.17.{}.{}'] if family == 4 else
                ['2001:db8:a::{}:{}', '2001:db8:b::{}:{}', '2001:db8:c::{}:{}'])
        self.lan, self.wan, self.router = (f.format(n // 200, n % 200 + 1) for f in form)

    def packet(self, source, to, proto, body, at):
        """at: offset of the checksum in the body."""
        ends = packed(self.family, source) + packed(self.family, to)
        plain = proto == ICMP[4]
        pseudo = b'' if plain else ends + struct.pack('!II', len(body), proto)
        body = body[:at] + struct.pack('!H', checksum(pseudo + body) or 0xffff) + \
            body[at + 2:]
        if self.family == 6:
            return struct.pack('!IHBB', 6 << 28, len(body), proto, TTL) + ends + body
        head = struct.pack('!BBHIBBH', 0x45, 0, 20 + len(body), 0, TTL, proto, 0) + ends
        return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + body

    def icmp(self, source, to, kind, code=0, rest=b'\0\x4d\0\1', data=bytes(28)):
        body = struct.pack('!BBH', kind, code, 0) + rest + data
        return self.packet(source, to, ICMP[self.family], body, 2)

    def udp(self, source, to, data=b'x'):
        return self.packet(source, to, UDP,
                           struct.pack('!HHHH', 700, 700, 8 + len(data), 0) + data, 6)

    def syn(self):
        return self.packet(self.lan, self.wan, TCP,
                           struct.pack('!HHIIBBHHH', 700, 80, 9, 0, 5 << 4, SYN, 9, 0, 0),
                           16)


def types_alone(family):
    """Each type as the first packet of its hosts, from either side."""
    for kind in range(256):
        pair = Pair(family)
        yield f'type {kind}', [(LAN, pair.icmp(pair.lan, pair.wan, kind)),
                               (WAN, pair.icmp(pair.wan, pair.lan, kind))]


def queries(family):
    for query, reply in QUERIES[family]:
        a, b, c, d = (Pair(family) for _ in range(4))
        other = b'\0\x4e\0\1'
        yield f'query {query}, replies, query again', [
            (LAN, a.icmp(a.lan, a.wan, query)), (WAN, a.icmp(a.wan, a.lan, reply)),
            (WAN, a.icmp(a.wan, a.lan, reply)), (LAN, a.icmp(a.lan, a.wan, query))]
        yield f'query {query}, reply of another identifier', [
            (LAN, b.icmp(b.lan, b.wan, query)),
            (WAN, b.icmp(b.wan, b.lan, reply, rest=other))]
        yield f'query {query}, reply of the same side', [
            (LAN, c.icmp(c.lan, c.wan, query)), (LAN, c.icmp(c.lan, c.wan, reply))]
        yield f'query {query}, from both sides', [
            (LAN, d.icmp(d.lan, d.wan, query)), (WAN, d.icmp(d.wan, d.lan, query)),
            (WAN, d.icmp(d.wan, d.lan, reply)), (LAN, d.icmp(d.lan, d.wan, reply))]


def errors(family):
    head = 20 if family == 4 else 40
    for kind in ERRORS[family] + [REDIRECT6] * (family == 6):
        for source in ('wan', 'router'):
            pair = Pair(family)
            for name, sent in (('UDP', pair.udp(pair.lan, pair.wan)),
                               ('a SYN', pair.syn()),
                               ('a query', pair.icmp(pair.lan, pair.wan,
                                                     QUERIES[family][0][0]))):
                about = pair.icmp(getattr(pair, source), pair.lan, kind,
                                  rest=bytes(4), data=sent)
                yield f'error {kind} of {source}, before and after {name}', [
                    (WAN, about), (LAN, sent), (WAN, about)]
        pair = Pair(family)
        sent, answer = pair.udp(pair.lan, pair.wan), pair.udp(pair.wan, pair.lan)
        yield f'error {kind} about an answer', [
            (LAN, sent), (WAN, answer),
            (LAN, pair.icmp(pair.lan, pair.wan, kind, rest=bytes(4), data=answer))]
        for name, size in (('that quotes 8 bytes', head + 8), (PORTS_ONLY, head + 4),
                           ('that quotes half a header', head // 2)):
            pair = Pair(family)
            sent = pair.udp(pair.lan, pair.wan)
            yield f'error {kind} {name}', [
                (LAN, sent), (WAN, pair.icmp(pair.wan, pair.lan, kind, rest=bytes(4),
                                             data=sent[:size]))]
        pair = Pair(family)
        sent = pair.udp(pair.lan, pair.wan)
        other = pair.lan.replace('10.0', '10.1').replace(':a:', ':a:1:')
        about = pair.icmp(pair.wan, pair.lan, kind, rest=bytes(4), data=sent)
        yield f'error {kind} to another host, and about an error', [
            (LAN, sent),
            (WAN, pair.icmp(pair.wan, other, kind, rest=bytes(4), data=sent)),
            (LAN, pair.icmp(pair.lan, pair.wan, kind, rest=bytes(4), data=about))]


def state_of(packet):
    """The state by which the rules have set the packet's DSCP."""
    traffic_class = packet[1] if packet[0] >> 4 == 4 else \
        struct.unpack_from('!H', packet)[0] >> 4 & 0xff
    return STATES[(traffic_class >> 2) - 1]


def ends_of(packet):
    return packet[12:20] if packet[0] >> 4 == 4 else packet[8:40]


def kernel_states(sent):
    """The state of each packet; None: it did not come out."""
    kernel = Kernel()
    if not kernel.nft.load(RULES.splitlines()):
        raise OSError('nft does not take the rules')
    kernel.drain()
    out = []
    for port, packet in sent:
        os.write(kernel.fds[port], packet)
        passed = [p for at, p in kernel.drain()
                  if at != port and ends_of(p) == ends_of(packet)]
        out.append(state_of(passed[0]) if passed else None)
    return out


def capture_write(path, sent, port):
    with open(path, 'wb') as out:
        out.write(struct.pack('<IHHIIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i, (at, packet) in enumerate(sent):
            if at != port:
                continue
            kind = 0x0800 if packet[0] >> 4 == 4 else 0x86dd
            frame = bytes([2, 0, 0, 0, 0, 2 - port, 2, 0, 0, 0, 0, 1 + port]) + \
                struct.pack('!H', kind) + packet
            out.write(struct.pack('<IIII', 100 + i // 1000, i % 1000 * 1000, len(frame),
                                  len(frame)) + frame)


def capture_read(path):
    with open(path, 'rb') as stream:
        data = stream.read()
    at = 24
    while at < len(data):
        length = struct.unpack_from('<I', data, at + 8)[0]
        yield data[at + 16 + 14:at + 16 + length]
        at += 16 + length


def sluice_states(program, sent):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (('rules.nft', RULES), ('sluice.yaml', CONFIG)):
            with open(f'{folder}/{name}', 'w', encoding='ascii') as out:
                out.write(text)
        for port, name in enumerate(PORTS):
            capture_write(f'{folder}/{name}.pcap', sent, port)
        done = subprocess.run(
            [program, '--config', f'{folder}/sluice.yaml', '--out', f'{folder}/out',
             '--report', 'none'] +
            [f'--port={name}={folder}/{name}.pcap' for name in PORTS],
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise OSError(done.stderr)
        with open(f'{folder}/out/verdicts.jsonl', encoding='ascii') as stream:
            verdicts = [v for v in map(json.loads, stream) if 'verdict' in v]
        left = [capture_read(f'{folder}/out/{name}.pcap') for name in PORTS]
        return [state_of(next(left[1 - port])) if v['verdict'] == 'pass' else None
                for (port, _), v in zip(sent, verdicts, strict=True)]


def main():
    rows = [(f'IPv{family}: {name}', packets) for family in (4, 6)
            for group in (types_alone, queries, errors)
            for name, packets in group(family)]
    sent = [packet for _, packets in rows for packet in packets]
    ours, theirs = sluice_states(sys.argv[1], sent), kernel_states(sent)
    wrong, known, at = 0, 0, 0
    for name, packets in rows:
        end = at + len(packets)
        expected = theirs[at:end]
        if PORTS_ONLY in name and 'error 137 ' not in name:
            known += expected == ['new', 'related']
            expected = ['new', 'invalid']
        if ours[at:end] != expected:
            wrong += 1
            print(f'# {name}: ours {ours[at:end]}, the kernel\'s {theirs[at:end]}')
        at = end
    seen = {state for state in theirs if state is not None}
    tests = [
        (not wrong, f'{len(sent)} packets have the state that the kernel gives them'),
        (known == sum(map(len, ERRORS.values())),
         f'but {known} errors that quote ports only, which sluice calls invalid'),
        (seen == set(STATES), f'the states are all there: {", ".join(sorted(seen))}'),
    ]
    for number, (passed, text) in enumerate(tests, 1):
        print('ok' if passed else 'not ok', f'{number} - {text}')
    print(f'1..{len(tests)}')
    return int(not all(passed for passed, _ in tests))


sys.exit(main())
