/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The universes of the model check: the initial state of each, and how often each kind of
 * event may happen in it.
 */
#include "model.h"

/* Initial sequence numbers of four connections of A and of B, increasing. */
#define ISNS_UP                                                                          \
	{                                                                                \
		{1000, 501000, 1001000, 1501000},                                        \
		{                                                                        \
			7001000, 7501000, 8001000, 8501000                               \
		}                                                                        \
	}
/*
 * Random initial sequence numbers: the next connection's is lower than the first one's.
 */
#define ISNS_RANDOM                                                                      \
	{                                                                                \
		{1001000, 501000, 1000, 1501000},                                        \
		{                                                                        \
			8001000, 7501000, 7001000, 8501000                               \
		}                                                                        \
	}
/* Numbers close together, shortly before the wrap. */
#define ISNS_WRAP                                                                        \
	{                                                                                \
		{0xffffffb0, 300, 900, 1500},                                            \
		{                                                                        \
			0xfffffff0, 700, 1300, 1900                                      \
		}                                                                        \
	}
/* Numbers close together and near 0: each is in the window of most others. */
#define ISNS_NEAR                                                                        \
	{                                                                                \
		{900, 500, 1300, 100},                                                   \
		{                                                                        \
			1100, 700, 300, 1500                                             \
		}                                                                        \
	}

/* The side that may connect. */
#define A_OPENS 1
#define B_OPENS 2
#define BOTH_OPEN 3

/* Options; without SCALED the endpoints offer no window scale. */
#define SCALED .scaled = true
#define TIMESTAMPS .timestamps = true
#define SIGNED .is_signed = true
#define FIN_RESET .fin_reset = true

/* Initial state, if the exploration does not start with a SYN. */
#define ESTABLISHED .established = true
#define IN_TIME_WAIT .established = true, .time_wait = true
#define PICKED_UP .established = true, .loose = true

/* How often each event may happen, for both endpoints together. */
#define MAY(...)                                                                         \
	{                                                                                \
		__VA_ARGS__                                                              \
	}
#define CHANNEL(lose, duplicate, tick)                                                   \
	[MAY_LOSE] = (lose), [MAY_DUPLICATE] = (duplicate), [MAY_TICK] = (tick)
#define WRITE(n) [MAY_WRITE] = (n)
#define CLOSE(n) [MAY_CLOSE] = (n)
#define ABORT(n) [MAY_ABORT] = (n)
#define CRASH(n) [MAY_CRASH] = (n)
#define CONNECT(n) [MAY_CONNECT] = (n)
#define WINDOW(n) [MAY_WINDOW] = (n)
#define REROUTE(n) [MAY_REROUTE] = (n)
#define ATTACK(n) [MAY_ATTACK] = (n)

#define UNIVERSE(name_, text_, connect_, isns, may, ...)                                 \
	{                                                                                \
		.name = (name_), .text = (text_), .connect = (connect_),                 \
		.isn = ISNS_##isns, .budget = may, ##__VA_ARGS__                         \
	}

