/* SPDX-License-Identifier: BSD-3-Clause */
#include "frame.h"

#include <netinet/in.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include <packet/checksum.h>

#define SCRATCH_BYTES (READER_MAX_PACKET + LINKTYPE_HEADER)
#define LENGTH_OFFSET 2u /* offset of the total length in an IPv4 header */
#define TCP_CHECKSUM 16u
#define UDP_CHECKSUM 6u
#define TCP_OPTION_END 0u
#define TCP_OPTION_NOP 1u
#define TCP_OPTION_MSS 2u
#define QUOTED_BYTES 28u /* what an ICMP error quotes: an IPv4 header and 64 bits */

const char *const mark_names[MARKS] = {
	"cut",       "cut_headers",        "checksum_offloaded", "merged",
	"picked_up", "capture_incomplete", "duplicate",
};

/* Buffer for the frame that is being parsed; all other bytes are zeros. */
static uint8_t scratch[SCRATCH_BYTES];

/*
 * Copy the Ethernet header and the captured bytes of the packet to `bytes`; return their
 * number.
 */
static uint32_t
compose(const struct frame *fr, uint8_t *bytes)
{
	const struct linktype_frame *l = &fr->link;
	uint32_t header = l->header_bytes;

	memcpy(bytes, l->header, header);
	memcpy(bytes + header, fr->f.data + l->skip, fr->captured - header);
	return fr->captured;
}

/*
 * Return the total length that an IPv4 header with length 0 should have, computed from
 * the frame's length; 0 if the header's length is not 0.
 */
static uint16_t
missing_length(const struct frame *fr, const uint8_t *bytes)
{
	uint32_t l3 = fr->p.l3_off, length;

	if (fr->p.ether_type != RTE_ETHER_TYPE_IPV4 || fr->captured < l3 + 4 ||
	    fr->length < l3 + sizeof(struct rte_ipv4_hdr) || bytes[l3 + 2] != 0 ||
	    bytes[l3 + 3] != 0)
		return 0;
	length = fr->length - l3;
	return (uint16_t)(length < UINT16_MAX ? length : UINT16_MAX);
}

static void
set_length(const struct frame *fr, uint8_t *bytes, uint16_t length)
{
	bytes[fr->p.l3_off + LENGTH_OFFSET] = (uint8_t)(length >> 8);
	bytes[fr->p.l3_off + LENGTH_OFFSET + 1] = (uint8_t)length;
}

/* Return whether the parser has read only bytes that were captured. */
static bool
headers_are_there(const struct frame *fr)
{
	const struct packet *p = &fr->p;
	uint32_t needed = p->payload_off;

	if (p->kind == PACKET_ICMP_ERROR)
		needed += QUOTED_BYTES;
	else if (p->kind == PACKET_BAD && p->l4_off != 0)
		needed = p->l4_off + (uint32_t)sizeof(struct rte_tcp_hdr);
	else if (p->kind == PACKET_BAD)
		needed = p->l3_off + (uint32_t)sizeof(struct rte_ipv6_hdr);
	if (needed < p->l4_off)
		needed = p->l4_off;
	if (needed < LINKTYPE_HEADER)
		needed = LINKTYPE_HEADER;
	return fr->captured >= (needed < fr->length ? needed : fr->length);
}

/*
 * Return a static mbuf that refers to these bytes, for the parser, which reads only the
 * first bytes of a packet.
 */
static const struct rte_mbuf *
mbuf_of(const uint8_t *bytes, uint32_t length)
{
	static struct rte_mbuf m = {.nb_segs = 1};

	m.buf_addr = (void *)(uintptr_t)bytes;
	m.pkt_len = length;
	m.data_len = (uint16_t)(length < UINT16_MAX ? length : UINT16_MAX);
	return &m;
}

static void
parse(struct frame *fr, const uint8_t *bytes)
{
	packet_parse_any(mbuf_of(bytes, fr->length), 0, flow_network(0, 0, 0),
			 PACKET_PPPOE, &fr->p);
}

