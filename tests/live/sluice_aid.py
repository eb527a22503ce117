#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Helpers for the tests of the programs, for what is difficult in shell.

  captures DIR           write lan.pcap and wan.pcap: 70 SYN from lan, one answered, a
                         SYN from wan, an ARP frame, a frame of an unknown protocol, and
                         a fragment of a datagram that stays incomplete
  telemetry PREFIX CMD   ask a DPDK process, print its answer
  deaf SOCKET SECONDS    ask for lists again and again, and never read one
  idle SOCKET NUMBER     connect as often as possible, and send nothing
  say SOCKET TEXT        send TEXT as a line, print the line that comes back
  slow PORT NUMBER       connections to an HTTP server that send a header byte by byte
  http PORT METHOD PATH [HEADER-BYTES [BODY-BYTES]]
                         send a request, print the status, the size and the last line of
                         the answer
  listen SOCKET          listen there, and answer no client
  silent SOCKET          listen there, print "listening" and what the first client
                         sends, and answer nothing until it goes
"""
import json
import os
import socket
import struct
import sys
import time

LAN, WAN = "10.9.0.1", "10.9.0.2"
SYN, ACK = 2, 16


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def ethernet(ethertype, payload):
    return b"\2\0\0\0\0\2\2\0\0\0\0\1" + struct.pack("!H", ethertype) + payload


def ipv4(length, flags, proto, addresses):
    header = (
        struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, flags, 64, proto, 0) + addresses
    )
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:]


def tcp(ends, numbers, flags):
    (src, sport), (dst, dport) = ends
    addresses = socket.inet_aton(src) + socket.inet_aton(dst)
    segment = struct.pack("!HHIIBBHHH", sport, dport, *numbers, 0x50, flags, 65535, 0, 0)
    pseudo = addresses + struct.pack("!BBH", 0, 6, len(segment))
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    return ethernet(0x0800, ipv4(len(segment), 0x4000, 6, addresses) + segment)


def first_fragment(src, dst):
    """Return the first fragment, 32 of 64 bytes, of a UDP datagram."""
    addresses = socket.inet_aton(src) + socket.inet_aton(dst)
    datagram = struct.pack("!HHHH", 1000, 53, 64, 0) + bytes(56)
    return ethernet(0x0800, ipv4(32, 0x2000, 17, addresses) + datagram[:32])


def write_capture(name, frames):
    with open(name, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for frame in frames:
            out.write(struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame)


def captures(directory):
    """Write both captures. Bursts of lan and wan alternate, and the first burst of lan
    has 64 frames, so the SYN+ACK of wan arrives between the first SYN of lan and its ACK.
    """
    web = [((LAN, 1000 + i), (WAN, 80)) for i in range(70)]
    lan = [tcp(ends, (100, 0), SYN) for ends in web]
    lan.append(tcp(web[0], (101, 501), ACK))
    lan.append(tcp(((LAN, 2000), (WAN, 81)), (100, 0), SYN))
    lan.append(ethernet(0x0806, bytes(46)))
    lan.append(ethernet(0x1234, bytes(46)))
    lan.append(first_fragment(LAN, WAN))
    wan = [
        tcp(web[0][::-1], (500, 101), SYN | ACK),
        tcp(((WAN, 9), (LAN, 22)), (1, 0), SYN),
    ]
    write_capture(f"{directory}/lan.pcap", lan)
    write_capture(f"{directory}/wan.pcap", wan)


def telemetry(prefix, command):
    root = "/var/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
        link.settimeout(10)
        link.connect(f"{root}/dpdk/{prefix}/dpdk_telemetry.v2")
        limit = json.loads(link.recv(1024))["max_output_len"]
        link.send(command.encode())
        print(link.recv(limit).decode())


def deaf(path, seconds):
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(path)
        link.setblocking(False)
        end = time.monotonic() + float(seconds)
        while time.monotonic() < end:
            try:
                link.send(b'{"request":"list"}\n{"request":"events"}\n' * 20)
            except BlockingIOError:
                time.sleep(0.05)


def idle(path, number):
    links = []
    for _ in range(int(number)):
        link = socket.socket(socket.AF_UNIX)
        link.setblocking(False)
        try:
            link.connect(path)
        except BlockingIOError:
            break
        links.append(link)
    time.sleep(1000)


def say(path, text):
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(10)
        link.connect(path)
        link.sendall(text.encode() + b"\n")
        print(link.makefile().readline(), end="")


def slow(port, number):
    links = [
        socket.create_connection(("127.0.0.1", int(port)), 10) for _ in range(int(number))
    ]
    for link in links:
        link.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
    while True:
        for link in list(links):
            try:
                link.sendall(b"y")
            except OSError:
                links.remove(link)
        time.sleep(0.1)


def http(port, method, path, header="1", body="0"):
    with socket.create_connection(("127.0.0.1", int(port)), 10) as link:
        link.settimeout(10)
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" \
            "Accept: application/openmetrics-text\r\n" \
            f"X: {'x' * int(header)}\r\n"
        if int(body):
            head += f"Content-Length: {body}\r\n"
        answer = b""
        try:
            link.sendall(head.encode() + b"\r\n")
            link.sendall(b"x" * min(int(body), 100000))
        except OSError:
            pass  # nothing further to read
        try:
            while piece := link.recv(65536):
                answer += piece
        except OSError:
            pass
    lines = answer.decode().splitlines()
    print(
        lines[0].split()[1] if lines else "none", len(answer), lines[-1] if lines else ""
    )


def listen(path):
    with socket.socket(socket.AF_UNIX) as link:
        link.bind(path)
        link.listen()
        time.sleep(1000)


def silent(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        print("listening", flush=True)
        link, _ = server.accept()
        with link, link.makefile() as lines:
            for line in lines:
                print(line, end="", flush=True)


if __name__ == "__main__":
    {"captures": captures, "telemetry": telemetry, "deaf": deaf, "idle": idle,
     "listen": listen, "say": say, "silent": silent, "slow": slow,
     "http": http}[sys.argv[1]](*sys.argv[2:])
