/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The request `explain`. It describes the first packet of a connection; the frame is made
 * of it, with default values in all other fields, so that rules find headers to read.
 */
#include "explain.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <policy/explain.h>

#include "clock.h"
#include "filter.h"

#define FRAME_BYTES 60u
#define TTL 64 /* of a packet whose TTL is not given */
#define MTU 1500
#define SYN 0x02
#define TRACE_STEPS 100u /* largest number of steps with matched_only */

struct asked {
	struct filter filter; /* protocol, addresses, ports, VLANs */
	unsigned port;        /* number of the port that the packet comes in by */
	uint8_t flags;
	uint8_t type;
	uint8_t code;
	uint8_t ttl; /* TTL or hop limit */
	uint8_t ct;
	uint8_t bytes[FRAME_BYTES];
	struct policy_extra extra;
	struct policy_conn conn;
	char *message;
	size_t size;
};

static const char *const ct_names[POLICY_CT_COUNT] = {
	[POLICY_CT_NEW] = "new",
	[POLICY_CT_ESTABLISHED] = "established",
	[POLICY_CT_RELATED] = "related",
	[POLICY_CT_INVALID] = "invalid",
	[POLICY_CT_UNTRACKED] = "untracked",
};

/* Find a text in a list of names. Returns its index, or count. */
static unsigned
name_find(const char *const *names, unsigned count, const char *text, size_t length)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (strlen(names[i]) == length && strncmp(names[i], text, length) == 0)
			break;
	return i;
}

/* Read flags joined by commas: "syn,ack". */
static bool
flags_read(struct asked *a, const json_t *value)
{
	static const char *const names[] = {"fin", "syn", "rst", "psh",
					    "ack", "urg", "ece", "cwr"};
	const char *text = json_string_value(value);
	size_t length;
	unsigned bit;

	if (value == NULL) {
		a->flags = SYN;
		return true;
	}
	for (; text != NULL && *text != '\0'; text += length + (text[length] == ',')) {
		length = strcspn(text, ",");
		bit = name_find(names, RTE_DIM(names), text, length);
		if (bit == RTE_DIM(names))
			break;
		a->flags |= (uint8_t)(1u << bit);
	}
	if (text != NULL && *text == '\0')
		return true;
	snprintf(a->message, a->size,
		 "flags: fin, syn, rst, psh, ack, urg, ece, cwr expected, joined by "
		 "commas");
	return false;
}

static bool
number_read(struct asked *a, const json_t *request, const char *name, uint8_t *value)
{
	const json_t *json = json_object_get(request, name);
	const char *text = json_string_value(json);
	unsigned long number = (unsigned long)json_integer_value(json);
	int end = 0;

	if (json == NULL)
		return true;
	if ((text == NULL && !json_is_integer(json)) ||
	    (text != NULL &&
	     (sscanf(text, "%3lu%n", &number, &end) != 1 || text[end] != '\0')) ||
	    number > UINT8_MAX) {
		snprintf(a->message, a->size, "%s: a number from 0 to 255 expected",
			 name);
		return false;
	}
	*value = (uint8_t)number;
	return true;
}

static bool
state_read(struct asked *a, const json_t *value)
{
	const char *text = json_string_value(value);
	unsigned ct = POLICY_CT_NEW;

	if (value != NULL)
		ct = text != NULL
			     ? name_find(ct_names, POLICY_CT_COUNT, text, strlen(text))
			     : POLICY_CT_COUNT;
	a->ct = (uint8_t)ct;
	if (ct < POLICY_CT_COUNT)
		return true;
	snprintf(a->message, a->size,
		 "ct: new, established, related, invalid or untracked expected");
	return false;
}

static bool
port_read(struct asked *a, const struct control_config *config, const json_t *value)
{
	const char *text = json_string_value(value);

	a->port = text != NULL ? name_find(config->port_names, config->port_count, text,
					   strlen(text))
			       : config->port_count;
	if (a->port < config->port_count)
		return true;
	snprintf(a->message, a->size, "in: the name of a port expected%s%s",
		 text != NULL ? ", there is none named " : "", text != NULL ? text : "");
	return false;
}

/* Whether the packet is described completely, as one that may exist. */
static bool
is_whole(struct asked *a)
{
	const struct conn_match *f = &a->filter.match;
	const unsigned bits = f->src.family == 4 ? 32 : 128;
	const bool ports = f->proto == IPPROTO_TCP || f->proto == IPPROTO_UDP ||
			   f->proto == IPPROTO_SCTP || f->proto == IPPROTO_UDPLITE ||
			   f->proto == IPPROTO_DCCP;

	if (f->proto < 0)
		snprintf(a->message, a->size, "proto: the packet's protocol expected");
	else if (f->src.family == 0 || f->src.family != f->dst.family ||
		 f->src.bits != bits || f->dst.bits != bits)
		snprintf(a->message, a->size,
			 "src, dst: two addresses of one family expected");
	else if (!ports && (f->sport >= 0 || f->dport >= 0))
		snprintf(a->message, a->size, "sport, dport: this protocol has no ports");
	else
		return true;
	return false;
}

