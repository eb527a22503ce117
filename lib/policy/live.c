/* SPDX-License-Identifier: BSD-3-Clause */
/* Lookup, addition, deletion and expiry of the elements of a set, across its parts. */
#include "live_find.h"

#define SWEEP_FULL 256 /* slots to scan for expired elements before an addition fails */

void
live_values(const struct live_table *table, const uint64_t *words, u128 *values)
{
	unsigned f, n = 0;

	for (f = 0; f < table->nfields; f++) {
		values[f] = words[n++];
		if (table->wide >> f & 1)
			values[f] |= (u128)words[n++] << 64;
	}
}

static uint64_t
stamp_of(const struct live_slot *slot)
{
	return __atomic_load_n(&slot->stamp, __ATOMIC_RELAXED);
}

uint64_t
live_expires(const struct object *object, const struct live_slot *slot)
{
	/*
	 * Load `relative` first: element_refresh() stores it after expires_ns, so a false
	 * value means that expires_ns is absolute already.
	 */
	bool relative = __atomic_load_n(&slot->relative, __ATOMIC_ACQUIRE);
	uint64_t expires = __atomic_load_n(&slot->expires_ns, __ATOMIC_RELAXED);

	return relative ? object->start_ns + expires : expires;
}

static void
view_add(const struct object *object, struct live_view *view, struct live_slot *slot)
{
	view->slot[view->count++] = slot;
	if (view->newest == NULL || stamp_of(slot) > stamp_of(view->newest) ||
	    (stamp_of(slot) == stamp_of(view->newest) &&
	     live_expires(object, slot) > live_expires(object, view->newest)))
		view->newest = slot;
}

void
live_view_find(const struct object *object, unsigned own, uint32_t hash,
	       const uint64_t *words, struct live_view *view)
{
	struct live_slot *slot;
	unsigned i;

	view->own = NULL;
	view->newest = NULL;
	view->count = 0;
	for (i = 0; i < object->parts; i++) {
		slot = live_part_find(object->table, live_part(object, i), hash, words,
				      i == own);
		if (slot == NULL)
			continue;
		if (i == own)
			view->own = slot;
		view_add(object, view, slot);
	}
}

static bool
is_alive(const struct object *object, const struct live_slot *slot, uint64_t now_ns)
{
	return slot != NULL && live_expires(object, slot) > now_ns;
}

static void
cells_init(const struct live_act *act, struct live_slot *slot)
{
	unsigned i;

	for (i = 0; i < act->live->ncells; i++)
		cell_init(live_cell(act->object->table, slot, i), &act->live->cell[i],
			  false);
}

/*
 * The slot that the caller's part has for an element which is in the set. If the part has
 * none, or one of an earlier addition, it gets one with the `born` of the newest slot.
 * Returns NULL when the part is full.
 */
struct live_slot *
live_own_slot(const struct live_act *act, uint32_t hash, const uint64_t *words,
	      struct live_view *view)
{
	struct live_part *part = live_part(act->object, act->part);
	const struct live_slot *newest = view->newest;
	struct live_slot *own = view->own;

	if (own != NULL && own->born == newest->born)
		return own;
	if (own == NULL) {
		own = live_part_take(act->object->table, part, hash, words);
		if (own == NULL)
			return NULL;
		view->slot[view->count++] = view->own = own;
	}
	live_change_begin(part);
	own->expires_ns = newest->expires_ns;
	own->relative = newest->relative;
	own->cells = newest->cells;
	own->listed = newest->listed;
	own->born = newest->born;
	own->stamp = newest->stamp;
	own->seen = 0;
	cells_init(act, own);
	live_change_end(part);
	return own;
}

static uint32_t
origins(const struct object *object)
{
	uint32_t sum = 0;
	unsigned i;

	for (i = 0; i < object->parts; i++)
		sum += __atomic_load_n(&live_part(object, i)->origins, __ATOMIC_RELAXED);
	return sum;
}

static void
origin_set(struct live_part *part, struct live_slot *slot, bool origin)
{
	__atomic_store_n(&part->origins, part->origins + origin - slot->origin,
			 __ATOMIC_RELAXED);
	slot->origin = origin;
}

static bool
is_full(const struct live_act *act)
{
	if (origins(act->object) < act->object->table->size)
		return false;
	live_sweep(act->object, act->part, act->now_ns, SWEEP_FULL);
	return origins(act->object) >= act->object->table->size;
}

/*
 * Whether an earlier addition of the element still counts for the set's size, because its
 * slot was not freed yet.
 */
static bool
is_counted(const struct live_view *view)
{
	unsigned i;

	for (i = 0; i < view->count; i++)
		if (view->slot[i]->origin)
			return true;
	return false;
}

/*
 * Add the element, which is not in the set, in the caller's part. Returns NULL when the
 * part is full.
 */
