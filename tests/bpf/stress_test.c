/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two processors run the programs of lib/xdp on packets of the connections of an engine,
 * which meanwhile opens, closes, deletes, expires and evicts connections, moves them in
 * its index, and replaces its rules (docs/adr/0033-the-lock-of-shared-connections.md).
 * After each round all of them stop, and these must hold: each connection satisfies the
 * tracker's invariant and is found in the index; no lock is held; and the packets that
 * removed and remaining connections have counted are the packets that passed, which would
 * show a lost update of a counter.
 */
#include "dialogue.h"

#include <pthread.h>
#include <sched.h>

#include <bpf/bpf.h>

#include <rte_ring.h>

#include <track/conn_valid.h>

#include <engine_state.h>

#define PROCESSORS 2
#define ROUNDS 24u
#define CALLS 60u   /* of a processor in a round, each with another packet */
#define REPEAT 500u /* times that the program runs on a packet */
#define CONNECTIONS 64u
#define EVENTS 4096u

/* Established packets are not all accepted, so the verdict cache decides. */
#define JUDGED FORWARD("drop", "tcp dport 9 drop\n" ACCEPT_ESTABLISHED ACCEPT_LAN)

struct processor {
	pthread_t thread;
	struct shared *s;
	uint64_t random;
	uint64_t runs; /* of the programs, in all rounds */
	bool failed;
	unsigned number;
};

struct stress {
	struct shared s;
	struct dialogue d[DIALOGUES];
	struct processor processor[PROCESSORS];
	struct policy *policy[2];
	struct policy_state *state[2];
	struct rte_ring *events;
	uint64_t random;
	uint64_t now_ns;
	uint64_t gone; /* packets that removed connections had counted */
	/* how often each of these has happened, which ADR 33 lists */
	uint64_t expired;
	uint64_t flushed;
	uint64_t reloads;
	unsigned rules;   /* index of the policy in force */
	unsigned running; /* number of processors that have not finished the round */
};

static struct stress stress;

/* A packet that the program may pass: at most some hundred bytes ahead. */
static struct frame
any_packet(uint64_t *random, uint16_t port)
{
	struct dialogue d = stress.d[pick(random, DIALOGUES)];
	struct frame frame;

	d.next[LAN] = 1001;
	d.next[WAN] = 5001;
	frame = dialogue_next(&d, port, FRAME_ACK);
	frame.seq += pick(random, 30000);
	frame.ack += pick(random, 3) * 100;
	frame.payload_len = pick(random, 300);
	return frame;
}

static void *
processor_main(void *data)
{
	struct processor *p = data;
	uint8_t bytes[FRAME_ROOM];
	struct frame frame;
	uint16_t port;
	unsigned i;

	for (i = 0; i < CALLS && !p->failed; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .repeat = REPEAT);

		port = (uint16_t)pick(&p->random, 2);
		frame = any_packet(&p->random, port);
		opts.data_size_in = (uint32_t)frame_build(&frame, bytes, sizeof(bytes));
		p->failed = bpf_prog_test_run_opts(xdp_program_fd(p->s->x, port),
						   &opts) != 0;
		p->runs += REPEAT;
	}
	__atomic_fetch_sub(&stress.running, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void
processor_start(struct processor *p)
{
	pthread_attr_t attr;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(p->number, &set);
	assert_int_equal(pthread_attr_init(&attr), 0);
	/* where there is one processor only, they share it */
	if (pthread_attr_setaffinity_np(&attr, sizeof(set), &set) != 0 ||
	    pthread_create(&p->thread, &attr, processor_main, p) != 0)
		assert_int_equal(pthread_create(&p->thread, NULL, processor_main, p), 0);
	pthread_attr_destroy(&attr);
}

/* Read the events so far. Returns how many connections have been removed. */
static unsigned
read_events(void)
{
	struct conn_event event;
	unsigned removed = 0;

	while (rte_ring_sc_dequeue_elem(stress.events, &event, sizeof(event)) == 0)
		if (event.kind == CONN_EVENT_DESTROY) {
			stress.gone += event.view.packets[0] + event.view.packets[1];
			removed++;
		}
	return removed;
}

static void
engine_sends(uint16_t port, const struct frame *frame)
{
	(void)inject_at(&stress.s.f, port, frame, stress.now_ns);
	(void)read_events();
}

/* Open a connection, if there is none with these ports. */
static void
open_one(struct dialogue *d)
{
	struct frame frame;

	d->next[LAN] = 1000;
	d->next[WAN] = 5000;
	frame = dialogue_next(d, LAN, FRAME_SYN);
	engine_sends(LAN, &frame);
	d->next[LAN]++;
	frame = dialogue_next(d, WAN, FRAME_SYN | FRAME_ACK);
	engine_sends(WAN, &frame);
	d->next[WAN]++;
	frame = dialogue_next(d, LAN, FRAME_ACK);
	engine_sends(LAN, &frame);
}

/* SYNs from other ports fill the table, move entries of the index, and are evicted. */
static void
flood(void)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1, 0);
	unsigned i;

	for (i = 0; i < 8; i++) {
		frame.sport = (uint16_t)(20000 + pick(&stress.random, 20000));
		engine_sends(LAN, &frame);
	}
}

