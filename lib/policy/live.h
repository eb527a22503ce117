/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets that change while the rules are in force: by `add`, `update` and `delete` of
 * packets, by timeouts, by the control socket.
 *
 * As any object (object.h) a set has a part for each worker, and one for the control
 * thread. A part is a hash table of slots, which only its owner writes. Several parts may
 * have a slot for one element; the slot with the newest stamp says whether the element is
 * in the set, and for how long. So an element that one worker adds is found by all, and
 * one that a worker deletes is found by none: its slot says so, and is newer. This is the
 * "last-writer-wins element set" of Shapiro, Preguiça, Baquero and Zawirski ("A
 * comprehensive study of Convergent and Commutative Replicated Data Types", 2011).
 *
 * An element may have statements: a counter, a limit. Each worker has a cell of them in
 * its own slot, and the cells are joined (cell.h). An element that is deleted or expires
 * and comes back starts anew; `born` tells the cells of its lives apart.
 *
 * To join the parts, a worker has to look in all of them. It need not while it knows that
 * the others can only make the element last longer: `seen` and `cuts` tell that, so an
 * element that its packets renew costs the lookup in its own part alone
 * (live_known_find()).
 *
 * Slots are reclaimed when the element is gone: by live_sweep(), a few in each turn of
 * the worker. Until then they count for the size of the set, as in the kernel until
 * its garbage collection.
 */
#ifndef POLICY_LIVE_H
#define POLICY_LIVE_H

#include "object.h"

#define LIVE_WORDS_MAX (2 * KEY_FIELDS_MAX)
#define LIVE_NEVER UINT64_MAX /* value of expires_ns: the element never expires */
#define LIVE_GONE 0           /* value of expires_ns: the element was deleted */
#define LIVE_LINE 64          /* bytes of a cache line */

struct live_slot {
	/* next slot of the same bucket or of the free list: index + 1; 0: none */
	uint32_t next;
	uint32_t hash;
	uint64_t stamp;      /* time stamp of the last change */
	uint64_t born;       /* time stamp of the element's addition */
	uint64_t expires_ns; /* time of expiry, LIVE_NEVER or LIVE_GONE */
	bool used;
	/* this part added the element, so the slot counts for the set's size */
	bool origin;
	bool cells;    /* the element has statements */
	bool relative; /* expires_ns is relative to the object's start_ns */
	/* number of the last listing of the rules that contains it; 0: none */
	uint32_t listed;
	/*
	 * live_cuts() before the owner's last view of all parts, when expires_ns was not
	 * later than that of the newest slot; 0: there was none. Only its owner reads it.
	 */
	uint64_t seen;
	uint64_t word[]; /* the values, then a union cell for each statement */
};

struct live_part {
	uint32_t sequence; /* odd while the owner changes slots */
	uint32_t count;    /* slots in use */
	uint32_t origins;  /* elements that this part added */
	uint32_t taken;    /* slots that were ever in use; those above are untouched */
	uint32_t free;     /* head of the free list below `taken`: index + 1; 0: empty */
	uint32_t hand;     /* index of the next slot to sweep */
	uint32_t mask;     /* lowest 2^n - 1 from `buckets` - 1 on */
	uint64_t cuts;     /* how often it made an element end before its time */
	uint64_t full;     /* number of additions that found no room */
	uint32_t *bucket;  /* first slot of each bucket: index + 1; 0: empty */
	unsigned char *slot;
	uint32_t buckets; /* in use; they grow with the number of slots in use */
	uint32_t buckets_max;
	void *memory; /* of the slots, which begin at a cache line */
};
_Static_assert(sizeof(struct live_part) <= PART_ALIGN, "it is the part of an object");

/*
 * Layout of a set's slots, and their memory. Policies that share the set share the table.
 */
struct live_table {
	uint8_t nfields;
	uint8_t wide;
	uint8_t nwords;
	uint8_t ncells;
	uint8_t cell_type[LIVE_CELLS_MAX];
	bool by_index;
	uint32_t size;
	/*
	 * slots in one part; more than the set's size, for elements that other parts
	 * added
	 */
	uint32_t slots;
	size_t slot_bytes;
	uint64_t seed[2];
};

/* The slots that several parts have for the same element. */
struct live_view {
	struct live_slot *own; /* slot in the caller's part; NULL: it has none */
	/* slot with the newest stamp; NULL: no part has a slot */
	struct live_slot *newest;
	struct live_slot *slot[CELL_PARTS_MAX];
	unsigned count;
};

/* live_part.c */
int live_part_init(const struct live_table *table, struct live_part *part);
void live_part_free(struct live_part *part);
/* Split the values of an element into the words of its slot. */
void live_words(const struct live_table *table, const u128 *values, uint64_t *words);
uint32_t live_hash(const struct live_table *table, const uint64_t *words);
/*
 * Take a free slot and set its hash and words only. Returns NULL, and counts it in
 * `full`, when there is none.
 */
struct live_slot *live_part_take(const struct live_table *table, struct live_part *part,
				 uint32_t hash, const uint64_t *words);
void live_part_give(const struct live_table *table, struct live_part *part,
		    struct live_slot *slot);
/* Enclose changes that readers must see together: they retry when `sequence` changes. */
void live_change_begin(struct live_part *part);
void live_change_end(struct live_part *part);

static inline union cell *
live_cell(const struct live_table *table, struct live_slot *slot, unsigned number)
{
	return (union cell *)(void *)&slot->word[table->nwords] + number;
}

static inline struct live_part *
live_part(const struct object *object, unsigned part)
{
	return (struct live_part *)(void *)(object->part + (size_t)part * PART_ALIGN);
}

void live_values(const struct live_table *table, const uint64_t *words, u128 *values);

/* live.c: an operation on a set: the set, the caller's part of it, and the time. */
struct live_act {
	const struct ir_live *live;
	struct object *object;
	unsigned part;
	uint64_t now_ns;
	bool dry_run;
	/*
	 * The members below are for the statements of the element. packet NULL: none is
	 * evaluated.
	 */
	struct counted *counted;
	struct counted_in *pending;
	struct policy_effects *effects;
	uint32_t length;
	uint32_t conn;
};

enum live_op {
	LIVE_ADD,
	LIVE_UPDATE,
	LIVE_DELETE,
};

int live_init(struct object *object, const struct ir_live *live);
void live_free(struct object *object);
bool live_same_shape(const struct object *object, const struct ir_live *live);

/* Add the elements that the rules list; delete those that they no longer list. */
int live_list_begin(struct object *object, const struct ir_live *live, unsigned part,
		    uint64_t now_ns);

/* Whether the set contains the values and all statements of the element match. */
bool live_lookup(const struct live_act *act, const u128 *values);

/*
 * Add, update or delete an element. timeout_ns: timeout of the element; 0: that of the
 * set. cells: a new element gets the set's statements. Returns whether the rest of the
 * rule is evaluated, as the kernel's nft_dynset_eval().
 */
bool live_change(const struct live_act *act, enum live_op op, const u128 *values,
		 uint64_t timeout_ns, bool cells);

/* Scan at most `count` slots of a part and free those of expired elements. */
void live_sweep(struct object *object, unsigned part, uint64_t now_ns, unsigned count);

/* Find the slots of an element in all parts. */
void live_view_find(const struct object *object, unsigned own, uint32_t hash,
		    const uint64_t *words, struct live_view *view);
/*
 * The slot of the caller's part for an element that is in the set. Takes a new slot when
 * the part has none. Returns NULL when the part is full.
 */
struct live_slot *live_own_slot(const struct live_act *act, uint32_t hash,
				const uint64_t *words, struct live_view *view);
/* When the element expires, on the clock of now_ns; or LIVE_NEVER or LIVE_GONE. */
uint64_t live_expires(const struct object *object, const struct live_slot *slot);

#endif
