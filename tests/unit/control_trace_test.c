/* SPDX-License-Identifier: BSD-3-Clause */
/* What the rules do with a packet of which there is a record. */
#include "policy_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "control_fake.h"
#include "trace.h"

#define RULES                                                                            \
	"table inet t { chain forward { type filter hook forward priority 0; "           \
	"policy drop;\n"                                                                 \
	"ct state new tcp dport 80 accept\n"                                             \
	"iifname \"wan\" tcp sport 80 jump web\n"                                        \
	"}\n"                                                                            \
	"chain web {\n"                                                                  \
	"ip ttl < 10 drop\n"                                                             \
	"tcp flags ack accept\n"                                                         \
	"}\n}\n"

static struct fake fake;
static struct control_rules rules;

/* Return "verdict rule step:rule step:rule .." of the trace of a record. */
static const char *
trace_of(const struct packet_record *record)
{
	static char text[512];
	json_t *json = trace_json(&fake.config, record), *step;
	size_t i, used;

	if (json == NULL)
		return "none";
	used = (size_t)snprintf(text, sizeof(text), "%s %d",
				json_string_value(json_object_get(json, "verdict")),
				(int)json_integer_value(json_object_get(json, "rule")));
	json_array_foreach(json_object_get(json, "steps"), i, step)
		used += (size_t)
			snprintf(text + used, sizeof(text) - used, " %s:%d",
				 json_string_value(json_object_get(step, "step")),
				 (int)json_integer_value(json_object_get(step, "rule")));
	json_decref(json);
	return text;
}

static int
set_up(void **state)
{
	struct rules loaded = rules_of(RULES);

	(void)state;
	fake_init(&fake);
	assert_int_equal(control_rules_init(&rules, loaded.policy, 1), 0);
	fake.config.rules = &rules;
	policy_state_free(loaded.state);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	control_rules_free(&rules);
	return 0;
}

static void
the_rules_that_match_are_told(void **state)
{
	struct packet_record record = fake_drop(5);

	(void)state;
	record.ct = POLICY_CT_ESTABLISHED;
	assert_string_equal(trace_of(&record), "accept 4 chain:0 jump:2 decided:4");
	record.port = 0; /* from lan, to which no rule applies */
	assert_string_equal(trace_of(&record), "drop 0 chain:0 policy:0");
}

static void
fields_are_those_of_the_frame(void **state)
{
	struct packet_record record = fake_drop(5);

	(void)state;
	record.ct = POLICY_CT_ESTABLISHED;
	record.head[14 + 8] = 9; /* the TTL */
	assert_string_equal(trace_of(&record), "drop 3 chain:0 jump:2 decided:3");
	/* a frame that ends behind the ports has no flags */
	record.head[14 + 8] = 64;
	record.head_bytes = 14 + 20 + 4;
	assert_string_equal(trace_of(&record), "drop 0 chain:0 jump:2 policy:0");
}

static void
a_frame_without_ip_has_no_trace(void **state)
{
	struct packet_record record = fake_drop(5);

	(void)state;
	record.head[12] = 0x88;
	assert_string_equal(trace_of(&record), "none");
	record = fake_drop(5);
	record.port = RECORD_NO_PORT;
	assert_string_equal(trace_of(&record), "none");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_rules_that_match_are_told, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(fields_are_those_of_the_frame, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_frame_without_ip_has_no_trace, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