static void
pass_time(uint64_t ns)
{
	stress.now_ns += ns;
	while (engine_expire(stress.s.f.e, stress.now_ns, ENGINE_EXPIRE_MAX) ==
	       ENGINE_EXPIRE_MAX)
		stress.expired += read_events();
	drain(&stress.s.f);
	stress.expired += read_events();
	/* programs may be some milliseconds ahead or behind */
	shared_time(&stress.s, stress.now_ns + pick(&stress.random, 9) * MS - 4 * MS);
}

static void
replace_rules(void)
{
	stress.rules ^= 1;
	stress.reloads++;
	engine_set_policy(stress.s.f.e, stress.policy[stress.rules],
			  stress.state[stress.rules]);
}

static void
flush_some(void)
{
	uint64_t cursor = engine_cursor(stress.s.f.e, pick(&stress.random, 2) ? 4 : 6,
					pick(&stress.random, 8), 8);

	(void)engine_flush(stress.s.f.e, &cursor, 2);
	stress.flushed += read_events();
}

/* Let the engine do something at random: in most steps, process a packet. */
static void
engine_step(void)
{
	const struct dialogue_odds odds = {.close = 40, .new_link = 40};
	struct dialogue *d = &stress.d[pick(&stress.random, DIALOGUES)];
	uint16_t port = (uint16_t)pick(&stress.random, 2);
	struct frame frame;

	switch (pick(&stress.random, 100)) {
	case 0:
		flood();
		break;
	case 1:
		replace_rules();
		break;
	case 2:
		flush_some();
		break;
	case 3:
		pass_time(pick(&stress.random, 20) * S);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		open_one(d);
		break;
	default:
		frame = dialogue_any(d, port, &odds, &stress.random);
		engine_sends(port, &frame);
		break;
	}
	pass_time(pick(&stress.random, 3) * MS);
}

static void
assert_whole(const struct engine_family *f, uint32_t index, uint64_t *packets)
{
	const struct flow_conn *conn = flow_conn(&f->table, index);
	const struct track_conn tc = family_conn(f, index);
	struct flow_key key;

	flow_key_of(&f->table, index, &key);
	assert_int_equal(flow_lookup(&f->table, &key, flow_table_hash(&f->table, &key)),
			 index);
	if (flow_id_class(&conn->id) == FLOW_TCP)
		assert_true(conn_valid(tc.hot, tc.cold, false));
	*packets += f->acct[index].packets[0] + f->acct[index].packets[1];
}

/* After a round: check the connections, the locks and the counters. */
static void
assert_all_whole(void)
{
	struct shared *s = &stress.s;
	uint64_t packets = stress.gone, runs = 0;
	struct flow_taken taken;
	uint32_t index, count, i;
	unsigned n;

	for (n = 0; n < 2; n++) {
		const struct engine_family *f = &s->f.e->family[n];

		count = 0;
		for (i = 0; i < f->table.bucket_count; i++)
			assert_int_equal(f->table.buckets[i].lock, 0);
		for (index = 0;
		     (index = flow_next(&f->table, index, UINT32_MAX)) != FLOW_NONE;
		     index++, count++)
			assert_whole(f, index, &packets);
		assert_int_equal(count, f->table.count);
	}
	xdp_collect(s->x, s->f.e);
	xdp_taken(s->x, &taken);
	for (n = 0; n < PROCESSORS; n++)
		runs += stress.processor[n].runs;
	assert_int_equal(taken.packets + taken.up, runs);
	assert_int_equal(packets, stats(&s->f).passed);
}

