/* SPDX-License-Identifier: BSD-3-Clause */
#include "top_run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "answer.h"
#include "exit.h"
#include "link.h"
#include "message.h"
#include "monotonic.h"
#include "top.h"

#define CLEAR "\033[H\033[J" /* ANSI: cursor to the top, erase what is below */

/*
 * Report why there is no answer, unless a signal has ended the wait for it. Returns the
 * exit status.
 */
static int
fail(const struct options *options, const char *why)
{
	if (answer_stopped())
		return EXIT_DEVICE;
	return message_error(EXIT_DEVICE, "%s: %s", options->socket, why);
}

/* Send a request by name, and get the member of that name of the answer. */
static int
ask(const struct options *options, struct link *link, const char *name, json_t **member)
{
	json_t *request = json_pack("{ss}", "request", name), *answer = NULL;
	const char *error;
	int status = 0;

	if (link_send(link, request) == 0)
		answer = link_receive(link);
	json_decref(request);
	error = json_string_value(json_object_get(answer, "error"));
	*member = json_incref(json_object_get(answer, name));
	if (error != NULL)
		status = message_error(EXIT_OTHER, "%s", error);
	else if (*member == NULL)
		status = fail(options, "no answer; see the log of sluice");
	json_decref(answer);
	return status;
}

/*
 * Read the first connections of a list; the end of the link ends the list. The request
 * has the filter of the command line.
 */
static int
read_talkers(const struct options *options, struct link *link, struct top_sample *sample)
{
	json_t *request = json_copy(options->request), *answer;
	int status = 0;
	bool more;

	json_object_set_new(request, "request", json_string("list"));
	more = link_send(link, request) == 0;
	json_decref(request);
	while (more && sample->connections < TOP_CONNECTIONS) {
		answer = link_receive(link);
		more = json_object_get(answer, "connection") != NULL;
		if (more)
			top_count(sample, json_object_get(answer, "connection"));
		else if (json_object_get(answer, "error") != NULL)
			status = message_error(
				EXIT_OTHER, "%s",
				json_string_value(json_object_get(answer, "error")));
		else if (answer == NULL)
			status = fail(options, "no answer; see the log of sluice");
		json_decref(answer);
	}
	return status;
}

static int
take_sample(const struct options *options, struct top_sample *sample)
{
	struct link *link;
	int status = link_open(options->socket, answer_timeout(options), &link);

	*sample = (struct top_sample){.at_ms = monotonic_ns() / 1000000};
	if (status != 0)
		return fail(options, link_open_text(status));
	status = ask(options, link, "stats", &sample->stats);
	if (status == 0)
		status = ask(options, link, "drops", &sample->drops);
	if (status == 0)
		status = ask(options, link, "states", &sample->states);
	if (status == 0)
		status = read_talkers(options, link, sample);
	link_close(link);
	return status;
}

static void
show(const struct options *options, const struct top_sample *before,
     const struct top_sample *now)
{
	char text[32];
	time_t at = time(NULL);
	struct tm local;

	if (!options->batch)
		fputs(CLEAR, stdout);
	localtime_r(&at, &local);
	strftime(text, sizeof(text), "%F %T", &local);
	printf("%s  %s\n", options->socket, text);
	top_show(stdout, before, now);
	if (options->batch)
		fputc('\n', stdout);
	fflush(stdout);
}

int
top_run(const struct options *options)
{
	struct top_sample samples[2] = {{0}};
	uint64_t shown = 0;
	unsigned now = 0;
	int status;

	answer_stop_on_signals();
	status = take_sample(options, &samples[0]);
	while (status == 0 && !answer_stopped() &&
	       (options->count == 0 || shown < options->count)) {
		poll(NULL, 0, (int)options->interval * 1000);
		if (answer_stopped())
			break;
		now ^= 1;
		top_release(&samples[now]);
		status = take_sample(options, &samples[now]);
		/* a sample that a signal has ended may lack answers */
		if (status == 0 && !answer_stopped())
			show(options, &samples[now ^ 1], &samples[now]);
		if (ferror(stdout))
			break;
		shown++;
	}
	top_release(&samples[0]);
	top_release(&samples[1]);
	return answer_stopped() ? 0 : status;
}
