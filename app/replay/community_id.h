/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Community ID version 1, with seed 0: the same identifier of a flow in all tools
 * (https://github.com/corelight/community-id-spec).
 */
#ifndef REPLAY_COMMUNITY_ID_H
#define REPLAY_COMMUNITY_ID_H

#include <stdint.h>

#include <conn/key.h>

#define COMMUNITY_ID_TEXT 32u

/*
 * Write the Community ID "1:..." of a conversation. orig: index of the originator. For
 * ICMP, port[1] of the key is the type of the request.
 */
void community_id(const struct flow_key *key, uint8_t family, unsigned orig,
		  char text[COMMUNITY_ID_TEXT]);

#endif
