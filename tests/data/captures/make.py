#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""make.py [DIR]: write the small captures of this folder; the bytes are the same each
time.

They hold one exchange, written by hand, in each capture format, and with each fault of a
capture that sluice-replay detects. The expected conn.log follows Zeek's documentation.
"""
import gzip
import os
import struct
import sys

A, B = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
MAC_A, MAC_B = bytes.fromhex('020000000001'), bytes.fromhex('020000000002')
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
ETHERNET, RAW, NULL, LOOP, SLL, SLL2, PPP = 1, 101, 0, 108, 113, 276, 9
START_NS = 1700000000_123456789


def checksum(data):
    data += b'\0' * (len(data) % 2)
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(proto, payload, from_a, number):
    src, dst = (A, B) if from_a else (B, A)
    head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), number, 0x4000, 64,
                       proto, 0, src, dst)
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + payload


def pseudo(from_a, proto, length):
    src, dst = (A, B) if from_a else (B, A)
    return src + dst + struct.pack('!BBH', 0, proto, length)


def tcp(from_a, sport, dport, flags, seq, ack, data=b'', offload=False):
    options = b'\2\4\x05\xb4' if flags & SYN else b''
    head = struct.pack('!HHIIBBHHH', sport, dport, seq, ack, (5 + len(options) // 4) << 4,
                       flags, 64000, 0, 0) + options
    fake = pseudo(from_a, 6, len(head + data))
    value = checksum(fake) ^ 0xffff if offload else checksum(fake + head + data)
    return 6, head[:16] + struct.pack('!H', value) + head[18:] + data


def udp(from_a, sport, dport, data):
    head = struct.pack('!HHHH', sport, dport, 8 + len(data), 0)
    value = checksum(pseudo(from_a, 17, 8 + len(data)) + head + data)
    return 17, head[:6] + struct.pack('!H', value) + data


def echo(kind, data):
    head = struct.pack('!BBHHH', kind, 0, 0, 7, 1)
    return 1, head[:2] + struct.pack('!H', checksum(head + data)) + head[4:] + data


def exchange(offload=False):
    """Return the exchange as [(from_a, protocol, bytes)]: an HTTP page, a refused
    connection, a SYN without an answer, a DNS query, a ping."""
    def page(from_a, flags, seq, ack, data=b''):
        ports = (40000, 80) if from_a else (80, 40000)
        return (from_a,) + tcp(from_a, *ports, flags, seq, ack, data, offload)
    return [
        page(True, SYN, 1000, 0),
        page(False, SYN | ACK, 5000, 1001),
        page(True, ACK, 1001, 5001),
        page(True, PSH | ACK, 1001, 5001, b'G' * 50),
        page(False, ACK, 5001, 1051),
        page(False, PSH | ACK, 5001, 1051, b'R' * 300),
        page(True, ACK, 1051, 5301),
        page(True, FIN | ACK, 1051, 5301),
        page(False, FIN | ACK, 5301, 1052),
        page(True, ACK, 1052, 5302),
        (True,) + tcp(True, 40001, 81, SYN, 2000, 0, b'', offload),
        (False,) + tcp(False, 81, 40001, RST | ACK, 0, 2001, b'', offload),
        (True,) + tcp(True, 40002, 82, SYN, 3000, 0, b'', offload),
        (True,) + udp(True, 40003, 53, b'Q' * 20),
        (False,) + udp(False, 53, 40003, b'A' * 40),
        (True,) + echo(8, b'ping' * 4),
        (False,) + echo(0, b'ping' * 4),
    ]


def datagrams(offload=False):
    """[(ns, from_a, IP packet)]"""
    return [(START_NS + 1000000 * n, from_a, ip(proto, data, from_a, n + 1))
            for n, (from_a, proto, data) in enumerate(exchange(offload))]


def frame(link, from_a, packet, tags=b''):
    """Return the packet with the header of a link type."""
    src, dst = (MAC_A, MAC_B) if from_a else (MAC_B, MAC_A)
    if link == ETHERNET:
        return dst + src + tags + b'\x08\0' + packet
    if link == SLL: # packet type, ARPHRD_*, address; type 4: outgoing
        return struct.pack('!HHH6s2xH', 4 if from_a else 0, 1, 6, src, 0x800) + packet
    if link == SLL2:
        return struct.pack('!HHIHBB6s2x', 0x800, 0, 3, 1, 4 if from_a else 0, 6,
                           src) + packet
    head = {RAW: b'', NULL: b'\2\0\0\0', LOOP: b'\0\0\0\2', PPP: b'\xff\3\0\x21'}
    return head[link] + packet


def frames(link=ETHERNET, offload=False, tags=b''):
    return [(ns, from_a, frame(link, from_a, packet, tags))
            for ns, from_a, packet in datagrams(offload)]


def pcap(packets, link=ETHERNET, order='<', nano=False, snaplen=262144):
    out = struct.pack(order + 'IHHiIII', 0xa1b23c4d if nano else 0xa1b2c3d4, 2, 4, 0, 0,
                      snaplen, link)
    for ns, _, data in packets:
        part = ns % 1000000000 // (1 if nano else 1000)
        out += struct.pack(order + 'IIII', ns // 1000000000, part,
                           min(len(data), snaplen), len(data)) + data[:snaplen]
    return out


def block(kind, body, order):
    body += b'\0' * (-len(body) % 4)
    size = struct.pack(order + 'I', len(body) + 12)
    return struct.pack(order + 'I', kind) + size + body + size


def option(code, value, order):
    return struct.pack(order + 'HH', code, len(value)) + value + b'\0' * (-len(value) % 4)


def pcapng(packets, interfaces, order='<', flags=False, lost=0):
    """Return a pcapng file. interfaces: [(link, name, tsresol)]; with two, the second one
    has the packets that B sends."""
    out = block(0x0a0d0d0a, struct.pack(order + 'IHHq', 0x1a2b3c4d, 1, 0, -1), order)
    for link, name, tsresol in interfaces:
        out += block(1, struct.pack(order + 'HHI', link, 0, 0) +
                     option(2, name.encode(), order) +
                     option(9, bytes([tsresol]), order) + bytes(4), order)
    for ns, from_a, data in packets:
        number = 0 if from_a or len(interfaces) == 1 else 1
        unit = interfaces[number][2]
        time = ns * 10 ** unit // 10 ** 9
        body = struct.pack(order + 'IIIII', number, time >> 32, time & 0xffffffff,
                           len(data), len(data)) + data + b'\0' * (-len(data) % 4)
        if flags:
            value = struct.pack(order + 'I', 2 if from_a else 1)
            body += option(2, value, order) + bytes(4)
        out += block(6, body, order)
    if lost:
        out += block(5, struct.pack(order + 'III', 0, 0, 0) +
                     option(5, struct.pack(order + 'Q', lost), order) + bytes(4), order)
    return out


def fragments():
    """Return an exchange with fragments: B sends a query, A answers in two fragments; B
    sends a query to a closed port, and A answers with an ICMP error."""
    _, question = udp(False, 40004, 53, b'Q' * 20)
    _, answer = udp(True, 53, 40004, b'A' * 64)
    _, other = udp(False, 40005, 99, b'Q' * 20)
    first, second = ip(17, answer[:32], True, 9), ip(17, answer[32:], True, 9)
    quoted = ip(17, other, False, 3)
    head = struct.pack('!BBHI', 3, 3, 0, 0)
    error = head[:2] + struct.pack('!H', checksum(head + quoted)) + head[4:] + quoted
    packets = [(False, ip(17, question, False, 2)), (True, with_offset(first, 0x2000)),
               (True, with_offset(second, 4)), (False, quoted),
               (True, ip(1, error, True, 4))]
    return [(START_NS + 1000000 * n, from_a, packet)
            for n, (from_a, packet) in enumerate(packets)]


def with_offset(packet, field):
    """Return the IP packet with another value in the field of flags and fragment offset.
    """
    head = packet[:6] + struct.pack('!H', field) + packet[8:10] + b'\0\0' + packet[12:20]
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + packet[20:]


def files():
    base = frames()
    qinq = bytes.fromhex('88a80007') + bytes.fromhex('81000064')
    result = {
        'plain.pcap': pcap(base),
        'swapped.pcap': pcap(base, order='>'),
        'nano.pcap': pcap(base, nano=True),
        'qinq.pcap': pcap(frames(tags=qinq)),
        'raw.pcap': pcap(frames(RAW), RAW),
        'null.pcap': pcap(frames(NULL), NULL),
        'loop.pcap': pcap(frames(LOOP), LOOP),
        'ppp.pcap': pcap(frames(PPP), PPP),
        'sll.pcap': pcap(frames(SLL), SLL),
        'sll2.pcap': pcap(frames(SLL2), SLL2),
        'directions.pcapng': pcapng(base, [(ETHERNET, 'eth0', 9)], flags=True),
        'interfaces.pcapng': pcapng(base, [(ETHERNET, 'lan0', 6), (ETHERNET, 'wan0', 9)]),
        'swapped.pcapng': pcapng(base, [(ETHERNET, 'eth0', 10)], order='>'),
        'fragments.pcap': pcap(fragments(), RAW),
        'packed.pcap.gz': gzip.compress(pcap(base), mtime=0),
        'fault-checksum.pcap': pcap(frames(offload=True)),
        'fault-snaplen.pcap': pcap(base, snaplen=68),
        'fault-headers.pcap': pcap(base, snaplen=40),
        'fault-midstream.pcap': pcap(base[3:]),
        'fault-duplicates.pcap': pcap([(ns + 5000 * i, a, d) for ns, a, d in base
                                       for i in range(2)]),
        'fault-missed.pcap': pcap(base[:5] + base[6:]),
        'fault-lost.pcapng': pcapng(base, [(ETHERNET, 'eth0', 9)], lost=12),
        'fault-order.pcap': pcap([base[1], base[0]] + base[2:]),
        'fault-truncated.pcap': pcap(base)[:-7],
        'fault-link.pcapng': pcapng(base, [(ETHERNET, 'eth0', 9), (189, 'usbmon0', 9)]),
    }
    return result


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(
        os.path.abspath(__file__))
    for name, data in files().items():
        with open(os.path.join(folder, name), 'wb') as stream:
            stream.write(data)


if __name__ == '__main__':
    main()
