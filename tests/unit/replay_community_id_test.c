/* SPDX-License-Identifier: BSD-3-Clause */
/* Community IDs of flows, compared with those that other tools print for them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "community_id.h"

static const struct {
	uint8_t proto;
	const char *orig, *reply;
	uint16_t port
		[2]; /* of an ICMP query: the identifier, which does not count; type */
	const char *id;
} rows[] = {
	{IPPROTO_TCP,
	 "128.232.110.120",
	 "66.35.250.204",
	 {34855, 80},
	 "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
	{IPPROTO_UDP,
	 "192.168.1.52",
	 "8.8.8.8",
	 {54585, 53},
	 "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
	{IPPROTO_ICMP,
	 "192.168.0.89",
	 "192.168.0.1",
	 {77, 8},
	 "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
};

/* Both orders of the endpoints in the key, and both originators, give the same ID. */
static void
an_id_is_the_published_one_whichever_side_began(void **state)
{
	char text[COMMUNITY_ID_TEXT];
	unsigned i, orig;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (orig = 0; orig < 2; orig++) {
			struct flow_key key = {0};
			unsigned first = rows[i].proto == IPPROTO_ICMP ? 0 : orig;

			flow_id_set_proto(&key.id, rows[i].proto);
			inet_pton(AF_INET, rows[i].orig, &key.addr.v4[orig]);
			inet_pton(AF_INET, rows[i].reply, &key.addr.v4[!orig]);
			key.id.port[first] = htons(rows[i].port[0]);
			key.id.port[!first] = htons(rows[i].port[1]);
			community_id(&key, 4, orig, text);
			assert_string_equal(text, rows[i].id);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_the_published_one_whichever_side_began),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
