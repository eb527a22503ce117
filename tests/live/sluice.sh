#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The program sluice on captures and null devices: its messages at start, exit statuses,
# sluicectl, telemetry, metrics, reloads, and its end. Needs neither root nor hugepages.
set -u
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

if ! [ -x "$SLUICE" ] || ! [ -x "$SLUICECTL" ]; then
	echo "1..0 # SKIP sluice: sluice or sluicectl is not built"
	exit 0
fi
if ! unshare --net true 2>/dev/null && ! unshare --user --net true 2>/dev/null; then
	echo "1..0 # SKIP sluice: no namespaces here"
	exit 0
fi

dir=$(mktemp -d)
pid=
prefix=sluice-test-$$
socket=$dir/run/control.sock
aid=$NET_TOOLS/sluice_aid.py
port=$((20000 + $$ % 20000))

# shellcheck disable=SC2317 # called by the trap
finish()
{
	[ -z "$pid" ] || net_end "$pid"
	rm -rf "$dir" "/var/run/dpdk/$prefix" "/var/run/dpdk/$prefix-2"
}
trap finish EXIT

# config DEVICE [LINES]: write a configuration with two devices of a driver
config()
{
	local vdevs='"--vdev=net_null0,no-rx=1", "--vdev=net_null1,no-rx=1"'

	if [ "$1" = net_pcap ]; then
		vdevs="\"--vdev=net_pcap0,rx_pcap=$dir/lan.pcap,tx_pcap=$dir/lan.out\""
		vdevs+=,
		vdevs+="\"--vdev=net_pcap1,rx_pcap=$dir/wan.pcap,tx_pcap=$dir/wan.out\""
	fi
	cat <<-END
		eal: [--no-huge, -m, "$megabytes", --no-pci, "--file-prefix=$prefix",
		      "--log-level=lib.eal:4", $lcores, $vdevs]
		ports: [{name: lan, device: ${1}0}, {name: wan, device: ${1}1}]
		wires: [[lan, wan]]
		control: $socket
	END
	printf '%s\n' "${2:-conntrack: {max: 1000\}}"
}

megabytes=128
# Use both cores if there are two; otherwise one core does everything.
lcores='-l, "0"'
[ "$(nproc)" -lt 2 ] || lcores='-l, "0,1"'

# run ARGUMENTS: run to the end; sets $status, $out and $err
run()
{
	timeout 60 "$SLUICE" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
	out=$(<"$dir/out")
	err=$(<"$dir/err")
}

# launch FILE: start in the background and wait until the socket answers
launch()
{
	"$SLUICE" -- -c "$1" >"$dir/log" 2>&1 </dev/null &
	pid=$!
	wait_until 30 ask stats
}

# stop SIGNAL: end it; sets $status
stop()
{
	kill "-$1" "$pid"
	wait "$pid" 2>/dev/null
	status=$?
	pid=
}

# shellcheck disable=SC2317 # called by wait_until, too
ask()
{
	timeout 20 "$SLUICECTL" -s "$socket" "$@"
}

# shellcheck disable=SC2317 # called by ok()
logged()
{
	grep -qF -- "$1" "$dir/log"
}

rules()
{
	cat <<-END
		table inet filter {
			chain forward {
				type filter hook forward priority filter; policy drop
				ct state established,related accept
				iifname "lan" tcp dport 81 counter reject with tcp reset
				iifname "lan" oifname "wan" counter accept
				$*
			}
		}
	END
}

python3 "$aid" captures "$dir"
rules >"$dir/rules.nft"

# ---- errors have a message and an exit status of their own ----

run
is "without a configuration: usage" "$status $err" \
	"2 sluice: no configuration, -c FILE is expected*"
run -- -c x --wrong
is "an unknown option: usage" "$status $err" "2 sluice: unknown option --wrong*"
run -l 0
is "EAL options without --: usage" "$status $err" \
	"2 sluice: unknown option -l*EAL options stand before '--'*"
