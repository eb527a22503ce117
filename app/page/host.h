/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Check the Host header of a request. The page of another site can have a name of its own
 * resolve to our address ("DNS rebinding"), and then read our answers with the script of
 * that site. Such a request has that name as its Host.
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

/* Return whether only this machine can reach the address. */
bool host_is_loopback(const struct sockaddr_storage *address);

#endif
