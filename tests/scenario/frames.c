/* SPDX-License-Identifier: BSD-3-Clause */
/* The bytes of a step's packet. */
#include <netinet/in.h>
#include <string.h>

#include "scenario.h"

#define ETHER_BYTES 14u

/* RFC 5737, RFC 3849: A, B */
static const char *const address[2][2] = {
	{"192.0.2.1", "198.51.100.2"},
	{"2001:db8:1::1", "2001:db8:2::2"},
};

static const uint8_t mac[2][6] = {{2, 0, 0, 0, 0, 0xa}, {2, 0, 0, 0, 0, 0xb}};

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
}

/* From a side, addresses and ports. */
static struct frame
from_side(const struct step *step, unsigned family, unsigned side)
{
	struct frame f = {
		.src = address[family][side],
		.dst = address[family][!side],
		.sport = step->port[side],
		.dport = step->port[!side],
	};

	memcpy(f.src_mac, mac[side], sizeof(f.src_mac));
	memcpy(f.dst_mac, mac[!side], sizeof(f.dst_mac));
	return f;
}

/* An ICMP error from step->side quotes the start of what the other side sent. */
static size_t
error_frame(const struct step *step, unsigned family, uint8_t *bytes, size_t size)
{
	struct frame inner = from_side(step, family, !step->side);
	struct frame f = from_side(step, family, step->side);
	uint8_t quoted[FRAME_MAX];
	size_t len;

	add_segment(&inner, &step->segment);
	len = frame_build(&inner, quoted, sizeof(quoted));
	if (len < ETHER_BYTES)
		return 0;
	f.proto = family == 0 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	f.icmp_type = step->icmp->type[family];
	f.icmp_code = step->icmp->code[family];
	f.icmp_seq = 1400; /* the MTU, where one belongs */
	f.payload = quoted + ETHER_BYTES;
	f.payload_len = len - ETHER_BYTES;
	if (f.payload_len > 508)
		f.payload_len = 508;
	add_words(&f, &step->words);
	return frame_build(&f, bytes, size);
}

size_t
step_frame(const struct step *step, unsigned family, uint8_t *bytes, size_t size)
{
	struct frame f = from_side(step, family, step->side);
	size_t len;

	switch (step->kind) {
	case STEP_RAW:
		memcpy(bytes, step->raw, step->raw_len);
		return step->raw_len;
	case STEP_ICMP_ERROR:
		return error_frame(step, family, bytes, size);
	case STEP_TCP:
		add_segment(&f, &step->segment);
		break;
	case STEP_UDP:
		f.proto = IPPROTO_UDP;
		f.payload_len = step->segment.len;
		break;
	case STEP_ICMP:
		f.proto = family == 0 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
		f.icmp_type = step->icmp->type[family];
		f.icmp_code = step->icmp->code[family];
		f.icmp_id = step->icmp_id;
		f.payload_len = step->segment.len;
		break;
	case STEP_OTHER:
		f.proto = step->proto;
		f.payload_len = step->segment.len;
		break;
	case STEP_TIME:
		return 0;
	}
	add_words(&f, &step->words);
	len = frame_build(&f, bytes, size);
	return step->words.cut != 0 && step->words.cut < len ? step->words.cut : len;
}