/* Read the request. Removes its members that are not those of a filter. */
static bool
asked_read(struct asked *a, const struct control_config *config, json_t *request)
{
	static const char *const own[] = {"in", "flags", "ct", "type", "code", "ttl"};
	size_t i;

	a->type = 8; /* an echo request */
	a->ttl = TTL;
	if (!port_read(a, config, json_object_get(request, "in")) ||
	    !flags_read(a, json_object_get(request, "flags")) ||
	    !state_read(a, json_object_get(request, "ct")) ||
	    !number_read(a, request, "type", &a->type) ||
	    !number_read(a, request, "code", &a->code) ||
	    !number_read(a, request, "ttl", &a->ttl))
		return false;
	for (i = 0; i < RTE_DIM(own); i++)
		json_object_del(request, own[i]);
	return filter_parse(&a->filter, request, a->message, a->size) == 0 && is_whole(a);
}

static uint16_t
interface_of(const struct control_config *config, const struct asked *a, unsigned port)
{
	const struct control_reload *reload = config->reload;
	const unsigned vid = a->filter.match.vlan > 0 ? (unsigned)a->filter.match.vlan
						      : 0;

	if (reload == NULL || reload->interfaces == NULL)
		return (uint16_t)port;
	return reload->interfaces[port * ENGINE_VIDS + vid];
}

