/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_situations.h"

#define S_ TCP_SYN
#define SA_ (TCP_SYN | TCP_ACK)
#define A_ TCP_ACK
#define F_ (TCP_FIN | TCP_ACK)
#define R_ TCP_RST
#define OPEN_                                                                            \
	{0, S_, 100, 0}, {1, SA_, 300, 101},                                             \
	{                                                                                \
		0, A_, 101, 301                                                          \
	}
#define FIN_OF_A_                                                                        \
	OPEN_,                                                                           \
	{                                                                                \
		0, F_, 101, 301                                                          \
	}
#define FIN_OF_B_                                                                        \
	OPEN_,                                                                           \
	{                                                                                \
		1, F_, 301, 101                                                          \
	}

const struct situation situations[SITUATIONS] = {
	{"SYN_SENT LISTEN", {{0, S_, 100, 0}}},
	{"SYN_SENT SYN_SENT", {{0, S_, 100, 0}, {1, S_, 300, 0}}},
	{"SYN_RECEIVED ESTABLISHED",
	 {{0, S_, 100, 0}, {1, S_, 300, 0}, {0, SA_, 100, 301}}},
	{"ESTABLISHED SYN_RECEIVED", {{0, S_, 100, 0}, {1, SA_, 300, 101}}},
	{"ESTABLISHED ESTABLISHED", {OPEN_}},
	{"FIN_WAIT_1 CLOSE_WAIT", {FIN_OF_A_}},
	{"FIN_WAIT_2 CLOSE_WAIT", {FIN_OF_A_, {1, A_, 301, 102}}},
	{"CLOSE_WAIT FIN_WAIT_1", {FIN_OF_B_}},
	{"CLOSE_WAIT FIN_WAIT_2", {FIN_OF_B_, {0, A_, 101, 302}}},
	{"CLOSING CLOSING", {FIN_OF_A_, {1, F_, 301, 101}}},
	{"CLOSING TIME_WAIT", {FIN_OF_A_, {1, F_, 301, 101}, {0, A_, 102, 302}}},
	{"TIME_WAIT LAST_ACK", {FIN_OF_A_, {1, F_, 301, 102}}},
	{"TIME_WAIT CLOSED", {FIN_OF_A_, {1, F_, 301, 102}, {0, A_, 102, 302}}},
	{"TIME_WAIT TIME_WAIT",
	 {FIN_OF_A_, {1, F_, 301, 101}, {0, A_, 102, 302}, {1, A_, 302, 102}}},
	{"CLOSED CLOSED", {OPEN_, {0, R_, 101, 0}}},
};
