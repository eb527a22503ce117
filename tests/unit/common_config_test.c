/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration file: its keys and values, and the place of each error. */
#include <stdio.h>

#include "config_fixture.h"

static void
a_short_file_gets_the_defaults(void **state)
{
	struct sluice_config *c = config_load_good(WIRE);
	const char *names[CONFIG_MAX_PORTS];
	struct engine_config engine;

	(void)state;
	assert_int_equal(c->port_count, 2);
	assert_string_equal(c->ports[1].name, "wan");
	assert_string_equal(c->ports[1].device, "net_null1");
	assert_int_equal(c->ports[1].rx_descriptors, 1024);
	assert_int_equal(c->wire_count, 1);
	assert_int_equal(c->wires[0][0], 0);
	assert_int_equal(c->wires[0][1], 1);
	assert_int_equal(c->workers, 0);
	assert_int_equal(c->mbufs, 0);
	assert_null(c->rules);
	assert_null(c->metrics);
	assert_null(c->record_log);
	assert_null(c->ipfix);
	assert_int_equal(c->ipfix_enterprise, 32473);
	assert_int_equal(c->record_rate, 10000);
	assert_string_equal(c->control, "/run/sluice/control.sock");
	assert_int_equal(config_mirrors(c), 0);
	assert_int_equal(c->track.tcp_timeout_established, 7440000);
	assert_true(c->track.tcp_challenge_ack);
	assert_false(c->track.tcp_unknown_reset);

	config_engine(c, 3, &engine);
	assert_int_equal(engine.max, 349526); /* a third of 2^20, rounded up */
	assert_int_equal(engine.max6, 349526);
	assert_int_equal(engine.wires, 1);
	assert_int_equal(engine.bypass, ENGINE_BYPASS_DEFAULT);
	assert_true(c->offloads_fix);
	assert_false(c->link_propagation);
	assert_false(c->poll_adaptive);
	assert_true(engine.verify_checksums);
	assert_false(engine.enforce_ruleset);
	assert_int_equal(config_engine_ports(c, names), 2);
	assert_string_equal(names[0], "lan");
	config_free(c);
}

static const char every_key[] =
	"eal: [\"--no-huge\", --in-memory]\n"
	"ports:\n"
	"  - {name: a, device: d0, mtu: 9000, rx_descriptors: 64}\n"
	"  - {name: b, device: d1, tx_descriptors: 2048}\n"
	"  - {name: spare, device: d2}\n"
	"wires:\n"
	"  - [b, a]\n"
	"workers: 2\n"
	"pppoe: track\n"
	"mbufs: 300000\n"
	"rules: rules/x.nft\n"
	"rules_timeout: 5\n"
	"mode: audit\n"
	"rules_other: refuse\n"
	"reload_connections: recheck\n"
	"reload_reset: true\n"
	"control: /tmp/c.sock\n"
	"control_group: wheel\n"
	"metrics: \"[::1]:9464\"\n"
	"record_log: /var/log/sluice.json\n"
	"record_drops: true\n"
	"record_connections: true\n"
	"record_rate: 500\n"
	"ipfix: 192.0.2.1:4739\n"
	"ipfix_transport: tcp\n"
	"ipfix_active_timeout: 60\n"
	"ipfix_domain: 7\n"
	"ipfix_enterprise: 4711\n"
	"bypass: [arp, non_ip, 0x88b5, 35074, pppoe]\n"
	"offloads: warn\n"
	"link_propagation: true\n"
	"poll: adaptive\n"
	"conntrack:\n"
	"  max: 1000\n"
	"  max_ipv6: 10\n"
	"  enforce: ruleset\n"
	"  acct: yes\n"
	"  vlan_key: false\n"
	"  checksum: false\n"
	"  tcp_loose: true\n"
	"  tcp_challenge_ack: off\n"
	"  tcp_unknown: reset\n"
	"  tcp_unsynchronized: reset\n"
	"  tcp_timeout_time_wait: 1\n"
	"  generic_timeout: 2000000\n";

