/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl: ask a running sluice, or have it do something. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "exit.h"
#include "line.h"
#include "link.h"
#include "show.h"
#include "streams.h"

#define DEFAULT_SOCKET "/run/sluice/control.sock"
#define TIMEOUT_S 10
#define TIMEOUT_RELOAD_S 120
#define TIMEOUT_MAX_S 86400

static const char usage[] =
	"usage: sluicectl COMMAND [options]\n"
	"\n"
	"  list      connections, as conntrack(8) prints them, with endpoint states\n"
	"  events    connections as they begin [NEW], change [UPDATE] and end [DESTROY]\n"
	"  delete    remove the connections that match\n"
	"  flush     remove all connections\n"
	"  stats     packets, connections, ports\n"
	"  drops     dropped packets by reason; with -a also the reasons that are 0\n"
	"  rules     the rules in force, with their counters\n"
	"  reload    load the rule file again\n"
	"\n"
	"  -s, --socket PATH   control socket of sluice (default " DEFAULT_SOCKET ")\n"
	"  -o, --output json   print one JSON object per line, as sluice sends it\n"
	"  -t, --timeout N     wait N seconds for sluice (default 10, reload 120; 0: ever);\n"
	"                      events, once they come, have no limit\n"
	"  -a, --all           drops: also print the reasons that are 0\n"
	"  -h, --help          print this text\n"
	"  -V, --version       print the version\n"
	"\n"
	"select connections (list, events, delete); addresses and ports are of the\n"
	"original direction:\n"
	"  -p, --proto NAME    tcp, udp, icmp, icmpv6, or a number\n"
	"  -f, --family NAME   ipv4 or ipv6\n"
	"      --src ADDRESS   an address, or a network: 10.0.0.0/8\n"
	"      --dst ADDRESS\n"
	"      --sport PORT\n"
	"      --dport PORT\n"
	"      --vlan VID      0: untagged; 10.20: QinQ, the outer first\n"
	"      --state NAME    as in conntrack(8), or of an endpoint; ASSURED, UNREPLIED\n";

struct options {
	const char *socket;
	int timeout; /* seconds; -1: not given */
	bool json;
	bool all;
	json_t *request;
};

/* The whole of the answer has come. */
enum progress {
	MORE,
	DONE,
};

static int
usage_error(const char *what, const char *argument)
{
	fprintf(stderr, "sluicectl: %s%s\nTry 'sluicectl --help'.\n", what, argument);
	return EXIT_USAGE;
}

static bool
is_command(const char *name)
{
	static const char *const commands[] = {"list",  "events", "delete", "flush",
					       "stats", "drops",  "rules",  "reload"};
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i], name) == 0)
			return true;
	return false;
}

/* Long options without a letter have numbers from here. */
enum {
	OPTION_SRC = 256,
	OPTION_DST,
	OPTION_SPORT,
	OPTION_DPORT,
	OPTION_VLAN,
	OPTION_STATE,
};

static const struct option longs[] = {
	{"socket", required_argument, NULL, 's'},
	{"output", required_argument, NULL, 'o'},
	{"timeout", required_argument, NULL, 't'},
	{"all", no_argument, NULL, 'a'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{"proto", required_argument, NULL, 'p'},
	{"family", required_argument, NULL, 'f'},
	{"src", required_argument, NULL, OPTION_SRC},
	{"dst", required_argument, NULL, OPTION_DST},
	{"sport", required_argument, NULL, OPTION_SPORT},
	{"dport", required_argument, NULL, OPTION_DPORT},
	{"vlan", required_argument, NULL, OPTION_VLAN},
	{"state", required_argument, NULL, OPTION_STATE},
	{NULL, 0, NULL, 0},
};

static void
filter_option(struct options *options, const char *key)
{
	json_object_set_new(options->request, key, json_string(optarg));
}

static int
read_timeout(struct options *options)
{
	char *end;
	unsigned long seconds = strtoul(optarg, &end, 10);

	if (*end != '\0' || optarg[0] < '0' || optarg[0] > '9' || seconds > TIMEOUT_MAX_S)
		return usage_error("--timeout: 0 to 86400 seconds expected, not ",
				   optarg);
	options->timeout = (int)seconds;
	return -1;
}

/* Returns -1 to go on, else the status to exit with. */
static int
read_option(struct options *options, int option, char **argv)
{
	switch (option) {
	case 's':
		options->socket = optarg;
		return -1;
	case 'o':
		options->json = true;
		if (strcmp(optarg, "json") != 0)
			return usage_error("json expected after -o, not ", optarg);
		return -1;
	case 't':
		return read_timeout(options);
	case 'a':
		options->all = true;
		return -1;
	case 'h':
		fputs(usage, stdout);
		return 0;
	case 'V':
		printf("sluicectl %s\n", SLUICE_VERSION);
		return 0;
	case 'p':
		filter_option(options, "proto");
		return -1;
	case 'f':
		filter_option(options, "family");
		return -1;
	case OPTION_SRC:
		filter_option(options, "src");
		return -1;
	case OPTION_DST:
		filter_option(options, "dst");
		return -1;
	case OPTION_SPORT:
		filter_option(options, "sport");
		return -1;
	case OPTION_DPORT:
		filter_option(options, "dport");
		return -1;
	case OPTION_VLAN:
		filter_option(options, "vlan");
		return -1;
	case OPTION_STATE:
		filter_option(options, "state");
		return -1;
	case ':':
		return usage_error("a value is missing after ", argv[optind - 1]);
	default:
		return usage_error("unknown option ", argv[optind - 1]);
	}
}

static int
read_options(struct options *options, int argc, char **argv)
{
	int option, status = -1;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":s:o:t:ahVp:f:", longs, NULL)) != -1) {
		status = read_option(options, option, argv);
		if (status >= 0)
			return status;
	}
	if (optind == argc)
		return usage_error(
			"no command, one of list, events, delete, flush, stats, "
			"drops, rules, reload expected",
			"");
	if (!is_command(argv[optind]))
		return usage_error("unknown command ", argv[optind]);
	if (optind + 1 < argc)
		return usage_error("unexpected argument ", argv[optind + 1]);
	json_object_set_new(options->request, "request", json_string(argv[optind]));
	return -1;
}

