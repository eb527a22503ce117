/* SPDX-License-Identifier: BSD-3-Clause */
#include "reload.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <control/settings.h>

#include "changes.h"
#include "message.h"
#include "sluice.h"

#define PLAN_BYTES 1024u /* of the message, for the changes */
static_assert(PLAN_BYTES > 2 * CHANGE_VALUE_BYTES + 200, "one change always fits");

/* What has changed, as it is put into the message. */
struct plan {
	char *text; /* the message, which has room for `size` bytes */
	size_t size;
	bool settings; /* settings of the workers have changed */
	bool log;      /* record_log, or what is in it, has changed */
};

static void
plan_add(void *context, const struct config_change *change)
{
	struct plan *p = context;

	config_change_add(p->text, p->size, change);
	if (!change->live)
		return;
	if (strcmp(change->key, "record_log") == 0 ||
	    strcmp(change->key, "record_drops") == 0 ||
	    strcmp(change->key, "record_connections") == 0)
		p->log = true;
	else if (strncmp(change->key, "rules", strlen("rules")) != 0 &&
		 strncmp(change->key, "reload", strlen("reload")) != 0)
		p->settings = true;
}

/* Open the log of the next configuration. Returns 0, or -errno and a message. */
static int
log_open(struct sluice *s, char *message, size_t size)
{
	const struct sluice_config *next = s->next.config;
	char text[CONTROL_MESSAGE_BYTES];
	int status = -EAGAIN;
	bool runs;

	if (next->record_log == NULL)
		return 0;
	snprintf(text, sizeof(text), "sluice is starting or ending: try again");
	pthread_mutex_lock(&s->control_lock);
	runs = s->control != NULL;
	pthread_mutex_unlock(&s->control_lock);
	/* without the lock, since a slow disk may take long, and the end waits for it */
	if (runs)
		status = control_log_open(&s->control_config, next->record_log,
					  reload_streams(next), &s->next.log, text);
	if (status != 0)
		snprintf(message, size, "%s: %s", next->file, text);
	return status;
}

static void
discard(struct sluice *s)
{
	control_log_close(s->next.log);
	config_free(s->next.config);
	s->next = (struct sluice_next){0};
}

int
reload_load(void *context, int cancel, struct policy **policy, char *message, size_t size)
{
	struct plan plan = {.text = message, .size = size};
	struct sluice *s = context;
	struct config_error error;
	int status = config_load(s->config->file, CONFIG_NEED_DEVICES, &s->next.config,
				 &error);

	if (status != 0) {
		snprintf(message, size, "%s", error.text);
		return status;
	}
	if (s->control_given)
		s->next.config->control = s->config->control;
	/* notices may be many: leave room for the keys that have changed */
	status = rules_reload(s->next.config, s->config, cancel, policy, message,
			      size - PLAN_BYTES);
	if (status == 0) {
		status = config_changes(s->config, s->next.config, plan_add, &plan);
		/* opening the log would make its file */
		if (status == 0 && plan.log && !s->reload.trying)
			status = log_open(s, message, size);
		if (status != 0)
			policy_free(*policy);
	}
	s->next.settings = plan.settings;
	s->next.log_changes = plan.log;
	if (status != 0)
		discard(s);
	return status;
}

unsigned
reload_streams(const struct sluice_config *config)
{
	return (config->record_drops ? CONTROL_STREAM_DROPS : 0) |
	       (config->record_connections ? CONTROL_STREAM_EVENTS : 0);
}

struct control_reload_task
reload_task(const struct sluice_config *config)
{
	return (struct control_reload_task){
		.connections = (uint8_t)config->reload_connections,
		.reset = config->reload_reset,
	};
}

static int
settings_apply(struct sluice *s)
{
	struct control_settings settings = {.record_rate = s->config->record_rate};

	config_engine(s->config, s->worker_count, &settings.engine);
	return control_settings_apply(&s->backend, &settings);
}

int
reload_finish(void *context, bool put, char *message, size_t size)
{
	struct sluice *s = context;
	const size_t used = strlen(message);
	int status = 0;

	if (!put) {
		discard(s);
		return 0;
	}
	config_take(s->config, s->next.config);
	control_reload_set_normal(&s->reload, reload_task(s->config));
	if (s->next.settings || s->settings_owed)
		status = settings_apply(s);
	s->settings_owed = status != 0;
	if (status != 0)
		snprintf(message + used, size - used,
			 "\nthe settings are not in force everywhere: a worker does not "
			 "answer");
	pthread_mutex_lock(&s->control_lock);
	if (s->next.log_changes && s->control != NULL)
		control_log_set(s->control, s->next.log);
	else
		control_log_close(s->next.log);
	pthread_mutex_unlock(&s->control_lock);
	s->next = (struct sluice_next){0};
	return status;
}

void
reload_report(void *context, int status, const char *message)
{
	(void)context;
	if (status == 0)
		printf("%s\n", message);
	else
		message_error(status, "%s", message);
}
