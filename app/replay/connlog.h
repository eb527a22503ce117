/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Write conn.log, one line for each finished connection in Zeek's TSV format, and
 * conn.json, the same in Zeek's JSON format. Both have the Community ID as a column.
 */
#ifndef REPLAY_CONNLOG_H
#define REPLAY_CONNLOG_H

#include <limits.h>
#include <stdio.h>

#include "conversation.h"

struct connlog {
	FILE *tsv;
	FILE *json;
	char path[2][PATH_MAX];
	uint64_t last_ns;
};

/*
 * Create both files in an existing directory. first_ns: time of the first packet. Returns
 * 0, or -errno with text. Call connlog_close() in both cases.
 */
int connlog_open(struct connlog *l, const char *dir, uint64_t first_ns, char *text,
		 size_t size);

void connlog_connection(struct connlog *l, const struct conversation *c);

/* Close the files. Returns 0, or -errno with text when writing has failed. */
int connlog_close(struct connlog *l, char *text, size_t size);

#endif
