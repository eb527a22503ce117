/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Remove flow tables from a text. A kernel without them rejects each file that defines
 * one. `flow add` only accelerates forwarding and changes no verdict, so sluice does not
 * need it.
 */
#ifndef RULES_FLOWTABLE_H
#define RULES_FLOWTABLE_H

/*
 * Return a malloced copy of a text in which each `flowtable name { .. }` and each `flow
 * add @name` is replaced by blanks, so that lines and columns stay the same. NULL: the
 * text has none, or memory is out.
 */
char *flowtables_blank(const char *text);

#endif
