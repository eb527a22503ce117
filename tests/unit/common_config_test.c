/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration file: its values, and the place of each error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"

/* Two ports and a wire in five lines, so that a test's own lines start at line 6. */
#define WIRE                                                                             \
	"ports:\n"                                                                       \
	"  - {name: lan, device: net_null0}\n"                                           \
	"  - {name: wan, device: net_null1}\n"                                           \
	"wires:\n"                                                                       \
	"  - [lan, wan]\n"

static char folder[] = "/tmp/config_test.XXXXXX";
static char file[64];

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(file, sizeof(file), "%s/x.yaml", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(folder);
}

static int
load(const char *text, unsigned flags, struct sluice_config **config,
     struct config_error *error)
{
	FILE *stream = fopen(file, "w");

	assert_non_null(stream);
	fputs(text, stream);
	assert_int_equal(fclose(stream), 0);
	error->text[0] = '\0';
	return config_load(file, flags, config, error);
}

static struct sluice_config *
load_good(const char *text)
{
	struct sluice_config *config = NULL;
	struct config_error error;

	if (load(text, CONFIG_NEED_DEVICES, &config, &error) != 0)
		fail_msg("%s", error.text);
	return config;
}

/*
 * Assert that the text is refused with this message, which is compared without the
 * directory.
 */
static void
assert_refused(const char *text, const char *message)
{
	struct sluice_config *config = NULL;
	struct config_error error;

	assert_int_not_equal(load(text, CONFIG_NEED_DEVICES, &config, &error), 0);
	assert_null(config);
	assert_memory_equal(error.text, folder, strlen(folder));
	assert_string_equal(error.text + strlen(folder) + 1, message);
}

static void
vlans_have_names_in_rules(void **state)
{
	struct sluice_config *c =
		load_good("ports:\n"
			  "  - {name: lan, device: net_null0, vlans: {10: lan.10, 20: "
			  "servers}}\n"
			  "  - {name: wan, device: net_null1, vlans: {10: wan.10}}\n"
			  "wires:\n"
			  "  - [lan, wan]\n");
	const char *names[CONFIG_MAX_INTERFACES];
	struct engine_config engine;

	(void)state;
	assert_int_equal(config_interfaces(c, names), 5);
	assert_string_equal(names[1], "wan");
	assert_string_equal(names[2], "lan.10");
	assert_string_equal(names[3], "servers");
	assert_string_equal(names[4], "wan.10");
	config_engine(c, 1, &engine);
	assert_int_equal(engine.interfaces[0], 0);
	assert_int_equal(engine.interfaces[10], 2);
	assert_int_equal(engine.interfaces[20], 3);
	assert_int_equal(engine.interfaces[30], 0);
	assert_int_equal(engine.interfaces[ENGINE_VIDS], 1);
	assert_int_equal(engine.interfaces[ENGINE_VIDS + 10], 4);
	assert_int_equal(engine.interfaces[ENGINE_VIDS + 20], 1);
	config_free(c);
	c = load_good(WIRE);
	config_engine(c, 1, &engine);
	assert_null(engine.interfaces);
	config_free(c);
}

#define VLANS(text)                                                                      \
	"ports:\n"                                                                       \
	"  - {name: lan, device: net_null0, vlans: " text "}\n"                          \
	"  - {name: wan, device: net_null1}\n"                                           \
	"wires:\n"                                                                       \
	"  - [lan, wan]\n"

