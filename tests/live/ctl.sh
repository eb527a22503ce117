#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What sluicectl selects and counts, in its own words and in those of conntrack(8), and
# what `health` says to a monitor.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin ctl
live_plane 'table inet filter {
	chain forward { type filter hook forward priority filter; policy accept; }
}'
peer client lan
peer server wan
peer other wan
ok "a connection" connected client server 7000
peer second lan
ok "and another" connected second other 7001

# lines ARGUMENT...: the number of lines that sluicectl prints
lines()
{
	ctl "$@" 2>/dev/null | wc -l
}
is "count, of those that match" "$(ctl count -p tcp)" 2
is "count, of one" "$(ctl count -p tcp --dport 7001)" 1
is "count, of none" "$(ctl count -p sctp)" 0
all=$(ctl count)
is "count, of all, is that of stats" "$all" "$(ctl stats |
	awk '$1 ~ /^connections(_ipv6)?$/ { sum += $2 } END { print sum }')"
is "list, as far as --limit" "$(lines list -p tcp --limit 1)" 1
is "a limit beyond all" "$(lines list -p tcp --limit 9)" 2
is "JSON has the limit, too" "$(lines -o json list -p tcp --limit 1)" 1
is "sorted, with a limit: the largest port" "$(ctl list -p tcp --sort dport --limit 1)" \
	"tcp * dport=7001 *"
is "sorted by a text, as JSON" "$(lines -o json list -p tcp --sort src)" 3
is "an unknown column" "$(ctl list --sort colour 2>&1) $?" \
	"sluicectl: --sort colour: expected one of id, proto, *2"
is "a table" "$(ctl list -p tcp -o table --sort dport 2>/dev/null)" \
	"proto  src *timeout
tcp    $LAN4 *7001 ESTABLISHED  ESTABLISHED *
tcp    $LAN4 *7000 ESTABLISHED  ESTABLISHED *"
is "of columns" "$(ctl list -p tcp --columns dport,proto --limit 1 --sort dport)" \
	"dport proto *
 7001 tcp*"
row='{"connection":{"dport":7001,"proto":"tcp","vlan":null}}
{"listed":2}'
last=(-p tcp --limit 1 --sort dport)
is "of columns, as JSON" \
	"$(ctl -o json list "${last[@]}" --columns dport,proto,vlan)" "$row"
is "in any order of options" \
	"$(ctl list --columns dport,proto,vlan "${last[@]}" -o json)" "$row"
is "a table of something else" "$(ctl stats -o table 2>&1) $?" "*valid only with list*2"
is "columns of something else" "$(ctl -o json stats --columns src 2>&1) $?" \
	"sluicectl: --columns: valid only with list*2"
is "JSON of top" "$(ctl -o json top -b -n 1 2>&1) $?" \
	"sluicectl: --output json: not valid with top*give it with stats, *2"
screen=$(ctl top -b -n 1 -d 1)
is "top: rates, and connections by state" "$screen" "*packets/s*
TCP endpoints: ESTABLISHED 4
*"
is "top: ports, workers, and who began most connections" "$screen" \
	"*port *lan *up*worker *most connections from *
$LAN4  * ESTABLISHED 2*"
# The words of top(1), with other options before and behind the command, and joined.
for words in "top -bn1 -d1" "-t 5 -b top -n 1 -d 1" "-b top --delay=1 -n1" \
	"--timeout=5 top --iterations 1 -bd1"; do
	# shellcheck disable=SC2086 # words
	is "$words" "$(ctl $words 2>&1 | grep -c '^TCP endpoints:')" 1
done
is "top of no sluice" "$("$SLUICECTL" top -s "$NET_DIR/none" -b 2>&1) $?" \
	"sluicectl: $NET_DIR/none: is not there*4"
is "states in any case" \
	"$(lines list --state established) $(lines list --state assured)" "2 2"
is "an unknown state is none" "$(ctl list --state nonsense 2>&1)" "sluicectl: *state*"
socket=$NET_DIR/control.sock
is "conntrack -L" "$("$SLUICECTL" -L -p tcp -s "$LAN4" -d "$WAN4" --socket "$socket" \
	2>/dev/null | wc -l)" 2
is "conntrack -L, of another source" "$("$SLUICECTL" -L -s "$WAN4" --socket "$socket" \
	2>/dev/null | grep -c tcp)" 0
is "conntrack -C" "$("$SLUICECTL" -C -p tcp --socket "$socket")" 2
is "conntrack -D" "$("$SLUICECTL" -D --dport 7001 --socket "$socket" 2>&1)" \
	"tcp *1 connections deleted"
is "which leaves the others" "$(ctl count -p tcp)" 1
ctl list --limit 1 >/dev/full 2>/dev/null
is "output that is lost has a status" $? 1
is "a limit of another command" "$(ctl stats --limit 1 2>&1)" \
	"*--limit: valid only with list*"

# ---- health ----

is "all is well" "$(ctl health) $?" "ok 0"
is "as JSON" "$(ctl -o json health)" \
	'{"healthy":true,"reasons":[[]],"warnings":[[]]}'
net_exec wan ip link set b0 down
# shellcheck disable=SC2317 # by soon
ill()
{
	! ctl health
}
soon 10 "a lost link is not" ill
is "and is named, with status 1" "$(ctl health) $?" "port wan has no link 1"
net_exec wan ip link set b0 up
soon 10 "a link that is back is well" ctl health
said=$("$SLUICECTL" -s "$NET_DIR/none" health 2>&1)
is "no sluice: status 1" "$? $said" "1 sluicectl: $NET_DIR/none: is not there: *"
live_end
