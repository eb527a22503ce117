/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sums for rte_telemetry. A reply has at most 16 KiB and 256 members, so connections and
 * rules are not listed.
 */
#include "telemetry.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include <rte_telemetry.h>
#include <rte_version.h>

#include "counters.h"

#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0)
#define rte_tel_data_add_dict_uint rte_tel_data_add_dict_u64
#define rte_tel_data_add_array_uint rte_tel_data_add_array_u64
#define RTE_TEL_UINT_VAL RTE_TEL_U64_VAL
#endif

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct control_config *control; /* NULL: telemetry has been stopped */

/* Get the sums and the load of each worker. Returns -1 after telemetry_stop(). */
static int
ask(struct engine_stats *sum, struct control_load *loads)
{
	int status = -1;

	pthread_mutex_lock(&lock);
	if (control != NULL)
		status = control_stats(control, sum, loads);
	pthread_mutex_unlock(&lock);
	return status != 0 ? -1 : 0;
}

static unsigned
worker_count(void)
{
	unsigned n = 0;

	pthread_mutex_lock(&lock);
	if (control != NULL)
		n = control->backend->workers;
	pthread_mutex_unlock(&lock);
	return n;
}

/* Add the counters of a command; generated packets by kind follow `bypassed`. */
static void
add_counters(struct rte_tel_data *d, const struct engine_stats *s,
	     enum counter_command command)
{
	uint64_t values[ENGINE_COUNTER_COUNT];
	unsigned place, i, action;

	counter_values(s, values);
	for (place = 0; place < ENGINE_COUNTER_COUNT; place++) {
		i = counters_by_telemetry[place];
		if (counters[i].command != command)
			continue;
		rte_tel_data_add_dict_uint(d, counters[i].name, values[i]);
		if (i != ENGINE_COUNTER_bypassed)
			continue;
		for (action = ACTION_NONE + 1; action <= ACTION_ICMP; action++)
			rte_tel_data_add_dict_uint(d, action_name(action),
						   s->generated[action]);
	}
}

static int
handle_stats(const char *command, const char *parameters, struct rte_tel_data *d)
{
	struct engine_stats s;

	(void)command;
	(void)parameters;
	if (ask(&s, NULL) != 0)
		return -1;
	rte_tel_data_start_dict(d);
	add_counters(d, &s, COUNTER_COMMAND_STATS);
	return 0;
}

static int
handle_drops(const char *command, const char *parameters, struct rte_tel_data *d)
{
	struct engine_stats s;
	unsigned i;

	(void)command;
	(void)parameters;
	if (ask(&s, NULL) != 0)
		return -1;
	rte_tel_data_start_dict(d);
	for (i = REASON_NONE + 1; i < REASON_COUNT; i++)
		rte_tel_data_add_dict_uint(d, reason_name(i), s.drops[i]);
	return 0;
}

static int
handle_conntrack(const char *command, const char *parameters, struct rte_tel_data *d)
{
	struct engine_stats s;
	uint32_t max = 0, max6 = 0;

	(void)command;
	(void)parameters;
	if (ask(&s, NULL) != 0)
		return -1;
	pthread_mutex_lock(&lock);
	if (control != NULL) {
		max = control->max;
		max6 = control->max6;
	}
	pthread_mutex_unlock(&lock);
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_uint(d, "connections", s.connections);
	rte_tel_data_add_dict_uint(d, "connections_max", max);
	rte_tel_data_add_dict_uint(d, "connections_ipv6", s.connections6);
	rte_tel_data_add_dict_uint(d, "connections_ipv6_max", max6);
	add_counters(d, &s, COUNTER_COMMAND_CONNTRACK);
	return 0;
}

static int
handle_workers(const char *command, const char *parameters, struct rte_tel_data *d)
{
	static const char *const names[] = {"packets", "handed_over", "connections"};
	struct control_load loads[CONTROL_MAX_WORKERS] = {0};
	struct rte_tel_data *column;
	struct engine_stats s;
	unsigned i, k;

	(void)command;
	(void)parameters;
	if (ask(&s, loads) != 0)
		return -1;
	rte_tel_data_start_dict(d);
	for (k = 0; k < RTE_DIM(names); k++) {
		column = rte_tel_data_alloc();
		if (column == NULL)
			return -1;
		rte_tel_data_start_array(column, RTE_TEL_UINT_VAL);
		for (i = 0; i < worker_count(); i++)
			rte_tel_data_add_array_uint(column,
						    k == 0   ? loads[i].packets
						    : k == 1 ? loads[i].handed_over
							     : loads[i].connections);
		rte_tel_data_add_dict_container(d, names[k], column, 0);
	}
	return 0;
}

int
telemetry_start(const struct control_config *config)
{
	pthread_mutex_lock(&lock);
	control = config;
	pthread_mutex_unlock(&lock);
	if (rte_telemetry_register_cmd(
		    "/sluice/stats", handle_stats,
		    "Packets received, passed, generated. No parameters") != 0 ||
	    rte_telemetry_register_cmd("/sluice/drops", handle_drops,
				       "Dropped packets by reason. No parameters") != 0 ||
	    rte_telemetry_register_cmd(
		    "/sluice/workers", handle_workers,
		    "Packets and connections of each worker. No parameters") != 0 ||
	    rte_telemetry_register_cmd("/sluice/conntrack", handle_conntrack,
				       "Connections and limits. No parameters") != 0)
		return -ENOMEM;
	return 0;
}

void
telemetry_stop(void)
{
	pthread_mutex_lock(&lock);
	control = NULL;
	pthread_mutex_unlock(&lock);
}
