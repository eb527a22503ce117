/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay_fixture.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define ETHERNET 14u
#define IP 20u
#define TCP 20u
#define SNAP 262144u

static void
put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void
put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

/* Add up 16-bit words (RFC 1071). */
static uint32_t
add_up(const uint8_t *bytes, size_t n, uint32_t sum)
{
	size_t i;

	for (i = 0; i < n; i++)
		sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Write the checksum of a segment of n bytes, which follows its IPv4 header. */
static void
put_sum(uint8_t *ip, uint32_t n, unsigned offset, enum fixture_sum which)
{
	uint32_t pseudo = add_up(ip + 12, 8, ip[9] + n), sum;

	sum = add_up(ip + IP, n, pseudo) ^ 0xffff;
	if (which == SUM_PSEUDO)
		sum = pseudo;
	else if (which == SUM_ZERO)
		sum = 0;
	else if (which == SUM_WRONG)
		sum ^= 0x5555;
	put16(ip + IP + offset, sum);
}

/* Write a TCP header with its options. Returns its length. */
static size_t
put_tcp(const struct replay_packet *p, uint8_t *at)
{
	size_t options = p->mss != 0 ? 4 : 0;

	put16(at, p->sport);
	put16(at + 2, p->dport);
	put32(at + 4, p->seq);
	put32(at + 8, p->ack);
	at[12] = (uint8_t)((TCP + options) / 4 << 4);
	at[13] = p->flags;
	put16(at + 14, 64000);
	if (options != 0) {
		put16(at + TCP, 0x0204);
		put16(at + TCP + 2, p->mss);
	}
	return TCP + options;
}

/* Write an ICMP error: port unreachable, with the IP packet that it quotes. */
static size_t
put_error(const struct replay_packet *p, uint8_t *at)
{
	uint8_t inner[FIXTURE_BYTES];
	size_t n = fixture_bytes(p->quoted, inner) - ETHERNET;

	put16(at, 0x0303);
	memcpy(at + 8, inner + ETHERNET, n);
	put16(at + 2, add_up(at, 8 + n, 0) ^ 0xffff);
	return 8 + n;
}

static void
put_ethernet(const struct replay_packet *p, uint8_t *bytes)
{
	uint8_t source = strcmp(p->src, A) == 0 ? 1 : 2;
	uint8_t destination = strcmp(p->dst, A) == 0 ? 1 : 2;

	bytes[0] = bytes[6] = 2;
	bytes[5] = p->dst_mac != 0 ? p->dst_mac : destination;
	bytes[11] = p->src_mac != 0 ? p->src_mac : source;
	put16(bytes + 12, 0x0800);
}

size_t
fixture_bytes(const struct replay_packet *p, uint8_t bytes[FIXTURE_BYTES])
{
	uint8_t *ip = bytes + ETHERNET, *l4 = ip + IP;
	uint8_t proto = p->proto != 0 ? p->proto : IPPROTO_TCP;
	size_t n = 0;

	memset(bytes, 0, FIXTURE_BYTES);
	put_ethernet(p, bytes);
	if (proto == IPPROTO_TCP) {
		n = put_tcp(p, l4);
	} else if (proto == IPPROTO_UDP) {
		n = 8;
		put16(l4, p->sport);
		put16(l4 + 2, p->dport);
		put16(l4 + 4, 8u + p->payload);
	} else {
		n = put_error(p, l4);
	}
	memset(l4 + n, 'x', p->payload);
	n += p->payload;
	ip[0] = 0x45;
	put16(ip + 2, (uint32_t)(IP + n));
	put16(ip + 4, p->id);
	put16(ip + 6, p->fragment);
	ip[8] = p->ttl != 0 ? p->ttl : 64;
	ip[9] = proto;
	assert_int_equal(inet_pton(AF_INET, p->src, ip + 12), 1);
	assert_int_equal(inet_pton(AF_INET, p->dst, ip + 16), 1);
	put16(ip + 10, add_up(ip, IP, 0) ^ 0xffff);
	if (proto != IPPROTO_ICMP)
		put_sum(ip, (uint32_t)n, proto == IPPROTO_TCP ? 16 : 6, p->sum);
	return ETHERNET + IP + n;
}

void
fixture_frame(const struct replay_packet *p, struct frame *fr,
	      uint8_t bytes[FIXTURE_BYTES])
{
	uint32_t n = (uint32_t)fixture_bytes(p, bytes);

	*fr = (struct frame){
		.f = {.ns = p->ns, .data = bytes, .captured = n, .length = n},
		.link_type = LINKTYPE_ETHERNET,
	};
	frame_parse(fr);
}

/* Write a block of pcapng with n bytes of body, a multiple of 4. */
static void
put_block(FILE *file, uint32_t type, const uint32_t *body, uint32_t n)
{
	const uint32_t head[] = {type, n + 12};

	fwrite(head, sizeof(head), 1, file);
	fwrite(body, n, 1, file);
	fwrite(&head[1], sizeof(head[1]), 1, file);
}

static void
put_interface(FILE *file, const char *name)
{
	/* link type, snapshot length, if_name, if_tsresol, end of options */
	uint32_t body[] = {
		LINKTYPE_ETHERNET, SNAP, 4u << 16 | 2u, 0, 1u << 16 | 9u, 9, 0};

	memcpy(&body[3], name, 4);
	put_block(file, 1, body, sizeof(body));
}

static void
put_packet(FILE *file, const struct replay_packet *p)
{
	uint32_t body[FIXTURE_BYTES / 4 + 16] = {0}, n, words = 5;
	uint8_t bytes[FIXTURE_BYTES];

	n = (uint32_t)fixture_bytes(p, bytes);
	body[0] = p->interface;
	body[1] = (uint32_t)(p->ns >> 32);
	body[2] = (uint32_t)p->ns;
	body[3] = body[4] = n;
	memcpy(&body[words], bytes, n);
	words += (n + 3) / 4;
	if (p->direction != 0) {
		body[words++] = 4u << 16 | 2u; /* epb_flags */
		body[words++] = p->direction;
		body[words++] = 0;
	}
	put_block(file, 6, body, words * 4);
}

void
fixture_capture(struct capture *c, const struct replay_packet *packets, unsigned n)
{
	static const uint32_t section[] = {0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX};
	int fd = memfd_create("capture", MFD_CLOEXEC);
	struct capture_error error = {{0}};
	FILE *file = fdopen(fd, "w");
	char path[32];
	unsigned i;

	assert_non_null(file);
	put_block(file, 0x0a0d0d0a, section, sizeof(section));
	put_interface(file, "lan0");
	put_interface(file, "wan0");
	for (i = 0; i < n; i++)
		put_packet(file, &packets[i]);
	fflush(file);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	*c = (struct capture){.file = path};
	assert_int_equal(capture_open(c, &error), 0);
	c->file = "capture";
	assert_int_equal(capture_sample(c), 0);
	fclose(file);
	assert_int_equal(c->sample.count, n);
}
