#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A reload that ends the connections that the new rules refuse: both hosts get a RST that
# their TCP accepts, and other connections go on (GEN-6).
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# rules PORTS: let connections to these ports begin
rules()
{
	cat <<-END
		table inet filter {
			chain forward {
				type filter hook forward priority filter; policy drop
				ct state established,related accept
				iifname "lan" tcp dport { $1 } accept
				udp dport 9 accept
			}
		}
	END
}

# plane_start sends probes to UDP port 9, which are connections too
live_begin recheck
live_plane "$(rules '80, 81')"
for name in cli cli2; do
	peer $name lan
done
for name in srv srv2; do
	peer $name wan
done
ok "a connection to port 80" connected cli srv 80
ok "a connection to port 81" connected cli2 srv2 81
ok "it speaks" carries cli2 srv2 hello

rules 80 >"$NET_DIR/rules.nft"
is "a dry run lists one" "$(ctl reload --dry-run)" "*and 1 more would not be let in*
would not be let in anew: tcp $LAN4 * > $WAN4 81, by the policy of a chain"
is "a reload lets both go on" "$(ctl reload)" "rules reloaded: *"
ok "also the one that the rules would not let in any more" carries cli2 srv2 again
is "a recheck ends it" "$(ctl reload --recheck --reset)" \
	"rules reloaded: *1 of @([2-9]|[1-9][0-9]) connections ended"
is "its client gets a RST" "$(tell cli2 recv 10)" ECONNRESET
is "its server gets one" "$(tell srv2 recv 10)" ECONNRESET
ok "the other connection goes on" carries cli srv hello
is "two RSTs were sent" "$(ctl -o json stats)" '*"generated":{"rst":2,*'
is "a flush ends all" "$(ctl reload --flush --reset)" \
	"rules reloaded: *@([1-9]|[1-9][0-9]) of @([1-9]|[1-9][0-9]) connections ended"
is "with a RST, too" "$(tell cli recv 10) $(tell srv recv 10)" "ECONNRESET ECONNRESET"
live_end
