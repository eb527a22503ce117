/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Serves the page over HTTP: its files, and what sluice answers to the few requests that
 * read (docs/page.md lists the paths). libmicrohttpd has a thread for each connection.
 * The resources are bounded: places.h says how many connections and streams there may be;
 * a connection has 16 KiB for its headers and ends after 10 s without a byte.
 */
#ifndef PAGE_SERVER_H
#define PAGE_SERVER_H

#include <stddef.h>
#include <sys/socket.h>

struct server;

/*
 * Listen at an address, for the sluice of a control socket, whose path must stay valid.
 * Returns NULL and a text in message when that fails.
 */
struct server *server_start(const struct sockaddr_storage *listen, const char *socket,
			    char *message, size_t size);
void server_stop(struct server *server);

#endif
