/* SPDX-License-Identifier: BSD-3-Clause */
/* In place of ipfix.c where libfixbuf is missing. */
#include "ipfix.h"

#include <errno.h>
#include <stdio.h>

int
ipfix_open(const struct control_config *config, struct ipfix **ipfix, char *message)
{
	(void)config;
	*ipfix = NULL;
	snprintf(message, CONTROL_MESSAGE_BYTES,
		 "ipfix: this sluice is built without libfixbuf");
	return -ENOTSUP;
}

struct fanout_reader *
ipfix_reader(struct ipfix *ipfix)
{
	(void)ipfix;
	return NULL;
}

void
ipfix_close(struct ipfix *ipfix)
{
	(void)ipfix;
}
