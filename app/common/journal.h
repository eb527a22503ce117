/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Output that systemd writes to its journal. A line that begins with "<3>" gets priority
 * 3 there (sd-daemon(3)). Print such prefixes only if journal_reads().
 */
#ifndef COMMON_JOURNAL_H
#define COMMON_JOURNAL_H

#include <stdbool.h>

/* Priorities of syslog(3). */
#define JOURNAL_ERROR "<3>"
#define JOURNAL_WARNING "<4>"
#define JOURNAL_NOTE "<6>"

/*
 * Return whether systemd has connected this descriptor to its journal: $JOURNAL_STREAM
 * has the device and inode of the descriptor.
 */
bool journal_reads(int fd);

#endif
