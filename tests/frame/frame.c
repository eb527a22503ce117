/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "frame.h"

#define ETHER_IPV4 0x0800
#define ETHER_IPV6 0x86dd
#define ETHER_VLAN 0x8100

/* Output position. After an overflow nothing more is written and bad stays true. */
struct writer {
	uint8_t *buf;
	size_t size;
	size_t at;
	bool bad;
};

/* Source and destination address in network order, 4 or 16 bytes each. */
struct addresses {
	uint8_t src[16];
	uint8_t dst[16];
	size_t len;
};

static void
put(struct writer *w, const void *data, size_t len)
{
	if (w->bad || len > w->size - w->at) {
		w->bad = true;
		return;
	}
	if (len > 0)
		memcpy(w->buf + w->at, data, len);
	w->at += len;
}

static void
put_u8(struct writer *w, uint8_t value)
{
	put(w, &value, sizeof(value));
}

static void
put_u16(struct writer *w, uint16_t value)
{
	uint16_t be = htons(value);

	put(w, &be, sizeof(be));
}

static void
put_u32(struct writer *w, uint32_t value)
{
	uint32_t be = htonl(value);

	put(w, &be, sizeof(be));
}

static void
put_fill(struct writer *w, uint8_t value, size_t len)
{
	while (len-- > 0 && !w->bad)
		put_u8(w, value);
}

static void
set_u16(struct writer *w, size_t at, uint16_t value)
{
	if (w->bad)
		return;
	w->buf[at] = (uint8_t)(value >> 8);
	w->buf[at + 1] = (uint8_t)value;
}