run --help
is "--help" "$status $out" "0 usage: sluice *"
run -- --version
is "--version" "$status $out" "0 sluice * DPDK *"

run -c "$dir/none.yaml"
is "a missing configuration" "$status $err" \
	"2 sluice: $dir/none.yaml: No such file or directory"
config net_null 'conntrack: {maximum: 5}' >"$dir/bad.yaml"
run -c "$dir/bad.yaml"
is "an unknown key, and where" "$status $err" \
	"2 sluice: $dir/bad.yaml:6:13: conntrack.maximum: *"
config net_null 'workers: 5' >"$dir/bad.yaml"
run -- -c "$dir/bad.yaml"
is "more workers than cores" "$status $err" \
	"2 *sluice: 5 workers, but the EAL has * lcores for them *"

config net_null "rules: bad.nft" >"$dir/bad.yaml"
run -c "$dir/bad.yaml"
is "a missing rule file" "$status $err" "3 sluice: *bad.nft*"
echo 'table inet x { chain y { what } }' >"$dir/bad.nft"
run -c "$dir/bad.yaml"
is "an error of syntax, nft's own, with its line" "$status $err" \
	"3 sluice: *bad.nft:1:31*rror*"
rules 'tcp dport 80 synproxy mss 1460 wscale 7' >"$dir/bad.nft"
run -c "$dir/bad.yaml"
is "a rule that cannot be evaluated, with its text" "$status $err" \
	"3 sluice: *synproxy mss 1460 wscale 7*is not supported*"
: >"$dir/bad.nft"
run -c "$dir/bad.yaml"
is "an empty rule file" "$status $err" "3 sluice: *bad.nft: *"

config net_null | sed 's/device: net_null1/device: eth7/' >"$dir/bad.yaml"
run -- -c "$dir/bad.yaml"
is "a device that does not exist, and those that do" "$status $err" \
	"4 *sluice: port 'wan': no device is called 'eth7'; *net_null0, net_null1"
config net_null 'conntrack: {max: 1073741824}' >"$dir/bad.yaml"
run -- -c "$dir/bad.yaml"
is "a table that does not fit: how much, of what" "$status $err" \
	"4 *sluice: the tables of a worker need * MiB, there are * MiB of memory *"
config net_null >"$dir/null.yaml"
run --unheard-of -- -c "$dir/null.yaml"
is "what the EAL refuses" "$status $err" "4 *sluice: the EAL does not start*"

# ---- --check, and the reference configuration ----

run -c "$NET_ROOT/conf/sluice.yaml" --check
is "conf/sluice.yaml is right, but for its interfaces" "$status $out" \
	"4 *rules: *office.nft: *"
is "which it names" "$err" "*sluice: port 'lan': there is no interface eth1: *"

cat >"$dir/wires.yaml" <<EOF
eal: [--no-huge, -m, "256", --vdev=net_null0, --vdev=net_null1, --vdev=net_null2,
      --vdev=net_null3]
control: $dir/wires.sock
ports: [{name: a, device: net_null0}, {name: b, device: net_null1},
        {name: c, device: net_null2}, {name: d, device: net_null3}]
wires: [{ports: [a, b], group: lag0}, {ports: [c, d], group: lag0}]
pppoe: track
offloads: warn
link_propagation: true
conntrack: {vlan_key: false}
EOF
run -c "$dir/wires.yaml" --check
is "--check says what is one wire" "$status $out" \
	"0 *wires: ?a, b? of group lag0, ?c, d? of group lag0*"
is "and what is seen of it" "$out" \
	"*VLANs: one network; PPPoE: tracked; offloads: warned of; lost links: passed on*"

