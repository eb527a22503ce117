/* SPDX-License-Identifier: BSD-3-Clause */
/* Run a scenario through an engine in memory, step by step, one packet a burst. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_file.h"
#include "run.h"

#define CONNECTIONS 4096u
#define FRAGMENTS 1000u                              /* mbufs that may hold fragments */
#define DRAIN_NS (30 * 86400 * UINT64_C(1000000000)) /* longer than any timeout */

struct engine_config
scenario_config(struct rte_mempool *pool)
{
	return (struct engine_config){
		.track = TRACK_CONFIG_DEFAULT,
		.max = CONNECTIONS,
		.max6 = CONNECTIONS,
		.wires = 1,
		.bypass = ENGINE_BYPASS_DEFAULT,
		.verify_checksums = true,
		.fragments = FRAGMENTS,
		.mempool = pool,
	};
}

/* The memory of the engine, zeroed; NULL: there is none. */
static void *
memory_for(struct run *r, struct engine_config *config)
{
	size_t bytes = RTE_ALIGN_CEIL(engine_bytes(config), (size_t)64);

	if (r->front != NULL)
		return front_begin(r->front, config);
	r->memory = aligned_alloc(64, bytes);
	return r->memory != NULL ? memset(r->memory, 0, bytes) : NULL;
}

static int
start(struct run *r, const char *rules_dir)
{
	struct engine_config config = scenario_config(r->pool);
	void *memory;
	unsigned i;
	int status = policy_file(rules_dir, r->s->rules, &r->policy);

	if (status != 0)
		return status;
	for (i = 0; i < r->s->settings; i++)
		scenario_setting(&config, &r->s->setting[i]);
	engine_config_rules(&config, r->policy);
	memset(config.secret, 0x5a, sizeof(config.secret));
	r->network = engine_network(&config, 0);
	memory = memory_for(r, &config);
	if (memory == NULL)
		return -ENOMEM;
	if (policy_state_create(r->policy, &r->state) != 0)
		return -ENOMEM;
	return engine_init(memory, &config, r->policy, r->state, START_NS, &r->engine);
}

/* Append a frame to those that have left. */
static int
add_sent(struct outcome *o, unsigned *room, const struct sent *sent)
{
	if (o->sents == *room) {
		*room = *room == 0 ? 256 : 2 * *room;
		o->sent = realloc(o->sent, *room * sizeof(*o->sent));
	}
	if (o->sent == NULL || sent->bytes == NULL) {
		free(sent->bytes);
		return -ENOMEM;
	}
	o->sent[o->sents++] = *sent;
	return 0;
}

/* Copy the frames that the engine sends. */
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
			const void *bytes = NULL;

			if (sent.bytes != NULL)
				bytes = rte_pktmbuf_read(m, 0, m->pkt_len, sent.bytes);
			if (bytes != NULL && bytes != sent.bytes)
				memcpy(sent.bytes, bytes, m->pkt_len);
			if (add_sent(o, &r->room, &sent) != 0)
				return -ENOMEM;
		}
		i = tx->count;
		rte_pktmbuf_free_bulk(tx->pkts, i);
		engine_tx_done(r->engine, tx, i, 0);
	}
	return 0;
}

/* Run all timers that are due by a time, each at its own time. */
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

/* The record of a packet that a program has passed, as the engine would fill it. */
static void
fill_record(struct run *r, const struct rte_mbuf *m, struct engine_record *record)
{
	uint64_t cursor = 0;
	struct conn_view v;
	struct packet p;

	packet_parse(m, r->step->side, r->network, 0, &p);
	*record = (struct engine_record){.verdict = VERDICT_PASS};
	while (cursor != ENGINE_CURSOR_END) {
		if (engine_list(r->engine, START_NS + r->now_ns, &cursor, &v, 1) == 0 ||
		    !flow_key6_equal(&v.key, &p.key))
			continue;
		record->has_conn = true;
		record->conn = v.id;
		record->orig = v.orig;
		record->has_states = v.has_states;
		memcpy(record->state, v.state, sizeof(record->state));
		record->rule = v.rule;
	}
}

/* Let a program decide. Returns whether it has passed the packet, which has then left. */
static bool
run_front(struct run *r, const struct rte_mbuf *m, const uint8_t *bytes, size_t len,
	  struct engine_record *record)
{
	struct sent sent = {.port = !r->step->side,
			    .at_ns = r->now_ns,
			    .len = len,
			    .bytes = malloc(len + 1)};

	if (sent.bytes == NULL || r->front == NULL ||
	    !front_takes(r->front, r->step->side, bytes, len, START_NS + r->now_ns)) {
		free(sent.bytes);
		return false;
	}
	memcpy(sent.bytes, bytes, len);
	fill_record(r, m, record);
	return add_sent(r->out, &r->room, &sent) == 0;
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
	if (run_front(r, m, bytes, len, record))
		rte_pktmbuf_free(m);
	else
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

/* After the last step let time pass, and check that timers remove all connections. */
static int
drain(struct run *r)
{
	struct conn_view v;
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
	     struct rte_mempool *pool, struct front *front, struct outcome *outcome)
{
	struct run r = {.s = s,
			.step = s->step,
			.family = family,
			.pool = pool,
			.front = front,
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

static bool
same_record(const struct engine_record *a, const struct engine_record *b)
{
	return a->verdict == b->verdict && a->reason == b->reason &&
	       a->action == b->action && a->held == b->held &&
	       a->has_conn == b->has_conn && a->conn == b->conn && a->orig == b->orig &&
	       a->has_states == b->has_states && a->state[0] == b->state[0] &&
	       a->state[1] == b->state[1] && a->rule == b->rule;
}

static bool
same_sent(const struct sent *a, const struct sent *b)
{
	return a->port == b->port && a->at_ns == b->at_ns && a->len == b->len &&
	       memcmp(a->bytes, b->bytes, a->len) == 0;
}

int
outcome_compare(const struct scenario *s, const struct outcome *a,
		const struct outcome *b)
{
	int wrong = 0;
	unsigned i;

	if (a->records != b->records || a->sents != b->sents || a->conns != b->conns ||
	    a->end_ns != b->end_ns) {
		printf("# %s: %u packets, %u frames sent, %u connections; "
		       "or %u, %u, %u\n",
		       s->file, a->records, a->sents, a->conns, b->records, b->sents,
		       b->conns);
		return 1;
	}
	for (i = 0; i < a->records; i++)
		if (!same_record(&a->record[i], &b->record[i])) {
			printf("# %s: packet %u has another record\n", s->file, i + 1);
			wrong++;
		}
	for (i = 0; i < a->sents; i++)
		if (!same_sent(&a->sent[i], &b->sent[i])) {
			printf("# %s: frame %u that was sent differs\n", s->file, i + 1);
			wrong++;
		}
	return wrong;
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
