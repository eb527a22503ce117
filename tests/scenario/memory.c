/* SPDX-License-Identifier: BSD-3-Clause */
/* A scenario through an engine in memory: step by step, bursts of one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_file.h"
#include "run.h"

#define CONNECTIONS 4096u
#define FRAGMENTS 1000u                              /* of the mbufs there are */
#define DRAIN_NS (30 * 86400 * UINT64_C(1000000000)) /* no time-out is longer */

static int
start(struct run *r, const char *rules_dir)
{
	struct engine_config config = {
		.track = TRACK_CONFIG_DEFAULT,
		.max = CONNECTIONS,
		.max6 = CONNECTIONS,
		.wires = 1,
		.bypass = ENGINE_BYPASS_DEFAULT,
		.verify_checksums = true,
		.fragments = FRAGMENTS,
		.mempool = r->pool,
	};
	size_t bytes;
	unsigned i;
	int status = policy_file(rules_dir, r->s->rules, &r->policy);

	if (status != 0)
		return status;
	for (i = 0; i < r->s->settings; i++)
		scenario_setting(&config, &r->s->setting[i]);
	memset(config.secret, 0x5a, sizeof(config.secret));
	bytes = RTE_ALIGN_CEIL(engine_bytes(&config), (size_t)64);
	r->memory = aligned_alloc(64, bytes);
	if (r->memory == NULL)
		return -ENOMEM;
	memset(r->memory, 0, bytes);
	if (policy_state_create(r->policy, &r->state) != 0)
		return -ENOMEM;
	return engine_init(r->memory, &config, r->policy, r->state, START_NS, &r->engine);
}

/* Take over what the engine sends. */
static int
collect(struct run *r)
{
	struct outcome *o = r->out;
	uint16_t port, i;

	for (port = 0; port < 2; port++) {
		struct engine_tx *tx = engine_tx(r->engine, port);

		for (i = 0; i < tx->count; i++) {
			struct rte_mbuf *m = tx->pkts[i];
			struct sent sent = {.port = (uint8_t)port,
					    .at_ns = r->now_ns,
					    .len = m->pkt_len,
					    .bytes = malloc(m->pkt_len + 1)};
			const void *bytes;

			if (o->sents == r->room) {
				r->room = r->room == 0 ? 256 : 2 * r->room;
				o->sent = realloc(o->sent, r->room * sizeof(*o->sent));
			}
			if (o->sent == NULL || sent.bytes == NULL) {
				free(sent.bytes);
				return -ENOMEM;
			}
			bytes = rte_pktmbuf_read(m, 0, m->pkt_len, sent.bytes);
			if (bytes != sent.bytes)
				memcpy(sent.bytes, bytes, m->pkt_len);
			o->sent[o->sents++] = sent;
		}
		i = tx->count;
		rte_pktmbuf_free_bulk(tx->pkts, i);
		engine_tx_done(r->engine, tx, i, 0);
	}
	return 0;
}

/* Let the timers that are due by a time go off, each at its own. */
static int
advance(struct run *r, uint64_t until_ns)
{
	uint64_t at, earliest = START_NS + r->now_ns, until = START_NS + until_ns;

	while (engine_next_ns(r->engine, &at)) {
		at = RTE_MAX(at, earliest);
		if (at > until)
			break;
		r->now_ns = at - START_NS;
		earliest = (at / TICKS_NS + 1) * TICKS_NS;
		while (engine_expire(r->engine, at, ENGINE_EXPIRE_MAX) ==
		       ENGINE_EXPIRE_MAX) {
			if (collect(r) != 0)
				return -ENOMEM;
		}
		if (collect(r) != 0)
			return -ENOMEM;
	}
	r->now_ns = until_ns;
	return 0;
}

