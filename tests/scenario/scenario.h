/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scenario: the packets that two hosts send, and the expected result of each. README.md
 * describes the text. parse.c reads it, memory.c runs it through an engine, check.c
 * compares results, and replay.c runs it through the program sluice-replay.
 *
 * After parsing, sequence numbers are absolute and times are nanoseconds since the
 * scenario's start. Side 0 is host A, behind the port lan; side 1 is host B, behind wan.
 */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <engine/engine.h>
#include <frame/frame.h>

#define SCENARIO_SENDS 6 /* most frames that sluice sends in one step */
#define SCENARIO_SETTINGS 16
#define SCENARIO_QUOTED 4 /* most bytes that a quotation may have changed */

enum step_kind {
	STEP_TCP,
	STEP_UDP,
	STEP_ICMP,       /* ICMP query or reply */
	STEP_ICMP_ERROR, /* ICMP error that quotes a packet of the other side */
	STEP_OTHER,      /* packet of another IP protocol */
	STEP_RAW,        /* frame given as bytes in `raw` */
	STEP_TIME,       /* time passes; no packet */
};

enum expect_conn {
	EXPECT_NO_CONN,   /* no connection ("-") */
	EXPECT_STATELESS, /* a connection without TCP states */
	EXPECT_STATES,
};

struct segment_text {
	uint32_t seq;
	uint32_t ack;
	uint32_t len;
	uint16_t win;
	uint8_t flags; /* FRAME_* flags of TCP */
	bool has_win;
	struct frame_options opt;
	uint8_t raw[40]; /* memory of opt.raw */
	size_t raw_len;
};

/* Type and code that an ICMP word stands for; index 0: ICMP, 1: ICMPv6. */
struct icmp_word {
	const char *word;
	uint8_t type[2];
	uint8_t code[2];
	bool error;
};

/* Wrong or unusual properties of a frame: the words in braces. */
struct frame_words {
	bool bad_checksum;
	bool bad_ip_checksum;
	bool mf;
	uint16_t frag_off;
	uint8_t vlans;
	uint16_t vlan[2];
	uint8_t data_off;
	uint16_t ip_len;
	uint16_t padding;
	uint8_t ttl;
	uint8_t label; /* level of a security label; 0: no label */
	uint16_t cut;  /* length to cut the frame to, bytes; 0: do not cut */
	uint16_t id;   /* identification of the fragment's datagram */
	/* the frame is a fragment: piece_len bytes from offset piece_off */
	bool piece;
	uint16_t piece_off;
	uint16_t piece_len;
	uint16_t quotes;     /* ICMP error: most bytes to quote; 0: 508 */
	uint8_t quoted_byte; /* number of quoted bytes to change */
	/* offsets of the changed bytes from the quoted IP header on, and their values */
	uint8_t quoted_at[SCENARIO_QUOTED];
	uint8_t quoted_is[SCENARIO_QUOTED];
	/* MAC addresses are given, in place of those of the step */
	bool has_src, has_dst;
	uint8_t src[6];
	uint8_t dst[6];
};

/* An expected frame from sluice. */
struct expect_send {
	uint8_t to; /* side to which it is sent */
	struct segment_text segment;
	const struct icmp_word *icmp; /* ICMP message; NULL: the segment is sent */
	struct frame_words words;
};

struct expect {
	enum expect_conn conn_kind;
	uint8_t verdict;
	uint8_t reason;
	uint8_t action;
	uint8_t state[2]; /* TCP states of A and B */
	uint32_t conn;    /* connection number; 0: not checked */
	uint64_t left_ms; /* remaining time of the connection, if there is one */
	bool falling;     /* repeated step: all repetitions end at the same time */
	bool gone;        /* STEP_TIME: no connection is left */
	bool held; /* the packet is a held fragment; its verdict is checked later */
	unsigned sends;
	struct expect_send send[SCENARIO_SENDS];
};

