/* SPDX-License-Identifier: BSD-3-Clause */
#include "writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pcapng.h"

#define BUFFER_BYTES (1u << 20)
#define BLOCK_BYTES (512u << 10) /* exceeds the length of each packet with its comments */
#define NANOSECONDS 9u

static void
put(struct writer *w, size_t n)
{
	if (n > w->block_bytes) {
		w->left_out++;
		return;
	}
	if (fwrite(w->block, 1, n, w->file) != n && w->error == 0)
		w->error = errno != 0 ? errno : EIO;
}

static int
refuse(const struct writer *w, int error, char *text, size_t size)
{
	snprintf(text, size, "%s: %s; the file is incomplete", w->path, strerror(error));
	return -error;
}

int
writer_open(struct writer *w, const char *dir, const char *name, char *text, size_t size)
{
	const struct pcapng_section section = {
		.application = "sluice-replay " SLUICE_VERSION};

	snprintf(w->path, sizeof(w->path), "%s/%s.pcapng", dir, name);
	w->block_bytes = BLOCK_BYTES;
	w->block = malloc(w->block_bytes);
	if (w->block == NULL)
		return refuse(w, ENOMEM, text, size);
	w->file = fopen(w->path, "we");
	if (w->file == NULL)
		return refuse(w, errno, text, size);
	w->buffer = malloc(BUFFER_BYTES);
	if (w->buffer != NULL)
		setvbuf(w->file, w->buffer, _IOFBF, BUFFER_BYTES);
	put(w, pcapng_section(w->block, w->block_bytes, &section));
	return 0;
}

/*
 * Find the output interface for a packet's interface; write its description before its
 * first packet.
 */
static bool
find_interface(struct writer *w, const struct item *item, bool as_replayed,
	       uint32_t *number)
{
	const struct reader_interface *from = capture_interface(item->capture, &item->fr);
	struct pcapng_interface interface = {
		.link_type = from->link_type,
		.snaplen = from->snaplen,
		.tsresol = as_replayed ? NANOSECONDS : from->tsresol,
		.tsoffset = as_replayed ? 0 : from->tsoffset,
		.name = from->name[0] != '\0' ? from->name : NULL,
		.description = from->description[0] != '\0' ? from->description
							    : item->capture->file,
	};
	uint32_t i;

	for (i = 0; i < w->count; i++) {
		if (w->interfaces[i].capture == item->capture->number &&
		    w->interfaces[i].interface == item->fr.f.interface) {
			*number = i;
			return true;
		}
	}
	if (w->count == WRITER_INTERFACES)
		return false;
	w->interfaces[w->count].capture = item->capture->number;
	w->interfaces[w->count].interface = item->fr.f.interface;
	*number = w->count++;
	put(w, pcapng_interface(w->block, w->block_bytes, &interface));
	return true;
}

void
writer_packet(struct writer *w, const struct item *item, const struct writer_extra *extra)
{
	const struct reader_frame *f = &item->fr.f;
	struct pcapng_packet packet = {
		.time = extra->as_replayed ? item->ns : f->time,
		.data = f->data,
		.captured = f->captured,
		.length = f->length,
		.flags = f->flags,
		.has_id = extra->as_replayed || f->has_id,
		.id = extra->as_replayed ? extra->id : f->id,
		.comment = {extra->comment, f->comment},
	};

	if (!find_interface(w, item, extra->as_replayed, &packet.interface)) {
		w->left_out++;
		return;
	}
	put(w, pcapng_packet(w->block, w->block_bytes, &packet));
}

int
writer_close(struct writer *w, char *text, size_t size)
{
	int status = 0;

	if (w->file != NULL && fclose(w->file) != 0 && w->error == 0)
		w->error = errno != 0 ? errno : EIO;
	if (w->error != 0)
		status = refuse(w, w->error, text, size);
	free(w->buffer);
	free(w->block);
	w->file = NULL;
	w->buffer = NULL;
	w->block = NULL;
	return status;
}