static void
every_key_is_read(void **state)
{
	struct sluice_config *c = config_load_good(every_key);
	const char *mirrors[CONFIG_MAX_PORTS];
	char rules[128];

	(void)state;
	assert_int_equal(c->eal_count, 2);
	assert_string_equal(c->eal[1], "--in-memory");
	assert_int_equal(c->ports[0].mtu, 9000);
	assert_int_equal(c->ports[0].rx_descriptors, 64);
	assert_int_equal(c->ports[1].tx_descriptors, 2048);
	assert_int_equal(c->wires[0][0], 1);
	assert_int_equal(c->wires[0][1], 0);
	assert_int_equal(c->workers, 2);
	assert_int_equal(c->mbufs, 300000);
	assert_int_equal(c->rules_timeout, 5);
	assert_true(c->audit);
	assert_true(c->rules_refuse_other);
	assert_int_equal(c->reload_connections, CONFIG_RECHECK);
	assert_true(c->reload_reset);
	assert_string_equal(c->control_group, "wheel");
	snprintf(rules, sizeof(rules), "%s/rules/x.nft", config_folder);
	assert_string_equal(c->rules, rules);
	assert_string_equal(c->control, "/tmp/c.sock");
	assert_string_equal(c->metrics, "[::1]:9464");
	assert_string_equal(c->record_log, "/var/log/sluice.json");
	assert_true(c->record_drops);
	assert_true(c->record_connections);
	assert_int_equal(c->record_rate, 500);
	assert_string_equal(c->ipfix, "192.0.2.1:4739");
	assert_true(c->ipfix_tcp);
	assert_int_equal(c->ipfix_active_timeout, 60);
	assert_int_equal(c->ipfix_domain, 7);
	assert_int_equal(c->ipfix_enterprise, 4711);
	assert_int_equal(c->bypass,
			 ENGINE_BYPASS_ARP | ENGINE_BYPASS_NON_IP | ENGINE_BYPASS_PPPOE);
	assert_int_equal(c->bypass_types, 2);
	assert_int_equal(c->bypass_type[0], 0x88b5);
	assert_int_equal(c->bypass_type[1], 0x8902);
	assert_false(c->offloads_fix);
	assert_true(c->link_propagation);
	assert_true(c->poll_adaptive);
	assert_int_equal(c->max, 1000);
	assert_int_equal(c->max_ipv6, 10);
	assert_true(c->enforce_ruleset);
	assert_true(c->acct);
	assert_true(c->pppoe);
	assert_false(c->vlan_key);
	assert_false(c->checksum);
	assert_true(c->track.tcp_loose);
	assert_false(c->track.tcp_challenge_ack);
	assert_true(c->track.tcp_unknown_reset);
	assert_true(c->track.tcp_unsynchronized_reset);
	assert_int_equal(c->track.tcp_timeout_time_wait, 1000);
	assert_int_equal(c->track.generic_timeout, 2000000000);
	assert_int_equal(config_mirrors(c), 1);
	assert_string_equal(config_mirror(c, 0)->name, "spare");
	assert_int_equal(config_mirror_names(c, mirrors), 1);
	assert_string_equal(mirrors[0], "spare");
	config_free(c);
}

static void
an_absolute_path_of_rules_stays(void **state)
{
	struct sluice_config *c = config_load_good(WIRE "rules: /etc/x.nft\n");

	(void)state;
	assert_string_equal(c->rules, "/etc/x.nft");
	config_free(c);
}

static void
an_empty_bypass_list_lets_nothing_past(void **state)
{
	struct sluice_config *c = config_load_good(WIRE "bypass: []\n");

	(void)state;
	assert_int_equal(c->bypass, 0);
	config_free(c);
}

