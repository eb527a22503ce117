#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# sluice-replay on the captures of tests/data/captures. They hold one exchange in each
# capture format, for which the verdicts must be the same, and with each fault of a
# capture, which the report must name. The expected conn.log was derived by hand from
# Zeek's documentation.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=replay_lib.sh
. tests/live/replay_lib.sh
corpus=$(realpath tests/data/captures)
trap 'rm -rf "$work"' EXIT

# json STATUS FILE OPTIONS..: run sluice-replay, write the report to $work/report.json
json()
{
	(cd "$corpus" && "$replay" --report json "${@:2}" >"$work/report.json")
	[ $? -eq "$1" ]
}

ok 'the captures are those that make.py makes' bash -c \
	"mkdir '$work/made' && '$corpus/make.py' '$work/made' &&
	diff -r -x make.py '$corpus' '$work/made'"

verdicts()
{
	"$replay" "$corpus/$1" --out "$work/out-$1" >"$work/said" 2>&1 &&
		python3 - "$work/out-$1/verdicts.jsonl" <<'END'
import json
import sys
for line in open(sys.argv[1]):
    v = json.loads(line)
    print(v['frame'], v['port'], v['verdict'], v['reason'], v['conn'], v['orig'],
          v['reply'], v.get('flags'), v.get('seq'), v.get('ack'), v.get('len'))
END
}

same()
{
	verdicts "$1" >"$work/this" && diff "$work/plain" "$work/this"
}

verdicts plain.pcap >"$work/plain"
ok 'the exchange has 17 packets, and all pass' bash -c \
	"[ \$(grep -c ' pass none ' '$work/plain') -eq 17 ]"
for file in swapped.pcap nano.pcap qinq.pcap raw.pcap null.pcap loop.pcap ppp.pcap \
	sll.pcap sll2.pcap directions.pcapng interfaces.pcapng swapped.pcapng \
	packed.pcap.gz fault-checksum.pcap fault-snaplen.pcap fault-lost.pcapng; do
	ok "$file gives the same verdicts" same $file
done
ok 'zstd gives the same verdicts' bash -c \
	"! command -v zstd >/dev/null || {
		zstd -q '$corpus/plain.pcap' -o '$work/plain.zst' &&
		'$replay' '$work/plain.zst' --report json | grep -q '\"passed\": 17'; }"

# fault TEXT FILE EXPRESSION: two tests: FILE is replayed with status 0, and EXPRESSION
# (see holds) is true of the report
fault()
{
	ok "$1: $2 is replayed" json 0 "$2"
	ok "$1 is told" holds "$3"
}

fault 'a checksum left to the card' fault-checksum.pcap \
	"hint('13 packets have checksums that the sender left') and r['dropped'] == 0"
fault 'a snapshot length' fault-snaplen.pcap \
	"hint('3 packets are cut by the snapshot length') and r['dropped'] == 0"
fault 'one within the headers' fault-headers.pcap \
	"hint('17 packets end within their headers') and r['without_verdict'] == 17"
fault 'a beginning in mid-stream' fault-midstream.pcap \
	"hint('began before the capture') and r['dropped'] == 0 and states[0] == 'SF'"
fault 'a mirror port' fault-duplicates.pcap "hint('17 packets were captured twice')"
ok 'it is replayed with --dedup' json 0 fault-duplicates.pcap --dedup
ok 'to the same end' holds "r['packets'] == 17 and r['dropped'] == 0 and hint('left out')"
fault 'what the capture has missed' fault-missed.pcap \
	"hint('capture incomplete') and r['dropped'] == r['capture_incomplete'] == 3"
ok 'with the answers that were generated' holds \
	"r['generated'] == {'challenge_ack': 2} and
	[d['action'] for d in r['drops']] == ['challenge_ack', 'none', 'challenge_ack']"
ok 'and with the gap in the history' holds \
	"r['connections'][0]['history'] == 'ShADagFf'"
ok 'two files are replayed together' json 0 fault-missed.pcap fragments.pcap
ok 'each drop names its file' holds \
	"[d['file'] for d in r['drops']] == 3 * ['fault-missed.pcap']"
fault 'what the capture says that it lost' fault-lost.pcapng \
	"hint('it has lost 12 packets of eth0')"
