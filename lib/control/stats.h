/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums over the workers, as JSON for the control socket. */
#ifndef CONTROL_STATS_H
#define CONTROL_STATS_H

#include <jansson.h>

#include <control/control.h>

/* Each function returns NULL when a worker does not answer or memory runs out. */
json_t *stats_json(const struct control_config *config, unsigned readers);
json_t *drops_json(const struct control_config *config);
json_t *rules_json(const struct control_config *config);

/* Sum the workers' counts of the records of a kind. */
void records_sum(const struct control_load *loads, unsigned n, enum record_kind kind,
		 struct record_counts *sum);

/*
 * Get the link and the counters of a port. Returns 0; or -errno, with what is known of
 * it.
 */
int port_stats(const struct control_config *config, unsigned number,
	       struct control_port *port);

#endif
