/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a running sluice prints, without waiting for who reads it. printf() and the like
 * put their text into a queue; a thread writes it out. When the reader of a pipe does not
 * read, what finds no room in the queue is dropped, and the next text says how much that
 * was.
 *
 * Standard output and standard error have a queue each, unless both are the same file.
 */
#ifndef SLUICE_LOG_H
#define SLUICE_LOG_H

/*
 * From here on nothing that prints waits. To be called with the signals blocked that the
 * threads of the log are not to receive. Without memory for a thread everything stays as
 * it was.
 */
void log_start(void);

/* Give the threads 0.3 s to write what is queued; what is printed later is lost. */
void log_stop(void);

#endif
