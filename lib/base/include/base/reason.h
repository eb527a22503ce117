/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The complete list of drop reasons. Counters, verdict lines, metrics, sluicectl and the
 * documentation are made from it. Each packet that is dropped has exactly one of these
 * reasons. The ids in brackets are rules of docs/tcp-tracking.md.
 */
#ifndef BASE_REASON_H
#define BASE_REASON_H

/* X(identifier, name, text) */
#define REASONS(X)                                                                       \
	X(NONE, "none", "not dropped")                                                   \
	/* the frame and its headers */                                                  \
	X(FRAME_SHORT, "frame_short", "frame shorter than its Ethernet or VLAN header")  \
	X(NON_IP, "non_ip", "not IP, and not in the list of bypassed protocols")         \
	X(VLAN_DEPTH, "vlan_depth", "more than two VLAN tags")                           \
	X(ENCAPSULATED, "encapsulated",                                                  \
	  "may carry IP past the rules: in LLC/SNAP, MPLS, PPPoE, MACsec or a tunnel")   \
	X(PPPOE, "pppoe", "PPPoE version, code, session or length wrong")                \
	X(IP_HEADER, "ip_header", "IP header truncated, or version or length wrong")     \
	X(IP_LENGTH, "ip_length", "IP length larger than the frame or than its headers") \
	X(IP_CHECKSUM, "ip_checksum", "IPv4 header checksum wrong")                      \
	X(IP_EXTENSIONS, "ip_extensions",                                                \
	  "IPv6 extension headers malformed or too many")                                \
	X(IP_FRAGMENT, "ip_fragment",                                                    \
	  "fragment of an impossible length, or none wanted")                            \
	X(IP_FRAGMENT_TINY, "ip_fragment_tiny", "first fragment ends in its headers")    \
	X(IP_FRAGMENT_DUPLICATE, "ip_fragment_duplicate",                                \
	  "fragment that is there already")                                              \
	X(IP_FRAGMENT_OVERLAP, "ip_fragment_overlap",                                    \
	  "fragments of the datagram overlap (RFC 5722)")                                \
	X(IP_FRAGMENT_TIMEOUT, "ip_fragment_timeout",                                    \
	  "the rest of the datagram has not come in time")                               \
	X(IP_FRAGMENT_MEMORY, "ip_fragment_memory",                                      \
	  "fragment had to make room for newer ones, or one of over 127")                \
	X(IP_SOURCE, "ip_source", "source address multicast or broadcast")               \
	X(L4_SHORT, "l4_short", "transport header truncated")                            \
	X(L4_LENGTH, "l4_length", "transport length larger than the datagram")           \
	X(L4_CHECKSUM, "l4_checksum", "transport checksum wrong")                        \
	X(TCP_OFFSET, "tcp_offset",                                                      \
	  "TCP data offset below 5 or past the segment [FLAG-2]")                        \
	X(TCP_FLAGS, "tcp_flags", "TCP flags that no sender sets [FLAG-1]")              \
	/* the TCP tracker */                                                            \
	X(TCP_NO_CONNECTION, "tcp_no_connection", "segment of no connection [GEN-1]")    \
	X(TCP_NO_HANDSHAKE, "tcp_no_handshake", "segment before the peer has answered")  \
	X(TCP_SYN_IN_WINDOW, "tcp_syn_in_window",                                        \
	  "SYN in the window of a handshake [SYN-1]")                                    \
	X(TCP_HANDSHAKE_ACK, "tcp_handshake_ack",                                        \
	  "wrong ACK in a handshake, too often [GEN-2]")                                 \
	X(TCP_SEQ_RIGHT, "tcp_seq_right", "sequence beyond the window [ACC-1]")          \
	X(TCP_SEQ_LEFT, "tcp_seq_left", "sequence before the window [ACC-2]")            \
	X(TCP_ACK_UNSENT, "tcp_ack_unsent", "acknowledges what was never sent [ACC-3]")  \
	X(TCP_ACK_OLD, "tcp_ack_old", "acknowledgment too old [ACC-4]")                  \
	X(TCP_PAST_FIN, "tcp_past_fin", "data past the acknowledged FIN [ACC-5]")        \
	X(TCP_PAWS, "tcp_paws", "timestamp older than one acknowledged [ACC-6]")         \
	X(TCP_UNSIGNED, "tcp_unsigned",                                                  \
	  "no signature, though both SYNs had one [SIG-1]")                              \
	X(TCP_RATE, "tcp_rate", "tolerated segment, but too many of them [ACC-8]")       \
	X(TCP_RST_SYN_SENT, "tcp_rst_syn_sent",                                          \
	  "RST that does not answer the SYN [RST-1, RST-2]")                             \
	X(TCP_RST_ACK, "tcp_rst_ack", "RST acknowledges what was never sent [RST-3]")    \
	X(TCP_RST_SEQ, "tcp_rst_seq", "RST outside the window [RST-4]")                  \
	X(TCP_RST_INEXACT, "tcp_rst_inexact", "RST in the window but not exact [RST-6]") \
	X(TCP_RST_TIME_WAIT, "tcp_rst_time_wait", "RST in TIME-WAIT [RST-8]")            \
	X(IP_SECURITY, "ip_security", "security label other than the SYN's [GEN-4]")     \
	/* the other trackers */                                                         \
	X(ICMP_NO_REQUEST, "icmp_no_request", "ICMP reply without a request")            \
	X(ICMP_TYPE, "icmp_type", "ICMP that is neither a query nor an error")           \
	X(ICMP_UNRELATED, "icmp_unrelated", "ICMP error about no connection")            \
	X(ICMP_INNER_SEQ, "icmp_inner_seq", "ICMP error about a segment never sent")     \
	/* the rules */                                                                  \
	X(POLICY_DROP, "policy_drop", "dropped by a rule or the chain's policy")         \
	X(POLICY_REJECT, "policy_reject", "rejected by a rule")                          \
	/* resources */                                                                  \
	X(TABLE_FULL, "table_full", "no room for one more connection")                   \
	X(TABLE_CROWDED, "table_crowded", "too many connections with hashes alike")      \
	X(MTU, "mtu", "longer than the MTU of the outgoing port")                        \
	X(TX_FULL, "tx_full", "the outgoing port did not take the packet")               \
	X(HANDOVER_FULL, "handover_full", "the worker that owns it did not keep up")     \
	X(NO_WIRE, "no_wire", "the port belongs to no wire")

enum reason {
#define REASON_ENUM(id, name, text) REASON_##id,
	REASONS(REASON_ENUM) REASON_COUNT
#undef REASON_ENUM
};

/* Name of a reason, as printed in all outputs. */
static inline const char *
reason_name(enum reason reason)
{
	switch (reason) {
#define REASON_NAME(id, name, text)                                                      \
	case REASON_##id:                                                                \
		return name;
		REASONS(REASON_NAME)
#undef REASON_NAME
	case REASON_COUNT:
		break;
	}
	return "?";
}

/* One sentence that describes a reason, for people. */
static inline const char *
reason_text(enum reason reason)
{
	switch (reason) {
#define REASON_TEXT(id, name, text)                                                      \
	case REASON_##id:                                                                \
		return text;
		REASONS(REASON_TEXT)
#undef REASON_TEXT
	case REASON_COUNT:
		break;
	}
	return "?";
}

#endif