# The sizes for a million connections, and again with accounting
size()
{
	sed -nE "s/^ +$1 +([0-9.]+) MiB.*/\1/p" <<<"$out"
}
config net_null 'conntrack: {max: 1048576, max_ipv6: 10000}' >"$dir/sizes.yaml"
run -c "$dir/sizes.yaml" --check
for text in "IPv4  connections and timers * 128.0 MiB * 128.0 bytes each" \
	"IPv4  index * 10.0 MiB * 10.0 bytes each" \
	"IPv4  extension table * MiB * 4.* bytes each" \
	"IPv6  connections and timers * 160.0 bytes each" "timer wheels *MiB" \
	"packet buffers * MiB * 2432 bytes each" "hugepages: * MiB are free, *"; do
	is "--check says: $text" "$status $out" "0 *$text*ok"
done
is "no row for what is off" "$(grep -cE 'IPv4  (accounting|security)' <<<"$out")" 0
before=$(size 'IPv4  together')
config net_null 'mbufs: 100000
conntrack: {max: 1048576, max_ipv6: 10000, acct: true, ip_security: match}' \
	>"$dir/sizes.yaml"
run -c "$dir/sizes.yaml" --check
is "accounting, labels and buffers are in it" "$out" \
	"*IPv4  accounting * 44.0 MiB * 44.0 bytes each\
*IPv4  security labels * 4.0 MiB * 4.0 bytes each*100000 packet buffers * MiB*"
is "and counted" "$(awk "BEGIN { print $(size 'IPv4  together') - $before }")" 48

# For an unknown key that resembles none, the message lists all keys.
known=
for text in 'zzzzzzzzzzzz: 1' 'conntrack: {zzzzzzzzzzzz: 1}'; do
	config net_null "$text" >"$dir/bad.yaml"
	run -c "$dir/bad.yaml"
	known="$known ${err#*expected one of }"
