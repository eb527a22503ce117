/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The JSON that nft makes of the rules of the unit tests. It is stored in
 * tests/data/rules/unit.json, by the text of the rules, so that the tests need neither
 * nft nor privileges. A test whose text is not there fails and says to run
 * tests/unit/rules-update, which has sluice-rules translate all of them.
 */
#ifndef UNIT_RULES_STORE_H
#define UNIT_RULES_STORE_H

/*
 * Return the JSON of a whole ruleset; the caller frees it. If the environment variable
 * UNIT_RULES_PROGRAM names sluice-rules, a text that is not in the store is converted and
 * added.
 */
char *rules_store_json(const char *nft);

#endif
