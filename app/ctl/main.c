/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl: ask a running sluice, or have it do something. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "answer.h"
#include "capture.h"
#include "command.h"
#include "conntrack.h"
#include "ctl.h"
#include "exit.h"
#include "link.h"
#include "message.h"
#include "options.h"
#include "streams.h"
#include "top_run.h"

#define TIMEOUT_MAX_S 86400
#define INTERVAL_MAX_S 3600
#define EXPIRES_MAX_S UINT64_C(3162240000)
#define COUNT_MAX UINT64_C(1000000000000)

static const struct option_command commands[] = {
	{"list", "connections, as conntrack(8) prints them, with endpoint states"},
	{"count", "the number of connections"},
	{"events", "connections as they begin [NEW], change [UPDATE] and end [DESTROY]"},
	{"delete", "remove the connections that match"},
	{"flush", "remove all connections"},
	{"stats", "packets, connections, ports"},
	{"states", "TCP endpoints by state, and the transitions"},
	{"top", "rates, connections by state, drops, ports, workers, as they change"},
	{"health", "ok, or what needs attention, with status 1"},
	{"drops",
	 "dropped packets by reason; -v: with the last ones; --follow: as they come"},
	{"log", "packets that a `log` statement has matched, as they come"},
	{"capture", "write packets with their verdicts to a pcapng file (-w)"},
	{"trace", "packets as they come, with the rules that they match"},
	{"rules", "the rules in force, with their counters"},
	{"reload", "read the configuration and the rules again"},
	{"explain",
	 "what the rules would do with a packet, rule by rule (--in, -p, -s, -d)"},
	{"set", "list, add or delete: NAME [ELEMENT], of a set of the rules in force"},
};

static bool
is_asked(const struct options *options, const char *name)
{
	return strcmp(options->command, name) == 0;
}

/*
 * Put the argument of --KEY into the request. Without it, a request to delete would match
 * more connections, so text that JSON does not take is an error.
 */
static int
put_filter(struct options *options, const char *key, const char *argument)
{
	if (json_object_set_new(options->request, key, json_string(argument)) != 0)
		return message_misuse("--%s: the value is not UTF-8", key);
	return OPTIONS_GO_ON;
}

/* Behind the command `explain`, -s is the source address. */
static int
take_socket(void *context, const char *argument)
{
	struct options *options = context;

	if (options->command != NULL && is_asked(options, "explain"))
		return put_filter(options, "src", argument);
	options->socket = argument;
	return OPTIONS_GO_ON;
}

static int
take_output(void *context, const char *argument)
{
	struct options *options = context;

	options->json = strcmp(argument, "json") == 0;
	options->table = strcmp(argument, "table") == 0;
	if (!options->json && !options->table)
		return message_misuse("--output %s: json or table is expected", argument);
	return OPTIONS_GO_ON;
}

static int
unknown_column(const char *option, const char *name)
{
	char names[256];

	column_names(names, sizeof(names));
	return message_misuse("--%s %s: expected one of %s", option, name, names);
}

static int
take_columns(void *context, const char *argument)
{
	struct options *options = context;
	const char *wrong = columns_read(&options->columns, argument);

	options->columns_named = true;
	return wrong != NULL ? unknown_column("columns", wrong) : OPTIONS_GO_ON;
}

static int
take_sort(void *context, const char *argument)
{
	struct options *options = context;

	options->sort = column_find(argument);
	return options->sort == NULL ? unknown_column("sort", argument) : OPTIONS_GO_ON;
}

static int
take_batch(void *context, const char *argument)
{
	(void)argument;
	((struct options *)context)->batch = true;
	return OPTIONS_GO_ON;
}

static int
take_interval(void *context, const char *argument)
{
	return options_number("--interval", argument, 1, INTERVAL_MAX_S,
			      &((struct options *)context)->interval);
}

static int
take_timeout(void *context, const char *argument)
{
	uint64_t seconds = 0;
	int status = options_number("--timeout", argument, 0, TIMEOUT_MAX_S, &seconds);

	((struct options *)context)->timeout = (int)seconds;
	return status;
}

static int
take_all(void *context, const char *argument)
{
	(void)argument;
	((struct options *)context)->all = true;
	return OPTIONS_GO_ON;
}

static int
take_verbose(void *context, const char *argument)
{
	(void)argument;
	((struct options *)context)->verbose = true;
	return OPTIONS_GO_ON;
}

