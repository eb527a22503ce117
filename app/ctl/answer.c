/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "exit.h"
#include "explain.h"
#include "health.h"
#include "line.h"
#include "list.h"
#include "message.h"
#include "record.h"
#include "show.h"

#define TIMEOUT_S 10
#define TIMEOUT_RELOAD_S 120

/* Whether sluice will send further objects for this request. */
enum progress {
	MORE,
	DONE,
};

/* State of reading the answer to a request. */
struct answer {
	const struct options *options;
	struct capture *capture; /* capture file for records; NULL: print records */
	uint64_t records;
	struct list *list; /* of the command `list`; otherwise NULL */
	int status;
};

/* Set by the first SIGINT or SIGTERM; the second one ends the program at once. */
static volatile sig_atomic_t stopped;

static void
stop(int number)
{
	(void)number;
	stopped = 1;
}

static bool
is_asked(const struct options *options, const char *name)
{
	return strcmp(options->command, name) == 0;
}

unsigned
answer_timeout(const struct options *options)
{
	if (options->timeout >= 0)
		return (unsigned)options->timeout;
	return is_asked(options, "reload") ? TIMEOUT_RELOAD_S : TIMEOUT_S;
}

static long long
number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* Report how many records or events sluice or a worker had to omit. */
static enum progress
show_lost(struct answer *a, const json_t *object)
{
	const bool events = is_asked(a->options, "events");

	if (a->capture != NULL)
		capture_lose(a->capture, (unsigned long long)number(object, "lost"));
	message_warning("%lld %s lost: they came faster than they were read",
			number(object, "lost"), events ? "events" : "records");
	return MORE;
}

/* Handle a record; --count ends the answer after the last requested one. */
static enum progress
show_record(struct answer *a, const json_t *object)
{
	char line[RECORD_BYTES];
	const json_t *trace;

	if (a->capture != NULL) {
		if (capture_write(a->capture, object) != 0) {
			a->status = EXIT_OTHER;
			return DONE;
		}
	} else {
		record_line(object, line, sizeof(line));
		puts(line);
		trace = json_object_get(record_of(object), "trace");
		if (trace != NULL)
			explain_show(stdout, trace);
	}
	return ++a->records == a->options->count ? DONE : MORE;
}

/* Print the counters and tables that end an answer. */
static void
show_end(const struct options *options, const json_t *answer)
{
	static const char *const counts[] = {"listed", "deleted", "flushed"};
	size_t i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (json_object_get(answer, counts[i]) != NULL)
			message_note("%lld connections %s", number(answer, counts[i]),
				     counts[i]);
	if (json_object_get(answer, "stats") != NULL)
		show_stats(stdout, json_object_get(answer, "stats"));
	if (json_object_get(answer, "drops") != NULL)
		show_drops(stdout, json_object_get(answer, "drops"), options->all);
	if (json_object_get(answer, "states") != NULL)
		show_states(stdout, json_object_get(answer, "states"));
	if (json_object_get(answer, "rules") != NULL)
		show_rules(stdout, json_object_get(answer, "rules"));
	if (json_object_get(answer, "explain") != NULL)
		explain_show(stdout, json_object_get(answer, "explain"));
	if (json_object_get(answer, "set") != NULL)
		set_show(stdout, json_object_get(answer, "set"));
	if (json_object_get(answer, "reload") != NULL)
		puts(json_string_value(json_object_get(answer, "reload")));
	if (json_object_get(answer, "recorded") != NULL &&
	    number(answer, "recorded") == 0)
		message_note("no dropped packet is recorded that matches");
}

/* Print the number that `count` has got by a list or from the sums. */
static enum progress
show_count(const json_t *answer)
{
	const json_t *stats = json_object_get(answer, "stats");

	if (json_object_get(answer, "connection") != NULL)
		return MORE;
	printf("%lld\n", stats != NULL ? number(stats, "connections") +
						 number(stats, "connections_ipv6")
				       : number(answer, "listed"));
	return DONE;
}

/* What follows a connection of `list`. status: of list_take(). */
static enum progress
listed(struct answer *a, int status)
{
	if (status < 0)
		a->status = message_error(EXIT_OTHER,
					  "out of memory: give --limit, or no --sort");
	return status == 0 ? MORE : DONE;
}

