/* SPDX-License-Identifier: BSD-3-Clause */
#include "read.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static uint16_t
get16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static uint32_t
get32(const uint8_t *b)
{
	return (uint32_t)get16(b) << 16 | get16(b + 2);
}

/* Return whether the checksum over pseudo-header and transport segment is right. */
static bool
sum_fits(const uint8_t *addresses, size_t n, uint8_t proto, const uint8_t *l4, size_t len)
{
	uint8_t tail[4] = {(uint8_t)(len >> 8), (uint8_t)len, 0, proto};
	uint32_t sum = frame_sum(addresses, n, 0);

	if (proto == IPPROTO_ICMP)
		return frame_sum(l4, len, 0) == 0xffff;
	sum = frame_sum(tail, sizeof(tail), sum);
	return frame_sum(l4, len, sum) == 0xffff;
}

/* Read the timestamps, the only option that is evaluated. */
static void
read_options(const uint8_t *o, size_t len, struct frame_options *opt)
{
	size_t at = 0;

	while (at < len && o[at] != 0) {
		if (o[at] == 1) {
			at++;
			continue;
		}
		if (at + 1 >= len || o[at + 1] < 2)
			return;
		if (o[at] == 8 && o[at + 1] == 10 && at + 10 <= len) {
			opt->has_ts = true;
			opt->tsval = get32(&o[at + 2]);
			opt->tsecr = get32(&o[at + 6]);
		}
		at += o[at + 1];
	}
}

static const char *
read_tcp(const uint8_t *l4, size_t len, struct read_frame *r)
{
	size_t header;

	if (len < 20)
		return "TCP header too short";
	header = (size_t)(l4[12] >> 4) * 4;
	if (header < 20 || header > len)
		return "TCP data offset wrong";
	r->tcp = true;
	r->port[0] = get16(l4);
	r->port[1] = get16(l4 + 2);
	r->segment.seq = get32(l4 + 4);
	r->segment.ack = get32(l4 + 8);
	r->segment.flags = l4[13];
	r->segment.win = get16(l4 + 14);
	r->segment.len = (uint32_t)(len - header);
	read_options(l4 + 20, header - 20, &r->segment.opt);
	return NULL;
}

const char *
read_sent(const uint8_t *b, size_t len, struct read_frame *r)
{
	size_t at = 14, l4_len, addresses, n;
	uint8_t proto;

	*r = (struct read_frame){0};
	while (len >= at + 4 &&
	       (get16(b + at - 2) == 0x8100 || get16(b + at - 2) == 0x88a8))
		at += 4;
	if (len >= at + 20 && get16(b + at - 2) == 0x0800) {
		if (b[at] != 0x45 || frame_sum(b + at, 20, 0) != 0xffff)
			return "IPv4 header wrong";
		proto = b[at + 9];
		l4_len = (size_t)get16(b + at + 2) - 20;
		addresses = at + 12;
		n = 8;
		at += 20;
	} else if (len >= at + 40 && get16(b + at - 2) == 0x86dd) {
		proto = b[at + 6];
		l4_len = get16(b + at + 4);
		addresses = at + 8;
		n = 32;
		at += 40;
	} else {
		return "not IP";
	}
	if (at + l4_len > len)
		return "IP length past the frame";
	if (!sum_fits(b + addresses, n, proto, b + at, l4_len))
		return "transport checksum wrong";
	if (proto == IPPROTO_TCP)
		return read_tcp(b + at, l4_len, r);
	if ((proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) && l4_len >= 8) {
		r->icmp = true;
		r->icmp_type = b[at];
		r->icmp_code = b[at + 1];
		return NULL;
	}
	return "neither TCP nor ICMP";
}
