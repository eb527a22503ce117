/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <jansson.h>

#define STORE TEST_DATA "/rules/unit.json"

static const char *const port_names[] = {"lan", "wan", "lan-guest", "dmz"};
const struct ruleset_ports ports = {port_names, 4};
uint64_t random_state;

uint32_t
pick(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % n;
}

void
packet_make(const struct pk *from, struct policy_packet *packet, uint8_t address[2][16])
{
	const char *src = from->src != NULL ? from->src : "192.0.2.1";
	const char *dst = from->dst != NULL          ? from->dst
			  : strchr(src, ':') != NULL ? "2001:db8:ffff::1"
						     : "198.51.100.1";
	int family = strchr(src, ':') != NULL ? AF_INET6 : AF_INET;

	assert_int_equal(inet_pton(family, src, address[0]), 1);
	assert_int_equal(inet_pton(family, dst, address[1]), 1);
	*packet = (struct policy_packet){
		.saddr = address[0],
		.daddr = address[1],
		.length = from->length != 0 ? from->length : 60,
		.sport = htons(from->sport),
		.dport = htons(from->dport),
		.iif = from->iif,
		.oif = from->oif,
		.family = family == AF_INET ? 4 : 6,
		.proto = from->proto,
		.icmp_type = from->type,
		.icmp_code = from->code,
		.tcp_flags = from->flags,
		.ct = from->ct,
	};
}

/*
 * What sluice-rules prints of the text, less what depends on nft's version; NULL:
 * refused.
 */
static json_t *
translate(const char *program, const char *nft)
{
	char path[] = "/tmp/unit-rules-XXXXXX", command[512];
	int fd = mkstemp(path);
	json_t *json, *objects;
	size_t i;
	FILE *pipe;

	assert_true(fd >= 0);
	dprintf(fd, "%s", nft);
	snprintf(command, sizeof(command), "%s %s; rm %s", program, path, path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	json = json_loadf(pipe, 0, NULL);
	pclose(pipe);
	objects = json_object_get(json, "nftables");
	for (i = json_array_size(objects); i-- > 0;)
		if (json_object_get(json_array_get(objects, i), "metainfo") != NULL)
			json_array_remove(objects, i);
	return json;
}

/* A line for each text, in order: a change of a rule is a change of a line. */
static void
store_write(json_t *store)
{
	FILE *out = fopen(STORE, "w");
	const char *between = "{\n", *text;
	json_t *sorted = json_loads("{}", 0, NULL), *value;
	char *all, *line;

	assert_non_null(out);
	json_object_foreach(store, text, value) {
		json_object_set(sorted, text, value);
	}
	all = json_dumps(sorted, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(sorted);
	sorted = json_loads(all, 0, NULL);
	free(all);
	json_object_foreach(sorted, text, value) {
		line = json_dumps(json_string(text), JSON_ENCODE_ANY);
		fprintf(out, "%s%s: ", between, line);
		free(line);
		line = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
		fputs(line, out);
		free(line);
		between = ",\n";
	}
	fputs("\n}\n", out);
	json_decref(sorted);
	fclose(out);
}

/*
 * The JSON of a text, malloced: from the store, or, for rules-update, from sluice-rules.
 */
static char *
json_of(const char *nft)
{
	const char *program = getenv("UNIT_RULES_PROGRAM");
	json_t *store = json_load_file(STORE, 0, NULL), *json;
	char *text;

	json = json_incref(json_object_get(store, nft));
	if (json == NULL && program != NULL) {
		json = translate(program, nft);
		if (store == NULL)
			store = json_object();
		if (json != NULL) {
			json_object_set(store, nft, json);
			store_write(store);
		}
	}
	if (json == NULL)
		fail_msg("these rules have no JSON yet: run tests/unit/rules-update\n%s",
			 nft);
	text = json_dumps(json, 0);
	json_decref(json);
	json_decref(store);
	assert_non_null(text);
	return text;
}

static char *
chain_text(const char *objects, const char *chain)
{
	char *nft;

	assert_true(asprintf(&nft,
			     "table inet t {%s\n"
			     "chain forward { type filter hook forward priority 0; "
			     "policy drop;\n"
			     "%s\n}\n}\n",
			     objects, chain) > 0);
	return nft;
}

struct rules
rules_of_json(const char *json)
{
	struct ruleset_error error;
	struct rules rules;

	if (ruleset_load(json, strlen(json), &ports, &rules.policy, &error) != 0)
		fail_msg("%s\n%s", error.text, json);
	assert_non_null(rules.policy);
	assert_int_equal(policy_state_create(rules.policy, &rules.state), 0);
	return rules;
}

struct rules
rules_of(const char *nft)
{
	char *json = json_of(nft);
	struct rules rules = rules_of_json(json);

	free(json);
	return rules;
}

struct rules
rules_of_chain(const char *objects, const char *chain)
{
	char *nft = chain_text(objects, chain);
	struct rules rules = rules_of(nft);

	free(nft);
	return rules;
}

void
rules_free(struct rules *rules)
{
	policy_state_free(rules->state);
	policy_free(rules->policy);
}

struct policy_verdict
eval(const struct rules *rules, const struct pk *pk)
{
	uint8_t address[2][16];
	struct policy_verdict verdict;
	struct policy_packet packet;

	packet_make(pk, &packet, address);
	policy_eval(rules->policy, rules->state, &packet, 0, &verdict);
	return verdict;
}

struct policy_counter
counter(const struct rules *rules, unsigned number)
{
	struct policy_counter value;

	policy_counters_read(rules->state, number, 1, &value);
	return value;
}

void
refused(const char *json, const char *text, const char *also)
{
	struct policy *policy = (struct policy *)-1;
	struct ruleset_error error;

	if (ruleset_load(json, strlen(json), &ports, &policy, &error) != -22)
		fail_msg("is not refused with '%s': %s", text, json);
	assert_null(policy);
	if (strstr(error.text, text) == NULL ||
	    (also != NULL && strstr(error.text, also) == NULL))
		fail_msg("'%s' lacks '%s' or '%s'", error.text, text,
			 also != NULL ? also : "");
}

void
refused_nft(const char *nft, const char *text, const char *also)
{
	char *whole = strncmp(nft, "table", 5) == 0 ? strdup(nft) : chain_text("", nft);
	char *json;

	assert_non_null(whole);
	json = json_of(whole);
	refused(json, text, also);
	free(json);
	free(whole);
}
