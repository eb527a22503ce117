/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes a connection as the text of a JSON object. Not with jansson, which takes 5 us to
 * build an object and to print it: a list may have a million of them.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <jansson.h>

#include <base/reason.h>
#include <control/view.h>
#include <track/tcp.h>

#define DIGITS_MAX 20 /* of a 64-bit number */

struct writer {
	char *at;
	char *end;
	bool full;
};

static void
put(struct writer *w, const char *text, size_t length)
{
	if ((size_t)(w->end - w->at) < length) {
		w->full = true;
		return;
	}
	memcpy(w->at, text, length);
	w->at += length;
}

#define PUT(w, literal) put(w, literal, sizeof(literal) - 1)

/* Put a text that needs no escape. */
static void
put_word(struct writer *w, const char *word)
{
	PUT(w, "\"");
	put(w, word, strlen(word));
	PUT(w, "\"");
}

static void
put_number(struct writer *w, uint64_t number)
{
	char text[DIGITS_MAX], *at = text + sizeof(text);

	do
		*--at = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	put(w, at, (size_t)(text + sizeof(text) - at));
}

/* Put the name of a port, which may have any characters. */
static void
put_name(struct writer *w, const char *name)
{
	json_t *json = json_string(name);
	size_t room = (size_t)(w->end - w->at), length = 0;

	if (json != NULL)
		length = json_dumpb(json, w->at, room,
				    JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	json_decref(json);
	if (length == 0 || length > room)
		w->full = true;
	else
		w->at += length;
}

static void
put_address(struct writer *w, const struct conn_view *view, unsigned x)
{
	const struct flow_key *key = &view->key;
	const uint8_t *v4 = (const uint8_t *)&key->addr.v4[x];
	char text[INET6_ADDRSTRLEN];
	unsigned i;

	if (view->family != 4) {
		put_word(w, inet_ntop(AF_INET6, key->addr.v6[x], text, sizeof(text)));
		return;
	}
	for (i = 0; i < 4; i++) {
		put(w, i == 0 ? "\"" : ".", 1);
		put_number(w, v4[i]);
	}
	PUT(w, "\"");
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

/* The ports, or type, code and identifier, of the direction that side x sends. */
static void
put_ports(struct writer *w, const struct conn_view *view, unsigned x)
{
	const struct flow_id *id = &view->key.id;
	const uint8_t proto = flow_id_proto(id);
	unsigned type = ntohs(id->port[1]);

	if (view_has_ports(proto)) {
		PUT(w, ",\"sport\":");
		put_number(w, ntohs(id->port[x]));
		PUT(w, ",\"dport\":");
		put_number(w, ntohs(id->port[!x]));
	} else if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
		PUT(w, ",\"type\":");
		put_number(w, x != view->orig ? reply_type(proto, type) : type);
		PUT(w, ",\"code\":0,\"id\":");
		put_number(w, ntohs(id->port[0]));
	}
}

/* Describe the direction that the endpoint on side x sends: tuple, state, counters. */
static void
put_direction(struct writer *w, const struct conn_view *view, unsigned x,
	      const char *port)
{
	PUT(w, "{\"port\":");
	put_name(w, port);
	PUT(w, ",\"src\":");
	put_address(w, view, x);
	PUT(w, ",\"dst\":");
	put_address(w, view, !x);
	put_ports(w, view, x);
	if (view->has_states) {
		PUT(w, ",\"state\":");
		put_word(w, tcp_state_name(view->state[x]));
	}
	if (view->packets[0] != 0 || view->packets[1] != 0) {
		PUT(w, ",\"packets\":");
		put_number(w, view->packets[x]);
		PUT(w, ",\"bytes\":");
		put_number(w, view->bytes[x]);
	}
	if (view->drop_reason != REASON_NONE) {
		PUT(w, ",\"dropped\":");
		put_number(w, view->dropped[x]);
	}
	PUT(w, "}");
}

static void
put_head(struct writer *w, const struct conn_view *view)
{
	const uint8_t proto = flow_id_proto(&view->key.id);

	PUT(w, "{\"id\":");
	put_number(w, view->id);
	PUT(w, ",\"family\":");
	put_word(w, view->family == 4 ? "ipv4" : "ipv6");
	PUT(w, ",\"proto\":");
	put_word(w, view_proto_name(proto));
	PUT(w, ",\"protonum\":");
	put_number(w, proto);
	PUT(w, ",\"timeout\":");
	put_number(w, view->left_ms / 1000);
	PUT(w, ",\"age\":");
	put_number(w, view->age_ms / 1000);
}

static void
put_flag(struct writer *w, bool flag)
{
	put(w, flag ? "true" : "false", flag ? 4 : 5);
}

static void
put_tail(struct writer *w, const struct conn_view *view)
{
	const struct flow_id *id = &view->key.id;

	PUT(w, ",\"replied\":");
	put_flag(w, view->replied);
	PUT(w, ",\"assured\":");
	put_flag(w, view->assured);
	PUT(w, ",\"rule\":");
	put_number(w, view->rule);
	if (view->has_states) {
		PUT(w, ",\"state\":");
		put_word(w, view_word(view));
	}
	if (flow_id_vid(id, 0) != 0) {
		PUT(w, ",\"vlan\":");
		put_number(w, flow_id_vid(id, 0));
	}
	if (flow_id_vid(id, 1) != 0) {
		PUT(w, ",\"inner_vlan\":");
		put_number(w, flow_id_vid(id, 1));
	}
	if (view->asymmetric)
		PUT(w, ",\"asymmetric\":true");
	if (view->drop_reason != REASON_NONE) {
		PUT(w, ",\"drop_reason\":");
		put_word(w, reason_name(view->drop_reason));
	}
	PUT(w, "}");
}

size_t
view_text(const struct conn_view *view, const char *const *names, unsigned ports,
	  char *text, size_t size)
{
	const unsigned first = 2u * flow_id_wire(&view->key.id), o = view->orig & 1u;
	struct writer w = {text, text + size, false};
	const char *name[2] = {"?", "?"};

	if (first + 1 < ports) {
		name[0] = names[first];
		name[1] = names[first + 1];
	}
	put_head(&w, view);
	PUT(&w, ",\"orig\":");
	put_direction(&w, view, o, name[o]);
	PUT(&w, ",\"reply\":");
	put_direction(&w, view, !o, name[!o]);
	put_tail(&w, view);
	return w.full ? 0 : (size_t)(w.at - text);
}

json_t *
view_json(const struct conn_view *view, const char *const *names, unsigned ports)
{
	char text[VIEW_TEXT_BYTES];
	size_t length = view_text(view, names, ports, text, sizeof(text));

	return length > 0 ? json_loadb(text, length, 0, NULL) : NULL;
}
