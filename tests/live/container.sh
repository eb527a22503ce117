# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A Debian with systemd as its first process, in the namespace `wire` of net.sh, for
# tests of the service and of the package. It sees the files of this machine
# through an overlay that is removed at the end, so it cannot change the machine.
#
#	container_obstacle	print why there can be none; nothing if there can
#	container_make		create its files, in $CONTAINER; change them before boot
#	container_boot		boot it up to basic.target
#	container COMMAND	run a command in it
#	container_end		end it; container_teardown, the EXIT trap, calls it too

CONTAINER=
CONTAINER_PID=   # of systemd-nspawn
CONTAINER_FIRST= # of systemd

container_obstacle()
{
	local tool

	for tool in systemd-nspawn systemctl; do
		command -v $tool >/dev/null || {
			echo "needs $tool (package systemd-container)"
			return
		}
	done
	if ! unshare --mount sh -c 'd=/mnt && mount -t tmpfs none $d &&
		mkdir $d/u $d/w $d/r &&
		mount -t overlay -o lowerdir=/,upperdir=$d/u,workdir=$d/w none $d/r' \
		2>/dev/null; then
		echo "needs overlay mounts over /"
	fi
}

container_make()
{
	local layer

	layer=$(mktemp -d "$NET_DIR/container.XXXXXX") || return
	mount -t tmpfs -o mode=755 none "$layer" || return
	CONTAINER=$layer/root
	mkdir "$layer/upper" "$layer/work" "$CONTAINER"
	mount -t overlay -o "lowerdir=/,upperdir=$layer/upper,workdir=$layer/work" \
		none "$CONTAINER" || return
	# what a test before has left on this machine is not there
	rm -rf "$CONTAINER/etc/sluice" "$CONTAINER/etc/machine-id"
	echo uninitialized >"$CONTAINER/etc/machine-id"
}

container_boot()
{
	SYSTEMD_NSPAWN_LOCK=0 systemd-nspawn --quiet --directory="$CONTAINER" \
		--machine="$NET_NAME" --boot --register=no --keep-unit --settings=no \
		--link-journal=no --resolv-conf=off --timezone=off --console=passive \
		--network-namespace-path="/run/netns/$NET_NAME-wire" \
		--capability=CAP_NET_ADMIN,CAP_NET_RAW,CAP_IPC_LOCK,CAP_SYS_ADMIN \
		--system-call-filter=bpf \
		systemd.unit=basic.target </dev/null >"$NET_DIR/boot.log" 2>&1 &
	CONTAINER_PID=$!
	wait_until 20 _container_first &&
		CONTAINER_FIRST=$(pgrep -P "$CONTAINER_PID") &&
		wait_until 30 container systemctl is-active --quiet basic.target
}

_container_first()
{
	pgrep -P "$CONTAINER_PID"
}

container()
{
	nsenter --target "$CONTAINER_FIRST" --all "$@"
}

container_end()
{
	if [ -n "$CONTAINER_PID" ]; then
		{
			# this signal asks systemd to halt at once
			kill -s RTMIN+3 "$CONTAINER_FIRST"
			wait_until 20 _net_gone "$CONTAINER_PID" ||
				kill -KILL "$CONTAINER_FIRST"
			wait "$CONTAINER_PID"
		} 2>/dev/null
		CONTAINER_PID=
	fi
	if [ -n "$CONTAINER" ]; then
		umount "$CONTAINER"
		umount "$(dirname "$CONTAINER")"
		rmdir "$(dirname "$CONTAINER")"
		CONTAINER=
	fi
}

container_teardown()
{
	container_end
	net_teardown
}
