/* SPDX-License-Identifier: BSD-3-Clause */
/* The answers of sluice to one request, for /rules and /connections. Any thread. */
#ifndef PAGE_ANSWERS_H
#define PAGE_ANSWERS_H

#include <jansson.h>

#include "exchange.h"

/*
 * Send a request and receive its answers: all up to the one without `connection`, which
 * ends a list, but at most `limit`. Returns 200 and the array *answers, which the caller
 * frees, or a status of HTTP and *answers, an object whose `error` is a text: 400 when
 * sluice has refused the request, 503 when it cannot be reached, or does not send all in
 * time.
 */
unsigned answers_get(const char *socket, const struct exchange_limit *time,
		     const json_t *request, unsigned limit, json_t **answers);

#endif