fault 'an order that goes back' fault-order.pcap "hint('1 packet is older')"
fault 'a link type that is not known' fault-link.pcapng \
	"hint('7 packets of link type USB_LINUX (189) are left out; expected EN10MB')"
ok 'a file that ends early ends with status 4' json 4 fault-truncated.pcap
ok 'and is replayed up to there' holds \
	"hint('17: the file ends 67 bytes into a packet of 74') and r['passed'] == 16"

cat >"$work/want" <<'END'
lan pass 1
wan pass 1
wan pass 1
lan pass 2
wan pass 2
END
parts()
{
	"$replay" "$corpus/fragments.pcap" --out "$work/parts" >"$work/said" 2>&1 &&
		sed -E 's/.*port":"(...)","verdict":"(....)".*"conn":(.),.*/\1 \2 \3/' \
		"$work/parts/verdicts.jsonl" | diff "$work/want" -
}
ok 'fragments and ICMP errors come from the side of their sender' parts

# first_port FILE LAN PORT: with --lan LAN the first packet, which 192.0.2.1 sends, has
# entered PORT
first_port()
{
	rm -rf "$work/lan" &&
		"$replay" "$corpus/$1" --lan "$2" --out "$work/lan" &&
		head -n 1 "$work/lan/verdicts.jsonl" | grep -q "\"port\":\"$3\""
}
ok '--lan with an address' first_port plain.pcap 192.0.2.1 lan
ok '--lan with a prefix of the other host' first_port plain.pcap 192.0.2.2/31 wan
ok '--lan with a MAC address' first_port plain.pcap 02:00:00:00:00:02 wan
ok '--lan with an interface' first_port interfaces.pcapng wan0 wan
ok '--lan with what is none of these is refused' json 2 plain.pcap --lan eth7
ok 'a folder that cannot be made for --out' json 4 plain.pcap --out /proc/nowhere/out
ok 'a folder that cannot be made for --split' json 4 plain.pcap --split /proc/nowhere/out
ok 'an --offset of no capture is refused' json 2 plain.pcap --offset other.pcap=1

# odd LENGTH SECONDS: write a capture of one packet of LENGTH bytes with no captured bytes
odd()
{
	python3 -c "import struct, sys
sys.stdout.buffer.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 0, 1) +
                        struct.pack('<IIII', $2, 0, 0, $1))" >"$work/odd.pcap"
	json 0 "$work/odd.pcap"
}
ok 'a packet of which a snapshot length of 0 leaves nothing' odd 60 1700000000
ok 'has no verdict' holds "r['without_verdict'] == 1"
ok 'a packet of 0 bytes' odd 0 1700000000
ok 'is too short for a frame' holds "r['reasons'] == {'frame_short': 1}"
ok 'a packet of 2105' odd 0 4260000000
ok 'is replayed' holds "r['dropped'] == 1"
head -c 24 "$corpus/plain.pcap" >"$work/none.pcap"
ok 'a capture without packets' bash -c \
	"'$replay' '$work/none.pcap' | grep -q 'none.pcap: no packets'"
# A file to which tcpdump still writes ends within a packet.
head -c 500 "$corpus/plain.pcap" >"$work/growing.pcap"
ok 'a file that grows is replayed as far as it is written' json 4 "$work/growing.pcap"
ok 'which is told' holds "hint('damaged at packet 6: the file ends') and
	hint('the 5 packets before it are replayed') and r['packets'] == 5"

# grows: write the rest of the packets to a pipe only when sluice-replay has read the
# first ones and waits
grows()
{
	mkfifo "$work/pipe" || return 1
	"$replay" --report json "$work/pipe" >"$work/report.json" &
	exec 9>"$work/pipe"
	cat "$work/growing.pcap" >&9
	python3 - "$work/pipe" <<'END' || return 1
import array
import fcntl
import os
import sys
import termios
import time
pipe = os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)
waiting = array.array('i', [1])
for _ in range(600):
    fcntl.ioctl(pipe, termios.FIONREAD, waiting)
    if waiting[0] == 0:
        break
    time.sleep(0.05)
else:
    sys.exit('sluice-replay did not read the pipe')
END
	tail -c +501 "$corpus/plain.pcap" >&9
	exec 9>&-
	wait $!
}
ok 'a pipe that is written in two parts is replayed to its end' grows
ok 'with all packets' holds "r['passed'] == 17"
ok 'tcpdump -w - into a pipe is replayed' bash -c \
	"tcpdump -r '$corpus/plain.pcap' -w - 2>/dev/null |
		'$replay' --report json - >'$work/report.json'"
