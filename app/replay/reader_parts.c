/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What both formats share: errors with their place in the file, and the array of
 * interfaces.
 */
#include "reader_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int
reader_damaged(struct reader *r, const char *format, ...)
{
	va_list args;
	int n = snprintf(r->error, sizeof(r->error),
			 "%s: damaged at packet %" PRIu64 ": ", r->file, r->number + 1);

	if (n > 0 && (size_t)n < sizeof(r->error)) {
		va_start(args, format);
		vsnprintf(r->error + n, sizeof(r->error) - (size_t)n, format, args);
		va_end(args);
	}
	return -EINVAL;
}

int
reader_ends_early(struct reader *r, const char *what, size_t bytes)
{
	const struct source *s = &r->source;

	if (s->error[0] != '\0')
		return reader_damaged(r, "%s", s->error);
	return reader_damaged(r, "the file ends %zu bytes into a %s of %zu bytes",
			      s->end - s->start, what, bytes);
}

struct reader_interface *
reader_add_interface(struct reader *r)
{
	uint32_t room = r->interface_room != 0 ? 2 * r->interface_room : 4;
	struct reader_interface *more;

	if (r->interface_count == READER_MAX_INTERFACES) {
		reader_damaged(r, "more than %u interfaces", READER_MAX_INTERFACES);
		return NULL;
	}
	if (r->interface_count == r->interface_room) {
		more = reallocarray(r->interfaces, room, sizeof(*more));
		if (more == NULL) {
			reader_damaged(r, "no memory for its interfaces");
			return NULL;
		}
		r->interfaces = more;
		r->interface_room = room;
	}
	more = &r->interfaces[r->interface_count++];
	*more = (struct reader_interface){0};
	return more;
}
