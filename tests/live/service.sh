#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# sluice as a service of systemd: an error in configuration or rules fails the start or
# the reload, and is in the journal as an error; the service has its own user and drops
# its capabilities; its group may use the socket; systemd shows its status and restarts
# it; two instances do not disturb each other.
# Waits more than it works.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=container.sh
. "$(dirname "$0")/container.sh"

live_begin service
obstacle=$(container_obstacle)
if [ -n "$obstacle" ]; then
	echo "1..0 # SKIP service: $obstacle"
	exit 0
fi
trap container_teardown EXIT

# shellcheck disable=SC2317 # called by ok
quiet()
{
	"$@" >/dev/null 2>&1
}

# shellcheck disable=SC2317 # called by ok
fails()
{
	! quiet "$@"
}

for unit in sluice.service sluice@.service sluice-page.service; do
	ok "the exposure of $unit is at most 4.0" quiet systemd-analyze security \
		--offline=true --no-pager --threshold=40 "$BUILD/conf/systemd/$unit"
done

container_make || exit
DESTDIR=$CONTAINER meson install -C "$BUILD" --no-rebuild --quiet >/dev/null
bin=$(sed -nE 's/^ExecStart=([^ ]*)\/sluice .*/\1/p' "$BUILD/conf/systemd/sluice.service")
etc=$CONTAINER/etc/sluice
mkdir -p "$etc"

rules() # FILE DPORT
{
	cat >"$etc/$1" <<-END
		table inet filter {
			chain forward {
				type filter hook forward priority filter; policy drop;
				tcp dport $2 accept
			}
		}
	END
}

config() # FILE DRIVER PREFIX
{
	cat >"$etc/$1.yaml" <<-END
		eal: [--no-huge, -m, "256", --no-pci, -l, "0",
		      "--vdev=${2}0$3", "--vdev=${2}1${4:-$3}"]
		ports: [{name: lan, device: ${2}0}, {name: wan, device: ${2}1}]
		wires: [[lan, wan]]
		rules: $1.nft
		conntrack: {max: 10000}
	END
	rules "$1.nft" 80
}

if ! ok "systemd boots" container_boot; then
	sed 's/^/# /' "$NET_DIR/boot.log" | tail -n 20
	live_end
fi

# property NAME [UNIT]: print a property of the service
property()
{
	container systemctl show --value --property "$1" "${2:-sluice.service}"
}

# has PROPERTY PATTERN: a property of the service matches the pattern
# shellcheck disable=SC2317 # called by soon
has()
{
	# shellcheck disable=SC2053 # a pattern
	[[ $(property "$1") == $2 ]]
}

all_errors()
{
	container journalctl --sync
	container journalctl --quiet --no-pager --output=cat --unit=sluice \
		--priority=3..3
}

# Print the lines of the journal with priority 3 since the last call of journal_mark.
errors()
{
	all_errors | tail -n +$((seen + 1))
}

journal_mark()
{
	seen=$(all_errors | wc -l)
}

# ---- a start that fails ----

config sluice net_af_xdp ",iface=ap" ",iface=bp"
journal_mark
sed -i 's/^rules/ruels/' "$etc/sluice.yaml"
ok "a wrong configuration fails the start" fails container systemctl start sluice
is "with the exit status of sluice" "$(property ExecMainStatus)" 2
is "it is not tried again" "$(property NRestarts) $(property ActiveState)" "0 failed"
is "the journal has it as an error" "$(errors)" \
	"sluice: /etc/sluice/sluice.yaml:*ruels: unknown key, did you mean rules?*"
config sluice net_af_xdp ",iface=ap" ",iface=bp"
rules sluice.nft nonsense
journal_mark
ok "wrong rules fail the start" fails container systemctl start sluice
is "with their exit status" "$(property ExecMainStatus)" 3
is "in the journal, too" "$(errors)" "sluice: *sluice.nft:4:*Error: *"
rules sluice.nft 80

# ---- a service that runs ----

container systemctl reset-failed sluice
journal_mark
for PLANE_DRIVER in net_af_xdp net_af_packet; do
	config sluice $PLANE_DRIVER ",iface=ap" ",iface=bp"
	container systemctl start sluice && break
	container journalctl --no-pager --output=cat -u sluice -n 15 | sed 's/^/# /'
	container systemctl stop sluice
done
is "it starts, over $PLANE_DRIVER" "$(property ActiveState)" active
pid=$(property MainPID)
is "as its user" "$(container stat -c '%U %G' "/proc/$pid")" "sluice sluice"
# shellcheck disable=SC2016 # the inner shell's
is "with one capability left, in all threads" "$(container sh -c \
	'cat /proc/$1/task/*/status' sh "$pid" | grep -E '^Cap(Prm|Eff|Amb)' | sort -u |
	tr -s '\t\n' ' ')" "CapAmb: 0*0 CapEff: 0*01000 CapPrm: 0*01000 "
