/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filters for connections and records, given as members of a request that are named like
 * the options of conntrack(8).
 */
#ifndef CONTROL_FILTER_H
#define CONTROL_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <conn/match.h>
#include <conn/view.h>

/* A filter for connections. */
struct filter {
	struct conn_match match; /* with the source of the original direction */
	char state[16]; /* a state of conntrack(8), or a state of an endpoint; "": any */
	int reason;     /* for records: enum reason; -1: any */
	bool any;       /* no member was given: the filter matches everything */
};

/* Initialise a filter that matches everything. */
void filter_init(struct filter *filter);

/*
 * Read the members proto, family, src, dst, sport, dport, vlan and state of a request.
 * The member `request` is ignored. Returns 0; or -EINVAL and a message, when a member is
 * unknown or its value is wrong.
 */
int filter_parse(struct filter *filter, const json_t *request, char *message,
		 size_t size);

/* The same for records of packets; they also have the member reason. */
int filter_parse_record(struct filter *filter, const json_t *request, char *message,
			size_t size);

bool filter_match(const struct filter *filter, const struct conn_view *view);

#endif
