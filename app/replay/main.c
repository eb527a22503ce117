/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluice-replay: pass captures through the engine of sluice, with the packets' times as
 * the clock.
 *
 *   source.c, reader*.c          a file, its bytes and its packets
 *   linktype.c, frame.c          a packet as an Ethernet frame
 *   capture.c                    a file as a stream of frames, with a sample
 *   sides.c, faults.c            what the samples say of the captures
 *   conversation.c, analysis.c   what the packets say of connections
 *   replay.c, finish.c           the loop, and what makes it exact
 *   sinks.c and what it calls    what is written
 *   program.h                    the run as a whole
 *
 * Exit status: app/common/exit.h. A damaged capture is replayed up to the damage; the
 * exit status is then EXIT_DEVICE.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "exit.h"
#include "message.h"
#include "options.h"
#include "plural.h"
#include "program.h"
#include "rules.h"
#include "streams.h"

/* Called for each finished connection of the capture. */
static void
connection_done(void *context, struct conversation *c)
{
	struct program *p = context;

	p->picked_up += c->a.picked_up;
	p->incomplete += c->a.incomplete;
	p->one_way += c->a.e[0].packets == 0 || c->a.e[1].packets == 0;
	p->two_way += p->options.by_port && c->port[0] != 0 && c->port[0] == c->port[1];
	sinks_connection(&p->sinks, c);
}

static int
run(struct program *p)
{
	struct replay *r = &p->replay;
	struct output_error error;
	struct engine_stats stats;

	r->conversations.done = connection_done;
	r->conversations.context = p;
	r->keep_bytes = p->sinks.annotate != NULL;
	if (replay_run(r) != 0)
		return message_error(EXIT_DEVICE, "no memory for the packets");
	engine_stats(r->engine, &stats);
	if (p->options.report == REPORT_NONE)
		printf("%" PRIu64 " %s, %" PRIu64 " passed, %" PRIu64 " %s, %u left\n",
		       stats.packets, plural(stats.packets, "packet", "packets"),
		       stats.passed, stats.created,
		       plural(stats.created, "connection", "connections"),
		       stats.connections + stats.connections6);
	if (p->sinks.output != NULL &&
	    output_connections(&p->output, r->engine, r->now_ns, &error) != 0)
		return message_error(EXIT_DEVICE, "%s", error.text);
	if (p->options.drain && replay_drain(r) != 0)
		return message_error(EXIT_DEVICE, "no memory for the events of --drain");
	return EXIT_SUCCESS;
}

/*
 * Write the report, which starts with the hints. Without a report, print the hints on
 * standard error.
 */
static int
print_results(struct program *p)
{
	const struct report_about about = {
		.captures = p->captures,
		.capture_count = p->options.captures,
		.hints = &p->hints,
		.names = p->names,
		.policy = p->policy,
		.first_ns = p->first_ns,
		.nano = p->nano,
	};
	unsigned i;

	if (p->sinks.report != NULL)
		return report_write(&p->report, &about);
	for (i = 0; i < p->hints.count; i++)
		message_note("%s", p->hints.text[i]);
	return 0;
}

/* After the last packet: add hints and write the report. */
static int
conclude(struct program *p)
{
	unsigned i;

	conversations_free(&p->replay.conversations);
	advice_give(p);
	if (print_results(p) != 0)
		return message_error(EXIT_DEVICE, "no memory for the report");
	for (i = 0; i < p->options.captures; i++)
		if (p->captures[i].damaged)
			return EXIT_DEVICE; /* the hints describe the damage */
	return EXIT_SUCCESS;
}

static int
replay(struct program *p)
{
	int status = setup_config(p);

	if (status == EXIT_SUCCESS)
		status = setup_captures(p);
	if (status == EXIT_SUCCESS)
		status = machine_check_output(p);
	if (status == EXIT_SUCCESS)
		status = setup_detect(p);
	if (status == EXIT_SUCCESS)
		status = rules_load(p->config, p->options.rules, &p->policy,
				    &p->policy_state);
	if (status == EXIT_SUCCESS)
		status = machine_start(p);
	if (status == EXIT_SUCCESS)
		status = machine_make_engine(p);
	if (status == EXIT_SUCCESS)
		status = machine_open_output(p);
	if (status == EXIT_SUCCESS)
		status = run(p);
	if (status == EXIT_SUCCESS)
		status = conclude(p);
	return status;
}

int
main(int argc, char **argv)
{
	static struct program p;
	int status;

	streams_begin();
	message_begin("sluice-replay");
	streams_text();
	status = command_line_read(argc, argv, &p.options);
	if (status == OPTIONS_GO_ON)
		status = machine_stop(&p, replay(&p));
	return streams_end(status, EXIT_DEVICE);
}
