/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `numgen inc mod N offset K`: the numbers from K to K + N - 1 in turn, one for each
 * packet that the expression is evaluated for. It is part of the key of another
 * statement, which is compiled to two: this one takes the number, the next compares it.
 *
 * Each worker counts for itself. So the packets of one worker get what the kernel gives
 * them, and of all packets each number gets the same share: how often two numbers have
 * been given differs by at most the number of workers (docs/adr/0019-state-of-rules.md).
 */
#include "match.h"
#include "sequence.h"

/* Take the next number. The kernel's nft_ng_inc_gen() begins with 0, too. */
static uint32_t
sequence_next(const struct walk *w, const struct ir_load *load)
{
	const struct object *object = state_object(w->state, load->object);
	union cell *cell = object_cell(object, w->state->part);
	uint32_t number = cell->next;

	if (!w->packet->dry_run)
		cell->next = number + 1 < load->modulus ? number + 1 : 0;
	return number + load->add;
}

/*
 * The fields are loaded in order, and the first that the packet lacks ends that: then
 * nothing is counted, and the statement itself fails.
 */
int64_t
sequence_eval(struct walk *w, const struct instr *instr)
{
	const struct ir_key *key = instr->data;
	const struct ir_load *load;
	u128 value;
	unsigned f;

	if (w->packet->extra == NULL || !key_applies(key, w->packet))
		return walk_next(w, instr);
	w->verdict->cacheable = false;
	for (f = 0; f < key->nfields; f++) {
		load = &key->load[f];
		if (key->field[f] != FIELD_LOAD)
			continue;
		if (load->base == LOAD_NUMGEN_INC) {
			w->packet->extra->sequence = sequence_next(w, load);
			break;
		}
		if (!load_value(load, w->packet, &value))
			break;
	}
	return walk_next(w, instr);
}

const struct stmt_type sequence_stmt = {
	.names = "",
	.effects = STMT_TEST | STMT_EACH,
	.eval = sequence_eval,
};
