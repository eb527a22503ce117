/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_thash.h>

#include <frame/frame.h>
#include <steer/steer.h>

#define WORKERS 64u

/* [0]: keyed hash, [1]: Toeplitz hash */
static struct steer steers[2];
static uint32_t seed = 1;

static uint32_t
random32(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 16 | seed << 16;
}

static int
setup(void **state)
{
	uint8_t secret[KEY_SECRET_BYTES];
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)random32();
	steer_init_keyed(&steers[0], 0, WORKERS, secret);
	steer_init_toeplitz(&steers[1], 0, WORKERS, 128, secret);
	return 0;
}

static uint8_t
owner_of_bytes(const struct steer *s, uint8_t side, uint8_t *bytes, size_t len)
{
	struct rte_mbuf m, *pkt = &m;
	uint8_t owner = 0xee;

	frame_mbuf(&m, bytes, len, len);
	steer_owners(s, side, &pkt, 1, &owner);
	return owner;
}

static uint8_t
owner_of(const struct steer *s, uint8_t side, const struct frame *f)
{
	uint8_t bytes[FRAME_MAX];
	size_t len = frame_build(f, bytes, sizeof(bytes));

	assert_int_not_equal(len, 0);
	return owner_of_bytes(s, side, bytes, len);
}

static struct fragment_key
key_of(const struct frame *f)
{
	uint8_t bytes[FRAME_MAX];
	size_t len = frame_build(f, bytes, sizeof(bytes));
	struct rte_mbuf m;
	struct packet p;

	frame_mbuf(&m, bytes, len, len);
	packet_parse(&m, 0, 0, 0, &p);
	assert_int_equal(p.kind, PACKET_FRAGMENT);
	return fragment_key_of(&p);
}

/* Return the packet of the opposite direction. */
static struct frame
answer_to(const struct frame *f)
{
	struct frame back = *f;

	back.src = f->dst;
	back.dst = f->src;
	back.sport = f->dport;
	back.dport = f->sport;
	if (f->proto == IPPROTO_ICMP)
		back.icmp_type = 0;
	if (f->proto == IPPROTO_ICMPV6)
		back.icmp_type = 129;
	return back;
}

static const uint8_t ext[8] = {IPPROTO_TCP, 0, 1, 4, 0, 0, 0, 0};

static const struct frame kinds[] = {
	{.proto = IPPROTO_TCP, .sport = 1000, .dport = 80, .flags = FRAME_ACK},
	{.proto = IPPROTO_UDP, .sport = 1000, .dport = 53},
	{.proto = 136, .sport = 1000, .dport = 53},
	{.proto = IPPROTO_SCTP, .sport = 1000, .dport = 53},
	{.proto = IPPROTO_GRE, .payload_len = 20},
	{.proto = IPPROTO_TCP, .sport = 1000, .dport = 80, .tags = 1},
	{.proto = IPPROTO_TCP, .sport = 1000, .dport = 80, .tags = 2},
	{.proto = IPPROTO_TCP, .sport = 1000, .dport = 80, .ip_options = 8},
	{.proto = IPPROTO_TCP,
	 .sport = 1000,
	 .dport = 80,
	 .ext_next = IPPROTO_DSTOPTS,
	 .ext = {ext, sizeof(ext)}},
};

static void
both_directions_have_one_owner(void **state)
{
	static char src[64], dst[64];
	unsigned i, k, v6, seen_apart = 0;
	struct frame there, back;
	uint8_t owner, last = 0;

	(void)state;
	for (i = 0; i < 2000; i++) {
		there = kinds[i % RTE_DIM(kinds)];
		v6 = there.ext.data != NULL ||
		     (i / RTE_DIM(kinds) & 1 && !there.ip_options);
		if (!v6)
			there.ext = (struct frame_bytes){0};
		snprintf(src, sizeof(src), v6 ? "2001:db8::%x" : "10.0.0.%u",
			 i % 200 + 1);
		snprintf(dst, sizeof(dst), v6 ? "2001:db8:1::%x" : "192.0.2.%u",
			 i % 7 + 1);
		there.src = src;
		there.dst = dst;
		if (there.sport != 0)
			there.sport = (uint16_t)(1024 + i);
		back = answer_to(&there);
		for (k = 0; k < 2; k++) {
			owner = owner_of(&steers[k], 0, &there);
			assert_true(owner < WORKERS);
			assert_int_equal(owner, owner_of(&steers[k], 1, &back));
			seen_apart += owner != last;
			last = owner;
		}
	}
	assert_true(seen_apart > 2000);
}

