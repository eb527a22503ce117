/* SPDX-License-Identifier: BSD-3-Clause */
/* Parse the text of a numeric IP address and port to listen on. */
#ifndef COMMON_ADDRESS_H
#define COMMON_ADDRESS_H

#include <sys/socket.h>

/*
 * Parse text such as "127.0.0.1:9464" or "[::1]:9464" into *address. Host names are not
 * resolved. Returns 0, or -EINVAL.
 */
int address_parse(const char *text, struct sockaddr_storage *address);

#endif
