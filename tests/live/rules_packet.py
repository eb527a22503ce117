# SPDX-License-Identifier: BSD-3-Clause
"""Draws packets for rules_kernel.py, and reads those that come back."""
import ipaddress
import re
import socket
import struct

PREFIXES = {4: ['10.0.0.', '10.0.1.', '172.16.0.', '172.17.5.'],
            6: ['2001:db8:a::', '2001:db8:b::', '2001:db8:b:1::']}
# What the kernel routes to port lan; it routes the rest to port wan.
LAN = {4: ipaddress.ip_network('10.0.0.0/8'), 6: ipaddress.ip_network('2001:db8:a::/48')}
TTL = 64
HOP_BY_HOP = 0
REDIRECT6 = 137
SYN = 0x02
DATA, INIT, SACK, COOKIE_ACK = 0, 1, 3, 11
MSS = bytes([2, 4, 0x05, 0xb4, 4, 2, 1, 1])  # 1460; SACK permitted; padding


def checksum(data):
    data += b'\0' * (len(data) % 2)
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packed(family, address):
    return socket.inet_pton(socket.AF_INET if family == 4 else socket.AF_INET6, address)


def chunks(rnd):
    """Return random chunks of SCTP, of which some are cut off or have a wrong length."""
    out = b''
    for _ in range(rnd.choice([0, 1, 1, 2, 3])):
        kind = rnd.choice([DATA, DATA, INIT, SACK, COOKIE_ACK])
        value = b''.join(struct.pack('!HH', 0, rnd.randint(0, 9))
                         for _ in range(rnd.choice([0, 1, 3, 4])))
        length = rnd.choice([4 + len(value)] * 6 + [0, 1, 3, 5, 8, 40])
        out += struct.pack('!BBH', kind, rnd.randint(0, 3), length) + value
    return out[:rnd.choice([len(out)] * 6 + [max(0, len(out) - 3)])]


class Drawn:
    """Addresses and ports as rules_draw.py draws them."""

    def __init__(self, rnd):
        self.rnd = rnd

    def family(self):
        return self.rnd.choice([4, 6])

    def address(self, family):
        return self.rnd.choice(PREFIXES[family]) + format(self.rnd.randint(1, 9), 'x')

    def port(self):
        return self.rnd.choice([22, 53, 80, self.rnd.randint(0, 65535)])


class Found(Drawn):
    """Addresses and ports that a file of rules names, and their neighbours."""

    def __init__(self, rnd, text):
        super().__init__(rnd)
        words = set(re.findall(r'[0-9a-f.:]+(?:/\d+)?', text))
        self.networks = {4: [], 6: []}
        for word in sorted(words):
            try:
                network = ipaddress.ip_network(word, strict=False)
            except ValueError:
                continue
            if not network.is_multicast and not network.is_loopback and '.' in word \
                    or word.startswith('2001:db8:'):
                self.networks[network.version].append(network)
        self.ports = [int(w) for w in sorted(words) if w.isdigit() and int(w) < 65536]

    def family(self):
        both = [f for f in (4, 6) if self.networks[f]]
        return self.rnd.choice(both or [4])

    def address(self, family):
        if not self.networks[family] or self.rnd.random() < .3:
            return super().address(family)
        network = self.rnd.choice(self.networks[family])
        first = int(network.network_address)
        return str(ipaddress.ip_address(first + self.rnd.randint(
            0, min(network.num_addresses - 1, 255)))) if network.version == 6 or \
            first >> 24 in (10, 172, 192) else super().address(family)

    def port(self):
        return self.rnd.choice(self.ports + [22, 80])


class Packet:
    """A random packet: as bytes, and as an input line of rules-eval."""

    def __init__(self, rnd, drawn, opens):
        """opens: only such as can begin a connection."""
        self.family = family = drawn.family()
        src, dst = drawn.address(family), drawn.address(family)
        while dst == src:  # the kernel takes its reply for the same direction
            dst = Drawn.address(drawn, family)
        self.iif = rnd.randint(0, 1)
        self.oif = 0 if ipaddress.ip_address(dst) in LAN[family] else 1
        # The kernel may have no tracker for UDP-Lite and SCTP.
        proto = rnd.choice([6, 6, 6, 17, 17, 1 if family == 4 else 58] +
                           [132, 136] * (not opens))
        sport, dport, kind, code, flags = drawn.port(), drawn.port(), 0, 0, 0
        load = b'x' * rnd.choice([0, 1, 20])
        at = 6  # offset of the checksum
        if proto == 6:
            flags = SYN if opens else rnd.choice([SYN, 0x12, 0x10, 0x11, 0xc2, 0x18, 1])
            option = MSS if flags & SYN and rnd.random() < .5 else b''
            at = 16
            body = struct.pack('!HHIIBBHHH', sport, dport, 1000, 0 if opens else 2000,
                               (5 + len(option) // 4) << 4, flags, 9, 0, 0) + option
        elif proto in (17, 136):
            body = struct.pack('!HHHH', sport, dport, 8 + len(load), 0)
        elif proto == 132:
            body, at = struct.pack('!HHII', sport, dport, 1, 0) + chunks(rnd), None
        else:
            kind = rnd.choice([8, 0, 3, 11, 5, 9, 10, 13] if proto == 1 else
                              [128, 129, 2, 1, 4, 143, 151, 152])
            kind = (8 if proto == 1 else 128) if opens else kind
            code, sport, dport, at = rnd.choice([0, 0, 1, 3]), 0, 0, 2
            code = 0 if opens else code
            body = struct.pack('!BBHHH', kind, code, 0, 77, 1) + b'\x45' + b'\0' * 27
        body += load
        ends = packed(family, src) + packed(family, dst)
        if at is not None:
            pseudo = b'' if proto == 1 else ends + struct.pack('!II', len(body), proto)
            body = (body[:at] + struct.pack('!H', checksum(pseudo + body) or 0xffff) +
                    body[at + 2:])
        self.ends, self.body, self.proto = ends, body, proto
        self.bytes = self.frame(TTL)
        # A router's forward chain sees the packet after the hop has been counted.
        self.line = (
            f'{self.iif} {self.oif} {src} {dst} {proto} {sport} {dport} {kind} {code} '
            f'{flags} {len(self.bytes)} {self.frame(TTL - 1).hex()}'
        )

    def frame(self, ttl):
        body = self.body
        if self.family == 6:
            return struct.pack('!IHBB', 6 << 28, len(body), self.proto, ttl) + \
                self.ends + body
        head = struct.pack('!BBHIBBH', 0x45, 0, 20 + len(body), 0, ttl, self.proto,
                           0) + self.ends
        return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + body

    def is_forwarded(self, seen):
        at = 20 if self.family == 4 else 40
        # A RST for a packet to its own source and port has its ends, but not its SEQ.
        return (self.ends in seen[8:40] and len(seen) == len(self.bytes) and
                seen[at:at + 2] == self.body[:2] and
                (self.proto != 6 or seen[at + 4:at + 8] == self.body[4:8]))


def answers(family, seen):
    """Return (protocol, type, code) of the packets that came back, without ICMPv6
    redirects, and without the kernel's reports of multicast listeners, which have a
    hop-by-hop header."""
    out = []
    for packet in seen:
        if packet[0] >> 4 != family:
            continue
        size, proto = (20, packet[9]) if family == 4 else (40, packet[6])
        if proto != HOP_BY_HOP and not (proto == 58 and packet[size] == REDIRECT6):
            out.append((proto, packet[size], packet[size + 1]))
    return out