static void
a_ping_and_its_reply_have_one_owner(void **state)
{
	struct frame there = {.src = "10.0.0.1",
			      .dst = "10.0.0.2",
			      .proto = IPPROTO_ICMP,
			      .icmp_type = 8};
	struct frame back = answer_to(&there);
	unsigned k;

	(void)state;
	for (there.icmp_id = 1; there.icmp_id < 500; there.icmp_id++) {
		back.icmp_id = there.icmp_id;
		for (k = 0; k < 2; k++)
			assert_int_equal(owner_of(&steers[k], 1, &there),
					 owner_of(&steers[k], 0, &back));
	}
}

/*
 * An ICMP error of a router on the path must go to the owner of the connection of the
 * packet that it quotes.
 */
static void
an_icmp_error_goes_where_the_quoted_packet_belongs(void **state)
{
	struct frame tcp = {.src = "10.0.0.1",
			    .dst = "192.0.2.9",
			    .dport = 443,
			    .proto = IPPROTO_TCP,
			    .flags = FRAME_ACK};
	struct frame udp6 = {.src = "2001:db8::1",
			     .dst = "2001:db8:1::9",
			     .dport = 53,
			     .proto = IPPROTO_UDP};
	uint8_t quoted[FRAME_MAX], bytes[FRAME_MAX];
	unsigned i, k, elsewhere = 0;
	size_t len;

	(void)state;
	for (i = 0; i < 400; i++) {
		struct frame *inner = i & 1 ? &tcp : &udp6;
		struct frame error = {
			.src = i & 1 ? "203.0.113.1" : "2001:db8:ff::1",
			.dst = inner->src,
			.proto = i & 1 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
			.icmp_type = i & 1 ? 3 : 1,
			.icmp_code = 1,
			.payload = quoted + 14,
		};

		inner->sport = (uint16_t)(2000 + i);
		len = frame_build(inner, quoted, sizeof(quoted));
		error.payload_len = RTE_MIN(len - 14, (size_t)(i & 1 ? 28 : 48));
		for (k = 0; k < 2; k++)
			assert_int_equal(owner_of(&steers[k], 1, &error),
					 owner_of(&steers[k], 0, inner));
		/* the quotation is too short for a key, so any worker may have it */
		error.payload_len = 10;
		assert_int_equal(owner_of(&steers[0], 1, &error), STEER_ANY);
		error.proto = IPPROTO_UDP;
		len = frame_build(&error, bytes, sizeof(bytes));
		elsewhere += owner_of_bytes(&steers[0], 1, bytes, len) !=
			     owner_of(&steers[0], 0, inner);
	}
	assert_true(elsewhere > 300);
}

/*
 * The owner of a plain frame is computed without the parser, that of a frame with tags or
 * options with it. Tags and options are not part of the key, so both must give the same
 * owner.
 */
static void
the_short_way_and_the_parser_agree(void **state)
{
	struct frame plain = {.src = "10.1.2.3",
			      .dst = "198.51.100.7",
			      .dport = 80,
			      .proto = IPPROTO_TCP};
	struct frame plain6 = {.src = "2001:db8::77",
			       .dst = "2001:db8:1::1",
			       .dport = 53,
			       .proto = IPPROTO_UDP};
	unsigned i, k;

	(void)state;
	for (i = 0; i < 500; i++)
		for (k = 0; k < 2; k++) {
			struct frame other = plain, other6 = plain6;
			uint8_t side = i & 1;

			other.sport = plain.sport = (uint16_t)(i + 1);
			other6.sport = plain6.sport = (uint16_t)(i + 1);
			other.ip_options = 12;
			other6.tags = 2;
			assert_int_equal(owner_of(&steers[k], side, &plain),
					 owner_of(&steers[k], side, &other));
			assert_int_equal(owner_of(&steers[k], side, &plain6),
					 owner_of(&steers[k], side, &other6));
		}
}

