/* SPDX-License-Identifier: BSD-3-Clause */
#include "faults.h"

#include <string.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "hash.h"

/* least number of wrong checksums in the sample to assume offloading */
#define BAD_MIN 10u
#define BAD_PERCENT 90u /* least percentage of wrong checksums among a side's packets */
#define HASHED_BYTES 192u
#define IPV4_TTL 8u
#define IPV4_CHECKSUM 10u
#define IPV6_HOP_LIMIT 7u

void
checksums_choose(struct checksums *cs, struct capture *captures, unsigned n,
		 struct sides *sides)
{
	struct conversations seen;
	struct conversation *c;
	struct frame fr;
	unsigned i, sender, side;
	enum frame_sum sum;
	bool is_new;
	uint32_t j;

	if (conversations_init(&seen) != 0)
		return;
	for (i = 0; i < n; i++) {
		for (j = 0; j < captures[i].sample.count; j++) {
			capture_sampled(&captures[i], j, &fr);
			c = conversation_of(&seen, &fr.p, &sender, &is_new);
			side = captures[i].name != NULL
				       ? captures[i].port & 1u
				       : sides_of(sides, &captures[i], &fr, c, sender);
			sum = frame_checksum(&fr);
			cs->judged[side] += sum != FRAME_SUM_NONE;
			cs->wrong[side] += sum == FRAME_SUM_PSEUDO ||
					   sum == FRAME_SUM_WRONG;
		}
	}
	conversations_free(&seen);
	for (side = 0; side < 2; side++)
		cs->off[side] = cs->wrong[side] >= BAD_MIN &&
				cs->wrong[side] * 100 >= cs->judged[side] * BAD_PERCENT;
}

/*
 * Return whether the IPv4 header checksum is 0: the sender left it to its network card.
 */
static bool
ip_checksum_missing(const struct frame *fr)
{
	uint8_t sum[2];

	return fr->p.ether_type == RTE_ETHER_TYPE_IPV4 &&
	       frame_read(fr, fr->p.l3_off + IPV4_CHECKSUM, sizeof(sum), sum) &&
	       sum[0] == 0 && sum[1] == 0;
}

bool
checksums_set(struct checksums *cs, const struct frame *fr, unsigned side,
	      struct rte_mbuf *m)
{
	const uint64_t good = RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	enum frame_sum sum;
	bool offloaded = false;

	if (fr->captured < fr->length) /* the packet is truncated */
		m->ol_flags |= good;
	if (cs->verify == FAULTS_NO)
		m->ol_flags |= good | RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	if (cs->verify != FAULTS_AUTO)
		return false;
	if (fr->no_length || ip_checksum_missing(fr)) {
		m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
		offloaded = true;
	}
	sum = frame_checksum(fr);
	if (sum == FRAME_SUM_PSEUDO || (sum == FRAME_SUM_WRONG && cs->off[side]) ||
	    fr->no_length) {
		m->ol_flags |= good;
		offloaded = true;
		/* the checksum is right: the engine need not verify it again */
	} else if (sum == FRAME_SUM_RIGHT) {
		m->ol_flags |= good;
	}
	cs->offloaded += offloaded;
	return offloaded;
}

bool
duplicates_check(struct duplicates *d, const struct frame *fr, uint64_t ns)
{
	const struct packet *p = &fr->p;
	uint8_t bytes[HASHED_BYTES];
	uint32_t n = RTE_MIN(fr->captured - p->l3_off, HASHED_BYTES);
	uint64_t hash;
	unsigned i;

	if (p->family == 0 || p->kind == PACKET_BAD || p->kind == PACKET_ND ||
	    fr->captured <= p->l3_off || !frame_read(fr, p->l3_off, n, bytes) || n < 20)
		return false;
	if (p->family == 4) {
		bytes[IPV4_TTL] = 0;
		memset(bytes + IPV4_CHECKSUM, 0, 2);
	} else {
		bytes[IPV6_HOP_LIMIT] = 0;
	}
	hash = XXH3_64bits(bytes, n) + p->ip_len;
	for (i = 0; i < DUPLICATES_RING; i++) {
		if (d->ring[i].hash == hash && ns - d->ring[i].ns <= DUPLICATES_NS) {
			d->found++;
			return true;
		}
	}
	d->ring[d->next++ % DUPLICATES_RING] = (struct duplicates_packet){hash, ns};
	return false;
}

