/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Write annotated.pcapng, all packets with the verdict as a comment that Wireshark shows,
 * and dropped.pcapng, only the dropped packets.
 */
#ifndef REPLAY_ANNOTATE_H
#define REPLAY_ANNOTATE_H

#include <policy/policy.h>

#include "writer.h"

#define ANNOTATE_TEXT 768u

struct annotate {
	struct writer all;
	struct writer dropped;
	const struct policy *policy;
};

/*
 * Create both files in an existing directory. Returns 0, or -errno with text. Call
 * annotate_close() in both cases.
 */
int annotate_open(struct annotate *a, const char *dir, const struct policy *policy,
		  char *text, size_t size);

/* Write a packet, whose bytes must be available. record NULL: it has no verdict. */
void annotate_packet(struct annotate *a, const struct item *item,
		     const struct engine_record *record);

/* Write the comment of a packet to text. */
void annotate_comment(const struct policy *policy, const struct item *item,
		      const struct engine_record *record, char text[ANNOTATE_TEXT]);

/* Close the files. Returns 0, or -errno with text when writing has failed. */
int annotate_close(struct annotate *a, char *text, size_t size);

#endif