static void
stress_start(void)
{
	struct shared *s = &stress.s;
	unsigned i;

	need_bpf();
	s->f.config = fixture_config();
	s->f.config.max = s->f.config.max6 = CONNECTIONS;
	s->f.config.acct = true;
	s->f.config.track.tcp_timeout_established = 300 * TICKS_PER_S;
	shared_start(s, OFFICE);
	stress.policy[0] = s->f.policy;
	stress.state[0] = s->f.state;
	stress.policy[1] = fixture_policy(JUDGED);
	stress.state[1] = fixture_state(stress.policy[1]);
	stress.events = rte_ring_create_elem("stress", sizeof(struct conn_event), EVENTS,
					     SOCKET_ID_ANY,
					     RING_F_SP_ENQ | RING_F_SC_DEQ);
	assert_non_null(stress.events);
	engine_set_events(s->f.e, stress.events, NULL);
	stress.now_ns = START;
	stress.random = 88172645463325252u;
	for (i = 0; i < DIALOGUES; i++) {
		stress.d[i] = (struct dialogue){.number = (uint16_t)i, .ts = i & 1};
		open_one(&stress.d[i]);
	}
	for (i = 0; i < PROCESSORS; i++)
		stress.processor[i] =
			(struct processor){.s = s,
					   .random = 0x9e3779b97f4a7c15u + i,
					   .number = i};
}

/* Each interleaving of ADR 33 needs its event: check that all have happened. */
static void
assert_all_happened(void)
{
	const struct engine_stats now = stats(&stress.s.f);

	print_message("connections: %lu created, %lu expired, %lu evicted, %lu flushed; "
		      "%lu probes, %lu reloads\n",
		      now.created, stress.expired, now.evicted, stress.flushed,
		      now.generated[ACTION_PROBE], stress.reloads);
	/* entries are used again and again, with other keys and with the same */
	assert_true(now.created > 10 * CONNECTIONS);
	assert_true(stress.expired > 0);
	assert_true(stress.flushed > 0);
	assert_true(now.evicted > 0);
	assert_true(now.generated[ACTION_PROBE] > 0);
	/* all numbers of generations have been used, and cleared */
	assert_true(stress.reloads > GENERATION_FLUSHING);
}

static void
programs_and_engine_share_connections_at_the_same_time(void **state)
{
	struct flow_taken taken;
	unsigned round, i, steps = 0;

	(void)state;
	stress_start();
	for (round = 0; round < ROUNDS; round++) {
		stress.running = PROCESSORS;
		for (i = 0; i < PROCESSORS; i++)
			processor_start(&stress.processor[i]);
		for (; __atomic_load_n(&stress.running, __ATOMIC_SEQ_CST) > 0; steps++)
			engine_step();
		for (i = 0; i < PROCESSORS; i++) {
			pthread_join(stress.processor[i].thread, NULL);
			assert_false(stress.processor[i].failed);
		}
		assert_all_whole();
	}
	xdp_taken(stress.s.x, &taken);
	print_message("%u steps of the engine; programs: %lu passed, %lu left, of which "
		      "%lu locked\n",
		      steps, taken.packets, taken.up, taken.busy);
	assert_true(taken.packets > ROUNDS * CALLS * REPEAT / 20);
	assert_all_happened();
	stress.s.f.policy = stress.policy[0];
	stress.s.f.state = stress.state[0];
	policy_free(stress.policy[1]);
	policy_state_free(stress.state[1]);
	engine_set_events(stress.s.f.e, NULL, NULL);
	rte_ring_free(stress.events);
	shared_end(&stress.s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_and_engine_share_connections_at_the_same_time),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