/* Parse a copy of the frame in which missing bytes are zeros. */
static void
parse_copy(struct frame *fr)
{
	uint32_t n = compose(fr, scratch);
	uint16_t length;

	parse(fr, scratch);
	length = missing_length(fr, scratch);
	if (length != 0) {
		fr->no_length = true;
		set_length(fr, scratch, length);
		parse(fr, scratch);
	}
	memset(scratch, 0, n);
}

void
frame_parse(struct frame *fr)
{
	struct reader_frame *f = &fr->f;
	bool decoded = linktype_decode(fr->link_type, f->data, f->captured, &fr->link);
	uint32_t header = fr->link.header_bytes, skip = fr->link.skip;

	fr->marks = 0;
	fr->no_length = false;
	if (!decoded && (f->captured < f->length || fr->link_type != LINKTYPE_ETHERNET)) {
		fr->marks = MARK_CUT | MARK_CUT_HEADERS;
		fr->link = (struct linktype_frame){0};
		header = skip = 0;
	}
	fr->captured = f->captured - skip + header;
	/* a damaged capture may state a length near 2^32: the sum must not overflow */
	fr->length = RTE_MIN(f->length, READER_MAX_PACKET + skip) - skip + header;
	if (fr->length > READER_MAX_PACKET)
		fr->length = RTE_MAX(fr->captured, READER_MAX_PACKET);
	if (fr->captured == fr->length && header == 0)
		parse(fr, f->data);
	else
		parse_copy(fr);
	if (fr->captured == fr->length && fr->p.reason == REASON_IP_LENGTH)
		parse_copy(fr);
	if (fr->captured < fr->length) {
		fr->marks |= MARK_CUT;
		if (!headers_are_there(fr))
			fr->marks |= MARK_CUT_HEADERS;
	}
}

bool
frame_read(const struct frame *fr, uint32_t offset, uint32_t n, void *bytes)
{
	uint32_t header = fr->link.header_bytes;
	uint8_t *to = bytes;
	uint32_t i;

	if (offset > fr->captured || n > fr->captured - offset)
		return false;
	for (i = 0; i < n && offset + i < header; i++)
		to[i] = fr->link.header[offset + i];
	if (i < n)
		memcpy(to + i, fr->f.data + fr->link.skip + (offset + i - header), n - i);
	return true;
}

bool
frame_macs(const struct frame *fr, uint8_t macs[2 * LINKTYPE_MAC])
{
	return fr->link.has_macs && frame_read(fr, 0, 2 * LINKTYPE_MAC, macs);
}

/*
 * Swap the endpoints of a quoted packet: it travelled in the opposite direction, so the
 * parser has put its source second.
 */
static void
turn(struct packet *p)
{
	struct flow_key key = p->key;

	if (p->family == 4) {
		p->key.addr.v4[0] = key.addr.v4[1];
		p->key.addr.v4[1] = key.addr.v4[0];
	} else {
		memcpy(p->key.addr.v6[0], key.addr.v6[1], 16);
		memcpy(p->key.addr.v6[1], key.addr.v6[0], 16);
	}
	if (flow_id_has_ports(&key.id)) {
		p->key.id.port[0] = key.id.port[1];
		p->key.id.port[1] = key.id.port[0];
	}
	p->side = 0;
}

bool
frame_quoted(const struct frame *fr, struct packet *inner)
{
	uint32_t n = compose(fr, scratch);
	bool found = packet_parse_quoted(mbuf_of(scratch, fr->length), &fr->p, inner) ==
		     0;

	memset(scratch, 0, n);
	if (found)
		turn(inner);
	return found;
}

