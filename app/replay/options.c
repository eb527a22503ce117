/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BURST_DEFAULT 32u

static const char usage[] =
	"usage: sluice-replay --config FILE [--rules FILE] --port NAME=CAPTURE ...\n"
	"                     --out DIR [--drain] [--burst N]\n"
	"\n"
	"Replay captures through the engine of sluice; time is that of the captures.\n"
	"\n"
	"  -c, --config FILE       the YAML configuration of sluice\n"
	"  -r, --rules FILE        rules to use instead of those of the configuration\n"
	"  -p, --port NAME=CAPTURE packets that enter this port (pcap, pcapng)\n"
	"  -o, --out DIR           for NAME.pcap, verdicts.jsonl, connections.json\n"
	"  -d, --drain             then advance the clock until no connection is left\n"
	"  -b, --burst N           packets per burst at most, 1 to 64 (default 32);\n"
	"                          verdicts do not depend on it\n"
	"  -h, --help              print this text\n";

static bool
parse_burst(const char *text, unsigned *burst)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < 1 || n > ENGINE_BURST_MAX) {
		fprintf(stderr, "sluice-replay: --burst %s: expected 1 to %u\n", text,
			ENGINE_BURST_MAX);
		return false;
	}
	*burst = (unsigned)n;
	return true;
}

static bool
parse_port(char *text, struct options *o)
{
	char *equal = strchr(text, '=');
	unsigned i;

	if (equal == NULL || equal == text || equal[1] == '\0') {
		fprintf(stderr, "sluice-replay: --port %s: expected NAME=CAPTURE\n",
			text);
		return false;
	}
	*equal = '\0';
	for (i = 0; i < o->ports; i++) {
		if (strcmp(o->port[i].name, text) == 0) {
			fprintf(stderr, "sluice-replay: --port %s is given twice\n",
				text);
			return false;
		}
	}
	if (o->ports == OPTIONS_MAX_PORTS) {
		fprintf(stderr, "sluice-replay: more than %u times --port\n",
			OPTIONS_MAX_PORTS);
		return false;
	}
	o->port[o->ports++] = (struct options_port){.name = text, .file = equal + 1};
	return true;
}

static bool
complete(const struct options *o)
{
	const char *missing = o->config == NULL ? "--config FILE"
			      : o->ports == 0   ? "--port NAME=CAPTURE"
			      : o->out == NULL  ? "--out DIR"
						: NULL;

	if (missing != NULL)
		fprintf(stderr, "sluice-replay: %s is missing (--help lists all)\n",
			missing);
	return missing == NULL;
}

enum options_result
options_parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'},
		{"rules", required_argument, NULL, 'r'},
		{"port", required_argument, NULL, 'p'},
		{"out", required_argument, NULL, 'o'},
		{"drain", no_argument, NULL, 'd'},
		{"burst", required_argument, NULL, 'b'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	*o = (struct options){.burst = BURST_DEFAULT};
	while ((c = getopt_long(argc, argv, "c:r:p:o:db:h", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 'r':
			o->rules = optarg;
			break;
		case 'o':
			o->out = optarg;
			break;
		case 'd':
			o->drain = true;
			break;
		case 'p':
			if (!parse_port(optarg, o))
				return OPTIONS_BAD;
			break;
		case 'b':
			if (!parse_burst(optarg, &o->burst))
				return OPTIONS_BAD;
			break;
		case 'h':
			fputs(usage, stdout);
			return OPTIONS_DONE;
		default:
			return OPTIONS_BAD;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "sluice-replay: %s: not an option (--help lists them)\n",
			argv[optind]);
		return OPTIONS_BAD;
	}
	return complete(o) ? OPTIONS_RUN : OPTIONS_BAD;
}
