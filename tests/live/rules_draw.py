# SPDX-License-Identifier: BSD-3-Clause
"""Draws rulesets for rules_kernel.py, of every construct that can be compared with the
kernel on a tun device: without a link layer, and without replies.
"""
import ipaddress
import re

from rules_packet import PREFIXES, Drawn

CHAINS = ['c1', 'c2', 'c3']  # a chain jumps to later chains only
HOOKS = ['prerouting priority -300', 'prerouting priority -150', 'prerouting priority 0',
         'postrouting priority 0', 'postrouting priority -400']
LOG_GROUPS, MARK_GROUP = (1, 2), 99
# The last chain that a packet passes. It logs the mark and the bytes of the packet.
PROBE = f'''table inet probe {{
chain p {{
type filter hook postrouting priority 900;
log group {MARK_GROUP}
}}
}}'''
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
    'ip length 30-50',
    'ip6 length > 20',
    'ip version 4',
    'ip hdrlength != 5',
    'ip dscp != cs1',
    'ip6 dscp cs0',
    'ip6 flowlabel 0',
    'udp length 8-10',
    'udp length != 8',
    'tcp window 9',
    'tcp sequence 1000',
    'tcp doff != 5',
    'tcp option maxseg exists',
    'tcp option maxseg size != 5',
    'icmp id 77',
    'icmpv6 sequence 1',
    'icmp mtu < 5',
    'sctp vtag 1',
    'sctp chunk init exists',
    'sctp chunk data missing',
    'sctp chunk data tsn 1-5',
    'sctp chunk data tsn != 1',
    'sctp chunk data flags & 1 == 1',
    'sctp chunk data length > 16',
    'sctp chunk init num-inbound-streams { 1, 10 }',
    'sctp chunk sack cum-tsn-ack < 4',
    'sctp chunk cookie-ack type 11',
    '@th,0,16 22',
    '@th,64,8 0x78',
    '@th,64,8 != 0x78',
    '@nh,0,4 4',
    'ip6 dscp cs0 exthdr hbh missing',
    'ip6 dscp cs0 exthdr frag exists',
    'ip option rr missing',
    'jhash ip saddr mod 4 seed 0x12 1',
    'jhash ip6 saddr . tcp dport mod 3 seed 0x7 0',
    'meta mark set 5',
    'meta mark set tcp dport map { 22 : 1, 53 : 2, 100-9000 : 3 }',
    'meta mark set meta mark or 0x10',
    'meta mark set meta mark and 0x5',
    'meta mark 5',
    'meta mark != 0',
    'meta mark & 0x3 == 1',
    'meta mark { 1-3, 21 }',
    'ip dscp set ef',
    'ip dscp ef',
    'meta skuid 0',
    'iiftype != loopback',
    'log prefix "one " group 1',
    'log prefix "two" group 2 queue-threshold 1',
    'log prefix "to syslog" level debug flags all',
    'ip ttl set 7',
    'ip ttl 7',
    'ip ttl > 60',
    'ip6 hoplimit set 9',
    'ip6 hoplimit < 10',
    'ip6 dscp set af41',
    'ip6 flowlabel set 5',
    'ip ecn set ce',
    'ip id set 11',
    'tcp window set 17',
    'udp checksum != 0',
    'icmp id set 5',
    'tcp option maxseg size set 1200',
    'tcp option maxseg size 1000-1460',
    'tcp option maxseg exists tcp option maxseg size < 1300',
    'tcp option window missing',
    'reset tcp option sack-perm',
    'ip6 dscp cs0 exthdr dst exists',
    'ip6 dscp cs0 dst nexthdr 6',
    'meta mark set ip saddr map @marks',
    'meta priority set 1:2',
    'meta priority 1:2',
    'meta priority set ip dscp map { cs0 : 1:3, ef : 1:4 }',
    'numgen random mod 1 offset 4 == 4',
    'numgen inc mod 3 0',
    'numgen inc mod 4 offset 2 { 2, 5 }',
    'numgen inc mod 2 != 1',
    'meta mark set numgen inc mod 3 offset 7',
    'meta mark set numgen inc mod 2 map { 0 : 3, 1 : 4 }',
    'tcp dport . numgen inc mod 2 { 22 . 0, 53 . 1 }',
    'meta time > "2020-01-01 00:00:00"',
    'meta hour "00:00"-"23:59"',
    'meta day { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", '
    '"Sunday" }',
    'meta day != "Monday" meta day "Monday"',
    'meta iifgroup 0',
    'meta ipsec missing',
    'fib daddr type unicast',
    'fib saddr type != { local, multicast }',
    'ip protocol . th dport { tcp . 22, udp . 53 }',
    'meta nfproto . meta l4proto { ipv4 . tcp, ipv6 . udp }',
    'ip saddr . ip daddr . th dport { 10.0.0.0/28 . 172.16.0.0/16 . 1-60 }',
    'tcp dport != { 22, 80-90 } tcp sport >= 53',
    'ip6 saddr & ffff:ffff:ffff:: == 2001:db8:a::',
    'ip frag-off & 0x1fff == 0',
    '@nh,64,8 < 60',
    '@th,16,16 { 22, 53 }',
]
# Of the connection, which each packet begins.
OF_CONNECTION = [
    'ct state new',
    'ct state { new, untracked }',
    'ct state established,related',
    'ct state != invalid',
    'ct direction original',
    'ct direction reply',
    'ct mark set 7',
    'ct mark set meta mark',
    'ct mark 7',
    'meta mark set ct mark',
    'ct mark set ct mark or 0x8',
    'ct status assured',
    'ct original ip saddr 10.0.0.1-10.0.0.9',
    'ct reply ip saddr 172.16.0.0/16',
    'ct protocol tcp',
    'ct l3proto ipv4',
    'ct zone 0',
]

