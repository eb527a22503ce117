/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proof for the slow path of lib/packet: no frame makes the parser access memory out of
 * bounds, read uninitialised memory, or have undefined behaviour. The frame is
 * arbitrary: each read of it either fails or gives arbitrary bytes. They lie at the end
 * of an object, so that an access beyond the bytes that were asked for is out of bounds;
 * and buf, which bytes_join() may fill, has to have room for them. `bytes`
 * proves the functions that read, `segment` the TCP header with its options.
 */
#include "parse.h"

#include "proof.h"

#define PIECES 3
#define MAX_READ_BYTES 60

static uint8_t window[MAX_READ_BYTES];
static struct packet_bytes frame;
static struct packet packet, inner;
static struct rte_mbuf mbufs[PIECES];
static struct packet_piece pieces[PIECES];

/* Results are stored here so that they count as used. */
volatile uint64_t answer;

/*@ assigns *seg \from option[0 .. len - 1], *seg; */
void parse_tcp_options(const uint8_t *option, uint32_t len, struct tcp_segment *seg);

static uint32_t
any_u32(void)
{
	return Frama_C_unsigned_int_interval(0, UINT32_MAX);
}

struct span
bytes_join(const struct packet_bytes *b, uint32_t off, uint32_t len, void *buf)
{
	answer = off + b->len;
	Frama_C_make_unknown(buf, len);
	ANY(window);
	if (any_bool())
		return (struct span){NULL, 0};
	return (struct span){window + sizeof(window) - len, len};
}

uint32_t
bytes_sum(const struct packet_bytes *b, uint32_t off, uint32_t len)
{
	answer = b->len + off + len;
	return any_u32();
}

uint32_t
checksum_bytes(const void *data, uint32_t len)
{
	answer = *(const uint8_t *)data + len;
	return any_u32();
}

uint32_t
checksum_datagram(const struct datagram *d, uint32_t off, uint32_t len)
{
	answer = d->len + off + len;
	return any_u32();
}

struct packet_bytes
bytes_of_mbuf(const struct rte_mbuf *m)
{
	answer = m == NULL;
	return frame;
}

static void
step_quoted(void)
{
	ANY(packet);
	packet.side = any_bool();
	packet.family = any_bool() ? 4 : 6;
	answer = (uint64_t)bytes_parse_quoted(&frame, &packet, &inner);
}

static void
step_datagram(void)
{
	unsigned i;

	ANY(pieces);
	for (i = 0; i < PIECES; i++)
		pieces[i].m = &mbufs[i];
	answer = packet_parse_datagram(pieces, Frama_C_unsigned_int_interval(1, PIECES),
				       any_bool(), any_u32(), any_u32(), &packet) != NULL;
}

int
main(void)
{
	frame.len = any_u32();
	frame.checksums = Frama_C_unsigned_long_long_interval(0, UINT64_MAX);
	switch (Frama_C_interval(0, 3)) {
	case 0:
		bytes_parse(&frame, any_bool(), any_u32(), any_u32(), &packet);
		break;
	case 1:
		step_quoted();
		break;
	case 2:
		step_datagram();
		break;
	default:
		answer = packet_type_carries(Frama_C_unsigned_short_interval(0,
									     UINT16_MAX));
		break;
	}
	return 0;
}
