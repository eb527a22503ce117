/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proof for TCP headers in lib/packet, on both paths of the parser: the options of any
 * header, the header of any segment and of any quoted one, and packet/fast.h. Eva does
 * not know that two variables are related, so the lengths that have to fit together are
 * enumerated here: each length of the options, each data offset, and, for the fast path,
 * frames that end one byte before the end of the TCP header, at it, and 1 and 9 bytes
 * after it. All other bytes are arbitrary. A frame lies at the end of an object, so that
 * an access beyond it is out of bounds.
 */
#include "parse.h"

#include "proof.h"

#define MAX_HEADER 60u
#define MAX_OPTIONS 40u
#define MAX_PAYLOAD 9u
#define MAX_FRAME (22u + 40u + MAX_HEADER + MAX_PAYLOAD)
#define OFFSET_AT 12 /* of the data offset in a TCP header */
#define TYPE_AT 12   /* of the first EtherType in a frame */

/* The tags and the family of fast-path frames. */
struct layout {
	uint8_t l4;       /* offset of the TCP header */
	uint16_t type[3]; /* EtherTypes; 0: there is none */
};

static const struct layout layouts[] = {
	{34, {0x0800}},
	{54, {0x86dd}},
	{38, {0x8100, 0x0800}},
	{58, {0x8100, 0x86dd}},
	{42, {0x88a8, 0x8100, 0x0800}},
	{62, {0x8100, 0x8100, 0x86dd}},
};

static uint8_t window[MAX_HEADER], frame[MAX_FRAME];
static uint8_t words; /* the data offset of this step, in words of 4 bytes */
static struct packet_bytes bytes;
static struct packet packet;
static struct packet_fast fast;

/* Results are stored here so that they count as used. */
volatile uint64_t answer;

/*@ requires \valid_read((const uint8_t *)data + (0 .. len - 1));
    assigns \result \from ((const uint8_t *)data)[0 .. len - 1]; */
uint32_t checksum_bytes(const void *data, uint32_t len);

static uint32_t
any_u32(void)
{
	return Frama_C_unsigned_int_interval(0, UINT32_MAX);
}

/* The byte of a TCP header that has the data offset. */
static uint8_t
offset_byte(void)
{
	return (uint8_t)(words << 4 | Frama_C_interval(0, 15));
}

/* As in packet.c, and a TCP header has the data offset of this step. */
struct span
bytes_join(const struct packet_bytes *b, uint32_t off, uint32_t len, void *buf)
{
	uint8_t *at = window + sizeof(window) - len;

	answer = off + b->len;
	Frama_C_make_unknown(buf, len);
	ANY(window);
	if (len > OFFSET_AT)
		at[OFFSET_AT] = offset_byte();
	if (any_bool())
		return (struct span){NULL, 0};
	return (struct span){at, len};
}

uint32_t
bytes_sum(const struct packet_bytes *b, uint32_t off, uint32_t len)
{
	answer = b->len + off + len;
	return any_u32();
}

uint32_t
checksum_datagram(const struct datagram *d, uint32_t off, uint32_t len)
{
	answer = d->len + off + len;
	return any_u32();
}

static void
step_options(uint32_t len)
{
	uint8_t options[MAX_OPTIONS];

	ANY(options);
	ANY(packet);
	parse_tcp_options(options + sizeof(options) - len, len, &packet.seg);
}

/* Parse a segment whose IP header is arbitrary. */
static void
step_header(bool quoted)
{
	struct parser c = {
		.bytes = &bytes,
		.p = &packet,
		.flags = any_u32(),
		.end = any_u32(),
		.quoted = quoted,
	};

	bytes.part = 0;
	bytes.len = any_u32();
	ANY(packet);
	packet.side = any_bool();
	packet.proto = IPPROTO_TCP;
	answer = parse_transport(&c);
}

static void
step_fast(const struct layout *layout, uint32_t len)
{
	uint8_t *at = frame + sizeof(frame) - len;
	uint8_t side = any_bool();
	bool is_fast;
	unsigned i;

	ANY(frame);
	at[layout->l4 + OFFSET_AT] = offset_byte();
	//@ loop unroll 3;
	for (i = 0; i < 3 && layout->type[i] != 0; i++) {
		at[TYPE_AT + 4 * i] = (uint8_t)(layout->type[i] >> 8);
		at[TYPE_AT + 1 + 4 * i] = (uint8_t)layout->type[i];
	}
	bytes.at = at;
	bytes.part = len;
	bytes.len = len;
	if (layout->type[1] != 0)
		is_fast = fast_peek_tagged(&bytes, side, any_u32(), any_u32(), &fast);
	else
		is_fast = fast_peek(&bytes, side, any_u32(), any_u32(), &fast);
	if (is_fast)
		fast_finish(at, &fast, side, &packet);
}

static void
step_layout(const struct layout *layout)
{
	uint32_t len = layout->l4 + 4u * (words > 5 ? words : 5);

	step_fast(layout, len - 1);
	step_fast(layout, len);
	step_fast(layout, len + 1);
	step_fast(layout, len + MAX_PAYLOAD);
}

static void
each_options(void)
{
	uint32_t len;

	//@ loop unroll 41;
	for (len = 0; len <= MAX_OPTIONS; len++)
		step_options(len);
}

/* 4: a data offset that is too small, as are all lower ones. */
static void
each_header(bool quoted)
{
	//@ loop unroll 12;
	for (words = 4; words < 16; words++)
		step_header(quoted);
}

static void
each_fast(const struct layout *layout)
{
	//@ loop unroll 12;
	for (words = 4; words < 16; words++)
		step_layout(layout);
}

int
main(void)
{
	bytes.checksums = Frama_C_unsigned_long_long_interval(0, UINT64_MAX);
	switch (Frama_C_interval(0, 8)) {
	case 0:
		each_options();
		break;
	case 1:
		each_header(false);
		break;
	case 2:
		each_header(true);
		break;
	case 3:
		each_fast(&layouts[0]);
		break;
	case 4:
		each_fast(&layouts[1]);
		break;
	case 5:
		each_fast(&layouts[2]);
		break;
	case 6:
		each_fast(&layouts[3]);
		break;
	case 7:
		each_fast(&layouts[4]);
		break;
	default:
		each_fast(&layouts[5]);
		break;
	}
	return 0;
}
