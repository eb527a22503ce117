/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The common state of the two endpoints, as the model needs it. The properties (check.c)
 * are defined with it.
 */
#include "model.h"

/*
 * (a) Return whether the segment would change its receiver's state if it arrived now. A
 * RST that the tracker drops because of TIME-WAIT does not count (RST-8, RFC 1337 3),
 * even if the receiver is still in CLOSING and the ACK that moves it to TIME-WAIT is in
 * flight.
 */
bool
check_acts(const struct model *m, const struct flight *f)
{
	const struct endpoint *before = &m->e[!f->from];
	struct endpoint_out out = {.n = 0};
	struct endpoint e = *before;

	if ((e.state == TCP_STATE_TIME_WAIT || e.state == TCP_STATE_CLOSING) &&
	    m->r.reason == REASON_TCP_RST_TIME_WAIT)
		return false;
	endpoint_receive(&e, &f->seg, 77777, m->now, &out);
	return e.state != before->state || e.rcv_nxt != before->rcv_nxt ||
	       e.snd_una != before->snd_una || e.snd_wnd != before->snd_wnd ||
	       e.was_reset != before->was_reset || e.irs != before->irs;
}

static bool
is_synchronised(const struct endpoint *e)
{
	return e->state >= TCP_STATE_ESTABLISHED;
}

bool
check_connected(const struct model *m)
{
	return is_synchronised(&m->e[0]) && is_synchronised(&m->e[1]) &&
	       m->e[0].irs == m->e[1].iss && m->e[1].irs == m->e[0].iss;
}

bool
check_at_rest(const struct model *m)
{
	unsigned x;

	if (m->flights != 0 || !check_connected(m))
		return false;
	for (x = 0; x < 2; x++)
		if (m->e[x].rto_at != 0 || m->e[x].snd_una != m->e[x].snd_max ||
		    m->e[x].snd_max != m->e[!x].rcv_nxt)
			return false;
	return true;
}

bool
check_opened_at_once(const struct model *m)
{
	uint8_t x;

	if (m->u->connect != 3)
		return false;
	for (x = 0; x < 2; x++)
		if (m->e[x].snd_max != m->e[x].iss + 1 ||
		    m->e[x].rcv_nxt != m->e[x].irs + 1)
			return false;
	return (m->has_ext && m->ext.shadow[0].live) ||
	       !(m->hot.ep[0] & m->hot.ep[1] & EP_SA);
}
