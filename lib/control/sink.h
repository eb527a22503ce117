/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The log of records: JSON lines to a file, to standard output or to the journal. A sink
 * is a reader of the fanout. It never blocks the control thread: a file is written by a
 * separate thread from a buffer of SINK_BYTES; standard output has its own buffer; a
 * datagram to the journal is either accepted or lost. After records were lost, a line
 * {"lost":N} precedes the next record.
 */
#ifndef CONTROL_SINK_H
#define CONTROL_SINK_H

#include <control/control.h>

#include "fanout.h"

#define SINK_BYTES ((size_t)1 << 20)
#define SINK_STDOUT "stdout"
#define SINK_JOURNAL "journal"

struct sink;

/*
 * Open the destination `log` for logged packets and the other streams; both as in
 * control_config. Returns 0, or -errno and a message of CONTROL_MESSAGE_BYTES.
 */
int sink_open(const struct control_config *config, const char *log, unsigned streams,
	      struct sink **sink, char *message);

/* The reader to pass to fanout_join(). */
struct fanout_reader *sink_reader(struct sink *sink);

/* Open the file again, because it may have been renamed. Any thread. */
void sink_reopen(struct sink *sink);

/* Write what is buffered, for at most 0.3 seconds, and close. NULL: does nothing. */
void sink_close(struct sink *sink);

#endif