soon 10 "systemctl status has a status line" has StatusText \
	"* packets/s, * of 10000 connections of IPv4, * of 10000 of IPv6"
soon 10 "frames cross the wire" _plane_crosses
is "without errors" "$(errors)" ""

# ---- the socket ----

socket=/run/sluice/control.sock
is "the folder and the socket are the group's" \
	"$(container stat -c '%a %U %G' /run/sluice $socket | tr '\n' ' ')" \
	"750 sluice sluice 660 sluice sluice "
as=(container setpriv --reuid nobody --regid nogroup)
ok "a member of the group may use it" quiet "${as[@]}" --groups sluice \
	"$bin/sluicectl" stats
is "another user may not" "$("${as[@]}" --clear-groups "$bin/sluicectl" stats 2>&1)" \
	"sluicectl: $socket: permission denied: *"

# ---- the page ----

# get PATH: what the page answers
get()
{
	# shellcheck disable=SC2016 # the inner shell's
	container bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080 &&
		printf "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n" "$1" >&3 &&
		cat <&3' bash "$1" 2>&1
}

# serves PATH PATTERN: the page's answer matches the pattern
# shellcheck disable=SC2317 # called by soon
serves()
{
	# shellcheck disable=SC2053 # a pattern
	[[ $(get "$1") == $2 ]]
}

ok "the page starts" quiet container systemctl start sluice-page
soon 10 "it serves its files" serves / "*200 OK*<title>sluice</title>*"
is "and reads the socket" "$(get /rules)" "*200 OK*tcp dport 80 accept*"
page=$(property MainPID sluice-page.service)
# shellcheck disable=SC2016 # the inner shell's
is "as a user of its own, without capabilities" "$(container sh -c \
	'stat -c %U /proc/$1; grep -E "^Cap(Prm|Eff|Bnd)" /proc/$1/status' sh "$page" |
	tr -s '\t\n' ' ')" "sluice-page CapPrm: 0*0 CapEff: 0*0 CapBnd: 0*0 "
container systemctl stop sluice-page
is "it stops" "$(property Result sluice-page.service)" success

# ---- reload ----

rules sluice.nft 443
ok "a reload" container systemctl reload sluice
is "takes the new rules" "$(container "$bin/sluicectl" rules)" "*tcp dport 443 accept*"
rules sluice.nft nonsense
journal_mark
ok "a reload of broken rules fails" fails container systemctl reload sluice
is "the service goes on" "$(property ActiveState) $(property MainPID)" "active $pid"
is "with the old rules" "$(container "$bin/sluicectl" rules)" "*tcp dport 443 accept*"
is "and the journal says why" "$(errors)" "*rules not reloaded*sluice.nft:4:*Error: *"
soon 10 "frames still cross" _plane_crosses
rules sluice.nft 80

# ---- instances ----

config second net_null ""
ok "an instance starts beside it" container systemctl start sluice@second
is "with a socket of its own" \
	"$(container "$bin/sluicectl" -s /run/sluice/second.sock stats)" "*workers *"
ok "its reload is its own" container systemctl reload sluice@second
config third net_null ""
sed -i 's/^wires/metrics: 127.0.0.1:9464\n&/' "$etc/third.yaml" "$etc/second.yaml"
container systemctl restart sluice@second
ok "a port of metrics in use fails the start" fails container systemctl start sluice@third
container systemctl stop sluice@third
ok "an instance stops" container systemctl stop sluice@second
ok "and leaves the first one alone" quiet container "$bin/sluicectl" stats
is "which is the same process" "$(property MainPID)" "$pid"

# ---- what ends it ----

container kill -KILL "$pid"
soon 10 "after a kill it is started again" has NRestarts 1
soon 10 "and runs" has ActiveState active
# a heartbeat of a second in place of ten
container sh -c 'mkdir -p /run/systemd/system/sluice.service.d
	cat >/run/systemd/system/sluice.service.d/watchdog.conf' <<-END
		[Service]
		WatchdogSec=2s
		TimeoutAbortSec=1s
	END
container systemctl daemon-reload
container systemctl restart sluice
pid=$(property MainPID)
container kill -STOP "$pid"
soon 20 "without a heartbeat it is started again" has NRestarts 1
soon 10 "and runs again" has ActiveState active
ok "it can be stopped" container systemctl stop sluice
is "which is no failure" "$(property Result) $(property ExecMainStatus)" "success 0"
ok "it leaves no socket" fails test -e "/proc/$CONTAINER_FIRST/root$socket"
container_end
live_end
