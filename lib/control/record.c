/* SPDX-License-Identifier: BSD-3-Clause */
#include "record.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <base/escape.h>
#include <base/reason.h>
#include <base/verdict.h>
#include <policy/policy.h>
#include <track/tcp.h>

#include "headers.h"
#include <control/expected.h>
#include <control/view.h>

static void
set(json_t *json, const char *name, json_t *value)
{
	json_object_set_new(json, name, value);
}

static void
add_addresses(json_t *json, const struct headers *h)
{
	const int family = h->family == 4 ? AF_INET : AF_INET6;
	char text[INET6_ADDRSTRLEN];

	set(json, "family", json_string(h->family == 4 ? "ipv4" : "ipv6"));
	set(json, "proto", json_string(view_proto_name(h->proto)));
	set(json, "protonum", json_integer(h->proto));
	set(json, "src", json_string(inet_ntop(family, h->src, text, sizeof(text))));
	set(json, "dst", json_string(inet_ntop(family, h->dst, text, sizeof(text))));
}

static void
add_transport(json_t *json, const struct headers *h)
{
	char flags[HEADERS_FLAGS_BYTES];

	if (h->has_ports) {
		set(json, "sport", json_integer(h->sport));
		set(json, "dport", json_integer(h->dport));
	}
	if (h->has_tcp) {
		headers_flags(h->tcp_flags, flags);
		set(json, "flags", json_string(flags));
		set(json, "seq", json_integer(h->seq));
		set(json, "ack", json_integer(h->ack));
		set(json, "window", json_integer(h->window));
		set(json, "payload", json_integer(h->payload));
	}
	if (h->has_icmp) {
		set(json, "type", json_integer(h->icmp_type));
		set(json, "code", json_integer(h->icmp_code));
		set(json, "id", json_integer(h->icmp_id));
	}
}

/* Add the header fields of the frame. */
static void
add_headers(json_t *json, const struct headers *h)
{
	unsigned i;

	for (i = 0; i < h->vlans; i++)
		set(json, i == 0 ? "vlan" : "inner_vlan", json_integer(h->vid[i]));
	if (h->family == 0) {
		set(json, "ether_type", json_integer(h->ether_type));
		return;
	}
	add_addresses(json, h);
	if (h->is_fragment)
		set(json, "fragment_offset", json_integer(h->fragment_offset));
	add_transport(json, h);
}

static json_t *
states_json(const uint8_t state[2], unsigned orig)
{
	return json_pack("{ss ss}", "orig", tcp_state_name(state[orig]), "reply",
			 tcp_state_name(state[!orig]));
}

static void
add_connection(json_t *json, const struct packet_record *record)
{
	const unsigned orig = record->orig & 1u;

	if (!record->has_conn)
		return;
	set(json, "connection", json_integer(record->conn));
	if (record->port != RECORD_NO_PORT)
		set(json, "direction",
		    json_string((record->port & 1u) == orig ? "orig" : "reply"));
	if (!record->has_states)
		return;
	if (!record->opened)
		set(json, "before", states_json(record->before, orig));
	set(json, "after", states_json(record->after, orig));
}

