#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The Debian package that `make deb` has built: it installs, starts nothing by itself,
# runs the service once it is configured, is upgraded and removed. tests/run builds it
# before; alone, this test does not, since that takes minutes.
# Waits more than it works.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=container.sh
. "$(dirname "$0")/container.sh"

deb=$(ls "$BUILD"/deb/sluice_*.deb 2>/dev/null)
if [ -z "$deb" ]; then
	echo "1..0 # SKIP package: $BUILD/deb/sluice_*.deb is not built (make deb)"
	exit 0
fi
live_begin package
obstacle=$(container_obstacle)
if [ -n "$obstacle" ]; then
	echo "1..0 # SKIP package: $obstacle"
	exit 0
fi
trap container_teardown EXIT
container_make || exit
# a policy of this machine would forbid the start and the stop of services
rm -f "$CONTAINER/usr/sbin/policy-rc.d"
cp "$deb" "$CONTAINER/root/sluice.deb"
if ! ok "systemd boots" container_boot; then
	sed 's/^/# /' "$NET_DIR/boot.log" | tail -n 20
	live_end
fi

quiet()
{
	"$@" >"$NET_DIR/said" 2>&1
}

# shellcheck disable=SC2317 # by ok
fails()
{
	! quiet "$@"
}

state()
{
	container systemctl is-active sluice
}

# install: as apt does, but without its network
# shellcheck disable=SC2317 # by ok
install()
{
	quiet container env DEBIAN_FRONTEND=noninteractive \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		dpkg --force-confold -i /root/sluice.deb
}

ok "it installs" install || sed 's/^/# /' "$NET_DIR/said"
is "and starts nothing" "$(state) $(container systemctl is-enabled sluice)" \
	"inactive disabled"
is "its user" "$(container id -un sluice) $(container id -gn sluice)" "sluice sluice"
for program in sluice sluicectl sluice-page sluice-rules sluice-replay; do
	is "$program is in the path" "$(container $program --version)" "$program *"
done
ok "the rules of the package are right" quiet container sluice-rules --check --ports \
	lan,wan /etc/sluice/rules.nft
ok "the service does not start before its ports are named" fails container systemctl \
	start sluice
is "and says so" "$(container journalctl --sync; container journalctl -u sluice -p 3 \
	--output=cat)" "*sluice: /etc/sluice/sluice.yaml:*ports: missing*"

cat >"/proc/$CONTAINER_FIRST/root/etc/sluice/sluice.yaml" <<-END
	eal: [--no-huge, -m, "256", --no-pci, -l, "0",
	      "--vdev=net_af_packet0,iface=ap", "--vdev=net_af_packet1,iface=bp"]
	ports: [{name: lan, device: net_af_packet0}, {name: wan, device: net_af_packet1}]
	wires: [[lan, wan]]
	rules: rules.nft
	conntrack: {max: 10000}
END
ok "with ports it starts" quiet container systemctl enable --now sluice
is "it is healthy" "$(container sluicectl health)" ok
soon 10 "and frames cross" _plane_crosses
pid=$(container systemctl show --value --property MainPID sluice)
ok "an upgrade" install || sed 's/^/# /' "$NET_DIR/said"
is "keeps the configuration" "$(container grep -c iface=ap /etc/sluice/sluice.yaml)" 1
# shellcheck disable=SC2317 # by soon
restarted()
{
	[ "$(container systemctl show --value --property MainPID sluice)" != "$pid" ] &&
		[ "$(state)" = active ]
}
soon 20 "and starts the service again" restarted
ok "it is removed" quiet container env PATH=/usr/sbin:/usr/bin:/sbin:/bin dpkg --purge \
	sluice
is "and stopped" "$(state)" "inactive"
ok "without the configuration" fails test -e "/proc/$CONTAINER_FIRST/root/etc/sluice"
container_end
live_end
