/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rules-eval RULES.json [SET ..]: evaluate the rules for packets on standard input, one a
 * line, each as the first of a connection. The ports are lan and wan. A packet:
 *	IIF OIF SADDR DADDR PROTO SPORT DPORT ICMP-TYPE ICMP-CODE TCP-FLAGS LENGTH BYTES
 * BYTES is the IP packet in hexadecimal. A line of the output, joined by tabs:
 *	VERDICT ICMP-TYPE ICMP-CODE MARK CT-MARK BYTES [GROUP PREFIX ..]
 * BYTES is the packet after the rules; GROUP and PREFIX are of each log with a group. At
 * the end comes a line "counter PACKETS BYTES" for each counter, and a line of JSON for
 * each SET, such as "inet t ban".
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include <policy/policy.h>
#include <ruleset/ruleset.h>
#include <ruleset/sets.h>

#define PACKET_MAX 200 /* limit of a packet, bytes */
#define MTU 1500

static const char *const names[] = {"lan", "wan"};

/* A packet and all that the rules can read of it. */
struct input {
	struct policy_packet packet;
	struct policy_extra extra;
	struct policy_conn conn;
	uint8_t address[2][16];
	uint8_t bytes[PACKET_MAX];
	uint32_t length;
	/* the log statements that both evaluations have reached */
	struct policy_logged log[2 * POLICY_LOGS_MAX];
	unsigned logs;
};

static struct policy *
rules_read(const char *file)
{
	static const struct ruleset_ports ports = {.names = names, .count = 2};
	struct policy *policy = NULL;
	struct ruleset_error error;
	char *text = NULL;
	json_t *root;

	root = json_load_file(file, 0, NULL);
	if (root != NULL)
		text = json_dumps(root, 0);
	json_decref(root);
	if (text == NULL)
		fprintf(stderr, "%s cannot be read\n", file);
	else if (ruleset_load(text, strlen(text), &ports, &policy, &error) != 0)
		fprintf(stderr, "%s\n", error.text);
	free(text);
	return policy;
}

/* Set the packet's bytes from the IP header and from the transport header on. */
static void
bytes_read(const char *hex, struct input *in)
{
	struct policy_extra *extra = &in->extra;
	uint8_t *bytes = in->bytes;
	uint32_t length = 0, header;
	unsigned byte;

	while (length < PACKET_MAX && sscanf(hex + 2 * (size_t)length, "%2x", &byte) == 1)
		bytes[length++] = (uint8_t)byte;
	in->length = length;
	header = length > 0 && bytes[0] >> 4 == 4 ? (bytes[0] & 0xfu) * 4u : 40;
	extra->bytes[POLICY_BASE_NETWORK] = (struct policy_bytes){bytes, length};
	if (length >= header)
		extra->bytes[POLICY_BASE_TRANSPORT] =
			(struct policy_bytes){bytes + header, length - header};
}

/* Set the connection that the packet opens. */
static void
conn_fill(struct input *in)
{
	unsigned i;

	in->conn = (struct policy_conn){.exists = true, .id = 1};
	for (i = 0; i < 2; i++)
		memcpy(in->conn.address[i], in->address[i], 16);
	in->conn.port[0] = in->packet.sport;
	in->conn.port[1] = in->packet.dport;
	in->extra.conn = &in->conn;
	in->extra.mtu = MTU;
	in->extra.random = 1;
	/* rules may ask for the time of day, and the kernel has it too */
	in->extra.wall_ns = (uint64_t)time(NULL) * 1000000000;
}