static struct live_slot *
element_new(const struct live_act *act, uint32_t hash, const uint64_t *words,
	    uint64_t timeout_ns, bool cells, struct live_view *view)
{
	struct live_part *part = live_part(act->object, act->part);
	uint64_t stamp = act->now_ns;
	struct live_slot *own;
	bool counted;

	counted = is_counted(view);
	if (!counted && is_full(act)) {
		part->full++;
		return NULL;
	}
	if (!counted) /* live_sweep() may have freed slots of the view */
		live_view_find(act->object, act->part, hash, words, view);
	own = view->own;
	if (own == NULL)
		own = live_part_take(act->object->table, part, hash, words);
	if (own == NULL)
		return NULL;
	if (view->newest != NULL && stamp <= view->newest->stamp)
		stamp = view->newest->stamp + 1;
	if (stamp == 0) /* 0 means that a slot has no stamp yet */
		stamp = 1;
	live_change_begin(part);
	own->stamp = own->born = stamp;
	own->expires_ns = timeout_ns == 0 ? LIVE_NEVER : act->now_ns + timeout_ns;
	own->relative = false;
	own->listed = 0;
	own->cells = cells;
	origin_set(part, own, !counted || own->origin);
	cells_init(act, own);
	live_change_end(part);
	view->own = view->newest = own;
	view->slot[0] = own; /* cells of an earlier addition do not count */
	view->count = 1;
	return own;
}

/* Count in the caller's part that an element ends before its time. */
static void
cut_count(const struct live_act *act)
{
	uint64_t *cuts = &live_part(act->object, act->part)->cuts;

	__atomic_store_n(cuts, *cuts + 1, __ATOMIC_RELEASE);
}

/* Restart the timeout of the element. */
static void
element_refresh(const struct live_act *act, uint32_t hash, const uint64_t *words,
		uint64_t timeout_ns, struct live_view *view)
{
	struct live_slot *own = live_own_slot(act, hash, words, view);
	uint64_t stamp = view->newest->stamp;
	bool cut;

	if (own == NULL)
		return;
	cut = act->now_ns + timeout_ns < live_expires(act->object, view->newest);
	__atomic_store_n(&own->expires_ns, act->now_ns + timeout_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&own->relative, false, __ATOMIC_RELEASE);
	__atomic_store_n(&own->stamp, act->now_ns > stamp ? act->now_ns : stamp,
			 __ATOMIC_RELEASE);
	if (cut)
		cut_count(act);
	view->newest = own;
}

static void
element_delete(const struct live_act *act, uint32_t hash, const uint64_t *words,
	       struct live_view *view)
{
	struct live_part *part = live_part(act->object, act->part);
	struct live_slot *own = live_own_slot(act, hash, words, view);

	if (own == NULL)
		return;
	if (view->count == 1) {
		live_part_give(act->object->table, part, own);
		cut_count(act);
		return;
	}
	live_change_begin(part);
	own->stamp = view->newest->stamp + 1;
	if (own->stamp < act->now_ns)
		own->stamp = act->now_ns;
	own->relative = false;
	own->expires_ns = LIVE_GONE;
	origin_set(part, own, false);
	live_change_end(part);
	cut_count(act);
}

/*
 * Evaluate the statements of the element. Returns whether all match; each that is reached
 * counts.
 */
static bool
cells_match(const struct live_act *act, uint32_t hash, const uint64_t *words,
	    struct live_view *view)
{
	const struct live_table *table = act->object->table;
	struct cell_use use = {
		.length = act->length,
		.conn = act->conn,
		.take = true,
		.now_ns = act->now_ns,
		.counted = act->counted,
		.pending = act->pending,
		.effects = act->effects,
		.object = act->object,
	};
	struct cell_parts cells;
	struct live_slot *own;
	unsigned c, i;

	own = live_own_slot(act, hash, words, view);
	if (own == NULL)
		return false;
	use.slot = own;
	for (c = 0; c < act->live->ncells; c++) {
		cells.own = live_cell(table, own, c);
		cells.others = 0;
		for (i = 0; i < view->count; i++)
			if (view->slot[i] != own && view->slot[i]->cells &&
			    view->slot[i]->born == own->born)
				cells.other[cells.others++] = live_cell(table,
									view->slot[i], c);
		if (!cell_eval(&act->live->cell[c], &cells, &use))
			return false;
	}
	return true;
}

/* Whether the element has statements that decide about the packet. */
static bool
has_cells(const struct live_act *act, const struct live_view *view)
{
	return view->newest->cells && act->live->ncells > 0 && !act->dry_run &&
	       act->effects != NULL;
}

/*
 * Remember that a view of all parts has found the element, so that the caller's slot
 * alone says so from now on. cuts: live_cuts() before the view.
 */
static void
view_remember(const struct live_act *act, const struct live_view *view, uint64_t cuts)
{
	struct live_slot *own = view->own;

	if (own != NULL &&
	    live_expires(act->object, own) <= live_expires(act->object, view->newest))
		own->seen = cuts;
}

/*
 * The part that the caller may read without its sequence, since only the caller writes
 * it. A dry run has none: it runs in any thread, and with the number of the control
 * thread's part, which the control thread may change meanwhile.
 */