static void
a_wrong_vlan_is_told_by_its_place(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} rows[] = {
		{VLANS("[10]"), "x.yaml:2:36: ports[0].vlans: VIDs and names as {10: "
				"lan.10} expected"},
		{VLANS("{4095: a}"), "x.yaml:2:36: ports[0].vlans: 4095 is out of range, "
				     "1 to 4094 expected"},
		{VLANS("{x: a}"),
		 "x.yaml:2:36: ports[0].vlans: 'x' is not a number, 1 to "
		 "4094 expected"},
		{VLANS("{10: wan}"),
		 "x.yaml:2:44: ports[0].vlans.10: 'wan' is the name of a port already"},
		{VLANS("{10: a, 20: a}"),
		 "x.yaml:2:51: ports[0].vlans.20: 'a' is the name of VLAN 10 of port "
		 "'lan' already"},
		{VLANS("{10: a, 010: b}"),
		 "x.yaml:2:44: ports[0].vlans.10: VLAN 10 is given twice"},
		{VLANS("{10: a/b}"),
		 "x.yaml:2:44: ports[0].vlans.10: 'a/b' is no name of an interface, 1 to "
		 "15 letters without / : \" and blanks expected"},
		{VLANS("{10: a}") "conntrack: {vlan_key: false}\n",
		 "x.yaml:2:44: ports[0].vlans.10: conntrack.vlan_key is false, so VLANs "
		 "are not told apart: set it to true, or leave vlans out"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refused(rows[i].text, rows[i].message);
}

static void
a_short_file_gets_the_defaults(void **state)
{
	struct sluice_config *c = load_good(WIRE);
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
	assert_string_equal(c->warning, "");
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
	struct sluice_config *c = load_good(every_key);
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
	snprintf(rules, sizeof(rules), "%s/rules/x.nft", folder);
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
	assert_string_equal(c->warning, "in no wire, and not used: port spare");
	config_free(c);
}

static void
an_absolute_path_of_rules_stays(void **state)
{
	struct sluice_config *c = load_good(WIRE "rules: /etc/x.nft\n");

	(void)state;
	assert_string_equal(c->rules, "/etc/x.nft");
	config_free(c);
}

static void
an_empty_bypass_list_lets_nothing_past(void **state)
{
	struct sluice_config *c = load_good(WIRE "bypass: []\n");

	(void)state;
	assert_int_equal(c->bypass, 0);
	config_free(c);
}

static void
a_device_may_be_missing_only_where_none_is_needed(void **state)
{
	const char *text = "ports: [{name: a}, {name: b}]\nwires: [[a, b]]\n";
	struct sluice_config *config;
	struct config_error error;

	(void)state;
	assert_int_equal(load(text, 0, &config, &error), 0);
	assert_null(config->ports[0].device);
	config_free(config);
	assert_refused(text,
		       "x.yaml:1:9: ports[0]: port 'a' has no device, the name of a "
		       "DPDK device expected");
}

static void
a_missing_file_is_named(void **state)
{
	struct sluice_config *config;
	struct config_error error;

	(void)state;
	assert_int_equal(config_load("/nowhere/x.yaml", 0, &config, &error), -2);
	assert_string_equal(error.text, "/nowhere/x.yaml: No such file or directory");
	assert_int_not_equal(config_load("/", 0, &config, &error), 0);
	assert_string_equal(error.text, "/: Is a directory");
}

struct refusal {
	const char *text;
	const char *message;
};

static void
assert_all_refused(const struct refusal *refusals)
{
	for (; refusals->text != NULL; refusals++)
		assert_refused(refusals->text, refusals->message);
}

static void
what_is_not_yaml_is_refused_at_its_place(void **state)
{
	static const struct refusal refusals[] = {
		{"", "x.yaml:1:1: the file is empty, ports and wires expected"},
		{"# nothing\n",
		 "x.yaml:1:1: the file is empty, ports and wires expected"},
		{"ports: [\n", "x.yaml:2:1: did not find expected node content"},
		{"a: b: c\n",
		 "x.yaml:1:5: mapping values are not allowed in this context"},
		{"- a\n", "x.yaml:1:1: a list stands here, keys and values expected"},
		{WIRE "---\nports: []\n",
		 "x.yaml:7:1: a second document, only one expected"},
		{"\x01\n", "x.yaml:1:1: control characters are not allowed"},
		{NULL, NULL},
	};

	(void)state;
	assert_all_refused(refusals);
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
wrong_ports_and_wires_are_refused_at_their_place(void **state)
{
#define TWO "ports: [{name: a, device: x}, {name: b, device: y}]\n"
	static const struct refusal refusals[] = {
		{"ports: [{name: a, device: x}]\nwires: []\n",
		 "x.yaml:1:1: ports: 1 ports, two at least expected"},
		{"ports:\n- {name: a, device: x}\n- {name: a, device: y}\nwires: []\n",
		 "x.yaml:3:4: ports[1].name: there is already a port 'a'"},
		{"ports:\n- {name: a, device: x}\n- {name: b, device: x}\nwires: []\n",
		 "x.yaml:3:13: ports[1].device: 'x' is the device of port 'a' already"},
		{TWO "wires: []\n",
		 "x.yaml:2:1: wires: no wire, at least one pair of ports expected"},
		{TWO "wires: [[a, c]]\n",
		 "x.yaml:2:13: wires[0][1]: no port is called 'c', "
		 "a name from ports expected"},
		{TWO "wires: [[a, a]]\n",
		 "x.yaml:2:13: wires[0][1]: port 'a' is joined to "
		 "itself, two ports expected"},
		{TWO "wires: [[a, b], [b, a]]\n",
		 "x.yaml:2:18: wires[1][0]: port 'b' is in the wire [a, b] already"},
		{NULL, NULL},
	};

	(void)state;
	assert_all_refused(refusals);
}

#define SIX                                                                              \
	"ports: [{name: a, device: q}, {name: b, device: r}, {name: c, device: s}, "     \
	"{name: d, device: t}, {name: e, device: u}, {name: f, device: v}]\n"

static void
wires_of_a_group_are_one_unit(void **state)
{
	struct sluice_config *c = load_good(SIX "wires:\n"
						"- {ports: [a, b], group: lag0}\n"
						"- [c, d]\n"
						"- {group: lag0, ports: [f, e]}\n");
	struct engine_config engine;

	(void)state;
	assert_int_equal(c->wire_count, 3);
	assert_int_equal(c->wires[0][0], 0);
	assert_int_equal(c->wires[2][0], 5);
	assert_int_equal(c->wires[2][1], 4);
	assert_int_equal(c->group_count, 1);
	assert_string_equal(c->group_name[1], "lag0");
	config_engine(c, 1, &engine);
	assert_int_equal(engine.group[0], 1);
	assert_int_equal(engine.group[1], 0);
	assert_int_equal(engine.group[2], 1);
	assert_int_equal(engine_network(&engine, 2), engine_network(&engine, 0));
	assert_int_not_equal(engine_network(&engine, 1), engine_network(&engine, 0));
	/* the wires of a group are one unit, which only one worker may serve */
	assert_int_equal(config_units(c), 2);
	assert_int_equal(config_unit(c, 0), 0);
	assert_int_equal(config_unit(c, 1), 1);
	assert_int_equal(config_unit(c, 2), 0);
	assert_int_equal(config_shared_units(c), 1);
	assert_int_equal(config_shared_unit(c, 0), 1);
	config_free(c);
	c = load_good(SIX "wires: [{ports: [a, b]}, [c, d]]\n");
	assert_int_equal(c->group[0], 0);
	assert_int_equal(config_units(c), 2);
	config_free(c);
}

static void
a_wire_has_xdp_on_interfaces_of_the_kernel(void **state)
{
	struct sluice_config *c = load_good("ports: [{name: a, device: eth1}, {name: b, "
					    "device: eth2}]\n"
					    "wires: [{ports: [a, b], xdp: true}]\n"
					    "xdp_pin: /sys/fs/bpf/sluice\n");

	(void)state;
	assert_true(c->xdp[0]);
	assert_string_equal(c->xdp_pin, "/sys/fs/bpf/sluice");
	/* only one worker has the wire */
	assert_int_equal(config_units(c), 1);
	assert_int_equal(config_shared_units(c), 0);
	config_free(c);
	c = load_good(SIX "wires: [{ports: [a, b], xdp: false}]\n");
	assert_false(c->xdp[0]);
	assert_null(c->xdp_pin);
	assert_int_equal(config_shared_units(c), 1);
	config_free(c);
}

static void
wrong_xdp_is_refused_at_its_place(void **state)
{
	static const struct refusal refusals[] = {
		{SIX "wires: [{ports: [a, b], xdp: maybe}]\n",
		 "x.yaml:2:25: wires[0].xdp: 'maybe' is not known, one of true, false "
		 "expected"},
		{SIX "wires: [{ports: [a, b], xdp: true}, [c, d]]\n",
		 "x.yaml:2:1: wires: the wires 0 and 1 differ in xdp, the same value for "
		 "all expected: run a process for each kind"},
		{"ports: [{name: a, device: net_af_xdp_long0}, {name: b, device: x}]\n"
		 "wires: [{ports: [a, b], xdp: true}]\n",
		 "x.yaml:2:25: wires[0].xdp: the device of port 'a' is "
		 "'net_af_xdp_long0', with xdp the name of a network interface "
		 "expected, as `ip link` shows it"},
		{"ports: [{name: a, device: x, mtu: 1400}, {name: b, device: y}]\n"
		 "wires: [{ports: [a, b], xdp: true}]\n",
		 "x.yaml:2:25: wires[0].xdp: port 'a' has an mtu, with xdp that of its "
		 "interface expected: ip link set mtu"},
		{NULL, NULL},
	};

	(void)state;
	assert_all_refused(refusals);
}

static void
wrong_groups_are_refused_at_their_place(void **state)
{
	static const struct refusal refusals[] = {
		{SIX "wires: [{ports: [a, b], group: lag0}, [c, d]]\n",
		 "x.yaml:2:25: wires[0].group: group 'lag0' has one wire, two at least "
		 "expected: name it at another, or leave it out"},
		{SIX "wires: [{ports: [a], group: lag0}, [c, d]]\n",
		 "x.yaml:2:10: wires[0].ports: 1 entries, 2 expected"},
		{SIX "wires: [{ports: a, group: lag0}]\n",
		 "x.yaml:2:10: wires[0].ports: a single value stands here, a list "
		 "expected"},
		{SIX "wires: [{group: lag0}]\n",
		 "x.yaml:2:9: wires[0]: ports are missing"},
		{SIX "wires: [{ports: [a, b], groop: lag0}]\n",
		 "x.yaml:2:9: wires[0]: unknown key 'groop', expected one of ports, "
		 "group, xdp"},
		{SIX "wires: [{ports: [a, b], group: lag0, group: x}]\n",
		 "x.yaml:2:9: wires[0]: 'group' given twice"},
		{SIX "wires: [{ports: [a, b], group: [x]}]\n",
		 "x.yaml:2:25: wires[0].group: a list stands here, a single value "
		 "expected"},
		{SIX "wires: [{ports: [a, b], group: \"a b\"}]\n",
		 "x.yaml:2:25: wires[0].group: 'a b' is no name of a group, 1 to 15 "
		 "letters "
		 "without / : \" and blanks expected"},
		{SIX "wires: [a]\n",
		 "x.yaml:2:9: wires[0]: a single value stands here, two ports as [lan, "
		 "wan] "
		 "expected, or ports, group and xdp"},
		{SIX "wires: {ports: [a, b]}\n",
		 "x.yaml:2:1: wires: keys and values stand here, a list expected"},
		{SIX "wires: [{ports: [a, x], group: g}, [c, d]]\n",
		 "x.yaml:2:21: wires[0].ports[1]: no port is called 'x', a name from "
		 "ports "
		 "expected"},
		{NULL, NULL},
	};

	(void)state;
	assert_all_refused(refusals);
}

static void
too_many_ports_and_wires_are_refused(void **state)
{
	char text[8192];
	size_t length;
	unsigned i;

	(void)state;
	length = (size_t)sprintf(text, "ports:\n");
	for (i = 0; i < CONFIG_MAX_PORTS + 1; i++)
		length += (size_t)sprintf(text + length, "- {name: p%u, device: d%u}\n",
					  i, i);
	sprintf(text + length, "wires: []\n");
	assert_refused(text, "x.yaml:1:1: ports: 65 ports, 64 at most expected");

	length = (size_t)sprintf(text, "%swires:\n", TWO);
	for (i = 0; i < ENGINE_MAX_WIRES + 1; i++)
		length += (size_t)sprintf(text + length, "- [a, b]\n");
	assert_refused(text, "x.yaml:2:1: wires: 33 wires, 32 at most expected");
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

/*
 * libcyaml took minutes for 300,000 nested brackets or 60,000 anchors, so sluice limits
 * both itself.
 */
static void
nesting_and_anchors_without_end_are_refused_at_once(void **state)
{
	static const char *const units[] = {"[", "{", "- ", "? ", "{a: ", "[\n"};
	static const char *const wheres[] = {"1:17", "1:17", "1:33",
					     "1:33", "1:65", "17:1"};
	static char text[1 << 20], expected[128];
	size_t i, length;

	(void)state;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		for (length = 0; length < 900000;)
			length += (size_t)sprintf(text + length, "%s", units[i]);
		snprintf(expected, sizeof(expected),
			 "x.yaml:%s: lists and mappings within each other, 16 deep at "
			 "most expected",
			 wheres[i]);
		assert_refused(text, expected);
	}
	length = (size_t)sprintf(text, "%s", "eal: [");
	for (i = 0; i < 60000; i++)
		length += (size_t)sprintf(text + length, "&a%zu v,", i);
	assert_refused(text, "x.yaml:1:1945: too many anchors, 256 at most expected");
	strcpy(text, "eal: ");
	memset(text + 5, '[', 15);
	memset(text + 20, ']', 15);
	text[35] = '\0';
	assert_refused(text, "x.yaml:1:7: eal[0]: a list stands here, a single value "
			     "expected");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_file_gets_the_defaults),
		cmocka_unit_test(vlans_have_names_in_rules),
		cmocka_unit_test(a_wrong_vlan_is_told_by_its_place),
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(an_absolute_path_of_rules_stays),
		cmocka_unit_test(an_empty_bypass_list_lets_nothing_past),
		cmocka_unit_test(a_device_may_be_missing_only_where_none_is_needed),
		cmocka_unit_test(a_missing_file_is_named),
		cmocka_unit_test(what_is_not_yaml_is_refused_at_its_place),
		cmocka_unit_test(wrong_keys_and_shapes_are_refused_at_their_place),
		cmocka_unit_test(wrong_values_are_refused_at_their_place),
		cmocka_unit_test(wrong_ports_and_wires_are_refused_at_their_place),
		cmocka_unit_test(wires_of_a_group_are_one_unit),
		cmocka_unit_test(a_wire_has_xdp_on_interfaces_of_the_kernel),
		cmocka_unit_test(wrong_xdp_is_refused_at_its_place),
		cmocka_unit_test(wrong_groups_are_refused_at_their_place),
		cmocka_unit_test(too_many_ports_and_wires_are_refused),
		cmocka_unit_test(a_path_too_long_for_a_socket_is_refused),
		cmocka_unit_test(nesting_and_anchors_without_end_are_refused_at_once),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
