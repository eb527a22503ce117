/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The per-connection arrays of a family, by connection index: the generation of the rules
 * that have accepted the connection and the states in which it is counted (always), its
 * counters (with conntrack.acct), its mark (where the rules use `ct mark`), its security
 * label (with ip_security_match), its dropped packets (with conntrack.acct), and its
 * time-outs (where the rules use `ct timeout`).
 *
 * They follow each other in memory, in the order of struct arrays. To add one, add a
 * member there, and a line in each function of this file.
 */
#include <string.h>

#include "connection.h"
#include "engine_state.h"
#include "pkt.h"
#include "timeouts.h"

/*
 * Bytes of each array, rounded up to cache lines; 0: the configuration does not need it.
 */
struct arrays {
	size_t generation, states, acct, mark, seclabel, dropped, timeout;
};

static struct arrays
arrays_of(const struct engine_config *config, uint32_t connections)
{
	size_t acct = config->acct ? sizeof(struct engine_acct) : 0;
	size_t dropped = config->acct ? sizeof(struct engine_dropped) : 0;
	size_t mark = config->marks ? sizeof(uint32_t) : 0;
	size_t seclabel = config->track.ip_security_match ? sizeof(uint32_t) : 0;

	return (struct arrays){
		.generation = part_bytes(connections * sizeof(uint8_t)),
		.states = part_bytes(connections * sizeof(uint8_t)),
		.acct = part_bytes(connections * acct),
		.mark = part_bytes(connections * mark),
		.seclabel = part_bytes(connections * seclabel),
		.dropped = part_bytes(connections * dropped),
		.timeout = part_bytes(config->timeouts ? connections : 0),
	};
}

size_t
arrays_bytes(const struct engine_config *config, uint32_t connections)
{
	struct arrays a = arrays_of(config, connections);

	return a.generation + a.states + a.acct + a.mark + a.seclabel + a.dropped +
	       a.timeout;
}

void
arrays_sizes(const struct engine_config *config, uint32_t connections,
	     struct engine_family_sizes *sizes)
{
	struct arrays a = arrays_of(config, connections);

	sizes->rules = a.generation;
	sizes->states = a.states;
	sizes->acct = a.acct + a.dropped;
	sizes->marks = a.mark;
	sizes->seclabels = a.seclabel;
	sizes->timeouts = a.timeout;
}

void
arrays_init(struct engine_family *f, char *memory, const struct engine_config *config,
	    uint32_t connections)
{
	struct arrays a = arrays_of(config, connections);

	f->generation = (uint8_t *)memory;
	memory += a.generation;
	f->states = (uint8_t *)memory;
	memory += a.states;
	f->acct = a.acct != 0 ? (struct engine_acct *)(void *)memory : NULL;
	memory += a.acct;
	f->mark = a.mark != 0 ? (uint32_t *)(void *)memory : NULL;
	memory += a.mark;
	f->seclabel = a.seclabel != 0 ? (uint32_t *)(void *)memory : NULL;
	memory += a.seclabel;
	f->dropped = a.dropped != 0 ? (struct engine_dropped *)(void *)memory : NULL;
	memory += a.dropped;
	f->timeout = a.timeout != 0 ? (uint8_t *)memory : NULL;
}

void
arrays_open(const struct pkt_ctx *s)
{
	struct engine_family *f = s->f;

	f->generation[s->index] = 0;
	if (f->acct != NULL) {
		memset(&f->acct[s->index], 0, sizeof(f->acct[s->index]));
		memset(&f->dropped[s->index], 0, sizeof(f->dropped[s->index]));
	}
	if (f->mark != NULL)
		f->mark[s->index] = s->ct_mark;
	if (f->seclabel != NULL)
		f->seclabel[s->index] = packet_seclabel(s->m, s->p, s->e->config.secret);
	if (unlikely(f->timeout != NULL))
		timeouts_open(s);
}

void
arrays_dropped(const struct pkt_ctx *s)
{
	struct engine_dropped *dropped = &s->f->dropped[s->index];

	dropped->packets[s->p->side]++;
	dropped->reason = s->r.reason;
}
