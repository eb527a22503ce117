#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Numbered UDP datagrams as fast as the path bears them, for reload.sh.

reload_echo.py serve PORT
    send each datagram back
reload_echo.py run HOST PORT FLOWS WINDOW
    send from FLOWS sockets; in each, WINDOW datagrams wait for their answer at any time,
    and each answer lets the next one go. So no queue has more than FLOWS * WINDOW, on a
    machine of any speed. Driven by lines on stdin:
      count   print "ok ANSWERS", how many have come so far
      stop    send no more; when all answers have come, or none for 10 s, print
              "sent N answered N wrong N"
"""
import selectors
import socket
import struct
import sys
import time

SILENCE_S = 10.0


class Flow:
    def __init__(self, address):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.connect(address)
        self.sock.setblocking(False)
        self.waiting = set()
        self.sent = self.answered = self.wrong = 0

    def send(self):
        self.waiting.add(self.sent)
        self.sock.send(struct.pack("!Q", self.sent) * 8)
        self.sent += 1

    def receive(self, go_on):
        """Take all answers that are there. Return how many there were."""
        took = 0
        while True:
            try:
                data = self.sock.recv(2048)
            except BlockingIOError:
                return took
            number = struct.unpack_from("!Q", data)[0]
            took += 1
            if number not in self.waiting:
                self.wrong += 1
                continue
            self.waiting.remove(number)
            self.answered += 1
            if go_on:
                self.send()


def serve(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.bind(("", port))
    print("ok", flush=True)
    while True:
        data, source = sock.recvfrom(2048)
        sock.sendto(data, source)


def total(flows, member):
    return sum(getattr(flow, member) for flow in flows)


def run(address, flows, window):
    flows = [Flow(address) for _ in range(flows)]
    select = selectors.DefaultSelector()
    select.register(sys.stdin, selectors.EVENT_READ, None)
    for flow in flows:
        select.register(flow.sock, selectors.EVENT_READ, flow)
        for _ in range(window):
            flow.send()
    go_on, last = True, time.monotonic()
    while go_on or (total(flows, "answered") < total(flows, "sent") and
                    time.monotonic() - last < SILENCE_S):
        for key, _ in select.select(1.0):
            if key.data is not None:
                if key.data.receive(go_on):
                    last = time.monotonic()
                continue
            line = sys.stdin.readline()
            if line == "count\n":
                print("ok %d" % total(flows, "answered"), flush=True)
            else:  # stop, or the end of stdin
                go_on, last = False, time.monotonic()
                select.unregister(sys.stdin)
    print("sent %d answered %d wrong %d" % (total(flows, "sent"),
          total(flows, "answered"), total(flows, "wrong")), flush=True)


def main():
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        run((sys.argv[2], int(sys.argv[3])), int(sys.argv[4]), int(sys.argv[5]))


main()
