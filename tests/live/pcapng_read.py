#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The packets of a pcapng file, a line each: pcapng_read.py FILE

    INTERFACE SECONDS CAPTURED LENGTH PROTOCOL SOURCE DESTINATION PORTS | COMMENT

for Ethernet frames of IPv4; the lines of a comment are joined by "; ". It parses the
blocks itself, without a library that tolerates errors: a wrong length or order ends it
with status 1.
"""
import socket
import struct
import sys


def options(data):
    """Yield (code, value) of each option of a block."""
    while len(data) >= 4:
        code, length = struct.unpack_from('=HH', data)
        if code == 0:
            return
        yield code, data[4:4 + length]
        data = data[4 + (length + 3) // 4 * 4:]


def blocks(data):
    """Yield (type, body) of each block. Exit if the two lengths of a block differ."""
    while data:
        kind, length = struct.unpack_from('=II', data)
        if length % 4 or length < 12 or length > len(data):
            sys.exit(f'block {kind:#x}: length {length}')
        if struct.unpack_from('=I', data, length - 4)[0] != length:
            sys.exit(f'block {kind:#x}: the lengths differ')
        yield kind, data[8:length - 4]
        data = data[length:]


def packet(body, interfaces):
    """Return the output line for an Enhanced Packet Block."""
    number, high, low, captured, length = struct.unpack_from('=IIIII', body)
    frame, rest = body[20:20 + captured], body[20 + (captured + 3) // 4 * 4:]
    comments = [value.decode().replace('\n', '; ') for code, value in options(rest)
                if code == 1]
    text = '-'
    if frame[12:14] == b'\x08\x00' and len(frame) >= 38:
        source, destination = (socket.inet_ntoa(frame[at:at + 4]) for at in (26, 30))
        ports = struct.unpack_from('!HH', frame, 34)
        text = f'{frame[23]} {source} {destination} {ports[0]}>{ports[1]}'
    seconds = ((high << 32) + low) // 10 ** 9
    return (f'{interfaces[number]} {seconds} {captured} {length} {text} | '
            + ' | '.join(comments))


def main():
    with open(sys.argv[1], 'rb') as file:
        data = file.read()
    interfaces = []
    for place, (kind, body) in enumerate(blocks(data)):
        if place == 0 and kind != 0x0a0d0d0a:
            sys.exit('the first block is not a section')
        if kind == 1:
            found = dict(options(body[8:]))
            if found.get(9) != b'\x09':
                sys.exit('if_tsresol is not 9')
            interfaces.append(found.get(2, b'?').decode())
        elif kind == 6:
            print(packet(body, interfaces))
        elif kind == 5:
            found = dict(options(body[12:]))
            print('statistics', *(struct.unpack('=Q', found[code])[0] for code in (4, 5)))


if __name__ == '__main__':
    main()
