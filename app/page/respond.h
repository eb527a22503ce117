/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers over HTTP. All have the headers that keep the scripts of other sites out. */
#ifndef PAGE_RESPOND_H
#define PAGE_RESPOND_H

#include <jansson.h>
#include <microhttpd.h>

#include "resource.h"

/* Send a text with a status other than 200. */
enum MHD_Result respond_text(struct MHD_Connection *connection, unsigned status,
			     const char *text);

/* Send JSON, and free it. */
enum MHD_Result respond_json(struct MHD_Connection *connection, unsigned status,
			     json_t *json);

/* Send a file of the page. */
enum MHD_Result respond_resource(struct MHD_Connection *connection,
				 const struct resource *resource);

/*
 * Send server-sent events. read() is called in the thread of the connection, may wait,
 * and is a MHD_ContentReaderCallback; end() is called once, also on failure. read NULL:
 * only the headers.
 */
enum MHD_Result respond_events(struct MHD_Connection *connection,
			       MHD_ContentReaderCallback read,
			       MHD_ContentReaderFreeCallback end, void *context);

#endif
