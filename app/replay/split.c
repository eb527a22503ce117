/* SPDX-License-Identifier: BSD-3-Clause */
#include "split.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int
split_open(struct split *s, const char *dir, const char *const names[2], char *text,
	   size_t size)
{
	unsigned i;
	int status = 0;

	if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
		status = -errno;
		snprintf(text, size, "%s: %s", dir, strerror(errno));
		return status;
	}
	for (i = 0; i < 2 && status == 0; i++)
		status = writer_open(&s->side[i], dir, names[i], text, size);
	return status;
}

void
split_packet(struct split *s, const struct item *item)
{
	s->packets++;
	writer_packet(&s->side[item->port & 1u], item,
		      &(struct writer_extra){.as_replayed = true, .id = s->packets});
}

int
split_close(struct split *s, char *text, size_t size)
{
	char more[PATH_MAX + 256];
	int first = writer_close(&s->side[0], text, size);
	int second = writer_close(&s->side[1], more, sizeof(more));
	size_t used = first != 0 ? strlen(text) : 0;

	if (second != 0)
		snprintf(text + used, size - used, "%s%s", used != 0 ? "; " : "", more);
	return first != 0 ? first : second;
}
