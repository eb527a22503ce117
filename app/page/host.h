/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tell the requests of our page from those that the page of another site makes. It can
 * have a name of its own resolve to our address ("DNS rebinding"), and then read our
 * answers with the script of that site: such a request has that name as its Host. Or it
 * makes requests whose answers it cannot read, but which take the places of others:
 * browsers add Sec-Fetch-Site (W3C, Fetch Metadata) or Origin (WHATWG Fetch, 3.1).
 */
#ifndef PAGE_HOST_H
#define PAGE_HOST_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * Return whether a request with this Host header is for us: the name "localhost", an
 * address of loopback, or the address that we listen at; with any port, since a tunnel
 * may have another one than we. If we listen at all addresses (0.0.0.0, [::]), it may be
 * any address, but no other name. NULL: there was no header.
 */
bool host_is_ours(const char *host, const struct sockaddr_storage *listen);

/*
 * Return whether a request with these headers comes from our page, from its user or from
 * a program that is no browser, and not from another site. Sec-Fetch-Site has to be
 * same-origin or none, and Origin a URL of HTTP or HTTPS with the host and port of Host.
 * NULL: there was no such header, which is good; but none is good without Host.
 */
bool host_is_same_site(const char *site, const char *origin, const char *host);

/* Return whether only this machine can reach the address. */
bool host_is_loopback(const struct sockaddr_storage *address);

#endif
