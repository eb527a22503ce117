/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The decision about a packet: a verdict, the reason of a drop (base/reason.h), and the
 * packet that is generated because of it.
 */
#ifndef BASE_VERDICT_H
#define BASE_VERDICT_H

enum verdict {
	VERDICT_DROP,
	VERDICT_PASS,
	/* from a tracker only: call it again with more input; nothing has changed */
	VERDICT_NEED_INPUT,
	/* from the engine only: a fragment is held until its datagram is complete */
	VERDICT_HELD,
};

enum action {
	ACTION_NONE,
	ACTION_RST,           /* GEN-1, GEN-2, or a rule's reject with tcp reset */
	ACTION_CHALLENGE_ACK, /* ACC-9, sent back to the sender */
	ACTION_PROBE,         /* RST-6, TIM-1, sent on to the receiver */
	ACTION_ICMP,          /* the ICMP error of a rule's reject */
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
