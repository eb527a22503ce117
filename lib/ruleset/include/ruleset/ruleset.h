/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes a policy from an nftables file: reads and checks the JSON that sluice-rules (or
 * `nft -j list ruleset`) prints, and has lib/policy compile it.
 *
 * The input is a whole ruleset. sluice evaluates the base chains `type filter hook
 * forward` of the tables of family inet, ip and ip6, and the chains that they jump to. In
 * these, whatever cannot be evaluated exactly as in the kernel is an error. All other
 * chains are not evaluated: the report names them, and warns when that changes decisions.
 * Dormant tables are ignored, as in the kernel.
 */
#ifndef RULESET_RULESET_H
#define RULESET_RULESET_H

#include <stdbool.h>
#include <stddef.h>

#include <policy/policy.h>

/*
 * The interface names of the ports, in the order of the port numbers. iifname and oifname
 * are compared with them.
 */
struct ruleset_ports {
	const char *const *names;
	unsigned count;
	/*
	 * Names of the mirror ports, which send copies of packets and belong to no wire,
	 * in the order of their numbers. `dup` names them.
	 */
	const char *const *mirrors;
	unsigned mirror_count;
};

enum ruleset_level {
	RULESET_NOTICE,  /* something is not evaluated, without effect on decisions */
	RULESET_WARNING, /* decisions may differ from what the author expects */
	RULESET_ERROR,   /* the ruleset is rejected */
	RULESET_LEVELS,
};

struct ruleset_message {
	enum ruleset_level level;
	/* one line, ready to print: where, what is wrong, what is expected, what to do */
	char *text;
};

/* number of messages that are kept; further ones are only counted */
#define RULESET_MESSAGES_MAX 200u

/* All messages about a ruleset. */
struct ruleset_report {
	/* in the order of the ruleset; NULL: there are none */
	struct ruleset_message *messages;
	unsigned count;
	/* number of messages by level, including those that are not kept */
	unsigned total[RULESET_LEVELS];
	unsigned chains; /* number of chains that are evaluated */
	unsigned sets;
	unsigned maps;
};

struct ruleset_options {
	/* NULL: each interface name counts as a port of its own */
	const struct ruleset_ports *ports;
	const char *file; /* file name at the start of messages; NULL: none */
	/* seconds by which the local time that nft prints is ahead of UTC */
	long utc_offset_s;
	bool refuse_other; /* treat a chain that is not evaluated as an error */
};

/*
 * Load the rules from the JSON text of nft; *report is overwritten. A ruleset without a
 * base chain `type filter hook forward` is an error, so an empty file is one too. An
 * interface name that no port has is a warning: a match on it never succeeds.
 *
 * Returns 0 and *policy; or -EINVAL (text not understood or not supported) or -ENOMEM,
 * and then the report has at least one RULESET_ERROR. The caller calls
 * ruleset_report_free() in every case.
 */
int ruleset_read(const char *json, size_t length, const struct ruleset_options *options,
		 struct policy **policy, struct ruleset_report *report);

void ruleset_report_free(struct ruleset_report *report);

/* Add a message to the report. When memory runs out, the message is only counted. */
void ruleset_report_add(struct ruleset_report *report, enum ruleset_level level,
			const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * Write the messages of a level and above into one text, separated by line feeds. Each
 * begins with the name of its level, except errors. Messages that do not fit into size
 * bytes are counted in the last line. The text is empty when there are no messages.
 */
void ruleset_report_text(const struct ruleset_report *report, enum ruleset_level level,
			 char *text, size_t size);

/* The result text of ruleset_load(). */
struct ruleset_error {
	char text[1024];
};

/*
 * Same as ruleset_read(), for callers that need a short text only. error->text is the
 * first error and the number of further errors; without errors, the warnings; or empty.
 */
int ruleset_load(const char *json, size_t length, const struct ruleset_ports *ports,
		 struct policy **policy, struct ruleset_error *error);

#endif
