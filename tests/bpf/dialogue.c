/* SPDX-License-Identifier: BSD-3-Clause */
#include "dialogue.h"

#define FIRST_PORT 1024u
#define LAN_MAC 0x0a
#define WAN_MAC 0x0b

bool
dialogue_is_udp(const struct dialogue *d)
{
	return d->number % 4 == 3;
}

/* Frame of the connection from the side of port, with TCP or UDP. */
static struct frame
frame_of(const struct dialogue *d, uint16_t port)
{
	const uint16_t sport = (uint16_t)(FIRST_PORT + d->number);
	const unsigned kind = d->number / 4 % 6;
	struct frame frame = dialogue_is_udp(d) ? datagram(port, sport, 53000)
						: segment(port, FRAME_ACK, 0, 0);

	if (!dialogue_is_udp(d)) {
		frame.sport = port == LAN ? sport : 80;
		frame.dport = port == LAN ? 80 : sport;
	}
	frame.src_mac[5] = port == LAN ? LAN_MAC : WAN_MAC;
	frame.dst_mac[5] = port == LAN ? WAN_MAC : LAN_MAC;
	if (kind % 2 == 1) {
		frame.src = port == LAN ? HOST6 : SERVER6;
		frame.dst = port == LAN ? SERVER6 : HOST6;
	}
	frame.tags = (uint8_t)(kind / 2);
	frame.tag[0] = (struct frame_tag){kind / 2 == 2 ? 0x88a8 : 0x8100, 0x2005};
	frame.tag[1] = (struct frame_tag){0x8100, 7};
	return frame;
}

struct frame
dialogue_next(const struct dialogue *d, uint16_t port, uint8_t flags)
{
	struct frame frame = frame_of(d, port);

	if (dialogue_is_udp(d))
		return frame;
	frame.flags = flags;
	frame.seq = d->next[port];
	frame.ack = flags & FRAME_ACK ? d->next[!port] : 0;
	frame.opt.has_ts = d->ts;
	frame.opt.tsval = d->ts_now[port];
	frame.opt.tsecr = d->ts_now[!port];
	return frame;
}

static bool
one_in(uint64_t *random, unsigned n)
{
	return n != 0 && pick(random, n) == 0;
}

/* Make the segment one that may be out of order, out of the window, or of no use. */
static void
disorder(struct dialogue *d, uint16_t port, struct frame *frame, uint64_t *random)
{
	frame->win = one_in(random, 40) ? 0 : 65000;
	frame->opt.has_ts = d->ts ? !one_in(random, 50) : one_in(random, 50);
	frame->opt.tsval = d->ts_now[port] += pick(random, 3);
	if (one_in(random, 10))
		frame->opt.tsecr -= pick(random, 5);
	if (one_in(random, 5))
		frame->seq += pick(random, 4) * 100 - 150;
	if (one_in(random, 5))
		frame->ack += pick(random, 4) * 100 - 250;
	if (one_in(random, 60))
		frame->seq += pick(random, UINT32_MAX);
}

struct frame
dialogue_any(struct dialogue *d, uint16_t port, const struct dialogue_odds *odds,
	     uint64_t *random)
{
	static const uint8_t flags[] = {FRAME_SYN, FRAME_RST, FRAME_FIN | FRAME_ACK,
					FRAME_RST | FRAME_ACK, FRAME_SYN | FRAME_ACK};
	struct frame frame = dialogue_next(d, port, FRAME_ACK);

	if (!dialogue_is_udp(d))
		disorder(d, port, &frame, random);
	frame.payload_len = pick(random, 3) * 100 + pick(random, 4);
	if (one_in(random, odds->close))
		frame.flags = flags[pick(random, RTE_DIM(flags))];
	if (one_in(random, 200) && frame.src[0] != '2')
		frame.ip_options = 4;
	if (one_in(random, 100))
		frame.padding = 20;
	if (one_in(random, 300))
		frame.df = true;
	frame.bad_l4_checksum = one_in(random, odds->bad_sum);
	frame.bad_ip_checksum = one_in(random, odds->bad_sum);
	frame.no_l4_checksum = dialogue_is_udp(d) && one_in(random, 20);
	if (one_in(random, odds->new_link))
		frame.src_mac[4] = (uint8_t)pick(random, 4);
	return frame;
}

static void
pass_one(struct fixture *f, uint16_t port, const struct frame *frame)
{
	assert_passed(inject(f, port, frame));
}

void
dialogue_open(struct dialogue *d, struct fixture *f)
{
	struct frame frame;

	d->next[LAN] = 1000;
	d->next[WAN] = 5000;
	frame = dialogue_next(d, LAN, FRAME_SYN);
	pass_one(f, LAN, &frame);
	d->next[LAN]++;
	frame = dialogue_next(d, WAN, FRAME_SYN | FRAME_ACK);
	pass_one(f, WAN, &frame);
	d->next[WAN]++;
	frame = dialogue_next(d, LAN, FRAME_ACK);
	pass_one(f, LAN, &frame);
}