ok 'with all packets' holds "r['passed'] == 17"

unwritten()
{
	"$replay" "$corpus/plain.pcap" --report json >/dev/full 2>"$work/full"
	[ $? -eq 4 ] && grep -q 'No space left on device' "$work/full"
}
ok 'a report that cannot be written is told, with status 4' unwritten
locked()
{
	mkdir "$work/locked" && chmod 755 "$work" && chmod 555 "$work/locked" || return 1
	setpriv --reuid 65534 --regid 65534 --clear-groups "$replay" "$work/none.pcap" \
		--out "$work/locked" 2>"$work/full"
	[ $? -eq 4 ] && grep -q "$work/locked.*Permission denied" "$work/full"
}
if setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$replay" 2>/dev/null; then
	ok 'a folder for --out that is not writable is refused, and named' locked
else
	skip '--out is not writable' "another user may not run $replay"
fi

# compare ts and later columns; uid and Community ID are tested elsewhere
sed 's/^/1700000000./' >"$work/want" <<'END'
123456 192.0.2.1 40000 192.0.2.2 80 tcp - 0.009000 50 300 SF - - 0 ShADadFf 6 294 4 464 -
133456 192.0.2.1 40001 192.0.2.2 81 tcp - 0.001000 0 0 REJ - - 0 Sr 1 44 1 40 -
135456 192.0.2.1 40002 192.0.2.2 82 tcp - - - - S0 - - 0 S 1 44 0 0 -
136456 192.0.2.1 40003 192.0.2.2 53 udp - 0.001000 20 40 SF - - 0 Dd 1 48 1 68 -
138456 192.0.2.1 8 192.0.2.2 0 icmp - 0.001000 16 16 OTH - - 0 - 1 44 1 44 -
END
golden()
{
	grep -v '^#' "$work/out-plain.pcap/conn.log" | cut -f 1,3-21 | tr '\t' ' ' |
		diff "$work/want" -
}
ok 'conn.log is that of the exchange' golden
ok 'its JSON form says the same' python3 - "$work/out-plain.pcap" <<'END'
import json
import sys
rows = [json.loads(line) for line in open(sys.argv[1] + '/conn.json')]
lines = [l.rstrip('\n').split('\t') for l in open(sys.argv[1] + '/conn.log')]
names = next(l[1:] for l in lines if l[0] == '#fields')
for row, line in zip(rows, (l for l in lines if l[0][0] != '#'), strict=True):
    want = {n: v for n, v in zip(names, line, strict=True) if v != '-'}
    assert want.keys() == row.keys(), (want, row)
    assert all(str(row[n]) == v or float(row[n]) == float(v) for n, v in want.items())
END

ok 'annotated.pcapng has the verdict of each packet as its comment' python3 - \
	"$work/out-fault-checksum.pcap/annotated.pcapng" <<'END'
import struct
import sys
data, at, comments = open(sys.argv[1], 'rb').read(), 0, []
while at < len(data):
    kind, size = struct.unpack('<II', data[at:at + 8])
    if kind == 6:
        captured = struct.unpack('<I', data[at + 20:at + 24])[0]
        option = at + 28 + (captured + 3 & ~3)
        code, length = struct.unpack('<HH', data[option:option + 4])
        assert code == 1
        comments.append(data[option + 4:option + 4 + length].decode())
    at += size
assert len(comments) == 17
assert all(c.startswith('sluice: pass\n') for c in comments)
assert 'after: orig SYN_SENT, reply LISTEN' in comments[0]
assert 'before: orig SYN_SENT, reply LISTEN' in comments[1]
assert 'mark: checksum_offloaded' in comments[0]
END

"$replay" "$corpus/plain.pcap" --report html >"$work/report.html" 2>"$work/said"
ok 'the HTML report is well formed, and needs nothing from outside' python3 - \
	"$work/report.html" <<'END'
