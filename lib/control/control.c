/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The thread that serves the control socket. It sleeps in poll(); while somebody is
 * subscribed it looks at the workers' event rings every 20 ms, and while a list is under way
 * and its reader keeps up it does not sleep at all.
 */
#include <control/control.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_ring_elem.h>

#include "client.h"
#include "listener.h"
#include "request.h"
#include "serve.h"
#include "view.h"

#define CLIENTS_MAX 32u
#define EVENTS_PERIOD_MS 20
#define EVENTS_PIECE 256u

struct control {
	const struct control_config *config;
	struct client *clients[CLIENTS_MAX];
	unsigned client_count;
	bool events;                        /* the workers make them */
	uint64_t lost[CONTROL_MAX_WORKERS]; /* what each had lost when we last looked */
	int listener;
	int wake; /* eventfd: end */
	pthread_t thread;
	struct metrics *metrics;
};

/* ---- events ---- */

static void
worker_switch_events(struct control_worker *w, bool on)
{
	struct control_job *job = control_open(w);

	if (job == NULL)
		return;
	job->op = CONTROL_EVENTS_SWITCH;
	job->events.on = on;
	control_call(w);
	control_close(w);
}

/* Workers make events only while somebody wants them. */
static void
switch_events(struct control *control)
{
	const struct control_config *config = control->config;
	bool wanted = false;
	unsigned i;

	for (i = 0; i < control->client_count; i++)
		wanted |= control->clients[i]->events;
	if (wanted == control->events)
		return;
	control->events = wanted;
	for (i = 0; i < config->worker_count; i++) {
		worker_switch_events(&config->workers[i], wanted);
		control->lost[i] = config->workers[i].events_lost;
		if (!wanted)
			rte_ring_reset(config->workers[i].events);
	}
}

static json_t *
event_json(const struct control_config *config, const struct engine_event *event)
{
	static const char *const kinds[] = {
		[ENGINE_EVENT_NEW] = "new",
		[ENGINE_EVENT_UPDATE] = "update",
		[ENGINE_EVENT_DESTROY] = "destroy",
	};

	return json_pack("{ss sI so}", "event", kinds[event->kind], "time_ns",
			 (json_int_t)event->at_ns, "connection",
			 view_json(&event->view, config->port_names, config->port_count));
}

/* An event to a client, unless its buffer is full. */
static void
send_event(const struct control_config *config, struct client *c,
	   const struct engine_event *event)
{
	if (!c->events || !filter_match(&c->events_filter, &event->view))
		return;
	if (client_room(c) < CLIENT_PIECE_BYTES) {
		c->lost++;
		return;
	}
	if (c->lost > 0) {
		client_send(c, json_pack("{sI}", "lost", (json_int_t)c->lost));
		c->lost = 0;
	}
	client_send(c, event_json(config, event));
}

/* What a worker could not put into its ring is lost to all. */
static void
note_lost(struct control *control, unsigned worker)
{
	uint64_t lost = control->config->workers[worker].events_lost;
	unsigned i;

	for (i = 0; i < control->client_count; i++)
		control->clients[i]->lost += lost - control->lost[worker];
	control->lost[worker] = lost;
}

static void
drain_events(struct control *control)
{
	const struct control_config *config = control->config;
	static struct engine_event events[EVENTS_PIECE];
	unsigned w, i, j, n, left;

	for (w = 0; w < config->worker_count; w++) {
		note_lost(control, w);
		do {
			n = rte_ring_sc_dequeue_burst_elem(config->workers[w].events,
							   events, sizeof(events[0]),
							   EVENTS_PIECE, &left);
			for (i = 0; i < n; i++)
				for (j = 0; j < control->client_count; j++)
					send_event(config, control->clients[j],
						   &events[i]);
		} while (n > 0 && left > 0);
	}
}

/* ---- clients ---- */

static void
accept_client(struct control *control)
{
	int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c;

	if (fd < 0)
		return;
	c = client_new(fd);
	if (c == NULL) {
		close(fd);
	} else if (control->client_count == CLIENTS_MAX) {
		client_error(c, "too many clients are connected");
		client_write(c);
		client_free(c);
	} else {
		control->clients[control->client_count++] = c;
	}
}

/* Do as much as there is room for without waiting for the client. */
static void
serve_client(struct control *control, struct client *c)
{
	char *line;

	while (c->task == CLIENT_IDLE && client_room(c) >= CLIENT_PIECE_BYTES &&
	       (line = client_line(c)) != NULL)
		request_line(control->config, c, line);
	if (request_runnable(c))
		request_continue(control->config, c);
	client_write(c);
}

