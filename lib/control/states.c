/* SPDX-License-Identifier: BSD-3-Clause */
#include "states.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <engine/states.h>

#define NAMES_BYTES 1024u /* of the ports of one side */

static const char *
state_name(unsigned state)
{
	return state == ENGINE_STATE_NONE ? "none"
					  : tcp_state_name((enum tcp_state)state);
}

/* The names of the ports of a side, such as "lan" or "lan,dmz". */
static void
side_name(const struct control_config *config, unsigned side, char *name, size_t size)
{
	size_t at = 0;
	unsigned i;

	name[0] = '\0';
	for (i = side; i < config->port_count && at < size; i += 2)
		at += (size_t)snprintf(name + at, size - at, "%s%s", i > 1 ? "," : "",
				       config->port_names[i]);
}

static json_t *
side_json(const struct engine_states *sum, unsigned side)
{
	json_t *now = json_object(), *moved = json_array();
	unsigned from, to;

	for (from = 0; from < ENGINE_STATES; from++)
		json_object_set_new(now, state_name(from),
				    json_integer((json_int_t)sum->now[side][from]));
	for (from = 0; from <= ENGINE_STATES; from++)
		for (to = 0; to <= ENGINE_STATES; to++)
			if (sum->moved[side][from][to] != 0)
				json_array_append_new(moved,
						      json_pack("{ss ss sI}", "from",
								state_name(from), "to",
								state_name(to), "count",
								(json_int_t)
									sum->moved[side]
										  [from]
										  [to]));
	return json_pack("{so so}", "now", now, "moved", moved);
}

static void
add(struct engine_states *sum, const struct engine_states *one)
{
	unsigned side, from, to;

	for (side = 0; side < 2; side++) {
		for (from = 0; from < ENGINE_STATES; from++)
			sum->now[side][from] += one->now[side][from];
		for (from = 0; from <= ENGINE_STATES; from++)
			for (to = 0; to <= ENGINE_STATES; to++)
				sum->moved[side][from][to] += one->moved[side][from][to];
	}
}

/* Returns the sums over all workers; NULL: one does not answer. */
static json_t *
states_json(const struct control_config *config)
{
	const struct control_backend *b = config->backend;
	struct engine_states sum = {0}, one;
	json_t *json = json_object();
	char name[NAMES_BYTES];
	unsigned i;

	for (i = 0; i < b->workers; i++) {
		if (b->ops->states(b->context, i, &one) < 0) {
			json_decref(json);
			return NULL;
		}
		add(&sum, &one);
	}
	for (i = 0; i < 2; i++) {
		side_name(config, i, name, sizeof(name));
		json_object_set_new(json, name, side_json(&sum, i));
	}
	return json;
}

int
states_continue(struct server *server, struct client *c)
{
	const struct control_backend *b = server->config->backend;
	struct engine_states states;
	int status = b->ops->states(b->context, c->worker, &states);
	json_t *json;

	server->states_asked = true;
	if (status > 0 && ++c->worker == b->workers) {
		json = states_json(server->config);
		if (json == NULL)
			return -ETIMEDOUT;
		client_send(c, json_pack("{so}", "states", json));
		c->task = CLIENT_IDLE;
	}
	return status < 0 ? status : 0;
}

void
states_watch(struct server *server, uint64_t now_ms)
{
	const struct control_backend *b = server->config->backend;
	unsigned i;

	if (server->states_asked) {
		server->states_asked = false;
		server->states_counted = true;
		server->states_asked_ms = now_ms;
	} else if (server->states_counted &&
		   now_ms - server->states_asked_ms >= STATES_ASKED_MS) {
		server->states_counted = false;
		for (i = 0; i < b->workers; i++)
			b->ops->states(b->context, i, NULL);
	}
}