static bool
is_asked(const struct options *options, const char *name)
{
	return strcmp(json_string_value(json_object_get(options->request, "request")),
		      name) == 0;
}

/* Seconds, for this command. */
static unsigned
timeout(const struct options *options)
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

/* One object of the answer, for people. */
static enum progress
show(const struct options *options, const json_t *answer)
{
	static const char *const counts[] = {"listed", "deleted", "flushed"};
	char line[LINE_BYTES];
	size_t i;

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
	if (json_object_get(answer, "lost") != NULL) {
		fprintf(stderr, "sluicectl: %lld events lost\n", number(answer, "lost"));
		return MORE;
	}
	if (json_object_get(answer, "events") != NULL)
		return MORE;
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (json_object_get(answer, counts[i]) != NULL)
			fprintf(stderr, "sluicectl: %lld connections %s\n",
				number(answer, counts[i]), counts[i]);
	if (json_object_get(answer, "stats") != NULL)
		show_stats(stdout, json_object_get(answer, "stats"));
	if (json_object_get(answer, "drops") != NULL)
		show_drops(stdout, json_object_get(answer, "drops"), options->all);
	if (json_object_get(answer, "rules") != NULL)
		show_rules(stdout, json_object_get(answer, "rules"));
	if (json_object_get(answer, "reload") != NULL)
		puts(json_string_value(json_object_get(answer, "reload")));
	return DONE;
}

/* As it came, but in ASCII that is printable; whether it is the last. */
static enum progress
show_json(const json_t *answer)
{
	char *text = json_dumps(answer,
				JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
	const char *rest = text, *del;

	while (rest != NULL && (del = strchr(rest, '\x7f')) != NULL) {
		printf("%.*s\\u007f", (int)(del - rest), rest);
		rest = del + 1;
	}
	if (rest != NULL)
		puts(rest);
	free(text);
	return json_object_get(answer, "connection") != NULL ||
			       json_object_get(answer, "lost") != NULL ||
			       json_object_get(answer, "events") != NULL
		       ? MORE
		       : DONE;
}

static int
refused(const struct options *options, const char *text)
{
	fprintf(stderr, "sluicectl: %s\n", text);
	return is_asked(options, "reload") ? EXIT_RULES : EXIT_USAGE;
}

/* Read answers until the last. Returns the exit status. */
static int
receive(const struct options *options, struct link *link)
{
	enum progress progress = MORE;
	const char *error;
	json_t *answer;
	int status = 0;

	while (progress == MORE) {
		answer = link_receive(link);
		if (answer == NULL) {
			if (errno == EAGAIN)
				fprintf(stderr,
					"sluicectl: no answer within %u s (--timeout)\n",
					timeout(options));
			else
				fprintf(stderr, "sluicectl: the connection to sluice has "
						"ended\n");
			return EXIT_DEVICE;
		}
		if (json_object_get(answer, "events") != NULL)
			link_timeout(link, 0); /* the next one may be long in coming */
		error = json_string_value(json_object_get(answer, "error"));
		if (error != NULL) {
			status = refused(options, error);
			progress = DONE;
		} else if (options->json) {
			progress = show_json(answer);
		} else {
			progress = show(options, answer);
		}
		/* a deletion that has found nothing has not done what was asked */
		if (json_is_integer(json_object_get(answer, "deleted")) &&
		    number(answer, "deleted") == 0)
			status = EXIT_USAGE;
		json_decref(answer);
	}
	return status;
}

static int
run(const struct options *options)
{
	struct link *link;
	int status;

	if (link_open(options->socket, timeout(options), &link) != 0)
		return EXIT_DEVICE;
	if (is_asked(options, "events"))
		setvbuf(stdout, NULL, _IOLBF, 0);
	status = link_send(link, options->request);
	/* sluice may have said why it takes in nobody, and closed */
	if (status == 0 || status == -EPIPE || status == -ECONNRESET)
		status = receive(options, link);
	else
		fprintf(stderr, "sluicectl: %s: %s\n", options->socket,
			strerror(-status));
	link_close(link);
	return status < 0 ? EXIT_DEVICE : status;
}

int
main(int argc, char **argv)
{
	struct options options = {.socket = DEFAULT_SOCKET,
				  .timeout = -1,
				  .request = json_object()};
	int status;

	streams_begin();
	status = read_options(&options, argc, argv);
	if (status < 0) {
		if (!options.json)
			streams_text();
		status = run(&options);
	}
	json_decref(options.request);
	return streams_end("sluicectl", status, EXIT_USAGE);
}
