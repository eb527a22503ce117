/* SPDX-License-Identifier: BSD-3-Clause */
#include "shared.h"

#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <engine_state.h>

#define LOOPBACK 1 /* an interface that exists; nothing is sent from it */
#define MESSAGE 256

void
shared_start(struct shared *s, const char *rules)
{
	char message[MESSAGE] = "";
	uint16_t port;

	need_bpf();
	if (xdp_open(&s->f.config, &s->x, message, sizeof(message)) != 0)
		fail_msg("%s", message);
	for (port = 0; port < 2 * s->f.config.wires; port++)
		assert_int_equal(xdp_set_port(s->x, port, LOOPBACK, 0), 0);
	s->f.config.shared = xdp_shared(s->x);
	s->f.config.shared->tick_fixed = true;
	s->f.config.shared->link_each = true;
	s->f.policy = fixture_policy(rules);
	s->f.state = fixture_state(s->f.policy);
	assert_int_equal(engine_init(xdp_memory(s->x), &s->f.config, s->f.policy,
				     s->f.state, START, &s->f.e),
			 0);
	shared_time(s, START);
}

void
shared_end(struct shared *s)
{
	engine_stop(s->f.e);
	drain(&s->f);
	policy_free(s->f.policy);
	policy_state_free(s->f.state);
	xdp_close(s->x);
}

void
shared_time(struct shared *s, uint64_t now_ns)
{
	xdp_shared(s->x)->tick_base = ticks_from_ns(now_ns);
}

bool
shared_takes(struct shared *s, uint16_t port, const uint8_t *bytes, size_t len)
{
	uint8_t out[FRAME_ROOM];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes,
		    .data_size_in = (uint32_t)len, .data_out = out,
		    .data_size_out = sizeof(out), .repeat = 1);

	/* the kernel runs no program on less than an Ethernet header */
	if (len < 14)
		return false;
	assert_int_equal(bpf_prog_test_run_opts(xdp_program_fd(s->x, port), &opts), 0);
	assert_true(opts.retval == XDP_REDIRECT || opts.retval == XDP_DROP);
	/* no program writes to a frame */
	assert_int_equal(opts.data_size_out, len);
	assert_memory_equal(out, bytes, len);
	return opts.retval == XDP_REDIRECT;
}

enum verdict
shared_inject(struct shared *s, uint16_t port, const struct frame *frame, uint64_t now_ns)
{
	uint8_t bytes[FRAME_ROOM];

	shared_time(s, now_ns);
	if (shared_takes(s, port, bytes, frame_build(frame, bytes, sizeof(bytes)))) {
		s->in_kernel++;
		return VERDICT_PASS;
	}
	return (enum verdict)inject_at(&s->f, port, frame, now_ns).verdict;
}

static void
assert_same_connection(const struct engine_family *a, const struct engine_family *b,
		       uint32_t index)
{
	const struct flow_table *x = &a->table, *y = &b->table;
	const struct flow_conn *p = flow_conn(x, index), *q = flow_conn(y, index);
	size_t key = x->family == 4 ? KEY4_BYTES : KEY6_BYTES;

	assert_memory_equal(p, q, offsetof(struct flow_conn, id) + key);
	assert_memory_equal(flow_cold(x, p), flow_cold(y, q), sizeof(struct flow_cold));
	assert_int_equal(a->generation[index], b->generation[index]);
	if (a->acct != NULL)
		assert_memory_equal(&a->acct[index], &b->acct[index], sizeof(*a->acct));
}

void
assert_same_tables(const struct engine *a, const struct engine *b)
{
	const struct flow_table *x, *y;
	uint32_t index;
	unsigned i;

	for (i = 0; i < 2; i++) {
		x = &a->family[i].table;
		y = &b->family[i].table;
		assert_int_equal(x->high, y->high);
		assert_int_equal(x->count, y->count);
		/* with the locks, of which none is held */
		assert_memory_equal(x->buckets, y->buckets,
				    x->bucket_count * sizeof(*x->buckets));
		for (index = 0; index < x->high; index++)
			if (connection_meta(&a->family[i], index)->id != 0)
				assert_same_connection(&a->family[i], &b->family[i],
						       index);
			else
				assert_int_equal(connection_meta(&b->family[i], index)
							 ->id,
						 0);
	}
}

uint32_t
pick(uint64_t *random, uint32_t n)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (uint32_t)(*random >> 32) % n;
}