static void
wrong_keys_and_shapes_are_refused_at_their_place(void **state)
{
	static const struct refusal refusals[] = {
		{WIRE "rule: x\n", "x.yaml:6:1: rule: unknown key, did you mean rules?"},
		{WIRE "colour: x\n",
		 "x.yaml:6:1: colour: unknown key, expected one of eal, ports, wires, "
		 "bypass, mode, pppoe, poll, workers, mbufs, rules, rules_timeout, "
		 "rules_other, reload_connections, reload_reset, control, "
		 "control_group, metrics, record_log, record_drops, "
		 "record_connections, record_rate, ipfix, ipfix_transport, "
		 "ipfix_active_timeout, ipfix_domain, ipfix_enterprise, offloads, "
		 "link_propagation, "
		 "xdp_pin, conntrack"},
		{WIRE "conntrack:\n  max: 5\n  tcp_lose: true\n",
		 "x.yaml:8:3: conntrack.tcp_lose: unknown key, did you mean tcp_loose?"},
		{"ports:\n  - {name: a, devise: x}\n",
		 "x.yaml:2:15: ports[0].devise: unknown key, did you mean device?"},
		{"ports:\n  - {device: a}\n", "x.yaml:2:5: ports[0].name: missing"},
		{"ports: [{name: a, device: b}]\n", "x.yaml:1:1: wires: missing"},
		{WIRE "rules: a\nrules: b\n", "x.yaml:6:1: rules: given twice"},
		{WIRE "conntrack: 5\n", "x.yaml:6:1: conntrack: a single value stands "
					"here, keys and values expected"},
		{WIRE "rules: [a]\n", "x.yaml:6:1: rules: a list stands here, a single "
				      "value expected"},
		{WIRE "rules:\n", "x.yaml:6:1: rules: empty, a value expected"},
		{WIRE "eal: --no-huge\n",
		 "x.yaml:6:1: eal: a single value stands here, a "
		 "list expected"},
		{"ports: []\nwires:\n  - [a]\n",
		 "x.yaml:3:5: wires[0]: 1 entries, 2 expected"},
		{"ports: []\nwires:\n  - [a, b, c]\n",
		 "x.yaml:3:5: wires[0]: too many entries, 2 expected"},
		{NULL, NULL},
	};

	(void)state;
	assert_all_refused(refusals);
}

