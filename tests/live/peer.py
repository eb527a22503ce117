#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Clients and servers for the live tests that common tools do not provide.

  peer.py drive               one socket, driven by lines on stdin; answers each line
  peer.py serve PORT          threaded server: reads "SIZE WHO\\n", sends SIZE bytes;
                              WHO (server or client) says who closes first
  peer.py storm HOST PORT COUNT PARALLEL SIZE
                              COUNT connections to such a server; each transfer is checked
  peer.py get URL [COUNT]     HTTP GET, COUNT times; prints status, length, SHA-256 of the
                              body, a line for each
  peer.py forge SRC SPORT DST DPORT FLAGS SEQ ACK [OPTIONS]
                              one forged TCP segment of IPv4, sent through a raw socket;
                              OPTIONS: hex, a multiple of four bytes

Commands of drive, and what they answer beside ok or the name of an errno:

  sign HOST KEY               TCP-MD5 to and from HOST; before listen or connect
  listen PORT | accept | connect HOST PORT [SOURCE-PORT [SOURCE]]
  send TEXT | recv N          recv: the text, or EOF, or TIMEOUT
  sendn N | drain             N bytes of a pattern; all until EOF: length and SHA-256
  shut | close | reset        FIN; close(); close() with SO_LINGER 0
  vanish                      forget the socket without a packet, as a crash does
  keepalive IDLE INTERVAL     in seconds
  numbers                     SEQ and ACK of the socket: what it sends and expects next
  timeout S                   for all that waits; 20 s at first
