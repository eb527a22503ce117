/* SPDX-License-Identifier: BSD-3-Clause */
#include "explore.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define ROOTS 4096u
#define FIRST_DEPTH 6u
#define DEPTH_BITS 8u
#define FUTURE_ONE_IN 16u /* check_future() runs on one state of 16, for speed */

struct root {
	struct model m;
	unsigned length;
	struct move move[FIRST_DEPTH];
};

struct search {
	struct exploration *x;
	const struct universe *u;
	_Atomic uint64_t *table;
	uint64_t mask;
	_Atomic uint64_t visited, steps;
	_Atomic unsigned next_root;
	_Atomic bool stop, cut; /* cut: some path reached the depth bound */
	struct root *roots;
	unsigned root_count;
	unsigned bound;
	bool once;  /* do not expand a state again that is reached in fewer steps */
	double end; /* when to stop, by monotonic(), seconds; 0: no limit */
	pthread_mutex_t lock;
};

/* The moves from the initial state to the state that one thread is in. */
struct path {
	struct search *s;
	unsigned length;
	struct move move[PATH_MAX_MOVES];
	uint64_t steps, found;
};

static double
monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/*
 * Record the state in the table of visited states. Return whether to expand it: it is
 * new, or was reached in fewer steps than before.
 */
static bool
visit(struct search *s, uint64_t hash, unsigned depth, uint64_t *found)
{
	uint64_t tag = hash >> DEPTH_BITS << DEPTH_BITS | depth, old;
	uint64_t at = (hash * 0x9e3779b97f4a7c15u) & s->mask;

	for (;; at = (at + 1) & s->mask) {
		old = atomic_load_explicit(&s->table[at], memory_order_relaxed);
		if (old == 0) {
			if (atomic_compare_exchange_strong(&s->table[at], &old, tag)) {
				(*found)++;
				return true;
			}
		}
		while (old >> DEPTH_BITS == tag >> DEPTH_BITS) {
			if (s->once || (old & ((1u << DEPTH_BITS) - 1)) <= depth)
				return false;
			if (atomic_compare_exchange_strong(&s->table[at], &old, tag))
				return true;
		}
	}
}

static void
report(struct path *p, const char *property)
{
	struct violation *v = &p->s->x->violation;

	pthread_mutex_lock(&p->s->lock);
	if (v->property == NULL || p->length < v->length) {
		v->property = property;
		v->length = p->length;
		memcpy(v->move, p->move, p->length * sizeof(*p->move));
	}
	pthread_mutex_unlock(&p->s->lock);
	p->s->stop = true;
}

static void
account(struct path *p)
{
	struct search *s = p->s;

	s->steps += p->steps;
	s->visited += p->found;
	p->steps = p->found = 0;
	if (s->visited >= s->x->states || (s->end != 0 && monotonic() > s->end))
		s->stop = true;
}

static void
dive(struct path *p, const struct model *m)
{
	struct move moves[MODEL_MOVES];
	const char *broken;
	struct model next;
	unsigned n, i;
	uint64_t hash;

	if (p->length >= p->s->bound) {
		p->s->cut = true;
		return;
	}
	n = model_moves(m, moves);
	for (i = 0; i < n && !p->s->stop; i++) {
		next = *m;
		p->move[p->length++] = moves[i];
		broken = model_step(&next, moves[i]);
		if (broken == NULL && !next.overflow)
			broken = check_state(&next);
		p->steps++;
		hash = model_hash(&next);
		if (broken != NULL) {
			report(p, broken);
		} else if (!next.overflow && visit(p->s, hash, p->length, &p->found)) {
			if (hash / 64 % FUTURE_ONE_IN == 0)
				broken = check_future(&next);
			if (broken != NULL)
				report(p, broken);
			else
				dive(p, &next);
		}
		p->length--;
		if (p->steps >= 4096)
			account(p);
	}
}

