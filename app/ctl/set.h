/* SPDX-License-Identifier: BSD-3-Clause */
/* Command `sluicectl set list|add|delete NAME [ELEMENT]`: operands, request, answer. */
#ifndef CTL_SET_H
#define CTL_SET_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/* The operands after the command `set`. */
struct set_words {
	const char *op;
	const char *name;
	char element[1024]; /* its operands, joined with spaces */
	/* timeout of an added element, seconds; 0: default of the set */
	uint64_t timeout_s;
};

/* Take the next operand. Returns OPTIONS_GO_ON, or EXIT_USAGE after a message. */
int set_word(struct set_words *words, const char *word);

/*
 * Add the operands to the request. Returns OPTIONS_GO_ON, or EXIT_USAGE after a message
 * when operands are missing or superfluous.
 */
int set_request(const struct set_words *words, json_t *request);

/* Print the elements of the set, one a line, in the syntax of nft. */
void set_show(FILE *out, const json_t *set);

#endif
