/* SPDX-License-Identifier: BSD-3-Clause */
#include "sides.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

#define UNKNOWN (-1)

static bool
parse_mac(const char *text, uint8_t mac[LINKTYPE_MAC])
{
	unsigned b[LINKTYPE_MAC], i;
	int end = 0;

	if (sscanf(text, "%2x%*1[:-]%2x%*1[:-]%2x%*1[:-]%2x%*1[:-]%2x%*1[:-]%2x%n", &b[0],
		   &b[1], &b[2], &b[3], &b[4], &b[5], &end) != LINKTYPE_MAC ||
	    end == 0 || text[end] != '\0')
		return false;
	for (i = 0; i < LINKTYPE_MAC; i++)
		mac[i] = (uint8_t)b[i];
	return true;
}

static bool
parse_prefix(struct sides *s, const char *text)
{
	char address[INET6_ADDRSTRLEN], *end;
	const char *slash = strchr(text, '/');
	size_t n = slash != NULL ? (size_t)(slash - text) : strlen(text);
	unsigned long bits = ULONG_MAX;

	if (n >= sizeof(address))
		return false;
	memcpy(address, text, n);
	address[n] = '\0';
	if (slash != NULL) {
		bits = strtoul(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end != '\0')
			return false;
	}
	if (inet_pton(AF_INET, address, s->prefix) == 1)
		s->prefix_family = 4;
	else if (inet_pton(AF_INET6, address, s->prefix) == 1)
		s->prefix_family = 6;
	else
		return false;
	n = s->prefix_family == 4 ? 32 : 128;
	s->prefix_length = (uint8_t)(slash != NULL ? bits : n);
	return slash == NULL || bits <= n;
}

int
sides_set_lan(struct sides *s, const char *text)
{
	s->lan = text;
	if (parse_mac(text, s->mac)) {
		s->method = SIDES_USER_MAC;
		s->mac_side = 0;
	} else if (parse_prefix(s, text)) {
		s->method = SIDES_USER_PREFIX;
	} else {
		s->method = SIDES_USER_INTERFACE;
		return -EINVAL;
	}
	return 0;
}

static bool
in_prefix(const struct sides *s, const struct packet *p, unsigned which)
{
	const uint8_t *address = p->family == 4 ? (const uint8_t *)&p->key.addr.v4[which]
						: p->key.addr.v6[which];
	unsigned bytes = s->prefix_length / 8u, bits = s->prefix_length % 8u;
	uint8_t mask = (uint8_t)(0xff00u >> bits);

	return p->family == s->prefix_family && memcmp(address, s->prefix, bytes) == 0 &&
	       (bits == 0 || ((address[bytes] ^ s->prefix[bytes]) & mask) == 0);
}

static int
by_prefix(const struct sides *s, const struct packet *p)
{
	bool source, destination;

	if (p->family == 0)
		return UNKNOWN;
	source = in_prefix(s, p, 0);
	destination = in_prefix(s, p, 1);
	return source == destination ? UNKNOWN : !source;
}

static int
by_mac(const struct sides *s, const struct frame *fr)
{
	uint8_t macs[2 * LINKTYPE_MAC];
	bool source, destination;

	if (!frame_macs(fr, macs))
		return UNKNOWN;
	source = memcmp(macs + LINKTYPE_MAC, s->mac, LINKTYPE_MAC) == 0;
	destination = memcmp(macs, s->mac, LINKTYPE_MAC) == 0;
	if (source == destination && !(macs[0] & 1))
		return UNKNOWN;
	return source ? s->mac_side : !s->mac_side;
}

static int
by_direction(const struct frame *fr)
{
	uint32_t direction = fr->f.flags & READER_DIRECTION;

	if (direction == 0)
		direction = fr->link.direction;
	return direction == READER_OUTBOUND  ? 0
	       : direction == READER_INBOUND ? 1
					     : UNKNOWN;
}

/* Return the side of a frame by one method: 0, 1 or UNKNOWN. */
static int
by_method(const struct sides *s, enum sides_method method, const struct capture *capture,
	  const struct frame *fr)
{
	switch (method) {
	case SIDES_USER_MAC:
	case SIDES_MAC:
		return by_mac(s, fr);
	case SIDES_USER_PREFIX:
		return by_prefix(s, &fr->p);
	case SIDES_USER_INTERFACE:
	case SIDES_INTERFACE:
		return capture->number != s->capture || fr->f.interface != s->interface;
	case SIDES_DIRECTION:
		return by_direction(fr);
	case SIDES_CONNECTION:
		break;
	}
	return UNKNOWN;
}

