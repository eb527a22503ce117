/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measures the timer wheel. Timers are armed once, and packets do not touch them. When
 * the wheel returns an entry, the time of the connection's last packet is read and the
 * timer is armed for the remaining time. The links are in connections of 128 bytes, as in
 * the table, in random order.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include <flow/table.h>

#define TIMEOUT 120000u /* ticks of a millisecond */
#define PER_CALL 64u

struct work {
	struct wheel wheel;
	struct flow_table table; /* only its slab is used */
	size_t bytes;
	uint32_t n;
	uint32_t *shuffled;
	uint32_t span; /* ticks by which to advance */
	bool expire;   /* remove idle connections instead of arming them again */
};

static void
start(void *arg)
{
	struct work *w = arg;
	uint32_t i;

	for (i = 0; i < w->n; i++)
		flow_cold(&w->table, flow_conn(&w->table, i))->link =
			(struct wheel_link){0, 0};
	wheel_init(&w->wheel,
		   w->table.slab + w->table.cold_offset +
			   offsetof(struct flow_cold, link),
		   w->table.stride, 0);
}

/* Arm all timers, spread over one time-out. */
static uint64_t
arm(void *arg)
{
	struct work *w = arg;
	uint32_t i;

	for (i = 0; i < w->n; i++)
		wheel_arm(&w->wheel, w->shuffled[i],
			  1 + (uint32_t)((uint64_t)i * TIMEOUT / w->n));
	return w->n;
}

static uint64_t
disarm(void *arg)
{
	struct work *w = arg;
	uint32_t i;

	for (i = 0; i < w->n; i++)
		wheel_disarm(&w->wheel, i);
	return w->n;
}

static void
start_and_arm(void *arg)
{
	struct work *w = arg;
	uint32_t i;

	start(w);
	for (i = 0; i < w->n; i++) /* set the last packets to times within a minute */
		flow_conn(&w->table, w->shuffled[i])->hot.last =
			w->expire ? 0 : i % (TIMEOUT / 2);
	arm(w);
}

/* For each entry that came back: arm it again if it is still in use. */
static void
look_at(struct work *w, const uint32_t *due, unsigned n, uint32_t now)
{
	struct flow_conn *conn;
	uint32_t deadline;
	unsigned i;

	for (i = 0; i < n; i++)
		flow_prefetch_conn(&w->table, due[i]);
	for (i = 0; i < n; i++) {
		conn = flow_conn(&w->table, due[i]);
		deadline = conn->hot.last + TIMEOUT;
		if ((int32_t)(deadline - now) <= 0) {
			if (w->expire)
				continue;
			conn->hot.last = now; /* as if it had just had a packet */
			deadline = now + TIMEOUT;
		}
		wheel_arm(&w->wheel, due[i], deadline);
	}
}

/*
 * Advance the wheel in steps of a millisecond, with at most PER_CALL entries in each
 * call.
 */
static uint64_t
go_on(void *arg)
{
	struct work *w = arg;
	uint64_t visits = 0;
	uint32_t due[PER_CALL], now, end = w->wheel.now + w->span;
	unsigned n;

	for (now = w->wheel.now + 1; now != end; now++)
		do {
			n = wheel_advance(&w->wheel, now, due, PER_CALL);
			look_at(w, due, n, now);
			visits += n;
		} while (n == PER_CALL);
	return visits;
}

static unsigned
expire_some(struct work *w)
{
	uint32_t due[PER_CALL];
	unsigned n = wheel_advance(&w->wheel, 2 * TIMEOUT, due, PER_CALL);

	look_at(w, due, n, 2 * TIMEOUT);
	return n;
}

/* Mass expiry: all deadlines pass in one step. */
static uint64_t
mass(void *arg)
{
	uint64_t visits = 0;
	unsigned n;

	do
		visits += n = expire_some(arg);
	while (n == PER_CALL);
	return visits;
}

