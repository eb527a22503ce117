/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The world that the model check explores: two endpoints of RFC 9293 (endpoint.h),
 * segments in flight on both sides of the tracker, the tracker itself, a clock, and what
 * may still go wrong. model_moves() names everything that can happen next, model_step()
 * lets it happen and says which property it breaks; explore.c goes through all orders of
 * it. See README.md for the properties.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include <track/tcp.h>

#include "endpoint.h"

#define MODEL_FLIGHTS 5 /* at once; what would be more is not explored */
#define MODEL_MOVES 64
#define MODEL_ISNS 4 /* incarnations of an endpoint */

enum model_origin {
	ORIGIN_ENDPOINT,
	ORIGIN_TRACKER, /* challenge ACKs and probes */
	ORIGIN_ATTACKER,
};

struct flight {
	struct tcp_segment seg;
	uint32_t iss;   /* of its sender then: another by now, and it is a ghost */
	uint8_t from;   /* side */
	bool behind;    /* the tracker */
	uint8_t origin; /* enum model_origin */
};

enum model_budget {
	MAY_LOSE,
	MAY_DUPLICATE,
	MAY_TICK, /* until the next timer of an endpoint or of the tracker */
	MAY_WRITE,
	MAY_CLOSE,
	MAY_ABORT,
	MAY_CRASH,
	MAY_CONNECT, /* from CLOSED or LISTEN, on the same ports */
	MAY_WINDOW,  /* close the window, or open it again */
	MAY_REROUTE, /* what a side sends takes another way from now on, or no more */
	MAY_ATTACK,
	MAY_COUNT,
};

/* Where an exploration begins, and how much may happen. */
struct universe {
	const char *name;
	const char *text;
	uint8_t budget[MAY_COUNT]; /* of both endpoints together */
	bool established;          /* begin after the handshake */
	bool time_wait;            /* .. and after A's close: A in TIME_WAIT */
	bool timestamps;
	bool is_signed;  /* both ends sign, TCP-MD5 */
	bool fin_reset;  /* they abort with the number of their FIN, and believe that */
	uint8_t connect; /* bit of each side that may */
	uint8_t scale;   /* of both, or TCP_NO_SCALE */
	bool loose;      /* picked up in mid-stream; with established */
	/*
	 * .. by a keepalive (1), or by 100 bytes once more, that begin so far below
	 * SND.NXT of A
	 */
	uint32_t again;
	uint8_t reroute; /* bit of each side that may take another way */
	uint32_t isn[2][MODEL_ISNS];
};

extern const struct universe universes[];
extern const unsigned universe_count;

enum move_kind {
	MOVE_DELIVER, /* arg: flight */
	MOVE_LOSE,
	MOVE_DUPLICATE,
	MOVE_TICK,
	MOVE_WRITE, /* arg: side */
	MOVE_CLOSE,
	MOVE_ABORT,
	MOVE_CRASH,
	MOVE_CONNECT,
	MOVE_WINDOW,
	MOVE_REROUTE,
	MOVE_ATTACK, /* arg: side + 2 * what */
};

struct move {
	uint8_t kind;
	uint8_t arg;
};

struct model {
	struct endpoint e[2];
	struct flight flight[MODEL_FLIGHTS];
	unsigned flights;
	struct track_hot hot;
	struct track_cold cold;
	struct tcp_ext ext;
	bool live, has_ext;
	/* the entry was idle too long: nothing is expected until the next SYN */
	bool timed_out;
	uint8_t away;      /* bit of each side that takes another way */
	bool forged;       /* the entry was made by an attacker's SYN */
	bool fin_again[2]; /* a copy of the FIN came after its acknowledgment */
	bool fin_first_unseen
		[2];    /* of a FIN only a copy with a later ACK came here first */
	bool overflow;  /* more in flight than there is room for: go no further */
	bool forgotten; /* the entry has ended before its time: (d) */
	uint32_t now;
	uint32_t opened; /* when the entry was made, or another attempt took its place */
	uint32_t heard;  /* when something last passed that was news to its receiver */
	uint8_t budget[MAY_COUNT];
	uint8_t incarnation[2];
	const struct universe *u;
	/* of the last step, for traces and checks */
	struct track_result r;
	struct flight last;
	bool asked; /* the last step took a segment to the tracker */
};

void model_init(struct model *m, const struct universe *u);

/*
 * The same, and `seen` is told of each segment that comes to the tracker before the
 * beginning.
 */
typedef void model_seen(const struct model *m, void *arg);
void model_begin(struct model *m, const struct universe *u, model_seen *seen, void *arg);

/* All that can happen next; returns how many. */
unsigned model_moves(const struct model *m, struct move *moves);

/* NULL, or the property that the step has broken. */
const char *model_step(struct model *m, struct move move);

/* The same for states that are the same: 64 bits of a hash over all that matters. */
uint64_t model_hash(const struct model *m);

/* check.c: what the state itself has to satisfy. NULL, or the property broken. */
const char *check_state(const struct model *m);

/*
 * .. and, costly, that nothing ends otherwise than without the tracker (f), and goes (d).
 */
const char *check_future(const struct model *m);

/*
 * check.c: whether both talk to each other; .. and nothing is on its way or waited for.
 */
bool check_connected(const struct model *m);
bool check_at_rest(const struct model *m);

/*
 * check.c: both have connected at once beside an entry that has a past: each SYN+ACK
 * completes another attempt, and the first segment that is no SYN completes one of them
 * (SYN-4). Until then the entry is what it was, or one of the attempts.
 */
bool check_opened_at_once(const struct model *m);

/* check.c: would this segment move that endpoint? */
bool check_acts(const struct model *m, const struct flight *f);

/* The parts that check_future() uses as well. */
struct track_conn model_conn(struct model *m);
void model_timers(struct model *m);
const struct track_config *model_config(const struct universe *u);

#endif
