# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Functions for live tests of the program on devices that neither send nor receive:
# without root, hugepages and hosts. Source it after `set -u`; it sources lib.sh.
#
#	null_begin NAME		set $dir; or print "1..0 # SKIP why", status 0
#	null_config [LINES]	print a configuration, whose control socket is $socket
#	rules [LINES]		print an nftables file with these lines in its chain
#	launch FILE [PROGRAM..]	start sluice in the background, wait until its socket
#				answers; sets $pid; its output is in $dir/log
#	stop SIGNAL		end it; sets $status
#	ask WORDS		run sluicectl
#	null_end		as live_end

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

null_begin()
{
	if ! [ -x "$SLUICE" ] || ! [ -x "$SLUICECTL" ]; then
		echo "1..0 # SKIP $1: sluice or sluicectl is not built"
		exit 0
	fi
	if ! unshare --net true 2>/dev/null &&
		! unshare --user --net true 2>/dev/null; then
		echo "1..0 # SKIP $1: no namespaces here"
		exit 0
	fi
	dir=$(mktemp -d)
	pid=
	prefix=sluice-$1-$$
	socket=$dir/run/control.sock
	# both cores if there are two, and one that does everything otherwise
	lcores='-l, "0"'
	[ "$(nproc)" -lt 2 ] || lcores='-l, "0,1"'
	trap null_finish EXIT
}

# shellcheck disable=SC2317 # called by the trap
null_finish()
{
	[ -z "$pid" ] || net_end "$pid"
	rm -rf "$dir" "/var/run/dpdk/$prefix"
}

null_config()
{
	cat <<-END
		eal: [--no-huge, -m, "128", --no-pci, "--file-prefix=$prefix",
		      "--log-level=lib.eal:4",
		      $lcores, "--vdev=net_null0,no-rx=1", "--vdev=net_null1,no-rx=1"]
		ports: [{name: lan, device: net_null0}, {name: wan, device: net_null1}]
		wires: [[lan, wan]]
		control: $socket
		conntrack: {max: 1000}
	END
	printf '%s\n' "$@"
}

rules()
{
	cat <<-END
		table inet filter {
			chain forward {
				type filter hook forward priority filter; policy drop
				ct state established,related accept
				iifname "lan" oifname "wan" counter accept
				$*
			}
		}
	END
}

launch()
{
	"$SLUICE" -- -c "$1" >"$dir/log" 2>&1 </dev/null &
	pid=$!
	wait_until 30 ask stats
}

stop()
{
	kill "-$1" "$pid"
	wait "$pid" 2>/dev/null
	status=$?
	pid=
}

ask()
{
	timeout 20 "$SLUICECTL" -s "$socket" "$@"
}

null_end()
{
	[ -z "$pid" ] || stop TERM
	live_end
}
