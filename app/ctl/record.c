/* SPDX-License-Identifier: BSD-3-Clause */
#include "record.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "text.h"

const json_t *
record_of(const json_t *message)
{
	static const char *const kinds[] = {"drop", "log", "pass"};
	const json_t *record = NULL;
	size_t i;

	for (i = 0; record == NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		record = json_object_get(message, kinds[i]);
	return record;
}

static void
append_time(struct text *t, const json_t *record)
{
	long long ns = text_number(record, "time_ns");
	time_t seconds = (time_t)(ns / 1000000000);
	char when[32];
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL ||
	    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		return;
	text_append(t, "%s.%06lld ", when, ns / 1000 % 1000000);
}

/* Append " 192.0.2.1:80" or " [2001:db8::1]:80"; without ports the address alone. */
static void
append_endpoint(struct text *t, const json_t *record, const char *address,
		const char *port)
{
	const char *text = text_string(record, address);

	if (json_object_get(record, port) == NULL)
		text_append(t, " %s", text);
	else
		text_append(t, strchr(text, ':') != NULL ? " [%s]:%lld" : " %s:%lld",
			    text, text_number(record, port));
}

/* Append protocol, addresses and header fields; without IP, the EtherType. */
static void
append_packet(struct text *t, const json_t *record)
{
	static const struct {
		const char *member;
		const char *word;
	} numbers[] = {
		{"seq", "seq"},    {"ack", "ack"},
		{"window", "win"}, {"payload", "len"},
		{"type", "type"},  {"code", "code"},
		{"id", "id"},      {"fragment_offset", "fragment at"},
		{"vlan", "vlan"},  {"inner_vlan", "inner vlan"},
	};
	size_t i;

	if (json_object_get(record, "src") == NULL) {
		text_append(t, "frame of type 0x%04llx",
			    text_number(record, "ether_type"));
	} else {
		text_append(t, "%s", text_string(record, "proto"));
		append_endpoint(t, record, "src", "sport");
		text_append(t, " >");
		append_endpoint(t, record, "dst", "dport");
	}
	if (json_object_get(record, "flags") != NULL)
		text_append(t, " flags %s", text_string(record, "flags"));
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (json_object_get(record, numbers[i].member) != NULL)
			text_append(t, " %s %lld", numbers[i].word,
				    text_number(record, numbers[i].member));
	text_append(t, ", %lld bytes", text_number(record, "bytes"));
}

/* Append "orig=ESTABLISHED", or before and after: "orig=SYN_SENT->CLOSED". */
static void
append_state(struct text *t, const json_t *record, const char *end)
{
	const json_t *before = json_object_get(record, "before");
	const char *now = text_string(json_object_get(record, "after"), end);

	/* without states before it, the packet has opened the connection */
	text_append(t, " %s=", end);
	if (before != NULL && strcmp(text_string(before, end), now) != 0)
		text_append(t, "%s->", text_string(before, end));
	text_append(t, "%s", now);
}

static void
append_connection(struct text *t, const json_t *record)
{
	if (json_object_get(record, "connection") == NULL)
		return;
	text_append(t, ", connection %lld %s", text_number(record, "connection"),
		    text_string(record, "direction"));
	if (json_object_get(record, "after") == NULL)
		return;
	text_append(t, ",");
	append_state(t, record, "orig");
	append_state(t, record, "reply");
}

/* Append `warn "prefix"` or `group 2 "prefix"`; nft allows a level or a group. */
static void
append_log(struct text *t, const json_t *record)
{
	if (json_object_get(record, "group") != NULL)
		text_append(t, "group %lld", text_number(record, "group"));
	else
		text_append(t, "%s", text_string(record, "level"));
	text_append(t, " \"%s\"", text_string(record, "prefix"));
}

/*
 * Append the rule that dropped the packet, if one did, and the packet that sluice sent in
 * reply to the dropped one.
 */
static void
append_decision(struct text *t, const json_t *record)
{
	const json_t *rule = json_object_get(record, "rule");
	const json_t *text = json_object_get(record, "rule_text");

	if (rule != NULL && json_integer_value(rule) == 0)
		text_append(t, ", by the policy of the chain");
	else if (rule != NULL)
		text_append(t, ", by rule %lld", text_number(record, "rule"));
	if (rule != NULL && json_object_get(record, "ct") != NULL)
		text_append(t, " (ct state %s)", text_string(record, "ct"));
	if (rule != NULL && json_integer_value(rule) != 0 && text != NULL)
		text_append(t, " \"%s\"", json_string_value(text));
	if (json_object_get(record, "answer") != NULL)
		text_append(t, ", answer %s", text_string(record, "answer"));
}

/* Whether the record is of a packet that passed in place of being dropped. */
static bool
is_audited(const json_t *record)
{
	return json_is_true(json_object_get(record, "audited"));
}

void
record_line(const json_t *message, char *line, size_t size)
{
	const json_t *record = record_of(message);
	const bool is_log = json_object_get(message, "log") != NULL;
	const bool is_drop = json_object_get(message, "drop") != NULL;
	struct text t = {.bytes = line, .size = size};

	line[0] = '\0';
	append_time(&t, record);
	if (is_log)
		append_log(&t, record);
	else
		text_append(&t, "%s%s", is_audited(record) ? "would drop " : "",
			    is_drop ? text_string(record, "reason") : "pass");
	text_append(&t, " %s ", text_string(record, "port"));
	append_packet(&t, record);
	append_connection(&t, record);
	append_decision(&t, record);
	if (is_drop)
		text_append(&t, ": %s", text_string(record, "text"));
	if (json_object_get(record, "expected") != NULL)
		text_append(&t, "; %s", text_string(record, "expected"));
}

/* Append "\nrule 3: forward: udp dport 7 drop", as sluice-replay does. */
static void
append_rule(struct text *t, const json_t *record)
{
	const json_t *text = json_object_get(record, "rule_text");
	const long long rule = text_number(record, "rule");

	if (rule != 0)
		text_append(t, "\nrule %lld", rule);
	else if (json_object_get(record, "rule") != NULL &&
		 json_object_get(record, "ct") != NULL) /* they decided about it */
		text_append(t, "\nrule: the chain's policy");
	if (rule != 0 && text != NULL)
		text_append(t, ": %s", json_string_value(text));
}

/* Append "\nbefore: orig SYN_SENT, reply LISTEN", if there are states. */
static void
append_states(struct text *t, const json_t *record, const char *when)
{
	const json_t *states = json_object_get(record, when);

	if (states != NULL)
		text_append(t, "\n%s: orig %s, reply %s", when,
			    text_string(states, "orig"), text_string(states, "reply"));
}

void
record_comment(const json_t *message, char *comment, size_t size)
{
	const json_t *record = record_of(message);
	struct text t = {.bytes = comment, .size = size};

	comment[0] = '\0';
	text_append(&t, "sluice: ");
	if (json_object_get(message, "log") != NULL) {
		text_append(&t, "log ");
		append_log(&t, record);
	} else if (json_object_get(message, "pass") != NULL) {
		text_append(&t, "pass");
	} else {
		text_append(&t, "%sdrop %s: %s", is_audited(record) ? "would " : "",
			    text_string(record, "reason"), text_string(record, "text"));
	}
	if (json_object_get(record, "expected") != NULL)
		text_append(&t, "\n%s", text_string(record, "expected"));
	if (json_object_get(record, "answer") != NULL)
		text_append(&t, "\nanswered with %s", text_string(record, "answer"));
	append_rule(&t, record);
	append_states(&t, record, "before");
	append_states(&t, record, "after");
	if (json_object_get(record, "connection") != NULL)
		text_append(&t, "\nconnection %lld", text_number(record, "connection"));
}
