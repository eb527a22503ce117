/* SPDX-License-Identifier: BSD-3-Clause */
#include <control/view.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <track/tcp.h>

static const struct {
	uint8_t number;
	const char *name;
} protos[] = {
	{IPPROTO_TCP, "tcp"},         {IPPROTO_UDP, "udp"},   {IPPROTO_ICMP, "icmp"},
	{IPPROTO_ICMPV6, "icmpv6"},   {IPPROTO_SCTP, "sctp"}, {IPPROTO_DCCP, "dccp"},
	{IPPROTO_UDPLITE, "udplite"}, {IPPROTO_GRE, "gre"},   {IPPROTO_ESP, "esp"},
	{IPPROTO_AH, "ah"},
};

const char *
view_proto_name(uint8_t proto)
{
	size_t i;

	for (i = 0; i < RTE_DIM(protos); i++)
		if (protos[i].number == proto)
			return protos[i].name;
	return "unknown";
}

int
view_proto_number(const char *text)
{
	unsigned long number;
	char *end;
	size_t i;

	for (i = 0; i < RTE_DIM(protos); i++)
		if (strcmp(protos[i].name, text) == 0)
			return protos[i].number;
	if (text[0] < '0' || text[0] > '9')
		return -1;
	number = strtoul(text, &end, 10);
	return *end != '\0' || number > UINT8_MAX ? -1 : (int)number;
}

/* States in the order of a connection's life. */
static const char *const words[] = {
	"SYN_SENT",   "SYN_SENT2", "SYN_RECV",  "ESTABLISHED", "FIN_WAIT",
	"CLOSE_WAIT", "LAST_ACK",  "TIME_WAIT", "CLOSE",
};

bool
view_is_word(const char *text)
{
	size_t i;

	for (i = 0; i < RTE_DIM(words); i++)
		if (strcmp(words[i], text) == 0)
			return true;
	return false;
}

static bool
either(const uint8_t state[2], enum tcp_state wanted)
{
	return state[0] == wanted || state[1] == wanted;
}

/* Whether the endpoint has sent its FIN. */
static bool
has_closed(uint8_t state)
{
	return state == TCP_STATE_FIN_WAIT_1 || state == TCP_STATE_FIN_WAIT_2 ||
	       state == TCP_STATE_CLOSING || state == TCP_STATE_LAST_ACK ||
	       state == TCP_STATE_TIME_WAIT;
}

/*
 * nf_conntrack has one state for both endpoints: FIN_WAIT from the first FIN on,
 * CLOSE_WAIT from its acknowledgment, LAST_ACK from the second FIN, TIME_WAIT from the
 * acknowledgment of that.
 */
const char *
view_word(const struct conn_view *view)
{
	const uint8_t *state = view->state;

	if (!view->has_states)
		return NULL;
	if (state[0] == TCP_STATE_SYN_SENT && state[1] == TCP_STATE_SYN_SENT)
		return "SYN_SENT2";
	if (either(state, TCP_STATE_SYN_RECEIVED) && !has_closed(state[0]) &&
	    !has_closed(state[1]))
		return "SYN_RECV";
	if (either(state, TCP_STATE_SYN_SENT))
		return "SYN_SENT";
	if (has_closed(state[0]) && has_closed(state[1]))
		return either(state, TCP_STATE_LAST_ACK) ||
				       either(state, TCP_STATE_CLOSING) ||
				       either(state, TCP_STATE_FIN_WAIT_1)
			       ? "LAST_ACK"
			       : "TIME_WAIT";
	if (either(state, TCP_STATE_TIME_WAIT))
		return "TIME_WAIT";
	if (either(state, TCP_STATE_FIN_WAIT_2))
		return "CLOSE_WAIT";
	if (either(state, TCP_STATE_FIN_WAIT_1))
		return "FIN_WAIT";
	if (either(state, TCP_STATE_CLOSED))
		return "CLOSE";
	return "ESTABLISHED";
}

bool
view_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_DCCP || proto == IPPROTO_UDPLITE;
}
