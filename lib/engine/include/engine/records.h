/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records of packets, made by a worker and read by other threads: of packets that were
 * dropped, of packets that a `log` statement matched, and of packets that passed.
 *
 *	recorder_init(r);
 *	r->ring = ring;
 *	engine_set_recorder(engine, r);
 *	engine_burst(engine, ..);		the worker makes records
 *	rte_ring_sc_dequeue_elem(r->ring, ..);	another thread takes them
 *
 * Two places keep records:
 *   the flight recorder   the last RECORDER_KEPT drops of each reason. Each drop is
 *                         written there, always. Only the worker reads and writes it.
 *   the ring              drops while `follow` is set, logs while `log` is set, and the
 *                         packets that pass and match a selection. It is bounded and
 *                         limited in rate: what does not fit is counted and left out, and
 *                         the worker never waits.
 *
 * Packets that pass are compared with the selections, and pay for it only while there is
 * one (docs/adr/0037-records-of-packets-that-pass.md). An engine without a recorder makes
 * no records. `log` statements: lib/engine calls recorder_log() (recorder.h).
 */
#ifndef ENGINE_RECORDS_H
#define ENGINE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/reason.h>
#include <conn/match.h>
#include <track/tcp.h>

struct rte_ring;

#define RECORD_HEAD_BYTES 256u
#define RECORD_PREFIX_BYTES 128u /* as the kernel's NF_LOG_PREFIXLEN, with the 0 */
#define RECORD_NO_PORT UINT16_MAX

#define RECORDER_KEPT 16u            /* drops of each reason in the flight recorder */
#define RECORDER_RING 1024u          /* records that may wait for the control thread */
#define RECORDER_SELECTIONS 16u      /* readers of packets that pass */
#define RECORDER_RATE_DEFAULT 10000u /* records per second of each kind, for one worker */
#define RECORDER_RATE_MIN 100u
#define RECORDER_RATE_MAX 1000000000u

enum record_kind {
	RECORD_DROP,
	RECORD_LOG,
	RECORD_PASS,
	RECORD_KINDS,
};

/* The parameters of a `log` statement: nft(8), "LOG STATEMENT". */
struct record_log {
	uint8_t level;  /* of syslog, 0 (emerg) to 7 (debug); 8: audit */
	bool has_group; /* `group` is given: NFLOG in the kernel */
	uint16_t group;
	uint32_t snaplen; /* number of packet bytes that are wanted; 0: no limit */
	uint32_t flags;   /* RECORD_LOG_FLAG_* */
	/* terminated by 0; "": the statement has no prefix */
	char prefix[RECORD_PREFIX_BYTES];
};

/* nft's `flags`, as the kernel numbers them (linux/netfilter/nf_log.h). */
#define RECORD_LOG_FLAG_TCP_SEQUENCE 0x01u
#define RECORD_LOG_FLAG_TCP_OPTIONS 0x02u
#define RECORD_LOG_FLAG_IP_OPTIONS 0x04u
#define RECORD_LOG_FLAG_SKUID 0x08u
#define RECORD_LOG_FLAG_ETHER 0x20u

/*
 * A record of one packet. Addresses and numbers are not copied: the reader gets them from
 * the head of the frame, which also works for a malformed packet.
 */
struct packet_record {
	uint64_t at_ns; /* the engine's time: ns since 1970 in sluice */
	uint8_t kind;   /* enum record_kind */
	uint8_t reason; /* enum reason; REASON_NONE unless it is a drop */
	uint8_t action; /* enum action: the answer that the packet should get */
	/*
	 * enum policy_ct of the evaluation; without one, that of the connection. Valid
	 * for a log, and with has_rule or has_conn
	 */
	uint8_t ct;
	/* number of the port that received it; RECORD_NO_PORT: not known */
	uint16_t port;
	/*
	 * with has_rule: the rule that decided about the packet; of a packet that passed,
	 * the rule that let its connection in. 0: the policy of the chain
	 */
	uint16_t rule;
	bool has_rule;
	bool has_conn;     /* conn and orig are valid */
	bool has_states;   /* a TCP connection: before and after are valid */
	uint8_t orig;      /* side of the initiator */
	uint8_t before[2]; /* enum tcp_state by side, before the packet */
	uint8_t after[2];  /* the same after the packet; for a log equal to `before` */
	bool traced;       /* the rules have reached `meta nftrace set 1` */
	bool audited;      /* a drop: the packet passed, in audit mode */
	bool opened;     /* a pass: it opened its connection, so `before` is not valid */
	uint32_t policy; /* policy_id() of the rules that `rule` counts in */
	/* a drop, with has_states: the numbers that the segment was tested against */
	struct tcp_numbers numbers;
	uint32_t conn;        /* serial number in the worker */
	uint32_t frame_bytes; /* length of the whole frame */
	uint16_t head_bytes;  /* number of its bytes in head */
	uint8_t head[RECORD_HEAD_BYTES];
	struct record_log log; /* for a log: its parameters */
};

/* What has happened to a worker's records of one kind, in numbers. */
struct record_counts {
	uint64_t made;    /* put into the ring */
	uint64_t limited; /* left out: more than `rate` a second */
	uint64_t lost;    /* left out: the ring was full */
};

/* The last dropped packets for one reason. */
struct record_history {
	/* number of drops so far; the next is stored at count % RECORDER_KEPT */
	uint64_t count;
	struct packet_record last[RECORDER_KEPT];
};

struct recorder {
	/*
	 * The members down to `selection` are read by the worker, which changes them on
	 * request only.
	 */
	/* elements are struct packet_record, one producer; NULL: no ring */
	struct rte_ring *ring;
	bool follow;
	bool log;
	uint32_t rate; /* largest number of records per second, for each kind */
	bool trace;    /* packets that pass and reach `meta nftrace set 1` are recorded */
	/* packets that pass and match one of these are recorded */
	unsigned selections;
	struct conn_match selection[RECORDER_SELECTIONS];
	/* The members below belong to the worker alone. */
	struct record_counts counts[RECORD_KINDS];
	uint64_t window[RECORD_KINDS]; /* the part of a second that `left` counts for */
	uint32_t left[RECORD_KINDS];
	struct record_history history[REASON_COUNT];
};

struct engine;

/* Initialise the recorder: empty, without a ring, with RECORDER_RATE_DEFAULT. */
void recorder_init(struct recorder *r);

/* Make records from now on; NULL: make none. The caller keeps ownership of the memory. */
void engine_set_recorder(struct engine *e, struct recorder *r);

/*
 * Record the packets that pass from now on and match one of n selections, at most
 * RECORDER_SELECTIONS; 0: none. Only the worker may call it. VLANs are not compared in an
 * engine whose VLANs are joined.
 */
void engine_record_passed(struct engine *e, const struct conn_match *selection,
			  unsigned n);

/*
 * Copy the last drops for a reason, newest first, at most n. Returns their number. Only
 * the worker may call it, as all functions of the recorder.
 */
unsigned recorder_last(const struct recorder *r, enum reason reason,
		       struct packet_record *records, unsigned n);

#endif
