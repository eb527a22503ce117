/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the metrics page shows, read once for all forms of the page: counters of the
 * workers, of the ports and of the rules, the last reload, and estimates of half-open
 * connections.
 */
#ifndef CONTROL_METRICS_H
#define CONTROL_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include <control/control.h>

/* Rules with a `counter` beyond this number have no metric. */
#define METRICS_RULES 1000u
#define METRICS_TEXT 256u
#define METRICS_FAMILY 8u
/* connections of a worker's table that are sampled for half_open */
#define METRICS_SAMPLES 256u

/* The counts of a rule with a `counter`, or of the policy of a base chain. */
struct metrics_rule {
	unsigned rule; /* number, from 1; 0: the policy of the chain */
	/* where the rule stands; family and table tell chains of one name apart */
	char family[METRICS_FAMILY];
	char table[METRICS_TEXT];
	char chain[METRICS_TEXT];
	char text[METRICS_TEXT]; /* the rule, escaped for printing; "" for a policy */
	struct policy_counter count;
};

struct metrics {
	struct engine_stats stats;
	struct control_load load[CONTROL_MAX_WORKERS];
	unsigned workers;
	struct control_port port[CONTROL_MAX_PORTS];
	bool port_known[CONTROL_MAX_PORTS]; /* the device gives counters */
	uint64_t half_open[2];              /* IPv4, IPv6 */
	struct control_reload_last reload;
	unsigned rules; /* number of all rules */
	struct metrics_rule *rule;
	unsigned rule_count;
};

/*
 * Read all. Returns 0; -ETIMEDOUT: a worker does not answer; -ENOMEM. After success, call
 * metrics_free().
 */
int metrics_read(const struct control_config *config, struct metrics *m);
void metrics_free(struct metrics *m);

/*
 * Estimate how many of the count connections of a worker's table (family 4 or 6) are TCP
 * connections whose handshake is not complete, from at most METRICS_SAMPLES of them that
 * are spread over the table. It is exact if they are all of one kind.
 */
uint64_t metrics_half_open(const struct control_backend *backend, unsigned worker,
			   uint8_t family, uint32_t count);

#endif