/* Mass expiry, with the time of each call measured: packets wait during a call. */
static void
report_calls(struct bench *b, const char *params, struct work *w)
{
	static uint64_t of_us[1000]; /* number of calls by duration in microseconds */
	uint64_t took, longest = 0, calls = 0, seen = 0;
	unsigned n, us;

	memset(of_us, 0, sizeof(of_us));
	start_and_arm(w);
	do {
		took = bench_cpu_ns();
		n = expire_some(w);
		took = bench_cpu_ns() - took;
		of_us[RTE_MIN(took / 1000, RTE_DIM(of_us) - 1)]++;
		longest = RTE_MAX(longest, took);
		calls++;
	} while (n == PER_CALL);
	for (us = 0; us < RTE_DIM(of_us); us++) {
		seen += of_us[us];
		if (seen >= calls - calls / 100)
			break;
	}
	bench_value(b, params, "99 in 100 calls of 64", us + 1, "us or less");
	bench_value(b, params, "longest call of 64", (double)longest / 1000, "us");
}

/* Advance when no timer is due, as in most turns of a worker. */
static uint64_t
idle(void *arg)
{
	struct work *w = arg;
	uint32_t due[PER_CALL], polls = 1000000, i;
	uint64_t n = 0;

	for (i = 0; i < polls; i++)
		n += wheel_advance(&w->wheel, w->wheel.now, due, PER_CALL);
	bench_use(n);
	return polls;
}

static void
measure_size(struct bench *b, struct work *w, uint32_t n)
{
	struct bench_case cases[] = {
		{.name = "arm", .prepare = start, .run = arm, .arg = w},
		{.name = "disarm", .prepare = start_and_arm, .run = disarm, .arg = w},
		{.name = "visit and arm again",
		 .prepare = start_and_arm,
		 .run = go_on,
		 .arg = w},
		{.name = "poll, nothing due", .run = idle, .arg = w},
	};
	struct bench_case all = {.name = "all expire at once",
				 .prepare = start_and_arm,
				 .run = mass,
				 .arg = w};
	char params[64];

	snprintf(params, sizeof(params), "connections=%u timeout_s=120", n);
	w->span = 30000; /* a quarter of the time-out */
	w->expire = false;
	bench_run(b, params, cases, 4);
	/* each connection's timer comes back once in a time-out */
	bench_value(b, params, "share of a core", cases[2].median * n / (TIMEOUT * 1e4),
		    "percent");
	w->expire = true;
	bench_run(b, params, &all, 1);
	report_calls(b, params, w);
}

int
main(int argc, char **argv)
{
	static const uint32_t sizes[] = {100000, 1000000, 10000000};
	static struct work w;
	struct bench_random r = {99};
	struct bench b;
	uint32_t i, j, swap;
	unsigned s;
	int rc = bench_start(&b, argc, argv, "wheel", 10000000);

	if (rc != BENCH_GO_ON)
		return rc;
	w.table.family = 4;
	w.table.stride = FLOW_CONN4_BYTES;
	w.table.cold_offset = FLOW_CONN4_BYTES - sizeof(struct flow_cold);
	for (s = 0; s < RTE_DIM(sizes) && sizes[s] <= b.connections; s++) {
		w.n = sizes[s];
		w.bytes = (size_t)w.n * w.table.stride;
		w.table.slab = bench_memory(&b, w.bytes);
		w.shuffled = bench_memory(&b, w.n * sizeof(*w.shuffled));
		if (w.table.slab == NULL || w.shuffled == NULL) {
			bench_note("%u connections: left out", w.n);
			break;
		}
		for (i = 0; i < w.n; i++) { /* Fisher-Yates shuffle, "inside-out" */
			j = bench_random_below(&r, i + 1);
			swap = w.shuffled[j];
			w.shuffled[j] = i;
			w.shuffled[i] = j == i ? i : swap;
		}
		measure_size(&b, &w, w.n);
		bench_memory_free(w.table.slab, w.bytes);
		bench_memory_free(w.shuffled, w.n * sizeof(*w.shuffled));
	}
	return bench_end(&b);
}
