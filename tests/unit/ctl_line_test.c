/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of sluicectl in the format of conntrack(8), and the states of the endpoints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "line.h"
#include "show.h"

#define TCP_JSON                                                                         \
	"{'proto':'tcp','protonum':6,'timeout':7431,'state':'ESTABLISHED',"              \
	"'orig':{'src':'10.0.0.1','dst':'10.0.1.1','sport':1000,'dport':80,"             \
	"'state':'ESTABLISHED'},'reply':{'src':'10.0.1.1','dst':'10.0.0.1','sport':80,"  \
	"'dport':1000,'state':'ESTABLISHED'},'replied':true,'assured':true}"

/* Parse JSON in which ' stands for ". */
static json_t *
json_of(const char *text)
{
	char *copy = strdup(text), *quote;
	json_t *json;

	while ((quote = strchr(copy, '\'')) != NULL)
		*quote = '"';
	json = json_loads(copy, 0, NULL);
	assert_non_null(json);
	free(copy);
	return json;
}

static void
assert_line(const char *text, bool with_timeout, const char *expected)
{
	json_t *json = json_of(text);
	char line[LINE_BYTES];

	line_connection(json, with_timeout, line, sizeof(line));
	assert_string_equal(line, expected);
	json_decref(json);
}

static void
a_tcp_line_is_conntracks_with_both_states_behind(void **state)
{
	(void)state;
	assert_line(
		TCP_JSON, true,
		"tcp      6 7431 ESTABLISHED src=10.0.0.1 dst=10.0.1.1 sport=1000 "
		"dport=80 src=10.0.1.1 dst=10.0.0.1 sport=80 dport=1000 [ASSURED] use=1 "
		"orig=ESTABLISHED reply=ESTABLISHED");
}

static void
a_line_names_the_vlans(void **state)
{
#define VLAN_LINE(vlans, text)                                                           \
	assert_line(                                                                     \
		"{'proto':'udp','protonum':17,'timeout':29,'orig':{'src':'::1',"         \
		"'dst':'::2','sport':5,'dport':53},'reply':{'src':'::2','dst':'::1',"    \
		"'sport':53,'dport':5},'replied':true,'assured':false" vlans "}",        \
		true,                                                                    \
		"udp      17 29 src=::1 dst=::2 sport=5 dport=53 "                       \
		"src=::2 dst=::1 sport=53 dport=5 " text "use=1")
	(void)state;
	VLAN_LINE(",'vlan':10", "vlan=10 ");
	VLAN_LINE(",'vlan':10,'inner_vlan':20", "vlan=10.20 ");
	VLAN_LINE("", "");
}

static void
udp_has_no_state_and_shows_its_counters(void **state)
{
	(void)state;
	assert_line(
		"{'proto':'udp','protonum':17,'timeout':29,'orig':{'src':'::1',"
		"'dst':'::2','sport':5,'dport':53,'packets':1,'bytes':60},'reply':{"
		"'src':'::2','dst':'::1','sport':53,'dport':5,'packets':0,'bytes':0},"
		"'replied':false,'assured':false}",
		true,
		"udp      17 29 src=::1 dst=::2 sport=5 dport=53 packets=1 bytes=60 "
		"[UNREPLIED] src=::2 dst=::1 sport=53 dport=5 packets=0 bytes=0 use=1");
}

static void
icmp_shows_type_code_and_identifier(void **state)
{
	(void)state;
	assert_line(
		"{'proto':'icmp','protonum':1,'timeout':9,'orig':{'src':'1.1.1.1',"
		"'dst':'2.2.2.2','type':8,'code':0,'id':77},'reply':{'src':'2.2.2.2',"
		"'dst':'1.1.1.1','type':0,'code':0,'id':77},'replied':true,"
		"'assured':false}",
		true,
		"icmp     1 9 src=1.1.1.1 dst=2.2.2.2 type=8 code=0 id=77 src=2.2.2.2 "
		"dst=1.1.1.1 type=0 code=0 id=77 use=1");
}

static void
what_is_missing_does_no_harm(void **state)
{
	(void)state;
	assert_line("{}", true, "?        0 0 src=? dst=? [UNREPLIED] src=? dst=? use=1");
}

static void
a_line_too_long_is_cut(void **state)
{
	json_t *json = json_of(TCP_JSON);
	char line[16];

	(void)state;
	line_connection(json, true, line, sizeof(line));
	assert_string_equal(line, "tcp      6 7431");
	json_decref(json);
}

static void
assert_event(const char *kind, const char *begin)
{
	char text[1024], line[LINE_BYTES];
	json_t *json;

	snprintf(text, sizeof(text), "{'event':'%s','connection':" TCP_JSON "}", kind);
	json = json_of(text);
	line_event(json, line, sizeof(line));
	line[strlen(begin)] = '\0';
	assert_string_equal(line, begin);
	json_decref(json);
}

static void
events_have_conntracks_words(void **state)
{
	(void)state;
	assert_event("new", "    [NEW] tcp      6 7431 ESTABLISHED src=");
	assert_event("update", " [UPDATE] tcp      6 7431 ESTABLISHED src=");
	assert_event("destroy",
		     /* the remaining time is omitted */
		     "[DESTROY] tcp      6 ESTABLISHED src=");
}

static void
the_event_of_an_end_has_its_reason(void **state)
{
	json_t *json = json_of("{'event':'destroy','reason':'fin','text':'closed',"
			       "'connection':{'proto':'udp'}}");
	char line[LINE_BYTES];

	(void)state;
	line_event(json, line, sizeof(line));
	assert_string_equal(line, "[DESTROY] udp      0 src=? dst=? [UNREPLIED] src=? "
				  "dst=? use=1 reason=fin");
	line_event(json, line, 16);
	assert_string_equal(line, "[DESTROY] udp  ");
	json_decref(json);
}

static void
drops_that_are_0_are_shown_on_request(void **state)
{
	json_t *drops = json_of("[{'reason':'ip_header','packets':2,'text':'t1'},"
				"{'reason':'non_ip','packets':0,'text':'t2'}]");
	char *text = NULL;
	size_t size;
	FILE *out;

	(void)state;
	out = open_memstream(&text, &size);
	show_drops(out, drops, false);
	fclose(out);
	assert_non_null(strstr(text, "ip_header                         2  t1\n"));
	assert_null(strstr(text, "non_ip"));
	free(text);
	out = open_memstream(&text, &size);
	show_drops(out, drops, true);
	fclose(out);
	assert_non_null(strstr(text, "non_ip                            0  t2\n"));
	free(text);
	json_decref(drops);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tcp_line_is_conntracks_with_both_states_behind),
		cmocka_unit_test(a_line_names_the_vlans),
		cmocka_unit_test(udp_has_no_state_and_shows_its_counters),
		cmocka_unit_test(icmp_shows_type_code_and_identifier),
		cmocka_unit_test(what_is_missing_does_no_harm),
		cmocka_unit_test(a_line_too_long_is_cut),
		cmocka_unit_test(events_have_conntracks_words),
		cmocka_unit_test(the_event_of_an_end_has_its_reason),
		cmocka_unit_test(drops_that_are_0_are_shown_on_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
