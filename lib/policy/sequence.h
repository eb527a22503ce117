/* SPDX-License-Identifier: BSD-3-Clause */
/* `numgen inc` in the key of a statement. */
#ifndef POLICY_SEQUENCE_H
#define POLICY_SEQUENCE_H

#include "stmt_table.h"

/* Emit, before the statement with a key, the instruction that counts for the key. */
static inline void
sequence_emit(struct emitter *e, const struct ir_key *key)
{
	if (key->counts)
		emit(e, STMT_SEQUENCE)->data = key;
}

#endif
