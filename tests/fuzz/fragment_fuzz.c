/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz lib/fragment against a list of the held fragments: each fragment is returned
 * exactly once; a complete datagram has no gap and is in the order of arrival; a fragment
 * is rejected only for a reason; limits of buffers and time are kept.
 *
 * The input has four bytes for each fragment: datagram and time since the last one,
 * offset, length, and More Fragments.
 */
#include "fuzz.h"

#include <string.h>

#include <fragment/fragment.h>

#define DATAGRAMS 8u
#define BUFFERS 70u /* between the limits of one and of two datagrams */
#define TICKS 50u
#define HELD_MAX (BUFFERS + 1u)

struct piece {
	struct rte_mbuf m;
	uint32_t datagram;
	uint32_t serial; /* number in order of arrival; 0: not held */
	uint16_t off;
	uint16_t len;
	bool more;
};

struct datagram {
	bool there;
	bool condemned;
	uint32_t first;
};

static struct piece piece[HELD_MAX];
static struct datagram datagram[DATAGRAMS];
static struct fragment_group group;
static uint32_t serial;

static unsigned
held(uint32_t number)
{
	unsigned i, n = 0;

	for (i = 0; i < HELD_MAX; i++)
		n += piece[i].serial != 0 && piece[i].datagram == number;
	return n;
}

static unsigned
held_buffers(void)
{
	unsigned i, n = 0;

	for (i = 0; i < HELD_MAX; i++)
		n += piece[i].serial != 0 ? piece[i].m.nb_segs : 0;
	return n;
}

/*
 * Check that the first n entries of the group are held fragments of one datagram, in
 * order of arrival.
 */
static void
take_back(uint32_t number, unsigned n)
{
	uint32_t before = 0;
	unsigned i;

	require(held(number) == n);
	for (i = 0; i < n; i++) {
		struct piece *p = group.about[i];

		require(p->serial > before && p->datagram == number);
		require(group.piece[i].m == &p->m && group.piece[i].off == p->off);
		before = p->serial;
	}
	for (i = 0; i < n; i++)
		((struct piece *)group.about[i])->serial = 0;
}

/* Return the datagram whose first fragment came earliest. */
static uint32_t
oldest(uint32_t now)
{
	uint32_t i, found = DATAGRAMS;

	for (i = 0; i < DATAGRAMS; i++)
		if (datagram[i].there &&
		    (found == DATAGRAMS ||
		     now - datagram[i].first > now - datagram[found].first))
			found = i;
	require(found < DATAGRAMS);
	return found;
}

/* Check that the group contains everything held of a datagram, and that none is older. */
static void
gone(uint32_t now)
{
	uint32_t first = datagram[oldest(now)].first, number = DATAGRAMS, i;

	if (group.n > 0)
		number = ((struct piece *)group.about[0])->datagram;
	for (i = 0; group.n == 0 && i < DATAGRAMS; i++)
		if (datagram[i].there && datagram[i].condemned &&
		    datagram[i].first == first)
			number = i;
	require(number < DATAGRAMS && datagram[number].first == first);
	require(datagram[number].condemned == (group.n == 0));
	take_back(number, group.n);
	datagram[number].there = false;
}

static bool
is_same(const struct piece *a, const struct piece *b)
{
	return a->off == b->off && a->len == b->len && a->more == b->more;
}

/* Return whether two fragments cannot belong to the same datagram. */
static bool
contradict(const struct piece *a, const struct piece *b)
{
	uint32_t end_a = (uint32_t)a->off + a->len, end_b = (uint32_t)b->off + b->len;

	return (a->off < end_b && b->off < end_a) || (!a->more && end_b >= end_a) ||
	       (!b->more && end_a >= end_b);
}

/*
 * Return whether the new fragment and the held ones together cover the datagram without a
 * gap.
 */
static bool
completes(const struct piece *new)
{
	uint32_t bytes = new->len, end = new->more ? 0 : (uint32_t) new->off + new->len;
	unsigned i;

	for (i = 0; i < HELD_MAX; i++) {
		const struct piece *p = &piece[i];

		if (p->serial == 0 || p->datagram != new->datagram)
			continue;
		bytes += p->len;
		if (!p->more)
			end = (uint32_t)p->off + p->len;
	}
	return end != 0 && bytes == end;
}

