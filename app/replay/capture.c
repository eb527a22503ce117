/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A frame of the sample, whose bytes are in the sample's buffer. */
struct capture_kept {
	struct reader_frame f;
	uint32_t at;
	uint32_t comment; /* offset of the comment's text, if f.comment is set */
};

/*
 * Check the link type in the file header. Only pcapng can have several link types,
 * declared later in the file, so pcapng always passes.
 */
static int
check_link_type(const struct capture *c, struct capture_error *error)
{
	uint16_t type;

	if (c->reader.format != READER_PCAP)
		return 0;
	type = c->reader.interfaces[0].link_type;
	if (linktype_is_known(type))
		return 0;
	snprintf(error->text, sizeof(error->text), "%s: link type %s (%u); expected %s",
		 c->file, linktype_name(type), type, linktype_list());
	return -EINVAL;
}

int
capture_open(struct capture *c, struct capture_error *error)
{
	int status = reader_open(&c->reader, c->file, error->text, sizeof(error->text));

	if (status != 0)
		return status;
	c->file = c->reader.file;
	c->open = true;
	status = check_link_type(c, error);
	if (status != 0)
		capture_close(c);
	return status;
}

/* Read the next packet with a supported link type from the file. */
static bool
read_frame(struct capture *c, struct reader_frame *f)
{
	int status;
	uint16_t type;

	if (c->done)
		return false;
	while ((status = reader_next(&c->reader, f)) == 1) {
		type = c->reader.interfaces[f->interface].link_type;
		if (linktype_is_known(type))
			return true;
		c->left_out++;
		c->unknown_type = type;
	}
	c->done = true;
	c->damaged = status < 0;
	if (c->damaged)
		snprintf(c->damage.text, sizeof(c->damage.text), "%s", c->reader.error);
	return false;
}

int
capture_sample(struct capture *c)
{
	struct capture_sample *s = &c->sample;
	struct capture_kept *kept;
	size_t length;

	s->frames = calloc(CAPTURE_SAMPLE_FRAMES, sizeof(*s->frames));
	s->bytes = malloc(CAPTURE_SAMPLE_BYTES);
	if (s->frames == NULL || s->bytes == NULL)
		return -ENOMEM;
	/*
	 * stop while a packet of maximum length still fits: a packet that was read must
	 * be kept
	 */
	while (s->count < CAPTURE_SAMPLE_FRAMES &&
	       s->used + READER_MAX_PACKET + READER_COMMENT <= CAPTURE_SAMPLE_BYTES) {
		kept = &s->frames[s->count];
		if (!read_frame(c, &kept->f))
			break;
		kept->at = s->used;
		memcpy(s->bytes + s->used, kept->f.data, kept->f.captured);
		s->used += kept->f.captured;
		if (kept->f.comment != NULL) {
			kept->comment = s->used;
			length = strlen(kept->f.comment) + 1;
			memcpy(s->bytes + kept->comment, kept->f.comment, length);
			s->used += (uint32_t)length;
		}
		s->count++;
	}
	return 0;
}

void
capture_sampled(struct capture *c, uint32_t i, struct frame *fr)
{
	const struct capture_kept *kept = &c->sample.frames[i];

	fr->f = kept->f;
	fr->f.data = c->sample.bytes + kept->at;
	if (fr->f.comment != NULL)
		fr->f.comment = (const char *)c->sample.bytes + kept->comment;
	fr->link_type = c->reader.interfaces[kept->f.interface].link_type;
	frame_parse(fr);
}

/* Free the sample, after all its frames have been taken. */
static void
free_sample(struct capture_sample *s)
{
	free(s->frames);
	free(s->bytes);
	*s = (struct capture_sample){0};
}

static bool
next_frame(struct capture *c)
{
	if (c->sample.next < c->sample.count) {
		capture_sampled(c, c->sample.next++, &c->frame);
		return true;
	}
	free_sample(&c->sample);
	if (!read_frame(c, &c->frame.f))
		return false;
	c->frame.link_type = c->reader.interfaces[c->frame.f.interface].link_type;
	frame_parse(&c->frame);
	return true;
}

bool
capture_peek(struct capture *c, uint64_t *ns)
{
	if (!c->ready) {
		if (!next_frame(c))
			return false;
		c->ready = true;
		c->ns = c->frame.f.ns + (uint64_t)c->offset_ns;
		if (c->ns < c->last_ns) {
			c->backwards++;
			c->ns = c->last_ns;
		}
		c->last_ns = c->ns;
		c->cut += (c->frame.marks & MARK_CUT) != 0;
		c->packets++;
	}
	*ns = c->ns;
	return true;
}

const struct frame *
capture_take(struct capture *c)
{
	c->ready = false;
	return &c->frame;
}

bool
capture_comes_first(const struct capture *a, const struct capture *b)
{
	return a->frame.f.has_id && b->frame.f.has_id && a->frame.f.id < b->frame.f.id;
}

const struct reader_interface *
capture_interface(const struct capture *c, const struct frame *fr)
{
	return &c->reader.interfaces[fr->f.interface];
}

void
capture_close(struct capture *c)
{
	if (!c->open)
		return;
	free_sample(&c->sample);
	reader_close(&c->reader);
	c->open = false;
}
