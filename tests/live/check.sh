#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# sluice --check: what would stop a start fails it, each with a remedy; what would start
# passes; it disturbs no sluice that runs, and leaves nothing.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin check
rules='table inet filter {
	chain forward { type filter hook forward priority filter; policy accept; }
}'
printf '%s\n' "$rules" >"$NET_DIR/rules.nft"

PLANE_DRIVER=net_af_xdp
# shellcheck disable=SC2034 # by net.sh
PLANE_MEMORY="--no-huge -m 256"
_plane_yaml "$NET_DIR/rules.nft" | sed "s|--lcores=[^\"]*|-l0|" >"$NET_DIR/good.yaml"

# check TEXT PATTERN [SED ARGUMENT]...: --check of good.yaml after the edit says PATTERN
check()
{
	local text=$1 want=$2 said

	shift 2
	sed "$@" "$NET_DIR/good.yaml" >"$NET_DIR/c.yaml"
	said=$(net_exec wire timeout 20 "$SLUICE" -- -c "$NET_DIR/c.yaml" --check 2>&1 \
		</dev/null)
	is "$text" "$? $said" "$want"
}

check "what would start" "0 *
ok" -e ''
check "an interface that is not there" "4 *
sluice: port 'lan': there is no interface a9: 'ip -br link' *" -e 's|iface=ap|iface=a9|'
check "all that is wrong" "4 *no interface a9: *no interface b9: *" \
	-e 's|iface=ap|iface=a9|' -e 's|iface=bp|iface=b9|'
check "a wire with xdp" "0 *
ok" -e 's|device: net_af_xdp0|device: ap|; s|device: net_af_xdp1|device: bp|' \
	-e 's|- \[lan, wan\]|- {ports: [lan, wan], xdp: true}|; s|, "--vdev[^]]*||'
check "an interface of such a wire that is not there" "4 *
sluice: port 'wan': there is no interface 'b9', a name that *" \
	-e 's|device: net_af_xdp0|device: ap|; s|device: net_af_xdp1|device: b9|' \
	-e 's|- \[lan, wan\]|- {ports: [lan, wan], xdp: true}|; s|, "--vdev[^]]*||'
check "a device that no option makes" "4 *
sluice: port 'wan': no --vdev in * makes the device net_null1: *" \
	-e 's|device: net_af_xdp1|device: net_null1|'
check "a card that is not there" "4 *
sluice: port 'wan': there is no card 0000:ff:1f.7: 'dpdk-devbind.py --status' *" \
	-e 's|device: net_af_xdp1|device: "0000:ff:1f.7"|'
check "a core that is not there" "4 *
sluice: eal: -l 0,1000: this machine has the cores 0-*: *" -e 's|-l0|-l", "0,1000|'
check "too few cores" "4 *
sluice: workers: 3, but -l 0 has cores for 1: name 2 more, or lower workers" \
	-e 's|^workers:.*|workers: 3|'
if [ "$(awk '/^HugePages_Free/ { print $2 }' /proc/meminfo)" -lt 16 ]; then
	check "no huge pages" "4 *
sluice: hugepages: * MiB are free, the packet buffers need * MiB: sysctl \
vm.nr_hugepages=*, or give the EAL --no-huge and -m *" -e 's|"--no-huge", "-m", "256",||'
fi
check "too little memory for the EAL" "4 *
sluice: eal: the packet buffers need * MiB, there are 8: give the EAL -m *" \
	-e 's|"256"|"8"|'
check "a table that does not fit" "4 *
sluice: the tables need * MiB, there are * MiB of memory *: lower conntrack.max *" \
	-e 's|max:.*|max: 1073741824|'
check "a folder that is not there" "4 *
sluice: control: /nowhere/at/all.sock: nothing can be created in /nowhere: *" \
	-e 's|^control:.*|control: /nowhere/at/all.sock|'
check "a log that cannot be written" "4 *
sluice: record_log: /nowhere/log: nothing can be created in /nowhere: *" \
	-e 's|^control:.*|&\nrecord_log: /nowhere/log|'
check "an address that is not here" "4 *
sluice: metrics: 192.0.2.1:9464: Cannot assign requested address: *" \
	-e 's|^control:.*|&\nmetrics: 192.0.2.1:9464|'
net_spawn wire "$PYTHON" -c 'import socket, time
s = socket.create_server(("127.0.0.1", 9464))
time.sleep(60)'
# shellcheck disable=SC2317 # called by wait_until
listens()
{
	net_exec wire ss -ltn | grep -q 127.0.0.1:9464
}
wait_until 10 listens
check "a port of metrics that another program has" "4 *
sluice: metrics: 127.0.0.1:9464: Address already in use: 'ss -ltnp' *" \
	-e 's|^control:.*|&\nmetrics: 127.0.0.1:9464|'

# ---- beside a sluice that runs ----

live_plane "$rules"
wait_until 10 ctl stats
cp "$NET_DIR/sluice.yaml" "$NET_DIR/good.yaml"
check "a socket that another sluice has" "4 *
sluice: control socket $NET_DIR/control.sock: another sluice has it, \
process $PLANE_PID *: stop it first: *" -e ''
check "an interface that another sluice has" "4 *
sluice: interface ap: another sluice has it, process $PLANE_PID *" \
	-e 's|control.sock|other.sock|'
if [ "$PLANE_DRIVER" = net_af_xdp ]; then
	check "an interface with an XDP program" "4 *
sluice: port 'lan': interface ap has an XDP program (id *) already: *" -e ''
fi
soon 5 "which goes on" _plane_crosses
soon 5 "and answers" ctl stats
ok "it leaves no lock" test ! -e "$NET_DIR/other.sock.lock"
live_end
