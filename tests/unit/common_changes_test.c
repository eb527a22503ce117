/* SPDX-License-Identifier: BSD-3-Clause */
/* What differs between two configurations, and what a running sluice takes over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "changes.h"

#define PORTS                                                                            \
	"ports:\n"                                                                       \
	"  - {name: lan, device: net_null0}\n"                                           \
	"  - {name: wan, device: net_null1}\n"
#define WIRE                                                                             \
	PORTS "wires:\n"                                                                 \
	      "  - [lan, wan]\n"

static char text[4096];

static struct sluice_config *
load(const char *yaml)
{
	char file[] = "/tmp/changes_test.XXXXXX";
	struct sluice_config *config = NULL;
	struct config_error error;
	int fd = mkstemp(file);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
	close(fd);
	if (config_load(file, CONFIG_NEED_DEVICES, &config, &error) != 0)
		fail_msg("%s", error.text);
	unlink(file);
	config->file = "test";
	return config;
}

static void
note(void *context, const struct config_change *change)
{
	size_t used = strlen(text);

	assert_null(context);
	snprintf(text + used, sizeof(text) - used, "%s %s: %s -> %s\n",
		 change->live ? "live" : "restart", change->key, change->before,
		 change->after);
}

static const char *
changes(const struct sluice_config *before, const struct sluice_config *after)
{
	text[0] = '\0';
	assert_int_equal(config_changes(before, after, note, NULL), 0);
	return text;
}

static void
equal_files_have_no_changes(void **state)
{
	struct sluice_config *a = load(WIRE), *b = load(WIRE "workers: auto\n");

	(void)state;
	assert_string_equal(changes(a, b), "");
	config_free(a);
	config_free(b);
}

struct row {
	const char *yaml; /* behind WIRE */
	const char *changes;
};

static const struct row rows[] = {
	{"mode: audit\n", "live mode: enforce -> audit\n"},
	{"pppoe: track\n", "restart pppoe: ignore -> track\n"},
	{"workers: 2\n", "restart workers: auto -> 2\n"},
	{"metrics: 127.0.0.1:9464\n", "restart metrics: none -> 127.0.0.1:9464\n"},
	{"record_log: stdout\nrecord_drops: true\n",
	 "live record_log: none -> stdout\nlive record_drops: false -> true\n"},
	{"bypass: [arp, 0x88b8]\n",
	 "live bypass: [arp, lldp, lacp, stp, nd, eapol, rarp] -> [arp, 0x88b8]\n"},
	{"bypass: []\n", "live bypass: [arp, lldp, lacp, stp, nd, eapol, rarp] -> []\n"},
	{"eal: [--no-huge]\n", "restart eal: none -> [--no-huge]\n"},
	{"conntrack: {max: 5, max_ipv6: 1048576, udp_timeout: 7, tcp_unknown: reset}\n",
	 "restart conntrack.max: 1048576 -> 5\n"
	 "live conntrack.udp_timeout: 120 -> 7\n"
	 "live conntrack.tcp_unknown: drop -> reset\n"},
	{"conntrack: {ip_security: match, vlan_key: false}\n",
	 "restart conntrack.vlan_key: true -> false\n"
	 "restart conntrack.ip_security: ignore -> match\n"},
};

static void
each_change_is_named_with_both_values(void **state)
{
	struct sluice_config *before = load(WIRE), *after;
	char yaml[1024];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(yaml, sizeof(yaml), WIRE "%s", rows[i].yaml);
		after = load(yaml);
		assert_string_equal(changes(before, after), rows[i].changes);
		config_free(after);
	}
	config_free(before);
}

static void
ports_and_wires_need_a_restart(void **state)
{
	struct sluice_config *before = load(WIRE),
			     *after = load("ports:\n"
					   "  - {name: lan, device: net_null0, mtu: 9000,"
					   " vlans: {10: a, 20: b}}\n"
					   "  - {name: wan, device: net_null1}\n"
					   "wires: [[wan, lan]]\n");

	(void)state;
	assert_string_equal(
		changes(before, after),
		"restart ports: [{name: lan, device: net_null0, rx_descriptors: 1024, "
		"tx_descriptors: 1024}, {name: wan, device: net_null1, rx_descriptors: "
		"1024, tx_descriptors: 1024}] -> [{name: lan, device: net_null0, mtu: "
		"9000, rx_descriptors: 1024, tx_descriptors: 1024, vlans: {10: a, 20: "
		"b}}, {name: wan, device: net_null1, rx_descriptors: 1024, "
		"tx_descriptors: 1024}]\n"
		"restart wires: [{ports: [lan, wan]}] -> [{ports: [wan, lan]}]\n");
	config_free(before);
	config_free(after);
}

