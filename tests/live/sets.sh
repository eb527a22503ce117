#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# `sluicectl set`: elements of the sets in force are listed, added and deleted, and kept
# over a reload. And the packet counts of rules and policies. Needs neither root nor
# hugepages.
set -u
# shellcheck source=null.sh
. "$(dirname "$0")/null.sh"

null_begin sets

# rules_with ELEMENTS: print rules with a set that may change and one that may not
rules_with()
{
	cat <<-END
		table inet filter {
			set ban {
				type ipv4_addr; size 4; flags dynamic,timeout
				$1
			}
			set pairs {
				type ipv4_addr . inet_service; size 10; flags dynamic
				counter
			}
			set fixed {
				type ipv4_addr; elements = { 192.0.2.7 }
			}
			chain forward {
				type filter hook forward priority filter; policy drop
				ip saddr @ban drop
				ip saddr @fixed drop
				ct state new add @pairs { ip saddr . tcp dport } accept
			}
		}
	END
}

# Print the elements of a set in one line.
elements()
{
	ask set list "$1" 2>/dev/null | sort | tr '\n' ' '
}

# shellcheck disable=SC2317 # called by ok()
says()
{
	[[ $(ask "${@:2}" 2>&1) == *"$1"* ]]
}

rules_with 'elements = { 192.0.2.1, 192.0.2.2 timeout 1h }' >"$dir/rules.nft"
null_config "rules: rules.nft" >"$dir/null.yaml"
ok "it starts" launch "$dir/null.yaml"

is "the elements of the file are listed" "$(elements ban)" \
	"192.0.2.1 192.0.2.2 expires 3[56]??s "
ok "one is added" ask set add ban 192.0.2.3 --expires 500
ok "and one of joined fields" ask set add pairs 192.0.2.3 . 80
is "that is listed with its counter" "$(elements pairs)" \
	"192.0.2.3 . 80 counter packets 0 bytes 0 "
ok "one is deleted" ask set delete 'inet filter ban' 192.0.2.1
ok "a second time there is none" says "is not in set 'ban'" set delete ban 192.0.2.1
ok "a set that never changes is no set here" says "no set 'fixed' that changes" \
	set list fixed
ok "an address is one" says "'192.0.2' is not a valid IPv4 address" \
	set add ban 192.0.2
ok "a word is missing" says "an element is expected" set add ban

rules_with 'elements = { 192.0.2.4 }' >"$dir/rules.nft"
ok "the rules are loaded again" ask reload
is "added ones stay, listed ones are those of the file" "$(elements ban)" \
	"192.0.2.3 expires [45]??s 192.0.2.4 "
is "a set that the file does not list stays" "$(elements pairs)" \
	"192.0.2.3 . 80 counter packets 0 bytes 0 "
for i in 5 6; do
	ok "192.0.2.$i is added" ask set add ban "192.0.2.$i"
done
ok "a full set refuses" says "set 'ban' is full" set add ban 192.0.2.9
ok "rules are listed with the policy" says "priority 0; policy drop;" rules

null_end
