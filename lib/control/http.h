/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Serves one page over HTTP, for GET and HEAD. libmicrohttpd uses a thread of its own, on
 * which all callbacks run. The resources are bounded: a connection has 16 KiB for its
 * headers, and ends after 10 s without a byte; above 48 connections the oldest is closed;
 * the page is made at most once in HTTP_CACHE_MS.
 */
#ifndef CONTROL_HTTP_H
#define CONTROL_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define HTTP_CACHE_MS 200u
#define HTTP_FORMS 2u /* number of forms of the page */

struct http_text {
	char *text; /* allocated by malloc() */
	size_t size;
};

struct http_page {
	const char *path;         /* such as "/metrics" */
	const char *const *types; /* the values of Content-Type, by form */
	/* Return the form for the value of an Accept header; NULL: there is none. */
	unsigned (*choose)(const char *accept);
	/*
	 * Make the page in all forms. Returns false, and no texts, when it is not
	 * available now.
	 */
	bool (*make)(void *context, struct http_text texts[HTTP_FORMS]);
	void *context;
	const char *not_found;   /* body of status 404 */
	const char *unavailable; /* body of status 503, sent when make() fails */
};

struct http;

/*
 * Returns NULL, and a message of at most `size` bytes, when it cannot listen at the
 * address.
 */
struct http *http_start(const struct sockaddr *address, const struct http_page *page,
			char *message, size_t size);
void http_stop(struct http *http);

#endif
