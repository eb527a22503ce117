#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Many TCP connections in one process, driven by commands on stdin. The answer to a
command counts connections by result: "16 ok", or "12 ECONNRESET 4 EPIPE".

  conn_pool.py serve PORT     accept connections and echo what they send; never close one
  conn_pool.py connect        open connections

Commands of serve:
  there                       count the connections that are open without an error
  speak                       send a line on each
  over                        count the connections that have ended since the last `over`

Commands of connect:
  open HOST[,HOST] PORT SOURCE COUNT
                              open COUNT connections to each host at once, from the ports
                              SOURCE on; the answer ends with the milliseconds taken
  say | hear                  send a line on each, different for each; receive it: ok if
                              it is the same
  shut COUNT | close          send a FIN on the first COUNT; close all
"""
import collections
import errno
import os
import select
import socket
import sys
import time

LIMIT = 20.0  # seconds to wait


def name_of(number):
    return errno.errorcode[number] if number else "ok"


def error_of(sock):
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def tally(outcomes):
    counts = sorted(collections.Counter(outcomes).items())
    return " ".join("%d %s" % (count, what) for what, count in counts) or "none"


class Server:
    def __init__(self, port):
        self.listener = socket.create_server(
            ("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128)
        self.listener.setblocking(False)
        self.poller = select.epoll()
        self.poller.register(0, select.EPOLLIN)
        self.poller.register(self.listener, select.EPOLLIN)
        self.open = {}
        self.ended = []

    def run(self):
        for fd, events in iter(lambda: self.poller.poll(maxevents=1)[0], None):
            if fd == 0:
                words = sys.stdin.readline().split()
                if not words:
                    return
                print(getattr(self, words[0])(), flush=True)
            elif fd == self.listener.fileno():
                self.accept()
            else:
                self.serve(self.open[fd], events)

    def accept(self):
        sock, _ = self.listener.accept()
        sock.setblocking(False)
        self.open[sock.fileno()] = sock
        self.poller.register(sock, select.EPOLLIN)

    def serve(self, sock, events):
        if events & (select.EPOLLERR | select.EPOLLHUP):
            self.end(sock, error_of(sock))
            return
        data = sock.recv(4096)
        if data:
            sock.send(data)
        else:
            self.poller.modify(sock, 0)  # half-closed, for as long as it takes

    def end(self, sock, number):
        self.ended.append(name_of(number))
        self.poller.unregister(sock)
        del self.open[sock.fileno()]
        sock.close()

    def there(self):
        return "%d ok" % len(self.open)

    def speak(self):
        return tally(name_of(0 if sock.send(b"anybody?\n") else errno.EAGAIN)
                     for sock in self.open.values())

    def over(self):
        answer = tally(self.ended)
        self.ended = []
        return answer


class Client:
    def __init__(self):
        self.socks = []
        self.turn = 0

    def run(self):
        for line in sys.stdin:
            name, *words = line.split()
            print(getattr(self, name)(*words) or "ok", flush=True)

    def open(self, hosts, port, source, count):
        begin, poller, outcomes = time.monotonic(), select.poll(), []
        waiting = {}
        for i in range(int(count)):
            for host in hosts.split(","):
                sock = self.begin(host, int(port), int(source) + i)
                waiting[sock.fileno()] = sock
                poller.register(sock, select.POLLOUT)
        self.socks = list(waiting.values())
        while waiting and time.monotonic() - begin < LIMIT:
            for fd, _ in poller.poll(1000):
                poller.unregister(fd)
                outcomes.append(name_of(error_of(waiting.pop(fd))))
        outcomes += ["TIMEOUT"] * len(waiting)
        return "%s in %d ms" % (tally(outcomes), (time.monotonic() - begin) * 1000)

    @staticmethod
    def begin(host, port, source):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(("", source))
        status = sock.connect_ex((host, port))
        if status not in (0, errno.EINPROGRESS):
            raise OSError(status, os.strerror(status))
        return sock

    def line_of(self, i):
        return b"%d of turn %d\n" % (i, self.turn)

    def say(self):
        self.turn += 1
        outcomes = []
        for i, sock in enumerate(self.socks):
            try:
                sock.send(self.line_of(i))
                outcomes.append("ok")
            except OSError as error:
                outcomes.append(name_of(error.errno))
        return tally(outcomes)

    def hear(self):
        return tally(self.hear_one(i, sock) for i, sock in enumerate(self.socks))

    def hear_one(self, i, sock):
        want, got = self.line_of(i), b""
        sock.settimeout(LIMIT)
        try:
            while len(got) < len(want):
                data = sock.recv(len(want) - len(got))
                if not data:
                    return "EOF"
                got += data
            return "ok" if got == want else "wrong"
        except TimeoutError:
            return "TIMEOUT"
        except OSError as error:
            return name_of(error.errno)
        finally:
            sock.setblocking(False)

    def shut(self, count):
        for sock in self.socks[: int(count)]:
            sock.shutdown(socket.SHUT_WR)

    def close(self):
        for sock in self.socks:
            sock.close()
        self.socks = []


if __name__ == "__main__":
    {"serve": Server, "connect": Client}[sys.argv[1]](*sys.argv[2:]).run()