/* Print one object of the answer for people. */
static enum progress
show(struct answer *a, const json_t *answer)
{
	char line[LINE_BYTES];

	if (json_object_get(answer, "event") != NULL) {
		line_event(answer, line, sizeof(line));
		puts(line);
		return MORE;
	}
	if (json_object_get(answer, "connection") != NULL) {
		line_connection(json_object_get(answer, "connection"), true, line,
				sizeof(line));
		puts(line);
		return MORE;
	}
	if (record_of(answer) != NULL)
		return show_record(a, answer);
	if (json_object_get(answer, "lost") != NULL)
		return show_lost(a, answer);
	if (json_object_get(answer, "events") != NULL ||
	    json_object_get(answer, "follow") != NULL)
		return MORE;
	show_end(a->options, answer);
	return DONE;
}

/* Print an object as JSON, with all other than printable ASCII escaped. */
static enum progress
show_json(struct answer *a, const json_t *answer)
{
	static const char *const more[] = {"lost", "events", "follow"};
	char *text = show_json_text(answer);
	size_t i;

	if (text != NULL)
		puts(text);
	free(text);
	if (record_of(answer) != NULL)
		return ++a->records == a->options->count ? DONE : MORE;
	if (json_object_get(answer, "connection") != NULL)
		return MORE;
	for (i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (json_object_get(answer, more[i]) != NULL)
			return MORE;
	return DONE;
}

/* Print the error that sluice has answered with. Returns the exit status. */
static int
refused(const json_t *object)
{
	const char *kind = json_string_value(json_object_get(object, "kind"));
	int status = EXIT_OTHER;

	if (kind != NULL && strcmp(kind, "reload") == 0)
		status = EXIT_RULES;
	else if (kind != NULL && strcmp(kind, "busy") == 0)
		status = EXIT_BUSY;
	return message_error(status, "%s",
			     json_string_value(json_object_get(object, "error")));
}

/* Report why no object arrived. Returns the exit status. */
static int
no_answer(const struct options *options)
{
	if (stopped)
		return 0;
	if (errno == EAGAIN)
		return message_error(EXIT_DEVICE,
				     "%s: no answer within %u s; --timeout says how long "
				     "to wait",
				     options->socket, answer_timeout(options));
	return message_error(EXIT_DEVICE,
			     "%s: sluice has closed the connection; see its log for the "
			     "reason",
			     options->socket);
}

/* Handle one object. Returns whether more follow; if not, a->status is set. */
static enum progress
take(struct answer *a, struct link *link, const json_t *object)
{
	/* the next event or record may take arbitrarily long */
	if (json_object_get(object, "events") != NULL ||
	    json_object_get(object, "follow") != NULL)
		link_timeout(link, 0);
	/* a deletion that matched nothing is a failure */
	if (json_is_integer(json_object_get(object, "deleted")) &&
	    number(object, "deleted") == 0)
		a->status = EXIT_OTHER;
	if (json_is_string(json_object_get(object, "error"))) {
		a->status = refused(object);
		return DONE;
	}
	if (is_asked(a->options, "health")) {
		a->status = health_show(stdout, json_object_get(object, "stats"),
					a->options->json);
		return DONE;
	}
	if (is_asked(a->options, "count"))
		return show_count(object);
	if (a->list != NULL && json_object_get(object, "connection") != NULL)
		return listed(a, list_take(a->list, object));
	if (a->list != NULL)
		list_end(a->list);
	if (a->options->json && a->capture == NULL)
		return show_json(a, object);
	return show(a, object);
}

/* Receive and handle one object, as take() does. */
static enum progress
receive(struct answer *a, struct link *link)
{
	enum progress progress;
	size_t length = 0;
	const char *line = stopped ? NULL : link_receive_line(link, &length);
	json_t *object;
	int status;

	if (line != NULL && a->list != NULL &&
	    list_take_line(a->list, line, length, &status))
		return listed(a, status);
	object = line != NULL ? json_loadb(line, length, 0, NULL) : NULL;
	if (line != NULL)
		errno = 0; /* a line that is not JSON */
	if (object == NULL) {
		a->status = no_answer(a->options);
		return DONE;
	}
	progress = take(a, link, object);
	json_decref(object);
	return progress;
}

int
answer_receive(const struct options *options, struct link *link, struct capture *capture)
{
	struct answer a = {.options = options, .capture = capture};
	enum progress progress = MORE;

	if (is_asked(options, "list")) {
		a.list = list_new(options);
		if (a.list == NULL)
			return message_error(EXIT_OTHER, "out of memory");
	}
	while (progress == MORE)
		progress = receive(&a, link);
	list_free(a.list);
	return a.status;
}

bool
answer_stopped(void)
{
	return stopped != 0;
}

void
answer_stop_on_signals(void)
{
	/* without SA_RESTART, so that a blocked read returns on the signal */
	const struct sigaction action = {.sa_handler = stop,
					 .sa_flags = (int)SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}
