#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Compares the latency of a segment through sluice with that through dpdk-testpmd's io
# forwarding, at 10, 50 and 90 percent of the highest rate. Both run in turn between the
# same memif ports of bench-gen. The highest rate is measured first: that of a closed loop
# through the slower one, lowered until an open loop has no loss. In an open loop each
# segment has a time at which it is due, from which its latency counts.
set -u
usage="usage: bench/latency.sh [-o text|json] [-r rounds] [-c connections] [-t seconds a \
load]"

# shellcheck source=pair.sh
. "$(dirname "$0")/pair.sh"
# shellcheck source=options.sh
. "$(dirname "$0")/options.sh"

# The number of connections limits the segments in flight, which must fit into the rings.
format=text rounds=5 seconds=3 connections=512
bench_options '' "$@"
percents="10 50 90"
percentiles="p50 p99 p99.9"

fail()
{
	echo "bench/latency.sh: $*" >&2
	pair_log
	exit 1
}

command -v dpdk-testpmd >/dev/null || fail "needs dpdk-testpmd"
pair_setup memif || fail "no place for the sockets"
cat >"$PAIR_DIR/rules.nft" <<-'END'
	table inet filter {
		chain forward {
			type filter hook forward priority filter; policy drop
			ct state established,related accept
			iifname "lan" oifname "wan" tcp dport 80 accept
		}
	}
END
cat >"$PAIR_DIR/plane.yaml" <<-'END'
	ports:
	  - {name: lan, device: net_memif0}
	  - {name: wan, device: net_memif1}
	wires:
	  - [lan, wan]
	workers: 1
	rules: rules.nft
	control: control.sock
	conntrack:
	  max: 65536
END

# generate PLANE RATE CASE...: run bench-gen through a data plane; set $got to the values
# of these rows. RATE 0: as fast as possible. Starts a new data plane each time, since one
# can crash when its memif loses the peer during traffic. Must not be called in a
# subshell, which would hide the ids of the processes to end.
generate()
{
	local plane=$1 rate=$2

	shift 2
	pair_start "$plane" "$PAIR_DIR/plane.yaml" || fail "$plane did not start"
	"$BUILD/bench/bench-gen" "${PAIR_CLIENT[@]}" -m 512 "--lcores=0@$PAIR_CORE" -- \
		-H \
		-c "$connections" -R "$rate" -t "$seconds" -w 0.5 -o json \
			2>"$PAIR_DIR/gen.log" \
		>"$PAIR_DIR/rows" || fail "bench-gen: $(cat "$PAIR_DIR/gen.log")"
	pair_stop
	got=$("$PYTHON" "$NET_ROOT/bench/pick.py" "$@" <"$PAIR_DIR/rows") ||
		fail "no rows"
}

# capacity PLANE: set $got to the highest rate of a data plane, in segments per second.
capacity()
{
	local plane=$1 rate lost came tries

	generate "$plane" 0 segments
	rate=$got
	for ((tries = 0; tries < 20; tries++)); do
		generate "$plane" "$rate" again segments
		read -r lost came <<<"$got"
		awk "BEGIN { exit !($lost == 0 && $came >= 0.99 * $rate) }" && break
		rate=$(awk "BEGIN { print $rate * 0.93 }")
	done
	[ "$tries" -lt 20 ] || fail \
		"$plane does not keep up with $rate segments/s, either"
	got=$rate
}

capacity testpmd
wire=$got
capacity sluice
ours=$got
full=$(awk "BEGIN { printf \"%.0f\", $wire < $ours ? $wire : $ours }")

declare -A values
lost=0
for ((round = 0; round < rounds; round++)); do
	for plane in testpmd sluice; do
		for percent in $percents; do
			rate=$(awk "BEGIN { print $full * $percent / 100 }")
			generate $plane "$rate" again latency-p50 latency-p99 \
				latency-p99.9
			read -r again p50 p99 p999 <<<"$got"
			lost=$(awk "BEGIN { print $lost + $again }")
			values[$plane,$percent,p50]+=" $p50"
			values[$plane,$percent,p99]+=" $p99"
			values[$plane,$percent,p99.9]+=" $p999"
		done
	done
done

row()
{
	"$PYTHON" "$NET_ROOT/bench/rows.py" "$format" latency "$@"
}

minus()
{
	paste <(tr ' ' '\n' <<<"$1") <(tr ' ' '\n' <<<"$2") |
		awk 'NF == 2 { printf " %g", $1 - $2 }'
}

# This row prints the heading.
row "connections=$connections seconds=$seconds" segments/s testpmd "$wire" sluice "$ours"
for percent in $percents; do
	for part in $percentiles; do
		base=${values[testpmd,$percent,$part]}
		with=${values[sluice,$percent,$part]}
		rate=$(awk "BEGIN { printf \"%.0f\", $full * $percent / 100 }")
		row "load=$percent rate=$rate percentile=$part" \
			ns testpmd "$base" sluice "$with" added \
				"$(minus "$with" "$base")" |
			if [ "$format" = text ]; then tail -n +2; else cat; fi
	done
done
[ "$lost" = 0 ] || echo "# latency: $lost segments were lost and sent again" >&2