done
missing=
for key in ${known//,/ }; do
	grep -q "^ *$key: " "$NET_ROOT/conf/sluice.yaml" || [ "$key" = eal ] ||
		grep -q "^$key:$" "$NET_ROOT/conf/sluice.yaml" ||
			missing="$missing conf:$key"
	grep -q "\`$key\`" "$NET_ROOT/docs/configuration.md" ||
		missing="$missing docs:$key"
done
is "conf/sluice.yaml and docs/configuration.md have every key" "$missing" ""
ok "and these were keys" test "$(wc -w <<<"$known")" -gt 25

# ---- running ----

config net_pcap "rules: rules.nft
metrics: 127.0.0.1:$port
conntrack: {max: 1000, acct: true, ipfrag_time: 3600}" >"$dir/pcap.yaml"
ok "it starts, and its socket answers" launch "$dir/pcap.yaml"
for text in "port lan: net_pcap0, driver net_pcap, " "wire 0: lan <-> wan" \
	"wires lan-wan; tables: " \
	"rules.nft: 3 rules, 2 counters, established: accept, " \
	"connections: 1000 of IPv4, 1000 of IPv6; " running; do
	ok "it reports: $text" logged "$text"
done
is "its socket is for owner and group" "$(stat -c %a "$socket")" 660

# shellcheck disable=SC2317 # called by soon()
all_in()
{
	ask -o json stats | grep -q '"packets":77,'
}
soon 10 "all frames have come in" all_in
stats=$(ask -o json stats)
is "70 connections" "$stats" '*"connections":70,*'
is "ARP crosses, and is counted" "$stats" '*"bypassed":1,*'
is "a fragment waits" "$stats" '*"reassembled":0,"fragments":1,*'
is "a rule's reset is counted" "$stats" '*"made":{"rst":1,*'
is "ports are counted" "$stats" '*"wan":{"rx_packets":2,*"tx_packets":72,*'
is "stats for people" "$(ask stats)" "*connections_max *1000*lan *wan *"
is "drops, those that are not 0" "$(ask drops | wc -l)" 4
is "drops, all" "$(ask drops -a)" "*tcp_seq_right * 0 *"
is "drops: the frame of an unknown protocol" "$(ask drops)" \
	"*non_ip *1 *policy_drop *1 *policy_reject *1 *"

is "an established connection, in conntrack's words" \
	"$(ask list --state ESTABLISHED 2>/dev/null)" \
	"tcp      6 74[34]? ESTABLISHED src=10.9.0.1 dst=10.9.0.2 sport=1000 dport=80 \
packets=2 bytes=* src=10.9.0.2 dst=10.9.0.1 sport=80 dport=1000 packets=1 bytes=* \
\[ASSURED\] use=1 orig=ESTABLISHED reply=ESTABLISHED"
is "one that has no answer" "$(ask list --sport 1001 2>/dev/null)" \
	"tcp      6 1[12]? SYN_SENT * \[UNREPLIED\] src=* orig=SYN_SENT reply=LISTEN"
is "all" "$(ask list 2>/dev/null | wc -l)" 70
states=$(ask states)
is "endpoints by state: one connection is open, 69 are not answered" "$states" \
	"endpoints * lan * wan
*LISTEN * 0 * 69
SYN_SENT * 69 * 0
*ESTABLISHED * 1 * 1
*"
is "as JSON" "$(ask -o json states)" \
	'{"states":{"lan":{"now":{"CLOSED":0,*"SYN_SENT":69,*'
is "those of a network" \
	"$(ask list -p tcp --src 10.9.0.0/31 --dst 10.9.0.2 2>/dev/null | wc -l)" 70
is "none of another protocol" "$(ask list -p udp 2>&1)" "sluicectl: 0 connections listed"
is "as JSON, a line each, the number last" "$(ask list -o json --sport 1069)" \
	'{"connection":{*"sport":1069,*}}
{"listed":1}'
is "an answer to a wrong filter" "$(ask list --src 10.9 2>&1) $?" \
	"sluicectl: src: an address *1"
is "rules and their counters" "$(ask rules)" \
	"* 1 * 40 *dport 81*reject with tcp reset* 70 * 2800 *accept*"

is "telemetry: stats" "$(python3 "$aid" telemetry "$prefix" /sluice/stats)" \
	'*"packets":*77*"fragments":*1*'
is "telemetry: drops" "$(python3 "$aid" telemetry "$prefix" /sluice/drops)" \
	'*"policy_drop":*1*'
is "telemetry: conntrack" "$(python3 "$aid" telemetry "$prefix" /sluice/conntrack)" \
	'*"connections":*70*"connections_max":*1000*'

# get PATH: print status and page
get()
{
	python3 - "$port" "$1" <<-'END'
		import http.client, sys
		port = int(sys.argv[1])
		link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
		link.request("GET", sys.argv[2])
		answer = link.getresponse()
		print(answer.status, answer.read().decode())
	END
}
is "metrics" "$(get /metrics)" '200 *sluice_packets_total 77*sluice_reassembled_total 0*
sluice_fragments 1*sluice_connections{family="ipv4"} 70*
sluice_drops_total{reason="policy_drop"} 1*'
is "no other page" "$(get /)" "404 *"

# ---- commands that change the state ----

ask events >"$dir/events" 2>/dev/null &
watcher=$!
# shellcheck disable=SC2317 # called by soon()
watched()
{
	# delete connections one by one until the subscription has started and reports one
	ask delete --sport $((1010 + tries++)) >/dev/null 2>&1
	grep -q DESTROY "$dir/events"
}
tries=0
soon 10 "events: a connection's end" watched
is "in conntrack's words" "$(head -n 1 "$dir/events")" \
	"\[DESTROY\] tcp      6 SYN_SENT src=10.9.0.1 dst=10.9.0.2 sport=10* \
orig=SYN_SENT reply=LISTEN reason=deleted"
kill $watcher
wait $watcher 2>/dev/null
is "delete says what it has removed" "$(ask delete --sport 1069 2>/dev/null)" \
	"tcp * sport=1069 *"
is "a filter that is no text deletes nothing" "$(ask delete --src $'\xff' 2>&1) $?" \
	"sluicectl: --src: the value is not UTF-8*2"
is "delete without a match" "$(ask delete --sport 1069 2>&1) $?" \
	"*0 connections deleted 1"
is "delete of nothing in particular" "$(ask delete 2>&1) $?" \
	"sluicectl: delete: no filter is given*1"

rules "udp dport 53 counter accept" >"$dir/rules.nft"
is "reload" "$(ask reload)" "rules reloaded: *rules.nft: 4 rules"
is "the new rules are in force" "$(ask rules)" "*udp dport 53*"
rules "udp dport 77 accept" >"$dir/rules.nft"
is "reload --dry-run tells what would happen" "$(ask reload --dry-run) $?" \
	"dry run, the old rules stay in force: *rules.nft: 4 rules*of [0-9]* conn*, * 0"
is "and puts nothing in force" "$(ask rules)" "*udp dport 53*"
{
	rules "udp dport 53 counter accept"
	echo 'table inet u { chain in { type filter hook input priority 0; policy drop;'
	echo '} }' | tr ' ' '\n'
} >"$dir/rules.nft"
is "the answer of a reload has its notices" "$(ask reload)" \
	"rules reloaded: *notice: *rules.nft: not evaluated*table inet u: in (hook in*"
rules "udp dport 54 what" >"$dir/rules.nft"
is "a reload that fails says why" "$(ask reload 2>&1) $?" \
	"sluicectl: rules not reloaded, the old ones stay in force: *rules.nft:7*rror* 3"
is "and the old rules are in force" "$(ask rules)" "*udp dport 53*"
kill -HUP "$pid"
soon 10 "SIGHUP with a wrong file: logged" logged \
	"sluice: rules not reloaded, the old ones stay"
is "and the old rules are in force" "$(ask rules)" "*udp dport 53*"
rules "udp dport 55 accept" >"$dir/rules.nft"
kill -HUP "$pid"
# shellcheck disable=SC2317 # called by soon()
has_55()
{
	ask rules | grep -q "udp dport 55"
}
soon 10 "SIGHUP with a right one: in force" has_55
ok "no connection is lost by it" test "$(ask list 2>/dev/null | wc -l)" -gt 40

# ---- a client that does not read delays no other ----

python3 "$aid" deaf "$socket" 3 &
deaf=$!
sleep 0.5
is "others are answered meanwhile" \
	"$(for _ in 1 2 3 4 5; do ask list --sport 1000 2>/dev/null; done | wc -l)" 5
# ---- a reload that ends connections ----

rules "" | sed 's/counter accept/udp dport 9 accept/' >"$dir/rules.nft"
is "a dry run names what refuses a connection" "$(ask reload --dry-run)" \
	"*would be dropped: tcp 10.9.0.1 10* > 10.9.0.2 *, by the policy of a chain*"
is "a dry run ends no connections" "$(ask reload --dry-run --flush 2>&1) $?" \
	"sluicectl: --flush: valid only with reload without --dry-run* 2"
is "--reset needs something that ends" "$(ask reload --reset 2>&1) $?" \
	"sluicectl: reload: reset is for connections that end* 1"
is "which --keep does not do" "$(ask reload --keep --reset 2>&1) $?" \
	"sluicectl: --reset: for connections that end, which --keep does not* 2"
is "--recheck ends the connections that the new rules refuse" \
	"$(ask reload --recheck --reset)" \
	"rules reloaded: *[1-9]* of [1-9]* connections ended"
is "so that the next one finds none" "$(ask reload --recheck)" \
	"rules reloaded: *0 of [0-9]* connections ended"
is "--flush ends the others" "$(ask reload --flush)" \
	"rules reloaded: *connections ended"

is "flush" "$(ask flush 2>&1)" "sluicectl: * connections flushed"
is "and all are gone" "$(ask list 2>/dev/null | wc -l)" 0
wait $deaf

# ---- termination ----

config net_null | sed "s/$prefix/$prefix-2/" >"$dir/second.yaml"
run -- -c "$dir/second.yaml"
is "a second one on the same socket is refused" "$status $err" \
	"4 *sluice: control socket $socket: another sluice has it, process $pid *"
is "and the first goes on" "$(ask -o json stats)" '{"stats":*'

stop TERM
is "SIGTERM: status 0" "$status" 0
is "with a last table of ports and drops" "$(<"$dir/log")" \
	"*stopping: *port *rx packets*lan *wan *drops *policy_drop * 1 *"
ok "the socket is gone" test ! -e "$socket"
is "sluicectl says so" "$(ask list 2>&1) $?" \
	"sluicectl: $socket: is not there: is sluice running?*4"

ok "it starts again" launch "$dir/null.yaml"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
ok "killed, it leaves its socket" test -S "$socket"
is "sluicectl says that the socket is stale" "$(ask list 2>&1) $?" \
	"sluicectl: $socket: stale socket*4"
ok "which the next one replaces" launch "$dir/null.yaml"
stop INT
is "SIGINT: status 0" "$status" 0

# ---- audit mode: everything passes, and is counted ----

rules >"$dir/rules.nft"
config net_pcap "rules: rules.nft
mode: audit" >"$dir/audit.yaml"
ok "audit mode starts" launch "$dir/audit.yaml"
ok "it says so" logged "warning: mode: audit: "
soon 10 "all frames have come in" all_in
is "nothing is dropped" "$(ask -o json stats)" '*"dropped":0,"audited":3,*'
is "what would be dropped is counted" "$(ask drops)" \
	"*would drop *policy_drop *0 *1 *policy_reject *0 *1 *"
is "by rule, and policy" "$(ask rules)" \
	"*policy drop; # *would drop 1 packets*reset # *would drop 1 packets*"
is "each has a record" "$(ask drops -v --reason policy_reject)" \
	"* would drop policy_reject *"
stop TERM

# ---- four workers on the available cores share a wire whose ports have one queue ----

last=$(($(nproc) - 1))
lcores="\"--lcores=0@0,1@0,2@$last,3@0,4@$last\""
megabytes=256
config net_pcap 'workers: 4' >"$dir/pcap.yaml"
ok "four workers start" launch "$dir/pcap.yaml"
ok "which receives is said" logged "one queue, software handoff from worker 1"
ok "and that they share the wire" logged "wire 0: lan <-> wan, workers: 4"
# shellcheck disable=SC2317 # called by soon()
all_but_one_in() # a fragment waits at its gatherer, and counts when it has its verdict
{
	ask -o json stats | grep -q '"packets":76,.*"fragments":1,'
}
soon 20 "all frames have come in" all_but_one_in
is "all connections are listed" "$(ask list 2>/dev/null | wc -l)" 72
workers=$(python3 "$aid" telemetry "$prefix" /sluice/workers)
is "each worker has some of them" "$workers" \
	'*"connections":\[[1-9]*,[1-9]*,[1-9]*,[1-9]*\]*'
is "worker 2 receives nothing, so hands nothing over" "$workers" \
	'*"handed_over":\[[1-9]*,*,0,0\]*'
is "ports send by one of them" "$(ask -o json stats)" \
	'*"wan":{"rx_packets":2,*"tx_packets":7[0-4],*'
is "flush reaches all" "$(ask flush 2>&1)" "sluicectl: 72 connections flushed"
stop TERM
is "four workers end" "$status" 0

config net_null 'workers: 2' >"$dir/null.yaml"
ok "devices that spread by RSS get a queue a worker" launch "$dir/null.yaml"
ok "which is said" logged "symmetric RSS over 2 queues"
stop TERM
is "and end" "$status" 0

lcores='-l, "0"'
config net_null >"$dir/null.yaml"
ok "one core is enough" launch "$dir/null.yaml"
ok "which is said" logged "warning: one core does everything"
is "it answers" "$(ask -o json stats)" '{"stats":*'
stop TERM
is "and ends" "$status" 0

live_end
