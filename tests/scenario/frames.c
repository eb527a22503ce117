/* SPDX-License-Identifier: BSD-3-Clause */
/* Build the bytes of a step's packet, and of the frames that sluice should send. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "scenario.h"

#define ETHER_BYTES 14u

/* hosts A and B, addresses of RFC 5737 and RFC 3849 */
static const char *const address[2][2] = {
	{"192.0.2.1", "198.51.100.2"},
	{"2001:db8:1::1", "2001:db8:2::2"},
};

/* address of a host that is not part of the connection */
static const char *const other[2] = {"192.0.2.77", "2001:db8:1::77"};

static void
add_segment(struct frame *f, const struct segment_text *g)
{
	f->proto = IPPROTO_TCP;
	f->flags = g->flags;
	f->seq = g->seq;
	f->ack = g->ack;
	f->win = g->win;
	f->opt = g->opt;
	f->opt.raw = (struct frame_bytes){g->raw, g->raw_len};
	f->payload_len = g->len;
}

/*
 * Write a security label: CIPSO (draft, tag 1) with DOI 1, or CALIPSO (RFC 5570) with DOI
 * 1 in hop-by-hop options.
 */
static void
add_seclabel(struct frame *f, unsigned family, uint8_t level, uint8_t bytes[16])
{
	const uint8_t cipso[12] = {134, 10, 0, 0, 0, 1, 1, 4, 0, level, 1, 1};
	const uint8_t calipso[16] = {f->proto, 1,     7, 8, 0, 0, 0, 1,
				     0,        level, 0, 0, 1, 2, 0, 0};

	if (family == 0) {
		memcpy(bytes, cipso, sizeof(cipso));
		f->ip_option = (struct frame_bytes){bytes, sizeof(cipso)};
	} else {
		memcpy(bytes, calipso, sizeof(calipso));
		f->ext = (struct frame_bytes){bytes, sizeof(calipso)};
	}
}

static void
add_words(struct frame *f, const struct frame_words *w)
{
	unsigned i;

	f->bad_l4_checksum = w->bad_checksum;
	f->bad_ip_checksum = w->bad_ip_checksum;
	f->mf = w->mf;
	f->frag_off = w->frag_off;
	f->tags = w->vlans;
	for (i = 0; i < w->vlans; i++)
		f->tag[i] = (struct frame_tag){.tpid = i + 1 < w->vlans ? 0x88a8 : 0x8100,
					       .tci = w->vlan[i]};
	f->say_data_off = w->data_off;
	f->say_ip_len = w->ip_len;
	f->padding = w->padding;
	f->ttl = w->ttl;
	if (w->has_src)
		memcpy(f->src_mac, w->src, sizeof(f->src_mac));
	if (w->has_dst)
		memcpy(f->dst_mac, w->dst, sizeof(f->dst_mac));
}

/* Return a frame with addresses and ports of a side. */
static struct frame
from_side(const struct step *step, unsigned family, unsigned side)
{
	struct frame f = {
		.src = address[family][side],
		.dst = address[family][!side],
		.sport = step->port[side],
		.dport = step->port[!side],
	};

	memcpy(f.src_mac, step->mac[side], sizeof(f.src_mac));
	memcpy(f.dst_mac, step->mac[!side], sizeof(f.dst_mac));
	return f;
}

static void
add_icmp(struct frame *f, const struct step *step, const struct icmp_word *icmp,
	 unsigned family)
{
	f->proto = family == 0 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	f->icmp_type = icmp->type[family];
	f->icmp_code = icmp->code[family];
	f->icmp_id = step->icmp_id;
}

static void
add_packet(struct frame *f, const struct step *step, enum step_kind kind, unsigned family)
{
	f->payload_len = step->segment.len;
	if (kind == STEP_TCP)
		add_segment(f, &step->segment);
	else if (kind == STEP_UDP)
		f->proto = IPPROTO_UDP;
	else
		f->proto = step->proto;
	if (kind == STEP_ICMP)
		add_icmp(f, step,
			 step->icmp_quoted != NULL ? step->icmp_quoted : step->icmp,
			 family);
}

/*
 * Build an ICMP error from step->side that quotes the start of what the other side sent.
 */
