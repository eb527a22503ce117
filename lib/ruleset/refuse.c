/* SPDX-License-Identifier: BSD-3-Clause */
/* Reasons why statements are not supported, for those where a reason helps the author. */
#include <string.h>

#include "loader.h"

#define TRANSLATES                                                                       \
	"sluice translates no addresses; leave translation to the router, and match "    \
	"the addresses that are on the wire"

static const struct {
	const char *name; /* name of the statement in nft's JSON */
	const char *reason;
} reasons[] = {
	{"xt", "it is a rule of iptables-nft, which nft cannot print; translate the "
	       "original rules with iptables-restore-translate, and load the result"},
	{"queue", "sluice hands no packets to other programs; remove the rule, or decide "
		  "with accept, drop or reject"},
	{"synproxy", "sluice does not answer connections in place of the server; remove "
		     "the rule, or limit new connections with 'limit'"},
	{"tproxy", "there is no local socket that a packet of a wire could go to; remove "
		   "the rule"},
	{"masquerade", TRANSLATES},
	{"snat", TRANSLATES},
	{"dnat", TRANSLATES},
	{"redirect", TRANSLATES},
	{"ct helper", "sluice has no helpers; accept the ports of the protocol's data "
		      "connections, or ct state related for its ICMP errors"},
	{"fwd",
	 "a packet leaves by the other port of its wire; wires are configured with "
	 "'wires' in sluice.yaml, and 'dup' sends copies by a mirror port"},
	{"ct expectation", "sluice has no expectations; accept the ports of the "
			   "connections that follow"},
};

void
refusal_words(word_fn *add, void *arg)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		add(arg, &(struct word){.use = WORD_STATEMENT_REFUSED,
					.kind = reasons[i].name,
					.reason = reasons[i].reason});
}

const char *
refusal_reason(const char *statement)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(statement, reasons[i].name) == 0)
			return reasons[i].reason;
	return "docs/rules.md lists what is: remove or replace the rule";
}