uint16_t
frame_sum(const void *data, size_t len, uint32_t start)
{
	const uint8_t *byte = data;
	uint32_t sum = start;
	size_t i;

	for (i = 0; i < len; i++) {
		sum += (i & 1) ? byte[i] : (uint32_t)byte[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

/*
 * Return a wrong checksum for a right one. It must not be the other one's complement form
 * of 0, nor 0, which means "no checksum" in UDP.
 */
static uint16_t
spoil(uint32_t sum)
{
	return (uint16_t)(sum == 0x0100 ? 0x0200 : sum ^ 0x0100);
}

static bool
read_addresses(const struct frame *f, struct addresses *a)
{
	int family = strchr(f->src, ':') != NULL ? AF_INET6 : AF_INET;

	a->len = family == AF_INET6 ? 16 : 4;
	return f->dst != NULL && inet_pton(family, f->src, a->src) == 1 &&
	       inet_pton(family, f->dst, a->dst) == 1;
}

static void
put_mac(struct writer *w, const uint8_t mac[6], uint8_t fallback)
{
	static const uint8_t unset[6];
	const uint8_t usual[6] = {0x02, 0, 0, 0, 0, fallback};

	put(w, memcmp(mac, unset, 6) == 0 ? usual : mac, 6);
}

static void
put_ethernet(struct writer *w, const struct frame *f, size_t addr_len)
{
	uint16_t type = addr_len == 16 ? ETHER_IPV6 : ETHER_IPV4;
	uint8_t i;

	put_mac(w, f->dst_mac, 2);
	put_mac(w, f->src_mac, 1);
	for (i = 0; i < f->tags && i < FRAME_MAX_TAGS; i++) {
		put_u16(w, f->tag[i].tpid != 0 ? f->tag[i].tpid : ETHER_VLAN);
		put_u16(w, f->tag[i].tci);
	}
	put_u16(w, f->ether_type != 0 || addr_len == 0 ? f->ether_type : type);
}

static void
put_ipv4(struct writer *w, const struct frame *f, const struct addresses *a)
{
	size_t words = 5 + (f->ip_option.len + f->ip_options) / 4;
	uint8_t version = f->say_version != 0 ? f->say_version : 4;
	uint8_t ihl = f->say_ihl != 0 ? f->say_ihl : (uint8_t)words;

	put_u8(w, (uint8_t)(version << 4 | (ihl & 15)));
	put_u8(w, f->tos);
	put_u16(w, f->say_ip_len); /* finish_ip() writes the real length */
	put_u16(w, f->id);
	put_u16(w, (uint16_t)((f->df ? 0x4000 : 0) | (f->mf ? 0x2000 : 0) |
			      (f->frag_off & 0x1fff)));
	put_u8(w, f->ttl != 0 ? f->ttl : 64);
	put_u8(w, f->proto);
	put_u16(w, 0);
	put(w, a->src, 4);
	put(w, a->dst, 4);
	put(w, f->ip_option.data, f->ip_option.len);
	put_fill(w, 1, f->ip_options);
}

static void
put_ipv6(struct writer *w, const struct frame *f, const struct addresses *a)
{
	uint8_t version = f->say_version != 0 ? f->say_version : 6;

	put_u32(w, (uint32_t)version << 28 | (uint32_t)f->tos << 20 | f->id);
	put_u16(w, f->say_ip_len);
	put_u8(w, f->ext.len > 0 ? f->ext_next : f->proto);
	put_u8(w, f->ttl != 0 ? f->ttl : 64);
	put(w, a->src, 16);
	put(w, a->dst, 16);
	put(w, f->ext.data, f->ext.len);
}

static void
put_tcp_options(struct writer *w, const struct frame_options *o)
{
	size_t start = w->at;
	uint8_t i;

	if (o->raw.len > 0) {
		put(w, o->raw.data, o->raw.len);
	} else {
		if (o->mss != 0) {
			put(w, "\x02\x04", 2);
			put_u16(w, o->mss);
		}
		if (o->has_scale) {
			put(w, "\x03\x03", 2);
			put_u8(w, o->scale);
		}
		if (o->sack_ok)
			put(w, "\x04\x02", 2);
		/* align the two timestamps, as all stacks do (RFC 7323 appendix A) */
		while (o->has_ts && (w->at - start) % 4 != 2)
			put_u8(w, 1);
		if (o->has_ts) {
			put(w, "\x08\x0a", 2);
			put_u32(w, o->tsval);
			put_u32(w, o->tsecr);
		}
		if (o->sacks > 0) {
			put_u8(w, 5);
			put_u8(w, (uint8_t)(2 + 8 * o->sacks));
		}
		for (i = 0; i < o->sacks && i < FRAME_MAX_SACKS; i++) {
			put_u32(w, o->sack[i][0]);
			put_u32(w, o->sack[i][1]);
		}
	}
	put_fill(w, 1, (4 - (w->at - start) % 4) % 4);
}

static void
put_tcp(struct writer *w, const struct frame *f)
{
	size_t start = w->at, words;

	put_u16(w, f->sport);
	put_u16(w, f->dport);
	put_u32(w, f->seq);
	put_u32(w, f->ack);
	put_u8(w, 0);
	put_u8(w, f->flags);
	put_u16(w, f->win);
	put_u16(w, 0);
	put_u16(w, f->urgent);
	put_tcp_options(w, &f->opt);
	words = (w->at - start) / 4;
	if (words > 15)
		w->bad = true;
	if (!w->bad)
		w->buf[start + 12] =
			(uint8_t)((f->say_data_off != 0 ? f->say_data_off : words) << 4);
}

static void
put_icmp(struct writer *w, const struct frame *f)
{
	put_u8(w, f->icmp_type);
	put_u8(w, f->icmp_code);
	put_u16(w, 0);
	put_u16(w, f->icmp_id);
	put_u16(w, f->icmp_seq);
}

/*
 * Write the transport header. Returns the offset of its checksum in it; 0: it has none.
 */
static size_t
put_transport(struct writer *w, const struct frame *f)
{
	bool lite = f->proto == IPPROTO_UDPLITE;

	switch (f->proto) {
	case IPPROTO_TCP:
		put_tcp(w, f);
		return 16;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		put_u16(w, f->sport);
		put_u16(w, f->dport);
		put_u16(w, f->say_l4_len != 0 || f->say_l4_len_zero ? f->say_l4_len
			   : lite                                   ? 0
				  : (uint16_t)(8 + f->payload_len));
		put_u16(w, 0);
		return 6;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		put_icmp(w, f);
		return 2;
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		put_u16(w, f->sport);
		put_u16(w, f->dport);
		put_fill(w, 0, 8);
		return 0;
	default:
		return 0;
	}
}

static void
put_payload(struct writer *w, const struct frame *f)
{
	size_t i;

	if (f->payload != NULL) {
		put(w, f->payload, f->payload_len);
		return;
	}
	for (i = 0; i < f->payload_len && !w->bad; i++)
		put_u8(w, (uint8_t)('a' + i % 26));
}

static void
finish_transport(struct writer *w, const struct frame *f, const struct addresses *a,
		 size_t l4, size_t checksum_off)
{
	size_t len = w->at - l4, covered = len;
	uint32_t sum = (uint32_t)len + f->proto;

	if (w->bad || checksum_off == 0 || f->no_l4_checksum)
		return;
	if (f->proto == IPPROTO_UDPLITE && f->say_l4_len != 0 && f->say_l4_len < len)
		covered = f->say_l4_len;
	if (f->proto == IPPROTO_ICMP) {
		sum = 0;
	} else {
		sum = frame_sum(a->src, a->len, sum);
		sum = frame_sum(a->dst, a->len, sum);
	}
	sum = (uint16_t)~frame_sum(w->buf + l4, covered, sum);
	if (sum == 0 && (f->proto == IPPROTO_UDP || f->proto == IPPROTO_UDPLITE))
		sum = 0xffff;
	set_u16(w, l4 + checksum_off, f->bad_l4_checksum ? spoil(sum) : (uint16_t)sum);
}

static void
finish_ip(struct writer *w, const struct frame *f, size_t l3, size_t addr_len)
{
	uint16_t sum;

	if (w->bad)
		return;
	if (addr_len == 16) {
		if (f->say_ip_len == 0)
			set_u16(w, l3 + 4, (uint16_t)(w->at - l3 - 40));
		return;
	}
	if (f->say_ip_len == 0)
		set_u16(w, l3 + 2, (uint16_t)(w->at - l3));
	sum = (uint16_t)~frame_sum(w->buf + l3, 20 + f->ip_option.len + f->ip_options, 0);
	set_u16(w, l3 + 10, f->bad_ip_checksum ? spoil(sum) : sum);
}

static void
put_ip(struct writer *w, const struct frame *f, const struct addresses *a)
{
	size_t l3 = w->at, l4, checksum_off = 0;

	if (a->len == 4)
		put_ipv4(w, f, a);
	else
		put_ipv6(w, f, a);
	l4 = w->at;
	if (f->frag_off == 0)
		checksum_off = put_transport(w, f);
	put_payload(w, f);
	finish_transport(w, f, a, l4, checksum_off);
	finish_ip(w, f, l3, a->len);
}

size_t
frame_build(const struct frame *f, uint8_t *buf, size_t size)
{
	struct writer w = {.buf = buf, .size = size};
	struct addresses a = {.len = 0};

	if (f->src != NULL && !read_addresses(f, &a))
		return 0;
	put_ethernet(&w, f, a.len);
	if (a.len != 0)
		put_ip(&w, f, &a);
	else
		put_payload(&w, f);
	put_fill(&w, 0xee, f->padding);
	return w.bad ? 0 : w.at;
}

void
frame_mbuf(struct rte_mbuf *m, void *buf, size_t room, size_t len)
{
	memset(m, 0, sizeof(*m));
	m->buf_addr = buf;
	m->buf_len = (uint16_t)room;
	m->data_len = (uint16_t)len;
	m->pkt_len = (uint32_t)len;
	m->nb_segs = 1;
	rte_mbuf_refcnt_set(m, 1);
}

struct rte_mbuf *
frame_mbuf_chain(struct rte_mbuf *seg, unsigned int n, const size_t *cut, void *buf,
		 size_t len)
{
	uint8_t *at = buf;
	size_t left = len;
	unsigned int i;

	for (i = 0; i < n; i++) {
		size_t part = i + 1 < n && cut[i] < left ? cut[i] : left;

		frame_mbuf(&seg[i], at, part, part);
		if (i > 0)
			seg[i - 1].next = &seg[i];
		at += part;
		left -= part;
	}
	seg[0].nb_segs = (uint16_t)n;
	seg[0].pkt_len = (uint32_t)len;
	return &seg[0];
}
