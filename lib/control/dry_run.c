/* SPDX-License-Identifier: BSD-3-Clause */
#include "dry_run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <control/view.h>

#include "refusal.h"

#define LEFT_OUT_BYTES 64u /* for "and 4294967295 more" */
#define LINE_BYTES 320u
#define RULE_BYTES 100 /* longest text of a rule that is not cut */

struct walk {
	const struct dry_run *run;
	struct refusal_rules rules;
	uint64_t connections;
	uint64_t dropped; /* connections whose next packet the rules would drop */
	uint64_t refused; /* further connections that the rules would not accept as new */
	uint64_t listed;
	char *text; /* the lines written so far */
	size_t used;
	size_t size;
};

/* Append "by rule 4, forward: tcp dport 81 drop", or that a chain's policy refuses. */
static void
rule_add(struct walk *w, uint16_t rule)
{
	struct policy_rule_info info;

	if (rule == 0) {
		w->used += (size_t)snprintf(w->text + w->used, w->size - w->used,
					    " by the policy of a chain");
		return;
	}
	policy_rule(w->run->policy, rule, &info);
	w->used += (size_t)snprintf(w->text + w->used, w->size - w->used,
				    " by rule %u, %.*s%s", rule, RULE_BYTES, info.text,
				    strlen(info.text) > RULE_BYTES ? ".." : "");
}

/*
 * Append a line such as "would be dropped: tcp 10.0.0.1 40000 > 192.0.2.1 80, by rule 4,
 * forward: tcp dport 80 drop", if it fits.
 */
static void
line_add(struct walk *w, const struct conn_view *view, const char *what, uint16_t rule)
{
	const struct flow_id *id = &view->key.id;
	const int family = view->family == 4 ? AF_INET : AF_INET6;
	const unsigned orig = view->orig;
	char address[2][INET6_ADDRSTRLEN], ports[2][8] = {"", ""};
	unsigned side;

	if (w->used + LINE_BYTES + LEFT_OUT_BYTES > w->size)
		return;
	for (side = 0; side < 2; side++) {
		inet_ntop(family,
			  view->family == 4 ? (const void *)&view->key.addr.v4[side]
					    : view->key.addr.v6[side],
			  address[side], sizeof(address[side]));
		if (flow_id_has_ports(id))
			snprintf(ports[side], sizeof(ports[side]), " %u",
				 ntohs(id->port[side]));
	}
	w->used += (size_t)snprintf(w->text + w->used, w->size - w->used,
				    "\n%s: %s %s%s > %s%s,", what,
				    view_proto_name(flow_id_proto(id)), address[orig],
				    ports[orig], address[!orig], ports[!orig]);
	rule_add(w, rule);
	w->listed++;
}

static void
connection_judge(struct walk *w, const struct conn_view *view)
{
	uint16_t rule;

	w->connections++;
	switch (refusal_of(&w->rules, view, &rule)) {
	case REFUSAL_NONE:
		break;
	case REFUSAL_PACKET:
		w->dropped++;
		line_add(w, view, "would be dropped", rule);
		break;
	case REFUSAL_ANEW:
		w->refused++;
		line_add(w, view, "would not be let in anew", rule);
		break;
	}
}

static int
worker_walk(struct walk *w, unsigned worker)
{
	const struct control_backend *b = w->run->backend;
	struct conn_view views[CONTROL_PIECE];
	uint64_t cursor = 0;
	int i, n;

	while (cursor != ENGINE_CURSOR_END) {
		n = b->ops->list(b->context, worker, &cursor, views);
		if (n < 0)
			return n;
		for (i = 0; i < n; i++)
			connection_judge(w, &views[i]);
	}
	return 0;
}

int
dry_run(const struct dry_run *run, char *text, size_t size)
{
	char lines[4096];
	struct walk w = {.run = run, .text = lines, .size = sizeof(lines)};
	unsigned worker;
	int ret;

	if (size < w.size)
		w.size = size;
	lines[0] = '\0';
	if (policy_state_create(run->policy, &w.rules.state) != 0)
		return -ENOMEM;
	w.rules.policy = run->policy;
	w.rules.interfaces = run->interfaces;
	w.rules.now_ns = w.rules.wall_ns = run->now_ns;
	/* leave room for the sentence that precedes the lines */
	w.size = w.size > LINE_BYTES ? w.size - LINE_BYTES : 0;
	for (worker = 0, ret = 0; worker < run->backend->workers && ret == 0; worker++)
		ret = worker_walk(&w, worker);
	policy_state_free(w.rules.state);
	if (ret != 0)
		return ret;
	ret = snprintf(
		text, size,
		"of %llu connections, %llu would be dropped with their next packet, "
		"and %llu more would not be let in if they began now%s",
		(unsigned long long)w.connections, (unsigned long long)w.dropped,
		(unsigned long long)w.refused, lines);
	if (ret > 0 && (size_t)ret < size && w.listed < w.dropped + w.refused)
		snprintf(text + ret, size - (size_t)ret, "\nand %llu more",
			 (unsigned long long)(w.dropped + w.refused - w.listed));
	return 0;
}
