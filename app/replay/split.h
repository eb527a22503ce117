/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * --split: write the packets of all captures to two pcapng files, one for each side of
 * the wire, as input for --port. Bytes and link types are those of the captures, times
 * those of the replay. Packets are numbered over both files (epb_packetid), so that a
 * replay of them keeps the order of packets with equal times.
 */
#ifndef REPLAY_SPLIT_H
#define REPLAY_SPLIT_H

#include "sinks.h"
#include "writer.h"

struct split {
	struct writer side[2];
	uint64_t packets;
};

/*
 * Create the directory and the files NAME.pcapng. Returns 0, or -errno with text. Call
 * split_close() in both cases.
 */
int split_open(struct split *s, const char *dir, const char *const names[2], char *text,
	       size_t size);

void split_packet(struct split *s, const struct item *item);

/* Close the files. Returns 0, or -errno with text when writing has failed. */
int split_close(struct split *s, char *text, size_t size);

#endif
