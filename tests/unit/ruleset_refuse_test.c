/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules that nft takes and sluice cannot evaluate: each is refused with a message that
 * says what, in which rule, and what to do.
 */
#include "policy_fixture.h"

/* A rule of chain forward, or a whole table; the message has to contain both texts. */
static const struct row {
	const char *nft;
	const char *what;
	const char *where;
} rows[] = {
	{"tcp dport 22 log prefix \"x\" accept",
	 "\"tcp dport 22 log prefix \"x\" accept\": 'log' is not supported",
	 "table inet t, chain forward, rule"},
	{"limit rate 10/minute accept", "'limit' is not supported",
	 "\"limit rate 10/minute accept\""},
	{"limit rate over 1 mbytes/second drop", "'limit' is not supported",
	 "\"limit rate over 1 mbytes/second drop\""},
	{"meta mark set 6", "'mangle' is not supported", "\"meta mark set 6\""},
	{"meta mark 6 accept", "'meta mark' is not supported", "\"meta mark 6 accept\""},
	{"ip ttl 6 accept", "'ip ttl' is not supported", "docs/rules.md"},
	{"@th,64,16 6 accept", "'@th,64,16' is not supported",
	 "remove or replace the rule"},
	{"ct status dnat accept", "'ct status' is not supported",
	 "\"ct status dnat accept\""},
	{"fib saddr oif missing drop", "is not supported", "fib"},
	{"ip6 nexthdr 44 accept", "extension headers", "use 'meta l4proto'"},
	{"table inet t { set s { type ipv4_addr; flags timeout; }\n"
	 "chain forward { type filter hook forward priority 0;\n"
	 "ip saddr @s accept\n}\n}\n",
	 "set 's' has 'timeout', which is not supported", "\"ip saddr @s accept\""},
	{"table inet t { chain in { type filter hook input priority 0;\n}\n}\n",
	 "hook input", "table inet t, chain in"},
	{"table bridge br { chain f { type filter hook forward priority 0;\n}\n}\n",
	 "tables of family bridge are not supported", "table bridge br"},
};

static void
what_cannot_be_evaluated_is_refused_by_its_text(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(rows); i++)
		refused_nft(rows[i].nft, rows[i].what, rows[i].where);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_evaluated_is_refused_by_its_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
