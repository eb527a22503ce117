/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * What is said of a packet: a verdict, the reason of a drop (base/reason.h), and what we
 * send because of it.
 */
#ifndef BASE_VERDICT_H
#define BASE_VERDICT_H

enum verdict {
	VERDICT_DROP,
	VERDICT_PASS,
	/* of a tracker only: say first what the rules say, nothing changed */
	VERDICT_NEED_INPUT,
	/* of the engine only: a fragment, the rest of it has not come yet */
	VERDICT_HELD,
};

enum action {
	ACTION_NONE,
	ACTION_RST,           /* GEN-1, GEN-2, a rule's reject with tcp reset */
	ACTION_CHALLENGE_ACK, /* ACC-9, back to the sender */
	ACTION_PROBE,         /* RST-6, TIM-1, on to the receiver */
	ACTION_ICMP,          /* a rule's reject */
};

static inline const char *
verdict_name(enum verdict verdict)
{
	return verdict == VERDICT_PASS ? "pass" : "drop";
}

static inline const char *
action_name(enum action action)
{
	switch (action) {
	case ACTION_NONE:
		return "none";
	case ACTION_RST:
		return "rst";
	case ACTION_CHALLENGE_ACK:
		return "challenge_ack";
	case ACTION_PROBE:
		return "probe";
	case ACTION_ICMP:
		return "icmp";
	}
	return "?";
}

#endif