OBJECTS = '''
limit lim { rate 20/week burst 20 packets; }
quota quo { over 2 kbytes; }
set dyn { type ipv4_addr; size 100; flags dynamic; }
set six { type ipv6_addr; size 100; flags dynamic,timeout; timeout 1h; }
set few { type ipv4_addr . inet_service; size 5; flags dynamic; }
set rate { type ipv4_addr; size 100; flags dynamic,timeout; timeout 1h; }
set held { type ipv4_addr; flags timeout; elements = { 10.0.0.1 timeout 1h,
                                                      172.16.0.2 }; }
set nets { type ipv4_addr; flags interval,timeout; elements = { 10.0.0.0/30 timeout 1h,
172.16.0.4-172.16.0.6 }; }
set ten { type ipv4_addr; size 10; limit rate 1/week burst 10 packets;
elements = { 10.0.0.1, 10.0.0.2, 172.16.0.1 }; }
map marks { type ipv4_addr : mark; flags interval; elements = { 10.0.0.0/29 : 3,
172.16.0.0/12 : 4 }; }
counter named { }
set cnt { type ipv4_addr; size 100; counter; elements = { 10.0.0.1, 172.16.0.2 }; }
map way { type inet_service : verdict; elements = { 22 : accept, 53 : drop,
80 : continue }; }
'''

CHANGES = [
    'limit name "lim"',
    'quota name "quo"',
    'log prefix "x"',
    'add @dyn { ip saddr }',
    'update @dyn { ip daddr }',
    'delete @dyn { ip saddr }',
    'ip saddr @dyn',
    'ip daddr != @dyn',
    'add @six { ip6 saddr }',
    'update @six { ip6 daddr timeout 2h }',
    'delete @six { ip6 daddr }',
    'ip6 saddr @six',
    'add @few { ip saddr . tcp dport }',
    'ip saddr . tcp dport @few',
    'update @rate { ip saddr limit rate over 1/week burst 3 packets }',
    'add @rate { ip saddr limit rate over 1/week burst 3 packets }',
    'ip saddr @held',
    'ip daddr != @nets',
    'ip saddr @ten',
    'counter name "named"',
    'ip saddr @cnt',
    'add @six { ip6 saddr timeout 3h }',
    'update @few { ip daddr . tcp dport }',
    'delete @few { ip saddr . tcp dport }',
]


