#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Send, receive and count frames on an interface.

frames.py fragments IFACE MAC SOURCE DESTINATION COUNT
    send COUNT first fragments of UDP datagrams whose rest never comes, each of its own
    identification; print how many were sent
frames.py syns IFACE MAC DESTINATION PORT
    send SYNs from addresses of 198.18.0.0/15 until SIGTERM; then print how many were sent
frames.py kinds IFACE MTU all|no-ad
    send a frame of each kind, made for links of that MTU
frames.py expect IFACE MTU all|no-ad
    print "ready", then how many of those frames have come in within two seconds, byte for
    byte
frames.py number MTU all|no-ad
    print how many there are
frames.py payload IFACE PORT
    print "ready", and for each line on stdin the data of the TCP segments to a port that
    have come in since the last one, in the order of their numbers, each once
frames.py datagrams PORT
    print "ready", and for each line on stdin how many datagrams have come to a UDP port
    since the last one
"""
import select
import signal
import socket
import struct
import sys
import time

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


def syns(iface, mac, destination, port):
    sent, over = 0, []
    signal.signal(signal.SIGTERM, lambda *_: over.append(True))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.bind((iface, 0))
        head = mac_bytes(mac) + sock.getsockname()[4] + b"\x08\0"
        while not over:
            source = "198.%d.%d.%d" % (18 + (sent >> 16 & 1), sent >> 8 & 255, sent & 255)
            ports = struct.pack("!HH", 1024 + (sent >> 17) % 60000, int(port))
            segment = ports + struct.pack("!IIBBHHH", sent, 0, 0x50, 2, 65535, 0, 0)
            pseudo = struct.pack("!4s4sHH", socket.inet_aton(source),
                                 socket.inet_aton(destination), 6, len(segment))
            total = struct.pack("!H", checksum(pseudo + segment))
            try:
                sock.send(head + ipv4(source, destination, 6,
                                      segment[:16] + total + segment[18:]))
            except OSError as error:
                if error.errno != 105:  # ENOBUFS: the queue is full
                    raise
                continue
            sent += 1
    print(sent)


def udp(payload, port):
    return struct.pack("!HHHH", port, 9, 8 + len(payload), 0) + payload  # 0: no checksum


def pattern(seed, size):
    return bytes((seed * 31 + i * 7 + (i >> 8)) & 0xFF for i in range(size))


def frame(ether_type, payload, tags=b""):
    """Return a frame between two MAC addresses that no host has: a wire passes any."""
    head = bytes.fromhex("02aabbccdd01") + bytes.fromhex("02aabbccdd02")
    return (head + tags + struct.pack("!H", ether_type) + payload).ljust(60, b"\0")


def kinds_of(mtu, which):
    """Return the list of frames to send: each kind in several sizes. The fragments of a
    datagram are frames of their own, in order."""
    source, destination = "192.0.2.1", "198.51.100.1"
    tag = {"q": b"\x81\0\xa0\x0a", "ad": b"\x88\xa8\0\x07", "priority": b"\x81\0\xe0\0"}
    sizes = [1, 18, 100, 1000, mtu - 28 - 1, mtu - 28]
    frames = []
    for i, size in enumerate(sizes):
        frames.append(frame(0x0800, ipv4(source, destination, 17,
                                         udp(pattern(i, size), 1000 + i), i)))
    tagged = [tag["q"], tag["priority"], tag["q"] + tag["q"]]
    if which == "all":
        tagged += [tag["ad"], tag["ad"] + tag["q"]]
    for i, tags in enumerate(tagged):
        for size in (100, mtu - 28 - len(tags)):
            frames.append(frame(0x0800, ipv4(source, destination, 17,
                                             udp(pattern(i, size), 2000 + i), i), tags))
    six = struct.pack("!IHBB", 0x60000000, 8, 59, 64) + bytes.fromhex(
        "20010db8000000000000000000000001" "20010db8000000000000000000000002") + bytes(8)
    frames.append(frame(0x86DD, six))
    whole = udp(pattern(9, 3 * mtu), 3000)
    piece = (mtu - 20) & ~7
    for off in range(0, len(whole), piece):
        last = off + piece >= len(whole)
        frames.append(
            frame(
                0x0800,
                ipv4(
                    source,
                    destination,
                    17,
                    whole[off : off + piece],
                    77,
                    (0 if last else 0x2000) | off // 8,
                ),
            )
        )
    frames.append(frame(0x0806, pattern(3, 28)))  # ARP
    frames.append(frame(0x88CC, pattern(4, 200)))  # LLDP
    frames.append(frame(0x88B5, pattern(5, mtu)))  # a frame of an unknown protocol
    return frames


def number(mtu, which):
    print(len(kinds_of(int(mtu), which)))


def kinds(iface, mtu, which):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.bind((iface, 0))
        for one in kinds_of(int(mtu), which):
            sock.send(one)
            time.sleep(0.005)


def expect(iface, mtu, which):
    wanted = kinds_of(int(mtu), which)
    total = len(wanted)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sock:
        sock.bind((iface, 3))
        sock.setsockopt(263, 8, 1)  # SOL_PACKET, PACKET_AUXDATA: stripped tags
        print("ready", flush=True)
        end = time.time() + 3
        while wanted and time.time() < end:
            if not select.select([sock], [], [], 0.1)[0]:
                continue
            got, extra, _, _ = sock.recvmsg(65536, 256)
            for _, _, data in extra:
                status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", data[:20])
                if status & 0x10:
                    got = got[:12] + struct.pack("!HH", tpid or 0x8100, tci) + got[12:]
            if got in wanted:
                wanted.remove(got)
    print(f"{total - len(wanted)} of {total}", flush=True)
    for one in wanted:
        print(f"missing: {len(one)} bytes {one[:40].hex()}", file=sys.stderr)


def tcp_data(frame, port):
    """The sequence number and the data of a TCP segment of IPv4 to the port, or None."""
    at = 14 + (frame[14] & 15) * 4
    if frame[12:14] != b"\x08\0" or frame[23] != 6:
        return None
    _, to, seq = struct.unpack_from("!HHI", frame, at)
    end = 14 + struct.unpack_from("!H", frame, 16)[0]
    return (seq, frame[at + (frame[at + 12] >> 4) * 4:end]) if to == port else None


def payload(iface, port):
    seen = {}
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sock:
        sock.bind((iface, 0))
        print("ready", flush=True)
        while True:
            ready = select.select([sock, sys.stdin], [], [])[0]
            if sock in ready:
                try:
                    part = tcp_data(sock.recv(65535), int(port))
                except OSError:  # the interface is gone
                    return
                if part and part[1]:
                    seen[part[0]] = part[1]
            elif not sys.stdin.readline():
                return
            else:
                data = b"".join(seen[seq] for seq in sorted(seen))
                print(data.decode(errors="replace"), flush=True)
                seen.clear()


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
    words = {"fragments": fragments, "datagrams": datagrams, "kinds": kinds,
             "expect": expect, "number": number, "syns": syns, "payload": payload}
    if len(sys.argv) < 2 or sys.argv[1] not in words:
        sys.exit(__doc__)
    words[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
