#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# sluice-replay on a pair of captures of 100,000 packets: the output files are equal in
# each run and with any burst size. And each kind of wrong input has its message and exit
# status.
set -u
cd "$(dirname "$0")/../.." || exit 1
replay=$(realpath "${BUILD:-build}")/app/replay/sluice-replay
packets=${PACKETS:-100000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
as=() # a program to run it under, for example valgrind
n=0 failed=0

ok()
{
	n=$((n + 1))
	if "${@:2}"; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$work/said" 2>/dev/null
		failed=1
	fi
}

# run OUT OPTIONS..: run sluice-replay on the pair of captures
run()
{
	"${as[@]}" "$replay" --config "$work/config.yaml" --port lan="$work/lan.pcap" \
		--port wan="$work/wan.pcap" --out "$work/$1" "${@:2}" >"$work/said" 2>&1
}

# refused STATUS TEXT OPTIONS..: it exits with STATUS and prints TEXT in one line; after
# wrong usage also the hint to --help
refused()
{
	local status
	"$replay" "${@:3}" >"$work/said" 2>&1 </dev/null
	status=$?
	[ "$status" -eq "$1" ] && grep -qF -- "$2" "$work/said" &&
		[ "$(grep -vc "^Try 'sluice-" "$work/said")" -eq 1 ] && return 0
	echo "# status $status, expected $1 and: $2"
	return 1
}

same()
{
	diff -rq "$work/$1" "$work/$2" >"$work/said"
}

lines_are()
{
	[ "$(grep -c '"n":' "$work/$1/verdicts.jsonl")" -eq "$2" ]
}

# well_formed FILE: each line is JSON with the keys that docs/replay.md states, in that
# order.
well_formed()
{
	python3 - "$1" <<'EOF'
import json
import sys
keys = ['n', 't', 'port', 'verdict', 'reason', 'action', 'conn', 'orig', 'reply']
expiry = ['t', 'event', 'conn', 'reason', 'orig', 'reply']
last = 0
for number, line in enumerate(open(sys.argv[1] + '/verdicts.jsonl'), 1):
    found = json.loads(line)
    assert list(found) in (keys, expiry), line
    assert 'n' not in found or found['n'] == number, line
    assert found['t'] >= last, line
    last = found['t']
left = json.load(open(sys.argv[1] + '/connections.json'))
assert all('conn' in c and 'timeout' in c for c in left)
gone = sum('"event"' in line for line in open(sys.argv[1] + '/verdicts.jsonl'))
assert gone == len(left), (gone, len(left))
EOF
}

# The frames that left are those that entered and passed, and generated ones: compare the
# counts.
adds_up()
{
	python3 - "$1" <<'EOF'
import json
import struct
import sys

def frames(file):
    data, at, n = open(file, 'rb').read(), 24, 0
    while at < len(data):
        at += 16 + struct.unpack('<I', data[at + 8:at + 12])[0]
        n += 1
    return n

sent = sum(frames('%s/%s.pcap' % (sys.argv[1], name)) for name in ('lan', 'wan'))
lines = [json.loads(line) for line in open(sys.argv[1] + '/verdicts.jsonl')]
passed = sum(line.get('verdict') == 'pass' for line in lines)
made = sum(line.get('action', 'none') != 'none' for line in lines)
assert sent >= passed + made, (sent, passed, made)
assert made > 0
EOF
}

cat >"$work/config.yaml" <<EOF
eal: ["--no-such-option"]
ports:
  - {name: lan, device: net_none0}
  - {name: wan, device: net_none1}
  - {name: lan2}
  - {name: wan2}
wires:
  - [lan, wan]
  - [lan2, wan2]
control: /nonexistent/sluice.sock
EOF
sed '/wires/,$d' "$work/config.yaml" >"$work/spare.yaml"
printf '  - {name: spare}\nwires:\n  - [lan, wan]\n  - [lan2, wan2]\n' \
	>>"$work/spare.yaml"
python3 tests/live/make_captures.py "$packets" "$work" || exit 1

begin=$(date +%s%N)
ok 'a replay of the pair succeeds' run first --drain
echo "# $packets packets in $((($(date +%s%N) - begin) / 1000000)) ms"
ok 'it has a line for each packet' lines_are first "$packets"
ok 'its files are well formed, and what is left expires' well_formed "$work/first"
ok 'what passed and what was made has left' adds_up "$work/first"
ok 'a second run succeeds' run second --drain
ok 'and writes the same bytes' same first second
for burst in 1 7 64; do
	ok "bursts of $burst succeed" run "burst-$burst" --drain --burst "$burst"
	ok "and write the same bytes" same first "burst-$burst"
done
as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
if chmod 777 "$work" && "${as[@]}" test -x "$replay" 2>/dev/null; then
	ok 'the same without privileges' run nobody --drain
	ok 'writes the same bytes too' same first nobody
else
	n=$((n + 1))
	echo "ok $n - the same without privileges # SKIP nobody may not run $replay"
fi
as=()

args=(--config "$work/config.yaml" --out "$work/out")
lan=(--port "lan=$work/lan.pcap")
ok 'no options' refused 2 'no capture: expected CAPTURE, or --port'
ok 'no port' refused 2 'no capture: expected CAPTURE, or --port' "${args[@]}"
ok 'no output' refused 2 '--out DIR is missing' --config "$work/config.yaml" "${lan[@]}"
ok 'an unknown port' refused 2 'has no port of this name' "${args[@]}" --port lam=x
ok 'a port twice' refused 2 'is given twice' "${args[@]}" "${lan[@]}" "${lan[@]}"
ok 'a port without a file' refused 2 'expected NAME=CAPTURE' "${args[@]}" --port lan
ok 'a burst of 0' refused 2 'from 1 to 64 is expected' "${args[@]}" "${lan[@]}" --burst 0
ok 'a burst of 65' refused 2 'from 1 to 64 is expected' "${args[@]}" "${lan[@]}" \
	--burst 65
ok 'a capture beside --port' refused 2 'more: a capture beside --port' \
	"${args[@]}" "${lan[@]}" more
"$replay" --config "$work/spare.yaml" --out "$work/out" --port spare=x >"$work/said" 2>&1
ok 'a port in no wire' grep -qF 'in no wire of' "$work/said"
cat >"$work/dup.nft" <<'EOF'
table ip t {
	chain c {
		type filter hook forward priority 0
		dup to 192.0.2.9 device "spare"
	}
}
EOF
"$replay" --config "$work/spare.yaml" --rules "$work/dup.nft" --out "$work/copied" \
	"${lan[@]}" >"$work/said" 2>&1
ok 'which gets a copy of each UDP datagram of IPv4, and only what has passed' \
	python3 - "$work/copied" <<'EOF'
import struct
import sys

def frames(name):
    with open(f'{sys.argv[1]}/{name}.pcap', 'rb') as file:
        file.read(24)
        while header := file.read(16):
            yield file.read(struct.unpack_from('<8xI', header)[0])

copies, passed = list(frames('spare')), list(frames('wan'))
assert set(copies) <= set(passed), 'something else'
udp = [[f for f in part if f[12:14] == b'\x08\0' and f[23] == 17]
       for part in (copies, passed)]
assert udp[0] and udp[0] == udp[1], [len(part) for part in udp]
EOF
ok 'no configuration' refused 2 "$work/none.yaml" --config "$work/none.yaml" \
	--out "$work/out" "${lan[@]}"
printf 'forward\n' >"$work/bad.nft"
"$replay" "${args[@]}" "${lan[@]}" --rules "$work/bad.nft" >"$work/said" 2>&1
ok 'rules that are none: status 3' test $? -eq 3
"$replay" "${args[@]}" "${lan[@]}" --rules "$work/none.nft" >"$work/said" 2>&1
ok 'rules that are not there: status 3' test $? -eq 3

ok 'no capture' refused 4 'No such file' "${args[@]}" --port "lan=$work/none.pcap"
: >"$work/bad.pcap"
ok 'an empty file' refused 4 'empty; expected a capture' "${args[@]}" --port \
	"lan=$work/bad.pcap"
head -c 10 "$work/lan.pcap" >"$work/bad.pcap"
ok 'half a file header' refused 4 'no capture' "${args[@]}" --port "lan=$work/bad.pcap"
echo 'this is no capture, but a line of text' >"$work/bad.pcap"
ok 'a text' refused 4 'no capture' "${args[@]}" --port "lan=$work/bad.pcap"
ok 'a folder' refused 4 'expected a file' "${args[@]}" --port "lan=$work"
{ head -c 20 "$work/lan.pcap"; printf '\151\0\0\0'; tail -c +25 "$work/lan.pcap"; } \
	>"$work/bad.pcap"
ok 'a link type that is not known is named' refused 4 \
	'link type IEEE802_11 (105); expected EN10MB' "${args[@]}" \
	--port "lan=$work/bad.pcap"
ok 'a folder that cannot be made' refused 4 "$work/lan.pcap/out" --config \
	"$work/config.yaml" \
	--out "$work/lan.pcap/out" "${lan[@]}"

"$replay" "${args[@]}" --port "lan=$work/lan.pcap" --port "wan=$work/wan.pcap" \
	--port "lan2=$work/lan.pcap" --port "wan2=$work/wan.pcap" >"$work/said" 2>&1
ok 'two wires at once succeed' test $? -eq 0
ok 'with twice the packets' lines_are out $((2 * packets))
rm -rf "$work/out"

head -c 24 "$work/lan.pcap" >"$work/bad.pcap"
"$replay" "${args[@]}" --port "lan=$work/bad.pcap" >"$work/said" 2>&1
ok 'a capture without packets is none of the errors' test $? -eq 0
ok 'but is mentioned' grep -qF 'no packets' "$work/said"
ok 'and has no verdict' lines_are out 0

# the third record is truncated
python3 - "$work/lan.pcap" "$work/bad.pcap" <<'EOF'
import struct
import sys
data, at = open(sys.argv[1], 'rb').read(), 24
for _ in range(3):
    start, at = at, at + 16 + struct.unpack('<I', data[at + 8:at + 12])[0]
open(sys.argv[2], 'wb').write(data[:at - 1])
EOF
"$replay" "${args[@]}" --port "lan=$work/bad.pcap" >"$work/said" 2>&1
ok 'a truncated capture ends with status 4' test $? -eq 4
ok 'names the packet' grep -qF 'damaged at packet 3' "$work/said"
ok 'and loses none of the whole ones' lines_are out 2

# An input file is never written, by whatever name it is given.
mkdir "$work/own" "$work/named"
cp "$work/lan.pcap" "$work/own/lan.pcap"
cp "$work/config.yaml" "$work/own/config.yaml"
ok 'a capture in the folder of the output' refused 2 'is the file of --port' \
	--config "$work/config.yaml" --out "$work/own" --port "lan=$work/own/lan.pcap"
ok 'a capture that will leave the other port' refused 2 'is the file of --port' \
	--config "$work/config.yaml" --out "$work/own" --port "wan=$work/own/lan.pcap"
ok 'it is as it was' cmp "$work/lan.pcap" "$work/own/lan.pcap"
ok 'and nothing was written beside it' test ! -e "$work/own/verdicts.jsonl"
ln "$work/lan.pcap" "$work/named/wan.pcap"
ok 'a hard link to a capture' refused 2 'is the file of --port' \
	--config "$work/config.yaml" --out "$work/named" "${lan[@]}"
ln -sf ../lan.pcap "$work/named/wan.pcap"
ok 'a symbolic link to a capture' refused 2 'is the file of --port' \
	--config "$work/config.yaml" --out "$work/named" "${lan[@]}"
rm "$work/named/wan.pcap"
ln -s "$work/config.yaml" "$work/named/verdicts.jsonl"
ok 'a link to the configuration' refused 2 'is the file of --config' \
	--config "$work/config.yaml" --out "$work/named" "${lan[@]}"
printf '{"nftables": []}\n' >"$work/rules.json"
ln -sf ../rules.json "$work/named/verdicts.jsonl"
ln -s verdicts.jsonl "$work/named/connections.json"
ok 'a link to the rules' refused 2 'is the file of --rules' --rules "$work/rules.json" \
	--config "$work/config.yaml" --out "$work/named" "${lan[@]}"
: >"$work/empty"
ln -sf ../empty "$work/named/verdicts.jsonl"
ok 'two names of one file' refused 2 'are one file' \
	--config "$work/config.yaml" --out "$work/named" "${lan[@]}"
rm "$work/empty"
ok 'a link to nothing' refused 2 'is a link to nothing' \
	--config "$work/config.yaml" --out "$work/named" "${lan[@]}"
ok 'the inputs are as they were' cmp "$work/lan.pcap" "$work/own/lan.pcap"
rm -rf "$work/named"

# late SECONDS FIRST LAST: replay a handshake at this time from $work/late-*.pcap
late()
{
	python3 - "$work" "$1" <<'EOF'
import struct
import sys
sys.path.insert(0, 'tests/live')
from make_captures import ACK, SYN, Host, tcp
hosts = Host(0, 1), Host(1, 1)
first = int(sys.argv[2])
frames = [(0, 'lan', tcp(0, hosts[0], hosts[1], 40000, 80, SYN, 1000, 0, 0)),
          (1, 'wan', tcp(0, hosts[1], hosts[0], 80, 40000, SYN | ACK, 5000, 1001, 0)),
          (2, 'lan', tcp(0, hosts[0], hosts[1], 40000, 80, ACK, 1001, 5001, 0))]
for side in 'lan', 'wan':
    with open('%s/late-%s.pcap' % (sys.argv[1], side), 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for at, port, data in frames:
            if port == side:
                size = len(data)
                f.write(struct.pack('<IIII', first, 500000 + at, size, size) + data)
EOF
	timeout 20 "$replay" --config "$work/config.yaml" --out "$work/late" --drain \
		--port lan="$work/late-lan.pcap" --port wan="$work/late-wan.pcap" \
		>"$work/said" 2>&1
}

# left_at N FIRST LAST: N frames left wan, the first and the last one at these times
left_at()
{
	python3 - "$work/late/wan.pcap" "$@" <<'EOF'
import struct
import sys
data, at, seconds = open(sys.argv[1], 'rb').read(), 24, []
while at < len(data):
    seconds.append(struct.unpack('<I', data[at:at + 4])[0])
    at += 16 + struct.unpack('<I', data[at + 8:at + 12])[0]
assert [len(seconds), seconds[0], seconds[-1]] == [int(n) for n in sys.argv[2:]], seconds
EOF
}

for second in 0 2147483640 2147483648 3000000000; do
	ok "a capture of second $second is replayed and drained" late "$second"
	ok 'two segments and three probes leave in their seconds' \
		left_at 5 "$second" $((second + 7442))
	ok 'and one connection expires' grep -q '"t":7443.0000' \
		"$work/late/verdicts.jsonl"
done
ok 'a capture of the last seconds that there are ends, too' late $((0xfffffff0))
ok 'what leaves after them has the last one' left_at 5 $((0xfffffff0)) $((0xffffffff))
ok 'which is said' grep -qF '6 frames left after 2106' "$work/said"
ok 'and one connection expires' grep -q '"event":"expire","conn":1,"reason":"timeout_' \
	"$work/late/verdicts.jsonl"
ok 'times are counted from the first packet' \
	grep -q '"t":7443.0000' "$work/late/verdicts.jsonl"

echo "1..$n"
exit $failed
