#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# HTTP crosses in both families, one connection after the other, and each connection
# ends in TIME_WAIT at the side that closed first. What no rule allows is refused with a
# reset or dropped, as the rule says, and counted.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin http
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport 80 accept
		iifname "lan" tcp dport 23 reject with tcp reset
	}
}'

mkdir "$NET_DIR/www"
head -c 300000 /dev/urandom >"$NET_DIR/www/file"
sum=$(sha256sum <"$NET_DIR/www/file" | cut -d ' ' -f 1)
net_spawn wan "$PYTHON" -m http.server --bind :: --directory "$NET_DIR/www" 80 \
	>"$NET_DIR/http.log" 2>&1
wait_until 10 net_exec wan "$PYTHON" "$NET_TOOLS/peer.py" get "http://[::1]/file"

for host in "$WAN4" "[$WAN6]"; do
	is "GET from $host" "$(net_exec lan "$PYTHON" "$NET_TOOLS/peer.py" get \
		"http://$host/file" 2>&1 |
		tail -n 1)" "200 300000 $sum"
done
is "40 in a row" "$(net_exec lan "$PYTHON" "$NET_TOOLS/peer.py" get \
	"http://$WAN4/file" 40 2>&1 |
	sort | uniq -c | sed 's/^ *//')" "40 200 300000 $sum"

# http.server closes first (HTTP/1.0), so the server's end enters TIME_WAIT.
soon 10 "closed over IPv4: client CLOSED, server TIME_WAIT" \
	states 'orig=CLOSED reply=TIME_WAIT' --dst "$WAN4" --dport 80
soon 10 "closed over IPv6: client CLOSED, server TIME_WAIT" \
	states 'orig=CLOSED reply=TIME_WAIT' --dst "$WAN6" --dport 80
ok "nothing dropped" no_drops_but

peer cli lan
peer srv wan
tell srv listen 23 >/dev/null
is "a port that is rejected: refused, though a server listens" \
	"$(tell cli connect "$WAN4" 23)" ECONNREFUSED
is "over IPv6 too" "$(tell cli connect "$WAN6" 23)" ECONNREFUSED
is "counted" "$(drops policy_reject)" 2

tell cli timeout 0.7 >/dev/null
tell srv listen 81 >/dev/null
is "a port of no rule: silence" "$(tell cli connect "$WAN4" 81)" TIMEOUT
ok "counted" dropped policy_drop 1
before=$(drops policy_drop)
tell cli listen 80 >/dev/null
tell srv timeout 0.7 >/dev/null
is "unsolicited from the outside: silence" "$(tell srv connect "$LAN4" 80)" TIMEOUT
ok "counted" dropped policy_drop $((before + 1))
ok "and no connection of them remains" no_conns --src "$WAN4"
ok "dropped nothing else" no_drops_but policy_reject
live_end
