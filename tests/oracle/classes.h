/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The classes of differences between sluice and nf_conntrack. docs/nf-conntrack.md says
 * of each, under the name that it has here, what differs and why ours is right.
 *
 * A class is a predicate on one step: who says what of which segment, in which states, by
 * which numbers, after which past. One that holds for a step on which the two agree is
 * too wide: the self-test of the oracle looks for that.
 */
#ifndef ORACLE_CLASSES_H
#define ORACLE_CLASSES_H

#include "step.h"

struct difference_class {
	const char *name;
	bool (*holds)(const struct step *s);
	unsigned long count; /* steps that it has explained */
};

/* A row each, the last one without a name; the first that holds explains the step. */
extern struct difference_class kernel_drops[]; /* .. and we pass */
extern struct difference_class sluice_drops[]; /* .. and the kernel passes */
extern struct difference_class state_differs[];

/* Whether the kernel's state after the step is the one that stands for our pair. */
bool states_agree(const struct step *s);

#endif