static void
judge(enum fragment_fate fate, struct piece *new)
{
	struct datagram *d = &datagram[new->datagram];
	bool same = false, against = d->condemned;
	unsigned i, n = held(new->datagram);

	for (i = 0; i < HELD_MAX; i++)
		if (piece[i].serial != 0 && piece[i].datagram == new->datagram) {
			same |= is_same(&piece[i], new);
			against |= contradict(&piece[i], new);
		}
	if (fate != FRAGMENT_HELD) {
		require(group.n > 0 && group.about[group.n - 1] == new);
	}
	switch (fate) {
	case FRAGMENT_DUPLICATE:
		require(same && group.n == 1);
		return;
	case FRAGMENT_OVERLAP:
		require(against && !same);
		break;
	case FRAGMENT_MANY:
		require(n == FRAGMENT_MAX || d->condemned);
		break;
	case FRAGMENT_WHOLE:
		require(!against && !same && completes(new));
		lie(n < 2);
		break;
	case FRAGMENT_HELD:
		require(!against && !same && !completes(new) && n < FRAGMENT_MAX);
		new->serial = ++serial;
		return;
	}
	take_back(new->datagram, group.n - 1);
	if (fate == FRAGMENT_WHOLE)
		d->there = false;
	else
		d->condemned = true;
}

static struct piece *
free_piece(void)
{
	unsigned i = 0;

	while (i < HELD_MAX && piece[i].serial != 0)
		i++;
	require(i < HELD_MAX);
	return &piece[i];
}

static void
add(struct fragment_table *t, struct bytes *b, uint8_t what, uint32_t now)
{
	struct piece *new;
	struct fragment_key key = {.id = what % DATAGRAMS};
	uint8_t off = bytes_u8(b), len = bytes_u8(b), flags = bytes_u8(b);
	unsigned segments = flags & 2 ? 2 : 1;
	struct fragment f;

	while (fragment_evict(t, segments, &group))
		gone(now);
	new = free_piece();
	*new = (struct piece){.datagram = key.id, .more = flags & 1, .off = off * 8u};
	new->len = (uint16_t)(new->more ? (len % 8 + 1) * 8 : len % 64 + 1);
	new->m.nb_segs = (uint16_t)segments;
	if (!datagram[key.id].there)
		datagram[key.id] = (struct datagram){.there = true, .first = now};
	f = (struct fragment){.piece = {.m = &new->m, .off = new->off, .len = new->len},
			      .more = new->more,
			      .about = new};
	judge(fragment_add(t, &key, &f, now, &group), new);
}

static void
pass_time(struct fragment_table *t, uint32_t now)
{
	uint32_t at;

	while (fragment_expire(t, now, &group)) {
		require(now - datagram[oldest(now)].first >= TICKS);
		gone(now);
	}
	if (fragment_next(t, &at)) {
		require(at == datagram[oldest(now)].first + TICKS && at - now <= TICKS);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t secret[KEY_SECRET_BYTES] = {1, 2, 3};
	const struct fragment_config config = {.buffers = BUFFERS,
					       .ticks = TICKS,
					       .secret = secret};
	struct bytes b = {data, size};
	void *memory = calloc(1, fragment_bytes(&config));
	struct fragment_table *t;
	uint32_t now = UINT32_MAX - 100, i, n; /* the time wraps during the input */

	require(memory != NULL);
	t = fragment_init(memory, &config);
	memset(piece, 0, sizeof(piece));
	memset(datagram, 0, sizeof(datagram));
	serial = 0;
	while (b.left > 0) {
		uint8_t what = bytes_u8(&b);

		now += what >> 4;
		pass_time(t, now);
		add(t, &b, what, now);
		for (i = 0, n = 0; i < DATAGRAMS; i++)
			n += held(i);
		require(fragment_count(t) == n && held_buffers() <= BUFFERS);
	}
	while (fragment_oldest(t, &group))
		gone(now);
	require(fragment_count(t) == 0 && held_buffers() == 0);
	free(memory);
	return 0;
}
