/* SPDX-License-Identifier: BSD-3-Clause */
#include "community_id.h"

#include <stdbool.h>
#include <string.h>

#include <rte_byteorder.h>

#include <sha1.h>

/* Find the type that the other direction of an ICMP query has; false: not a query. */
static bool
icmp_answer(bool v6, uint16_t type, uint16_t *answer)
{
	static const uint8_t pairs[][2] = {{8, 0}, {13, 14}, {15, 16}, {17, 18}, {10, 9}};
	size_t i;

	if (v6) {
		*answer = 129;
		return type == 128;
	}
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i][0] == type) {
			*answer = pairs[i][1];
			return true;
		}
	}
	return false;
}

/*
 * Set the two numbers that take the place of ports, originator first; return false if the
 * protocol has none.
 */
static bool
ports_of(const struct flow_key *key, uint8_t family, unsigned orig, rte_be16_t port[2],
	 bool *ordered)
{
	enum flow_class class = flow_id_class(&key->id);
	uint16_t answer = 0, type;

	*ordered = true;
	if (flow_id_has_ports(&key->id)) {
		port[0] = key->id.port[orig];
		port[1] = key->id.port[!orig];
		return true;
	}
	if (class != FLOW_ICMP && class != FLOW_ICMPV6)
		return false;
	type = rte_be_to_cpu_16(key->id.port[1]);
	*ordered = icmp_answer(family == 6, type, &answer);
	port[0] = rte_cpu_to_be_16(type);
	port[1] = rte_cpu_to_be_16(answer);
	return true;
}

/* Encode 20 bytes as base64: 28 characters. */
static void
base64(const uint8_t bytes[SHA1_DIGEST_LENGTH], char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/";
	uint32_t group;
	unsigned i;

	for (i = 0; i < SHA1_DIGEST_LENGTH; i += 3) {
		bool last = i + 3 > SHA1_DIGEST_LENGTH;

		group = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 |
			(last ? 0u : bytes[i + 2]);
		*text++ = digits[group >> 18];
		*text++ = digits[group >> 12 & 63];
		*text++ = digits[group >> 6 & 63];
		*text++ = last ? '=' : digits[group & 63];
	}
	*text = '\0';
}

void
community_id(const struct flow_key *key, uint8_t family, unsigned orig,
	     char text[COMMUNITY_ID_TEXT])
{
	size_t n = family == 4 ? 4 : 16;
	const uint8_t *from = family == 4 ? (const uint8_t *)&key->addr.v4[orig]
					  : key->addr.v6[orig];
	const uint8_t *to = family == 4 ? (const uint8_t *)&key->addr.v4[!orig]
					: key->addr.v6[!orig];
	static const uint8_t seed[2], zero;
	uint8_t proto = flow_id_proto(&key->id), digest[SHA1_DIGEST_LENGTH];
	rte_be16_t port[2];
	bool ordered, has_ports = ports_of(key, family, orig, port, &ordered), swap;
	int order = memcmp(from, to, n);
	SHA1_CTX sha;

	if (order == 0 && has_ports)
		order = memcmp(&port[0], &port[1], sizeof(port[0]));
	swap = order > 0 && (ordered || !has_ports);
	SHA1Init(&sha);
	SHA1Update(&sha, seed, sizeof(seed));
	SHA1Update(&sha, swap ? to : from, n);
	SHA1Update(&sha, swap ? from : to, n);
	SHA1Update(&sha, &proto, 1);
	SHA1Update(&sha, &zero, 1);
	if (has_ports) {
		SHA1Update(&sha, (const uint8_t *)&port[swap], 2);
		SHA1Update(&sha, (const uint8_t *)&port[!swap], 2);
	}
	SHA1Final(digest, &sha);
	text[0] = '1';
	text[1] = ':';
	base64(digest, text + 2);
}
