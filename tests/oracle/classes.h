/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Known differences between the verdicts and states of sluice and of nf_conntrack.
 * docs/nf-conntrack.md has a row for each class, under the same name: what differs, and
 * why sluice is right.
 *
 * A class is a predicate on one step. It may use the segment, both verdicts, the states
 * and numbers before and after, and a summary of the earlier steps. A class that also
 * holds for steps with equal verdicts would hide errors; the self-test in oracle.c
 * inverts verdicts to find such classes.
 */
#ifndef ORACLE_CLASSES_H
#define ORACLE_CLASSES_H

#include "step.h"

struct difference_class {
	const char *name;
	bool (*holds)(const struct step *s);
	unsigned long count; /* number of steps that the class has explained */
};

/*
 * Tables of classes; a row without a name ends each. The first class that holds explains
 * the step.
 */
/* for steps that the kernel drops and sluice passes */
extern struct difference_class kernel_drops[];
/* for steps that sluice drops and the kernel passes */
extern struct difference_class sluice_drops[];
extern struct difference_class state_differs[];

/*
 * Return whether the kernel's state after the step corresponds to sluice's pair of
 * states.
 */
bool states_agree(const struct step *s);

#endif