import html.parser
import sys
void = {'meta', 'line', 'path', 'th', 'td', 'li', 'br'}
class Check(html.parser.HTMLParser):
    stack, ladders = [], 0
    def handle_starttag(self, tag, attrs):
        assert not any(n in ('src', 'href') and not v.startswith('#') for n, v in attrs)
        assert tag != 'script'
        self.ladders += tag == 'svg'
        if tag not in void:
            self.stack.append(tag)
    def handle_endtag(self, tag):
        if tag not in void:
            assert self.stack.pop() == tag, tag
check = Check()
check.feed(open(sys.argv[1]).read())
assert not check.stack and check.ladders == 5, (check.stack, check.ladders)
END

# documented: each row of the table of docs/replay.md names a capture, a hint and how many
# packets are dropped, as sluice-replay prints them
documented()
{
	python3 - "$replay" "$corpus" <<'END'
import json
import re
import subprocess
import sys
rows = re.findall(r'^\| .*: `(\S+)` \| (?:`(.*)`)? ?\| (\d+)',
                  open('docs/replay.md').read(), re.M)
assert len(rows) >= 9, rows
for name, hint, dropped in rows:
    out = subprocess.run([sys.argv[1], name, '--report', 'json'], cwd=sys.argv[2],
                         capture_output=True, check=False)
    r = json.loads(out.stdout)
    assert any(hint in h for h in r['hints']), (name, hint, r['hints'])
    assert r['dropped'] == int(dropped), (name, r['dropped'])
END
}
ok 'the table of docs/replay.md is what a reader sees' documented

# Names of interfaces and files come from outside: the page must show them as text.
hostile()
{
	local name='<img src=x onerror=alert(1)>&"'

	python3 - "$corpus" "$work" "$name" <<'END' &&
import sys
sys.path.insert(0, sys.argv[1])
import make
with open(sys.argv[2] + '/named.pcapng', 'wb') as out:
    out.write(make.pcapng(make.frames()[13:], [(1, sys.argv[3], 9)], lost=3))
END
		cp "$corpus/fault-missed.pcap" "$work/$name.pcap" &&
		"$replay" "$work/named.pcapng" "$work/$name.pcap" --report html \
			>"$work/hostile.html" && ! grep '<img' "$work/hostile.html" &&
		grep -q 'lost 3 packets of &lt;img src=x onerror=alert(1)&gt;&amp;' \
			"$work/hostile.html" &&
		grep -q '<td>[^<]*alert(1)&gt;&amp;&quot;.pcap</td>' "$work/hostile.html"
}
ok 'names from outside are text in the HTML report, and drops name their file' hostile

# drawn: open the HTML report of fault-missed.pcap in a browser, with a script added that
# measures it. Writes $work/dom, and what the browser logs to $work/log.
drawn()
{
	(cd "$corpus" && "$replay" --report html fault-missed.pcap) >"$work/missed.html"
	cat >>"$work/missed.html" <<'END'
<script>
const text = s => [...document.querySelectorAll(s)].map(e => e.innerText);
const shown = e => e.getBoundingClientRect().width > 0;
document.querySelectorAll('details').forEach(e => { e.open = true; });
const pre = document.createElement('pre');
pre.id = 'measured';
pre.innerText = JSON.stringify({
  counts: text('#counts td.n'), drops: text('#drops td:first-child'),
  bytes: text('#connections td:nth-child(8), #connections td:nth-child(9)'),
  generated: text('#generated'), rtt: text('#connections td:nth-child(11)'),
  again: text('#connections td:nth-child(12), #connections td:nth-child(13)'),
  arrows: [...document.querySelectorAll('svg')].map(
    s => [...s.querySelectorAll('g')].filter(shown).length)});
document.body.append(pre);
console.log('measured');
</script>
END
	timeout 60 "$1" --headless --no-sandbox --disable-gpu --enable-logging=stderr \
		--dump-dom "file://$work/missed.html" >"$work/dom" 2>"$work/log"
}
browser=$(command -v chromium || command -v chromium-browser || true)
if [ -n "$browser" ]; then
	ok 'a browser opens the HTML report' drawn "$browser"
	# the line of the script shows that an error would have been logged
	ok 'without an error on its console' bash -c \
		"grep CONSOLE '$work/log' && [ \$(grep -c CONSOLE '$work/log') -eq 1 ] &&
		grep -q 'CONSOLE.*measured' '$work/log'"
	ok 'its JSON form' json 0 fault-missed.pcap
	ok 'has the numbers that the browser shows, and all segments are drawn' \
		python3 - "$work" <<'END'