struct step {
	unsigned line;
	uint64_t at_ns;
	enum step_kind kind;
	uint8_t side;
	uint16_t port[2];  /* ports of A and B */
	uint8_t mac[2][6]; /* MAC address from which the frames of A and of B come */
	struct segment_text segment;
	struct frame_words words;
	const struct icmp_word *icmp;
	const struct icmp_word *icmp_quoted;
	enum step_kind quoted;
	bool misdirected; /* the error is not sent to the source of the quoted packet */
	uint16_t icmp_id;
	uint8_t proto;
	uint8_t *raw;
	size_t raw_len;
	struct expect expect;
};

struct setting {
	char name[48];
	char value[24];
};

struct scenario {
	const char *file;
	char **text; /* the lines of the file */
	unsigned lines;
	bool family[2]; /* run with IPv4, with IPv6 */
	char rules[32]; /* file name in rules/; "": everything is accepted */
	struct setting setting[SCENARIO_SETTINGS];
	unsigned settings;
	struct step *step;
	unsigned steps;
};

struct scenario_error {
	char text[512];
};

/* Load a scenario. Returns 0, or -errno with error->text, "file:line: what". */
int scenario_load(const char *file, struct scenario **scenario,
		  struct scenario_error *error);

/* Free a scenario; s may be NULL. */
void scenario_free(struct scenario *s);

/* Write TCP flags in the syntax of scenarios. */
const char *segment_flags(uint8_t flags, char text[10]);

/* A frame that left a port, and its time. */
struct sent {
	uint8_t port;
	uint64_t at_ns;
	size_t len;
	uint8_t *bytes;
};

/* Outcome of a scenario: one record for each packet, and all sent frames in order. */
struct outcome {
	struct engine_record *record;
	unsigned records;
	struct sent *sent;
	unsigned sents;
	/* number of frames sent up to the last packet; later ones were sent by timers */
	unsigned sents_of_packets;
	uint32_t conns;  /* number of connections created */
	uint64_t end_ns; /* time when the last connection had ended */
};

void outcome_free(struct outcome *o);

/*
 * Build the frame of a step; family 0 is IPv4, 1 IPv6. Returns its length; 0: it cannot
 * be built.
 */
size_t step_frame(const struct step *step, unsigned family, uint8_t *bytes, size_t size);

/* Build the frame that sluice must send in a step, complete with link layer. */
size_t send_frame(const struct step *step, const struct expect_send *send,
		  unsigned family, uint8_t *bytes, size_t size);

struct front;

/*
 * The configuration that every scenario begins with, apart from its settings and rules.
 */
struct engine_config scenario_config(struct rte_mempool *pool);

/*
 * Run a scenario through an engine in memory, check every expectation, and then let time
 * pass until all connections have ended. Prints "# ..." lines for differences. Returns
 * their number, or -errno when it could not run. front: XDP programs before the engine,
 * or NULL.
 */
int scenario_run(const struct scenario *s, unsigned family, const char *rules_dir,
		 struct rte_mempool *pool, struct front *front, struct outcome *outcome);

/* Compare two outcomes of a scenario. Prints differences; returns their number. */
int outcome_compare(const struct scenario *s, const struct outcome *a,
		    const struct outcome *b);

/* A scenario in one family, and its state. */
struct scenario_case {
	const struct scenario *s;
	unsigned family;
	struct outcome outcome;
	int wrong;         /* number of differences; -errno: could not run */
	bool replayed;     /* has been run through sluice-replay */
	uint64_t start_us; /* its start time in that run, microseconds */
};

/*
 * Return whether two scenarios have the same configuration and can share a run of
 * sluice-replay.
 */
bool scenario_alike(const struct scenario *a, const struct scenario *b);

/*
 * Run cases that are alike, one after the other, through one run of the program
 * sluice-replay, and compare its files with the outcomes. Sets `wrong` of each; returns
 * 0, or -errno when the program could not be run.
 */
int scenario_replay(struct scenario_case *const *cases, unsigned n, const char *rules_dir,
		    const char *program);

/*
 * Set a value of the configuration. Returns false for an unknown name or an invalid
 * value.
 */
bool scenario_setting(struct engine_config *config, const struct setting *setting);

#endif
