/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * Configuration of the trackers: timeouts and switches. They have the same names in the
 * YAML's `conntrack`, and as nf_conntrack_* sysctls where the kernel has them. One list
 * makes the struct, the defaults, the YAML schema and the documentation.
 */
#ifndef TRACK_CONFIG_H
#define TRACK_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

/* X(name, default in s, minimum, maximum, text) */
#define TRACK_TIMEOUTS(X)                                                                \
	X(tcp_timeout_syn_sent, 120, 1, 3600, "SYN seen, not answered")                  \
	X(tcp_timeout_syn_recv, 60, 1, 3600, "SYN+ACK seen, handshake not complete")     \
	X(tcp_timeout_pickup, 300, 1, 2000000, "picked up in mid-stream")                \
	X(tcp_timeout_established, 7440, 1, 2000000, "established and idle (RFC 5382)")  \
	X(tcp_timeout_signed, 432000, 1, 2000000,                                        \
	  "established, with TCP-MD5 or TCP-AO: cannot be probed")                       \
	X(tcp_timeout_unacknowledged, 300, 1, 2000000,                                   \
	  "unacknowledged data, or a zero window")                                       \
	X(tcp_timeout_fin_wait, 240, 1, 2000000, "FIN sent, not acknowledged")           \
	X(tcp_timeout_close_wait, 7440, 1, 2000000, "half-closed")                       \
	X(tcp_timeout_last_ack, 120, 1, 2000000,                                         \
	  "both FINs sent, not both acknowledged")                                       \
	X(tcp_timeout_time_wait, 120, 1, 3600, "2MSL")                                   \
	X(tcp_timeout_close, 10, 1, 3600, "reset and lingering, or a RST in doubt")      \
	X(udp_timeout, 120, 1, 2000000, "UDP, nothing has come back")                    \
	X(udp_timeout_stream, 120, 1, 2000000, "UDP, both directions seen")              \
	X(udp_timeout_dns, 30, 1, 2000000, "UDP to port 53, answered or not")            \
	X(icmp_timeout, 30, 1, 2000000, "ICMP query")                                    \
	X(icmpv6_timeout, 30, 1, 2000000, "ICMPv6 query")                                \
	X(sctp_timeout_cookie_wait, 30, 1, 2000000, "SCTP, nothing has come back")       \
	X(sctp_timeout_established, 210, 1, 2000000, "SCTP, both directions seen")       \
	X(dccp_timeout_request, 240, 1, 2000000, "DCCP, nothing has come back")          \
	X(dccp_timeout_open, 43200, 1, 2000000, "DCCP, both directions seen")            \
	X(gre_timeout, 30, 1, 2000000, "GRE, nothing has come back")                     \
	X(gre_timeout_stream, 180, 1, 2000000, "GRE, both directions seen")              \
	X(ipfrag_time, 30, 1, 3600, "fragments, the rest of the datagram has not come")  \
	X(generic_timeout, 600, 1, 2000000, "any other protocol")

/* X(name, key, word for false, word for true, default, text) */
#define TRACK_SWITCHES(X)                                                                \
	X(tcp_loose, "tcp_loose", "false", "true", false,                                \
	  "pick up connections in mid-stream (PICK-1)")                                  \
	X(tcp_be_liberal, "tcp_be_liberal", "false", "true", false,                      \
	  "do not judge sequence numbers (LIB-1)")                                       \
	X(tcp_challenge_ack, "tcp_challenge_ack", "false", "true", true,                 \
	  "answer as a synchronised receiver would (ACC-9)")                             \
	X(tcp_unknown_reset, "tcp_unknown", "drop", "reset", false,                      \
	  "answer segments of no connection with RST (GEN-1)")                           \
	X(tcp_unsynchronized_reset, "tcp_unsynchronized", "forward", "reset", false,     \
	  "answer a wrong ACK in the handshake with RST (GEN-2)")                        \
	X(tcp_asymmetric, "tcp_asymmetric", "false", "true", true,                       \
	  "accept that one direction takes another path (ACC-10)")                       \
	X(ip_security_match, "ip_security", "ignore", "match", false,                    \
	  "refuse a security label that differs from the SYN's (GEN-4)")

struct track_config {
#define TRACK_FIELD(name, value, min, max, text) uint32_t name; /* in ticks */
	TRACK_TIMEOUTS(TRACK_FIELD)
#undef TRACK_FIELD
#define TRACK_FIELD(name, key, no, yes, value, text) bool name;
	TRACK_SWITCHES(TRACK_FIELD)
#undef TRACK_FIELD
};

#define TRACK_CONFIG_DEFAULT                                                             \
	((struct track_config){TRACK_TIMEOUTS(TRACK_DEFAULT_TIMEOUT)                     \
				       TRACK_SWITCHES(TRACK_DEFAULT_SWITCH)})
#define TRACK_DEFAULT_TIMEOUT(name, value, min, max, text) .name = (value)*1000u,
#define TRACK_DEFAULT_SWITCH(name, key, no, yes, value, text) .name = (value),

#endif
