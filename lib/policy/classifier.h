/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Classification by bit vectors: which of many entries does a tuple of values match?
 * Entries are the rules of a chain (rule_classifier.h) or the elements of a set (set.c).
 *
 * Each entry is a box: it has one or more intervals in each field. A field is a
 * dimension, whose values are divided into intervals at each boundary of an entry. All
 * values of one interval match the same entries, which are kept as a bit vector with a
 * bit for each entry. A packet's values lead to one bit vector in each dimension, and the
 * bits that are set in all of them are the entries that match: the algorithm of Lakshman
 * and Stiliadis ("High-Speed Policy-based Packet Forwarding Using Efficient
 * Multi-dimensional Range Matching", SIGCOMM 1998).
 *
 * Most words of most bit vectors are zero. They are left out, and a summary says which
 * those are, so that an intersection reads few words: the aggregated bit vectors of
 * Baboescu and Varghese ("Scalable Packet Classification", SIGCOMM 2001). A bit vector is
 * `groups` words of summary, each with one bit for each word of its 64 * 64 entries, and
 * then, in order, the words whose bit is set in the summary.
 *
 * A dimension takes at most DIMENSION_BYTES. One that would need more leaves out
 * boundaries and is not exact: its bit vectors then have bits of entries that do not
 * match. So the time and memory to build a classifier are bounded, and who uses it
 * compares the entries that it finds.
 */
#ifndef POLICY_CLASSIFIER_H
#define POLICY_CLASSIFIER_H

#include <policy/ir.h>

#define DIMENSION_BYTES (16u << 20)
#define CLASSIFIER_DIMENSIONS_MAX KEY_FIELDS_MAX

struct dimension {
	/* packet field that the dimension compares; only for the rules of a chain */
	enum field_id field;
	/* true: the bit vectors contain only entries that match in this dimension */
	bool exact;
	/*
	 * With direct lookup: for each value up to the last boundary, the offset of its
	 * bit vector. NULL: the values are found by binary search.
	 */
	uint32_t *direct;
	uint32_t last;
	/*
	 * Binary search: number of boundaries. The first boundary is 0; `offset` has the
	 * bit vector that begins at each.
	 */
	uint32_t nboundaries;
	uint32_t *boundary32; /* boundaries of a field of at most 32 bits; else NULL */
	u128 *boundary;       /* boundaries of a wider field; else NULL */
	uint32_t *vector;
	uint64_t *bits;
};

struct classifier {
	uint32_t entries;
	uint32_t words; /* length of a full bit vector, in words of 64 entries */
	/* number of summary words of a bit vector; each covers 64 words */
	uint32_t groups;
	unsigned count; /* number of dimensions */
	struct dimension dimension[CLASSIFIER_DIMENSIONS_MAX];
};

/* The values from lo to hi, which an entry matches in one dimension. */
struct interval {
	u128 lo, hi;
	uint32_t entry;
};

struct interval_list {
	struct interval *interval;
	size_t count;
	size_t room;
	bool failed; /* an allocation failed; intervals added since then are lost */
};

void interval_add(struct interval_list *list, uint32_t entry, u128 lo, u128 hi);
void interval_list_free(struct interval_list *list);

void classifier_init(struct classifier *classifier, uint32_t entries);

/*
 * Add a dimension for values that are `bits` bits wide. Sorts the intervals; an entry
 * without an interval matches nothing. direct: use a table that has four bytes for each
 * value up to the last boundary; faster, and only for fields of at most 16 bits. Returns
 * 0 or -ENOMEM.
 */
int classifier_add(struct classifier *classifier, struct arena *arena,
		   struct interval_list *list, unsigned bits, bool direct);

/*
 * Intersect `count` bit vectors, one of each dimension, and return the first entry at or
 * after an index whose bit is set in all. Returns classifier->entries when there is none.
 */
uint32_t classifier_find(const struct classifier *classifier,
			 const uint64_t *const *vector, unsigned count, uint32_t from);

/* A binary search without branches: half of them would be mispredicted. */
static inline uint32_t
boundary32_find(const uint32_t *boundary, uint32_t count, uint32_t value)
{
	uint32_t at = 0, half;

	for (; count > 1; count -= half) {
		half = count / 2;
		at += half & -(uint32_t)(boundary[at + half] <= value);
	}
	return at;
}

static inline uint32_t
boundary_find(const u128 *boundary, uint32_t count, u128 value)
{
	uint32_t at = 0, half;

	for (; count > 1; count -= half) {
		half = count / 2;
		at += half & -(uint32_t)(boundary[at + half] <= value);
	}
	return at;
}

/* The bit vector of a value of 32 bits at most; the dimension has no `boundary`. */
static inline const uint64_t *
dimension_vector32(const struct dimension *dimension, uint32_t value)
{
	if (dimension->direct != NULL) {
		value = value < dimension->last ? value : dimension->last;
		return &dimension->bits[dimension->direct[value]];
	}
	value = boundary32_find(dimension->boundary32, dimension->nboundaries, value);
	return &dimension->bits[dimension->vector[value]];
}

/* The bit vector of any value. */
static inline const uint64_t *
dimension_vector(const struct dimension *dimension, u128 value)
{
	uint32_t at;

	if (dimension->boundary == NULL)
		return dimension_vector32(dimension, (uint32_t)value);
	at = boundary_find(dimension->boundary, dimension->nboundaries, value);
	return &dimension->bits[dimension->vector[at]];
}

/* The inner part of classifier_add(), declared here for its unit test. */

/*
 * Bit vectors for a subset of the boundaries: one for every step-th boundary. They take
 * at most words_max words.
 */
struct packing {
	size_t words_max;
	uint64_t *bits;
	uint32_t *vector;
	size_t used, room, count, step;
};

/*
 * Pack the bit vectors of the intervals between n boundaries. When they need more than
 * packing->words_max words, keep only every second, fourth, eighth .. boundary. The
 * caller sets packing->words_max before; the other members are output. Sorts the
 * intervals. Returns 0 or -ENOMEM; the caller frees the packing in both cases.
 */
int vectors_pack(struct packing *packing, const struct classifier *classifier,
		 struct interval *intervals, size_t count, const u128 *boundaries,
		 size_t n);
void packing_free(struct packing *packing);

#endif
