/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The outputs of a replay. Each is called for packets with their verdicts, for frames
 * that leave a port, and for connections that have ended.
 */
#ifndef REPLAY_SINKS_H
#define REPLAY_SINKS_H

#include <stdbool.h>
#include <stdint.h>

#include <engine/engine.h>

#include "capture.h"
#include "conversation.h"

/* A packet and its verdict. */
struct item {
	struct frame fr; /* fr.f.data is valid with replay.keep_bytes only */
	const struct capture *capture;
	struct conversation *c; /* its conversation; NULL: none */
	uint64_t ns;
	uint16_t port;       /* number of the engine port on which it arrived */
	uint8_t sender;      /* index of the sending endpoint in c */
	uint8_t marks;       /* MARK_* flags */
	bool judged;         /* false: its headers are truncated, so it has no verdict */
	bool has_before;     /* whether before[] is set */
	bool is_first;       /* first packet of a connection */
	uint8_t before[2];   /* enum tcp_state of each endpoint before the packet */
	uint64_t connection; /* analysis.number of its connection; 0: none */
};

struct sinks {
	struct output *output;        /* NULL: not written */
	struct split *split;          /* NULL: not written */
	struct annotate *annotate;    /* NULL: not written */
	struct connlog *connlog;      /* NULL: not written */
	struct report *report;        /* NULL: no report */
	uint64_t connections;         /* connections of the capture so far */
	uint64_t merged, cut_headers; /* number of packets with these marks */
};

/*
 * A packet is about to be processed. Its bytes stay valid afterwards only with
 * keep_bytes.
 */
void sinks_enter(struct sinks *s, const struct item *item);

/* A packet has its verdict; called in packet order. */
void sinks_verdict(struct sinks *s, const struct item *item,
		   const struct engine_record *record);

/* A frame leaves a port. */
void sinks_frame(struct sinks *s, uint16_t port, const struct rte_mbuf *m, uint64_t ns);

/* A connection of the engine has expired (--drain). */
void sinks_expire(struct sinks *s, uint64_t ns, const struct conn_event *event);

/* A connection of the capture has ended. */
void sinks_connection(struct sinks *s, const struct conversation *c);

#endif
