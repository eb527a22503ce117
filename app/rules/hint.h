/* SPDX-License-Identifier: BSD-3-Clause */
/* Hints for errors of nft whose message does not say what to do. */
#ifndef RULES_HINT_H
#define RULES_HINT_H

/*
 * Print the hint for the first error in nft's messages that has one. The hint contains no
 * text that the messages quote from the file.
 */
void hints_print(const char *file, const char *messages);

/* Print a message if nft crashes on the file. name must stay valid. */
void crash_watch(const char *name);

#endif
