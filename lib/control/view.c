/* SPDX-License-Identifier: BSD-3-Clause */
#include <control/view.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <base/reason.h>
#include <track/tcp.h>

static const struct {
	uint8_t number;
	const char *name;
} protos[] = {
	{IPPROTO_TCP, "tcp"},         {IPPROTO_UDP, "udp"},   {IPPROTO_ICMP, "icmp"},
	{IPPROTO_ICMPV6, "icmpv6"},   {IPPROTO_SCTP, "sctp"}, {IPPROTO_DCCP, "dccp"},
	{IPPROTO_UDPLITE, "udplite"}, {IPPROTO_GRE, "gre"},   {IPPROTO_ESP, "esp"},
	{IPPROTO_AH, "ah"},
};

const char *
view_proto_name(uint8_t proto)
{
	size_t i;

	for (i = 0; i < RTE_DIM(protos); i++)
		if (protos[i].number == proto)
			return protos[i].name;
	return "unknown";
}

int
view_proto_number(const char *text)
{
	unsigned long number;
	char *end;
	size_t i;

	for (i = 0; i < RTE_DIM(protos); i++)
		if (strcmp(protos[i].name, text) == 0)
			return protos[i].number;
	if (text[0] < '0' || text[0] > '9')
		return -1;
	number = strtoul(text, &end, 10);
	return *end != '\0' || number > UINT8_MAX ? -1 : (int)number;
}

/* States in the order of a connection's life. */
static const char *const words[] = {
	"SYN_SENT",   "SYN_SENT2", "SYN_RECV",  "ESTABLISHED", "FIN_WAIT",
	"CLOSE_WAIT", "LAST_ACK",  "TIME_WAIT", "CLOSE",
};

bool
view_is_word(const char *text)
{
	size_t i;

	for (i = 0; i < RTE_DIM(words); i++)
		if (strcmp(words[i], text) == 0)
			return true;
	return false;
}

static bool
either(const uint8_t state[2], enum tcp_state wanted)
{
	return state[0] == wanted || state[1] == wanted;
}

/* Whether the endpoint has sent its FIN. */
static bool
has_closed(uint8_t state)
{
	return state == TCP_STATE_FIN_WAIT_1 || state == TCP_STATE_FIN_WAIT_2 ||
	       state == TCP_STATE_CLOSING || state == TCP_STATE_LAST_ACK ||
	       state == TCP_STATE_TIME_WAIT;
}

/*
 * nf_conntrack has one state for both endpoints: FIN_WAIT from the first FIN on,
 * CLOSE_WAIT from its acknowledgment, LAST_ACK from the second FIN, TIME_WAIT from the
 * acknowledgment of that.
 */
const char *
view_word(const struct conn_view *view)
{
	const uint8_t *state = view->state;

	if (!view->has_states)
		return NULL;
	if (state[0] == TCP_STATE_SYN_SENT && state[1] == TCP_STATE_SYN_SENT)
		return "SYN_SENT2";
	if (either(state, TCP_STATE_SYN_RECEIVED) && !has_closed(state[0]) &&
	    !has_closed(state[1]))
		return "SYN_RECV";
	if (either(state, TCP_STATE_SYN_SENT))
		return "SYN_SENT";
	if (has_closed(state[0]) && has_closed(state[1]))
		return either(state, TCP_STATE_LAST_ACK) ||
				       either(state, TCP_STATE_CLOSING) ||
				       either(state, TCP_STATE_FIN_WAIT_1)
			       ? "LAST_ACK"
			       : "TIME_WAIT";
	if (either(state, TCP_STATE_TIME_WAIT))
		return "TIME_WAIT";
	if (either(state, TCP_STATE_FIN_WAIT_2))
		return "CLOSE_WAIT";
	if (either(state, TCP_STATE_FIN_WAIT_1))
		return "FIN_WAIT";
	if (either(state, TCP_STATE_CLOSED))
		return "CLOSE";
	return "ESTABLISHED";
}

bool
view_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_DCCP || proto == IPPROTO_UDPLITE;
}