static void *
work(void *arg)
{
	struct path p = {.s = arg};
	unsigned i;

	while (!p.s->stop && (i = p.s->next_root++) < p.s->root_count) {
		const struct root *root = &p.s->roots[i];

		p.length = root->length;
		memcpy(p.move, root->move, root->length * sizeof(*p.move));
		dive(&p, &root->m);
		account(&p);
	}
	return NULL;
}

/*
 * Expand the first few steps breadth first. The states found are the roots from which the
 * threads continue depth first.
 */
static void
find_roots(struct search *s)
{
	struct path p = {.s = s};
	struct move moves[MODEL_MOVES];
	unsigned from = 0, n, i;

	model_init(&s->roots[0].m, s->u);
	s->roots[0].length = 0;
	s->root_count = 1;
	while (from < s->root_count && s->roots[from].length + 1 < FIRST_DEPTH &&
	       s->root_count + MODEL_MOVES < ROOTS && !s->stop) {
		const struct root *at = &s->roots[from++];

		n = model_moves(&at->m, moves);
		for (i = 0; i < n && !s->stop; i++) {
			struct root *to = &s->roots[s->root_count];
			const char *broken;

			*to = *at;
			to->move[to->length++] = moves[i];
			broken = model_step(&to->m, moves[i]);
			if (broken == NULL && !to->m.overflow)
				broken = check_state(&to->m);
			p.steps++;
			memcpy(p.move, to->move, sizeof(to->move));
			p.length = to->length;
			if (broken != NULL)
				report(&p, broken);
			else if (!to->m.overflow &&
				 visit(s, model_hash(&to->m), to->length, &p.found))
				s->root_count++;
		}
	}
	/* roots below `from` are expanded already; threads take the others */
	s->next_root = from;
	account(&p);
}

static void
run(struct search *s)
{
	pthread_t threads[16];
	unsigned n = s->x->threads < 16 ? s->x->threads : 16, i;

	s->stop = s->cut = false;
	s->visited = 0;
	find_roots(s);
	for (i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, work, s);
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

int
explore(const struct universe *u, struct exploration *x)
{
	struct search s = {.x = x, .u = u, .lock = PTHREAD_MUTEX_INITIALIZER};
	uint64_t slots = 1 << 16, last = 0;
	size_t bytes;
	void *memory;

	while (slots < x->states + x->states / 2)
		slots *= 2;
	bytes = slots * sizeof(*s.table);
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (memory == MAP_FAILED)
		return -ENOMEM;
	s.roots = malloc(ROOTS * sizeof(*s.roots));
	if (s.roots == NULL) {
		munmap(memory, bytes);
		return -ENOMEM;
	}
	madvise(memory, bytes, MADV_HUGEPAGE);
	s.table = memory;
	s.mask = slots - 1;
	s.end = x->seconds > 0 ? monotonic() + x->seconds : 0;
	x->violation.property = NULL;
	x->exhausted = false;
	x->depth = 0;
	for (s.bound = FIRST_DEPTH + 2; s.bound < PATH_MAX_MOVES; s.bound += 2) {
		memset(memory, 0, bytes);
		run(&s);
		x->visited = s.visited;
		x->exhausted = !s.stop && !s.cut;
		if (s.stop || !s.cut || s.once)
			break;
		x->depth = s.bound;
		/*
		 * A higher bound finds few new states and costs more: visit the rest
		 * once, in any order.
		 */
		if (s.visited < last + last / 4) {
			s.once = true;
			s.bound = PATH_MAX_MOVES - 3;
		}
		last = s.visited;
	}
	s.once = false;
	while (x->violation.property != NULL && !x->first &&
	       x->violation.length > FIRST_DEPTH) {
		/* search again below that length */
		unsigned length = x->violation.length;

		s.bound = length - 1;
		s.end = monotonic() + 60;
		memset(memory, 0, bytes);
		run(&s);
		if (x->violation.length >= length)
			break;
	}
	x->steps = s.steps;
	munmap(memory, bytes);
	free(s.roots);
	return 0;
}
