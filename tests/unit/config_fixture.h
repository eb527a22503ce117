/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configuration files from text. The file is x.yaml in a folder of the test's own, which
 * cmocka's functions for a group of tests make and remove.
 *
 *	struct sluice_config *c = config_load_good(WIRE "workers: 2\n");
 *
 *	assert_int_equal(c->workers, 2);
 *	config_free(c);
 *	assert_refused(WIRE "rule: x\n",
 *		       "x.yaml:6:1: rule: unknown key, did you mean rules?");
 */
#ifndef UNIT_CONFIG_FIXTURE_H
#define UNIT_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"

/* Two ports and a wire in five lines, so that a test's own lines start at line 6. */
#define WIRE                                                                             \
	"ports:\n"                                                                       \
	"  - {name: lan, device: net_null0}\n"                                           \
	"  - {name: wan, device: net_null1}\n"                                           \
	"wires:\n"                                                                       \
	"  - [lan, wan]\n"

extern char config_folder[]; /* path of the folder, without a slash at its end */

int config_folder_make(void **state);
int config_folder_remove(void **state);

/* Write the file and load it. Returns as config_load(). */
int config_load_text(const char *text, unsigned flags, struct sluice_config **config,
		     struct config_error *error);

/* Load a file that has to be right, with CONFIG_NEED_DEVICES. The caller frees it. */
struct sluice_config *config_load_good(const char *text);

/*
 * Assert that the text is refused with this message, which is compared without the
 * directory.
 */
void assert_refused(const char *text, const char *message);

/* Rows of texts and messages; the last has text == NULL. */
struct refusal {
	const char *text;
	const char *message;
};

void assert_all_refused(const struct refusal *refusals);

#endif
