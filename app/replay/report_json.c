/* SPDX-License-Identifier: BSD-3-Clause */
#include "report_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <control/view.h>
#include <track/tcp.h>

#include "jsonl.h"

/* Convert a connection to the form in which an engine shows one. */
static void
fill_view(const struct report_connection *c, struct conn_view *view)
{
	const struct analysis *a = &c->a;
	unsigned lan = c->lan, wan = !c->lan, e;
	uint8_t low = a->state[lan], high = a->state[wan];

	*view = (struct conn_view){
		.key = c->key,
		.family = c->family,
		.orig = a->orig != lan,
		.replied = a->e[!a->orig].packets != 0,
		.assured = a->synack_ns != 0 && a->ack_ns != 0,
		.has_states = a->has_states,
		.state = {low, high},
		.rule = a->rule,
		.id = a->conn,
		.age_ms = (a->last_ns - a->first_ns) / 1000000u,
	};
	for (e = 0; e < 2; e++) {
		view->packets[e != lan] = a->e[e].packets;
		view->bytes[e != lan] = a->e[e].ip_bytes;
	}
	if (lan == 0)
		return;
	if (c->family == 4) {
		view->key.addr.v4[0] = c->key.addr.v4[1];
		view->key.addr.v4[1] = c->key.addr.v4[0];
	} else {
		memcpy(view->key.addr.v6[0], c->key.addr.v6[1], 16);
		memcpy(view->key.addr.v6[1], c->key.addr.v6[0], 16);
	}
	if (flow_id_has_ports(&c->key.id)) {
		view->key.id.port[0] = c->key.id.port[1];
		view->key.id.port[1] = c->key.id.port[0];
	}
}

/* Add what endpoint e has sent, as far as the engine's view does not contain it. */
static void
add_figures(json_t *direction, const struct analysis_endpoint *e)
{
	json_object_update_new(direction,
			       json_pack("{sI sI sI sI}", "data", (json_int_t)e->bytes,
					 "retransmissions",
					 (json_int_t)e->retransmissions, "out_of_order",
					 (json_int_t)e->out_of_order, "zero_windows",
					 (json_int_t)e->zero_windows));
}

json_t *
report_connection_json(const struct report_connection *c,
		       const struct report_about *about)
{
	const struct analysis *a = &c->a;
	uint8_t proto = flow_id_proto(&c->key.id);
	char history[ANALYSIS_HISTORY + 1];
	struct conn_view view;
	json_t *json;

	fill_view(c, &view);
	json = view_json(&view, about->names, 2);
	if (json == NULL)
		return NULL;
	json_object_del(json, "timeout"); /* the connection has ended */
	add_figures(json_object_get(json, "orig"), &a->e[a->orig]);
	add_figures(json_object_get(json, "reply"), &a->e[!a->orig]);
	snprintf(history, sizeof(history), "%.*s", (int)a->history_length, a->history);
	json_object_update_new(json,
			       json_pack("{sI sf sf sI ss ss sb sb}", "connection",
					 (json_int_t)a->number, "begin",
					 (double)(a->first_ns - about->first_ns) / 1e9,
					 "duration",
					 (double)(a->last_ns - a->first_ns) / 1e9,
					 "drops", (json_int_t)a->drops, "conn_state",
					 analysis_conn_state(a, proto), "history",
					 history, "picked_up", (int)a->picked_up,
					 "capture_incomplete", (int)a->incomplete));
	if (report_rtt_ms(a) >= 0)
		json_object_set_new(json, "handshake_rtt",
				    json_real(report_rtt_ms(a) / 1e3));
	return json;
}

static json_t *
states_json(const uint8_t state[2])
{
	return json_pack("{ss ss}", "orig", tcp_state_name(state[0]), "reply",
			 tcp_state_name(state[1]));
}

static void
add_segment(json_t *json, const struct report_row *row)
{
	const struct tcp_segment *seg = &row->p.seg;
	char flags[EXPLAIN_FLAGS];

	explain_flags(seg, flags);
	json_object_update_new(json, json_pack("{ss sI sI si sI}", "flags", flags, "seq",
					       (json_int_t)row->numbers.seq, "ack",
					       (json_int_t)(seg->flags & TCP_ACK
								    ? row->numbers.ack
								    : 0),
					       "win", (int)seg->win, "len",
					       (json_int_t)seg->len));
}

static void
add_addresses(json_t *json, const struct packet *p)
{
	char src[EXPLAIN_ENDPOINT], dst[EXPLAIN_ENDPOINT], proto[16];

	if (p->family == 0) {
		json_object_set_new(json, "ethertype", json_integer(p->ether_type));
		return;
	}
	explain_address(p, 0, src);
	explain_address(p, 1, dst);
	explain_proto(p->proto, proto);
	json_object_update_new(json, json_pack("{ss ss ss}", "proto", proto, "src", src,
					       "dst", dst));
	if (p->kind != PACKET_TCP && p->kind != PACKET_UDP)
		return;
	json_object_set_new(json, "sport", json_integer(ntohs(p->key.id.port[0])));
	json_object_set_new(json, "dport", json_integer(ntohs(p->key.id.port[1])));
}

