#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks of sluice-page for page.sh, each by name: page_check.py PORT NAME [WORDS].
A check that fails raises AssertionError.
"""
import concurrent.futures
import contextlib
import html
import http.client
import json
import select
import socket
import struct
import sys
import time

import browser
import frames
import page_fake

LIMIT_S = 30
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
          "img-src 'self' data:")


def request(path, method='GET', headers=None):
    """Status, headers and body of a request."""
    connection = http.client.HTTPConnection('127.0.0.1', PORT, timeout=LIMIT_S)
    connection.request(method, path, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


def status(path, method='GET', headers=None):
    return request(path, method, headers)[0]


def raw(data):
    """A connection that has sent these bytes."""
    sock = socket.create_connection(('127.0.0.1', PORT), timeout=LIMIT_S)
    with contextlib.suppress(OSError):
        sock.sendall(data)
    return sock


def answer_of(sock):
    """What comes until the end of a connection."""
    data = b''
    with contextlib.suppress(ConnectionError):
        while more := sock.recv(1 << 16):
            data += more
    sock.close()
    return data


def events(path, number):
    """The first events of a stream, and its connection."""
    connection = http.client.HTTPConnection('127.0.0.1', PORT, timeout=LIMIT_S)
    connection.request('GET', path)
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    assert answer.headers['Content-Type'] == 'text/event-stream', answer.headers
    found = []
    while len(found) < number:
        line = answer.readline()
        assert line, f'{path} ends'
        if line.startswith(b'data: '):
            found.append(json.loads(line[6:]))
    return found, connection


def check_files():
    for path, kind in (('/', 'text/html'), ('/page.css', 'text/css'),
                       ('/page.js', 'text/javascript'),
                       ('/states.js', 'text/javascript')):
        found, headers, body = request(path)
        assert found == 200 and headers['Content-Type'].startswith(kind), path
        assert body and b'://' not in body.replace(b'http://www.w3.org/2000/svg', b''), (
            f'{path} refers to another host')
        found, headers, body = request(path, 'HEAD')
        assert found == 200 and not body and int(headers['Content-Length']) > 100, path


def check_headers():
    for path in ('/', '/page.js', '/rules', '/nowhere', '/connections?x=1'):
        headers = request(path)[1]
        assert headers['Content-Security-Policy'].startswith(POLICY), headers
        assert headers['X-Content-Type-Options'] == 'nosniff', headers
        assert headers['Cache-Control'] == 'no-store', headers
    assert not request('/stream', 'HEAD')[2]


def check_refusals():
    for method in ('POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'BREW'):
        found, headers, _ = request('/', method)
        assert (found, headers['Allow']) == (405, 'GET, HEAD'), (method, found)
    endless = raw(b'POST / HTTP/1.1\r\nHost: localhost\r\n'
                  b'Content-Length: 99999999\r\n\r\n')
    assert b' 405 ' in endless.recv(100)
    endless.close()
    for path in ('/nowhere', '/page.js/', '//', '/../etc/passwd', '/stats', '/flush'):
        assert status(path) == 404, path
    for query in ('request=flush', 'src=a&src=b', 'limit=0', 'limit=9999'):
        assert status(f'/connections?{query}') == 400, query
        assert status(f'/ladder?{query}') == 400, query
    assert status('/ladder?proto=6&src=10.0.0.1') == 400
    found, _, body = request('/ladder?proto=6&src=10.0.0.1&dst=192.0.2.7')
    assert found == 400 and b'sport and dport' in body, body
    one = 'proto=6&sport=1&dst=192.0.2.7&dport=443'
    found, _, body = request(f'/ladder?{one}&src=10.0.0.0/8')
    assert (found, body) == (
        400, b'src: 10.0.0.0/8: the address of an endpoint is expected'), body
    # what sluice refuses: a filter, or a reader too many
    found, _, body = request(f'/ladder?{one}&src=10.0.0.1&vlan=9999')
    assert found == 400 and body.startswith(b'vlan: a VLAN'), body
    found, _, body = request(f'/ladder?{one}&src=10.0.0.1&vlan=16')
    assert found == 503 and body.startswith(b'16 clients'), body
    for path in ('/connections?src=10.0.0.1%00x', '/connections?limit=7&src%00x=1',
                 '/rules%00x', '/%00', '/connections?limit=7&limit=7'):
        assert status(path) == 400, path
    assert status('/rules%2500') == 404
    for double in ('Host: localhost', 'host: 127.0.0.1', 'Origin: a\r\nOrigin: b',
                   'Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site'):
        assert answer_of(raw(f'GET /rules HTTP/1.1\r\nHost: localhost\r\n{double}\r\n'
                             'Connection: close\r\n\r\n'.encode())
                         ).split()[1] == b'400', double
    assert status('/', headers={'X-Long': 'x' * 20000}) in (413, 431, 494)
    assert b' 4' in answer_of(raw(b'GET /' + b'x' * 20000 + b' HTTP/1.1\r\n\r\n'))[:13]
    answer_of(raw(b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'))
    assert status('/') == 200


def check_host():
    for host in ('localhost', f'127.0.0.1:{PORT}', '[::1]:9', 'LOCALHOST:1'):
        assert status('/', headers={'Host': host}) == 200, host
    for host in ('evil.example', 'localhost.evil.example:8080', '192.0.2.1', ''):
        for path in ('/', '/rules', '/stream', '/page.js'):
            assert status(path, headers={'Host': host}) == 403, (host, path)
    assert answer_of(raw(b'GET / HTTP/1.0\r\n\r\n')).split()[1] == b'403'


def check_sites():
    """Other sites get no data, whatever they add to a request; links to / work."""
    host = f'localhost:{PORT}'
    for good in ({}, {'Sec-Fetch-Site': 'same-origin'}, {'Sec-Fetch-Site': 'none'},
                 {'Origin': f'http://{host}'}):
        assert status('/rules', headers={'Host': host, **good}) == 200, good
    for bad in ({'Sec-Fetch-Site': 'cross-site'}, {'Sec-Fetch-Site': 'same-site'},
                {'Origin': 'http://evil.example'}, {'Origin': 'null'},
                {'Origin': 'http://localhost:1'}):
        for path in ('/rules', '/stream', '/connections', '/ladder'):
            for method in ('GET', 'HEAD'):
                assert status(path, method, {'Host': host, **bad}) == 403, (path, bad)
        assert status('/', headers={'Host': host, **bad}) == 200, bad


def check_answers():
    """/connections and /rules are what the socket answers."""
    found, _, body = request('/connections?src=10.0.0.1&limit=1000')
    connections = json.loads(body)
    assert found == 200 and connections.pop() == {'listed': 38}, connections
    assert connections == [c for c in map(page_fake.connection, range(1, 151))
                           if c['connection']['orig']['src'] == '10.0.0.1']
    connections = json.loads(request('/connections?limit=7')[2])
    assert len(connections) == 7 and all('connection' in c for c in connections)
    assert len(json.loads(request('/connections')[2])) == 100
    found, _, body = request('/connections?src=nowhere')
    assert found == 400 and 'nowhere' in json.loads(body)['error'], body
    rules, = json.loads(request('/rules')[2])
    assert page_fake.HOSTILE in rules['rules'][1]['text'], rules


def check_stream():
    """An event a second, each with the answers to three requests, for all readers."""
    start = time.monotonic()
    found, connection = events('/stream', 3)
    assert 1.5 < time.monotonic() - start < LIMIT_S
    for event in found:
        assert event['drops'][1]['text'] == page_fake.HOSTILE, event
        assert event['states']['lan']['now']['ESTABLISHED'] == 41, event
        assert event['errors'] == {}, event
    packets = [event['stats']['packets'] for event in found]
    assert packets[0] < packets[1] < packets[2], packets
    # another reader gets the events that are made anyway
    others = [events('/stream', 2) for _ in range(3)]
    last = others[-1][0][1]
    seconds = (last['now_ms'] - found[0]['now_ms']) / 1000
    asked = (last['stats']['packets'] - packets[0]) / 100000
    assert asked <= seconds / 0.9 + 1, (asked, seconds)
    for _, other in [*others, (None, connection)]:
        other.close()


def check_limits():
    """8 streams, of them 4 ladders; 100 connections; slow clients."""
    one = 'proto=6&src=10.0.0.1&sport=40001&dst=192.0.2.7&dport=443'
    wait_for_places()
    streams = [events(f'/ladder?{one}', 1)[1] for _ in range(4)]
    assert status(f'/ladder?{one}') == 503
    streams += [events('/stream', 1)[1] for _ in range(4)]
    assert status('/stream') == 503
    # connections that send nothing, or headers without an end: the oldest are closed
    slow = [raw(b'' if i % 2 else b'GET / HTTP/1.1\r\nX: ') for i in range(100)]
    wait_for_answer()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        found = [*pool.map(lambda _: attempt('/page.js'), range(100))]
    assert found.count(200) >= 90, found
    # the streams were not closed
    assert all(stream.sock.fileno() >= 0 and stream.sock.recv(1, socket.MSG_PEEK)
               for stream in streams)
    for connection in slow + streams:
        connection.close()
    wait_for_places()


def wait_for_places():
    """Wait until no stream is left."""
    end = time.monotonic() + LIMIT_S
    while True:
        streams = []
        with contextlib.suppress(AssertionError, ConnectionError):
            for _ in range(8):
                streams.append(events('/stream', 1)[1])
        for stream in streams:
            stream.close()
        if len(streams) == 8:
            break
        assert time.monotonic() < end, 'the places of streams do not become free'
        time.sleep(0.2)


def wait_for_answer():
    """Wait until a request is answered: it may be closed while 100 others begin."""
    end = time.monotonic() + LIMIT_S
    while attempt('/') != 200:
        assert time.monotonic() < end, 'no request is answered'


def attempt(path):
    """The status of a request, or None if its connection was closed to make room."""
    try:
        return status(path)
    except (ConnectionError, http.client.HTTPException):
        return None


def check_ladder():
    """Both directions of a connection, dropped packets too."""
    found, connection = events(
        '/ladder?proto=6&src=10.0.0.1&sport=40001&dst=192.0.2.7&dport=443', 5)
    connection.close()
    assert sum('follow' in event for event in found) == 2, found
    assert sum('pass' in event for event in found) == 2, found
    drop, = (event['drop'] for event in found if 'drop' in event)
    assert drop['text'] == page_fake.HOSTILE, drop
    assert {event['pass']['direction'] for event in found if 'pass' in event} == {
        'orig', 'reply'}


def check_requests(log):
    """Nothing but reading was asked of the socket."""
    with open(log, encoding='utf-8') as lines:
        names = {json.loads(line)['request'] for line in lines}
    assert names == {'stats', 'drops', 'states', 'list', 'rules', 'follow'}, names


def check_away(path):
    """/stream says that no sluice is there, and other paths have status 503."""
    # an event may be a second old
    (_, event), connection = events('/stream', 2)
    connection.close()
    assert path in event['away'] and 'stats' not in event, event
    found, _, body = request('/rules')
    assert found == 503 and path in json.loads(body)['error'], body
    assert status('/ladder?proto=1&src=10.0.0.1&dst=192.0.2.7') == 503
    assert status('/') == 200


def check_late():
    """sluice answers all but `states`: only that is an error."""
    (_, event), connection = events('/stream', 2)
    connection.close()
    assert event['errors'] == {'states': 'no answer in time'}, event
    assert event['stats']['packets'] > 0 and 'states' not in event, event


def check_hung(path):
    """sluice does not answer: each event of /stream says so, in time for the page."""
    connection = http.client.HTTPConnection('127.0.0.1', PORT, timeout=LIMIT_S)
    connection.request('GET', '/stream')
    answer = connection.getresponse()
    for _ in range(2):
        start = time.monotonic()
        while not (line := answer.readline()).startswith(b'data: '):
            assert line, '/stream ends'
        event = json.loads(line[6:])
        # the page waits 8 s (SILENCE_MS), and an event may be from before
        assert time.monotonic() - start < 8
    connection.close()
    assert path in event['away'] and 'stats' not in event, event
    start = time.monotonic()
    found, _, body = request('/rules')
    assert found == 503 and 'does not answer in time' in json.loads(body)['error'], body
    assert 4 < time.monotonic() - start < 8


def check_under_way():
    """Print "ready" when requests of each kind wait for sluice; wait for their end."""
    ladder = '/ladder?proto=1&src=10.0.0.1&dst=192.0.2.7'
    heads = [f'GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n'.encode()
             for path in ('/stream', *[ladder] * 4, *['/rules'] * 9)]
    socks = [raw(head) for head in heads]
    # there are eight places: one request more is refused when they are taken
    refused, _, _ = select.select(socks[-9:], [], [], LIMIT_S)
    assert b'too many' in refused[0].recv(1 << 16), heads
    print('ready', flush=True)
    for sock in socks:
        answer_of(sock)


def check_real(stats_file, drops_file):
    """/stream has what sluicectl prints."""
    (event,), connection = events('/stream', 1)
    connection.close()
    with open(stats_file, encoding='utf-8') as file:
        stats = json.load(file)['stats']
    with open(drops_file, encoding='utf-8') as file:
        drops = json.load(file)['drops']
    assert event['stats'].keys() == stats.keys()
    assert event['stats']['connections_max'] == stats['connections_max'] == 1000
    assert event['drops'] == drops
    answers = json.loads(request('/connections')[2])
    assert answers == [{'listed': 0}], answers
    rules, = json.loads(request('/rules')[2])
    assert rules['rules'][1]['text'].endswith('counter accept'), rules


def cells(page, table):
    """The texts of a table's rows."""
    return page.value(f"[...document.querySelectorAll('#{table} tbody tr')].map("
                      "tr => [...tr.cells].map(td => td.textContent))")


