# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs a data plane, sluice or dpdk-testpmd, between two virtual devices whose other ends
# a generator uses, on one machine, without namespaces and hugepages. To be sourced by
# bash.
#
#	pair_setup memif|vhost	create $PAIR_DIR, for files; the EXIT trap removes it
#	pair_start sluice YAML, or testpmd
#				start it; in YAML the devices are replaced, and the
#				control socket by $PAIR_DIR/control.sock
#	pair_stop		end it
#	pair_log		print the end of its log on stderr
#
# A generator gets the EAL arguments "${PAIR_CLIENT[@]}" and the core $PAIR_CORE. The
# plane has a core of its own if there are two. With vhost the generator uses
# net_virtio_user, for programs that cannot use a memif.

# shellcheck source=../tests/live/net.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tests/live/net.sh"

PAIR_DIR=
PAIR_PID=
PAIR_CLIENT=()
PAIR_CORE=0
_pair_kind=
_pair_server=()
_pair_name=sluice-pair-$$

pair_setup()
{
	local i

	_pair_kind=$1
	PAIR_DIR=$(mktemp -d "/tmp/$_pair_name.XXXXXX") || return
	trap pair_teardown EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkfifo "$PAIR_DIR/silence" || return
	for i in 0 1; do
		case $_pair_kind in
		memif)
			_pair_server+=("--vdev=net_memif$i,role=server,$(_pair_memif $i)")
			PAIR_CLIENT+=("--vdev=net_memif$i,role=client,$(_pair_memif $i)")
			;;
		vhost)
			_pair_server+=("--vdev=net_vhost$i,iface=$PAIR_DIR/vhost$i.sock")
			PAIR_CLIENT+=("--vdev=net_virtio_user$i,path=$PAIR_DIR/vhost$i\
.sock,queue_size=1024,speed=10000")
			;;
		esac
	done
	PAIR_CLIENT+=(--no-huge --no-shconf --no-pci "--file-prefix=$_pair_name-gen" \
		--log-level=lib.eal:4)
	if [ "$(nproc)" -gt 2 ]; then
		PAIR_CORE=2
	fi
}

_pair_memif()
{
	echo "id=$1,socket=$PAIR_DIR/memif.sock,socket-abstract=no"
}

pair_teardown()
{
	pair_stop
	if [ -n "$PAIR_DIR" ]; then
		rm -rf "$PAIR_DIR" "/var/run/dpdk/$_pair_name" \
			"/var/run/dpdk/$_pair_name-gen"
		PAIR_DIR=
	fi
}

_pair_yaml()
{
	local folder

	folder=$(cd "$(dirname "$1")" && pwd)
	sed -E -e "s|device: [^,}]*([01])\}|device: net_${_pair_kind}\\1}|" \
		-e "s|^rules: ([^/].*)|rules: $folder/\\1|" \
		-e "s|^control:.*|control: $PAIR_DIR/control.sock|" "$1"
}

# For wait_until: true when the data plane is ready, or has ended.
_pair_up()
{
	_net_gone "$PAIR_PID" && return
	if [ "$1" = sluice ]; then
		"$SLUICECTL" -s "$PAIR_DIR/control.sock" stats
	else
		[ -S "$PAIR_DIR/memif.sock" ] || [ -S "$PAIR_DIR/vhost1.sock" ]
	fi
}

pair_start()
{
	local eal=(--no-huge --no-shconf -m 1024 --no-pci "--file-prefix=$_pair_name"
		--log-level=4) command

	if [ "$(nproc)" -gt 1 ]; then
		eal+=("--lcores=0@0,1@1")
	else
		eal+=("--lcores=0@0,1@0")
	fi
	eal+=("${_pair_server[@]}")
	if [ "$1" = sluice ]; then
		_pair_yaml "$2" >"$PAIR_DIR/sluice.yaml"
		command=("$SLUICE" "${eal[@]}" -- -c "$PAIR_DIR/sluice.yaml")
	else
		command=(dpdk-testpmd "${eal[@]}" -- --forward-mode=io --auto-start \
			--no-mlockall
			--total-num-mbufs=16384)
	fi
	rm -f "$PAIR_DIR"/*.sock
	# dpdk-testpmd ends when its input does.
	"${command[@]}" >"$PAIR_DIR/log" 2>&1 <>"$PAIR_DIR/silence" &
	PAIR_PID=$!
	wait_until 20 _pair_up "$1" && ! _net_gone "$PAIR_PID"
}

pair_stop()
{
	if [ -n "$PAIR_PID" ]; then
		net_end "$PAIR_PID"
		PAIR_PID=
	fi
}

pair_log()
{
	tail -n 15 "$PAIR_DIR/log" | sed 's/^/#   /' >&2
}
