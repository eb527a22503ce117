/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rules-eval RULES.json: packets on standard input, one a line; for each its verdict, and
 * at the end a line for each counter. The ports are lan and wan. A packet:
 *	IIF OIF SADDR DADDR PROTO SPORT DPORT ICMP-TYPE ICMP-CODE TCP-FLAGS LENGTH
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <policy/policy.h>
#include <ruleset/ruleset.h>

static struct policy *
rules_read(const char *file)
{
	static const char *const names[] = {"lan", "wan"};
	static const struct ruleset_ports ports = {names, 2};
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

static void
packets_judge(const struct policy *policy, struct policy_state *state)
{
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN], line[256];
	unsigned iif, oif, proto, sport, dport, type, code, flags, length;
	struct policy_verdict verdict;
	uint8_t address[2][16];
	int family;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (sscanf(line, "%u %u %45s %45s %u %u %u %u %u %u %u", &iif, &oif, src,
			   dst, &proto, &sport, &dport, &type, &code, &flags,
			   &length) != 11)
			exit(2);
		family = strchr(src, ':') != NULL ? AF_INET6 : AF_INET;
		if (inet_pton(family, src, address[0]) != 1 ||
		    inet_pton(family, dst, address[1]) != 1)
			exit(2);
		policy_eval(policy, state,
			    &(struct policy_packet){
				    .saddr = address[0],
				    .daddr = address[1],
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
			    },
			    0, &verdict);
		printf("%u %u %u\n", verdict.kind, verdict.effects.icmp_type,
		       verdict.effects.icmp_code);
	}
}

int
main(int argc, char **argv)
{
	struct policy *policy = argc == 2 ? rules_read(argv[1]) : NULL;
	struct policy_state *state;
	struct policy_counter counter;
	unsigned i;

	if (policy == NULL || policy_state_create(policy, &state) != 0)
		return 1;
	packets_judge(policy, state);
	for (i = 0; i < policy_counters(policy); i++) {
		policy_counters_read(state, i, 1, &counter);
		printf("%" PRIu64 " %" PRIu64 "\n", counter.packets, counter.bytes);
	}
	policy_state_free(state);
	policy_free(policy);
	return 0;
}