static unsigned
part_owned(const struct live_act *act)
{
	return act->dry_run ? act->object->parts : act->part;
}

bool
live_lookup(const struct live_act *act, const u128 *values)
{
	uint64_t words[LIVE_WORDS_MAX], cuts;
	struct live_view view;
	uint32_t hash;

	live_words(act->object->table, values, words);
	hash = live_hash(act->object->table, words);
	if (live_known_find(act, hash, words) != NULL)
		return true;
	cuts = live_cuts(act->object);
	live_view_find(act->object, part_owned(act), hash, words, &view);
	if (!is_alive(act->object, view.newest, act->now_ns))
		return false;
	view_remember(act, &view, cuts);
	return !has_cells(act, &view) || cells_match(act, hash, words, &view);
}

/*
 * Add or renew an element that the caller's part alone says is in the set. Returns false
 * when a view of all parts has to decide.
 */
static bool
known_change(const struct live_act *act, enum live_op op, uint32_t hash,
	     const uint64_t *words, uint64_t timeout_ns)
{
	struct live_slot *slot = live_known_find(act, hash, words);
	uint64_t expires_ns = act->now_ns + timeout_ns;

	if (slot == NULL)
		return false;
	if (op == LIVE_ADD || timeout_ns == 0 || slot->expires_ns == LIVE_NEVER)
		return true;
	if (expires_ns < slot->expires_ns)
		return false;
	__atomic_store_n(&slot->expires_ns, expires_ns, __ATOMIC_RELAXED);
	if (act->now_ns > slot->stamp)
		__atomic_store_n(&slot->stamp, act->now_ns, __ATOMIC_RELEASE);
	return true;
}

bool
live_change(const struct live_act *act, enum live_op op, const u128 *values,
	    uint64_t timeout_ns, bool cells)
{
	uint64_t words[LIVE_WORDS_MAX], cuts;
	struct live_view view;
	uint32_t hash;
	bool alive;

	if (timeout_ns == 0)
		timeout_ns = act->live->timeout_ns;
	live_words(act->object->table, values, words);
	hash = live_hash(act->object->table, words);
	if (op != LIVE_DELETE && known_change(act, op, hash, words, timeout_ns))
		return true;
	cuts = live_cuts(act->object);
	live_view_find(act->object, part_owned(act), hash, words, &view);
	alive = is_alive(act->object, view.newest, act->now_ns);
	if (act->dry_run)
		return true;
	if (op == LIVE_DELETE) {
		if (alive)
			element_delete(act, hash, words, &view);
		return true;
	}
	if (!alive) {
		if (element_new(act, hash, words, timeout_ns, cells, &view) == NULL)
			return false;
	} else if (op == LIVE_UPDATE && timeout_ns != 0 &&
		   view.newest->expires_ns != LIVE_NEVER) {
		element_refresh(act, hash, words, timeout_ns, &view);
	}
	view_remember(act, &view, cuts);
	return !has_cells(act, &view) || cells_match(act, hash, words, &view);
}

/*
 * Whether the element was added to count connections and counts none now: the kernel
 * removes such elements in nft_connlimit_gc().
 */
static bool
is_empty(const struct object *object, const struct live_view *view)
{
	const struct live_table *table = object->table;
	const union cell *cell;
	uint32_t sum = 0;
	unsigned i;

	if (table->ncells == 0 || table->cell_type[0] != CELL_CONNECTIONS ||
	    !view->newest->cells || view->newest->listed != 0)
		return false;
	for (i = 0; i < view->count; i++) {
		cell = live_cell(table, view->slot[i], 0);
		if (view->slot[i]->born == view->newest->born)
			sum += __atomic_load_n(&cell->connections, __ATOMIC_RELAXED);
	}
	return sum == 0;
}

/*
 * Whether a slot can be freed: the element is gone, and freeing the slot would not make
 * an older slot of another part the newest one.
 */
static bool
is_garbage(const struct object *object, const struct live_view *view, uint64_t now_ns)
{
	unsigned i;

	if (is_alive(object, view->newest, now_ns) && !is_empty(object, view))
		return false;
	for (i = 0; view->newest == view->own && i < view->count; i++)
		if (view->slot[i] != view->own && is_alive(object, view->slot[i], now_ns))
			return false;
	return true;
}

void
live_sweep(struct object *object, unsigned number, uint64_t now_ns, unsigned count)
{
	struct live_part *part = live_part(object, number);
	struct live_slot *slot;
	struct live_view view;

	if (count > part->taken)
		count = part->taken;
	for (; part->count > 0 && count > 0; count--) {
		if (part->hand >= part->taken)
			part->hand = 0;
		slot = live_part_slot(object->table, part, part->hand++);
		if (!slot->used)
			continue;
		live_view_find(object, number, slot->hash, slot->word, &view);
		if (is_garbage(object, &view, now_ns))
			live_part_give(object->table, part, slot);
	}
}
