#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""rules_kernel.py RULES-EVAL [SEED [RULESETS]], in a network namespace of its own.

The kernel is the oracle. Two tun devices, lan and wan, are the ports; a packet written to
one comes out of the other if the rules let it, and writing returns when it has been
judged. Compared are the verdict, what a reject sends back, and every counter in packets
and bytes. Rules ask no `ct state` here: that is the tracker's answer, not the rules'.
"""
import fcntl
import ipaddress
import json
import os
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile

PACKETS = 150
CHAINS = ['c1', 'c2', 'c3']  # each jumps to later ones only
ACCEPT, DROP, RESET, ICMP = range(4)
REDIRECT6 = 137
PREFIXES = {4: ['10.0.0.', '10.0.1.', '172.16.0.', '172.17.5.'],
            6: ['2001:db8:a::', '2001:db8:b::', '2001:db8:b:1::']}
LAN = {4: '10.', 6: '2001:db8:a:'}
SIMPLE = [
    'iifname "lan"',
    'iifname != "wan"',
    'iifname "l*"',
    'iifname "eth0"',
    'oifname { "lan", "w*" }',
    'oifname != { "lan" }',
    'iifname . oifname { "lan" . "wan" }',
    'meta l4proto tcp',
    'meta l4proto != { tcp, udp }',
    'meta l4proto 6-17',
    'meta l4proto ipv6-icmp',
    'meta nfproto ipv4',
    'meta nfproto != ipv4',
    'ip protocol tcp',
    'ip protocol != { tcp, udp }',
    'ip6 nexthdr { tcp, ipv6-icmp }',
    'meta protocol ip6',
    'meta length > 60',
    'meta length 40-50',
    'icmp type echo-request',
    'icmp type != echo-request',
    'icmp type { echo-reply, destination-unreachable }',
    'icmp code 3',
    'icmpv6 type { echo-request, packet-too-big }',
    'icmpv6 code != no-route',
    'tcp flags syn',
    'tcp flags syn / syn,ack',
    'tcp flags & (fin|syn|rst|ack) == syn',
    'tcp flags != syn',
    'tcp flags & syn == 0',
    'tcp flags { syn, syn|ack }',
    'tcp flags == syn|ack',
    'tcp flags & (ack|ecn) != ack',
    'ip saddr . tcp dport @pair',
    'ip saddr . tcp dport != @pair',
    'ip saddr & 255.0.0.3 == 10.0.0.1',
]


class Rules:
    """A random ruleset: its text."""

    def __init__(self, rnd):
        self.rnd = rnd

    def address(self, family):
        return self.rnd.choice(PREFIXES[family]) + format(self.rnd.randint(1, 9), 'x')

    def port(self):
        return self.rnd.choice([22, 53, 80, self.rnd.randint(0, 65535)])

    def span(self, one):
        ends = sorted([one(), one()], key=lambda x: x if isinstance(x, int)
                      else int(ipaddress.ip_address(x)))
        return str(ends[0]) if ends[0] == ends[1] else f'{ends[0]}-{ends[1]}'

    def addresses(self, family):
        kind = self.rnd.randint(0, 2)
        if kind == 0:
            return self.address(family)
        if kind == 1:
            return self.span(lambda: self.address(family))
        bits = self.rnd.choice([8, 16, 24, 30] if family == 4 else [32, 48, 64, 124])
        return str(ipaddress.ip_network(f'{self.address(family)}/{bits}', strict=False))

    def several(self, one, count=5):
        return ', '.join(sorted({str(one()) for _ in range(count)}))

    def match(self):
        rnd = self.rnd
        family = rnd.choice([4, 6])
        where = ('ip' if family == 4 else 'ip6') + rnd.choice([' saddr', ' daddr'])
        port = rnd.choice(['tcp', 'udp', 'sctp', 'udplite']) + rnd.choice(
            [' sport', ' dport']
        )
        negation = rnd.choice(['', '', '!= '])
        return rnd.choice([
            rnd.choice(SIMPLE), rnd.choice(SIMPLE),
            f'{where} {negation}{self.addresses(family)}',
            f'{where} {negation}{{ {self.several(lambda: self.address(family))} }}',
            f'{where} {negation}@{rnd.choice(["points", "spans"])}{family}',
            f'{port} {negation}{self.span(self.port)}',
            f'{port} {negation}{{ {self.several(self.port)} }}',
            f'{port} {rnd.choice(["<", ">", "<=", ">="])} '
            f'{rnd.choice([1, 22, 1024, 65534])}',
        ])

    def verdict(self, below):
        choices = ['accept', 'drop', 'reject', '', '', 'return', 'reject with tcp reset']
        choices += ['reject with icmpx ' + code for code in
                    ('admin-prohibited', 'no-route', 'host-unreachable')]
        for chain in below:
            choices += ['jump ' + chain, 'goto ' + chain]
        return self.rnd.choice(choices)

    def vmap(self, below):
        verdicts = ['accept', 'drop', 'continue', 'return'] + ['jump ' + c for c in below]
        key, values = self.rnd.choice(
            [
                ('tcp dport', ['22', '53', '80', '100-9000', '*']),
                ('iifname', ['"lan"', '"wan"']),
                ('meta l4proto', ['tcp', 'udp']),
                ('iifname . oifname', ['"lan" . "wan"']),
            ]
        )
        pairs = ', '.join(f'{v} : {self.rnd.choice(verdicts)}' for v in values)
        return f'{key} vmap {{ {pairs} }}'

    def rule(self, below):
        parts = []
        for _ in range(self.rnd.choice([0, 1, 1, 1, 2, 2, 3])):
            parts += ['counter'] if self.rnd.random() < .3 else []
            parts.append(self.match())
        last = self.vmap(below) if self.rnd.random() < .15 else self.verdict(below)
        return ' '.join(parts + ['counter', last]).strip()

    def chain(self, name, head, below, most):
        rules = [self.rule(below) for _ in range(self.rnd.randint(1, most))]
        return [f'chain {name} {{'] + head + ['  ' + r for r in rules] + ['}']

    def lines(self):
        out = ['flush ruleset', 'table inet t {']
        for family, kind in ((4, 'ipv4_addr'), (6, 'ipv6_addr')):
            points = self.several(lambda f=family: self.address(f))
            spans = self.several(lambda f=family: self.addresses(f))
            out.append(
                f'set points{family} {{ type {kind}; elements = {{ {points} }}; }}'
            )
            out.append(f'set spans{family} {{ type {kind}; flags interval; auto-merge; '
                       f'elements = {{ {spans} }}; }}')
        out.append(
            'set pair { type ipv4_addr . inet_service; flags interval; elements = { '
            '10.0.0.0/24 . 20-60, 10.0.1.3 . 80, 172.16.0.2-172.16.0.9 . 50-65000 }; }'
        )
        for i in reversed(range(len(CHAINS))):
            out += self.chain(CHAINS[i], [], CHAINS[i + 1:], 4)
        for i in range(self.rnd.randint(1, 3)):
            head = (
                f'type filter hook forward priority {self.rnd.choice([-5, 0, 0, 5])}; '
                f'policy {self.rnd.choice(["accept", "accept", "drop"])};'
            )
            out += self.chain(f'base{i}', [head], CHAINS, 8)
        out.append('}')
        if self.rnd.random() < .4:
            out.append(
                'table ip x { chain f { type filter hook forward priority 0; counter; '
                'tcp dport 22 counter drop; counter; }; }'
            )
        return out


def checksum(data):
    data += b'\0' * (len(data) % 2)
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Packet:
    """A random packet: its bytes, and as a line for rules-eval."""

    def __init__(self, rnd, rules):
        self.family = family = rnd.choice([4, 6])
        self.iif = rnd.randint(0, 1)
        src, dst = rules.address(family), rules.address(family)
        self.oif = 0 if dst.startswith(LAN[family]) else 1
        proto = rnd.choice([6, 6, 6, 17, 17, 1 if family == 4 else 58, 132, 136])
        sport, dport, kind, code, flags = rules.port(), rules.port(), 0, 0, 0
        load = b'x' * rnd.choice([0, 1, 20])
        at = 6  # of the checksum
        if proto == 6:
            flags, at = rnd.choice([0x02, 0x12, 0x10, 0x11, 0xc2, 0x18, 0x01]), 16
            body = struct.pack(
                '!HHIIBBHHH', sport, dport, 1000, 2000, 0x50, flags, 9, 0, 0
            )
        elif proto in (17, 136):
            body = struct.pack('!HHHH', sport, dport, 8 + len(load), 0)
        elif proto == 132:
            body, at = struct.pack('!HHII', sport, dport, 1, 0), None
        else:
            kind = rnd.choice([8, 0, 3, 11] if proto == 1 else [128, 129, 2, 1])
            code, sport, dport, at = rnd.choice([0, 0, 1, 3]), 0, 0, 2
            body = struct.pack('!BBHHH', kind, code, 0, 77, 1) + b'\x45' + b'\0' * 27
        body += load
        ends = b''.join(
            socket.inet_pton(socket.AF_INET if family == 4 else socket.AF_INET6, a)
            for a in (src, dst)
        )
        if at is not None:
            pseudo = b'' if proto == 1 else ends + struct.pack('!II', len(body), proto)
            body = (
                body[:at]
                + struct.pack('!H', checksum(pseudo + body) or 0xFFFF)
                + body[at + 2 :]
            )
        if family == 4:
            head = (
                struct.pack('!BBHIBBH', 0x45, 0, 20 + len(body), 0, 64, proto, 0) + ends
            )
            head = head[:10] + struct.pack('!H', checksum(head)) + head[12:]
        else:
            head = struct.pack('!IHBB', 6 << 28, len(body), proto, 64) + ends
        self.body, self.ends, self.bytes = body, ends, head + body
        self.line = (
            f'{self.iif} {self.oif} {src} {dst} {proto} {sport} {dport} {kind} {code} '
            f'{flags} {len(self.bytes)}'
        )

    def is_forwarded(self, seen):
        return self.ends in seen[8:40] and seen.endswith(self.body) and \
            len(seen) == len(self.bytes)


def answers(family, seen):
    """(protocol, type, code) of what came back, but redirects."""
    out = []
    for packet in seen:
        if packet[0] >> 4 != family:
            continue
        size, proto = (20, packet[9]) if family == 4 else (40, packet[6])
        if not (proto == 58 and packet[size] == REDIRECT6):
            out.append((proto, packet[size], packet[size + 1]))
    return out


class Kernel:
    def __init__(self):
        self.fds = [self.tun('lan'), self.tun('wan')]
        for key, value in (
            ('net.ipv4.ip_forward', 1),
            ('net.ipv6.conf.all.forwarding', 1),
            ('net.ipv4.icmp_ratemask', 0),
            ('net.ipv6.icmp.ratelimit', 0),
            ('net.ipv4.conf.all.send_redirects', 0),
            ('net.ipv4.conf.lan.send_redirects', 0),
            ('net.ipv4.conf.wan.send_redirects', 0),
        ):
            with open('/proc/sys/' + key.replace('.', '/'), 'w', encoding='ascii') as out:
                out.write(str(value))
        for what in (
            'route add 10.0.0.0/8 dev lan',
            'route add 172.16.0.0/12 dev wan',
            'route add 2001:db8:a::/48 dev lan',
            'route add 2001:db8:b::/48 dev wan',
            'addr add 192.0.2.254/32 dev lan',
            'addr add 2001:db8:f::1/128 dev lan',
        ):
            run('ip', *what.split())

    @staticmethod
    def tun(name):
        fd = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(fd, 0x400454ca, struct.pack('16sH22x', name.encode(), 0x1001))
        run('ip', 'link', 'set', name, 'up')
        return fd

    def drain(self, port):
        out = []
        while True:
            try:
                out.append(os.read(self.fds[port], 4096))
            except BlockingIOError:
                return out

    def judge(self, packet):
        """Whether it passed, and what else came out."""
        os.write(self.fds[packet.iif], packet.bytes)
        seen = [(port, p) for port in (0, 1) for p in self.drain(port)]
        passed = [s for s in seen if s[0] == packet.oif and packet.is_forwarded(s[1])]
        return bool(passed), answers(
            packet.family, [s[1] for s in seen if s not in passed]
        )


def run(*command, **more):
    return subprocess.run(
        command, check=True, capture_output=True, text=True, **more
    ).stdout


def load(lines, path):
    """Load the rules; lines that nft does not take are left out. False: it cannot be."""
    for _ in range(10):
        with open(path, 'w', encoding='ascii') as out:
            out.write('\n'.join(lines))
        done = subprocess.run(
            ['nft', '-f', path], capture_output=True, text=True, check=False
        )
        bad = {int(n) for n in re.findall(r'\.nft:(\d+):', done.stderr)}
        if done.returncode == 0:
            return True
        for number in bad:
            lines[number - 1] = (
                '' if lines[number - 1].startswith('  ') else lines[number - 1]
            )
    return False


def counters():
    rules = [
        o.get('rule', {})
        for o in json.loads(run('nft', '-j', 'list', 'ruleset'))['nftables']
    ]
    found = [s['counter'] for r in rules for s in r.get('expr', []) if 'counter' in s]
    return [(c['packets'], c['bytes']) for c in found]


def compare(packet, kernel, ours):
    """What differs, or None."""
    passed, back = kernel
    kind, icmp_type, icmp_code = ours
    if (kind == ACCEPT) != passed:
        return f'we say {kind}, the kernel {"passes" if passed else "drops"} it'
    if kind == RESET and not any(proto == 6 for proto, _, _ in back):
        return 'we say reset, the kernel sent none'
    if kind == ICMP and back and back[0][1:] != (icmp_type, icmp_code):
        return f'we send {icmp_type}/{icmp_code}, the kernel {back[0][1]}/{back[0][2]}'
    return None


def ruleset_compare(kernel, rnd, program, folder):
    """(loaded, differences) of one ruleset."""
    rules = Rules(rnd)
    lines = rules.lines()
    if not load(lines, folder + '/rules.nft'):
        return False, []
    with open(folder + '/rules.json', 'w', encoding='ascii') as out:
        out.write(run('nft', '-j', 'list', 'ruleset'))
    for port in (0, 1):
        kernel.drain(port)
    packets = [Packet(rnd, rules) for _ in range(PACKETS)]
    seen = [kernel.judge(p) for p in packets]
    said = run(
        program, folder + '/rules.json', input=''.join(p.line + '\n' for p in packets)
    )
    said = [tuple(map(int, line.split())) for line in said.splitlines()]
    wrong = [f'{p.line}: {compare(p, k, o)}' for p, k, o in zip(packets, seen, said)
             if compare(p, k, o)]
    ours = said[PACKETS:]
    wrong += [f'counter {i}: ours {a}, the kernel\'s {b}'
              for i, (a, b) in enumerate(zip(ours, counters())) if a != b]
    return True, wrong + (['\n# '.join(lines)] if wrong else [])


def main():
    program = os.path.abspath(sys.argv[1])
    rnd = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    want = int(sys.argv[3]) if len(sys.argv) > 3 else 25
    kernel, loaded, wrong = Kernel(), 0, []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(want):
            took, differences = ruleset_compare(kernel, rnd, program, folder)
            loaded += took
            wrong += differences
    for line in wrong[:20]:
        print('#', line)
    print('ok' if loaded > want // 2 else 'not ok', '1 - random rulesets load:', loaded)
    print(
        'not ok' if wrong else 'ok',
        f'2 - kernel and sluice agree on {loaded * PACKETS} '
        'packets, what is sent back, and every counter',
    )
    print('1..2')
    return 1 if wrong or loaded <= want // 2 else 0


sys.exit(main())