/* The ICMP type of the reply to a query. */
static unsigned
reply_type(uint8_t proto, unsigned type)
{
	if (proto == IPPROTO_ICMP && type == 8)
		return 0;
	/*
	 * the reply's type follows the request's: timestamp, information, address mask;
	 * ICMPv6 echo
	 */
	return type + 1;
}

/* Describe the direction that the endpoint on side x sends: tuple, state, counters. */
static json_t *
direction_json(const struct conn_view *view, unsigned x, const char *port)
{
	const struct flow_key *key = &view->key;
	const uint8_t proto = flow_id_proto(&key->id);
	const int family = view->family == 4 ? AF_INET : AF_INET6;
	const void *from = view->family == 4 ? (const void *)&key->addr.v4[x]
					     : (const void *)key->addr.v6[x];
	const void *to = view->family == 4 ? (const void *)&key->addr.v4[!x]
					   : (const void *)key->addr.v6[!x];
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	unsigned type = ntohs(key->id.port[1]);
	json_t *json;

	json = json_pack("{ss ss ss}", "port", port, "src",
			 inet_ntop(family, from, src, sizeof(src)), "dst",
			 inet_ntop(family, to, dst, sizeof(dst)));
	if (json == NULL)
		return NULL;
	if (view_has_ports(proto)) {
		json_object_set_new(json, "sport", json_integer(ntohs(key->id.port[x])));
		json_object_set_new(json, "dport", json_integer(ntohs(key->id.port[!x])));
	} else if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
		if (x != view->orig)
			type = reply_type(proto, type);
		json_object_set_new(json, "type", json_integer(type));
		json_object_set_new(json, "code", json_integer(0));
		json_object_set_new(json, "id", json_integer(ntohs(key->id.port[0])));
	}
	if (view->has_states)
		json_object_set_new(json, "state",
				    json_string(tcp_state_name(view->state[x])));
	if (view->packets[0] != 0 || view->packets[1] != 0) {
		json_object_set_new(json, "packets",
				    json_integer((json_int_t)view->packets[x]));
		json_object_set_new(json, "bytes",
				    json_integer((json_int_t)view->bytes[x]));
	}
	if (view->drop_reason != REASON_NONE)
		json_object_set_new(json, "dropped", json_integer(view->dropped[x]));
	return json;
}

/* Add the VLANs of the connection's network, if it has any. */
static void
add_vlans(json_t *json, const struct flow_id *id)
{
	if (flow_id_vid(id, 0) != 0)
		json_object_set_new(json, "vlan", json_integer(flow_id_vid(id, 0)));
	if (flow_id_vid(id, 1) != 0)
		json_object_set_new(json, "inner_vlan", json_integer(flow_id_vid(id, 1)));
}

json_t *
view_json(const struct conn_view *view, const char *const *names, unsigned ports)
{
	const unsigned first = 2u * flow_id_wire(&view->key.id), o = view->orig & 1u;
	const char *name[2] = {"?", "?"};
	json_t *json;

	if (first + 1 < ports) {
		name[0] = names[first];
		name[1] = names[first + 1];
	}
	json = json_pack("{sI ss ss si sI sI so so sb sb si}", "id", (json_int_t)view->id,
			 "family", view->family == 4 ? "ipv4" : "ipv6", "proto",
			 view_proto_name(flow_id_proto(&view->key.id)), "protonum",
			 (int)flow_id_proto(&view->key.id), "timeout",
			 (json_int_t)(view->left_ms / 1000), "age",
			 (json_int_t)(view->age_ms / 1000), "orig",
			 direction_json(view, o, name[o]), "reply",
			 direction_json(view, !o, name[!o]), "replied",
			 (int)view->replied, "assured", (int)view->assured, "rule",
			 (int)view->rule);
	if (json != NULL && view->has_states)
		json_object_set_new(json, "state", json_string(view_word(view)));
	if (json != NULL)
		add_vlans(json, &view->key.id);
	if (json != NULL && view->asymmetric)
		json_object_set_new(json, "asymmetric", json_true());
	if (json != NULL && view->drop_reason != REASON_NONE)
		json_object_set_new(json, "drop_reason",
				    json_string(reason_name(view->drop_reason)));
	return json;
}