static size_t
error_frame(const struct step *step, unsigned family, uint8_t *bytes, size_t size)
{
	struct frame inner = from_side(step, family, !step->side);
	struct frame f = from_side(step, family, step->side);
	const struct frame_words *w = &step->words;
	uint8_t quoted[FRAME_MAX];
	size_t len, max = w->quotes != 0 ? w->quotes : 508;
	unsigned i;

	add_packet(&inner, step, step->quoted, family);
	len = frame_build(&inner, quoted, sizeof(quoted));
	if (len < ETHER_BYTES)
		return 0;
	add_icmp(&f, step, step->icmp, family);
	if (step->misdirected)
		f.dst = other[family];
	f.icmp_id = 0;
	f.icmp_seq = 1400; /* MTU, in errors that contain one */
	f.payload = quoted + ETHER_BYTES;
	f.payload_len = len - ETHER_BYTES;
	if (f.payload_len > max)
		f.payload_len = max;
	for (i = 0; i < w->quoted_byte; i++)
		quoted[ETHER_BYTES + w->quoted_at[i]] = w->quoted_is[i];
	add_words(&f, w);
	return frame_build(&f, bytes, size);
}

static void
set_u16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/*
 * Turn the frame of a datagram, without options, into the frame of one of its fragments.
 */
static size_t
cut_piece(const struct frame_words *w, unsigned family, uint8_t *bytes, size_t len)
{
	uint8_t *ip = bytes + ETHER_BYTES + (size_t)w->vlans * 4,
		*part = ip + (family == 0 ? 20 : 40);
	size_t total = len - (size_t)(part - bytes);
	size_t off = w->piece_off < total ? w->piece_off : total;
	size_t n = w->piece_len < total - off ? w->piece_len : total - off;
	size_t more = off + n < total;

	if (family == 0) {
		memmove(part, part + off, n);
		set_u16(ip + 2, 20 + n);
		set_u16(ip + 4, w->id);
		set_u16(ip + 6, off / 8 | more << 13);
		set_u16(ip + 10, 0);
		set_u16(ip + 10, (uint16_t)~frame_sum(ip, 20, 0));
		return (size_t)(part - bytes) + n;
	}
	memmove(part + 8, part + off, n);
	memset(part, 0, 8);
	part[0] = ip[6];
	set_u16(part + 2, off | more);
	set_u16(part + 6, w->id);
	ip[6] = IPPROTO_FRAGMENT;
	set_u16(ip + 4, 8 + n);
	return (size_t)(part - bytes) + 8 + n;
}

size_t
step_frame(const struct step *step, unsigned family, uint8_t *bytes, size_t size)
{
	struct frame f = from_side(step, family, step->side);
	uint8_t label[16];
	size_t len;

	switch (step->kind) {
	case STEP_RAW:
		memcpy(bytes, step->raw, step->raw_len);
		return step->raw_len;
	case STEP_ICMP_ERROR:
		return error_frame(step, family, bytes, size);
	case STEP_TIME:
		return 0;
	default:
		add_packet(&f, step, step->kind, family);
		break;
	}
	add_words(&f, &step->words);
	if (step->words.label != 0)
		add_seclabel(&f, family, step->words.label, label);
	len = frame_build(&f, bytes, size - 8);
	if (step->words.piece)
		len = cut_piece(&step->words, family, bytes, len);
	return step->words.cut != 0 && step->words.cut < len ? step->words.cut : len;
}

/* two NOPs before the timestamps, as in RFC 7323 appendix A */
static void
add_timestamps(struct frame *f, const struct frame_options *o, uint8_t raw[12])
{
	uint32_t words[3] = {htonl(0x0101080a), htonl(o->tsval), htonl(o->tsecr)};

	memcpy(raw, words, 12);
	f->opt = (struct frame_options){.raw = {raw, o->has_ts ? 12 : 0}};
}

size_t
send_frame(const struct step *step, const struct expect_send *send, unsigned family,
	   uint8_t *bytes, size_t size)
{
	/* largest quote in an ICMP error: RFC 1812 4.3.2.3, RFC 4443 2.4 */
	static const size_t max[2] = {576 - 28, 1280 - 48};
	struct frame f = from_side(step, family, !send->to);
	uint8_t about[FRAME_MAX], raw[12];

	add_segment(&f, &send->segment);
	add_timestamps(&f, &send->segment.opt, raw);
	if (send->icmp != NULL) {
		size_t len = step_frame(step, family, about, sizeof(about));

		if (len < ETHER_BYTES)
			return 0;
		f.proto = family == 0 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
		f.icmp_type = send->icmp->type[family];
		f.icmp_code = send->icmp->code[family];
		f.payload = about + ETHER_BYTES;
		f.payload_len = len - ETHER_BYTES;
		if (f.payload_len > max[family])
			f.payload_len = max[family];
	}
	add_words(&f, &send->words);
	f.df = true;
	return frame_build(&f, bytes, size);
}
