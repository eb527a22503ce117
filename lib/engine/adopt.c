/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections that an earlier engine has left in the memory of this one, engine_adopt().
 * A BPF program may pass their packets meanwhile.
 */
#include <netinet/in.h>

#include <flow/adopt.h>
#include <flow/lock.h>
#include <track/conn_valid.h>

#include "adopt.h"
#include "connection.h"
#include "engine_state.h"
#include "shared.h"

/* Whether an entry was not being written when its process ended. */
static bool
is_whole(const struct engine *e, const struct engine_family *f, uint32_t index)
{
	const struct flow_conn *conn = flow_conn(&f->table, index);
	const struct flow_cold *cold = flow_cold(&f->table, conn);

	return flow_id_proto(&conn->id) != IPPROTO_TCP ||
	       conn_valid(&conn->hot, &cold->track, e->config.track.tcp_be_liberal);
}

/*
 * Take one connection over: its timer, and the number of its link layers, which are not
 * known any more. Returns false if it had to be removed.
 */
static bool
connection_adopt(struct engine *e, struct engine_family *f, uint32_t index)
{
	struct flow_meta *meta = connection_meta(f, index);
	uint32_t *lock = connection_lock(f, index);
	bool whole = is_whole(e, f, index);

	meta->l2 = 0;
	f->generation[index] = 0;
	if (f->timeout != NULL)
		f->timeout[index] = 0; /* the names of its entries are not known */
	if (meta->id >= e->next_id)
		e->next_id = meta->id;
	if (whole)
		connection_arm(e, f, index);
	else
		flow_remove(&f->table, index);
	flow_unlock(lock);
	return whole;
}

uint32_t
connections_adopt(struct engine *e)
{
	struct engine_family *f;
	uint32_t count = 0, index;
	unsigned i;

	for (i = 0; i < 2; i++) {
		f = &e->family[i];
		if (!f->exists)
			continue;
		flow_table_adopt(&f->table);
		for (index = flow_next(&f->table, 0, f->table.high); index != FLOW_NONE;
		     index = flow_next(&f->table, index + 1, f->table.high))
			count += connection_adopt(e, f, index);
	}
	return count;
}