/* Result of applying a method to the sample. */
struct fit {
	/* conversations of the sample; their member `lan` is set by the method */
	struct conversations seen;
	uint64_t placed;
	bool bad;
};

static void
fit_frame(struct sides *s, enum sides_method method, const struct capture *capture,
	  const struct frame *fr, struct fit *fit)
{
	struct conversation *c;
	unsigned sender, lan;
	bool is_new;
	int side;

	c = conversation_of(&fit->seen, &fr->p, &sender, &is_new);
	if (c == NULL)
		return;
	side = by_method(s, method, capture, fr);
	fit->placed++;
	lan = side == 0 ? sender : !sender;
	if (is_new)
		c->lan = (uint8_t)lan;
	fit->bad = side == UNKNOWN || c->lan != lan;
}

/* Return whether a method fits the samples of all captures. */
static bool
fits(struct sides *s, enum sides_method method, struct capture *captures, unsigned n)
{
	struct fit fit = {0};
	struct frame fr;
	unsigned i;
	uint32_t j;

	if (conversations_init(&fit.seen) != 0)
		return false;
	for (i = 0; i < n; i++) {
		for (j = 0; j < captures[i].sample.count && !fit.bad; j++) {
			capture_sampled(&captures[i], j, &fr);
			fit_frame(s, method, &captures[i], &fr, &fit);
		}
	}
	conversations_free(&fit.seen);
	return !fit.bad && fit.placed != 0;
}

/*
 * Find the earliest packet of the samples. syn: consider only TCP segments that open a
 * connection.
 */
static bool
first_packet(struct capture *captures, unsigned n, bool syn, struct frame *fr,
	     unsigned *capture)
{
	uint64_t first = UINT64_MAX;
	struct frame at;
	unsigned i;
	uint32_t j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < captures[i].sample.count; j++) {
			capture_sampled(&captures[i], j, &at);
			if (at.p.kind < PACKET_TCP || at.f.ns >= first ||
			    (syn && (at.p.kind != PACKET_TCP ||
				     (at.p.seg.flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)))
				continue;
			first = at.f.ns;
			*fr = at;
			*capture = i;
			break;
		}
	}
	return first != UINT64_MAX;
}

static bool
first_sender(struct capture *captures, unsigned n, struct frame *fr, unsigned *capture)
{
	return first_packet(captures, n, true, fr, capture) ||
	       first_packet(captures, n, false, fr, capture);
}

static bool
try_mac(struct sides *s, struct capture *captures, unsigned n, bool source)
{
	uint8_t macs[2 * LINKTYPE_MAC];
	struct frame fr;
	unsigned at;

	if (!first_sender(captures, n, &fr, &at) || !frame_macs(&fr, macs) ||
	    (macs[0] & 1))
		return false;
	memcpy(s->mac, source ? macs + LINKTYPE_MAC : macs, LINKTYPE_MAC);
	s->mac_side = !source;
	if (!fits(s, SIDES_MAC, captures, n))
		return false;
	snprintf(s->text, sizeof(s->text),
		 "by MAC addresses: %s is %02x:%02x:%02x:%02x:%02x:%02x%s",
		 source ? "lan" : "wan", s->mac[0], s->mac[1], s->mac[2], s->mac[3],
		 s->mac[4], s->mac[5],
		 source ? ", which began the first connection" : "");
	return true;
}

/*
 * Return whether exactly two interfaces of all captures have packets, each in one
 * direction only.
 */
static bool
try_interface(struct sides *s, struct capture *captures, unsigned n)
{
	struct frame fr;
	unsigned i, at, used = 0;
	uint32_t j;

	for (i = 0; i < n; i++) {
		const struct reader *r = &captures[i].reader;

		for (j = 0; j < r->interface_count; j++)
			used += r->interfaces[j].packets != 0;
	}
	if (used != 2 || !first_sender(captures, n, &fr, &at))
		return false;
	s->capture = (uint16_t)at;
	s->interface = fr.f.interface;
	if (!fits(s, SIDES_INTERFACE, captures, n))
		return false;
	snprintf(s->text, sizeof(s->text),
		 "by interface: lan is %.64s of %.128s, where the first connection began",
		 capture_interface(&captures[at], &fr)->name[0] != '\0'
			 ? capture_interface(&captures[at], &fr)->name
			 : "the interface",
		 captures[at].file);
	return true;
}

