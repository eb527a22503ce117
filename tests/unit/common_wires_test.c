/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ports, VLANs, wires and groups of the configuration file, and the place of each
 * error.
 */
#include <stdio.h>

#include "config_fixture.h"

static void
vlans_have_names_in_rules(void **state)
{
	struct sluice_config *c = config_load_good(
		"ports:\n"
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
	c = config_load_good(WIRE);
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
	static const struct refusal refusals[] = {
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
		{NULL, NULL},
	};

	(void)state;
	assert_all_refused(refusals);
}

static void
a_device_may_be_missing_only_where_none_is_needed(void **state)
{
	const char *text = "ports: [{name: a}, {name: b}]\nwires: [[a, b]]\n";
	struct sluice_config *config;
	struct config_error error;

	(void)state;
	assert_int_equal(config_load_text(text, 0, &config, &error), 0);
	assert_null(config->ports[0].device);
	config_free(config);
	assert_refused(text,
		       "x.yaml:1:9: ports[0]: port 'a' has no device, the name of a "
		       "DPDK device expected");
}

#define TWO "ports: [{name: a, device: x}, {name: b, device: y}]\n"

static void
wrong_ports_and_wires_are_refused_at_their_place(void **state)
{
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
	struct sluice_config *c = config_load_good(SIX
						   "wires:\n"
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
	c = config_load_good(SIX "wires: [{ports: [a, b]}, [c, d]]\n");
	assert_int_equal(c->group[0], 0);
	assert_int_equal(config_units(c), 2);
	config_free(c);
}

static void
a_wire_has_xdp_on_interfaces_of_the_kernel(void **state)
{
	struct sluice_config *c =
		config_load_good("ports: [{name: a, device: eth1}, {name: b, "
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
	c = config_load_good(SIX "wires: [{ports: [a, b], xdp: false}]\n");
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vlans_have_names_in_rules),
		cmocka_unit_test(a_wrong_vlan_is_told_by_its_place),
		cmocka_unit_test(a_device_may_be_missing_only_where_none_is_needed),
		cmocka_unit_test(wrong_ports_and_wires_are_refused_at_their_place),
		cmocka_unit_test(wires_of_a_group_are_one_unit),
		cmocka_unit_test(a_wire_has_xdp_on_interfaces_of_the_kernel),
		cmocka_unit_test(wrong_xdp_is_refused_at_its_place),
		cmocka_unit_test(wrong_groups_are_refused_at_their_place),
		cmocka_unit_test(too_many_ports_and_wires_are_refused),
	};

	return cmocka_run_group_tests(tests, config_folder_make, config_folder_remove);
}
