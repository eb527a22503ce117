/* SPDX-License-Identifier: BSD-3-Clause */
/* The connection to a sluice's control socket. */
#ifndef CTL_LINK_H
#define CTL_LINK_H

#include <jansson.h>

struct link; /* opaque */

/* Returns 0, or -errno and says on stderr what is wrong and what to do. */
int link_open(const char *path, struct link **link);
void link_close(struct link *link);

/* Send an object as a line. Returns 0 or -errno. */
int link_send(struct link *link, const json_t *request);

/* The next object, the caller's to free; NULL at the end, or when what comes is no object. */
json_t *link_receive(struct link *link);

#endif
