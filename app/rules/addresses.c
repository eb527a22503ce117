/* SPDX-License-Identifier: BSD-3-Clause */
#include "addresses.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES (2 * INET6_ADDRSTRLEN) /* of an element, "ADDRESS-ADDRESS" */

static unsigned
address_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

static bool
address_read(int family, const char *text, u128 *address)
{
	uint64_t half[2];
	uint32_t v4;

	if (family == AF_INET) {
		if (inet_pton(AF_INET, text, &v4) != 1)
			return false;
		*address = be32toh(v4);
		return true;
	}
	/* an IPv6 address with an IPv4 part is left to nft */
	if (strchr(text, '.') != NULL || inet_pton(AF_INET6, text, half) != 1)
		return false;
	*address = (u128)be64toh(half[0]) << 64 | be64toh(half[1]);
	return true;
}

static void
address_write(FILE *out, int family, u128 address)
{
	const uint64_t half[2] = {htobe64((uint64_t)(address >> 64)),
				  htobe64((uint64_t)address)};
	const uint32_t v4 = htobe32((uint32_t)address);
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family, family == AF_INET ? (const void *)&v4 : half, text,
		  sizeof(text));
	fprintf(out, "\"%s\"", text);
}

/* The bits of an address that a prefix of this length does not give. */
static u128
host_mask(int family, unsigned length)
{
	unsigned bits = address_bits(family) - length;

	return bits == 0 ? 0 : ~(u128)0 >> (128 - bits);
}

/* Read the length of a prefix: 1 or more, decimal, without leading zeros. */
static bool
prefix_read(int family, const char *text, struct interval *interval)
{
	char *end;
	unsigned long length;

	if (text[0] < '1' || text[0] > '9')
		return false;
	length = strtoul(text, &end, 10);
	if (*end != '\0' || length > address_bits(family))
		return false;
	interval->hi = interval->lo | host_mask(family, (unsigned)length);
	return (interval->lo & host_mask(family, (unsigned)length)) == 0;
}

/* Read one element: an address, a prefix without bits of the host, or a range. */
static bool
element_read(int family, char *text, struct interval *interval)
{
	char *rest = text + strcspn(text, "/-"), kind = *rest;

	*rest = '\0';
	if (!address_read(family, text, &interval->lo))
		return false;
	interval->hi = interval->lo;
	if (kind == '/')
		return prefix_read(family, rest + 1, interval);
	if (kind == '-')
		return address_read(family, rest + 1, &interval->hi) &&
		       interval->lo < interval->hi;
	return true;
}

/* How many intervals there is room for in a list of `count` intervals. */
static size_t
list_room(size_t count)
{
	size_t room = 64;

	while (room < count)
		room *= 2;
	return room;
}

static bool
list_grow(struct addresses *list, size_t more)
{
	size_t room = list_room(list->count + more);
	struct interval *grown;

	if (list->interval != NULL && room == list_room(list->count))
		return true;
	grown = realloc(list->interval, room * sizeof(*grown));
	if (grown == NULL)
		return false;
	list->interval = grown;
	return true;
}

static bool
element_append(struct addresses *list, const char *text, size_t length)
{
	struct interval *interval;
	char copy[TEXT_BYTES];

	if (length == 0 || length >= sizeof(copy) || !list_grow(list, 1))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	list->ranges |= strpbrk(copy, "/-") != NULL;
	if (list->family == 0)
		list->family = memchr(copy, ':', length) != NULL ? AF_INET6 : AF_INET;
	interval = &list->interval[list->count];
	if (!element_read(list->family, copy, interval))
		return false;
	list->count++;
	return true;
}

/* Return the text behind blanks, line feeds and comments. */
static const char *
blanks_skip(const char *text)
{
	for (;;) {
		text += strspn(text, " \t\n");
		if (*text != '#')
			return text;
		text += strcspn(text, "\n");
	}
}

size_t
addresses_read(struct addresses *list, const char *text)
{
	const char *at = blanks_skip(text);
	size_t length;

	while (*at != '}') {
		length = strcspn(at, ",} \t\n#");
		if (!element_append(list, at, length))
			return 0;
		at = blanks_skip(at + length);
		if (*at == ',')
			at = blanks_skip(at + 1);
		else if (*at != '}')
			return 0;
	}
	return list->count > 0 ? (size_t)(at - text) : 0;
}

bool
addresses_append(struct addresses *list, const struct addresses *other)
{
	if (!list_grow(list, other->count))
		return false;
	memcpy(list->interval + list->count, other->interval,
	       other->count * sizeof(*other->interval));
	list->count += other->count;
	list->family = other->family;
	list->ranges |= other->ranges;
	return true;
}

static int
interval_compare(const void *x, const void *y)
{
	const struct interval *a = x, *b = y;

	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	return a->hi < b->hi ? -1 : a->hi > b->hi;
}

bool
addresses_sort(struct addresses *list, bool merge)
{
	struct interval *last = list->interval, *next;
	size_t i;

	qsort(list->interval, list->count, sizeof(*list->interval), interval_compare);
	for (i = 1; i < list->count; i++) {
		next = &list->interval[i];
		if (next->lo == last->lo && next->hi == last->hi)
			continue;
		if (next->lo <= last->hi && !merge)
			return false;
		/* adjacent ones are joined, too; hi may be the last address of all */
		if (!merge || (next->lo > last->hi && next->lo - 1 > last->hi))
			*++last = *next;
		else if (next->hi > last->hi)
			last->hi = next->hi;
	}
	if (list->count > 0)
		list->count = (size_t)(last - list->interval) + 1;
	return true;
}

/* The length of the prefix that is the interval; -1: it is not one prefix. */
static int
prefix_length(int family, const struct interval *interval)
{
	unsigned length;

	for (length = 0; length < address_bits(family); length++)
		if (interval->hi - interval->lo == host_mask(family, length))
			return (interval->lo & host_mask(family, length)) == 0
				       ? (int)length
				       : -1;
	return -1;
}

static void
interval_write(FILE *out, int family, const struct interval *interval)
{
	int length = prefix_length(family, interval);

	if (interval->lo == interval->hi) {
		address_write(out, family, interval->lo);
	} else if (length >= 0) {
		fputs("{\"prefix\": {\"addr\": ", out);
		address_write(out, family, interval->lo);
		fprintf(out, ", \"len\": %d}}", length);
	} else {
		fputs("{\"range\": [", out);
		address_write(out, family, interval->lo);
		fputs(", ", out);
		address_write(out, family, interval->hi);
		fputs("]}", out);
	}
}

void
addresses_write(const struct addresses *list, FILE *out)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (i > 0)
			fputs(", ", out);
		interval_write(out, list->family, &list->interval[i]);
	}
}

void
addresses_free(struct addresses *list)
{
	free(list->interval);
	*list = (struct addresses){.interval = NULL};
}
