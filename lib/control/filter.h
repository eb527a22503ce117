/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which connections a request is about: conntrack's options, as members of the request.
 */
#ifndef CONTROL_FILTER_H
#define CONTROL_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <engine/engine.h>

struct filter_net {
	uint8_t family; /* 0: any address */
	uint8_t bits;
	uint8_t address[16];
};

/* Addresses and ports are those of the direction that began. */
struct filter {
	struct filter_net src;
	struct filter_net dst;
	int proto; /* each -1: any */
	int sport;
	int dport;
	int vlan; /* the outer one; 0: untagged */
	int inner_vlan;
	uint8_t family; /* 0: any */
	char state[16]; /* conntrack's word, an endpoint's state, "": any */
	bool any;       /* nothing was asked for: matches all */
};

/*
 * Read the members proto, family, src, dst, sport, dport, vlan and state of a request,
 * whose member `request` is ignored. Returns 0, or -EINVAL and a message: a member that
 * is unknown, or whose value is wrong.
 */
int filter_parse(struct filter *filter, const json_t *request, char *message,
		 size_t size);

bool filter_match(const struct filter *filter, const struct engine_view *view);

#endif
