/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#define MTU 1500u
#define IMIX "6:7,536:4,1460:1" /* frames of 64, 594 and 1518 bytes, IPv4 */

static const uint32_t connections_max = LIVES_CONNECTIONS;

static int
usage(void)
{
	fprintf(stderr,
		"usage: bench-gen [EAL options] -- [options]\n"
		"  lives of TCP connections between the first two ports, lan and wan\n"
		"  -c N    connections at once (1000)\n"
		"  -d N    data segments of a life, both sides together (2)\n"
		"  -H      hold: open them once, then send data on them without end\n"
		"  -n N    and beside those N others that end (0)\n"
		"  -F N    and N SYNs a second that are not answered (0)\n"
		"  -s S    bytes of data segments and their weights: N[:WEIGHT],.. or "
		"imix (%u)\n"
		"  -R N    new connections, with -H segments, a second (as many as go)\n"
		"  -r N    with -n: new connections a second (as many as go)\n"
		"  -6      IPv6\n"
		"  -T      with timestamps\n"
		"  -t N    seconds measured (5)\n"
		"  -w N    seconds before that (1); -H waits until all are open as well\n"
		"  -o F    text or json\n"
		"  with a rate, latency counts from when a segment was due, sent or "
		"not\n",
		TRAFFIC_PAYLOAD);
	return -1;
}

/*
 * Parse the number in an option's argument. Returns -1, after a message, if it is out of
 * bounds.
 */
static double
number(int letter, double min, double max)
{
	char *end;
	double value = strtod(optarg, &end);

	if (end != optarg && *end == '\0' && value >= min && value <= max)
		return value;
	fprintf(stderr, "bench-gen: -%c %s: a number of %.0f to %.0f expected\n", letter,
		optarg, min, max);
	return -1;
}

/* "SIZE" or "SIZE:WEIGHT"; false: neither. */
static bool
read_size(const char *text, struct lives_size *size)
{
	unsigned payload, weight = 1;
	char rest;

	if (sscanf(text, "%u:%u%c", &payload, &weight, &rest) != 2 &&
	    sscanf(text, "%u%c", &payload, &rest) != 1)
		return false;
	if (payload < 1 || payload > TRAFFIC_PAYLOAD_MAX || weight < 1 ||
	    weight > LIVES_WEIGHTS)
		return false;
	*size = (struct lives_size){(uint16_t)payload, (uint8_t)weight};
	return true;
}

int
options_sizes(struct lives_config *config, const char *text)
{
	char copy[128], *save = NULL, *word;
	unsigned weights = 0;

	if (strcmp(text, "imix") == 0)
		text = IMIX;
	if (strlen(text) >= sizeof(copy))
		return -1;
	memcpy(copy, text, strlen(text) + 1);
	config->sizes = 0;
	for (word = strtok_r(copy, ",", &save); word != NULL;
	     word = strtok_r(NULL, ",", &save)) {
		if (config->sizes == LIVES_SIZES ||
		    !read_size(word, &config->size[config->sizes]))
			return -1;
		weights += config->size[config->sizes++].weight;
	}
	return weights >= 1 && weights <= LIVES_WEIGHTS ? 0 : -1;
}

static int
read_sizes(struct options *o)
{
	if (options_sizes(&o->lives, optarg) == 0)
		return 0;
	fprintf(stderr,
		"bench-gen: -s %s: up to %u times SIZE[:WEIGHT] with commas between "
		"expected, "
		"sizes of 1 to %u, weights of %u together\n",
		optarg, LIVES_SIZES, TRAFFIC_PAYLOAD_MAX, LIVES_WEIGHTS);
	return -1;
}

struct reader {
	struct options *o;
	double connections;
	double ending;
	bool hold;
};

static int
read_number(struct reader *r, int letter)
{
	struct options *o = r->o;
	double value;

	switch (letter) {
	case 'c':
		r->connections = value = number(letter, 1, connections_max);
		break;
	case 'n':
		r->ending = value = number(letter, 0, connections_max);
		break;
	case 'd':
		value = number(letter, 0, 60000);
		o->lives.data = (uint16_t)value;
		break;
	case 'F':
		o->flood = value = number(letter, 0, 1e9);
		break;
	case 'R':
		o->rate[LIVES_HELD] = value = number(letter, 0, 1e9);
		break;
	case 'r':
		o->rate[LIVES_ENDING] = value = number(letter, 0, 1e9);
		break;
	case 't':
		o->seconds = value = number(letter, 0, 86400);
		break;
	case 'w':
		o->warmup = value = number(letter, 0, 86400);
		break;
	default:
		return usage();
	}
	return value < 0 ? -1 : 0;
}

static int
read_option(struct reader *r, int letter)
{
	struct options *o = r->o;

	switch (letter) {
	case 'H':
		r->hold = true;
		return 0;
	case '6':
		o->lives.family = 6;
		return 0;
	case 'T':
		o->lives.timestamps = true;
		return 0;
	case 's':
		return read_sizes(o);
	case 'o':
		o->json = strcmp(optarg, "json") == 0;
		return o->json || strcmp(optarg, "text") == 0 ? 0 : usage();
	default:
		return read_number(r, letter);
	}
}

/* Check combinations of options, and set defaults. */
static int
settle(struct reader *r)
{
	struct options *o = r->o;
	unsigned headers = (o->lives.family == 4 ? 20 : 40) + 20 +
			   (o->lives.timestamps ? 12 : 0);
	unsigned i;

	if (r->ending > 0 && !r->hold)
		return usage();
	if (!r->hold) {
		r->ending = r->connections;
		r->connections = 0;
		o->rate[LIVES_ENDING] = o->rate[LIVES_HELD];
	}
	if (r->connections + r->ending > connections_max)
		return usage();
	o->lives.connections[LIVES_HELD] = (uint32_t)r->connections;
	o->lives.connections[LIVES_ENDING] = (uint32_t)r->ending;
	for (i = 0; i < o->lives.sizes; i++)
		if (o->lives.size[i].payload + headers > MTU) {
			fprintf(stderr, "bench-gen: %u bytes do not fit, %u do\n",
				o->lives.size[i].payload, MTU - headers);
			return -1;
		}
	return 0;
}

int
options_read(struct options *o, int argc, char **argv)
{
	struct reader r = {.o = o, .connections = 1000};
	int letter;

	*o = (struct options){
		.lives = {.family = 4,
			  .sizes = 1,
			  .size = {{TRAFFIC_PAYLOAD, 1}},
			  .data = 2},
		.seconds = 5,
		.warmup = 1,
	};
	while ((letter = getopt(argc, argv, "c:d:Hn:F:s:R:r:6Tt:w:o:")) != -1)
		if (read_option(&r, letter) != 0)
			return -1;
	return optind == argc ? settle(&r) : usage();
}