import html
import json
import re
import sys
r = json.load(open(sys.argv[1] + '/report.json'))
dom = open(sys.argv[1] + '/dom').read()
m = json.loads(html.unescape(re.search('<pre id="measured">(.*?)</pre>', dom).group(1)))
counts = [r['packets'], r['passed'], r['dropped'], *r['reasons'].values()]
assert [int(n) for n in m['counts']] == counts, (m, counts)
assert [int(n) for n in m['drops']] == [d['frame'] for d in r['drops']], m
ends = [c[e] for c in r['connections'] for e in ('orig', 'reply')]
assert [int(n) for n in m['bytes']] == [e['data'] for e in ends], (m, ends)
made = r['generated']['challenge_ack']
assert m['generated'][0].strip() == f'{made} answers generated: {made} challenge_ack', m
rtt = [c.get('handshake_rtt') for c in r['connections']]
assert m['rtt'] == ['' if t is None else '%.3f' % (t * 1000) for t in rtt], (m, rtt)
both = [(c['orig'][f], c['reply'][f]) for c in r['connections']
        for f in ('retransmissions', 'out_of_order')]
assert m['again'] == ['%d, %d' % b if any(b) else '' for b in both], (m, both)
packets = [c['orig']['packets'] + c['reply']['packets'] for c in r['connections']]
assert m['arrows'] == packets and sum(packets) == r['packets'], (m, packets)
END
else
	skip 'a browser draws it' 'chromium is not installed'
fi

# compare the comments that tshark shows with verdicts.jsonl
if command -v tshark >/dev/null; then
	ok 'a capture with drops is annotated' bash -c \
		"'$replay' '$corpus/fault-missed.pcap' --out '$work/missed'"
	for name in annotated dropped; do
		tshark -n -r "$work/missed/$name.pcapng" -T json -e frame.comment \
			>"$work/$name.json" 2>"$work/said"
	done
	ok 'tshark shows the verdicts as comments, of drops alone in dropped.pcapng' \
		python3 - "$work" <<'END'
import json
import sys
work = sys.argv[1]
verdicts = [json.loads(line) for line in open(work + '/missed/verdicts.jsonl')]
def comments(name):
    packets = json.load(open(f'{work}/{name}.json'))
    return [p['_source']['layers']['frame.comment'][0] for p in packets]
def fits(comment, v):
    lines = comment.replace('\\n', '\n').split('\n')
    first = 'sluice: ' + v['verdict']
    if v['verdict'] == 'drop':
        first += f" {v['reason']}: {v['text']}"
    want = [first]
    if 'expected' in v:
        want.append(v['expected'])
    if v['orig'] is not None:
        want.append(f"after: orig {v['orig']}, reply {v['reply']}")
    if 'before' in v:
        want.append('before: orig %(orig)s, reply %(reply)s' % v['before'])
    want += ['mark: ' + mark for mark in v.get('marks', [])]
    return lines[0] == first and set(want) <= set(lines)
drops = [v for v in verdicts if v['verdict'] == 'drop']
assert len(drops) == 3 and len(verdicts) == 16
for name, rows in (('annotated', verdicts), ('dropped', drops)):
    found = comments(name)
    assert len(found) == len(rows), (name, len(found), len(rows))
    for comment, v in zip(found, rows, strict=True):
        assert fits(comment, v), (name, comment, v)
END
else
	skip 'tshark shows the verdicts' 'tshark is not installed'
fi

"$replay" "$corpus/plain.pcap" --connection 1 >"$work/ladder" 2>&1
cat >"$work/want" <<'END'
1 SYN_SENT --> <SEQ=0><CTL=SYN> --> LISTEN
2 ESTABLISHED <-- <SEQ=0><ACK=1><CTL=SYN, ACK> <-- SYN_RECEIVED
3 ESTABLISHED --> <SEQ=1><ACK=1><CTL=ACK> --> ESTABLISHED
END
ladder()
{
	grep -E '^ +[123] ' "$work/ladder" | grep CTL |
		sed -E 's/^( +[0-9]+) +[0-9.]+  /\1 /; s/ +/ /g; s/^ //; s/ $//' |
		head -n 3 | diff "$work/want" -
}
ok 'the ladder of a connection shows segments and states' ladder
replay_end