def text(page, selector):
    return page.value(f"document.querySelector({json.dumps(selector)}).textContent")


def check_browser(folder, width, theme):
    """The page shows the values of the socket, and hostile texts as texts."""
    page = browser.Browser(int(width), 900, theme == 'dark')
    try:
        page.open(f'http://localhost:{PORT}/')
        assert page.wait("!!document.querySelector('#states .rate:not(:empty)')"
                         " && document.querySelectorAll('#rules tbody tr').length"
                         " && document.querySelectorAll('#connections tbody tr').length"
                         ), page.problems
        show(page)
        page.value("document.querySelector('#connections tbody button').click()")
        assert page.wait("document.querySelectorAll('#ladder tbody tr').length === 3")
        show_ladder(page)
        assert browser.distinct_bytes(page.screenshot(f'{folder}/{width}.png')) > 50
        assert page.value('document.documentElement.scrollWidth') <= int(width)
        assert not page.problems, page.problems
    finally:
        page.close()


def show(page):
    """The panels that are filled without a click."""
    connections = f'{123:,} of {1000:,}'
    assert text(page, "[data-stat='connections']") == connections
    packets = int(text(page, "[data-stat='packets']").replace(',', ''))
    assert packets > 0 and packets % 100000 == 0, packets
    # a state of each port: lan is shown first
    for port, first in (('lan', 1), ('wan', 2)):
        page.value(f"document.querySelector('input[value={port}]').click()")
        for i, state in enumerate(page_fake.STATES):
            found = text(page, f"[data-state='{state.replace('_', '-')}'] .count")
            assert found == str(first + 10 * i), (port, state, found)
    page.value("document.querySelector('input[value=lan]').click()")
    moved = {(row[0], row[1]) for row in cells(page, 'moved')}
    assert moved == {tuple((name if name != 'none' else '(none)').replace('_', '-')
                           for name in row[:2]) for row in page_fake.LAN}, moved
    rules = cells(page, 'rules')
    assert page_fake.HOSTILE in rules[1][1] and rules[2][0] == '', rules
    drops = {row[0]: row for row in cells(page, 'drops')}
    assert drops.keys() == {'tcp_seq_right', 'policy_drop'}, drops
    assert drops['policy_drop'][4] == page_fake.HOSTILE, drops
    connections = cells(page, 'connections')
    assert len(connections) == 100, len(connections)
    assert connections[0][:5] == ['tcp', '10.0.0.1:40001', '192.0.2.7:443', 'ESTABLISHED',
                                  'CLOSE_WAIT'], connections[0]
    assert {row[0]: row[1] for row in cells(page, 'talkers')}['10.0.0.1'] == '38'
    assert page.value("document.getElementById('banner').hidden")
    assert page.value("document.querySelectorAll('main img, main script').length") == 0
    page.value("document.querySelector('[name=src]').value = 'x&y';"
               "document.querySelector('#filter button').click()")
    assert page.wait("document.getElementById('connections-note').textContent"
                     ".startsWith('src: x&y:')"), 'the error of sluice is shown'
    # status 400 is an error for the browser's log; here it is expected
    page.problems = [p for p in page.problems if '/connections?' not in p]
    page.value("document.querySelector('[name=src]').value = '10.0.0.1';"
               "document.querySelector('#filter button').click()")
    assert page.wait("document.querySelectorAll('#connections tbody tr').length === 38")


