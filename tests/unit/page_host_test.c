/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "address.h"
#include "host.h"

static bool
is_ours(const char *host, const char *listen)
{
	struct sockaddr_storage address;

	assert_int_equal(address_parse(listen, &address), 0);
	return host_is_ours(host, &address);
}

struct row {
	const char *host;
	const char *listen;
	bool ours;
};

static const struct row rows[] = {
	/* names and addresses of loopback, with any port */
	{"localhost", "127.0.0.1:8080", true},
	{"LocalHost:8080", "127.0.0.1:8080", true},
	{"localhost:9000", "127.0.0.1:8080", true},
	{"127.0.0.1:8080", "127.0.0.1:8080", true},
	{"127.0.0.1", "[::1]:8080", true},
	{"[::1]:8080", "127.0.0.1:8080", true},
	{"127.9.9.9:80", "127.0.0.1:8080", true},
	/* other names, which may be those of a rebinding */
	{NULL, "127.0.0.1:8080", false},
	{"", "127.0.0.1:8080", false},
	{"evil.example", "127.0.0.1:8080", false},
	{"evil.example:8080", "127.0.0.1:8080", false},
	{"localhost.evil.example", "127.0.0.1:8080", false},
	{"127.0.0.1.evil.example", "127.0.0.1:8080", false},
	{"evil.example", "0.0.0.0:8080", false},
	/* addresses other than the one to listen at */
	{"192.0.2.1:8080", "127.0.0.1:8080", false},
	{"192.0.2.1:8080", "192.0.2.1:8080", true},
	{"192.0.2.2:8080", "192.0.2.1:8080", false},
	{"[2001:db8::1]:8080", "[2001:db8::1]:8080", true},
	{"[2001:db8::2]:8080", "[2001:db8::1]:8080", false},
	{"192.0.2.1", "0.0.0.0:8080", true},
	{"[2001:db8::1]", "[::]:8080", true},
	/* malformed */
	{"127.0.0.1:8080x", "127.0.0.1:8080", false},
	{"127.0.0.1 ", "127.0.0.1:8080", false},
	{"[::1", "127.0.0.1:8080", false},
	{"::1", "[::1]:8080", false},
	{"[127.0.0.1]", "127.0.0.1:8080", false},
	{"[localhost]", "127.0.0.1:8080", false},
	{"localhost@127.0.0.1", "127.0.0.1:8080", false},
	{"0123456789012345678901234567890123456789012345678901234567890123456789",
	 "127.0.0.1:8080", false},
};

static void
only_our_names_and_addresses_are_a_host(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_ours(rows[i].host, rows[i].listen) != rows[i].ours)
			fail_msg("Host '%s' at %s: %d expected", rows[i].host,
				 rows[i].listen, rows[i].ours);
}

static void
requests_of_other_sites_are_told_from_ours(void **state)
{
	static const struct {
		const char *site;
		const char *origin;
		const char *host;
		bool ours;
	} requests[] = {
		{NULL, NULL, "localhost:8080", true},
		{"same-origin", NULL, "localhost:8080", true},
		{"none", NULL, "localhost:8080", true},
		{"same-origin", "http://localhost:8080", "localhost:8080", true},
		{NULL, "http://LOCALHOST:8080", "localhost:8080", true},
		{NULL, "https://[::1]:8080", "[::1]:8080", true},
		{"cross-site", NULL, "localhost:8080", false},
		/* another port of this machine is the same site, but another origin */
		{"same-site", NULL, "localhost:8080", false},
		{"", NULL, "localhost:8080", false},
		{"Same-Origin", NULL, "localhost:8080", false},
		{"same-origin, none", NULL, "localhost:8080", false},
		{NULL, "http://localhost:9000", "localhost:8080", false},
		{NULL, "http://localhost", "localhost:8080", false},
		{NULL, "http://evil.example", "localhost:8080", false},
		{NULL, "http://localhost:8080.evil.example", "localhost:8080", false},
		{NULL, "http://localhost:8080/", "localhost:8080", false},
		{NULL, "null", "localhost:8080", false},
		{NULL, "", "localhost:8080", false},
		{NULL, "localhost:8080", "localhost:8080", false},
		{"same-origin", "http://evil.example", "localhost:8080", false},
		{"cross-site", "http://localhost:8080", "localhost:8080", false},
		{NULL, NULL, NULL, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (host_is_same_site(requests[i].site, requests[i].origin,
				      requests[i].host) != requests[i].ours)
			fail_msg("request %zu: %d expected", i, requests[i].ours);
}

static void
loopback_is_what_only_this_machine_reaches(void **state)
{
	static const struct {
		const char *text;
		bool loopback;
	} addresses[] = {
		{"127.0.0.1:80", true},  {"127.1.2.3:80", true}, {"[::1]:80", true},
		{"0.0.0.0:80", false},   {"[::]:80", false},     {"192.0.2.1:80", false},
		{"[fe80::1]:80", false},
	};
	struct sockaddr_storage address;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		assert_int_equal(address_parse(addresses[i].text, &address), 0);
		assert_int_equal(host_is_loopback(&address), addresses[i].loopback);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_our_names_and_addresses_are_a_host),
		cmocka_unit_test(requests_of_other_sites_are_told_from_ours),
		cmocka_unit_test(loopback_is_what_only_this_machine_reaches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
