/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Turn the query of a URL ("?src=10.0.0.1&dport=80") into requests to the control socket.
 * Only the filters of connections can be named, so no URL makes another request.
 *
 *	struct query query;
 *
 *	query_begin(&query);
 *	query_take(&query, "src", "10.0.0.1");
 *	..
 *	if (query.error[0] == '\0')
 *		request = query_list(&query);
 *	query_end(&query);
 */
#ifndef PAGE_QUERY_H
#define PAGE_QUERY_H

#include <stdbool.h>

#include <jansson.h>

#define QUERY_LIMIT_DEFAULT 100u
#define QUERY_LIMIT_MAX 1000u

struct query {
	json_t *filter;  /* the members of a request that select connections */
	unsigned limit;  /* at most so many connections are wanted */
	unsigned given;  /* a bit for each parameter that was given, also an empty one */
	char error[160]; /* what is wrong with the query; "": nothing */
};

void query_begin(struct query *query);
void query_end(struct query *query);

/*
 * Return whether a part of a URL, before it is decoded, has an encoded byte 0: the
 * decoded strings end there.
 */
bool query_has_nul(const char *url);

/*
 * Take a parameter. An empty or missing value selects nothing. One that is given twice is
 * an error, also if it is empty. The values of filters are not checked: sluice does.
 * After an error no other parameter changes query->error.
 */
void query_take(struct query *query, const char *name, const char *value);

/* Return the request `list`; the caller frees it. NULL: no memory. */
json_t *query_list(const struct query *query);

/*
 * Check that the query names one connection: proto, src and dst, which are addresses of
 * one family and no networks, and both ports, or neither if the protocol has none. If
 * not, sets query->error and returns false.
 */
bool query_is_connection(struct query *query);

/*
 * Return the request `follow` for the packets of one direction of a connection; the
 * caller frees it. NULL: no memory.
 */
json_t *query_follow(const struct query *query, bool reply);

/* Return whether an error of sluice ("vlan: ...") is about a parameter of the query. */
bool query_is_blamed(const struct query *query, const char *error);

#endif
