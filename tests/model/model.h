/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A state of the model check: two endpoints of RFC 9293 (endpoint.h), segments in flight
 * on both sides of the tracker, the tracker, a clock, and a budget of events that may
 * still happen. model_moves() lists all moves that are possible next. model_step()
 * performs one and returns the property that it violates. explore.c tries all orders of
 * moves. README.md describes the properties.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include <track/tcp.h>

#include "endpoint.h"

#define MODEL_FLIGHTS 5 /* most segments in flight; states with more are not explored */
#define MODEL_MOVES 64
#define MODEL_ISNS 4 /* number of ISNs of an endpoint */

enum model_origin {
	ORIGIN_ENDPOINT,
	ORIGIN_TRACKER, /* challenge ACKs and probes of the tracker */
	ORIGIN_ATTACKER,
};

struct flight {
	struct tcp_segment seg;
	/*
	 * ISS of its sender when it was sent; if that has changed, the segment is from an
	 * earlier connection
	 */
	uint32_t iss;
	uint8_t from;   /* side that sent it */
	bool behind;    /* it is between the tracker and its receiver */
	uint8_t origin; /* enum model_origin */
};

enum model_budget {
	MAY_LOSE,
	MAY_DUPLICATE,
	MAY_TICK, /* advance to the next timer of an endpoint or the tracker */
	MAY_WRITE,
	MAY_CLOSE,
	MAY_ABORT,
	MAY_CRASH,
	MAY_CONNECT, /* connect from CLOSED or LISTEN, on the same ports */
	MAY_WINDOW,  /* close the window or open it again */
	MAY_REROUTE, /* route a side's segments around the tracker, or through it again */
	MAY_ATTACK,
	MAY_COUNT,
};

/* The initial state of an exploration, and how often things may happen. */
#define MODEL_SCALE 2

struct universe {
	const char *name;
	const char *text;
	/* number of events of each kind, for both endpoints together */
	uint8_t budget[MAY_COUNT];
	bool established; /* start after the handshake */
	bool time_wait;   /* start after A's close, with A in TIME_WAIT */
	bool timestamps;
	bool is_signed; /* both ends use TCP-MD5 signatures */
	/* endpoints abort with a RST of their FIN's number, and accept such a RST */
	bool fin_reset;
	uint8_t connect; /* bit mask of the sides that may connect */
	bool scaled;     /* both offer a window scale of MODEL_SCALE */
	/* the tracker picks the connection up in mid-stream; needs `established` */
	bool loose;
	/*
	 * With `loose`: how far below SND.NXT of A the segment begins that the tracker
	 * picks up. 0: an ACK; 1: a keepalive; more: 100 bytes of a retransmission.
	 */
	uint32_t again;
	uint8_t reroute; /* bit mask of the sides whose route may change */
	uint32_t isn[2][MODEL_ISNS];
};

extern const struct universe universes[];
extern const unsigned universe_count;

enum move_kind {
	MOVE_DELIVER, /* arg: index of the segment in flight */
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
	MOVE_ATTACK, /* arg: side + 2 * kind of attack */
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
	/* the entry has timed out, so the tracker may know nothing until the next SYN */
	bool timed_out;
	uint8_t away; /* bit mask of the sides whose segments go around the tracker */
	bool forged;  /* an attacker's SYN created the entry */
	/*
	 * TW-1: the FIN counts as unacknowledged, because a copy passed after its
	 * acknowledgment
	 */
	bool fin_again[2];
	/*
	 * the first FIN seen was a retransmission, which acknowledges the peer's FIN
	 */
	bool fin_first_unseen[2];
	bool overflow;  /* more segments in flight than fit: do not expand this state */
	bool forgotten; /* the entry has ended too early, see (d) */
	uint32_t now;
	/* time when the entry was created, or replaced by another attempt */
	uint32_t opened;
	uint32_t heard; /* time when a segment with news for its receiver last passed */
	uint8_t budget[MAY_COUNT];
	uint8_t incarnation[2];
	const struct universe *u;
	/* result of the last step, for traces and checks */
	struct track_result r;
	struct flight last;
	bool asked; /* the last move brought a segment to the tracker */
};

void model_init(struct model *m, const struct universe *u);

/*
 * As model_init(), and call `seen` for each segment that reaches the tracker before the
 * exploration starts (a handshake, for example).
 */
typedef void model_seen(const struct model *m, void *arg);
void model_begin(struct model *m, const struct universe *u, model_seen *seen, void *arg);

/* List all possible moves; return their number. */
unsigned model_moves(const struct model *m, struct move *moves);

/* Perform a move. Returns NULL, or the property that it violates. */
const char *model_step(struct model *m, struct move move);

/* Return a hash of all relevant state; equivalent states have the same hash. */
uint64_t model_hash(const struct model *m);

/*
 * check.c: check the properties that a state alone can show. Returns NULL or the violated
 * property.
 */
const char *check_state(const struct model *m);

/*
 * check.c: check what follows from the state: without further loss the endpoints end as
 * they do without the tracker (f), and then the entry is removed (d). It simulates up to
 * 400 steps, so only some states get it. Returns as check_state().
 */
const char *check_future(const struct model *m);

/* pair.c: return whether the endpoints are connected with each other. */
bool check_connected(const struct model *m);

/*
 * pair.c: return whether the endpoints are connected, and nothing is in flight,
 * unacknowledged or to be retransmitted.
 */
bool check_at_rest(const struct model *m);

/*
 * pair.c: return whether both endpoints have opened at once beside an older connection,
 * and have sent no more than SYNs. Each SYN+ACK completes another attempt, and the first
 * segment without SYN decides which (SYN-4). Until then the entry may be the older
 * connection or either attempt.
 */
bool check_opened_at_once(const struct model *m);

/* pair.c: return whether this segment would change its receiver's state. */
bool check_acts(const struct model *m, const struct flight *f);

/* Functions that check_future() uses too. */
struct track_conn model_conn(struct model *m);
void model_timers(struct model *m);
const struct track_config *model_config(const struct universe *u);

#endif
