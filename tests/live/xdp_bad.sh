#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What a wire with XDP cannot be made of is refused at start, in one sentence that says
# what to do, and leaves the interfaces as they were.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

PLANE_DRIVERS=xdp
live_begin xdp_bad
xdp_begin xdp_bad
rules='table inet filter {
	chain forward { type filter hook forward priority filter; policy accept; }
}'
printf '%s\n' "$rules" >"$NET_DIR/rules.nft"
PLANE_DRIVER=xdp
_plane_yaml "$NET_DIR/rules.nft" >"$NET_DIR/sluice.yaml"

# refused TEXT PATTERN [SED]: start sluice with a changed configuration, by $UNDER
UNDER=()
refused()
{
	sed "${@:3}" -e '' "$NET_DIR/sluice.yaml" >"$NET_DIR/bad.yaml"
	is "$1" "$(net_exec wire timeout 30 "${UNDER[@]}" "$SLUICE" -- \
		-c "$NET_DIR/bad.yaml" 2>&1 </dev/null
		echo "status $?")" "$2"
}

programs() # number of programs on the interfaces of the wire
{
	net_exec wire ip -o link show | grep -c xdp
}

# shellcheck disable=SC2317 # by soon
no_programs()
{
	[ "$(programs)" -eq 0 ]
}

refused "an interface that is not there" \
	"*sluice: port 'lan': there is no interface 'nothere', a name that \`ip link\` \
shows expected*status 4" -e 's/device: ap/device: nothere/'
refused "one interface twice" \
	"*ports?1?.device: 'ap' is the device of port 'lan' already*status 2" \
	-e 's/device: bp/device: ap/'
net_exec wire ip link property add dev ap altname other
refused "one interface twice, by another name" \
	"*sluice: port 'wan': interface ap is port 'lan' already, another one \
expected*status 4" -e 's/device: bp/device: other/'
net_exec wire ip link property del dev ap altname other
net_exec wire ip link add br0 type bridge
net_exec wire ip link set ap master br0
refused "a port of a bridge" \
	"*sluice: port 'lan': interface ap is a port of br0, which would get its frames \
too: ip link set ap nomaster*status 4"
net_exec wire ip link set ap nomaster
net_exec wire ip link del br0
for end in "lan a0" "wire ap"; do
	net_exec "${end% *}" ip link set "${end#* }" mtu 9000
done
refused "an MTU that no socket takes" \
	"*sluice: port 'lan': interface ap has an MTU of 9000, an AF_XDP socket takes \
3818 at most: lower it, or use a wire without xdp*status 4"
for end in "wire ap" "lan a0"; do
	net_exec "${end% *}" ip link set "${end#* }" mtu 1500
done
refused "more workers than wires" \
	"*sluice: 2 workers, but a wire with xdp has one, which owns its connections: \
\`workers: 1\` or auto expected*status 2" -e 's/workers: 1/workers: 2/' \
	-e 's/--lcores=[^"]*/--lcores=0@0,1@0,2@0/'

# ---- rights ----

if command -v setpriv >/dev/null; then
	UNDER=(setpriv --bounding-set "-sys_admin,-bpf" --inh-caps "-sys_admin,-bpf")
	refused "no right to load BPF programs" \
		"*sluice: the kernel does not let this process load BPF programs*: it \
needs CAP_BPF and CAP_NET_ADMIN, or root*status 4"
	UNDER=()
else
	note "no setpriv: rights are not tried"
fi

# ---- memory ----

if command -v setpriv >/dev/null; then
	UNDER=(bash -c 'ulimit -l 1024
		exec setpriv --bounding-set -ipc_lock --inh-caps -ipc_lock "$@"' bash)
	refused "a limit of locked memory that the sockets exceed" \
		"*sluice: port 'lan': *: 12.0 MiB of locked memory needed for queue 0 of \
interface ap: raise the limit (ulimit -l, *status 4"
	UNDER=()
fi
groups=/sys/fs/cgroup/memory
group=$groups/$NET_NAME
if mkdir "$group" 2>/dev/null && echo 128M >"$group/memory.limit_in_bytes"; then
	trap 'net_teardown; rmdir "$group"' EXIT
	UNDER=(bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group")
	refused "a control group whose memory limit the maps exceed" \
		"*sluice: no memory for the maps of XDP: * MiB are needed; raise the \
memory limit (memory.max of the cgroup, *status 4" -e 's/max: .*/max: 4000000/'
	UNDER=()
else
	note "no control group of memory can be made: its limit is not tried"
fi

# ---- a program that is there ----

live_plane "$rules"
ok "both interfaces have a program" test "$(programs)" -eq 2
refused "a second sluice" \
	"*sluice: interface ap: another sluice has it, process $PLANE_PID *status 4" \
	-e "s|control.sock|second.sock|"
sed -i "s|^control:.*|control: $NET_DIR/other.sock|" "$NET_DIR/bad.yaml"
# without the locks of the first it meets the program
said=$(net_exec wire unshare -m sh -c 'mount -t tmpfs tmpfs /run && mkdir /run/netns &&
	exec "$0" "$@"' timeout 30 "$SLUICE" --file-prefix="$NET_NAME-2" -- \
	-c "$NET_DIR/bad.yaml" 2>&1 </dev/null
	echo "status $?")
is "an interface whose queue is taken, or that has a program" "$said" \
	"*sluice: port 'lan': *interface ap has an * already*status 4"
# the driver says "Invalid argument", whatever the cause
refused_driver()
{
	net_exec wire unshare -m sh -c 'mount -t tmpfs tmpfs /run && mkdir /run/netns &&
		exec "$0" "$@"' timeout 30 "$SLUICE" -- -c "$1" 2>&1 </dev/null
	echo "status $?"
}
sed -e "s|control.sock|third.sock|" \
	-e "s|--file-prefix=[^\"]*|--file-prefix=$NET_NAME-3|" \
	-e 's|device: ap|device: net_af_xdp0|; s|device: bp|device: net_af_xdp1|' \
	-e 's|{ports: \[lan, wan\], xdp: true}|[lan, wan]|' \
	-e 's|^eal: \[|&"--vdev=net_af_xdp0,iface=ap", "--vdev=net_af_xdp1,iface=bp", |' \
	"$NET_DIR/sluice.yaml" >"$NET_DIR/driver.yaml"
is "a queue that is taken, for the driver net_af_xdp" \
	"$(refused_driver "$NET_DIR/driver.yaml")" \
	"*sluice: port 'lan': queue 0 of interface ap has an AF_XDP socket of another \
program already: end that program*status 4"
peer cli lan
peer srv wan
ok "the first goes on" connected cli srv 80
kill -KILL "$PLANE_PID"
wait "$PLANE_PID" 2>/dev/null
PLANE_PID=
soon 5 "the kernel takes the programs of a killed process off" no_programs
live_plane "$rules"
ok "and it can be started again" test "$(programs)" -eq 2
plane_stop
is "a clean stop takes them off" "$(programs)" 0
live_end