static json_t *
hex(const uint8_t *bytes, unsigned n)
{
	char text[2 * RECORD_HEAD_BYTES + 1];
	unsigned i;

	for (i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return json_stringn(text, 2 * (size_t)n);
}

static const char *
ct_name(uint8_t ct)
{
	static const char *const names[] = {
		[POLICY_CT_NEW] = "new",
		[POLICY_CT_ESTABLISHED] = "established",
		[POLICY_CT_RELATED] = "related",
		[POLICY_CT_INVALID] = "invalid",
		[POLICY_CT_UNTRACKED] = "untracked",
	};

	return ct < sizeof(names) / sizeof(names[0]) ? names[ct] : "?";
}

/* Add the rule, and its text if the rules in which it counts are still in force. */
static void
add_rule(json_t *json, const struct packet_record *record, struct control_rules *rules)
{
	struct policy_rule_info info = {.text = "the chain's policy"};

	if (!record->has_rule)
		return;
	set(json, "rule", json_integer(record->rule));
	if (rules == NULL)
		return;
	pthread_mutex_lock(&rules->lock);
	if (record->policy == policy_id(rules->policy) &&
	    record->rule <= policy_rules(rules->policy)) {
		if (record->rule != 0)
			policy_rule(rules->policy, record->rule, &info);
		set(json, "rule_text", json_string(info.text));
	}
	pthread_mutex_unlock(&rules->lock);
}

/* Add which numbers were expected of a segment that the tracker has dropped. */
static void
add_expected(json_t *json, const struct packet_record *record, const struct headers *h)
{
	const struct expected_segment segment = {.seq = h->seq,
						 .ack = h->ack,
						 .side = record->port & 1u};
	char text[EXPECTED_BYTES];

	if (!record->has_states || !h->has_tcp || record->port == RECORD_NO_PORT)
		return;
	expected_text(record->reason, &record->numbers, &segment, text);
	if (text[0] != '\0')
		set(json, "expected", json_string(text));
}

static void
add_drop(json_t *json, const struct packet_record *record, const struct headers *h,
	 struct control_rules *rules)
{
	set(json, "reason", json_string(reason_name(record->reason)));
	set(json, "text", json_string(reason_text(record->reason)));
	add_expected(json, record, h);
	add_rule(json, record, rules);
	if (record->has_rule)
		set(json, "ct", json_string(ct_name(record->ct)));
	if (record->audited)
		set(json, "audited", json_true());
	if (record->action != ACTION_NONE)
		set(json, "answer", json_string(action_name(record->action)));
}

static void
add_log(json_t *json, const struct packet_record *record, struct control_rules *rules)
{
	static const char *const levels[] = {"emerg",  "alert", "crit",  "err",  "warn",
					     "notice", "info",  "debug", "audit"};
	const struct record_log *log = &record->log;
	char prefix[4 * RECORD_PREFIX_BYTES];

	escape_text(prefix, sizeof(prefix), log->prefix,
		    strnlen(log->prefix, sizeof(log->prefix)));
	set(json, "prefix", json_string(prefix));
	/* nft allows either a group or a level */
	if (log->has_group)
		set(json, "group", json_integer(log->group));
	else if (log->level < sizeof(levels) / sizeof(levels[0]))
		set(json, "level", json_string(levels[log->level]));
	add_rule(json, record, rules);
	set(json, "ct", json_string(ct_name(record->ct)));
}

/*
 * Number of bytes of the head to show. `snaplen` of a log counts from the IP header on.
 */
static unsigned
frame_bytes(const struct packet_record *record, const struct headers *h)
{
	const uint32_t snaplen = record->log.snaplen;

	if (record->kind == RECORD_LOG && snaplen != 0 && h->l3 < record->head_bytes &&
	    snaplen < (uint32_t)record->head_bytes - h->l3)
		return h->l3 + snaplen;
	return record->head_bytes;
}

json_t *
record_json(const struct packet_record *record, unsigned worker,
	    const struct record_names *names, bool with_frame)
{
	const char *port = record->port < names->port_count ? names->ports[record->port]
							    : "?";
	static const char *const kinds[RECORD_KINDS] =
		{[RECORD_DROP] = "drop", [RECORD_LOG] = "log", [RECORD_PASS] = "pass"};
	struct headers h;
	json_t *json = json_pack("{sI ss si}", "time_ns", (json_int_t)record->at_ns,
				 "port", port, "worker", (int)worker);

	if (json == NULL)
		return NULL;
	headers_read(record->head, record->head_bytes, &h);
	switch ((enum record_kind)record->kind) {
	case RECORD_LOG:
		add_log(json, record, names->rules);
		break;
	case RECORD_PASS:
		add_rule(json, record, names->rules);
		break;
	default:
		add_drop(json, record, &h, names->rules);
		break;
	}
	add_headers(json, &h);
	set(json, "bytes", json_integer(record->frame_bytes));
	add_connection(json, record);
	if (with_frame)
		set(json, "frame", hex(record->head, frame_bytes(record, &h)));
	return json_pack("{so}", kinds[record->kind], json);
}

/* Make a connection view in which the packet's sender is the initiator. */
static void
record_view(const struct packet_record *record, struct conn_view *view)
{
	struct headers h;

	headers_read(record->head, record->head_bytes, &h);
	*view = (struct conn_view){.family = h.family, .has_states = record->has_states};
	view->key.id.network = flow_network(0, h.vid[0], h.vid[1]);
	flow_id_set_proto(&view->key.id, h.proto);
	if (h.has_ports) {
		view->key.id.port[0] = htons(h.sport);
		view->key.id.port[1] = htons(h.dport);
	}
	if (h.family == 4) {
		memcpy(&view->key.addr.v4[0], h.src, 4);
		memcpy(&view->key.addr.v4[1], h.dst, 4);
	} else {
		memcpy(view->key.addr.v6[0], h.src, 16);
		memcpy(view->key.addr.v6[1], h.dst, 16);
	}
	memcpy(view->state, record->before, sizeof(view->state));
}

bool
record_match(const struct filter *filter, const struct packet_record *record)
{
	struct conn_view view;

	if (filter->any)
		return true;
	if (filter->reason >= 0 &&
	    (record->kind != RECORD_DROP || filter->reason != record->reason))
		return false;
	record_view(record, &view);
	return filter_match(filter, &view);
}
