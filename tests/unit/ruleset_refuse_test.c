/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules that nft accepts and sluice cannot evaluate: each is rejected with a message that
 * says what, in which rule, and what to do.
 */
#include "policy_fixture.h"

/* A table of family ip, the only one beside ip6 that has dup, with a rule. */
#define COPY(rule)                                                                       \
	"table ip t {\nchain forward { type filter hook forward priority 0;\n" rule      \
	"\n}\n}\n"

/* A table with an object that has a time-out, and a rule that uses it. */
#define TIMEOUT(value)                                                                   \
	"table inet t {\nct timeout o {\nprotocol tcp\nl3proto ip\npolicy = { " value    \
	" }\n}\nchain forward { type filter hook forward priority 0;\n"                  \
	"ct timeout set \"o\"\n}\n}\n"

/*
 * A rule of chain forward, or a whole table, and two texts that the message must contain.
 */
static const struct row {
	const char *nft;
	const char *what;
	const char *where;
} rows[] = {
	{"tcp dport set 80", "address translation", "\"tcp dport set 80\""},
	{"ip daddr set 192.0.2.7", "address translation", "'ip daddr' is not supported"},
	{"ip hdrlength set 6", "cannot change their length", "ip hdrlength"},
	{"vlan id set 6", "the tags and the type that they came with", "vlan id"},
	{"meta cpu 1 accept", "which core processes a packet", "\"meta cpu 1 accept\""},
	{"ct label 1 accept", "use ct mark", "'ct label' is not supported"},
	{"rt classid 1 accept", "sluice has no routes", "remove or replace the rule"},
	{"fib saddr oif missing drop", "sluice has no routes", "fib"},
	{"ip6 nexthdr 44 accept", "extension headers", "use 'meta l4proto'"},
	{TIMEOUT("retrans: 9"), "retransmitted data has the time-out 'unack'",
	 "ct timeout set \"o\""},
	{TIMEOUT("syn_sent2: 9"), "a simultaneous open has the time-out 'syn_sent'",
	 "state 'syn_sent2' is not supported"},
	{TIMEOUT("close: 2000001"), "1 to 2000000 are expected", "close is 2000001 s"},
	{"table inet t {\nct helper h {\ntype \"ftp\" protocol tcp\n}\n"
	 "chain forward { type filter hook forward priority 0;\n"
	 "ct helper set \"h\"\n}\n}\n",
	 "sluice has no helpers", "'ct helper' is not supported"},
	{COPY("dup to 192.0.2.9"), "no routes to a next hop", "\"dup to 192.0.2.9\""},
	{COPY("dup to 192.0.2.9 device \"wan\""), "'wan' belongs to a wire",
	 "dup to 192.0.2.9 device \"wan\""},
	{COPY("dup to ip saddr map { 10.0.0.1 : 10.9.9.9 } device \"ids\" accept"),
	 "may not depend on the packet", "give one address"},
	{COPY("dup to ip saddr device \"ids\""), "may not depend on the packet",
	 "dup to ip saddr"},
	{COPY("dup to 192.0.2.9 device \"ids\""), "no port has the name 'ids'",
	 "and to no wire"},
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