/* The hash that a card computes, from DPDK's own Toeplitz function. */
static void
toeplitz_is_what_a_card_computes(void **state)
{
	struct flow_key key;
	uint32_t tuple[9];
	unsigned i, j, v6, words;
	uint32_t hash;

	(void)state;
	for (i = 0; i < 4000; i++) {
		v6 = i & 1;
		memset(&key, 0, sizeof(key));
		key.id.network = i & 2 ? FLOW_TCP : i & 4 ? FLOW_UDP : FLOW_SCTP;
		for (j = 0; j < sizeof(key.addr); j++)
			((uint8_t *)&key.addr)[j] = (uint8_t)random32();
		key.id.port[0] = (uint16_t)random32();
		key.id.port[1] = (uint16_t)random32();
		words = v6 ? 8 : 2;
		for (j = 0; j < words; j++) {
			memcpy(&hash, (uint8_t *)&key.addr + (size_t)4 * j, 4);
			tuple[j] = rte_be_to_cpu_32(hash);
		}
		if (key.id.network != FLOW_SCTP)
			tuple[words++] = (uint32_t)rte_be_to_cpu_16(key.id.port[0])
						 << 16 |
					 rte_be_to_cpu_16(key.id.port[1]);
		hash = rte_softrss(tuple, words, steer_rss_key);
		assert_int_equal(steer_owner_of_key(&steers[1], &key, v6 ? 6 : 4),
				 (hash & 127) % WORKERS);
		assert_int_equal(steer_rss_queue(&steers[1], hash & 127),
				 (hash & 127) % WORKERS);
	}
}

static void
check_even(const unsigned *counts, unsigned n, unsigned percent)
{
	unsigned i, even = n / WORKERS;

	for (i = 0; i < WORKERS; i++)
		assert_in_range(counts[i], even - even * percent / 100,
				even + even * percent / 100);
}

static void
connections_spread_evenly_over_64_workers(void **state)
{
	const unsigned n = 64 * 2000;
	struct flow_key key = {.id.network = FLOW_TCP};
	unsigned i, k, counts[WORKERS];

	(void)state;
	for (k = 0; k < 2; k++) {
		/* many clients of one server */
		memset(counts, 0, sizeof(counts));
		key.id.port[1] = RTE_BE16(443);
		key.addr.v4[1] = RTE_BE32(0xc0000201);
		for (i = 0; i < n; i++) {
			key.addr.v4[0] = rte_cpu_to_be_32(0x0a000000 + i % 50000);
			key.id.port[0] = (uint16_t)random32();
			counts[steer_owner_of_key(&steers[k], &key, 4)]++;
		}
		check_even(counts, n, 15);
		/* one client with many ports: Toeplitz distributes these evenly too */
		memset(counts, 0, sizeof(counts));
		for (i = 0; i < 64 * 1000; i++) {
			key.id.port[0] = rte_cpu_to_be_16((uint16_t)i);
			counts[steer_owner_of_key(&steers[k], &key, 4)]++;
		}
		check_even(counts, 64 * 1000, 20);
	}
}

static void
another_secret_has_other_owners(void **state)
{
	struct flow_key key = {.id.network = FLOW_TCP, .addr.v4 = {1, 2}};
	uint8_t secret[KEY_SECRET_BYTES] = {0};
	static struct steer other;
	unsigned i, same = 0;

	(void)state;
	steer_init_keyed(&other, 0, WORKERS, secret);
	for (i = 0; i < 6400; i++) {
		key.id.port[0] = (uint16_t)i;
		same += steer_owner_of_key(&steers[0], &key, 4) ==
			steer_owner_of_key(&other, &key, 4);
	}
	assert_in_range(same, 1, 300);
}

