/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks after each burst: both engines have the same verdicts and output, and the
 * counters add up.
 */
#include "engine_fuzz.h"

struct rte_mempool *pool;
struct engine_record record[2][RECORDS];

static uint64_t
sum(const uint64_t *counts, size_t n)
{
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < n; i++)
		total += counts[i];
	return total;
}

static unsigned
listed(const struct engine *e, uint64_t now_ns)
{
	struct conn_view views[4];
	uint64_t cursor = 0;
	unsigned count = 0;

	while (cursor != ENGINE_CURSOR_END)
		count += engine_list(e, now_ns, &cursor, views, RTE_DIM(views));
	return count;
}

/*
 * Check that both engines have the same verdict for each frame. Returns the number of
 * held fragments.
 */
static unsigned
check_records(struct world *w)
{
	unsigned i, held = 0;

	for (i = w->open; i < w->records; i++) {
		const struct engine_record *a = &record[0][i], *b = &record[1][i];

		require(a->verdict == b->verdict && a->reason == b->reason &&
			a->action == b->action && a->held == b->held &&
			a->has_conn == b->has_conn && a->conn == b->conn &&
			a->state[0] == b->state[0] && a->state[1] == b->state[1]);
		require((a->verdict == VERDICT_DROP) == (a->reason != REASON_NONE));
		require(a->held || a->verdict != VERDICT_HELD);
		held += a->verdict == VERDICT_HELD;
		if (held == 0)
			w->open = i + 1;
	}
	return held;
}

void
check_stats(struct world *w)
{
	unsigned held = check_records(w), k;
	struct engine_stats s[2];

	for (k = 0; k < 2; k++)
		engine_stats(w->e[k], &s[k]);
	require(memcmp(&s[0], &s[1], sizeof(s[0])) == 0);
	require(s[0].packets ==
		s[0].passed + sum(s[0].drops, REASON_COUNT) + s[0].fragments);
	require(s[0].fragments == held && held <= FRAGMENTS);
	require(rte_mempool_in_use_count(pool) <= 2 * (held == 0 ? 0 : FRAGMENTS));
	require(s[0].drops[REASON_NONE] == 0 && s[0].drops[REASON_TX_FULL] == 0);
	require(s[0].bypassed <= s[0].passed && s[0].evicted <= s[0].removed);
	require(w->left == s[0].passed + sum(s[0].generated, RTE_DIM(s[0].generated)));
	require(s[0].connections <= CONNECTIONS && s[0].connections6 <= CONNECTIONS6);
	require(s[0].created - s[0].removed == s[0].connections + s[0].connections6);
	require(listed(w->e[0], w->now_ns) == s[0].connections + s[0].connections6);
	lie(s[0].evicted == 0 || s[0].reassembled == 0);
}

static bool
is_same_from(const struct rte_mbuf *a, uint32_t from_a, const struct rte_mbuf *b,
	     uint32_t from_b)
{
	uint8_t room[2][RTE_MBUF_DEFAULT_BUF_SIZE];
	uint32_t length = a->pkt_len - from_a;

	return length == b->pkt_len - from_b && length <= sizeof(room[0]) &&
	       memcmp(rte_pktmbuf_read(a, from_a, length, room[0]),
		      rte_pktmbuf_read(b, from_b, length, room[1]), length) == 0;
}

void
check_same(const struct rte_mbuf *a, const struct rte_mbuf *b)
{
	const uint32_t flags = PACKET_PPPOE;
	struct packet p, q;

	if (is_same_from(a, 0, b, 0))
		return;
	packet_parse_any(a, 0, flow_network(0, 0, 0), flags, &p);
	packet_parse_any(b, 0, flow_network(0, 0, 0), flags, &q);
	require(p.kind == PACKET_TCP && q.kind == PACKET_TCP && p.seg.len == 0);
	require(is_same_from(a, p.l3_off, b, q.l3_off));
}
