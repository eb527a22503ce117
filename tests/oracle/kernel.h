/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel as a firewall: two tun devices, lan and wan, in the network namespace that
 * we run in, between which it forwards; what conntrack calls invalid, its rules drop
 * (oracle.sh).
 *
 * Writing to a tun device returns when the packet has been forwarded or dropped, so
 * nothing here waits, and nothing depends on a clock: a sequence of packets is over in
 * milliseconds, long before a time-out of conntrack.
 */
#ifndef ORACLE_KERNEL_H
#define ORACLE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netfilter/nf_conntrack_tcp.h>

/* X(identifier, what conntrack's message about a packet contains) */
#define KERNEL_WORDS(X)                                                                  \
	X(NOTHING, "")                                                                   \
	X(FLAGS, "invalid tcp flag combination")                                         \
	X(NEW, "invalid new")                                                            \
	X(STATE, "invalid, state")                                                       \
	X(IGNORED, "ignored, state")                                                     \
	X(RST, "invalid rst")                                                            \
	X(CHALLENGE, "challenge-ack ignored")                                            \
	X(SEQ_OVER, "SEQ is over upper bound")                                           \
	X(BYTES_MORE, "bytes more than expected")                                        \
	X(SEQ_UNDER, "SEQ is under lower bound")                                         \
	X(ACK_OVER, "ACK is over upper bound")                                           \
	X(ACK_UNDER, "ignored ACK under lower bound")                                    \
	X(LOWER_TIMEOUT, "lower timeout to")

enum kernel_word {
#define KERNEL_WORD_ENUM(id, text) KERNEL_##id,
	KERNEL_WORDS(KERNEL_WORD_ENUM) KERNEL_WORD_COUNT
#undef KERNEL_WORD_ENUM
};

/* An entry of conntrack. */
struct kernel_entry {
	bool there;
	uint8_t state; /* enum tcp_conntrack */
	uint8_t orig;  /* side of the endpoint that began: 0 lan, 1 wan */
};

/* Whose entry: of sides 0 and 1. */
struct kernel_tuple {
	int family;
	uint8_t address[2][16];
	uint16_t port[2]; /* host order */
};

/* Attach to the devices and to conntrack. 0 or -errno, *what then says of what. */
int kernel_open(const char **what);

/*
 * An IP packet arrives from a side. 1: it comes out at the other, as it was but for the
 * TTL; 0: it
 * does not; -1: it could not be sent. */
int kernel_judge(uint8_t side, const uint8_t *packet, size_t len);

/* What conntrack logged about the last packet. */
enum kernel_word kernel_said(void);

const char *kernel_word_text(enum kernel_word word);

struct kernel_entry kernel_look(const struct kernel_tuple *tuple);

/* The connection is forgotten. */
void kernel_forget(const struct kernel_tuple *tuple);

/* "ESTABLISHED", as conntrack(8) has it. */
const char *kernel_state_name(struct kernel_entry entry);

#endif
