# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs OVS-DPDK for a comparison, in a folder and a network namespace of its own, so that
# service, database, bridges and sockets of the system are not touched. To be sourced
# after net.sh.
#
#	ovs_obstacle		why it cannot run here; nothing if it can
#	ovs_start FOLDER PMD_MASK FIRST SECOND EAL...
#				two ports of these devargs, tracked; sets OVS_PID
#	ovs_connections		TCP connections of which both sides are established
#	ovs_packets established|others
#				packets that the rules have let through as established;
#				new, invalid or dropped
#	ovs_stop
#
# It does the same with a packet as sluice: it looks the connection up, checks sequence
# numbers (ct-enable-tcp-seq-chk), and verifies checksums, since net_pcap does not. It
# accepts established packets, and new ones to port 443.

OVS_PID=
OVS_DIR=
OVS_SERVER=

# Print the path of ovs-vswitchd with DPDK. Debian has two builds, and the one with DPDK
# may not be the selected alternative.
_ovs_switch()
{
	local file

	for file in /usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk \
		"$(command -v ovs-vswitchd)"; do
		if [ -x "$file" ] && "$file" --version | grep -q DPDK; then
			echo "$file"
			return
		fi
	done
	return 1
}

ovs_obstacle()
{
	local tool

	if ! _ovs_switch >/dev/null; then
		echo "openvswitch-switch-dpdk is not installed"
		return
	fi
	for tool in ovsdb-tool ovsdb-server ovs-vsctl ovs-ofctl ovs-appctl; do
		if ! command -v $tool >/dev/null; then
			echo "$tool is not installed"
			return
		fi
	done
	if [ "$(id -u)" -ne 0 ]; then
		echo "needs root"
	elif ! unshare --net true 2>/dev/null; then
		echo "no namespaces here"
	fi
}

_ovs_set()
{
	ovs-vsctl --timeout=20 "--db=unix:$OVS_DIR/db.sock" "$@" >>"$OVS_DIR/log" 2>&1
}

_ovs_ask()
{
	timeout 20 ovs-appctl -t "$OVS_DIR/switch.ctl" "$@" 2>/dev/null
}

_ovs_flows()
{
	timeout 20 ovs-ofctl -O OpenFlow14 "$@" 2>>"$OVS_DIR/log"
}

_ovs_database()
{
	ovsdb-tool create "$OVS_DIR/db" /usr/share/openvswitch/vswitch.ovsschema \
		>>"$OVS_DIR/log" 2>&1 || return
	ovsdb-server "$OVS_DIR/db" "--remote=punix:$OVS_DIR/db.sock" \
		"--unixctl=$OVS_DIR/db.ctl" "--pidfile=$OVS_DIR/db.pid" \
		>>"$OVS_DIR/log" 2>&1 </dev/null &
	OVS_SERVER=$!
	wait_until 10 test -S "$OVS_DIR/db.sock"
}

# _ovs_switch_start PMD_MASK EAL...: start the switch. Idle flows are kept long enough for
# the pauses of a comparison. The exact-match cache is switched off, because it is too
# small for so many connections (with 100,000 it costs a third); the signature-match cache
# helps a little.
_ovs_switch_start()
{
	local mask=$1

	shift
	_ovs_set --no-wait init &&
		_ovs_set --no-wait set Open_vSwitch . other_config:dpdk-init=true \
			other_config:dpdk-lcore-mask=0x1 \
				"other_config:pmd-cpu-mask=$mask" \
			other_config:max-idle=3600000 other_config:smc-enable=true \
			other_config:emc-insert-inv-prob=0 \
				"other_config:dpdk-extra=\"$*\"" || return
	# In this namespace, since the switch creates a network device for the bridge.
	unshare --net "$(_ovs_switch)" "unix:$OVS_DIR/db.sock" \
		"--unixctl=$OVS_DIR/switch.ctl" "--pidfile=$OVS_DIR/switch.pid" \
		>>"$OVS_DIR/log" 2>&1 </dev/null &
	OVS_PID=$!
	wait_until 30 _ovs_up && ! _net_gone "$OVS_PID"
}

# Wait until it answers, or has ended.
_ovs_up()
{
	_net_gone "$OVS_PID" || _ovs_ask version
}

_ovs_rules()
{
	sed 's/NEW/ct_state=+trk+new-inv/; s/COMMIT/ct(commit)/' <<-'END'
		table=0,priority=10,tcp actions=ct(table=1)
		table=0,priority=0 actions=drop
		table=1,priority=20,ct_state=+trk+est-inv,in_port=1 actions=output:2
		table=1,priority=20,ct_state=+trk+est-inv,in_port=2 actions=output:1
		table=1,priority=10,NEW,in_port=1,tcp,tp_dst=443 actions=COMMIT,output:2
		table=1,priority=10,NEW,in_port=2,tcp,tp_src=443 actions=COMMIT,output:1
		table=1,priority=0 actions=drop
	END
}

ovs_start()
{
	local folder=$1 mask=$2 first=$3 second=$4

	shift 4
	OVS_DIR=$folder
	mkdir -p "$OVS_DIR" || return
	export OVS_RUNDIR=$OVS_DIR OVS_LOGDIR=$OVS_DIR OVS_DBDIR=$OVS_DIR
	_ovs_database && _ovs_switch_start "$mask" "$@" || return
	_ovs_set add-br br -- set bridge br datapath_type=netdev fail-mode=secure \
		protocols=OpenFlow14 || return
	_ovs_rules >"$OVS_DIR/rules"
	_ovs_flows add-flows "unix:$OVS_DIR/br.mgmt" "$OVS_DIR/rules" || return
	_ovs_set add-port br lan -- set interface lan type=dpdk ofport_request=1 \
		"options:dpdk-devargs=\"$first\"" -- \
		add-port br wan -- set interface wan type=dpdk ofport_request=2 \
		"options:dpdk-devargs=\"$second\"" || return
	_ovs_ask dpctl/ct-enable-tcp-seq-chk >/dev/null
}

ovs_connections()
{
	_ovs_ask dpctl/dump-conntrack | grep -c 'state=ESTABLISHED'
}

ovs_packets()
{
	_ovs_flows --names dump-flows "unix:$OVS_DIR/br.mgmt" table=1 |
		awk -v which="$1" '
			match($0, /n_packets=[0-9]+/) {
				n = substr($0, RSTART + 10, RLENGTH - 10)
				if (($0 ~ /\+est/) == (which == "established")) sum += n
			}
			END { printf "%d\n", sum }'
}

ovs_stop()
{
	[ -z "$OVS_PID" ] || net_end "$OVS_PID"
	[ -z "$OVS_SERVER" ] || net_end "$OVS_SERVER"
	OVS_PID=
	OVS_SERVER=
}