static int
take_follow(void *context, const char *argument)
{
	(void)argument;
	((struct options *)context)->follow = true;
	return OPTIONS_GO_ON;
}

static int
take_dry_run(void *context, const char *argument)
{
	(void)argument;
	((struct options *)context)->dry_run = true;
	return OPTIONS_GO_ON;
}

/* One of the options that say what a reload does with the connections. */
static int
take_connections(struct options *options, const char *word)
{
	if (options->connections != NULL && strcmp(options->connections, word) != 0)
		return message_misuse("--%s and --%s: one of them expected",
				      options->connections, word);
	options->connections = word;
	return OPTIONS_GO_ON;
}

#define TAKE_CONNECTIONS(word)                                                           \
	static int take_##word(void *context, const char *argument)                      \
	{                                                                                \
		(void)argument;                                                          \
		return take_connections(context, #word);                                 \
	}
TAKE_CONNECTIONS(keep)
TAKE_CONNECTIONS(recheck)
TAKE_CONNECTIONS(flush)
#undef TAKE_CONNECTIONS

static int
take_reset(void *context, const char *argument)
{
	(void)argument;
	((struct options *)context)->reset = true;
	return OPTIONS_GO_ON;
}

static int
take_write(void *context, const char *argument)
{
	((struct options *)context)->write = argument;
	return OPTIONS_GO_ON;
}

static int
take_verdict(void *context, const char *argument)
{
	((struct options *)context)->verdict = argument;
	if (strcmp(argument, "pass") != 0 && strcmp(argument, "drop") != 0)
		return message_misuse("--verdict %s: pass or drop is expected", argument);
	return OPTIONS_GO_ON;
}

static int
take_count(void *context, const char *argument)
{
	return options_number("--count", argument, 1, COUNT_MAX,
			      &((struct options *)context)->count);
}

static int
take_limit(void *context, const char *argument)
{
	return options_number("--limit", argument, 1, COUNT_MAX,
			      &((struct options *)context)->limit);
}

static int
take_expires(void *context, const char *argument)
{
	return options_number("--expires", argument, 1, EXPIRES_MAX_S,
			      &((struct options *)context)->set.timeout_s);
}

/*
 * Options that filter connections. Each becomes the member of the same name in the
 * request.
 */
#define TAKE_FILTER(key)                                                                 \
	static int take_##key(void *context, const char *argument)                       \
	{                                                                                \
		return put_filter(context, #key, argument);                              \
	}
TAKE_FILTER(proto)
TAKE_FILTER(family)
TAKE_FILTER(src)
TAKE_FILTER(dst)
TAKE_FILTER(sport)
TAKE_FILTER(dport)
TAKE_FILTER(vlan)
TAKE_FILTER(reason)
TAKE_FILTER(in)
TAKE_FILTER(flags)
TAKE_FILTER(ct)
TAKE_FILTER(type)
TAKE_FILTER(code)
TAKE_FILTER(ttl)
#undef TAKE_FILTER

/* The names of states are upper case; take any. */
static int
take_state(void *context, const char *argument)
{
	char name[32];
	size_t i;

	for (i = 0; argument[i] != '\0' && i < sizeof(name) - 1; i++)
		name[i] = (char)toupper((unsigned char)argument[i]);
	name[i] = '\0';
	json_object_set_new(((struct options *)context)->request, "state",
			    json_string(name));
	return OPTIONS_GO_ON;
}

static const struct option_row rows[] = {
	{"socket", 's', "PATH",
	 "control socket of sluice (default " LINK_DEFAULT_SOCKET ")", take_socket},
	{"output", 'o', "NAME",
	 "json: print one JSON object per line, as sluice sends it;\n"
	 "table (list): print columns",
	 take_output},
	{"timeout", 't', "N",
	 "wait N seconds for sluice (default 10, reload 120; 0: for ever);\n"
	 "events and records, once they come, have no limit",
	 take_timeout},
	{"all", 'a', NULL, "drops: also print the reasons that are 0", take_all},
	{"verbose", 'v', NULL, "drops: also print the last packets of each reason",
	 take_verbose},
	{"follow", 'F', NULL, "drops: print packets as they are dropped", take_follow},
	{"dry-run", 'n', NULL,
	 "reload: only tell which connections the rules would refuse", take_dry_run},
	{"keep", 0, NULL, "reload: connections stay (default: reload_connections)",
	 take_keep},
	{"recheck", 0, NULL, "reload: end connections that the new rules refuse",
	 take_recheck},
	{"flush", 0, NULL, "reload: end all connections", take_flush},
	{"reset", 0, NULL, "reload: both endpoints of what ends get a RST", take_reset},
	{"write", 'w', "FILE", "capture: the file; -: standard output", take_write},
	{"verdict", 0, "NAME", "capture: only packets that pass, or drop", take_verdict},
	{"count", 'c', "N",
	 "drops --follow, log, capture, trace: end after N packets; top: after\n"
	 "N screens (-n behind top)",
	 take_count},
	{"limit", 'l', "N", "list: end after N connections", take_limit},
	{"sort", 0, "COLUMN", "list: numbers from the largest, texts from the first",
	 take_sort},
	{"columns", 0, "NAMES",
	 "list: a table, or JSON, of these, with commas between them", take_columns},
	{"batch", 'b', NULL, "top: print one screen after the other", take_batch},
	{"interval", 'i', "N", "top: seconds between two screens (default 2)",
	 take_interval},
	{"expires", 0, "N", "set add: the element goes after N seconds", take_expires},
	{.help = "select connections (list, count, events, delete) by addresses and\n"
		 "ports of the original direction; or packets (drops -v and -F, log,\n"
		 "capture, trace):"},
	{"proto", 'p', "NAME", "tcp, udp, icmp, icmpv6, or a number", take_proto},
	{"family", 'f', "NAME", "ipv4 or ipv6", take_family},
	{"src", 0, "ADDRESS", "an address, or a network: 10.0.0.0/8", take_src},
	{"dst", 'd', "ADDRESS", "the same for the destination", take_dst},
	{"sport", 0, "PORT", "source port", take_sport},
	{"dport", 0, "PORT", "destination port", take_dport},
	{"vlan", 0, "VID", "0: untagged; 10.20: QinQ, the outer first", take_vlan},
	{"state", 0, "NAME", "as in conntrack(8), or of an endpoint; ASSURED, UNREPLIED",
	 take_state},
	{"reason", 0, "NAME", "packets: dropped for this reason", take_reason},
	{.help = "describe the packet of explain, which also has -p, --src (-s behind\n"
		 "explain), --dst, --sport, --dport and --vlan:"},
	{"in", 0, "PORT", "the port where it comes in", take_in},
	{"flags", 0, "FLAGS", "of TCP, joined by commas (default syn)", take_flags},
	{"ct", 0, "STATE", "conntrack state (default new)", take_ct},
	{"type", 0, "N", "of ICMP (default: echo request)", take_type},
	{"code", 0, "N", "of ICMP", take_code},
	{"ttl", 0, "N", "TTL or hop limit (default 64)", take_ttl},
};

/* The words of top(1), behind the command. */
static const struct option_row top_rows[] = {
	{"iterations", 'n', "N", NULL, take_count},
	{"delay", 'd', "N", NULL, take_interval},
};

static const struct options_behind behind_top = {"top", top_rows,
						 sizeof(top_rows) / sizeof(top_rows[0])};

static int take_command(void *context, const char *argument);

static const struct options_table table = {
	.usage = "COMMAND [options]",
	.about = "Ask a running sluice, or have it do something.",
	.version = SLUICE_VERSION,
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
	.commands = commands,
	.command_count = sizeof(commands) / sizeof(commands[0]),
	.behind = &behind_top,
	.operand = take_command,
};

static int
take_command(void *context, const char *argument)
{
	struct options *options = context;

	if (options->command != NULL && is_asked(options, "set"))
		return set_word(&options->set, argument);
	if (options->command != NULL)
		return message_misuse("unexpected argument '%s' after the command '%s'",
				      argument, options->command);
	if (options_command(&table, argument) < 0)
		return EXIT_USAGE;
	options->command = argument;
	return OPTIONS_GO_ON;
}

/* Return the request that a command sends. */
static const char *
request_name(const struct options *options)
{
	if (command_takes_records(options))
		return "follow";
	if (options->verbose)
		return "recorded";
	if (is_asked(options, "health"))
		return "stats";
	/* without a filter, the sums are faster than a list */
	if (is_asked(options, "count"))
		return json_object_size(options->request) > 0 ? "list" : "stats";
	return options->command;
}

/* Return the name of the records that a capture holds. */
static const char *
captured(const struct options *options)
{
	if (options->verdict == NULL)
		return "all";
	return strcmp(options->verdict, "drop") == 0 ? "drops" : "passed";
}

/* Complete the request, which already has the members of the filter options. */
static void
request_complete(const struct options *options)
{
	json_t *request = options->request;

	if (is_asked(options, "capture")) {
		json_object_set_new(request, "records", json_string(captured(options)));
		json_object_set_new(request, "frames", json_true());
	} else if (is_asked(options, "trace")) {
		json_object_set_new(request, "records",
				    json_pack("[ss]", "drops", "passed"));
		json_object_set_new(request, "trace", json_true());
	} else if (is_asked(options, "log")) {
		json_object_set_new(request, "records", json_string("logs"));
	}
	if (options->dry_run)
		json_object_set_new(request, "dry_run", json_true());
	if (options->connections != NULL)
		json_object_set_new(request, "connections",
				    json_string(options->connections));
	if (options->reset)
		json_object_set_new(request, "reset", json_true());
	json_object_set_new(request, "request", json_string(request_name(options)));
}

/* Parse the command line. Returns OPTIONS_GO_ON, or the exit status. */
static int
read_options(struct options *options, int argc, char **argv)
{
	int status = options_read(&table, argc, argv, options);

	/* whichever of both comes first */
	if (options->columns_named && !options->json)
		options->table = true;
	if (status == OPTIONS_GO_ON)
		status = command_check(options);
	if (status == OPTIONS_GO_ON)
		request_complete(options);
	return status;
}

/* Send a request and read its answer. Returns the exit status. */
static int
ask(const struct options *options, struct link *link, const json_t *request,
    struct capture *capture)
{
	int status = link_send(link, request);

	/* sluice may have sent a message and closed the connection before our request */
	if (status == 0 || status == -EPIPE || status == -ECONNRESET)
		return answer_receive(options, link, capture);
	return message_error(EXIT_DEVICE, "%s: the request cannot be sent: %s",
			     options->socket, strerror(-status));
}

/* Print the table of drop counters before the packets of `drops -v`. */
static int
ask_drops(const struct options *options, struct link *link)
{
	json_t *request = json_pack("{ss}", "request", "drops");
	int status = ask(options, link, request, NULL);

	json_decref(request);
	if (status == 0 && !options->json)
		puts("");
	return status;
}

static int
run(const struct options *options)
{
	struct capture *capture = NULL;
	struct link *link;
	int status = 0;

	if (options->write != NULL) {
		capture = capture_open(options->write);
		if (capture == NULL)
			return EXIT_OTHER;
	}
	status = link_open(options->socket, answer_timeout(options), &link);
	if (status != 0) {
		if (capture != NULL)
			capture_close(capture);
		return message_error(EXIT_DEVICE, "%s: %s", options->socket,
				     status == -EAGAIN ? "sluice does not answer "
							 "(--timeout says how long to "
							 "wait)"
						       : link_open_text(status));
	}
	if (is_asked(options, "events") || command_takes_records(options))
		setvbuf(stdout, NULL, _IOLBF, 0);
	if (command_takes_records(options))
		answer_stop_on_signals();
	if (options->verbose)
		status = ask_drops(options, link);
	if (status == 0)
		status = ask(options, link, options->request, capture);
	link_close(link);
	if (capture != NULL) {
		message_note("%llu packets written to %s", capture_count(capture),
			     options->write);
		if (capture_close(capture) != 0 && status == 0)
			status = EXIT_OTHER;
	}
	return status;
}

int
main(int argc, char **argv)
{
	struct options options = {.socket = LINK_DEFAULT_SOCKET,
				  .timeout = -1,
				  .interval = COMMAND_INTERVAL_S,
				  .request = json_object()};
	int status;

	streams_begin();
	message_begin("sluicectl");
	columns_read(&options.columns, COLUMNS_DEFAULT);
	conntrack_translate(argc, argv);
	status = read_options(&options, argc, argv);
	if (status == OPTIONS_GO_ON) {
		/* the screens of top have control sequences, and no text of others */
		if (!options.json && (options.batch || !is_asked(&options, "top")))
			streams_text();
		status = is_asked(&options, "top") ? top_run(&options) : run(&options);
		/* a monitor knows 0 and 1 */
		if (is_asked(&options, "health") && status != 0)
			status = EXIT_OTHER;
	}
	json_decref(options.request);
	return streams_end(status, EXIT_OTHER);
}
