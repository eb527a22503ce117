/* SPDX-License-Identifier: BSD-3-Clause */
/* The parsed command line of sluicectl. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "columns.h"
#include "set.h"

struct options {
	const char *socket;
	const char *command; /* name of the command; NULL: none */
	int timeout;         /* seconds to wait; -1: not given */
	bool json;
	bool table;                /* print connections as a table of these columns */
	bool columns_named;        /* the columns are those of --columns */
	bool batch;                /* top: screens follow one another */
	struct columns columns;    /* at least one */
	const struct column *sort; /* order of connections; NULL: as they come */
	uint64_t interval;         /* top: seconds between two samples */
	bool all;
	bool verbose;
	bool follow;
	bool dry_run;
	bool reset;
	/* what a reload does with connections: keep, recheck, flush; NULL: not given */
	const char *connections;
	const char *write;    /* name of the capture file */
	const char *verdict;  /* of the packets to capture; NULL: any */
	uint64_t count;       /* end after this many records or screens; 0: no limit */
	uint64_t limit;       /* end after this many connections; 0: no limit */
	struct set_words set; /* operands of the command `set` */
	json_t *request;
};

#endif
