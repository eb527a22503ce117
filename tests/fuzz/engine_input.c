/* SPDX-License-Identifier: BSD-3-Clause */
/* Make the frames of engine_fuzz from the bytes of an input. */
#include "engine_fuzz.h"

/* Describe a TCP segment with numbers near those expected next in its flow. */
static void
read_tcp(struct world *w, struct frame *f, uint8_t side, unsigned flow, struct bytes *b)
{
	static const uint8_t kinds[] = {FRAME_ACK,
					FRAME_SYN,
					FRAME_SYN | FRAME_ACK,
					FRAME_ACK | FRAME_PSH,
					FRAME_FIN | FRAME_ACK,
					FRAME_RST,
					FRAME_RST | FRAME_ACK,
					0};
	static const uint32_t off[] = {0, -100u, 1, 70000};
	uint8_t what = bytes_u8(b);
	uint32_t *next = &w->seq[strchr(f->src, ':') != NULL][side][flow];
	uint32_t peer = w->seq[strchr(f->src, ':') != NULL][!side][flow];

	f->proto = IPPROTO_TCP;
	f->flags = kinds[what & 7];
	f->seq = *next + off[what >> 3 & 3];
	f->ack = f->flags & FRAME_ACK ? peer + off[what >> 5 & 3] : 0;
	f->win = what & 0x80 ? 0 : 8000;
	f->payload_len = f->flags & FRAME_PSH ? 40 : 0;
	if (f->seq == *next)
		*next += (uint32_t)f->payload_len +
			 ((f->flags & (FRAME_SYN | FRAME_FIN)) ? 1 : 0);
}

/* Vary options, tags, checksums and fragmentation. */
static void
read_more(struct frame *f, struct bytes *b)
{
	static uint8_t fragment[8];
	uint8_t what = bytes_u8(b), where;

	f->tags = what & 1;
	f->bad_l4_checksum = (what & 6) == 6;
	f->opt.has_ts = (what & 8) != 0;
	f->opt.tsval = what;
	f->ip_options = what & 0x10 && strchr(f->src, ':') == NULL ? 4 : 0;
	if (!(what & 0x20))
		return;
	where = bytes_u8(b);
	f->id = where >> 5;
	f->mf = where & 1;
	f->frag_off = where >> 1 & 15;
	if (strchr(f->src, ':') == NULL)
		return;
	memset(fragment, 0, sizeof(fragment)); /* fragment header, RFC 8200 4.5 */
	fragment[0] = f->proto;
	fragment[3] = (uint8_t)((where >> 1 & 15) << 3 | (where & 1));
	fragment[7] = where >> 5;
	f->ext_next = IPPROTO_FRAGMENT;
	f->ext = (struct frame_bytes){fragment, sizeof(fragment)};
}

static void
put_u16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Turn the frame of a datagram into the frame of one of its fragments. */
static void
cut_piece(struct wire_frame *frame, uint8_t where)
{
	uint8_t *ip = frame->bytes + (frame->bytes[12] == 0x81 ? 18 : 14), *part;
	bool six = ip[0] >> 4 == 6;
	size_t header = six ? 40 : (ip[0] & 15) * 4u, total, off, n;

	part = ip + header;
	if (frame->length < (size_t)(part - frame->bytes))
		return;
	total = frame->length - (size_t)(part - frame->bytes);
	off = RTE_MIN((where >> 3 & 7) * 8u, total);
	n = RTE_MIN((where & 7) * 8u + 8, total - off);
	memmove(part + (six ? 8 : 0), part + off, n);
	if (six) {
		memset(part, 0, 8);
		part[0] = ip[6];
		put_u16(part + 2, off | (off + n < total));
		part[7] = where >> 6;
		ip[6] = IPPROTO_FRAGMENT;
		n += 8;
		put_u16(ip + 4, n);
	} else {
		put_u16(ip + 2, header + n);
		put_u16(ip + 4, where >> 6);
		put_u16(ip + 6, off / 8 | (size_t)(off + n < total) << 13);
		put_u16(ip + 10, 0);
		put_u16(ip + 10, (uint16_t)~frame_sum(ip, header, 0));
	}
	frame->length = (size_t)(part - frame->bytes) + n;
}

/*
 * Vary the frame after its checksums are set: change a byte, cut the end, split it into
 * two mbufs.
 */
static void
spoil(struct wire_frame *frame, uint8_t how, struct bytes *b)
{
	uint8_t at;

	if (how & 1) {
		at = bytes_u8(b);
		if (at < frame->length)
			frame->bytes[at] ^= bytes_u8(b);
	}
	if (how & 2)
		frame->cut = bytes_u8(b);
	if ((how & 4) && frame->length > 0)
		frame->length -= bytes_u8(b) % frame->length;
}

void
read_frame(struct world *w, struct wire_frame *frame, uint8_t side, struct bytes *b)
{
	static const char *const hosts[2][2] = {{"10.0.0.1", "192.0.2.1"},
						{"2001:db8::1", "2001:db8:1::1"}};
	static const uint16_t sports[2] = {40000, 80};
	uint8_t first = bytes_u8(b), second = bytes_u8(b);
	unsigned flow = first & (FLOWS - 1), six = second & 1;
	const struct wire_frame *about = &w->last[!side];
	bool piece = second & 0x20;
	struct frame f = {
		.src = hosts[six][side],
		.dst = hosts[six][!side],
		.sport = (uint16_t)(sports[side] + flow),
		.dport = (uint16_t)(sports[!side] + flow),
		.payload_len = 24,
	};

	if (piece && (second & 0x40) && w->whole[side].length != 0) {
		*frame = w->whole[side];
		cut_piece(frame, first);
		return;
	}
	switch (first >> 3 & 7) {
	case 4:
		f.proto = IPPROTO_UDP;
		break;
	case 5:
		f.proto = six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
		f.icmp_type = (uint8_t)(six ? 128 + side : side ? 0 : 8);
		f.icmp_id = (uint16_t)flow;
		break;
	case 6: /* an error about the last frame of the other side */
		f.proto = six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
		f.icmp_type = (uint8_t)(six ? 1 : 3);
		f.icmp_code = 1;
		f.payload = about->bytes + 14;
		f.payload_len = about->length > 14 ? RTE_MIN(about->length - 14, 80) : 0;
		break;
	case 7:
		f.proto = bytes_u8(b);
		break;
	default:
		read_tcp(w, &f, side, flow, b);
		break;
	}
	if (second & 2)
		read_more(&f, b);
	frame->cut = 0;
	frame->length = frame_build(&f, frame->bytes, sizeof(frame->bytes) - 8);
	if (piece && frame->length > 0) {
		w->whole[side] = *frame;
		cut_piece(frame, bytes_u8(b));
	}
	spoil(frame, second >> 2, b);
	w->last[side] = *frame;
}

void
read_raw(struct wire_frame *frame, struct bytes *b)
{
	size_t i;

	frame->length = bytes_u8(b);
	frame->cut = 0;
	for (i = 0; i < frame->length; i++)
		frame->bytes[i] = bytes_u8(b);
}
