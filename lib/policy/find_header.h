/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds IPv6 extension headers and the options of IPv4 and TCP by their number. */
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

#endif
