/* SPDX-License-Identifier: BSD-3-Clause */
#include "reader_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Detect the format by the first bytes. Returns 0, or -EINVAL with r->error. */
static int
begin(struct reader *r)
{
	const uint8_t *bytes = source_peek(&r->source, 4);
	uint32_t magic;

	if (bytes == NULL) {
		snprintf(r->error, sizeof(r->error),
			 "%s: no capture: %s; expected pcap or pcapng", r->file,
			 r->source.error[0] != '\0' ? r->source.error
						    : "it has less than 4 bytes");
		return -EINVAL;
	}
	memcpy(&magic, bytes, sizeof(magic));
	if (magic == PCAPNG_SECTION) {
		r->format = READER_PCAPNG;
		return 0;
	}
	return pcap_begin(r, magic);
}

static int
open_common(struct reader *r, char *text, size_t size)
{
	int status = begin(r);

	if (status != 0) {
		snprintf(text, size, "%s", r->error);
		reader_close(r);
	}
	return status;
}

int
reader_open(struct reader *r, const char *file, char *text, size_t size)
{
	char why[256];
	int status;

	*r = (struct reader){.file = strcmp(file, "-") == 0 ? "standard input" : file};
	status = source_open(&r->source, file, why, sizeof(why));
	if (status != 0) {
		snprintf(text, size, "%s: %s", r->file, why);
		return status;
	}
	return open_common(r, text, size);
}

int
reader_open_memory(struct reader *r, const void *bytes, size_t length, char *text,
		   size_t size)
{
	*r = (struct reader){.file = "memory"};
	if (source_open_memory(&r->source, bytes, length) != 0) {
		snprintf(text, size, "no memory");
		return -ENOMEM;
	}
	return open_common(r, text, size);
}

int
reader_next(struct reader *r, struct reader_frame *f)
{
	int status;

	if (r->error[0] != '\0')
		return -EINVAL;
	status = r->format == READER_PCAP ? pcap_next(r, f) : pcapng_next(r, f);
	if (status == 1) {
		f->number = ++r->number;
		r->interfaces[f->interface].packets++;
	}
	return status;
}

void
reader_close(struct reader *r)
{
	source_close(&r->source);
	free(r->interfaces);
	r->interfaces = NULL;
	r->interface_count = r->interface_room = 0;
}