static void
what_has_no_connection_is_whose_who_receives_it(void **state)
{
	const struct frame arp = {.ether_type = 0x0806, .payload_len = 46};
	const struct frame nd = {.src = "fe80::1",
				 .dst = "ff02::1:ff00:2",
				 .proto = IPPROTO_ICMPV6,
				 .ttl = 255,
				 .icmp_type = 135,
				 .payload_len = 16};
	const struct frame tcp = {.src = "10.0.0.1",
				  .dst = "10.0.0.2",
				  .proto = IPPROTO_TCP};
	uint8_t bytes[FRAME_MAX];
	size_t len = frame_build(&tcp, bytes, sizeof(bytes)), cut;

	(void)state;
	assert_int_equal(owner_of(&steers[0], 0, &arp), STEER_ANY);
	assert_int_equal(owner_of(&steers[1], 0, &nd), STEER_ANY);
	for (cut = 0; cut < 34; cut++)
		assert_int_equal(owner_of_bytes(&steers[0], 0, bytes, cut), STEER_ANY);
	assert_true(owner_of_bytes(&steers[0], 0, bytes, len) < WORKERS);
}

/* All fragments of a datagram have one gatherer; different datagrams are distributed. */
static void
fragments_are_gathered_by_what_they_have_in_common(void **state)
{
	struct frame first = {.src = "10.0.0.1",
			      .dst = "10.0.0.2",
			      .proto = IPPROTO_UDP,
			      .payload_len = 64,
			      .mf = true};
	struct frame last = {.src = "10.0.0.1",
			     .dst = "10.0.0.2",
			     .proto = IPPROTO_UDP,
			     .frag_off = 9,
			     .payload_len = 20};
	unsigned k, seen_apart = 0;
	struct fragment_key key[2];
	uint8_t gatherer, before = 0;

	(void)state;
	for (first.id = 1; first.id < 500; first.id++) {
		last.id = first.id;
		for (k = 0; k < 2; k++) {
			assert_int_equal(owner_of(&steers[k], 0, &first), STEER_FRAGMENT);
			assert_int_equal(owner_of(&steers[k], 0, &last), STEER_FRAGMENT);
			key[0] = key_of(&first);
			key[1] = key_of(&last);
			gatherer = steer_gatherer(&steers[k], &key[0]);
			assert_true(gatherer < WORKERS);
			assert_int_equal(gatherer, steer_gatherer(&steers[k], &key[1]));
			seen_apart += gatherer != before;
			before = gatherer;
		}
	}
	assert_true(seen_apart > 400);
}

/*
 * Bytes changed and truncated at random: the owner is valid, and no byte past the end is
 * read.
 */
static void
any_bytes_have_an_owner(void **state)
{
	const struct frame frames[] = {
		{.src = "10.0.0.1", .dst = "10.0.0.2", .proto = IPPROTO_TCP, .tags = 1},
		{.src = "2001:db8::1", .dst = "2001:db8::2", .proto = IPPROTO_UDP},
		{.src = "10.0.0.1",
		 .dst = "10.0.0.2",
		 .proto = IPPROTO_ICMP,
		 .icmp_type = 3,
		 .payload_len = 60},
	};
	unsigned i, j, k;

	(void)state;
	for (i = 0; i < 60000; i++) {
		uint8_t whole[FRAME_MAX], *bytes, owner;
		size_t len = frame_build(&frames[i % 3], whole, sizeof(whole));

		for (j = 0; j < i % 5; j++)
			whole[random32() % len] = (uint8_t)random32();
		len = random32() % (len + 1);
		bytes = malloc(len + 1);
		assert_non_null(bytes);
		memcpy(bytes, whole, len);
		for (k = 0; k < 2; k++) {
			owner = owner_of_bytes(&steers[k], i & 1, bytes, len);
			assert_true(owner < WORKERS || owner == STEER_ANY ||
				    owner == STEER_FRAGMENT);
		}
		free(bytes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_have_one_owner),
		cmocka_unit_test(a_ping_and_its_reply_have_one_owner),
		cmocka_unit_test(an_icmp_error_goes_where_the_quoted_packet_belongs),
		cmocka_unit_test(the_short_way_and_the_parser_agree),
		cmocka_unit_test(toeplitz_is_what_a_card_computes),
		cmocka_unit_test(connections_spread_evenly_over_64_workers),
		cmocka_unit_test(another_secret_has_other_owners),
		cmocka_unit_test(what_has_no_connection_is_whose_who_receives_it),
		cmocka_unit_test(fragments_are_gathered_by_what_they_have_in_common),
		cmocka_unit_test(any_bytes_have_an_owner),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
