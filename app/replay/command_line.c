/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "message.h"
#include "options.h"

#define BURST_DEFAULT 32u
#define OFFSET_MAX_MS 3.2e12 /* a hundred years, in milliseconds */

static int
take_config(void *context, const char *argument)
{
	((struct command_line *)context)->config = argument;
	return OPTIONS_GO_ON;
}

static int
take_rules(void *context, const char *argument)
{
	((struct command_line *)context)->rules = argument;
	return OPTIONS_GO_ON;
}

static int
take_out(void *context, const char *argument)
{
	((struct command_line *)context)->out = argument;
	return OPTIONS_GO_ON;
}

static int
take_split(void *context, const char *argument)
{
	((struct command_line *)context)->split = argument;
	return OPTIONS_GO_ON;
}

static int
take_lan(void *context, const char *argument)
{
	((struct command_line *)context)->lan = argument;
	return OPTIONS_GO_ON;
}

static int
take_drain(void *context, const char *argument)
{
	(void)argument;
	((struct command_line *)context)->drain = true;
	return OPTIONS_GO_ON;
}

static int
take_dedup(void *context, const char *argument)
{
	(void)argument;
	((struct command_line *)context)->dedup = true;
	return OPTIONS_GO_ON;
}

static int
take_burst(void *context, const char *argument)
{
	uint64_t n;
	int status = options_number("--burst", argument, 1, ENGINE_BURST_MAX, &n);

	if (status == OPTIONS_GO_ON)
		((struct command_line *)context)->burst = (unsigned)n;
	return status;
}

static int
take_connection(void *context, const char *argument)
{
	struct command_line *o = context;

	return options_number("--connection", argument, 1, UINT32_MAX, &o->connection);
}

/* Return the index of a word in a list that ends with NULL; -1 after a message. */
static int
find_word(const char *option, const char *argument, const char *const *words,
	  const char *expected)
{
	int i;

	for (i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], argument) == 0)
			return i;
	message_misuse("%s %s: expected %s", option, argument, expected);
	return -1;
}

static int
take_switch(const char *option, const char *argument, enum faults_switch *value)
{
	static const char *const words[] = {"config", "auto", "yes", "no", NULL};
	int i = find_word(option, argument, words, "auto, yes, no or config");

	if (i < 0)
		return EXIT_USAGE;
	*value = (enum faults_switch)i;
	return OPTIONS_GO_ON;
}

static int
take_checksum(void *context, const char *argument)
{
	struct command_line *o = context;

	return take_switch("--checksum", argument, &o->checksum);
}

static int
take_loose(void *context, const char *argument)
{
	struct command_line *o = context;

	return take_switch("--loose", argument, &o->loose);
}

static int
take_report(void *context, const char *argument)
{
	static const char *const words[] = {"none", "text", "json", "html", NULL};
	int i = find_word("--report", argument, words, "text, json, html or none");

	if (i < 0)
		return EXIT_USAGE;
	((struct command_line *)context)->report = (enum command_report)(i + REPORT_NONE);
	return OPTIONS_GO_ON;
}

static int
add_capture(struct command_line *o, const char *name, const char *file)
{
	if (o->captures == COMMAND_MAX_CAPTURES)
		return message_misuse("more than %u captures", COMMAND_MAX_CAPTURES);
	o->capture[o->captures++] = (struct command_capture){name, file};
	return OPTIONS_GO_ON;
}

/* Return NAME of NAME=VALUE, which ends at the last '='; NULL after a message. */
static const char *
split_equal(const char *option, const char *argument, const char *expected,
	    const char **value, bool last)
{
	const char *equal = last ? strrchr(argument, '=') : strchr(argument, '=');
	char *name;

	if (equal == NULL || equal == argument || equal[1] == '\0') {
		message_misuse("%s %s: expected %s", option, argument, expected);
		return NULL;
	}
	*value = equal + 1;
	/* never freed: valid as long as argv */
	name = strndup(argument, (size_t)(equal - argument));
	if (name == NULL)
		message_error(EXIT_USAGE, "no memory for the command line");
	return name;
}

static int
take_port(void *context, const char *argument)
{
	struct command_line *o = context;
	const char *file, *name;
	unsigned i;

	name = split_equal("--port", argument, "NAME=CAPTURE", &file, false);
	if (name == NULL)
		return EXIT_USAGE;
	for (i = 0; i < o->captures; i++)
		if (o->capture[i].name != NULL && strcmp(o->capture[i].name, name) == 0)
			return message_misuse("--port %s is given twice", name);
	o->by_port = true;
	return add_capture(o, name, file);
}