static bool
try_direction(struct sides *s, struct capture *captures, unsigned n)
{
	if (!fits(s, SIDES_DIRECTION, captures, n))
		return false;
	snprintf(s->text, sizeof(s->text),
		 "by direction: lan is the host that captured, and what it sends");
	return true;
}

/* Apply --lan INTERFACE. */
static int
find_interface(struct sides *s, struct capture *captures, unsigned n)
{
	unsigned i;
	uint32_t j;

	for (i = 0; i < n; i++) {
		const struct reader *r = &captures[i].reader;

		for (j = 0; j < r->interface_count; j++) {
			if (strcmp(r->interfaces[j].name, s->lan) != 0)
				continue;
			s->capture = (uint16_t)i;
			s->interface = j;
			return 0;
		}
	}
	snprintf(
		s->text, sizeof(s->text),
		"--lan %.100s: expected a MAC address, an address or prefix, or the name "
		"of an interface that a capture has",
		s->lan);
	return -EINVAL;
}

int
sides_choose(struct sides *s, struct capture *captures, unsigned n)
{
	if (s->lan != NULL) {
		if (s->method == SIDES_USER_INTERFACE &&
		    find_interface(s, captures, n) != 0)
			return -EINVAL;
		snprintf(s->text, sizeof(s->text), "by --lan %.200s", s->lan);
		return 0;
	}
	if (try_interface(s, captures, n))
		s->method = SIDES_INTERFACE;
	else if (try_direction(s, captures, n))
		s->method = SIDES_DIRECTION;
	else if (try_mac(s, captures, n, true) || try_mac(s, captures, n, false))
		s->method = SIDES_MAC;
	else
		snprintf(s->text, sizeof(s->text),
			 "by connection: lan is the endpoint that began it");
	return 0;
}

/*
 * Set key to the packet's two addresses, the lower one first. Returns 1 if the source is
 * the second one, else 0.
 */
static unsigned
pair_key(const struct packet *p, struct flow_key *key)
{
	size_t n = p->family == 4 ? 4 : 16;
	const uint8_t *source = p->family == 4 ? (const uint8_t *)&p->key.addr.v4[0]
					       : p->key.addr.v6[0];
	const uint8_t *destination = source + n;
	unsigned second = memcmp(source, destination, n) > 0;

	*key = (struct flow_key){.id.network = p->family};
	memcpy(key->addr.v6[0], second ? destination : source, n);
	memcpy(key->addr.v6[1], second ? source : destination, n);
	return second;
}

static struct sides_pair *
pair_of(struct sides *s, const struct flow_key *key)
{
	return &s->pairs[XXH3_64bits(key, sizeof(*key)) % SIDES_PAIRS];
}

/* Store which of the two hosts of a connection is on lan. */
static void
note_pair(struct sides *s, const struct packet *p, unsigned side)
{
	struct flow_key key;
	unsigned source = pair_key(p, &key);
	struct sides_pair *pair = pair_of(s, &key);

	*pair = (struct sides_pair){key, (uint8_t)(side == 0 ? source : !source), true};
}

/*
 * Return the side of a fragment for which the method gives none: that of the first
 * fragment of its datagram, else that of the last connection between its hosts.
 */
static unsigned
fragment_side(struct sides *s, const struct packet *p)
{
	struct sides_fragment *f;
	struct sides_pair *pair;
	struct flow_key key;
	unsigned i, side, source = pair_key(p, &key);

	for (i = 0; i < SIDES_FRAGMENTS; i++) {
		f = &s->fragments[i];
		if (f->used && f->id == p->frag.id && f->source == source &&
		    flow_key6_equal(&f->key, &key))
			return f->side;
	}
	pair = pair_of(s, &key);
	side = pair->used && flow_key6_equal(&pair->key, &key) ? source != pair->lan : 0;
	f = &s->fragments[s->next_fragment++ % SIDES_FRAGMENTS];
	*f = (struct sides_fragment){key, p->frag.id, (uint8_t)source, (uint8_t)side,
				     true};
	note_pair(s, p, side);
	return side;
}

unsigned
sides_of(struct sides *s, const struct capture *capture, const struct frame *fr,
	 const struct conversation *c, unsigned sender)
{
	int side = by_method(s, s->method, capture, fr);

	if (side != UNKNOWN)
		return (unsigned)side;
	if (c != NULL) {
		if (c->a.number == 0) /* this is the connection's first packet */
			note_pair(s, &fr->p, sender != c->lan);
		return sender != c->lan;
	}
	if (fr->p.kind == PACKET_FRAGMENT)
		return fragment_side(s, &fr->p);
	return 0;
}
