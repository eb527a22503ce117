/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scenario through an engine in memory: step by step, bursts of one, every expectation
 * checked, and two things that no scenario has to say: a packet that passes leaves the other
 * port as it came in, one that is dropped does not; and nothing else is sent but what the
 * action says.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <base/ticks.h>

#include "policy_file.h"
#include "read.h"
#include "scenario.h"

/* The ticks wrap five seconds after the start. */
#define START_NS ((UINT64_C(0x100000000) - 5000u) * TICKS_NS)
#define CONNECTIONS 4096u
#define DRAIN_NS (30 * 86400 * UINT64_C(1000000000)) /* no time-out is longer */
#define FRAMES_MAX 64u                               /* sent in one step */

struct run {
	const struct scenario *s;
	const struct step *step;
	unsigned family;
	struct rte_mempool *pool;
	struct engine *engine;
	void *memory;
	struct policy *policy;
	struct outcome *out;
	unsigned room;   /* of out->sent */
	uint64_t now_ns; /* since the start */
	unsigned wrong;
};

static void __attribute__((format(printf, 2, 3)))
wrong(struct run *r, const char *format, ...)
{
	va_list args;

	printf("# %s:%u: ", r->s->file, r->step->line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n#     %s\n", r->s->text[r->step->line - 1]);
	r->wrong++;
}

bool
scenario_setting(struct engine_config *config, const struct setting *s)
{
	char *end;
	unsigned long n = strtoul(s->value, &end, 10);
	bool is_number = end != s->value && *end == '\0';
	bool is_true = strcmp(s->value, "true") == 0;
	bool is_bool = is_true || strcmp(s->value, "false") == 0;

#define TIMEOUT(key, value, least, most, text)                                           \
	if (strcmp(s->name, #key) == 0 && is_number && n >= (least) && n <= (most)) {    \
		config->track.key = (uint32_t)n * TICKS_PER_S;                           \
		return true;                                                             \
	}
	TRACK_TIMEOUTS(TIMEOUT)
#undef TIMEOUT
	if (strcmp(s->name, "tcp_unknown") == 0 && strcmp(s->value, "reset") == 0)
		return config->track.tcp_unknown_reset = true;
	if (strcmp(s->name, "tcp_unsynchronized") == 0 && strcmp(s->value, "reset") == 0)
		return config->track.tcp_unsynchronized_reset = true;
	if (strcmp(s->name, "ip_security") == 0 && strcmp(s->value, "match") == 0)
		return config->track.ip_security_match = true;
	if (strcmp(s->name, "enforce") == 0 && strcmp(s->value, "ruleset") == 0)
		return config->enforce_ruleset = true;
#define SWITCH(key, value, text)                                                         \
	if (strcmp(s->name, #key) == 0 && is_bool) {                                     \
		config->track.key = is_true;                                             \
		return true;                                                             \
	}
	TRACK_SWITCHES(SWITCH)
#undef SWITCH
	return false;
}

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
	return engine_init(r->memory, &config, r->policy, NULL, START_NS, &r->engine);
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
		engine_tx_done(r->engine, tx, i);
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

/* "S 0(0) ack 1 win 8": absolute numbers, since it stands in a message. */
static void
print_segment(const struct segment_text *g, char *text, size_t size)
{
	char letters[10];

	snprintf(text, size, "%s =%" PRIu32 "(%" PRIu32 ") ack =%" PRIu32 " win %u%s",
		 segment_flags(g->flags, letters), g->seq, g->len, g->ack, g->win,
		 g->opt.has_ts ? " <ts>" : "");
}

static bool
segment_fits(const struct segment_text *e, const struct segment_text *g)
{
	return e->seq == g->seq && e->ack == g->ack && e->len == g->len &&
	       e->flags == g->flags && (!e->has_win || e->win == g->win) &&
	       e->opt.has_ts == g->opt.has_ts &&
	       (!e->opt.has_ts ||
		(e->opt.tsval == g->opt.tsval && e->opt.tsecr == g->opt.tsecr));
}

/* One frame of ours; e: NULL when only its soundness is to be checked. */
static void
check_made(struct run *r, const struct sent *sent, const struct expect_send *e)
{
	struct read_frame f;
	const char *fault = read_sent(sent->bytes, sent->len, &f);
	unsigned to = sent->port;
	char got[96], expected[96];

	if (fault != NULL) {
		wrong(r, "the frame that we send is wrong: %s", fault);
		return;
	}
	if (e == NULL)
		return;
	if (f.tcp && (f.port[0] != r->step->port[!to] || f.port[1] != r->step->port[to]))
		wrong(r, "what we send has the ports %u to %u", f.port[0], f.port[1]);
	if (to != e->to)
		wrong(r, "sent to %c, expected to %c", "AB"[to], "AB"[e->to]);
	if (e->icmp != NULL) {
		if (!f.icmp || f.icmp_type != e->icmp->type[r->family] ||
		    f.icmp_code != e->icmp->code[r->family])
			wrong(r, "sent %s of type %u, code %u, expected icmp %s",
			      f.icmp ? "icmp" : "tcp", f.icmp_type, f.icmp_code,
			      e->icmp->word);
	} else if (!f.tcp || !segment_fits(&e->segment, &f.segment)) {
		print_segment(&f.segment, got, sizeof(got));
		print_segment(&e->segment, expected, sizeof(expected));
		wrong(r, "sent %s, expected %s", f.tcp ? got : "no TCP segment",
		      expected);
	}
}

/*
 * The frames that we made, against the `sends` of the step. With none written, a packet's
 * action alone says what may be sent: at most, since a rate may keep it back, one frame; and
 * time may send nothing.
 */
static void
check_sends(struct run *r, const struct sent *const *made, unsigned n)
{
	const struct expect *e = &r->step->expect;
	unsigned i;

	if (e->sends != 0 || r->step->kind == STEP_TIME) {
		if (n != e->sends && !e->any)
			wrong(r, "%u frames of ours sent, expected %u", n, e->sends);
	} else if (n != (e->action != ACTION_NONE)) {
		wrong(r, "%u frames of ours sent with the action %s", n,
		      action_name(e->action));
	}
	for (i = 0; i < n; i++)
		check_made(r, made[i], i < e->sends ? &e->send[i] : NULL);
}

static const char *
states(bool has_conn, bool has_states, const uint8_t *state, char text[48])
{
	if (!has_conn)
		return "-";
	if (!has_states)
		return "stateless";
	snprintf(text, 48, "%s %s", tcp_state_name(state[0]), tcp_state_name(state[1]));
	return text;
}

static void
check_conn(struct run *r, const struct engine_view *v)
{
	const struct expect *e = &r->step->expect;
	bool has_states = v != NULL && v->has_states;
	char got[48], expected[48];
	const char *is = states(v != NULL, has_states, v != NULL ? v->state : NULL, got);
	const char *should = states(e->conn_kind != EXPECT_NO_CONN,
				    e->conn_kind == EXPECT_STATES, e->state, expected);

	if (strcmp(is, should) != 0)
		wrong(r, "states %s, expected %s", is, should);
	if (e->conn != 0 && (v == NULL || v->id != e->conn))
		wrong(r, "connection %u, expected %u", v == NULL ? 0 : v->id, e->conn);
	if (e->left_ms != UINT64_MAX && (v == NULL || v->left_ms != e->left_ms))
		wrong(r, "left %" PRIu64 " ms, expected %" PRIu64,
		      v == NULL ? 0 : v->left_ms, e->left_ms);
}

/* The connection with a number in the tables; 0: the newest. False: there is none. */
static bool
find_view(const struct run *r, uint32_t id, struct engine_view *view)
{
	struct engine_view views[32];
	uint64_t cursor = 0;
	bool found = false;
	unsigned n, i;

	while (cursor != ENGINE_CURSOR_END) {
		n = engine_list(r->engine, START_NS + r->now_ns, &cursor, views, 32);
		for (i = 0; i < n; i++) {
			if (id == 0 ? found && views[i].id < view->id : views[i].id != id)
				continue;
			*view = views[i];
			found = true;
		}
	}
	return found;
}

static void
check_record(struct run *r, const struct engine_record *record)
{
	const struct expect *e = &r->step->expect;
	struct engine_view v = {0};

	if (record->verdict != e->verdict || record->reason != e->reason)
		wrong(r, "%s %s, expected %s %s", verdict_name(record->verdict),
		      reason_name(record->reason), verdict_name(e->verdict),
		      reason_name(e->reason));
	if (record->action != e->action)
		wrong(r, "action %s, expected %s", action_name(record->action),
		      action_name(e->action));
	if (e->left_ms != UINT64_MAX && !find_view(r, record->conn, &v))
		wrong(r, "connection %u is in no table", record->conn);
	v.id = record->conn;
	v.has_states = record->has_states;
	v.state[0] = record->state[0];
	v.state[1] = record->state[1];
	check_conn(r, record->has_conn ? &v : NULL);
}

/* The frames of this step: the packet itself is taken out, what is left is ours. */
static void
check_frames(struct run *r, unsigned from, const uint8_t *bytes, size_t len, bool pass)
{
	const struct sent *made[FRAMES_MAX];
	bool passed = false;
	unsigned i, n = 0;

	for (i = from; i < r->out->sents && n < FRAMES_MAX; i++) {
		const struct sent *s = &r->out->sent[i];

		if (!passed && pass && s->port != r->step->side && s->len == len &&
		    memcmp(s->bytes, bytes, len) == 0)
			passed = true;
		else
			made[n++] = s;
	}
	if (pass && !passed)
		wrong(r, "passed, but did not leave as it came");
	check_sends(r, made, n);
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
		wrong(r, "this frame cannot be built");
		return -EINVAL;
	}
	engine_burst(r->engine, step->side, &m, 1, START_NS + r->now_ns, record);
	r->out->records++;
	if (record->has_conn && record->conn > r->out->conns)
		r->out->conns = record->conn;
	if (collect(r) != 0)
		return -ENOMEM;
	check_record(r, record);
	check_frames(r, from, bytes, len, record->verdict == VERDICT_PASS);
	r->out->sents_of_packets = r->out->sents;
	return 0;
}

/* After nothing but time: what was sent, what is left. */
static void
check_time(struct run *r, unsigned from)
{
	const struct expect *e = &r->step->expect;
	const struct sent *made[FRAMES_MAX];
	struct engine_view v;
	unsigned i, n = 0;
	bool found = find_view(r, e->conn, &v);

	for (i = from; i < r->out->sents && n < FRAMES_MAX; i++)
		made[n++] = &r->out->sent[i];
	check_sends(r, made, n);
	if (e->gone && found)
		wrong(r, "a connection is left");
	else if (!e->gone && !e->any)
		check_conn(r, found ? &v : NULL);
}

static int
run_step(struct run *r)
{
	unsigned from = r->out->sents;
	int status = advance(r, r->step->at_ns);

	if (status != 0)
		return status;
	if (r->step->kind == STEP_TIME) {
		check_time(r, from);
		return 0;
	}
	if (r->out->sents != from)
		wrong(r,
		      "a timer has sent %u frames before this packet (add a step for it)",
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
	if (find_view(r, 0, &v))
		wrong(r, "connection %u never ends", v.id);
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
		wrong(&r, "%u mbufs are lost", rte_mempool_in_use_count(pool));
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
