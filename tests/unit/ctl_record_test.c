/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of packets as lines, and as comments of a capture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "record.h"

#define SEGMENT                                                                          \
	"'time_ns':1500000,'port':'wan','worker':0,'reason':'tcp_seq_right',"            \
	"'text':'beyond the window','family':'ipv4','proto':'tcp','protonum':6,"         \
	"'src':'192.0.2.1','dst':'10.0.0.1','sport':80,'dport':1000,'flags':'PA',"       \
	"'seq':9,'ack':8,'window':7,'payload':6,'bytes':60,'connection':7,"              \
	"'direction':'reply','before':{'orig':'ESTABLISHED','reply':'SYN_RECEIVED'},"    \
	"'after':{'orig':'ESTABLISHED','reply':'CLOSED'}"

static const struct {
	const char *name;
	const char *json; /* JSON in which ' stands for " */
	const char *line;
	const char *comment;
} rows[] = {
	{"a segment that the tracker drops", "{'drop':{" SEGMENT ",'answer':'rst'}}",
	 "1970-01-01 00:00:00.001500 tcp_seq_right wan tcp 192.0.2.1:80 > 10.0.0.1:1000 "
	 "flags PA seq 9 ack 8 win 7 len 6, 60 bytes, connection 7 reply, "
	 "orig=ESTABLISHED reply=SYN_RECEIVED->CLOSED, answer rst: beyond the window",
	 "sluice: drop tcp_seq_right: beyond the window\nanswered with rst\n"
	 "before: orig ESTABLISHED, reply SYN_RECEIVED\n"
	 "after: orig ESTABLISHED, reply CLOSED\nconnection 7"},
	{"which numbers were expected",
	 "{'drop':{'time_ns':0,'port':'lan','reason':'tcp_seq_right','text':'beyond it',"
	 "'expected':'SEQ 9 is beyond the window 1..5','proto':'tcp','src':'10.0.0.1',"
	 "'dst':'10.0.0.2','sport':5,'dport':80,'bytes':60}}",
	 "1970-01-01 00:00:00.000000 tcp_seq_right lan tcp 10.0.0.1:5 > 10.0.0.2:80, 60 "
	 "bytes: beyond it; SEQ 9 is beyond the window 1..5",
	 "sluice: drop tcp_seq_right: beyond it\nSEQ 9 is beyond the window 1..5"},
	{"a packet that passes and opens a connection",
	 "{'pass':{'time_ns':0,'port':'lan','rule':2,'rule_text':'forward: accept',"
	 "'proto':'tcp','src':'10.0.0.1','dst':'10.0.0.2','sport':5,'dport':80,"
	 "'bytes':60,'connection':4,'direction':'orig',"
	 "'after':{'orig':'SYN_SENT','reply':'LISTEN'}}}",
	 "1970-01-01 00:00:00.000000 pass lan tcp 10.0.0.1:5 > 10.0.0.2:80, 60 bytes, "
	 "connection 4 orig, orig=SYN_SENT reply=LISTEN, by rule 2 \"forward: accept\"",
	 "sluice: pass\nrule 2: forward: accept\nafter: orig SYN_SENT, reply LISTEN\n"
	 "connection 4"},
	{"a datagram that a rule drops",
	 "{'drop':{'time_ns':0,'port':'lan','reason':'policy_drop','text':'by a rule',"
	 "'rule':3,'rule_text':'forward: udp dport 53 drop','ct':'new','proto':'udp',"
	 "'src':'2001:db8::1','dst':'2001:db8::2',"
	 "'sport':5,'dport':53,'vlan':7,'bytes':90}}",
	 "1970-01-01 00:00:00.000000 policy_drop lan udp [2001:db8::1]:5 > "
	 "[2001:db8::2]:53 vlan 7, 90 bytes, by rule 3 (ct state new) "
	 "\"forward: udp dport 53 drop\": by a rule",
	 "sluice: drop policy_drop: by a rule\nrule 3: forward: udp dport 53 drop"},
	{"the policy of the chain",
	 "{'drop':{'time_ns':0,'port':'?','reason':'policy_drop','text':'by a rule',"
	 "'rule':0,'ct':'invalid','proto':'icmp','src':'10.0.0.1','dst':'10.0.0.2',"
	 "'type':8,'code':0,'id':4,'bytes':98}}",
	 "1970-01-01 00:00:00.000000 policy_drop ? icmp 10.0.0.1 > 10.0.0.2 type 8 "
	 "code 0 id 4, 98 bytes, by the policy of the chain (ct state invalid): by a "
	 "rule",
	 "sluice: drop policy_drop: by a rule\nrule: the chain's policy"},
	{"a frame without IP",
	 "{'drop':{'time_ns':0,'port':'lan','reason':'non_ip','text':'not IP',"
	 "'ether_type':2054,'bytes':42}}",
	 "1970-01-01 00:00:00.000000 non_ip lan frame of type 0x0806, 42 bytes: not IP",
	 "sluice: drop non_ip: not IP"},
	{"a packet that is logged",
	 "{'log':{'time_ns':0,'port':'lan','prefix':'ssh: ','level':'warn','ct':'new',"
	 "'proto':'tcp','src':'10.0.0.1','dst':'10.0.0.2','sport':5,'dport':22,"
	 "'bytes':60}}",
	 "1970-01-01 00:00:00.000000 warn \"ssh: \" lan tcp 10.0.0.1:5 > 10.0.0.2:22, 60 "
	 "bytes",
	 "sluice: log warn \"ssh: \""},
	{"a packet that is logged for a group",
	 "{'log':{'time_ns':0,'port':'lan','prefix':'','group':2,'rule':4,'ct':'new',"
	 "'proto':'tcp','src':'10.0.0.1','dst':'10.0.0.2','bytes':60}}",
	 "1970-01-01 00:00:00.000000 group 2 \"\" lan tcp 10.0.0.1 > 10.0.0.2, 60 bytes, "
	 "by rule 4 (ct state new)",
	 "sluice: log group 2 \"\"\nrule 4"},
};

static json_t *
json_of(const char *text)
{
	char *copy = strdup(text), *quote;
	json_t *json;

	while ((quote = strchr(copy, '\'')) != NULL)
		*quote = '"';
	json = json_loads(copy, 0, NULL);
	free(copy);
	return json;
}

static void
a_line_says_what_why_and_in_which_states(void **state)
{
	char line[RECORD_BYTES];
	json_t *json;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json = json_of(rows[i].json);
		assert_non_null(json);
		record_line(json, line, sizeof(line));
		if (strcmp(line, rows[i].line) != 0)
			fail_msg("%s:\n%s\n%s", rows[i].name, line, rows[i].line);
		record_comment(json, line, sizeof(line));
		if (strcmp(line, rows[i].comment) != 0)
			fail_msg("%s:\n%s\n%s", rows[i].name, line, rows[i].comment);
		json_decref(json);
	}
}

static void
a_line_ends_where_its_buffer_does(void **state)
{
	json_t *json = json_of(rows[0].json);
	char line[RECORD_BYTES];
	size_t size;

	(void)state;
	for (size = 1; size < 300; size++) {
		memset(line, 'x', sizeof(line));
		record_line(json, line, size);
		assert_true(strlen(line) < size);
		assert_int_equal(line[size], 'x');
	}
	json_decref(json);
}

static void
other_messages_are_no_records(void **state)
{
	json_t *json = json_of("{'lost':3}");

	(void)state;
	assert_null(record_of(json));
	json_decref(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_says_what_why_and_in_which_states),
		cmocka_unit_test(a_line_ends_where_its_buffer_does),
		cmocka_unit_test(other_messages_are_no_records),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