def show_ladder(page):
    rows = cells(page, 'ladder')
    assert [row[0] for row in rows] == ['0.000000', '0.001000', '0.002000'], rows
    assert rows[0][1:4] == ['SYN_SENT', 'S seq 0 len 0', 'LISTEN'], rows
    assert [row[4][:4] for row in rows] == ['pass', 'pass', 'drop'], rows
    assert page_fake.HOSTILE in rows[2][4], rows
    assert page.value("document.querySelectorAll('#ladder .dropped').length") == 1


def check_states(page, lan, wan):
    """The diagram shows one endpoint in a state at either port, and its transitions."""
    for port, (first, last) in (('lan', lan.split('>')), ('wan', wan.split('>'))):
        page.value(f"document.querySelector('#sides input[value={port}]').click()")
        count = f"document.querySelector('[data-state={last}] .count').textContent"
        assert page.wait(f"{count} === '1'"), (port, page.value(count))
        assert page.wait(f"""[...document.querySelectorAll('#moved tr')].some(tr =>
            tr.dataset.key === '{first}>{last}' && tr.cells[3].textContent === '1')"""), (
                port, cells(page, 'moved'))


def check_traffic(source_port):
    """In a browser: the states of a connection that begins when "ready" is printed, its
    packets when "follows" is, and one of them dropped."""
    page = browser.Browser()
    try:
        page.open(f'http://localhost:{PORT}/')
        assert page.wait("document.querySelector('[data-state=ESTABLISHED] .count')"
                         "?.textContent === '0'"), page.problems
        print('ready', flush=True)
        check_states(page, 'SYN-SENT>ESTABLISHED', 'SYN-RECEIVED>ESTABLISHED')
        page.value("document.querySelector('[name=dport]').value = '80'")
        row = ("[...document.querySelectorAll('#connections tbody tr')].find("
               f"tr => tr.cells[1].textContent.endsWith(':{source_port}'))")
        assert page.wait(f"document.querySelector('#filter button').click() || {row}"
                         "?.cells[3].textContent === 'ESTABLISHED'"), page.problems
        page.value(f"{row}.click()")
        assert page.wait("document.getElementById('ladder-note').textContent"
                         ".startsWith('Waiting')")
        print('follows', flush=True)
        assert page.wait("!!document.querySelector('#ladder .dropped')"), page.problems
        rows = cells(page, 'ladder')
        passed = [row for row in rows if row[4] == 'pass']
        assert any('len 5' in row[2] for row in passed), rows
        assert len(passed) >= 2, rows
        drop, = (row for row in rows if row[4] != 'pass')
        assert drop[4].startswith('drop tcp_seq_') and '4000000000' in drop[4], drop
        assert drop[1] == drop[3] == 'ESTABLISHED', drop
        assert not page.problems, page.problems
    finally:
        page.close()


def check_far_segment(source, destination, port):
    """Send a segment far beyond the window of a connection from this host."""
    head = struct.pack('!HHIIBBHHH', int(port), 80, 4000000000, 1, 0x50, 0x10, 500, 0, 0)
    pseudo = (socket.inet_aton(source) + socket.inet_aton(destination) +
              struct.pack('!HH', 6, len(head)))
    head = head[:16] + struct.pack('!H', frames.checksum(pseudo + head)) + head[18:]
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as sock:
        sock.sendto(head, (destination, 0))


def check_banner(path):
    """The page says that sluice is away, and goes on when it is back."""
    page = browser.Browser()
    try:
        page.open(f'http://localhost:{PORT}/')
        assert page.wait("document.getElementById('banner')?.hidden === false")
        assert path in html.unescape(text(page, '#banner'))
        print('away', flush=True)
        assert page.wait("document.getElementById('banner').hidden", 60)
        assert page.wait("document.querySelector('[data-stat=connections]').textContent"
                         " === '0 of 1,000'")
        assert 'does not count endpoints' not in text(page, '#banner')
    finally:
        page.close()


PORT = int(sys.argv[1])
globals()[f'check_{sys.argv[2]}'](*sys.argv[3:])