static bool
is_done(const struct client *c)
{
	return c->broken ||
	       (c->ended && c->task == CLIENT_IDLE && !c->events &&
		client_pending(c) == 0 && memchr(c->in, '\n', c->in_length) == NULL);
}

static void
drop_done(struct control *control)
{
	unsigned i = 0;

	while (i < control->client_count) {
		if (!is_done(control->clients[i])) {
			i++;
			continue;
		}
		client_free(control->clients[i]);
		control->clients[i] = control->clients[--control->client_count];
	}
}

/* ---- the thread ---- */

static int
poll_timeout(const struct control *control)
{
	unsigned i;

	for (i = 0; i < control->client_count; i++)
		if (request_runnable(control->clients[i]))
			return 0;
	return control->events ? EVENTS_PERIOD_MS : -1;
}

/* Fill the set: wake, listener, clients. */
static unsigned
poll_set(const struct control *control, struct pollfd *fds)
{
	const struct client *c;
	unsigned i;

	fds[0] = (struct pollfd){.fd = control->wake, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = control->listener, .events = POLLIN};
	for (i = 0; i < control->client_count; i++) {
		c = control->clients[i];
		fds[i + 2] = (struct pollfd){.fd = c->fd};
		if (!c->ended && c->in_length < sizeof(c->in))
			fds[i + 2].events |= POLLIN;
		if (client_pending(c) > 0)
			fds[i + 2].events |= POLLOUT;
	}
	return control->client_count + 2;
}

static void *
control_thread(void *context)
{
	struct control *control = context;
	struct pollfd fds[CLIENTS_MAX + 2];
	unsigned i, n;

	for (;;) {
		n = poll_set(control, fds);
		if (poll(fds, n, poll_timeout(control)) < 0)
			continue;
		if (fds[0].revents != 0)
			break;
		for (i = 2; i < n; i++) {
			if ((fds[i].revents & POLLIN) != 0)
				client_read(control->clients[i - 2]);
			else if ((fds[i].revents & (POLLERR | POLLHUP)) != 0)
				control->clients[i - 2]->broken = true;
		}
		if (control->events)
			drain_events(control);
		for (i = 0; i < control->client_count; i++)
			serve_client(control, control->clients[i]);
		drop_done(control);
		switch_events(control);
		if (fds[1].revents != 0)
			accept_client(control);
	}
	return NULL;
}

/* ---- start and stop ---- */

int
control_start(const struct control_config *config, struct control **control,
	      char *message)
{
	struct control *c = calloc(1, sizeof(*c));
	int status = c == NULL ? -ENOMEM : 0;

	if (status != 0) {
		snprintf(message, CONTROL_MESSAGE_BYTES, "out of memory");
		return status;
	}
	c->config = config;
	c->listener = listener_open(config->path);
	if (c->listener < 0) {
		status = c->listener;
		snprintf(message, CONTROL_MESSAGE_BYTES, "control socket %s: %s",
			 config->path, listener_error(status));
		goto free_control;
	}
	if (config->metrics != NULL) {
		c->metrics = metrics_start(config, message);
		status = -EADDRNOTAVAIL;
		if (c->metrics == NULL)
			goto close_listener;
	}
	c->wake = eventfd(0, EFD_CLOEXEC);
	status = pthread_create(&c->thread, NULL, control_thread, c);
	if (status != 0) {
		status = -status;
		snprintf(message, CONTROL_MESSAGE_BYTES, "control thread: %s",
			 strerror(-status));
		goto stop_metrics;
	}
	telemetry_start(config);
	*control = c;
	return 0;

stop_metrics:
	close(c->wake);
	metrics_stop(c->metrics);
close_listener:
	close(c->listener);
	unlink(config->path);
free_control:
	free(c);
	return status;
}

void
control_stop(struct control *control)
{
	const uint64_t one = 1;
	unsigned i;

	telemetry_stop();
	metrics_stop(control->metrics);
	if (write(control->wake, &one, sizeof(one)) == sizeof(one))
		pthread_join(control->thread, NULL);
	unlink(control->config->path);
	for (i = 0; i < control->client_count; i++)
		client_free(control->clients[i]);
	close(control->wake);
	close(control->listener);
	free(control);
}