static struct rte_mbuf *
make_mbuf(struct rte_mempool *pool, const uint8_t *bytes, size_t len)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool), *m = head;
	size_t done = 0, n;
	void *room;

	while (m != NULL) {
		n = RTE_MIN(len - done, (size_t)rte_pktmbuf_tailroom(m));
		room = rte_pktmbuf_append(m, (uint16_t)n);
		if (room == NULL || (m != head && rte_pktmbuf_chain(head, m) != 0))
			break;
		memcpy(room, bytes + done, n);
		done += n;
		if (done == len)
			return head;
		m = rte_pktmbuf_alloc(pool);
	}
	rte_pktmbuf_free(head);
	return NULL;
}

static int
run_packet(struct run *r)
{
	const struct step *step = r->step;
	uint8_t bytes[FRAME_MAX];
	size_t len = step_frame(step, r->family, bytes, sizeof(bytes));
	struct engine_record *record = &r->out->record[r->out->records];
	struct rte_mbuf *m = make_mbuf(r->pool, bytes, len);
	unsigned from = r->out->sents;

	if (m == NULL || len == 0) {
		rte_pktmbuf_free(m);
		run_wrong(r, "this frame cannot be built");
		return -EINVAL;
	}
	engine_burst(r->engine, step->side, &m, 1, START_NS + r->now_ns, record);
	r->out->records++;
	if (record->has_conn && record->conn > r->out->conns)
		r->out->conns = record->conn;
	if (collect(r) != 0)
		return -ENOMEM;
	if (record->verdict == VERDICT_HELD) {
		check_hold(r, from);
		return 0;
	}
	if (step->expect.held)
		run_wrong(r, "decided, expected to be held");
	check_record(r, record);
	check_frames(r, from, record->verdict == VERDICT_PASS);
	r->out->sents_of_packets = r->out->sents;
	return 0;
}

static int
run_step(struct run *r)
{
	unsigned from = r->out->sents;
	int status = advance(r, r->step->at_ns);

	if (status != 0)
		return status;
	check_held(r);
	if (r->step->kind == STEP_TIME) {
		check_time(r, from);
		return 0;
	}
	if (r->out->sents != from)
		run_wrong(r,
			  "a timer has sent %u frames before this packet (add a step for "
			  "it)",
			  r->out->sents - from);
	return run_packet(r);
}

/* Time alone has to end every connection, whatever has been. */
static int
drain(struct run *r)
{
	struct engine_view v;
	uint64_t at;
	int status = 0;

	while (status == 0 && engine_next_ns(r->engine, &at) &&
	       r->now_ns < r->s->step[r->s->steps - 1].at_ns + DRAIN_NS)
		status = advance(r, RTE_MAX(at - START_NS, r->now_ns));
	check_held(r);
	if (r->helds != 0)
		run_wrong(r, "%u fragments are held for ever", r->helds);
	if (run_view(r, 0, &v))
		run_wrong(r, "connection %u never ends", v.id);
	r->out->end_ns = r->now_ns;
	return status;
}

int
scenario_run(const struct scenario *s, unsigned family, const char *rules_dir,
	     struct rte_mempool *pool, struct outcome *outcome)
{
	struct run r = {.s = s,
			.step = s->step,
			.family = family,
			.pool = pool,
			.out = outcome};
	unsigned i;
	int status;

	*outcome = (struct outcome){.record = calloc(s->steps, sizeof(*outcome->record))};
	status = outcome->record == NULL ? -ENOMEM : start(&r, rules_dir);
	for (i = 0; i < s->steps && status == 0 && r.wrong < 10; i++) {
		r.step = &s->step[i];
		status = run_step(&r);
	}
	if (status == 0)
		status = drain(&r);
	if (r.engine != NULL && rte_mempool_avail_count(pool) != pool->size)
		run_wrong(&r, "%u mbufs are lost", rte_mempool_in_use_count(pool));
	policy_state_free(r.state);
	policy_free(r.policy);
	free(r.memory);
	return status != 0 ? status : (int)r.wrong;
}

void
outcome_free(struct outcome *o)
{
	unsigned i;

	for (i = 0; i < o->sents; i++)
		free(o->sent[i].bytes);
	free(o->sent);
	free(o->record);
	*o = (struct outcome){0};
}
