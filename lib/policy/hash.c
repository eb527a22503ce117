/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bob Jenkins' lookup3 (hashlittle) over the values as they are in the kernel's
 * registers: in network order, each field padded to a multiple of four bytes. With the
 * same seed, sluice and the kernel compute the same number for a packet.
 */
#include "hash.h"

#include <string.h>

#define INITIAL 0xdeadbeefu

static inline uint32_t
rotate(uint32_t word, unsigned by)
{
	return word << by | word >> (32 - by);
}

static void
mix(uint32_t s[3])
{
	static const uint8_t by[6] = {4, 6, 8, 16, 19, 4};
	unsigned i;

	for (i = 0; i < 6; i++) {
		uint32_t *x = &s[i % 3], *y = &s[(i + 1) % 3], *z = &s[(i + 2) % 3];

		*x -= *z;
		*x ^= rotate(*z, by[i]);
		*z += *y;
	}
}

static void
final(uint32_t s[3])
{
	static const uint8_t by[7] = {14, 11, 25, 16, 4, 14, 24};
	unsigned i;

	for (i = 0; i < 7; i++) {
		uint32_t *x = &s[(i + 2) % 3];
		const uint32_t y = s[(i + 1) % 3];

		*x ^= y;
		*x -= rotate(y, by[i]);
	}
}

static uint32_t
hash_bytes(const uint8_t *bytes, size_t length, uint32_t seed)
{
	uint32_t s[3], words[3];
	uint8_t rest[12] = {0};

	s[0] = s[1] = s[2] = INITIAL + (uint32_t)length + seed;
	while (length > sizeof(words)) {
		memcpy(words, bytes, sizeof(words));
		s[0] += words[0];
		s[1] += words[1];
		s[2] += words[2];
		mix(s);
		bytes += sizeof(words);
		length -= sizeof(words);
	}
	if (length == 0)
		return s[2];
	memcpy(rest, bytes, length);
	memcpy(words, rest, sizeof(words));
	s[0] += words[0];
	s[1] += words[1];
	s[2] += words[2];
	final(s);
	return s[2];
}

/* Width of a field, rounded up to whole bytes. */
static unsigned
field_bytes(const struct ir_key *key, unsigned f)
{
	static const uint8_t bytes[TYPE_COUNT] = {
		[TYPE_IPV4] = 4,  [TYPE_IPV6] = 16,      [TYPE_PORT] = 2,
		[TYPE_ETHER] = 2, [TYPE_LENGTH] = 4,     [TYPE_CT_STATE] = 4,
		[TYPE_U16] = 2,   [TYPE_U32] = 4,        [TYPE_U64] = 8,
		[TYPE_U128] = 16, [TYPE_ETHER_ADDR] = 6,
	};
	const unsigned known = bytes[key_field_type(key, f)];

	return known != 0 ? known : 1;
}

uint32_t
hash_values(const struct ir_key *key, const u128 *values, uint32_t seed)
{
	uint8_t bytes[KEY_FIELDS_MAX * 16];
	size_t length = 0;
	unsigned f, i, n;

	memset(bytes, 0, sizeof(bytes));
	for (f = 0; f < key->nfields; f++) {
		n = field_bytes(key, f);
		for (i = 0; i < n; i++)
			bytes[length + i] = (uint8_t)(values[f] >> 8 * (n - 1 - i));
		length += key->nfields > 1 ? (n + 3) / 4 * 4 : n;
	}
	return hash_bytes(bytes, length, seed);
}

uint32_t
hash_mix(uint32_t number, uint32_t seed)
{
	number ^= seed;
	number ^= number >> 16;
	number *= 0x7feb352du;
	number ^= number >> 15;
	number *= 0x846ca68bu;
	return number ^ number >> 16;
}
