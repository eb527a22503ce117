#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# With `poll: adaptive`, a worker on devices without sockets waits for their receive
# interrupts: here on vhost-user, whose other ends dpdk-testpmd connects to the hosts.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

for tool in dpdk-testpmd strace; do
	if ! command -v $tool >/dev/null; then
		echo "1..0 # SKIP poll_vhost: needs $tool"
		exit 0
	fi
done
# shellcheck source=idle_lib.sh
. "$(dirname "$0")/idle_lib.sh"

live_begin poll_vhost
PLANE_DRIVER=net_vhost
# shellcheck disable=SC2034 # net.sh reads it
PLANE_TOP='poll: adaptive'
printf 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" accept
	}
}\n' >"$NET_DIR/rules.nft"
_plane_yaml "$NET_DIR/rules.nft" >"$NET_DIR/sluice.yaml"
mkfifo "$NET_DIR/silence"
net_spawn wire "$SLUICE" -- -c "$NET_DIR/sluice.yaml" >"$NET_DIR/plane.log" 2>&1 \
	<>"$NET_DIR/silence"
PLANE_PID=$SPAWNED
if ! ok "sluice starts" wait_until 20 ctl stats; then
	plane_complaint
	live_end
fi
net_spawn wire dpdk-testpmd --lcores=0@0,1@0 --no-huge -m 256 --no-pci \
	"--file-prefix=$NET_NAME-hosts" --vdev=net_af_packet0,iface=ap \
	"--vdev=net_virtio_user0,path=$NET_DIR/vhost0" --vdev=net_af_packet1,iface=bp \
	"--vdev=net_virtio_user1,path=$NET_DIR/vhost1" -- --forward-mode=io --auto-start \
	--total-num-mbufs=8192 --no-mlockall >"$NET_DIR/hosts.log" 2>&1 \
	<>"$NET_DIR/silence"
if ! ok "frames cross" wait_until 30 _plane_crosses; then
	tail -n 20 "$NET_DIR/hosts.log" | sed 's/^/# /'
	plane_complaint
	live_end
fi
peer cli lan
peer srv wan

ok "a connection" connected cli srv 80
ok "the worker waits" waits_begin
for word in one two three four five; do
	# sluice has nothing to do meanwhile
	net_exec lan "$PYTHON" -c "import time; time.sleep(0.3)"
	ok "data passes after a pause" carries cli srv "$word"
done
woken=$(waits_end ' = 1 (\[.*POLLIN')
ok "packets have ended at least five waits, not their time-out" test "$woken" -ge 5
percent=$(idle)
note "idle: $percent % of a core"
ok "an idle sluice needs at most 5 % of a core" test "$percent" -le 5
ok "data passes after it" carries srv cli again
live_end
