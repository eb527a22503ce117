/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections in place of libmicrohttpd's: pairs of sockets, whose other ends see which
 * are closed. MHD_get_connection_info() is that of mhd_fake.c in a program that links it.
 */
#ifndef UNIT_MHD_FAKE_H
#define UNIT_MHD_FAKE_H

#include <stdbool.h>

#include <microhttpd.h>

#define MHD_FAKE_CONNECTIONS 32u

/* Open or close the sockets of all connections: cmocka's functions for a test. */
int mhd_fake_open(void **state);
int mhd_fake_close(void **state);

/* Return connection n, below MHD_FAKE_CONNECTIONS. */
struct MHD_Connection *mhd_fake_connection(unsigned n);

/* Return whether connection n has been shut down. */
bool mhd_fake_is_closed(unsigned n);

#endif