class Rules(Drawn):
    """Generates the text of a random ruleset."""

    def __init__(self, rnd):
        super().__init__(rnd)
        self.meters = 0
        # Some rulesets look at the connection, and get packets that can begin one.
        self.connections = rnd.random() < .3

    def change(self):
        """Return a random statement that keeps a state."""
        rnd, over = self.rnd, self.rnd.choice(['', 'over '])
        self.meters += 1
        return rnd.choice([
            rnd.choice(CHANGES), rnd.choice(CHANGES), rnd.choice(CHANGES),
            rnd.choice(CHANGES),
            f'limit rate {over}{rnd.randint(1, 9)}/week burst '
            f'{rnd.randint(1, 20)} packets',
            f'limit rate {over}{rnd.randint(60, 900)} bytes/week burst '
            f'{rnd.randint(1, 900)} bytes',
            f'quota {over}{rnd.randint(1, 3000)} bytes',
            f'meter m{self.meters} size 50 {{ ip saddr limit rate {over}1/week burst '
            f'{rnd.randint(1, 5)} packets }}',
        ])

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
        if self.connections and rnd.random() < .3:
            return rnd.choice(OF_CONNECTION)
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
        choices += ['reject with icmp host-prohibited',
                    'reject with icmpv6 addr-unreachable']
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
                ('numgen inc mod 2', ['0', '1']),
                ('iifname . oifname', ['"lan" . "wan"']),
            ]
        )
        if self.rnd.random() < .3:
            return 'tcp dport vmap @way'
        pairs = ', '.join(f'{v} : {self.rnd.choice(verdicts)}' for v in values)
        return f'{key} vmap {{ {pairs} }}'

    def fitting(self, parts, draw):
        """A part that nft can join with the others: one protocol, one family."""
        for _ in range(20):
            part = draw()
            text = ' '.join(parts + [part])
            protocols = set(re.findall(
                r'(?:^| )(tcp|udp|sctp|udplite|icmp|icmpv6)(?= [a-z])', text))
            families = set(re.findall(r'(?:^| )(ip6?|icmp(?:v6)?) ', text))
            families = {'ip6' if f in ('ip6', 'icmpv6') else 'ip' for f in families}
            # nft 1.0.6 lists two comparisons of one field as a range.
            orders = len(re.findall(r' [<>]=? ', text))
            # nft 1.0.6 loads `!=` of two neighbouring fields as one comparison, which
            # is true if either differs, and lists it as two.
            unequal = len(re.findall(r' != (?!")', text))
            # nft 1.0.6 does not list the `meta l4proto tcp` that the reset implies.
            implied = re.search(r'tcp option \S+ missing', text)
            if max(orders, unequal, len(protocols), len(families)) <= 1 and not (
                    'tcp reset' in text and (protocols - {'tcp'} or implied)):
                return part
        return ''

    def rule(self, below):
        parts = []
        for _ in range(self.rnd.choice([0, 1, 1, 1, 2, 2, 3])):
            parts += ['counter'] if self.rnd.random() < .3 else []
            parts.append(self.fitting(parts, self.match))
            if self.rnd.random() < .2:
                parts.append(self.fitting(parts, self.change))
        verdict = self.vmap if self.rnd.random() < .15 else self.verdict
        last = self.fitting(parts, lambda: verdict(below))
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
        out += [line for line in OBJECTS.splitlines() if line]
        for i in reversed(range(len(CHAINS))):
            out += self.chain(CHAINS[i], [], CHAINS[i + 1:], 4)
        for i in range(self.rnd.randint(1, 3)):
            head = (
                f'type filter hook forward priority {self.rnd.choice([-5, 0, 0, 5])}; '
                f'policy {self.rnd.choice(["accept", "accept", "drop"])};'
            )
            out += self.chain(f'base{i}', [head], CHAINS, 8)
        for i, hook in enumerate(HOOKS):
            if self.rnd.random() < .2:
                # of the kernel's own answers, which pass postrouting, sluice knows none
                head = [f'type filter hook {hook}; policy accept;',
                        'iifname != { "lan", "wan" } accept',
                        'ip6 saddr { ::, fe80::/10, 2001:db8:f::/48 } accept',
                        'ip saddr 192.0.2.254 accept']
                # Statements that the kernel takes in some hooks only; and a TTL that is
                # set before the kernel counts the hop, which sluice does not.
                left_out = 'reject|rt mtu'
                if hook.startswith('prerouting'):
                    left_out += '|ttl set|hoplimit set'
                out += [line for line in self.chain(f'beside{i}', head, [], 4)
                        if not re.search(left_out, line)]
        out.append('}')
        if self.rnd.random() < .4:
            out.append(
                'table ip x { chain f { type filter hook forward priority 0; counter; '
                'tcp dport 22 counter drop; counter; }; }'
            )
        return out
