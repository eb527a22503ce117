/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connections that a process has left in memory that outlives it, for the next
 * process. The first one may have been killed at any moment, and a BPF program may go on
 * writing connections under their locks (flow/lock.h).
 */
#ifndef FLOW_ADOPT_H
#define FLOW_ADOPT_H

#include <flow/table.h>

/*
 * Take over the connections in the memory of a table that flow_table_init() has just
 * built, with the secret of before. What was being inserted, moved or removed at the end
 * is put in order: a connection stays if its whole key is in the index once. All timers
 * are disarmed, for the caller to arm. Returns the number of connections.
 */
uint32_t flow_table_adopt(struct flow_table *t);

#endif
