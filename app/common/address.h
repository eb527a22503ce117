/* SPDX-License-Identifier: BSD-3-Clause */
/* An address to listen on, as people write it. */
#ifndef COMMON_ADDRESS_H
#define COMMON_ADDRESS_H

#include <sys/socket.h>

/* "127.0.0.1:9464" or "[::1]:9464". Returns 0 or -EINVAL; asks no name server. */
int address_parse(const char *text, struct sockaddr_storage *address);

#endif
