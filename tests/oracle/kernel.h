/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel as a firewall: it forwards between two tun devices, lan and wan, in the
 * network namespace of this process; its rules, set by oracle.sh, drop the packets that
 * conntrack finds invalid.
 *
 * A write to a tun device returns after the packet has been forwarded or dropped, so
 * nothing here waits for a packet. A sequence takes milliseconds, so no time-out of
 * conntrack expires in it.
 */
#ifndef ORACLE_KERNEL_H
#define ORACLE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netfilter/nf_conntrack_tcp.h>

/* X(identifier, text by which to recognise conntrack's log message about a packet) */
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

/* An entry of the kernel's connection table. */
struct kernel_entry {
	bool there;
	uint8_t state; /* enum tcp_conntrack of the kernel */
	uint8_t orig;  /* side that sent the first packet: 0 lan, 1 wan */
};

/* Addresses and ports of an entry, of sides 0 and 1. */
struct kernel_tuple {
	int family;
	uint8_t address[2][16];
	uint16_t port[2]; /* in host byte order */
};

/*
 * Open the devices and the conntrack interface. Returns 0 or -errno; then *what names the
 * part that failed.
 */
int kernel_open(const char **what);

/*
 * Send an IP packet into a side. Returns 1: it left the other side unchanged except for
 * the TTL; 0: it did not; -1: it could not be sent.
 */
int kernel_judge(uint8_t side, const uint8_t *packet, size_t len);

/* Return what conntrack logged about the last packet. */
enum kernel_word kernel_said(void);

const char *kernel_word_text(enum kernel_word word);

struct kernel_entry kernel_look(const struct kernel_tuple *tuple);

/* Delete the connection's entry. */
void kernel_forget(const struct kernel_tuple *tuple);

/* Return the name of the state as conntrack(8) prints it: "ESTABLISHED". */
const char *kernel_state_name(struct kernel_entry entry);

#endif
