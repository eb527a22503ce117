/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hints at faults of the capture, not of the network (lost or duplicate packets,
 * truncation, ..). Each says what to do about it.
 */
#include "program.h"

#include <inttypes.h>
#include <string.h>

#include "plural.h"

#define DUPLICATES_MIN 4u     /* least number of duplicate packets for a hint */
#define DUPLICATES_PERCENT 5u /* least percentage of all packets */
#define ONE_WAY_MIN 5u        /* least number of one-way connections for a hint */
#define ONE_WAY_PERCENT 90u   /* least percentage of all connections */

/* Add a line that begins with a count of packets or others, unless the count is 0. */
static void
advise_count(struct program *p, uint64_t count, const char *one, const char *many,
	     const char *rest)
{
	if (count != 0)
		hints_add(&p->hints, "%" PRIu64 " %s %s", count, plural(count, one, many),
			  rest);
}

static void
advise_files(struct program *p)
{
	const struct capture *c;
	unsigned i;

	for (i = 0; i < p->options.captures; i++) {
		c = &p->captures[i];
		if (c->damaged)
			hints_add(&p->hints,
				  "%s; the %" PRIu64 " %s before it %s replayed",
				  c->damage.text, c->packets,
				  plural(c->packets, "packet", "packets"),
				  plural(c->packets, "is", "are"));
		else if (c->packets == 0)
			hints_add(&p->hints, "%s: no packets", c->file);
		if (c->left_out != 0)
			hints_add(&p->hints,
				  "%s: %" PRIu64 " %s of link type %s (%u) %s left "
				  "out; expected %s",
				  c->file, c->left_out,
				  plural(c->left_out, "packet", "packets"),
				  linktype_name(c->unknown_type), c->unknown_type,
				  plural(c->left_out, "is", "are"), linktype_list());
		if (c->cut != 0)
			hints_add(&p->hints,
				  "%s: %" PRIu64 " %s cut by the snapshot length: %s "
				  "headers, and checksums are not verified; capture with "
				  "-s 0",
				  c->file, c->cut,
				  plural(c->cut, "packet is", "packets are"),
				  plural(c->cut, "it is judged by its",
					 "they are judged by their"));
		if (c->backwards != 0)
			hints_add(&p->hints,
				  "%s: %" PRIu64 " %s older than the packet before, and "
				  "replayed with its time; reordercap sorts a capture",
				  c->file, c->backwards,
				  plural(c->backwards, "packet is", "packets are"));
	}
}

/* Report the packets that the capture file declares as lost. */
static void
advise_lost(struct program *p)
{
	const struct reader *r;
	unsigned i;
	uint32_t j;

	for (i = 0; i < p->options.captures; i++) {
		r = &p->captures[i].reader;
		for (j = 0; j < r->interface_count; j++) {
			if (r->interfaces[j].dropped == 0)
				continue;
			hints_add(&p->hints,
				  "%s: the capture says that it has lost %" PRIu64
				  " %s%s%s; capture with a larger buffer (-B)",
				  p->captures[i].file, r->interfaces[j].dropped,
				  plural(r->interfaces[j].dropped, "packet", "packets"),
				  r->interfaces[j].name[0] != '\0' ? " of " : "",
				  r->interfaces[j].name);
		}
	}
	if (p->incomplete != 0)
		hints_add(&p->hints,
			  "capture incomplete: in %" PRIu64 " %s one end "
			  "acknowledges what is not in the capture, so drops with this "
			  "mark are not the network's; capture with a larger buffer "
			  "(tcpdump -B)",
			  p->incomplete,
			  plural(p->incomplete, "connection", "connections"));
}

