/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When the rules are evaluated, what they are told about a packet, and what follows from
 * their verdict; audit mode.
 */
#ifndef ENGINE_RULES_H
#define ENGINE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "pkt.h"

/* rules.c */

/* The conntrack state of a packet that side has sent, for the rules. */
enum policy_ct rules_ct(const struct track_hot *hot, uint8_t side);

/* Evaluate the rules into s->rules. Returns whether they accept. */
bool rules_eval(struct pkt_ctx *s, enum policy_ct ct);

/* Begin batch classification of a packet, in s->classified, which is not NULL. */
void rules_classify(const struct pkt_ctx *s);

/* Set s->r to drop or reject the packet, as s->rules says. */
void rules_refuse(struct pkt_ctx *s);

/* Whether a packet of the connection s->index passes without evaluating the rules. */
bool rules_known(const struct pkt_ctx *s, enum policy_ct ct);

/* Count, in the rules' counters, a packet for which rules_known() was true. */
void rules_count(struct pkt_ctx *s, enum policy_ct ct);

/*
 * s->rules has accepted the packet. Store that in the connection if it holds for all its
 * packets.
 */
void verdict_cache_store(struct pkt_ctx *s);

/*
 * The tracker has found the packet invalid. With enforce_ruleset the rules decide about
 * it.
 */
void rules_invalid(struct pkt_ctx *s);

/* audit.c */

/*
 * The rules have refused the packet, as s->rules says. Returns whether it passes all the
 * same, as in audit mode.
 */
bool audit_rules(struct pkt_ctx *s);

/*
 * Only in audit mode: if s->r drops the packet, have it pass without an answer. Returns
 * whether it passes.
 */
bool audit_pass(struct pkt_ctx *s);

/* rules_packet.c */

/*
 * Fill the fields that the rules test, for a packet as if side had sent it. A dry run
 * changes nothing but the marks in e->extra.
 */
void rules_packet(const struct pkt_ctx *s, uint8_t side, enum policy_ct ct,
		  struct policy_packet *q);

/* Make records of the log statements that the evaluation has reached. */
void rules_log(const struct pkt_ctx *s);

/* The ports of the wire of `port`, as the rules compare them, for packets from it. */
void rules_ports(const struct pkt_ctx *s, uint16_t port, struct policy_packet *q);

/* raw.c */

/* Evaluate the rules before tracking into s->rules. Returns whether they accept. */
bool raw_accepts(struct pkt_ctx *s);

/*
 * Evaluate the rules before tracking for verdict_cache_store(), for packets that come in
 * by `port`. Returns whether they accept each packet of the connection, and outputs what
 * they set.
 */
bool raw_accepts_each(const struct pkt_ctx *s, uint16_t port, struct raw_marks *marks);

/* extra.c */

/*
 * Fill e->extra for a packet that side has sent, with the input that the rules need.
 * e->needs is not 0.
 */
struct policy_extra *extra_fill(const struct pkt_ctx *s, uint8_t side, enum policy_ct ct);

/* Store the mark of the connection that the rules have set in e->extra. */
void extra_keep(struct pkt_ctx *s);

#endif
