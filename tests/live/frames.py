#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Frames on an interface, as bytes.

frames.py fragments IFACE MAC SOURCE DESTINATION COUNT
    send COUNT first fragments of UDP datagrams whose rest never comes, each of its own
    identification; print how many were sent
frames.py datagrams PORT
    print "ready", and for each line on stdin how many datagrams have come to a UDP port since
    the last one
"""
import select
import socket
import struct
import sys

def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(source, destination, proto, payload, ident=0, flags_offset=0):
    head = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, flags_offset, 64, proto, 0,
        socket.inet_aton(source), socket.inet_aton(destination))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def fragments(iface, mac, source, destination, count):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.bind((iface, 0))
        own = sock.getsockname()[4]
        for i in range(int(count)):
            payload = struct.pack("!HHHH", 1024 + (i >> 16), 7, 2008, 0) + bytes(24)
            packet = ipv4(source, destination, 17, payload, i & 0xFFFF, 0x2000)
            while True:
                try:
                    sock.send(mac_bytes(mac) + own + b"\x08\0" + packet)
                    break
                except OSError as error:
                    if error.errno != 105:  # ENOBUFS: the queue is full
                        raise
    print(count)


def datagrams(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("", int(port)))
        print("ready", flush=True)
        count = 0
        while True:
            if sys.stdin not in select.select([sock, sys.stdin], [], [])[0]:
                sock.recv(65536)
                count += 1
            elif sys.stdin.readline():
                print(count, flush=True)
                count = 0
            else:
                return


def main():
    words = {"fragments": fragments, "datagrams": datagrams}
    if len(sys.argv) < 2 or sys.argv[1] not in words:
        sys.exit(__doc__)
    words[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