static void
what_was_taken_over_is_no_change_any_more(void **state)
{
	struct sluice_config *running = load(WIRE), *again;
	const char *yaml = WIRE "workers: 2\n"
				"rules: /x.nft\n"
				"bypass: [arp, 0x88b8]\n"
				"record_log: /log\n"
				"conntrack: {udp_timeout: 7, enforce: ruleset}\n";

	(void)state;
	config_take(running, load(WIRE "rules: /y.nft\n"));
	config_take(running, load(yaml));
	again = load(yaml);
	assert_string_equal(changes(running, again), "restart workers: auto -> 2\n");
	assert_string_equal(running->rules, "/x.nft");
	config_free(again);
	config_free(running);
}

/* The text of a change of one key, with these values. */
static const char *
line_of(const char *before, const char *after)
{
	text[0] = '\0';
	config_change_add(text, sizeof(text),
			  &(struct config_change){"eal", false, before, after});
	return text;
}

/* Return n characters of two bytes and then `rest`; valid until the next but one call. */
static const char *
long_value(unsigned n, const char *rest)
{
	static char values[2][2048];
	static unsigned turn;
	char *value = values[turn++ % 2];
	unsigned i;

	for (i = 0; i < n; i++)
		snprintf(value + 2 * i, 3, "\xc3\xa9");
	snprintf(value + 2 * n, sizeof(values[0]) - 2 * n, "%s", rest);
	return value;
}

static void
long_values_are_shown_where_they_differ(void **state)
{
	const char *line;
	size_t i;

	(void)state;
	assert_string_equal(line_of("a", "b"),
			    "\neal: a -> b: needs a restart, not changed");
	/* odd and even places, so that cuts meet the middle of a character */
	for (i = 0; i < 2; i++) {
		line = line_of(long_value(300, i == 0 ? "abc" : "xabc"),
			       long_value(300, i == 0 ? "abd" : "xabd"));
		assert_non_null(strstr(line, i == 0 ? "\xa9"
						      "abc -> ...\xc3"
						    : "\xa9xabc -> ...\xc3"));
		assert_non_null(strstr(line, "abd: needs a restart"));
		assert_memory_equal(line, "\neal: ...\xc3\xa9", 11);
		assert_true(strlen(line) < 300);
	}
	/* the difference is at the begin: the end is left out, behind a character */
	line = line_of(long_value(0, "x"), long_value(300, ""));
	assert_non_null(strstr(line, "eal: x -> \xc3\xa9"));
	assert_non_null(strstr(line, "\xa9...: needs a restart"));
	/* characters that differ in their second byte */
	line = line_of(long_value(300, "\xc3\xa8"), long_value(300, "\xc3\xaa"));
	assert_non_null(strstr(line, "\xc3\xa8 -> ..."));
	assert_non_null(strstr(line, "\xc3\xaa: needs"));
}

static void
lines_that_do_not_fit_are_marked_once(void **state)
{
	const struct config_change change = {"workers", true, "1", "2"};

	(void)state;
	snprintf(text, sizeof(text), "x");
	/* room for one line, the mark and the end */
	config_change_add(text, 22, &change);
	assert_string_equal(text, "x\nworkers: 1 -> 2");
	config_change_add(text, 22, &change);
	config_change_add(text, 22, &change);
	assert_string_equal(text, "x\nworkers: 1 -> 2\n...");
	snprintf(text, sizeof(text), "x");
	config_change_add(text, 21, &change);
	assert_string_equal(text, "x\n...");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_files_have_no_changes),
		cmocka_unit_test(each_change_is_named_with_both_values),
		cmocka_unit_test(ports_and_wires_need_a_restart),
		cmocka_unit_test(what_was_taken_over_is_no_change_any_more),
		cmocka_unit_test(long_values_are_shown_where_they_differ),
		cmocka_unit_test(lines_that_do_not_fit_are_marked_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