static int
take_offset(void *context, const char *argument)
{
	struct command_line *o = context;
	const char *number, *name;
	char *end;
	double ms;

	name = split_equal("--offset", argument, "NAME=MS", &number, true);
	if (name == NULL)
		return EXIT_USAGE;
	errno = 0;
	ms = strtod(number, &end);
	if (errno != 0 || *end != '\0' || !(ms > -OFFSET_MAX_MS && ms < OFFSET_MAX_MS))
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the program ends */
		return message_misuse("--offset %s: expected milliseconds, as in "
				      "--offset wan=-12.5",
				      argument);
	if (o->offsets == COMMAND_MAX_CAPTURES)
		return message_misuse("more than %u offsets", COMMAND_MAX_CAPTURES);
	o->offset[o->offsets++] = (struct command_offset){name, (int64_t)(ms * 1e6)};
	return OPTIONS_GO_ON;
}

static int
take_operand(void *context, const char *argument)
{
	return add_capture(context, NULL, argument);
}

static const struct option_row rows[] = {
	{.help = "what is replayed:"},
	{"port", 'p', "NAME=CAPTURE", "packets that enter this port, instead of CAPTURE",
	 take_port},
	{"lan", 'l', "WHERE",
	 "which packets come from lan: those of this MAC address,\n"
	 "address or prefix, or interface of the capture",
	 take_lan},
	{"offset", 0, "NAME=MS", "add to the times of this port's or file's packets",
	 take_offset},
	{"dedup", 0, NULL, "leave out what was captured twice", take_dedup},
	{.help = "by what:"},
	{"config", 'c', "FILE", "the YAML configuration of sluice; else its defaults",
	 take_config},
	{"rules", 'r', "FILE",
	 "rules instead of those of the configuration; without\n"
	 "rules everything is accepted that the tracker accepts",
	 take_rules},
	{"checksum", 0, "WHEN",
	 "verify checksums: auto (not where the sender's card\n"
	 "makes them), yes, no, config",
	 take_checksum},
	{"loose", 0, "WHEN",
	 "pick up connections: auto (whose SYN is not in the\n"
	 "capture), yes, no, config",
	 take_loose},
	{"drain", 'd', NULL, "then advance the clock until no connection is left",
	 take_drain},
	{"burst", 'b', "N",
	 "packets per burst at most, 1 to 64 (default 32);\n"
	 "verdicts do not depend on it",
	 take_burst},
	{.help = "what is written:"},
	{"report", 0, "FORM",
	 "text, json, html or none on standard output; text if\n"
	 "that is a terminal, or without --out",
	 take_report},
	{"connection", 0, "N", "show the segments of this connection in the report",
	 take_connection},
	{"out", 'o', "DIR", "write verdicts.jsonl, connections.json and more there",
	 take_out},
	{"split", 0, "DIR", "write lan.pcapng and wan.pcapng for --port there",
	 take_split},
};

static const struct options_table table = {
	.usage = "[options] CAPTURE...\n"
		 "[options] --port NAME=CAPTURE ... --out DIR",
	.about = "Replay captures (pcap, pcapng, also compressed; - is standard input)\n"
		 "through the engine of sluice, with the time of the captures.",
	.version = SLUICE_VERSION,
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
	.operand = take_operand,
};

/* Reject combinations of options that exclude each other. */
static int
check(struct command_line *o)
{
	unsigned i;

	if (o->captures == 0)
		return message_misuse("no capture: expected CAPTURE, or --port "
				      "NAME=CAPTURE");
	for (i = 0; i < o->captures; i++)
		if (o->by_port && o->capture[i].name == NULL)
			return message_misuse("%s: a capture beside --port; expected "
					      "--port NAME=%s, or no --port",
					      o->capture[i].file, o->capture[i].file);
	if (o->by_port && o->lan != NULL)
		return message_misuse("--lan with --port: a port has one side");
	if (o->by_port && o->out == NULL && o->report == REPORT_DEFAULT)
		return message_misuse("--out DIR is missing");
	return OPTIONS_GO_ON;
}

int
command_line_read(int argc, char **argv, struct command_line *o)
{
	int status;

	*o = (struct command_line){.burst = BURST_DEFAULT,
				   .checksum = FAULTS_SWITCHES,
				   .loose = FAULTS_SWITCHES};
	status = options_read(&table, argc, argv, o);
	if (status == OPTIONS_GO_ON)
		status = check(o);
	/*
	 * With --port the captures are taken as exact, so the configuration decides; else
	 * faults of the capture are detected.
	 */
	if (o->checksum == FAULTS_SWITCHES)
		o->checksum = o->by_port ? FAULTS_CONFIG : FAULTS_AUTO;
	if (o->loose == FAULTS_SWITCHES)
		o->loose = o->by_port ? FAULTS_CONFIG : FAULTS_AUTO;
	if (o->report == REPORT_DEFAULT)
		o->report = isatty(STDOUT_FILENO) || (o->out == NULL && o->split == NULL)
				    ? REPORT_TEXT
				    : REPORT_NONE;
	if (o->connection != 0 && o->report == REPORT_NONE)
		o->report = REPORT_TEXT;
	return status;
}