uint16_t
frame_mss(const struct frame *fr)
{
	uint32_t at = fr->p.l4_off + (uint32_t)sizeof(struct rte_tcp_hdr);
	uint8_t option[4];

	while (at < fr->p.payload_off && frame_read(fr, at, 1, option)) {
		if (option[0] == TCP_OPTION_END)
			break;
		if (option[0] == TCP_OPTION_NOP) {
			at++;
			continue;
		}
		if (!frame_read(fr, at, 2, option) || option[1] < 2)
			break;
		if (option[0] == TCP_OPTION_MSS && option[1] == sizeof(option) &&
		    frame_read(fr, at, sizeof(option), option))
			return (uint16_t)(option[2] << 8 | option[3]);
		at += option[1];
	}
	return 0;
}

/* Copy the frame to the mbuf, and to further chained mbufs when it is long. */
static bool
fill(struct rte_mbuf *head, const uint8_t *bytes, uint32_t n, struct rte_mempool *pool)
{
	struct rte_mbuf *m = head;
	uint32_t done = 0, part;

	for (;;) {
		part = RTE_MIN(n - done, (uint32_t)rte_pktmbuf_tailroom(m));
		if (bytes != NULL)
			memcpy(rte_pktmbuf_mtod(m, void *), bytes + done, part);
		m->data_len = (uint16_t)part;
		done += part;
		if (done == n)
			break;
		m->next = rte_pktmbuf_alloc(pool);
		if (m->next == NULL)
			return false;
		m = m->next;
		head->nb_segs++;
	}
	head->pkt_len = n;
	return true;
}

struct rte_mbuf *
frame_mbuf(const struct frame *fr, struct rte_mempool *pool)
{
	bool whole = fr->captured == fr->length && fr->link.header_bytes == 0 &&
		     !fr->no_length;
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint32_t n = 0;

	if (m == NULL)
		return NULL;
	if (!whole) {
		n = compose(fr, scratch);
		if (fr->no_length)
			set_length(fr, scratch, missing_length(fr, scratch));
	}
	if (!fill(m, whole ? fr->f.data : scratch, fr->length, pool)) {
		rte_pktmbuf_free(m);
		m = NULL;
	}
	memset(scratch, 0, n);
	return m;
}

/* Return the sum of the pseudo-header, not complemented, as 16-bit big-endian words. */
static uint32_t
pseudo_sum(const struct packet *p, uint32_t l4_len)
{
	uint32_t sum = rte_cpu_to_be_16((uint16_t)l4_len) + rte_cpu_to_be_16(p->proto);

	return sum + checksum_bytes(&p->key.addr, p->family == 4 ? 8 : 32);
}

static uint16_t
fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* Add up bytes of the transport header and payload, from an even offset on. */
static uint32_t
sum_of(const struct frame *fr, uint32_t offset, uint32_t n)
{
	const uint8_t *bytes = fr->f.data + fr->link.skip +
			       (offset - fr->link.header_bytes);

	return fold(checksum_bytes(bytes, n));
}

enum frame_sum
frame_checksum(const struct frame *fr)
{
	const struct packet *p = &fr->p;
	uint32_t at = p->kind == PACKET_TCP ? TCP_CHECKSUM : UDP_CHECKSUM;
	uint16_t field, pseudo;

	if ((p->kind != PACKET_TCP &&
	     (p->kind != PACKET_UDP || p->proto != IPPROTO_UDP)) ||
	    p->fragment || p->l4_off + p->l4_len > fr->captured ||
	    p->l4_off < fr->link.header_bytes ||
	    !frame_read(fr, p->l4_off + at, sizeof(field), &field) ||
	    (p->kind == PACKET_UDP && field == 0))
		return FRAME_SUM_NONE;
	pseudo = fold(pseudo_sum(p, p->l4_len));
	if (checksum_right(pseudo + sum_of(fr, p->l4_off, p->l4_len)))
		return FRAME_SUM_RIGHT;
	if (field == pseudo || field == fold(pseudo_sum(p, 0)) ||
	    (field == 0 && p->kind == PACKET_TCP))
		return FRAME_SUM_PSEUDO;
	return FRAME_SUM_WRONG;
}
