/* SPDX-License-Identifier: BSD-3-Clause */
/* Data that the files of the control thread share. */
#ifndef CONTROL_SERVER_H
#define CONTROL_SERVER_H

#include <control/control.h>

#include "fanout.h"

struct server {
	const struct control_config *config;
	struct fanout fanout;
	unsigned streams;         /* CONTROL_STREAM_* that the workers currently report */
	unsigned changes;         /* fanout.changes when they were told what to report */
	unsigned traces;          /* packets traced in this round of the control thread */
	bool states_asked;        /* a request `states` has come: states.h */
	bool states_counted;      /* the workers count endpoints by state */
	uint64_t states_asked_ms; /* time of the last such request */
	/* number of items that each worker had lost of each stream at the last reading */
	uint64_t lost[CONTROL_MAX_WORKERS][CONTROL_STREAMS];
};

#endif
