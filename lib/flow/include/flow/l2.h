/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The link layers that a worker's connections use, each kept once and known by 16 bits:
 * behind a wire stand few stations, so a connection need not spend 20 bytes on them. Only
 * segments that no packet causes (TIM-1) need them.
 *
 * One owner thread. An entry lives as long as a connection refers to it.
 */
#ifndef FLOW_L2_H
#define FLOW_L2_H

#include <stddef.h>
#include <stdint.h>

#include <reply/reply.h>

#define FLOW_L2_MAX 4096u

struct flow_l2; /* opaque: a small hash table with reference counts */

size_t flow_l2_bytes(void);
struct flow_l2 *flow_l2_init(void *memory);

/*
 * The number, 1 to FLOW_L2_MAX, of a link layer, one reference more; 0 when there is no room
 * for another.
 */
uint16_t flow_l2_take(struct flow_l2 *table, const struct reply_l2 *l2);

/* One reference less. 0 is nothing. */
void flow_l2_drop(struct flow_l2 *table, uint16_t number);

/* NULL for 0. */
const struct reply_l2 *flow_l2_get(const struct flow_l2 *table, uint16_t number);

#endif