static void
be16_put(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Write the IP header. Returns its length. */
static uint32_t
network_write(struct asked *a, uint32_t payload)
{
	const struct conn_match *f = &a->filter.match;
	uint8_t *ip = a->bytes;

	if (f->src.family == 4) {
		ip[0] = 0x45;
		be16_put(ip + 2, 20 + payload);
		ip[8] = a->ttl;
		ip[9] = (uint8_t)f->proto;
		memcpy(ip + 12, f->src.address, 4);
		memcpy(ip + 16, f->dst.address, 4);
		return 20;
	}
	ip[0] = 0x60;
	be16_put(ip + 4, payload);
	ip[6] = (uint8_t)f->proto;
	ip[7] = a->ttl;
	memcpy(ip + 8, f->src.address, 16);
	memcpy(ip + 24, f->dst.address, 16);
	return 40;
}

/* Write the frame from the IP header on. Returns its length. */
static uint32_t
frame_write(struct asked *a)
{
	const struct conn_match *f = &a->filter.match;
	const uint32_t payload = f->proto == IPPROTO_TCP ? 20 : 8;
	const uint32_t header = network_write(a, payload);
	uint8_t *l4 = a->bytes + header;

	if (f->proto == IPPROTO_ICMP || f->proto == IPPROTO_ICMPV6) {
		l4[0] = a->type;
		l4[1] = a->code;
	} else {
		be16_put(l4, f->sport > 0 ? (unsigned)f->sport : 0);
		be16_put(l4 + 2, f->dport > 0 ? (unsigned)f->dport : 0);
		if (f->proto == IPPROTO_UDP)
			be16_put(l4 + 4, payload);
	}
	if (f->proto == IPPROTO_TCP) {
		l4[12] = 5 << 4;
		l4[13] = a->flags;
		be16_put(l4 + 14, UINT16_MAX);
	}
	a->extra.bytes[POLICY_BASE_NETWORK] = (struct policy_bytes){a->bytes,
								    header + payload};
	a->extra.bytes[POLICY_BASE_TRANSPORT] = (struct policy_bytes){l4, payload};
	return header + payload;
}

static void
extra_make(struct asked *a, const struct policy_packet *packet)
{
	memcpy(a->conn.address[0], a->filter.match.src.address, 16);
	memcpy(a->conn.address[1], a->filter.match.dst.address, 16);
	a->conn.port[0] = packet->sport;
	a->conn.port[1] = packet->dport;
	a->conn.exists = a->ct != POLICY_CT_INVALID && a->ct != POLICY_CT_UNTRACKED;
	a->conn.status = POLICY_STATUS_CONFIRMED;
	if (a->ct == POLICY_CT_ESTABLISHED)
		a->conn.status |= POLICY_STATUS_SEEN_REPLY | POLICY_STATUS_ASSURED;
	a->extra.conn = &a->conn;
	a->extra.wall_ns = clock_wall_ns();
	a->extra.random = 1;
	a->extra.mtu = MTU;
	a->extra.ether_type = packet->family == 4 ? 0x0800 : 0x86dd;
}

static void
packet_make(struct asked *a, const struct control_config *config,
	    struct policy_packet *packet)
{
	const struct conn_match *f = &a->filter.match;
	const bool icmp = f->proto == IPPROTO_ICMP || f->proto == IPPROTO_ICMPV6;

	if (f->proto == IPPROTO_ICMPV6 && a->type == 8)
		a->type = 128; /* an echo request of IPv6 */
	*packet = (struct policy_packet){
		.saddr = f->src.address,
		.daddr = f->dst.address,
		.length = frame_write(a),
		.sport = htons(f->sport > 0 ? (uint16_t)f->sport : 0),
		.dport = htons(f->dport > 0 ? (uint16_t)f->dport : 0),
		.iif = interface_of(config, a, a->port),
		.oif = interface_of(config, a, a->port ^ 1u),
		.family = f->src.family,
		.proto = (uint8_t)f->proto,
		.icmp_type = icmp ? a->type : 0,
		.icmp_code = icmp ? a->code : 0,
		.tcp_flags = f->proto == IPPROTO_TCP ? a->flags : 0,
		.ct = a->ct,
		.extra = &a->extra,
	};
	extra_make(a, packet);
}

struct telling {
	const struct policy *policy;
	bool matched_only;
	json_t *steps;
};

static const char *
word_of(uint8_t verdict)
{
	return verdict == POLICY_ACCEPT ? "accept"
	       : verdict == POLICY_DROP ? "drop"
					: "reject";
}

static void
step_tell(void *arg, const struct policy_step *step)
{
	static const char *const kinds[] = {
		[POLICY_STEP_CHAIN] = "chain",     [POLICY_STEP_LEFT] = "left",
		[POLICY_STEP_FAILED] = "failed",   [POLICY_STEP_MATCHED] = "matched",
		[POLICY_STEP_JUMP] = "jump",       [POLICY_STEP_RETURN] = "return",
		[POLICY_STEP_DECIDED] = "decided", [POLICY_STEP_POLICY] = "policy",
	};
	struct telling *t = arg;
	struct policy_chain_info chain;
	struct policy_rule_info rule;
	json_t *json;

	if (t->matched_only &&
	    (step->kind == POLICY_STEP_LEFT || step->kind == POLICY_STEP_FAILED ||
	     json_array_size(t->steps) == TRACE_STEPS))
		return;
	policy_chain(t->policy, step->chain, &chain);
	json = json_pack("{si ss ss}", "depth", (int)step->depth, "step",
			 kinds[step->kind], "chain", chain.name);
	if (step->rule != 0) {
		policy_rule(t->policy, step->rule, &rule);
		json_object_set_new(json, "rule", json_integer(step->rule));
		json_object_set_new(json, "handle",
				    json_integer((json_int_t)rule.handle));
		json_object_set_new(json, "text", json_string(rule.text));
	}
	if (step->failed != NULL)
		json_object_set_new(json, "failed", json_string(step->failed));
	if (step->kind == POLICY_STEP_DECIDED || step->kind == POLICY_STEP_POLICY)
		json_object_set_new(json, "verdict", json_string(word_of(step->verdict)));
	json_array_append_new(t->steps, json);
}

json_t *
explain_packet(struct control_rules *rules, const struct policy_packet *packet,
	       bool matched_only)
{
	struct telling telling = {.matched_only = matched_only, .steps = json_array()};
	struct policy_question question = {.packet = packet};
	struct policy_verdict verdict;
	int status;

	question.now_ns = control_rules_now(rules);
	pthread_mutex_lock(&rules->lock);
	telling.policy = question.policy = rules->policy;
	question.state = rules->states[0];
	status = policy_explain(&question, step_tell, &telling, &verdict);
	pthread_mutex_unlock(&rules->lock);
	if (status != 0) {
		json_decref(telling.steps);
		return NULL;
	}
	return json_pack("{ss si sb so}", "verdict", word_of(verdict.kind), "rule",
			 (int)verdict.rule, "remembered", verdict.cacheable, "steps",
			 telling.steps);
}

json_t *
explain_json(const struct control_config *config, json_t *request, char *message,
	     size_t size)
{
	struct asked a = {.message = message, .size = size};
	struct policy_packet packet;
	json_t *json;

	if (!asked_read(&a, config, request))
		return NULL;
	packet_make(&a, config, &packet);
	json = explain_packet(config->rules, &packet, false);
	if (json == NULL)
		snprintf(message, size, "out of memory");
	return json;
}
