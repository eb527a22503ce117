#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A control socket that answers as sluice does, with fixed and with hostile texts, for
page.sh: page_fake.py SOCKET LOG. Each request becomes a line of LOG. Counters grow with
each request for them, so that rates are those of the requests. After SIGUSR1 it does not
answer `states`.
"""
import contextlib
import json
import signal
import socketserver
import sys
import threading

HOSTILE = "</td><img src=x onerror=\"console.error('run')\"><script>alert(1)</script>"
REASONS = {'tcp_seq_right': 'sequence beyond the window [ACC-1]', 'policy_drop': HOSTILE,
           'ip_length': 'IP length larger than the frame'}
STATES = ['CLOSED', 'LISTEN', 'SYN_SENT', 'SYN_RECEIVED', 'ESTABLISHED', 'FIN_WAIT_1',
          'FIN_WAIT_2', 'CLOSE_WAIT', 'CLOSING', 'LAST_ACK', 'TIME_WAIT']
LAN = [('none', 'SYN_SENT', 900), ('SYN_SENT', 'ESTABLISHED', 800),
       ('ESTABLISHED', 'FIN_WAIT_1', 300), ('FIN_WAIT_1', 'FIN_WAIT_2', 200),
       ('FIN_WAIT_2', 'TIME_WAIT', 200), ('TIME_WAIT', 'none', 190),
       ('ESTABLISHED', 'none', 5)]
WAN = [('none', 'LISTEN', 900), ('LISTEN', 'SYN_RECEIVED', 810),
       ('SYN_RECEIVED', 'ESTABLISHED', 800), ('ESTABLISHED', 'CLOSE_WAIT', 300)]
turns = {}
lock = threading.Lock()
silent = set()  # requests that are not answered


def turn(request):
    with lock:
        turns[request] = turns.get(request, 0) + 1
        return turns[request]


def stats():
    n = turn('stats')
    return {'stats': {'packets': 100000 * n, 'bytes': 64000000 * n, 'passed': 99000 * n,
                      'dropped': 1000 * n, 'created': 900 * n, 'evicted': 7,
                      'connections': 123, 'connections_max': 1000, 'connections_ipv6': 4,
                      'connections_ipv6_max': 1000}}


def drops():
    n = turn('drops')
    counts = {'tcp_seq_right': 40 * n, 'policy_drop': 960 * n, 'ip_length': 0}
    return {'drops': [{'reason': name, 'packets': counts[name], 'text': text}
                      for name, text in REASONS.items()]}


def side(first, rows, n):
    now = {name: first + 10 * i for i, name in enumerate(STATES)}
    return {'now': now, 'moved': [{'from': a, 'to': b, 'count': count * n}
                                  for a, b, count in rows]}


def states():
    n = turn('states')
    return {'states': {'lan': side(1, LAN, n), 'wan': side(2, WAN, n)}}


def rules():
    n = turn('rules')
    where = {'family': 'inet', 'table': 'filter', 'chain': 'forward'}
    texts = ['forward: ct state established,related accept',
             f'forward: counter accept comment "{HOSTILE}"', 'forward: policy drop']
    return {'rules': [{'rule': (i + 1) % 3, 'handle': i, 'text': text,
                       'packets': 10 * (i + 1) * n, 'bytes': 1000 * n, **where}
                      for i, text in enumerate(texts)]}


def connection(number):
    orig = {'port': 'lan', 'src': f'10.0.0.{number % 4}', 'dst': '192.0.2.7',
            'sport': 40000 + number, 'dport': 443, 'state': 'ESTABLISHED',
            'packets': 10, 'bytes': 1000}
    reply = {'port': 'wan', 'src': orig['dst'], 'dst': orig['src'], 'sport': 443,
             'dport': orig['sport'], 'state': 'CLOSE_WAIT', 'packets': 10, 'bytes': 1000}
    return {'connection': {'id': number, 'family': 'ipv4', 'proto': 'tcp', 'protonum': 6,
                           'timeout': 7431, 'age': 12, 'orig': orig, 'reply': reply,
                           'rule': 4, 'state': 'ESTABLISHED'}}


def listed(request):
    if 'src' in request and not request['src'][:1].isdigit():
        yield {'error': f"src: {request['src']}: an address is expected"}
        return
    found = [c for c in map(connection, range(1, 151))
             if request.get('src') in (None, c['connection']['orig']['src'])]
    yield from found
    yield {'listed': len(found)}


def packet(request, number, **more):
    reply = request['sport'] == '443'
    flags, before, after = [('S', 'SYN_SENT', 'LISTEN'), ('SA', 'SYN_SENT', 'LISTEN'),
                            ('A', 'ESTABLISHED', 'ESTABLISHED')][number]
    return {'time_ns': 1795964737616999000 + 1000000 * number, 'family': 'ipv4',
            'proto': 'tcp', 'protonum': 6, 'src': request['src'], 'dst': request['dst'],
            'sport': int(request['sport']), 'dport': int(request['dport']),
            'flags': flags, 'seq': 1000 + number, 'ack': 5000, 'payload': 0, 'bytes': 60,
            'connection': 1, 'direction': 'reply' if reply else 'orig',
            'after': {'orig': before, 'reply': after}, **more}


def follow(request):
    if request.get('vlan') == '9999':
        yield {'error': 'vlan: a VLAN, 0 (untagged) to 4094, or two as 10.20 expected'}
        return
    if request.get('vlan') == '16':
        yield {'error': '16 clients read events or records already'}
        return
    yield {'follow': 'subscribed'}
    if request['sport'] == '443':
        yield {'pass': packet(request, 1)}
    else:
        yield {'pass': packet(request, 0)}
        yield {'drop': packet(request, 2, reason='tcp_seq_right', text=HOSTILE,
                              expected='SEQ 4000000000 is beyond the window')}


class Client(socketserver.StreamRequestHandler):
    def handle(self):
        # a client may go at any time
        with contextlib.suppress(OSError):
            self.serve()

    def serve(self):
        for line in self.rfile:
            request = json.loads(line)
            with lock:
                print(line.decode().strip(), file=self.server.log, flush=True)
            one = {'stats': stats, 'drops': drops, 'states': states, 'rules': rules}
            name = request['request']
            answers = ([] if name in silent else
                       [one[name]()] if name in one else
                       listed(request) if name == 'list' else
                       follow(request) if name == 'follow' else
                       [{'error': 'request: unknown'}])
            for answer in answers:
                self.wfile.write(json.dumps(answer).encode() + b'\n')


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


def main(path, log):
    with open(log, 'w', encoding='utf-8') as stream, Server(path, Client) as server:
        server.log = stream
        signal.signal(signal.SIGUSR1, lambda *_: silent.add('states'))
        server.serve_forever()


if __name__ == '__main__':
    main(*sys.argv[1:])
