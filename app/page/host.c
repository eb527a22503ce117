/* SPDX-License-Identifier: BSD-3-Clause */
#include "host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

/* An address in the network byte order; a shorter one is at the front. */
struct address {
	int family;
	struct in6_addr bytes;
};

static struct address
address_of(const struct sockaddr_storage *from)
{
	struct address a = {.family = from->ss_family};

	if (a.family == AF_INET)
		memcpy(&a.bytes, &((const struct sockaddr_in *)from)->sin_addr,
		       sizeof(struct in_addr));
	else
		a.bytes = ((const struct sockaddr_in6 *)from)->sin6_addr;
	return a;
}

static bool
is_loopback(const struct address *a)
{
	if (a->family == AF_INET)
		return a->bytes.s6_addr[0] == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&a->bytes);
}

/* Return whether an address to listen at stands for all addresses of the machine. */
static bool
is_any(const struct address *a)
{
	return IN6_IS_ADDR_UNSPECIFIED(&a->bytes);
}

/*
 * Copy the name or address of a Host header without its port and brackets. Returns
 * AF_INET6 for one in brackets, AF_INET otherwise; AF_UNSPEC: it is malformed.
 */
static int
split(const char *host, char *name, size_t size)
{
	const bool bracket = host[0] == '[';
	const char *end = bracket ? strchr(host, ']') : host + strcspn(host, ":");
	const char *start = host + bracket;
	const char *rest;

	if (end == NULL || (size_t)(end - start) >= size)
		return AF_UNSPEC;
	rest = end + bracket;
	if (*rest == ':')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (*rest != '\0')
		return AF_UNSPEC;
	memcpy(name, start, (size_t)(end - start));
	name[end - start] = '\0';
	return bracket ? AF_INET6 : AF_INET;
}

bool
host_is_ours(const char *host, const struct sockaddr_storage *listen)
{
	const struct address ours = address_of(listen);
	struct address a = {.family = AF_UNSPEC};
	char name[INET6_ADDRSTRLEN];

	if (host == NULL)
		return false;
	a.family = split(host, name, sizeof(name));
	if (a.family == AF_UNSPEC)
		return false;
	if (a.family == AF_INET && strcasecmp(name, "localhost") == 0)
		return true;
	if (inet_pton(a.family, name, &a.bytes) != 1)
		return false;
	return is_loopback(&a) || is_any(&ours) ||
	       (a.family == ours.family &&
		memcmp(&a.bytes, &ours.bytes, sizeof(a.bytes)) == 0);
}

bool
host_is_same_site(const char *site, const char *origin, const char *host)
{
	static const char *const schemes[] = {"http://", "https://"};
	size_t i;

	if (host == NULL)
		return false;
	if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return false;
	if (origin == NULL)
		return true;
	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncasecmp(origin, schemes[i], strlen(schemes[i])) == 0)
			return strcasecmp(origin + strlen(schemes[i]), host) == 0;
	return false;
}

bool
host_is_loopback(const struct sockaddr_storage *address)
{
	const struct address a = address_of(address);

	return is_loopback(&a);
}
