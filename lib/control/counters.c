/* SPDX-License-Identifier: BSD-3-Clause */
#include "counters.h"

#define ROW(member, kind, unit, metric, metric_place, command, telemetry_place, help)    \
	[ENGINE_COUNTER_##member] = {#member,                                            \
				     metric,                                             \
				     unit,                                               \
				     help,                                               \
				     COUNTER_KIND_##kind,                                \
				     COUNTER_COMMAND_##command},

const struct counter counters[] = {ENGINE_COUNTERS(ROW)};

/*
 * An entry of an order, at its place. A place that occurs twice or is too large does not
 * compile.
 */
#define BY_METRIC(member, kind, unit, metric, metric_place, ...)                         \
	[metric_place] = ENGINE_COUNTER_##member,
#define BY_TELEMETRY(member, kind, unit, metric, metric_place, command, telemetry_place, \
		     help)                                                               \
	[telemetry_place] = ENGINE_COUNTER_##member,

const uint8_t counters_by_metric[ENGINE_COUNTER_COUNT] = {ENGINE_COUNTERS(BY_METRIC)};
const uint8_t counters_by_telemetry[ENGINE_COUNTER_COUNT] = {
	ENGINE_COUNTERS(BY_TELEMETRY)};

void
counter_values(const struct engine_stats *stats, uint64_t values[ENGINE_COUNTER_COUNT])
{
#define VALUE(member, ...) values[ENGINE_COUNTER_##member] = stats->member;
	ENGINE_COUNTERS(VALUE)
#undef VALUE
}