static bool
input_read(const char *line, struct input *in)
{
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN], hex[2 * PACKET_MAX + 1];
	unsigned iif, oif, proto, sport, dport, type, code, flags, length;
	int family;

	memset(in, 0, sizeof(*in));
	if (sscanf(line, "%u %u %45s %45s %u %u %u %u %u %u %u %400s", &iif, &oif, src,
		   dst, &proto, &sport, &dport, &type, &code, &flags, &length, hex) != 12)
		return false;
	family = strchr(src, ':') != NULL ? AF_INET6 : AF_INET;
	if (inet_pton(family, src, in->address[0]) != 1 ||
	    inet_pton(family, dst, in->address[1]) != 1)
		return false;
	in->packet = (struct policy_packet){
		.saddr = in->address[0],
		.daddr = in->address[1],
		.length = length,
		.sport = htons((uint16_t)sport),
		.dport = htons((uint16_t)dport),
		.iif = (uint16_t)iif,
		.oif = (uint16_t)oif,
		.family = family == AF_INET ? 4 : 6,
		.proto = (uint8_t)proto,
		.icmp_type = (uint8_t)type,
		.icmp_code = (uint8_t)code,
		.tcp_flags = (uint8_t)flags,
		.ct = POLICY_CT_NEW,
		.extra = &in->extra,
	};
	bytes_read(hex, in);
	conn_fill(in);
	return true;
}

static void
logs_keep(struct input *in, const struct policy_verdict *verdict,
	  const struct policy_logged *logs)
{
	unsigned i;

	for (i = 0; i < verdict->effects.logs; i++)
		in->log[in->logs++] = logs[i];
}

/* Evaluate the chains before tracking, without a connection, and then the others. */
static void
input_eval(const struct policy *policy, struct policy_state *state, struct input *in,
	   struct policy_verdict *verdict)
{
	in->extra.conn = NULL;
	policy_raw_eval(policy, state, &in->packet, 0, verdict);
	logs_keep(in, verdict, policy_logs(state));
	if (verdict->kind != POLICY_ACCEPT)
		return;
	in->extra.conn = &in->conn;
	policy_eval(policy, state, &in->packet, 0, verdict);
	logs_keep(in, verdict, policy_logs(state));
}

static void
verdict_print(const struct input *in, const struct policy_verdict *verdict)
{
	uint32_t i;

	printf("%u\t%u\t%u\t%u\t%u\t", verdict->kind, verdict->effects.icmp_type,
	       verdict->effects.icmp_code, in->extra.mark, in->extra.ct_mark);
	for (i = 0; i < in->length; i++)
		printf("%02x", in->bytes[i]);
	for (i = 0; i < in->logs; i++)
		if (in->log[i].log->has_group)
			printf("\t%u\t%s", in->log[i].log->group, in->log[i].log->prefix);
	puts("");
}

static void
packets_judge(const struct policy *policy, struct policy_state *state)
{
	struct policy_verdict verdict;
	struct input in;
	char line[1024];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (!input_read(line, &in))
			exit(2);
		input_eval(policy, state, &in, &verdict);
		verdict_print(&in, &verdict);
	}
}

static void
counters_print(const struct policy *policy, const struct policy_state *state)
{
	struct policy_counter counter;
	unsigned i;

	for (i = 0; i < policy_counters(policy); i++) {
		policy_counters_read(state, i, 1, &counter);
		printf("counter %" PRIu64 " %" PRIu64 "\n", counter.packets,
		       counter.bytes);
	}
}

static void
set_print(const struct policy *policy, struct policy_state *state, const char *name)
{
	const struct ruleset_sets sets = {policy,
					  &state,
					  1,
					  {.names = names, .count = 2}};
	char error[256];
	json_t *json = ruleset_set_list(&sets, name, error, sizeof(error));
	char *text = json_dumps(json != NULL ? json : json_null(),
				JSON_COMPACT | JSON_ENCODE_ANY);

	puts(text);
	free(text);
	json_decref(json);
}

int
main(int argc, char **argv)
{
	struct policy *policy = argc >= 2 ? rules_read(argv[1]) : NULL;
	struct policy_state *state;
	int i;

	if (policy == NULL || policy_state_create(policy, &state) != 0)
		return 1;
	policy_state_start(state, 0);
	packets_judge(policy, state);
	counters_print(policy, state);
	for (i = 2; i < argc; i++)
		set_print(policy, state, argv[i]);
	policy_state_free(state);
	policy_free(policy);
	return 0;
}
