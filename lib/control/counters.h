/* SPDX-License-Identifier: BSD-3-Clause */
/* The counters of conn/counters.h as a table, with the properties for showing them. */
#ifndef CONTROL_COUNTERS_H
#define CONTROL_COUNTERS_H

#include <stdint.h>

#include <engine/engine.h>

enum counter_kind {
	COUNTER_KIND_COUNTER,
	COUNTER_KIND_GAUGE,
};

enum counter_command {
	COUNTER_COMMAND_STATS,
	COUNTER_COMMAND_CONNTRACK,
};

struct counter {
	const char *name;   /* name in `stats` and in telemetry */
	const char *metric; /* name of the metric, without prefix and suffix */
	const char *unit;
	const char *help;
	enum counter_kind kind;
	enum counter_command command;
};

/* Indexed by enum engine_counter, which is the order of `stats`. */
extern const struct counter counters[ENGINE_COUNTER_COUNT];

/* The orders of OpenMetrics and of telemetry. Each entry is an enum engine_counter. */
extern const uint8_t counters_by_metric[ENGINE_COUNTER_COUNT];
extern const uint8_t counters_by_telemetry[ENGINE_COUNTER_COUNT];

/* Get the values of the counters, indexed by enum engine_counter. */
void counter_values(const struct engine_stats *stats,
		    uint64_t values[ENGINE_COUNTER_COUNT]);

#endif
