/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Command `sluicectl set`: elements are listed, added and deleted as text while workers
 * run.
 */
#include <errno.h>
#include <stdlib.h>

#include <jansson.h>

#include <ruleset/sets.h>

#include "policy_fixture.h"

#define SECOND 1000000000ull
#define WORKERS 2

static const char objects[] =
	"set ban { type ipv4_addr; size 3; flags dynamic,timeout; "
	"elements = { 192.0.2.1 timeout 1h }\n}\n"
	"set nets { type ipv4_addr; flags interval,timeout; "
	"elements = { 192.0.2.0/30 timeout 1h }\n}\n"
	"set pairs { type ifname . ipv6_addr . inet_service; size 9; flags dynamic; "
	"counter\n}";
static const char chain[] =
	"ip saddr @ban drop\nip saddr @nets drop\n"
	"tcp dport 80 add @pairs { iifname . ip6 saddr . tcp dport } drop\naccept";

struct fixture {
	struct rules rules;
	struct policy_state *states[WORKERS];
	struct ruleset_sets sets;
	char error[256];
};

static void
begin(struct fixture *f)
{
	unsigned i;

	f->rules = rules_of_chain(objects, chain);
	assert_int_equal(policy_states_create(f->rules.policy, NULL, f->states, WORKERS),
			 0);
	for (i = 0; i < WORKERS; i++)
		policy_state_start(f->states[i], SECOND);
	f->sets = (struct ruleset_sets){f->rules.policy, f->states, WORKERS, ports};
	f->error[0] = '\0';
}

static void
end(struct fixture *f)
{
	unsigned i;

	for (i = 0; i < WORKERS; i++)
		policy_state_free(f->states[i]);
	rules_free(&f->rules);
}

static bool
accepts(const struct fixture *f, unsigned worker, const char *src, uint64_t now_ns)
{
	struct rules one = {f->rules.policy, f->states[worker]};
	const struct pk pk = TCP(.src = src, .dport = 22);

	return eval_at(&one, &pk, now_ns).kind == POLICY_ACCEPT;
}

static void
listed(struct fixture *f, const char *name, const char *expected)
{
	json_t *json = ruleset_set_list(&f->sets, name, f->error, sizeof(f->error));
	char *text = json_dumps(json_object_get(json, "elements"),
				JSON_COMPACT | JSON_SORT_KEYS);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
}

static void
what_is_added_is_matched_by_all_workers(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	assert_true(accepts(&f, 1, "192.0.2.9", SECOND));
	assert_int_equal(ruleset_set_add(&f.sets, "ban", "192.0.2.9", 10, f.error,
					 sizeof(f.error)),
			 0);
	assert_false(accepts(&f, 0, "192.0.2.9", SECOND));
	assert_false(accepts(&f, 1, "192.0.2.9", 10 * SECOND));
	assert_true(accepts(&f, 1, "192.0.2.9", 11 * SECOND));
	end(&f);
}

static void
what_is_deleted_is_matched_by_none(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	assert_false(accepts(&f, 0, "192.0.2.1", SECOND));
	assert_int_equal(ruleset_set_delete(&f.sets, "t ban", "192.0.2.1", f.error,
					    sizeof(f.error)),
			 0);
	assert_int_equal(ruleset_set_delete(&f.sets, "inet t ban", "192.0.2.1", f.error,
					    sizeof(f.error)),
			 -ENOENT);
	assert_string_equal(f.error, "'192.0.2.1' is not in set 'inet t ban'");
	listed(&f, "ban", "[]");
	end(&f);
}

static void
elements_are_listed_as_nft_writes_them(void **state)
{
	static const struct pk pk = TCP(.src = "2001:db8::7", .dport = 80, .iif = WAN);
	struct fixture f;
	unsigned i;

	(void)state;
	begin(&f);
	listed(&f, "ban", "[{\"element\":\"192.0.2.1\",\"expires\":3600}]");
	listed(&f, "nets", "[{\"element\":\"192.0.2.0-192.0.2.3\",\"expires\":3600}]");
	for (i = 0; i < 4; i++) {
		struct rules one = {f.rules.policy, f.states[i % WORKERS]};

		eval_at(&one, &pk, SECOND);
	}
	listed(&f, "pairs",
	       "[{\"bytes\":240,\"element\":\"wan . 2001:db8::7 . 80\",\"packets\":4}]");
	end(&f);
}

static void
what_cannot_be_is_refused_with_its_reason(void **state)
{
	static const struct {
		const char *set, *element, *text;
		int status;
	} rows[] = {
		{"none", "1.2.3.4", "no set 'none' that changes", -ENOENT},
		{"ban", "1.2.3", "'1.2.3' is not a valid IPv4 address", -EINVAL},
		{"ban", "1.2.3.4 . 5", "have 1 fields, joined by", -EINVAL},
		{"pairs", "wan . ::1", "have 3 fields", -EINVAL},
		{"nets", "1.2.3.4", "has intervals", -ENOTSUP},
	};
	struct fixture f;
	int status;
	size_t i;

	(void)state;
	begin(&f);
	for (i = 0; i < COUNT_OF(rows); i++) {
		status = ruleset_set_add(&f.sets, rows[i].set, rows[i].element, 0,
					 f.error, sizeof(f.error));
		if (status != rows[i].status || strstr(f.error, rows[i].text) == NULL)
			fail_msg("row %zu: %d, %s", i, status, f.error);
	}
	assert_int_equal(ruleset_set_add(&f.sets, "ban", "1.0.0.1", 0, f.error,
					 sizeof(f.error)),
			 0);
	assert_int_equal(ruleset_set_add(&f.sets, "ban", "1.0.0.2", 0, f.error,
					 sizeof(f.error)),
			 0);
	assert_int_equal(ruleset_set_add(&f.sets, "ban", "1.0.0.3", 0, f.error,
					 sizeof(f.error)),
			 -ENOSPC);
	assert_non_null(strstr(f.error, "is full"));
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_is_matched_by_all_workers),
		cmocka_unit_test(what_is_deleted_is_matched_by_none),
		cmocka_unit_test(elements_are_listed_as_nft_writes_them),
		cmocka_unit_test(what_cannot_be_is_refused_with_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
