/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of the page, which the build embeds into the program (app/page/embed). */
#ifndef PAGE_RESOURCE_H
#define PAGE_RESOURCE_H

#include <stddef.h>

struct resource {
	const char *path; /* such as "/page.js" */
	const char *type; /* the value of Content-Type */
	const unsigned char *content;
	size_t size; /* bytes */
};

extern const struct resource resources[];
extern const unsigned resource_count;

#endif
