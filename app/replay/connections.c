/* SPDX-License-Identifier: BSD-3-Clause */
/* Write connections.json: an array with one object for each connection, one a line. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "output.h"

#define VIEWS 64u

static const char *
proto_name(uint8_t proto, char text[8])
{
	switch (proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_UDPLITE:
		return "udplite";
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_ICMPV6:
		return "icmpv6";
	case IPPROTO_SCTP:
		return "sctp";
	case IPPROTO_DCCP:
		return "dccp";
	default:
		snprintf(text, 8, "%u", proto);
		return text;
	}
}

static const char *
address(const struct conn_view *v, unsigned side, char text[INET6_ADDRSTRLEN])
{
	const void *bytes = v->family == 4 ? (const void *)&v->key.addr.v4[side]
					   : (const void *)v->key.addr.v6[side];

	return inet_ntop(v->family == 4 ? AF_INET : AF_INET6, bytes, text,
			 INET6_ADDRSTRLEN);
}

static json_t *
state(const struct conn_view *v, unsigned side)
{
	return v->has_states ? json_string(tcp_state_name(v->state[side])) : json_null();
}

/* Write the ports; for ICMP queries the identifier and the type. */
static void
add_ports(json_t *object, const struct conn_view *v)
{
	unsigned orig = v->orig & 1u;

	enum flow_class class = flow_id_class(&v->key.id);

	if (class == FLOW_ICMP || class == FLOW_ICMPV6) {
		json_object_set_new(object, "id", json_integer(ntohs(v->key.id.port[0])));
		json_object_set_new(object, "type",
				    json_integer(ntohs(v->key.id.port[1])));
	} else if (flow_id_has_ports(&v->key.id)) {
		json_object_set_new(object, "sport",
				    json_integer(ntohs(v->key.id.port[orig])));
		json_object_set_new(object, "dport",
				    json_integer(ntohs(v->key.id.port[!orig])));
	}
}

static json_t *
describe(const struct output *out, const struct conn_view *v)
{
	char proto[8], src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	unsigned orig = v->orig & 1u, wire = flow_id_wire(&v->key.id);
	json_t *object = json_pack("{s:I,s:s,s:s,s:s,s:s,s:s}", "conn", (json_int_t)v->id,
				   "proto", proto_name(flow_id_proto(&v->key.id), proto),
				   "from", out->names[2 * wire + orig], "to",
				   out->names[2 * wire + !orig], "src",
				   address(v, orig, src), "dst", address(v, !orig, dst));

	if (object == NULL)
		return NULL;
	add_ports(object, v);
	if (flow_id_vid(&v->key.id, 0) != 0)
		json_object_set_new(object, "vlan",
				    json_integer(flow_id_vid(&v->key.id, 0)));
	if (flow_id_vid(&v->key.id, 1) != 0)
		json_object_set_new(object, "inner_vlan",
				    json_integer(flow_id_vid(&v->key.id, 1)));
	json_object_set_new(object, "orig", state(v, orig));
	json_object_set_new(object, "reply", state(v, !orig));
	json_object_set_new(object, "timeout", json_real((double)v->left_ms / 1000.0));
	return object;
}

static int
write_all(const struct output *out, const struct engine *e, uint64_t now_ns, FILE *file)
{
	struct conn_view views[VIEWS];
	const char *separator = "[\n";
	uint64_t cursor = 0;
	unsigned n, i;

	while (cursor != ENGINE_CURSOR_END) {
		n = engine_list(e, now_ns, &cursor, views, VIEWS);
		for (i = 0; i < n; i++) {
			json_t *object = describe(out, &views[i]);

			fputs(separator, file);
			if (object == NULL ||
			    json_dumpf(object, file,
				       JSON_COMPACT | JSON_REAL_PRECISION(12)) != 0)
				return -1;
			json_decref(object);
			separator = ",\n";
		}
	}
	fputs(*separator == '[' ? "[]\n" : "\n]\n", file);
	return 0;
}

int
output_connections(const struct output *out, const struct engine *e, uint64_t now_ns,
		   struct output_error *error)
{
	char path[PATH_MAX];
	int status = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/" OUTPUT_CONNECTIONS, out->dir);
	file = fopen(path, "we");
	if (file == NULL || write_all(out, e, now_ns, file) != 0 || ferror(file))
		status = -1;
	if (file != NULL && fclose(file) != 0)
		status = -1;
	if (status != 0) {
		status = errno != 0 ? -errno : -EIO;
		snprintf(error->text, sizeof(error->text), "%s: %s", path,
			 strerror(-status));
	}
	return status;
}
