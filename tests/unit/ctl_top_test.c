/* SPDX-License-Identifier: BSD-3-Clause */
/* The screen of `top`, from two samples with times of the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "top.h"

static struct top_sample
sample(uint64_t at_ms, int packets, int drops)
{
	return (struct top_sample){
		.at_ms = at_ms,
		.stats = json_pack("{si si si si s[{si si si}] s{s{si si si ss}}}",
				   "packets", packets, "bytes", packets * 1000,
				   "connections", 3, "connections_max", 100, "load",
				   "packets", packets, "handed_over", 0, "connections", 3,
				   "ports", "lan", "rx_packets", packets, "tx_packets", 0,
				   "rx_missed", 0, "link", "up"),
		.drops = json_pack("[{ss si} {ss si}]", "reason", "non_ip", "packets", 0,
				   "reason", "policy_drop", "packets", drops),
		.states = json_pack("{s{s{si si}} s{s{si si}}}", "lan", "now", "none", 7,
				    "ESTABLISHED", 2, "wan", "now", "ESTABLISHED", 1,
				    "SYN_SENT", 1),
	};
}

static void
add(struct top_sample *s, const char *src, const char *state)
{
	json_t *json = json_pack("{s{ss} ss}", "orig", "src", src, "proto", "udp");

	if (state != NULL)
		json_object_set_new(json, "state", json_string(state));
	top_count(s, json);
	json_decref(json);
}

static const char *
screen(struct top_sample *before, struct top_sample *now)
{
	static char text[8192];
	FILE *out;

	memset(text, 0, sizeof(text));
	out = fmemopen(text, sizeof(text), "w");
	top_show(out, before, now);
	fclose(out);
	top_release(before);
	top_release(now);
	return text;
}

static void
rates_are_those_between_the_samples(void **state)
{
	struct top_sample before = sample(1000, 100, 10), now = sample(3000, 300, 13);
	const char *text = screen(&before, &now);

	(void)state;
	assert_non_null(strstr(text, "         100.0 packets/s"));
	assert_non_null(strstr(text, "connections: 3 of 100 of IPv4, 0 of 0 of IPv6; 0.8 "
				     "Mbit/s\n"));
	assert_non_null(strstr(text,
			       "\npolicy_drop                     1.5             13\n"));
	assert_null(strstr(text, "non_ip"));
	assert_non_null(strstr(text, "\nTCP endpoints: ESTABLISHED 3 SYN_SENT 1\n"));
	assert_non_null(strstr(text,
			       "\nlan                           100.0            0.0 "
			       "         0.0  up\n"));
	assert_non_null(strstr(text,
			       "\n0                             100.0            0.0 "
			       "           3\n"));
}

static void
counters_that_go_back_and_no_time_give_no_rate(void **state)
{
	struct top_sample before = sample(1000, 300, 10), now = sample(3000, 100, 10);
	const char *text = screen(&before, &now);

	(void)state;
	assert_non_null(strstr(text, "           0.0 packets/s"));
	before = sample(1000, 100, 10);
	now = sample(1000, 300, 10);
	assert_non_null(strstr(screen(&before, &now), "           0.0 packets/s"));
}

static void
talkers_come_by_their_connections_with_states(void **state)
{
	struct top_sample before = sample(0, 0, 0), now = sample(1000, 0, 0);
	char src[16];
	const char *text, *first, *second;
	unsigned i;

	(void)state;
	add(&now, "10.0.0.2", NULL);
	for (i = 0; i < 3; i++)
		add(&now, "10.0.0.3", i == 0 ? "ESTABLISHED" : "SYN_SENT");
	for (i = 10; i < 10 + TOP_TALKERS; i++) {
		snprintf(src, sizeof(src), "10.0.0.%u", i);
		add(&now, src, "CLOSE");
	}
	assert_int_equal(now.connections, 4 + TOP_TALKERS);
	text = screen(&before, &now);
	first = strstr(text, "\n10.0.0.3                                           3  "
			     "ESTABLISHED 1 SYN_SENT 2\n");
	second = strstr(text, "\n10.0.0.10                                          1  "
			      "CLOSE 1\n");
	assert_non_null(first);
	assert_non_null(second);
	assert_true(first < second);
	/* two of the addresses with one connection do not fit */
	assert_non_null(strstr(text, "\n10.0.0.16 "));
	assert_null(strstr(text, "\n10.0.0.17 "));
	assert_null(strstr(text, "\n10.0.0.2 "));
	assert_null(strstr(text, "that were read"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_those_between_the_samples),
		cmocka_unit_test(counters_that_go_back_and_no_time_give_no_rate),
		cmocka_unit_test(talkers_come_by_their_connections_with_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
