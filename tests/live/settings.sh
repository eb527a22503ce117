#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A reload takes over the configuration, too: time-outs for connections that exist
# already, the log of records. It names what needs a restart, and a broken file changes
# nothing.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# udp HOST ADDRESS PORT: send a datagram
udp()
{
	net_exec "$1" "$PYTHON" -c "
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('$2', $3))"
}

# configure SCRIPT: edit the configuration with sed
configure()
{
	sed -i -E "$1" "$NET_DIR/sluice.yaml"
}

# shellcheck disable=SC2317 # called by soon()
sent_is_dropped()
{
	local before

	before=$(drops policy_drop)
	udp lan "$WAN4" 19
	[ "$(drops policy_drop)" -gt "$before" ]
}

# shellcheck disable=SC2317 # called by soon()
log_has()
{
	udp lan "$WAN4" 19
	grep -q "$1" "$NET_DIR/records.json"
}

# shellcheck disable=SC2317 # called by soon()
no_readers()
{
	[ "$(counter readers)" -eq 0 ]
}

live_begin settings
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" udp dport 19 log prefix "nine: " drop
		iifname "lan" oifname "wan" accept
	}
}' 'udp_timeout: 600'

udp lan "$WAN4" 4000
soon 5 "a connection of UDP" states . -p udp --dport 4000
is "a reload without a change" "$(ctl reload)" "rules reloaded: *rules.nft: 3 rules"

configure 's/udp_timeout: 600/udp_timeout: 2/'
is "a dry run says what would change" "$(ctl reload --dry-run)" \
	"dry run, *
conntrack.udp_timeout: 600 -> 2
of *"
ok "and changes nothing" states . -p udp --dport 4000
configure 's/workers: .*/workers: 7/; s/max: .*/max: 1000/'
text=$(ctl reload)
is "a reload says what has changed" "$text" "rules reloaded: *
conntrack.udp_timeout: 600 -> 2*"
is "and what needs a restart" "$text" "*
workers: * -> 7: needs a restart, not changed
conntrack.max: 65536 -> 1000: needs a restart, not changed*"
soon 20 "the connection ends by the new time-out" no_conns -p udp --dport 4000
is "what needs a restart is said again" "$(ctl reload)" \
	"*workers: * -> 7: needs a restart*"
is "what has changed is not" "$(ctl reload)" "rules reloaded*[!0-9]"
unlike "neither the time-out" "$(ctl reload)" "*udp_timeout*"

# ---- a log of records comes and goes ----

printf 'record_log: %s\n' "$NET_DIR/records.json" >>"$NET_DIR/sluice.yaml"
is "a log" "$(ctl reload)" "*record_log: none -> $NET_DIR/records.json*"
soon 10 "which gets records" log_has '"log":{'
printf '%s: true\n' record_drops record_connections >>"$NET_DIR/sluice.yaml"
kill -HUP "$PLANE_PID"
soon 10 "SIGHUP takes over a change, too" log_has '"drop":{'
udp lan "$WAN4" 4002
soon 20 "and connections that have ended" log_has \
	'"event":"destroy".*"reason":"timeout_unreplied".*"dport":4002[,}]'
configure '/^record_/d'
is "no log" "$(ctl reload)" "*record_log: $NET_DIR/records.json -> none
record_drops: true -> false
record_connections: true -> false*"
soon 5 "its reader has gone" no_readers

# ---- what cannot be taken over ----

is "health" "$(ctl health)" "ok"
configure 's/udp_timeout: 2/udp_timeout: 900/'
printf 'record_log: /nowhere/records\n' >>"$NET_DIR/sluice.yaml"
is "a log that cannot be opened fails the reload" "$(ctl reload 2>&1) $?" \
	"sluicectl: rules not reloaded, the old ones stay in force: $NET_DIR/sluice.yaml:\
 record_log: /nowhere/records: No such file or directory; *3"
configure 's/^record_log: .*/record_lag: x/'
is "so does an unknown key" "$(ctl reload 2>&1) $?" \
	"sluicectl: rules not reloaded, the old ones stay in force: \
$NET_DIR/sluice.yaml:*: record_lag: unknown key, did you mean record_log? 3"
is "health says so" "$(ctl health) $?" \
	"the last reload failed: rules not reloaded*record_lag: unknown key* 1"
udp lan "$WAN4" 4001
soon 20 "the time-out has not changed" no_conns -p udp --dport 4001
configure '/^record_lag/d'
is "once it is mended" "$(ctl reload)" "*conntrack.udp_timeout: 2 -> 900*"
is "health is well" "$(ctl health)" "ok"
ok "rules still apply" sent_is_dropped

live_end
