/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds IPv6 extension headers, the options of IPv4 and TCP, and the chunks of SCTP by
 * their number.
 */
#ifndef POLICY_FIND_HEADER_H
#define POLICY_FIND_HEADER_H

#include <policy/policy.h>

/* offset of the outermost tag's TCI from the start of the frame */
#define VLAN_OFFSET 14u

/*
 * Find the first extension header or option with a number. `at` of the result is NULL
 * when the packet does not have it or ends before it. A length field that is not
 * plausible ends the search.
 */
struct policy_bytes extension_find(const struct policy_bytes *ipv6, uint8_t number);
struct policy_bytes ip_option_find(const struct policy_bytes *ipv4, uint8_t number);
struct policy_bytes tcp_option_find(const struct policy_bytes *tcp, uint8_t number);

/*
 * The most chunks of a packet that are looked at. A packet of 1,500 bytes has no room for
 * more: 1,500 less 20 (IPv4) and 12 (SCTP), and a chunk has at least 4.
 */
#define SCTP_CHUNKS_MAX 367u

/*
 * Find the first chunk of a type (RFC 9260 3.2), as the kernel's nft_exthdr_sctp_eval().
 * `at` of the result is NULL when the packet has none among its first SCTP_CHUNKS_MAX, or
 * when the chunk ends behind the packet. exists: only the chunk's header is asked for,
 * and the chunk may end behind the packet.
 */
struct policy_bytes sctp_chunk_find(const struct policy_bytes *sctp, uint8_t type,
				    bool exists);

#endif