/* Times of the segments of one TCP handshake in two captures. */
struct handshake {
	uint64_t syn, synack, ack; /* times in ns; 0: not seen */
	uint32_t synack_seq;
	uint8_t from; /* index of the capture that contains the SYN */
	uint8_t to;   /* index of the capture that contains the SYN+ACK */
};

#define HANDSHAKES 4096u

/*
 * Collect a frame of the sample of capture i. The first pass over the samples collects
 * SYNs, the second one SYN+ACKs and ACKs.
 */
static void
handshake_frame(struct handshake *h, const struct frame *fr, unsigned i, bool first_pass)
{
	const struct tcp_segment *seg = &fr->p.seg;
	unsigned flags = seg->flags & (TCP_SYN | TCP_ACK | TCP_RST);

	if (first_pass && flags == TCP_SYN && h->syn == 0) {
		h->syn = fr->f.ns;
		h->from = (uint8_t)i;
	} else if (first_pass && flags == (TCP_SYN | TCP_ACK) && h->synack == 0) {
		h->synack = fr->f.ns;
		h->synack_seq = seg->seq;
		h->to = (uint8_t)i;
	} else if (!first_pass && flags == TCP_ACK && h->ack == 0 && h->from == i &&
		   seg->ack == h->synack_seq + 1) {
		h->ack = fr->f.ns;
	}
}

static void
collect_handshakes(struct handshake *all, struct capture *captures)
{
	struct conversations seen;
	struct conversation *c;
	struct frame fr;
	unsigned pass, i, sender;
	uint32_t j, used = 0;
	bool is_new;

	if (conversations_init(&seen) != 0)
		return;
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < 2; i++) {
			for (j = 0; j < captures[i].sample.count; j++) {
				capture_sampled(&captures[i], j, &fr);
				if (fr.p.kind != PACKET_TCP)
					continue;
				c = conversation_of(&seen, &fr.p, &sender, &is_new);
				if (c == NULL || (is_new && used == HANDSHAKES))
					continue;
				if (is_new)
					c->a.number = ++used;
				if (c->a.number != 0)
					handshake_frame(&all[c->a.number - 1], &fr, i,
							pass == 0);
			}
		}
	}
	conversations_free(&seen);
}

bool
clocks_differ(struct capture *captures, unsigned n, int64_t *offset_ns)
{
	static struct handshake all[HANDSHAKES];
	int64_t low = INT64_MIN, high = INT64_MAX, from, to;
	unsigned i;

	if (n != 2 || captures[0].offset_ns != 0 || captures[1].offset_ns != 0)
		return false;
	memset(all, 0, sizeof(all));
	collect_handshakes(all, captures);
	for (i = 0; i < HANDSHAKES; i++) {
		const struct handshake *h = &all[i];

		if (h->syn == 0 || h->synack == 0 || h->ack == 0 || h->from == h->to)
			continue;
		/* the time of the SYN+ACK must be between those of SYN and ACK */
		from = (int64_t)(h->syn - h->synack);
		to = (int64_t)(h->ack - h->synack);
		low = RTE_MAX(low, h->from == 0 ? from : -to);
		high = RTE_MIN(high, h->from == 0 ? to : -from);
	}
	if (low == INT64_MIN || low > high || (low <= 0 && high >= 0))
		return false;
	*offset_ns = low + (high - low) / 2;
	return true;
}
