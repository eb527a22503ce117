/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Write records to a pcapng file: the first bytes of each frame, one interface for each
 * port, and a comment with the verdict and its reason.
 */
#ifndef CTL_CAPTURE_H
#define CTL_CAPTURE_H

#include <jansson.h>

struct capture;

/*
 * Create the file; "-" is standard output. Returns NULL after a message when the file
 * cannot be written, or standard output is a terminal.
 */
struct capture *capture_open(const char *path);

/*
 * Write a `drop` or `log` message with its frame, and flush it. Returns 0, or -1 after a
 * message: writing has failed.
 */
int capture_write(struct capture *c, const json_t *message);

/* Note that sluice omitted this many packets at this point. */
void capture_lose(struct capture *c, unsigned long long packets);

/* Return the number of packets written. */
unsigned long long capture_count(const struct capture *c);

/* Complete and close the file. Returns 0, or -1 after a message. */
int capture_close(struct capture *c);

#endif