"""
import concurrent.futures
import errno
import hashlib
import socket
import socketserver
import struct
import sys
import time
import urllib.request

TCP_MD5SIG, MD5_KEY_BYTES = 14, 80
TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ = 19, 20, 21
RECV_QUEUE, SEND_QUEUE = 1, 2
BLOCK = 1 << 20


def pattern(length):
    """Yield blocks of pseudo-random bytes, `length` bytes in all. Each block begins with
    its number, so that a lost or repeated block is noticed."""
    base = bytearray(hashlib.shake_256(b"sluice").digest(BLOCK))
    number = 0
    while length > 0:
        base[0:8] = struct.pack("!Q", number)
        yield memoryview(base)[: min(BLOCK, length)]
        number += 1
        length -= BLOCK


def pattern_sum(length):
    digest = hashlib.sha256()
    for block in pattern(length):
        digest.update(block)
    return digest.hexdigest()


def family_of(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def read_all(sock):
    digest, total = hashlib.sha256(), 0
    buffer = bytearray(BLOCK)
    while True:
        got = sock.recv_into(buffer)
        if got == 0:
            return total, digest.hexdigest()
        digest.update(memoryview(buffer)[:got])
        total += got


class Driver:
    def __init__(self):
        self.limit = 20.0
        self.signed = None
        self.listener = None
        self.sock = None

    def sign(self, host, key):
        self.signed = (host, key.encode())
        with socket.socket() as probe:  # fails if the kernel has no TCP-MD5
            self.apply_signature(probe)

    def apply_signature(self, sock):
        if self.signed is None:
            return
        host, key = self.signed
        if sock.family == socket.AF_INET6:
            address = struct.pack("=HHI16sI", socket.AF_INET6, 0, 0,
                                  socket.inet_pton(socket.AF_INET6, "::ffff:" + host), 0)
        else:
            address = struct.pack("=HH4s", socket.AF_INET, 0, socket.inet_aton(host))
        sock.setsockopt(
            socket.IPPROTO_TCP, TCP_MD5SIG,
            address.ljust(128, b"\0") + struct.pack("=BBHI", 0, 0, len(key), 0) +
            key.ljust(MD5_KEY_BYTES, b"\0"),
        )

    def listen(self, port):
        if self.listener is not None:
            self.listener.close()
        self.listener = socket.create_server(
            ("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True
        )
        self.apply_signature(self.listener)
        self.listener.settimeout(self.limit)

    def accept(self):
        self.listener.settimeout(self.limit)
        self.sock, peer = self.listener.accept()
        self.sock.settimeout(self.limit)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return "ok %d" % peer[1]

    def connect(self, host, port, source_port=0, source=""):
        self.sock = socket.socket(family_of(host), socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.settimeout(self.limit)
        if source_port or source:
            self.sock.bind((source, int(source_port)))
        self.apply_signature(self.sock)
        try:
            self.sock.connect((host, int(port)))
        except OSError:
            self.sock.close()  # otherwise the kernel goes on with the SYNs
            raise
        return "ok %d" % self.sock.getsockname()[1]

    def timeout(self, seconds):
        self.limit = float(seconds)
        if self.sock is not None:
            self.sock.settimeout(self.limit)

    def send(self, *words):
        self.sock.sendall(" ".join(words).encode())

    def recv(self, count):
        return self.sock.recv(int(count)).decode() or "EOF"

    def sendn(self, count):
        digest = hashlib.sha256()
        for block in pattern(int(count)):
            self.sock.sendall(block)
            digest.update(block)
        return "%s %s" % (count, digest.hexdigest())

    def drain(self):
        return "%d %s" % read_all(self.sock)

    def shut(self):
        self.sock.shutdown(socket.SHUT_WR)

    def close(self):
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def vanish(self):
        self.sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        self.sock.close()

    def numbers(self):
        numbers = []
        self.sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        for queue in (SEND_QUEUE, RECV_QUEUE):
            self.sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, queue)
            number = self.sock.getsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ)
            numbers.append(number & 0xFFFFFFFF)
        self.sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, -1)  # off, without a probe
        return "%d %d" % tuple(numbers)

    def keepalive(self, idle, interval):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, int(idle))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, int(interval))


def drive():
    driver = Driver()
    for line in sys.stdin:
        name, *words = line.split()
        try:
            answer = getattr(driver, name)(*words) or "ok"
        except TimeoutError:
            answer = "TIMEOUT"
        except OSError as error:
            answer = errno.errorcode.get(error.errno, str(error))
        print(answer, flush=True)


class Sized(socketserver.StreamRequestHandler):
    def handle(self):
        size, who = self.rfile.readline().split()
        for block in pattern(int(size)):
            self.wfile.write(block)
        if who == b"client":
            self.rfile.read()


class SizedServer(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


def serve(port):
    with SizedServer(("::", int(port)), Sized) as server:
        print("ready", flush=True)
        server.serve_forever()


def one_of_storm(host, port, size, who):
    with socket.create_connection((host, port), timeout=60) as sock:
        sock.sendall(b"%d %s\n" % (size, who))
        if who == b"server":
            return read_all(sock)
        digest, left = hashlib.sha256(), size
        while left > 0:
            data = sock.recv(min(left, BLOCK))
            if not data:
                break
            digest.update(data)
            left -= len(data)
        return size - left, digest.hexdigest()


def storm(host, port, count, parallel, size):
    want = (int(size), pattern_sum(int(size)))
    good, problems = 0, {}
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(int(parallel)) as pool:
        futures = [
            pool.submit(
                one_of_storm, host, int(port), int(size), (b"server", b"client")[i % 2]
            )
            for i in range(int(count))
        ]
        for future in futures:
            error = future.exception()
            if error is None and future.result() == want:
                good += 1
            else:
                what = repr(error) if error else "wrong content"
                problems[what] = problems.get(what, 0) + 1
    print(
        "%d of %s good in %.1f s" % (good, count, time.monotonic() - begin),
        problems or "",
    )
    return 0 if good == int(count) else 1


def get(url, count=1):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(int(count)):
        with opener.open(url, timeout=20) as reply:
            digest, total = hashlib.sha256(), 0
            while block := reply.read(BLOCK):
                digest.update(block)
                total += len(block)
            print(reply.status, total, digest.hexdigest())


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def forge(src, sport, dst, dport, flags, seq, ack, options=""):
    bits = sum({"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}[flag] for flag in flags)
    ends = socket.inet_aton(src) + socket.inet_aton(dst)
    options = bytes.fromhex(options)
    length = 20 + len(options)

    def header(check):
        return struct.pack(
            "!HHIIBBHHH", int(sport), int(dport), int(seq) % 2**32, int(ack) % 2**32,
            length // 4 << 4, bits, 1024, check, 0,
        ) + options

    pseudo = ends + struct.pack("!BBH", 0, socket.IPPROTO_TCP, length)
    segment = header(checksum(pseudo + header(0)))
    packet = struct.pack(
        "!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, socket.IPPROTO_TCP, 0
    ) + ends
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(packet + segment, (dst, 0))


def main():
    programs = {
        "drive": drive,
        "serve": serve,
        "storm": storm,
        "get": get,
        "forge": forge,
    }
    if len(sys.argv) < 2 or sys.argv[1] not in programs:
        sys.exit(__doc__)
    sys.exit(programs[sys.argv[1]](*sys.argv[2:]))


main()
