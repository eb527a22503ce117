/* SPDX-License-Identifier: BSD-3-Clause */
#include "top.h"

#include <string.h>

#define TOTAL "connections" /* member of a talker beside the states */

static json_int_t
number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *
word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "-";
}

/* ---- samples ---- */

static void
increment(json_t *object, const char *key)
{
	json_object_set_new(object, key, json_integer(number(object, key) + 1));
}

void
top_count(struct top_sample *sample, const json_t *connection)
{
	const char *src = word(json_object_get(connection, "orig"), "src");
	const json_t *state = json_object_get(connection, "state");
	json_t *talker;

	if (sample->talkers == NULL)
		sample->talkers = json_object();
	talker = json_object_get(sample->talkers, src);
	if (talker == NULL) {
		talker = json_object();
		json_object_set_new(sample->talkers, src, talker);
	}
	increment(talker, TOTAL);
	increment(talker, word(connection, state != NULL ? "state" : "proto"));
	sample->connections++;
}

void
top_release(struct top_sample *sample)
{
	json_decref(sample->stats);
	json_decref(sample->drops);
	json_decref(sample->states);
	json_decref(sample->talkers);
	*sample = (struct top_sample){0};
}

/* ---- the screen ---- */

/* Units in a second between two counts; 0 where the second one is not larger. */
static double
rate(json_int_t before, json_int_t now, uint64_t ms)
{
	return ms == 0 || now < before ? 0.0 : (double)(now - before) * 1000 / (double)ms;
}

static void
show_rate(FILE *out, const char *name, double value)
{
	fprintf(out, "%14.1f %s/s", value, name);
}

static void
show_totals(FILE *out, const json_t *before, const json_t *now, uint64_t ms)
{
	static const char *const names[] = {"packets", "passed",  "dropped",
					    "created", "removed", "evicted"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		show_rate(out, names[i],
			  rate(number(before, names[i]), number(now, names[i]), ms));
		fputs(i % 3 == 2 ? "\n" : " ", out);
	}
	fprintf(out,
		"connections: %lld of %lld of IPv4, %lld of %lld of IPv6; %.1f Mbit/s\n",
		(long long)number(now, "connections"),
		(long long)number(now, "connections_max"),
		(long long)number(now, "connections_ipv6"),
		(long long)number(now, "connections_ipv6_max"),
		rate(number(before, "bytes"), number(now, "bytes"), ms) * 8 / 1e6);
}

/* Print the endpoints of all sides together, those states that have some. */
static void
show_states(FILE *out, const json_t *states)
{
	const char *name, *state;
	json_t *side, *sums = json_object(), *value;

	json_object_foreach((json_t *)(uintptr_t)states, name, side) {
		json_object_foreach(json_object_get(side, "now"), state, value)
			json_object_set_new(sums, state,
					    json_integer(number(sums, state) +
							 json_integer_value(value)));
	}
	fputs("\nTCP endpoints:", out);
	json_object_foreach(sums, state, value) {
		if (json_integer_value(value) != 0 && strcmp(state, "none") != 0)
			fprintf(out, " %s %lld", state,
				(long long)json_integer_value(value));
	}
	fputc('\n', out);
	json_decref(sums);
}

static void
show_drops(FILE *out, const json_t *before, const json_t *now, uint64_t ms)
{
	const json_t *drop;
	size_t i;

	fprintf(out, "\n%-22s %12s %14s\n", "drops", "packets/s", "packets");
	json_array_foreach(now, i, drop) {
		if (number(drop, "packets") == 0)
			continue;
		fprintf(out, "%-22s %12.1f %14lld\n", word(drop, "reason"),
			rate(number(json_array_get(before, i), "packets"),
			     number(drop, "packets"), ms),
			(long long)number(drop, "packets"));
	}
}

static void
show_ports(FILE *out, const json_t *before, const json_t *now, uint64_t ms)
{
	const json_t *old;
	const char *name;
	json_t *port;

	fprintf(out, "\n%-22s %12s %14s %12s  %s\n", "port", "rx packets/s",
		"tx packets/s", "missed/s", "link");
	json_object_foreach((json_t *)(uintptr_t)now, name, port) {
		old = json_object_get(before, name);
		fprintf(out, "%-22s %12.1f %14.1f %12.1f  %s\n", name,
			rate(number(old, "rx_packets"), number(port, "rx_packets"), ms),
			rate(number(old, "tx_packets"), number(port, "tx_packets"), ms),
			rate(number(old, "rx_missed"), number(port, "rx_missed"), ms),
			word(port, "link"));
	}
}

static void
show_workers(FILE *out, const json_t *before, const json_t *now, uint64_t ms)
{
	const json_t *load, *old;
	size_t i;

	fprintf(out, "\n%-22s %12s %14s %12s\n", "worker", "packets/s", "handed over/s",
		"connections");
	json_array_foreach(now, i, load) {
		old = json_array_get(before, i);
		fprintf(out, "%-22zu %12.1f %14.1f %12lld\n", i,
			rate(number(old, "packets"), number(load, "packets"), ms),
			rate(number(old, "handed_over"), number(load, "handed_over"), ms),
			(long long)number(load, "connections"));
	}
}

/* The address with the most connections of those with less than (count, address). */
static const char *
next_talker(json_t *talkers, json_int_t count, const char *after)
{
	const char *address, *best = NULL;
	json_int_t best_count = 0, n;
	json_t *talker;

	json_object_foreach(talkers, address, talker) {
		n = number(talker, TOTAL);
		if (after != NULL &&
		    (n > count || (n == count && strcmp(address, after) <= 0)))
			continue;
		if (n < best_count ||
		    (n == best_count && best != NULL && strcmp(address, best) >= 0))
			continue;
		best = address;
		best_count = n;
	}
	return best;
}

static void
show_talkers(FILE *out, const struct top_sample *now)
{
	json_int_t count = 0;
	const char *address = NULL, *state;
	json_t *talker, *value;
	unsigned i;

	fprintf(out, "\n%-39s %12s  %s\n", "most connections from", TOTAL,
		"by state or protocol");
	for (i = 0; i < TOP_TALKERS; i++) {
		address = next_talker(now->talkers, count, address);
		if (address == NULL)
			break;
		talker = json_object_get(now->talkers, address);
		count = number(talker, TOTAL);
		fprintf(out, "%-39s %12lld ", address, (long long)count);
		json_object_foreach(talker, state, value) {
			if (strcmp(state, TOTAL) != 0)
				fprintf(out, " %s %lld", state,
					(long long)json_integer_value(value));
		}
		fputc('\n', out);
	}
	if (now->connections == TOP_CONNECTIONS)
		fprintf(out, "of the first %u connections that were read\n",
			TOP_CONNECTIONS);
}

void
top_show(FILE *out, const struct top_sample *before, const struct top_sample *now)
{
	const uint64_t ms = now->at_ms - before->at_ms;

	show_totals(out, before->stats, now->stats, ms);
	show_states(out, now->states);
	show_drops(out, before->drops, now->drops, ms);
	show_ports(out, json_object_get(before->stats, "ports"),
		   json_object_get(now->stats, "ports"), ms);
	show_workers(out, json_object_get(before->stats, "load"),
		     json_object_get(now->stats, "load"), ms);
	show_talkers(out, now);
}
