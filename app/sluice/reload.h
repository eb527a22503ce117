/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A reload reads the configuration file and the rules again. The reload thread calls the
 * functions, with the struct sluice as context (control/reload.h).
 */
#ifndef SLUICE_RELOAD_H
#define SLUICE_RELOAD_H

#include <stdbool.h>
#include <stddef.h>

#include <control/reload.h>

#include "config.h"

/* What is in the log of records: control_config.record_streams. */
unsigned reload_streams(const struct sluice_config *config);

/* What a reload without options does with connections. */
struct control_reload_task reload_task(const struct sluice_config *config);

/*
 * Read the configuration file, the rules that it names and, if that has changed, open the
 * log of records. The message says which keys have changed, and which of them need a
 * restart. Results as of control_reload.load; on failure nothing is kept.
 */
int reload_load(void *context, int cancel, struct policy **policy, char *message,
		size_t size);

/* Put in force what reload_load() has read besides the rules, or discard it. */
int reload_finish(void *context, bool put, char *message, size_t size);

/* Print the result. */
void reload_report(void *context, int status, const char *message);

#endif