const struct universe universes[] = {
	UNIVERSE("open", "A connects to B, both write, the channel is bad", A_OPENS, UP,
		 MAY(CHANNEL(2, 1, 3), WRITE(2), CLOSE(1), CONNECT(1))),
	UNIVERSE("simultaneous", "both connect at once", BOTH_OPEN, WRAP,
		 MAY(CHANNEL(2, 1, 3), WRITE(1), CLOSE(1), CONNECT(2)), SCALED),
	UNIVERSE("data", "data both ways, windows that close and open", A_OPENS, WRAP,
		 MAY(CHANNEL(2, 1, 3), WRITE(4), WINDOW(2)), ESTABLISHED),
	UNIVERSE("close", "all ways to close", A_OPENS, WRAP,
		 MAY(CHANNEL(2, 1, 3), WRITE(2), CLOSE(2)), ESTABLISHED, SCALED),
	UNIVERSE("abort", "aborts, RSTs late and lost, and the ports once more", A_OPENS,
		 UP, MAY(CHANNEL(1, 1, 2), WRITE(2), CLOSE(1), ABORT(1), CONNECT(1)),
		 ESTABLISHED),
	UNIVERSE("crash", "hosts that lose their memory and come back", A_OPENS, RANDOM,
		 MAY(CHANNEL(1, 1, 2), WRITE(1), CRASH(1), CONNECT(2)), ESTABLISHED),
	UNIVERSE("crash-server", "hosts that lose their memory, and the server connects",
		 B_OPENS, RANDOM, MAY(CHANNEL(1, 1, 2), WRITE(1), CRASH(1), CONNECT(2)),
		 ESTABLISHED),
	UNIVERSE("reuse", "TIME_WAIT, and the same ports at once", A_OPENS, RANDOM,
		 MAY(CHANNEL(1, 1, 3), WRITE(1), CLOSE(1), CONNECT(2)), IN_TIME_WAIT),
	UNIVERSE("reuse-passive", "TIME_WAIT, and the passive closer connects back",
		 B_OPENS, RANDOM, MAY(CHANNEL(1, 1, 3), WRITE(1), CLOSE(1), CONNECT(2)),
		 IN_TIME_WAIT),
	UNIVERSE("timestamps", "data, close and reuse with timestamps", A_OPENS, UP,
		 MAY(CHANNEL(1, 1, 3), WRITE(2), CLOSE(2), CONNECT(1)), ESTABLISHED,
		 TIMESTAMPS, SCALED),
	UNIVERSE("pickup", "the entry is made in mid-stream", A_OPENS, WRAP,
		 MAY(CHANNEL(1, 1, 2), WRITE(3), CLOSE(2)), PICKED_UP, SCALED),
	UNIVERSE("signed", "both ends sign, and an attacker who cannot", A_OPENS, UP,
		 MAY(CHANNEL(1, 1, 2), WRITE(1), CLOSE(1), ABORT(1), ATTACK(1)),
		 ESTABLISHED, SIGNED),
	UNIVERSE("reset-at-fin", "aborts with the number of a FIN that has arrived",
		 A_OPENS, WRAP, MAY(CHANNEL(1, 1, 2), WRITE(1), CLOSE(2), ABORT(1)),
		 ESTABLISHED, FIN_RESET),
	UNIVERSE("old-answers", "SYN+ACKs of earlier incarnations, late", A_OPENS, RANDOM,
		 MAY(CHANNEL(1, 2, 2), WRITE(1), CRASH(1), CONNECT(2))),
	UNIVERSE("near",
		 "TIME_WAIT and the same ports, all numbers near each other and near 0",
		 A_OPENS, NEAR, MAY(CHANNEL(1, 1, 2), WRITE(1), CLOSE(1), CONNECT(2)),
		 IN_TIME_WAIT),
	UNIVERSE("pickup-keepalive", "the entry is made by a keepalive", A_OPENS, WRAP,
		 MAY(CHANNEL(1, 1, 2), WRITE(2), CLOSE(2)), PICKED_UP, .again = 1,
		 SCALED),
	UNIVERSE("pickup-again",
		 "the entry is made by a retransmission of what has arrived", A_OPENS, UP,
		 MAY(CHANNEL(1, 1, 2), WRITE(2), CLOSE(2)), PICKED_UP, .again = 300,
		 SCALED),
	UNIVERSE("rerouted", "what one side sends takes another way for a while", A_OPENS,
		 WRAP, MAY(CHANNEL(1, 0, 2), WRITE(3), REROUTE(2)), ESTABLISHED,
		 .reroute = 3, SCALED),
	UNIVERSE("attack-rerouted", "the same, and an attacker who sees nothing", A_OPENS,
		 UP, MAY(CHANNEL(0, 0, 2), WRITE(3), REROUTE(2), ATTACK(2)), ESTABLISHED,
		 .reroute = 1),
	UNIVERSE("attack",
		 "an attacker who sees nothing, on a connection that works and ends",
		 A_OPENS, UP, MAY(CHANNEL(1, 0, 2), WRITE(1), CLOSE(2), ATTACK(2)),
		 ESTABLISHED),
	UNIVERSE("attack-open", "an attacker who sees nothing, while A connects", A_OPENS,
		 UP, MAY(CHANNEL(1, 1, 2), WRITE(1), CONNECT(1), ATTACK(1))),
};

const unsigned universe_count = sizeof(universes) / sizeof(*universes);
