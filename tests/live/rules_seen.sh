#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What sluicectl says of the rules in force: the listing, whose drops add up to the
# counter of drops, and `explain`, whose verdicts are those of packets and which changes
# nothing.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# matched WORD: packets that the rules and policies with this verdict have matched
matched()
{
	ctl -o json rules | "$PYTHON" -c '
import json, sys
rules = json.load(sys.stdin)["rules"]
print(sum(r["matched"]["packets"] for r in rules if sys.argv[1] in r["text"].split()))
' "$1"
}

# send PROTOCOL PORT: a packet from lan to wan
send()
{
	net_exec lan "$PYTHON" - "$WAN4" "$@" <<-'END'
		import socket, sys
		target, protocol, port = sys.argv[1:]
		if protocol == "udp":
		    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    s.sendto(b"x", (target, int(port)))
		else:
		    s = socket.socket()
		    s.settimeout(0.2)
		    try:
		        s.connect((target, int(port)))
		    except OSError:
		        pass
	END
}

# explain WORDS: the last line of the explanation of a packet from lan
explain()
{
	ctl explain --in lan -s "$LAN4" -d "$WAN4" "$@" | tail -n 1
}

live_begin rules_seen
live_plane 'table inet filter {
	set seen { type ipv4_addr; size 16; flags dynamic; }
	chain web {
		tcp dport 81 counter drop
		tcp dport 82 reject with tcp reset
		accept
	}
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state vmap { established : accept, related : accept, invalid : drop }
		meta l4proto ipv6-icmp drop
		iifname "lan" tcp dport 80-89 jump web
		udp dport 7 drop
		udp dport 8 add @seen { ip saddr } limit rate 1/week burst 1 packets drop
		udp dport 10 ip ttl 64 accept
	}
}'

for port in 7 7 8 9 9; do
	send udp "$port"
done
for port in 80 81 82 99; do
	send tcp "$port"
done

is "the drops of rules and policy add up" \
	"$(($(matched drop) - $(drops policy_drop)))" 0
ok "and there are some" test "$(drops policy_drop)" -ge 6
is "rejects too" "$(($(matched reject) - $(drops policy_reject)))" 0
text=$(ctl rules)
is "the listing has the table and the chain" "$text" \
	"table inet filter {*chain web {*chain forward {*"
is "and the policy with its packets" "$text" \
	"*type filter hook forward priority 0; policy drop; # [1-9]* packets, *"
is "each rule has its handle and packets" "$text" \
	"*udp dport 7 drop # handle *, 2 packets, 58 bytes*"
is "a counter its values, as nft writes them" "$text" \
	"*tcp dport 81 counter packets [1-9]* bytes * drop # handle *"

# What the rules keep, but of packets that hosts send by themselves.
kept()
{
	ctl rules | grep -v ipv6-icmp
	ctl set list seen
}
before=$(kept)
is "explain: a rule drops" "$(explain -p udp --dport 7)" "drop, by rule 7; *"
is "the policy drops" "$(explain -p udp --dport 9)" "drop; *"
is "a chain accepts" "$(explain -p tcp --dport 80)" "accept, by rule 3; *remembers*"
is "a chain rejects" "$(explain -p tcp --dport 82)" "reject, by rule 2; *"
is "a limit is asked, and not used up" "$(explain -p udp --dport 8)" \
	"drop; *evaluated each time"
is "a field of the packet" "$(explain -p udp --dport 10)" "accept, by rule 9; *"
is "another state" "$(explain -p udp --dport 7 --ct established)" "accept, by rule 4; *"
is "IPv6" "$(ctl explain --in wan -p icmpv6 --src 2001:db8::1 --dst 2001:db8::2 |
	tail -n 1)" "drop, by rule 5; *"
text=$(ctl explain --in lan -s "$LAN4" -d "$WAN4" -p tcp --dport 81)
is "rule by rule" "$text" "chain forward*rule 5, *no match: *rule 6, *to chain web*\
rule 1, web: tcp dport 81 counter drop*matches: drop*drop, by rule 1; *"
ok "nothing has changed" test "$(kept)" = "$before"

is "an unknown port" "$(ctl explain --in lam -p tcp 2>&1)" "*in: the name of a port*lam"
is "half a packet" "$(ctl explain --in lan -p tcp -s "$LAN4" 2>&1)" "*src, dst: two *"
is "an unknown flag" "$(ctl explain --in lan -p tcp --flags sin 2>&1)" "*flags: fin, *"
is "ports of ICMP" "$(explain -p icmp --dport 3 2>&1)" "*has no ports*"
is "its options elsewhere" "$(ctl list --in lan 2>&1)" "*valid only with explain*"

live_end
