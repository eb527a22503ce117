# SPDX-License-Identifier: BSD-3-Clause
"""For rules_kernel.py: the kernel as a router between two tun devices, in a network
namespace of its own. Gives its verdict on a packet, the logs and marks that its rules
make, and the state that they keep.
"""
import fcntl
import json
import os
import re
import socket
import struct
import subprocess

from rules_draw import LOG_GROUPS, MARK_GROUP
from rules_nft import Nft
from rules_packet import answers

NETLINK_NETFILTER = 12
ACK, DUMP_NONE = 5, 1  # flags: NLM_F_REQUEST | NLM_F_ACK; NLM_F_REQUEST
LOG_PACKET, LOG_CONFIG, CONNTRACK_DELETE = 0x400, 0x401, 0x102
A_COMMAND, A_MODE, A_THRESHOLD = 1, 2, 5
A_MARK, A_PAYLOAD, A_PREFIX = 2, 9, 10


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode != 0:
        raise OSError(f'{command}: {done.stderr}')
    return done.stdout


def attribute(kind, data):
    return struct.pack('=HH', 4 + len(data), kind) + data + b'\0' * (-len(data) % 4)


def attributes(data):
    """{type: value} of netlink attributes."""
    out = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from('=HH', data)
        if length < 4:
            break
        out[kind & 0x3fff] = data[4:length]
        data = data[(length + 3) & ~3:]
    return out


class Netfilter:
    """A netlink socket: logs of the groups, and the table of connections."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((0, 0))
        for group in (*LOG_GROUPS, MARK_GROUP):
            self.configure(group, A_COMMAND, b'\1')
            self.configure(group, A_MODE, struct.pack('!IBx', 0xffff, 2))
            self.configure(group, A_THRESHOLD, struct.pack('!I', 1))
        self.socket.setblocking(False)

    def send(self, kind, flags, group, data=b''):
        body = struct.pack('!BBH', 0, 0, group) + data
        self.socket.send(struct.pack('=IHHII', 16 + len(body), kind, flags, 1, 0) + body)

    def configure(self, group, kind, value):
        self.send(LOG_CONFIG, ACK, group, attribute(kind, value))
        answer = self.socket.recv(65536)
        error = struct.unpack_from('=i', answer, 16)[0]
        if error != 0:
            raise OSError(-error, f'nfnetlink_log, group {group}')

    def forget_connections(self):
        self.send(CONNTRACK_DELETE, DUMP_NONE, 0)

    def taken(self):
        """[(group, prefix, mark, packet)] since the last call."""
        out = []
        while True:
            try:
                data = self.socket.recv(1 << 20)
            except BlockingIOError:
                return out
            while len(data) >= 20:
                length, kind = struct.unpack_from('=IH', data)
                if kind == LOG_PACKET:
                    group = struct.unpack_from('!H', data, 18)[0]
                    found = attributes(data[20:length])
                    mark = struct.unpack('!I', found.get(A_MARK, b'\0\0\0\0'))[0]
                    out.append((group, found.get(A_PREFIX, b'\0')[:-1].decode(), mark,
                                found.get(A_PAYLOAD, b'')))
                data = data[(length + 3) & ~3:]


class Seen:
    """What the kernel has done with a packet."""

    def __init__(self, packet, out, records):
        passed = [p for port, p in out
                  if port == packet.oif and packet.is_forwarded(p)]
        self.bytes = passed[0] if passed else None
        self.back = answers(packet.family, [p for _, p in out if p not in passed])
        self.logs = [(g, prefix) for g, prefix, _, _ in records if g != MARK_GROUP]
        marks = [mark for g, _, mark, p in records
                 if g == MARK_GROUP and packet.is_forwarded(p)]
        self.mark = marks[0] if marks else None


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
            ('net.ipv4.conf.all.rp_filter', 0),
            ('net.ipv4.conf.lan.rp_filter', 0),
            ('net.ipv4.conf.wan.rp_filter', 0),
        ):
            with open('/proc/sys/' + key.replace('.', '/'), 'w', encoding='ascii') as out:
                out.write(str(value))
        for what in (
            'link set lo up',
            'route add 10.0.0.0/8 dev lan',
            'route add default dev wan',
            'route add 2001:db8:a::/48 dev lan',
            '-6 route add default dev wan',
            'addr add 203.0.113.254/32 dev lan',
            'addr add 2001:db8:f::1/128 dev lan',
        ):
            run('ip', *what.split())
        self.netfilter = Netfilter()
        self.nft = Nft()

    @staticmethod
    def tun(name):
        fd = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(fd, 0x400454ca, struct.pack('16sH22x', name.encode(), 0x1001))
        run('ip', 'link', 'set', name, 'up')
        return fd

    def drain(self):
        out = []
        for port in (0, 1):
            try:
                while True:
                    out.append((port, os.read(self.fds[port], 4096)))
            except BlockingIOError:
                pass
        return out

    def judge(self, packet, opens):
        if opens:
            self.netfilter.forget_connections()
        os.write(self.fds[packet.iif], packet.bytes)
        return Seen(packet, self.drain(), self.netfilter.taken())


FAMILIES = ('inet', 'ip', 'ip6')


def reached(objects, rules):
    """Return the chains that packets can reach from a hook: sluice loads no others."""
    hooks = ('prerouting', 'forward', 'postrouting')
    chains = {(o['chain']['table'], o['chain']['name']) for o in objects
              if o.get('chain', {}).get('hook') in hooks
              and o['chain']['type'] == 'filter' and o['chain']['family'] in FAMILIES}
    text = json.dumps([o['map'] for o in objects if 'map' in o])
    while True:
        more = {(r['table'], target)
                for r in rules if (r['table'], r['chain']) in chains
                for target in re.findall(r'"target": "(\w+)"',
                                         json.dumps(r['expr']) + text)}
        if more <= chains:
            return chains
        chains |= more


def counters(objects):
    """Packets and bytes of named counters, then of those in rules that can be reached."""
    rules = [o['rule'] for o in objects if 'rule' in o]
    chains = reached(objects, rules)
    found = [o['counter'] for o in objects if 'counter' in o]
    found += [s['counter'] for r in rules if (r['table'], r['chain']) in chains
              for s in r['expr'] if isinstance(s.get('counter'), dict)]
    return [(c['packets'], c['bytes']) for c in found]


def element_text(value):
    """An element as sluice writes it; None: a range."""
    if isinstance(value, dict):
        if 'concat' not in value:
            return None
        parts = [element_text(v) for v in value['concat']]
        return None if None in parts else ' . '.join(parts)
    return str(value)


def sets(objects):
    """{'inet t name': {element: (expires, packets)}} of the sets without intervals."""
    out = {}
    for o in objects:
        s = o.get('set')
        if s is None or 'interval' in s.get('flags', []):
            continue
        elements = {}
        for e in s.get('elem', []):
            e = e.get('elem', {'val': e}) if isinstance(e, dict) else {'val': e}
            elements[element_text(e['val'])] = (
                e.get('expires'), e.get('counter', {}).get('packets'))
        out[f'{s["family"]} {s["table"]} {s["name"]}'] = elements
    return out