static const struct refusal wrong_values[] = {
	{WIRE "conntrack:\n  tcp_timeout_close: 0\n",
	 "x.yaml:7:3: conntrack.tcp_timeout_close: 0 is out of range, 1 to 3600 "
	 "expected"},
	{WIRE "conntrack:\n  max: 99999999999999999999\n",
	 "x.yaml:7:3: conntrack.max: 99999999999999999999 is out of range, 1 to "
	 "1073741824 expected"},
	{WIRE "conntrack: {max: 1x}\n", "x.yaml:6:13: conntrack.max: '1x' is not a "
					"number, 1 to 1073741824 expected"},
	{WIRE "conntrack: {max: -1}\n", "x.yaml:6:13: conntrack.max: '-1' is not a "
					"number, 1 to 1073741824 expected"},
	{WIRE "conntrack: {acct: maybe}\n",
	 "x.yaml:6:13: conntrack.acct: 'maybe' is not known, one of true, false "
	 "expected"},
	{WIRE "conntrack: {vlan_key: 10}\n",
	 "x.yaml:6:13: conntrack.vlan_key: '10' is not known, one of true, false "
	 "expected"},
	{WIRE "conntrack: {tcp_unknown: pass}\n",
	 "x.yaml:6:13: conntrack.tcp_unknown: 'pass' is not known, one of drop, "
	 "reset expected"},
	{WIRE "conntrack: {enforce: no}\n",
	 "x.yaml:6:13: conntrack.enforce: 'no' is not known, one of strict, "
	 "ruleset expected"},
	{WIRE "offloads: off\n",
	 "x.yaml:6:1: offloads: 'off' is not known, one of warn, fix expected"},
	{WIRE "bypass:\n- arp\n- ipx\n",
	 "x.yaml:8:3: bypass[1]: 'ipx' is not known, one of arp, lldp, lacp, "
	 "stp, "
	 "nd, eapol, rarp, ptp, cdp, isis, macsec, mpls, pppoe, non_ip expected"},
	{WIRE "pppoe: trak\n",
	 "x.yaml:6:1: pppoe: 'trak' is not known, did you mean track?"},
	{WIRE "pppoe: pass\n",
	 "x.yaml:6:1: pppoe: 'pass' is not known, one of ignore, track expected"},
	{WIRE "bypass: [arp, ldp]\n",
	 "x.yaml:6:15: bypass[1]: 'ldp' is not known, did you mean lldp?"},
	{WIRE "bypass: [pppeo]\n",
	 "x.yaml:6:10: bypass[0]: 'pppeo' is not known, did you mean pppoe?"},
	{WIRE "bypass: [0x5ff]\n",
	 "x.yaml:6:10: bypass[0]: '0x5ff' is no EtherType, 0x600 to 0xffff "
	 "expected (below are lengths of 802.3 frames)"},
	{WIRE "bypass: [0x10000]\n",
	 "x.yaml:6:10: bypass[0]: '0x10000' is no EtherType, 0x600 to 0xffff "
	 "expected (below are lengths of 802.3 frames)"},
	{WIRE "bypass: [0x88zz]\n",
	 "x.yaml:6:10: bypass[0]: '0x88zz' is no EtherType, 0x600 to 0xffff "
	 "expected (below are lengths of 802.3 frames)"},
	{WIRE "bypass: [0x0800]\n",
	 "x.yaml:6:10: bypass[0]: 0x0800 is IP, which the rules judge: accept it "
	 "there"},
	{WIRE "bypass: [34984]\n",
	 "x.yaml:6:10: bypass[0]: 34984 is a VLAN tag: name what is behind it"},
	{WIRE "bypass: [2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008, 2009, "
	      "2010, 2011, 2012, 2013, 2014, 2015, 2016, 2017]\n",
	 "x.yaml:6:106: bypass[16]: too many numbers, 16 at most expected"},
	{WIRE "mbufs: 0\n",
	 "x.yaml:6:1: mbufs: 0 is out of range, 1 to 67108864 expected"},
	{WIRE "poll: lazy\n",
	 "x.yaml:6:1: poll: 'lazy' is not known, one of busy, adaptive expected"},
	{WIRE "mode: try\n",
	 "x.yaml:6:1: mode: 'try' is not known, one of enforce, audit expected"},
	{WIRE "reload_connections: end\n",
	 "x.yaml:6:1: reload_connections: 'end' is not known, one of keep, recheck, "
	 "flush expected"},
	{WIRE "rules_other: ignore\n",
	 "x.yaml:6:1: rules_other: 'ignore' is not known, one of notice, refuse "
	 "expected"},
	{WIRE "rules_timeout: 0\n",
	 "x.yaml:6:1: rules_timeout: 0 is out of range, 1 to 3600 expected"},
	{WIRE "workers: many\n",
	 "x.yaml:6:1: workers: 'many' is not a number, 1 to 64 expected"},
	{WIRE "ipfix: collector\n",
	 "x.yaml:6:1: ipfix: 'collector' is no address, something like 192.0.2.1:4739 "
	 "or [2001:db8::1]:4739 expected"},
	{WIRE "ipfix_active_timeout: 9\n",
	 "x.yaml:6:1: ipfix_active_timeout: 9 is out of range, 10 to 86400 expected"},
	{WIRE "record_rate: 99\n",
	 "x.yaml:6:1: record_rate: 99 is out of range, 100 to 1000000000 "
	 "expected"},
	{WIRE "metrics: localhost\n",
	 "x.yaml:6:1: metrics: 'localhost' is no address, something like "
	 "127.0.0.1:9464 or [::1]:9464 expected"},
	{WIRE "metrics: 127.0.0.1:0\n",
	 "x.yaml:6:1: metrics: '127.0.0.1:0' is no address, something like "
	 "127.0.0.1:9464 or [::1]:9464 expected"},
	{"ports:\n- {name: a, mtu: 20}\n", "x.yaml:1:1: wires: missing"},
	{"ports: [{name: a, device: x, mtu: 20}, {name: b}]\nwires: []\n",
	 "x.yaml:1:30: ports[0].mtu: 20 is out of range, 68 to 9600 expected"},
	{"ports: [{name: a/b, device: x}, {name: b}]\nwires: []\n",
	 "x.yaml:1:10: ports[0].name: 'a/b' is no name of an interface, 1 to 15 "
	 "letters without / : \" and blanks expected"},
	{NULL, NULL},
};

static void
wrong_values_are_refused_at_their_place(void **state)
{
	(void)state;
	assert_all_refused(wrong_values);
}

static void
a_path_too_long_for_a_socket_is_refused(void **state)
{
	char text[512];

	(void)state;
	snprintf(text, sizeof(text), "%scontrol: /%0120d\n", WIRE, 0);
	assert_refused(text,
		       "x.yaml:6:1: control: too long for a socket's path, 107 letters "
		       "at most expected");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_file_gets_the_defaults),
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(an_absolute_path_of_rules_stays),
		cmocka_unit_test(an_empty_bypass_list_lets_nothing_past),
		cmocka_unit_test(wrong_keys_and_shapes_are_refused_at_their_place),
		cmocka_unit_test(wrong_values_are_refused_at_their_place),
		cmocka_unit_test(a_path_too_long_for_a_socket_is_refused),
	};

	return cmocka_run_group_tests(tests, config_folder_make, config_folder_remove);
}
