/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Output of the running program that never waits for its reader. printf() and similar
 * functions append text to a queue, and a thread writes it. If the reader of a pipe is
 * too slow, text that does not fit into the queue is dropped, and the next text reports
 * how much. Standard output and standard error each have a queue, unless both are the
 * same file.
 */
#ifndef SLUICE_LOG_H
#define SLUICE_LOG_H

/*
 * After this call printing never waits. Block the signals that the log's threads must not
 * receive before the call. If a thread cannot be created, printing works as before.
 */
void log_start(void);

/* Wait at most 0.3 s for the queued text to be written; later output is lost. */
void log_stop(void);

#endif