static void
advise_checksums(struct program *p)
{
	const struct checksums *cs = &p->replay.checksums;
	unsigned side;

	advise_count(p, cs->offloaded,
		     "packet has a checksum that the sender left to its card; it is",
		     "packets have checksums that the sender left to its card; they are",
		     "not verified (--checksum yes verifies all; at the sender: ethtool "
		     "-K DEVICE tx off)");
	for (side = 0; side < 2; side++) {
		if (cs->verify != FAULTS_AUTO && cs->off[side] && cs->verify != FAULTS_NO)
			hints_add(
				&p->hints,
				"%" PRIu64 " of %" PRIu64 " checksums from side %s are "
				"wrong: left to the sender's card; --checksum auto does "
				"not verify them",
				cs->wrong[side], cs->judged[side],
				side == 0 ? p->names[0] : p->names[1]);
	}
	advise_count(p, p->sinks.merged, "packet holds", "packets hold",
		     "several segments, merged by GRO, LRO or TSO of the host that "
		     "captured; each counts as one segment (ethtool -K DEVICE gro off "
		     "lro off tso off gso off)");
}

static void
advise_order(struct program *p)
{
	const struct replay *r = &p->replay;
	uint64_t packets = 0;
	unsigned i;

	for (i = 0; i < p->options.captures; i++)
		packets += p->captures[i].packets;
	if (r->duplicates_left_out != 0)
		advise_count(p, r->duplicates_left_out,
			     "packet was captured twice; the second is",
			     "packets were captured twice; the second ones are",
			     "left out (--dedup)");
	else if (r->duplicates.found >= DUPLICATES_MIN &&
		 r->duplicates.found * 100 >= packets * DUPLICATES_PERCENT)
		advise_count(p, r->duplicates.found, "packet was", "packets were",
			     "captured twice within a millisecond (mirror port, or -i "
			     "any): --dedup leaves out the second");
	if (p->clocks_differ)
		hints_add(&p->hints,
			  "the clocks of %s and %s differ: answers come before their "
			  "questions, or after what follows them; try --offset %s=%.3f",
			  p->captures[0].file, p->captures[1].file,
			  p->options.by_port ? p->captures[1].name
					     : p->options.capture[1].file,
			  (double)p->clock_offset_ns / 1e6);
}

static void
advise_connections(struct program *p)
{
	advise_count(p, p->picked_up, "connection began before the capture and is",
		     "connections began before the capture and are",
		     "picked up, marked (--loose no drops such segments)");
	if (p->two_way != 0)
		hints_add(&p->hints,
			  "%" PRIu64 " %s one --port in both directions: a capture of "
			  "both directions is given without --port, as in "
			  "sluice-replay %s",
			  p->two_way,
			  plural(p->two_way, "conversation uses", "conversations use"),
			  p->captures[0].file);
	if (p->one_way >= ONE_WAY_MIN && !p->options.by_port &&
	    p->one_way * 100 >= p->sinks.connections * ONE_WAY_PERCENT)
		hints_add(&p->hints,
			  "%" PRIu64 " of %" PRIu64 " connections are seen in one "
			  "direction only: where is the capture of the other?",
			  p->one_way, p->sinks.connections);
	advise_count(p, p->sinks.cut_headers, "packet ends within its headers and has",
		     "packets end within their headers and have",
		     "no verdict; capture with -s 0, or at least -s 128");
}

void
advice_give(struct program *p)
{
	if (!p->options.by_port)
		hints_add(&p->hints, "sides: %s", p->replay.sides.text);
	advise_files(p);
	advise_lost(p);
	advise_checksums(p);
	advise_order(p);
	advise_connections(p);
	if (p->options.split != NULL)
		hints_add(&p->hints,
			  "again: sluice-replay --port %s=%s/%s.pcapng --port "
			  "%s=%s/%s.pcapng --checksum auto --loose auto ...",
			  p->names[0], p->options.split, p->names[0], p->names[1],
			  p->options.split, p->names[1]);
	advise_count(p, p->output.late,
		     "frame left after 2106-02-07, the last time that pcap can express, "
		     "and has",
		     "frames left after 2106-02-07, the last time that pcap can express, "
		     "and have",
		     "that time");
}
