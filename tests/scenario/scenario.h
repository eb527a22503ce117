/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scenario: what two hosts send, and what must come of each packet. README.md describes
 * the text; parse.c reads it, memory.c runs it through an engine, check.c says what is
 * not as expected, replay.c runs it through the program sluice-replay.
 *
 * All sequence numbers are absolute here, all times nanoseconds since the scenario's
 * start. Side 0 is A, behind the port lan; side 1 is B, behind wan.
 */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <engine/engine.h>
#include <frame/frame.h>

#define SCENARIO_SENDS 6 /* frames that one step can make us send */
#define SCENARIO_SETTINGS 16
#define SCENARIO_QUOTED 4 /* bytes that a quotation may have wrong */

enum step_kind {
	STEP_TCP,
	STEP_UDP,
	STEP_ICMP,       /* a query or its answer */
	STEP_ICMP_ERROR, /* about a packet `quoted`, that the other side sent */
	STEP_OTHER,      /* another protocol, by number */
	STEP_RAW,        /* the whole frame in `raw` */
	STEP_TIME,       /* nothing but time */
};

enum expect_conn {
	EXPECT_NO_CONN,   /* "-" */
	EXPECT_STATELESS, /* one without TCP states */
	EXPECT_STATES,
};

struct segment_text {
	uint32_t seq;
	uint32_t ack;
	uint32_t len;
	uint16_t win;
	uint8_t flags; /* FRAME_* */
	bool has_win;
	struct frame_options opt;
	uint8_t raw[40]; /* opt.raw's bytes */
	size_t raw_len;
};

/* What the ICMP words mean in each family; index 0 IPv4, 1 IPv6. */
struct icmp_word {
	const char *word;
	uint8_t type[2];
	uint8_t code[2];
	bool error;
};

/* Lies and oddities of the frame: the words in braces. */
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
	uint8_t label; /* a security label of this level, 0: none */
	uint16_t cut;  /* bytes of the frame that are left, 0: all */
	uint16_t id;   /* of the datagram that it is a fragment of */
	/* it is one: piece_len bytes at piece_off, as far as there are some */
	bool piece;
	uint16_t piece_off;
	uint16_t piece_len;
	uint16_t quotes;     /* of an ICMP error: bytes that it quotes at most, 0: 508 */
	uint8_t quoted_byte; /* .. and what of them it quotes wrongly: so many bytes .. */
	uint8_t quoted_at[SCENARIO_QUOTED]; /* .. from the IP header on .. */
	uint8_t quoted_is[SCENARIO_QUOTED]; /* .. are said to be */
	bool has_src, has_dst; /* MAC addresses other than those of the step */
	uint8_t src[6];
	uint8_t dst[6];
};

/* What we must send. */
struct expect_send {
	uint8_t to; /* side */
	struct segment_text segment;
	const struct icmp_word *icmp; /* instead of the segment */
	struct frame_words words;
};

struct expect {
	enum expect_conn conn_kind;
	uint8_t verdict;
	uint8_t reason;
	uint8_t action;
	uint8_t state[2]; /* of A, of B */
	uint32_t conn;    /* its number, 0: any */
	uint64_t left_ms; /* where there is a connection */
	bool falling;     /* a repeated step: its end stays where it is */
	bool gone;        /* STEP_TIME: the tables are empty */
	bool held;        /* the rest is true later: a fragment */
	unsigned sends;
	struct expect_send send[SCENARIO_SENDS];
};

struct step {
	unsigned line;
	uint64_t at_ns;
	enum step_kind kind;
	uint8_t side;
	uint16_t port[2];  /* of A, of B */
	uint8_t mac[2][6]; /* of the stations before A, before B */
	struct segment_text segment;
	struct frame_words words;
	const struct icmp_word *icmp;
	const struct icmp_word *icmp_quoted;
	enum step_kind quoted;
	bool misdirected; /* the error does not go to who has sent that */
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
	char **text; /* the lines */
	unsigned lines;
	bool family[2]; /* IPv4, IPv6: to be run */
	char rules[32]; /* name of a file in rules/, "": everything passes */
	struct setting setting[SCENARIO_SETTINGS];
	unsigned settings;
	struct step *step;
	unsigned steps;
};

struct scenario_error {
	char text[512];
};

/* Returns 0, or -errno with error->text: "file:line: what". */
int scenario_load(const char *file, struct scenario **scenario,
		  struct scenario_error *error);

/* s may be NULL. */
void scenario_free(struct scenario *s);

/* The segment's flags as the text writes them. */
const char *segment_flags(uint8_t flags, char text[10]);

/* A frame that left a port, and when. */
struct sent {
	uint8_t port;
	uint64_t at_ns;
	size_t len;
	uint8_t *bytes;
};

/* What became of a scenario: one record a packet, all frames in order. */
struct outcome {
	struct engine_record *record;
	unsigned records;
	struct sent *sent;
	unsigned sents;
	unsigned sents_of_packets; /* those up to the last packet; after it came timers */
	uint32_t conns;            /* made */
	uint64_t end_ns;           /* when the last of them was gone */
};

void outcome_free(struct outcome *o);

/* The frame of a step; family 0: IPv4. Returns its length, 0: it cannot be built. */
size_t step_frame(const struct step *step, unsigned family, uint8_t *bytes, size_t size);

/* The frame that a step has to make us send, to the last byte. */
size_t send_frame(const struct step *step, const struct expect_send *send,
		  unsigned family, uint8_t *bytes, size_t size);

/*
 * Run through an engine in memory, and check every expectation; then let time run until
 * all connections are gone. Prints "# ..." lines about what is wrong. Returns how much is
 * wrong; -errno when it could not be run.
 */
int scenario_run(const struct scenario *s, unsigned family, const char *rules_dir,
		 struct rte_mempool *pool, struct outcome *outcome);

/* A scenario in one family, and how it went. */
struct scenario_case {
	const struct scenario *s;
	unsigned family;
	struct outcome outcome;
	int wrong;         /* how much is; -errno: could not be run */
	bool replayed;     /* has been put to sluice-replay */
	uint64_t start_us; /* when it begins there */
};

/* Whether two have the same configuration, so that one run of a program can hold both. */
bool scenario_alike(const struct scenario *a, const struct scenario *b);

/*
 * Run cases that are alike, one after the other, through one run of the program
 * sluice-replay, and compare its files with the outcomes. Sets `wrong` of each; returns
 * 0, or -errno when the program could not be run.
 */
int scenario_replay(struct scenario_case *const *cases, unsigned n, const char *rules_dir,
		    const char *program);

/* Config of a scenario: false for a name that is none, or a value that does not fit. */
bool scenario_setting(struct engine_config *config, const struct setting *setting);

#endif
