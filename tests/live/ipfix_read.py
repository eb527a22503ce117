#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""An IPFIX collector (RFC 7011) that prints messages: ipfix_read.py udp|tcp ADDRESS PORT

    connected                                   a TCP connection has been accepted
    template NUMBER ELEMENT,ELEMENT,..
    record TEMPLATE ELEMENT=VALUE ELEMENT=VALUE ..

Records are read by the templates alone. A message that does not follow the RFC, a record
without its template, or a wrong sequence number ends it with status 1.
"""
import ipaddress
import socket
import struct
import sys

REVERSE_PEN = 29305  # RFC 5103
OWN_PEN = 32473
NAMES = {
    (0, 1): 'octets', (0, 2): 'packets', (0, 4): 'proto', (0, 7): 'sport',
    (0, 8): 'src', (0, 10): 'in', (0, 11): 'dport', (0, 12): 'dst', (0, 14): 'out',
    (0, 27): 'src', (0, 28): 'dst', (0, 58): 'vlan', (0, 133): 'dropped',
    (0, 136): 'end_reason', (0, 152): 'start', (0, 153): 'end', (0, 239): 'biflow',
    (0, 245): 'inner_vlan',
    (REVERSE_PEN, 1): 'reverse_octets', (REVERSE_PEN, 2): 'reverse_packets',
    (REVERSE_PEN, 133): 'reverse_dropped',
    (OWN_PEN, 1): 'initiator', (OWN_PEN, 2): 'responder', (OWN_PEN, 3): 'why',
    (OWN_PEN, 4): 'drop_reason',
}
ADDRESSES = ('src', 'dst')
TEXTS = ('initiator', 'responder', 'why', 'drop_reason')
VARIABLE = 65535


class Session:
    """The templates and the sequence number of a transport session."""

    def __init__(self):
        self.templates = {}
        self.sequence = None

    def template_set(self, data):
        while data:
            number, count = struct.unpack_from('!HH', data)
            data = data[4:]
            fields = []
            for _ in range(count):
                element, length = struct.unpack_from('!HH', data)
                data = data[4:]
                pen = 0
                if element & 0x8000:
                    pen, = struct.unpack_from('!I', data)
                    data = data[4:]
                fields.append((NAMES[pen, element & 0x7fff], length))
            self.templates[number] = fields
            print('template', number, ','.join(name for name, _ in fields), flush=True)

    def record(self, number, data):
        """Print the record at the beginning of data. Return what follows it."""
        values = []
        for name, length in self.templates[number]:
            if length == VARIABLE:
                length, data = data[0], data[1:]
                if length == 255:
                    length, = struct.unpack_from('!H', data)
                    data = data[2:]
            if length > len(data):
                sys.exit(f'{name}: {length} bytes, there are {len(data)}')
            value, data = data[:length], data[length:]
            if name in ADDRESSES:
                value = ipaddress.ip_address(value)
            elif name in TEXTS:
                value = value.decode()
            else:
                value = int.from_bytes(value, 'big')
            values.append(f'{name}={value}')
        print('record', number, *values, flush=True)
        return data

    def message(self, data):
        version, length, _, sequence, _ = struct.unpack_from('!HHIII', data)
        if version != 10 or length != len(data):
            sys.exit(f'version {version}, length {length} of {len(data)}')
        if self.sequence is not None and sequence != self.sequence:
            sys.exit(f'sequence {sequence}, {self.sequence} expected')
        self.sequence = sequence
        data = data[16:]
        while data:
            number, length = struct.unpack_from('!HH', data)
            if length < 4 or length > len(data):
                sys.exit(f'set {number}: length {length} of {len(data)}')
            body, data = data[4:length], data[length:]
            if number == 2:
                self.template_set(body)
            else:
                while body:
                    body = self.record(number, body)
                    self.sequence += 1


def udp(sock):
    sessions = {}
    while True:
        data, source = sock.recvfrom(65535)
        sessions.setdefault(source, Session()).message(data)


def tcp(sock):
    sock.listen()
    while True:
        connection, _ = sock.accept()
        print('connected', flush=True)
        session, stream = Session(), connection.makefile('rb')
        while len(head := stream.read(16)) == 16:
            rest, = struct.unpack_from('!H', head, 2)
            session.message(head + stream.read(rest - 16))


def main():
    transport, address, port = sys.argv[1:]
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    kind = socket.SOCK_DGRAM if transport == 'udp' else socket.SOCK_STREAM
    with socket.socket(family, kind) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, int(port)))
        (udp if transport == 'udp' else tcp)(sock)


main()
