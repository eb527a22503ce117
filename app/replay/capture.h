/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A capture as a stream of frames in the order of the file. The first frames are read
 * ahead and kept as a sample. From the samples sides, checksums and clock differences are
 * determined before the first packet is replayed, also for a capture that comes from a
 * pipe.
 *
 *	capture_open(&c, &error)
 *	capture_sample(&c)
 *	for (i = 0; i < c.sample.count; i++)
 *		capture_sampled(&c, i, &frame);
 *	while (capture_peek(&c, &ns)) {
 *		const struct frame *fr = capture_take(&c);
 *		...
 *	}
 *	capture_close(&c);
 *
 * Times never decrease: a packet whose time is before that of its predecessor gets the
 * predecessor's time.
 */
#ifndef REPLAY_CAPTURE_H
#define REPLAY_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "reader.h"

#define CAPTURE_SAMPLE_FRAMES 16384u
#define CAPTURE_SAMPLE_BYTES (16u << 20)

struct capture_error {
	char text[512];
};

/* The frames read ahead, kept in memory. */
struct capture_sample {
	struct capture_kept *frames;
	uint8_t *bytes;
	uint32_t count;
	uint32_t next; /* index of the next frame to take */
	uint32_t used; /* used bytes of the buffer */
};

struct capture {
	const char *name; /* port that the packets enter; NULL: found for each packet */
	const char *file;
	char *file_json;   /* the file's name as a JSON string; NULL: the only capture */
	uint16_t port;     /* the engine's number of that port, if name is set */
	int64_t offset_ns; /* nanoseconds to add to each time (--offset) */
	uint16_t number;   /* number of the capture, from 0 */
	struct reader reader;
	bool open;
	struct capture_sample sample;
	/* statistics of the packets so far */
	uint64_t packets;      /* packets replayed */
	uint64_t backwards;    /* packets older than their predecessor */
	uint64_t cut;          /* packets truncated by the snapshot length */
	uint64_t left_out;     /* packets skipped for an unsupported link type */
	uint16_t unknown_type; /* an example of such a link type */
	bool damaged;          /* reading stopped at damage, described in `damage` */
	bool done;
	struct capture_error damage;
	/* state of reading: the next frame */
	bool ready;
	struct frame frame;
	uint64_t ns;
	uint64_t last_ns;
};

/*
 * Open a capture and read its header. Returns 0, or -errno with error->text when nothing
 * can be replayed: no such file, not a capture, or an unsupported link type.
 */
int capture_open(struct capture *c, struct capture_error *error);

/* Read the sample. Returns 0 or -ENOMEM. */
int capture_sample(struct capture *c);

/*
 * Parse frame i of the sample. Its time is that of the file, without offset_ns. Call it
 * before the first capture_peek() only.
 */
void capture_sampled(struct capture *c, uint32_t i, struct frame *fr);

/*
 * Store the time of the next packet, including offset_ns; return false when no packet is
 * left because the file has ended or is damaged from here on.
 */
bool capture_peek(struct capture *c, uint64_t *ns);

/*
 * Take the packet that capture_peek() has found. It is valid until the next
 * capture_peek().
 */
const struct frame *capture_take(struct capture *c);

/*
 * Compare the next packets of two captures, which have equal times, where a comes after b
 * on the command line. Returns whether the packet of a is to be replayed first: both
 * packets have numbers (epb_packetid), as --split writes them, and that of a is lower.
 */
bool capture_comes_first(const struct capture *a, const struct capture *b);

/* Return the interface on which a frame was captured. */
const struct reader_interface *capture_interface(const struct capture *c,
						 const struct frame *fr);

void capture_close(struct capture *c);

#endif