/* Make the object of a packet, with the members of a line of verdicts.jsonl. */
static json_t *
row_json(const struct report_row *row, const struct report_about *about)
{
	json_t *json = json_pack("{sI sf ss ss ss ss}", "frame", (json_int_t)row->frame,
				 "t", (double)(row->ns - about->first_ns) / 1e9, "port",
				 about->names[row->port], "verdict",
				 row->judged ? verdict_name(row->verdict) : "none",
				 "reason", reason_name(row->reason), "action",
				 action_name(row->action));
	json_t *marks = json_array();
	char rule[256];
	unsigned i;

	if (about->capture_count > 1)
		json_object_set_new(json, "file",
				    jsonl_file(about->captures[row->file].file));
	if (row->connection != 0)
		json_object_set_new(json, "connection",
				    json_integer((json_int_t)row->connection));
	if (row->judged)
		add_addresses(json, &row->p);
	if (row->judged && row->p.kind == PACKET_TCP)
		add_segment(json, row);
	if (row->has_before)
		json_object_set_new(json, "before", states_json(row->before));
	if (row->has_after)
		json_object_set_new(json, "after", states_json(row->after));
	for (i = 0; i < MARKS; i++)
		if (row->marks & 1u << i)
			json_array_append_new(marks, json_string(mark_names[i]));
	json_object_set_new(json, "marks", marks);
	if (row->judged && row->verdict == VERDICT_DROP)
		json_object_set_new(json, "text", json_string(reason_text(row->reason)));
	if (row->expected[0] != '\0')
		json_object_set_new(json, "expected", json_string(row->expected));
	if (row->has_rule) {
		report_rule(about, row->rule, rule);
		json_object_set_new(json, "rule", json_integer(row->rule));
		json_object_set_new(json, "rule_text", json_string(rule));
	}
	return json;
}

static json_t *
reasons_json(const struct report *r)
{
	json_t *json = json_object();
	unsigned i;

	for (i = 0; i < REASON_COUNT; i++)
		if (r->reasons[i] != 0)
			json_object_set_new(json, reason_name(i),
					    json_integer((json_int_t)r->reasons[i]));
	return json;
}

static json_t *
generated_json(const struct report *r)
{
	json_t *json = json_object();
	unsigned i;

	for (i = 0; i <= ACTION_ICMP; i++)
		if (r->generated[i] != 0)
			json_object_set_new(json, action_name(i),
					    json_integer((json_int_t)r->generated[i]));
	return json;
}

static json_t *
texts_json(const struct report_about *about)
{
	json_t *json = json_array();
	unsigned i;

	for (i = 0; i < about->hints->count; i++)
		json_array_append_new(json, json_string(about->hints->text[i]));
	return json;
}

static json_t *
files_json(const struct report_about *about)
{
	json_t *json = json_array();
	unsigned i;

	for (i = 0; i < about->capture_count; i++)
		json_array_append_new(json, jsonl_file(about->captures[i].file));
	return json;
}

int
report_json(const struct report *r, const struct report_about *about)
{
	json_t *drops = json_array(), *connections = json_array(), *rows = json_array();
	json_t *json;
	uint32_t i;
	int status;

	for (i = 0; i < r->drop_count; i++)
		json_array_append_new(drops, row_json(&r->drops[i], about));
	for (i = 0; i < r->connection_count; i++)
		json_array_append_new(connections,
				      report_connection_json(&r->connections[i], about));
	for (i = 0; r->ladder_count != 0 && i < r->ladders[0].count; i++)
		json_array_append_new(rows, row_json(&r->ladders[0].rows[i], about));
	json = json_pack("{so so sI sI sI sI sI so so so so}", "files", files_json(about),
			 "hints", texts_json(about), "packets", (json_int_t)r->packets,
			 "passed", (json_int_t)r->passed, "dropped",
			 (json_int_t)r->dropped, "without_verdict",
			 (json_int_t)r->without_verdict, "capture_incomplete",
			 (json_int_t)r->incomplete, "reasons", reasons_json(r),
			 "generated", generated_json(r), "drops", drops, "connections",
			 connections);
	if (json == NULL) {
		json_decref(rows);
		return -ENOMEM;
	}
	if (r->connection != 0)
		json_object_set_new(json, "segments", rows);
	else
		json_decref(rows);
	status = json_dumpf(json, stdout,
			    JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));
	putchar('\n');
	json_decref(json);
	return status == 0 ? 0 : -EIO;
}
