/* SPDX-License-Identifier: BSD-3-Clause */
/* Parse the packet to send: everything between the direction and the colon. */
#include <stdlib.h>

#include "parse.h"

static const struct icmp_word icmp_words[] = {
	{"echo", {8, 128}, {0, 0}, false},
	{"echo_reply", {0, 129}, {0, 0}, false},
	{"timestamp", {13, 0}, {0, 0}, false},
	{"timestamp_reply", {14, 0}, {0, 0}, false},
	{"net_unreachable", {3, 1}, {0, 0}, true},
	{"host_unreachable", {3, 1}, {1, 3}, true},
	{"port_unreachable", {3, 1}, {3, 4}, true},
	{"prohibited", {3, 1}, {13, 1}, true},
	{"need_frag", {3, 2}, {4, 0}, true},
	{"time_exceeded", {11, 3}, {0, 0}, true},
};

int
parse_icmp_word(struct parser *p, const struct icmp_word **w)
{
	size_t i;

	for (i = 0; i < sizeof(icmp_words) / sizeof(icmp_words[0]); i++) {
		if (text_take(p, icmp_words[i].word)) {
			*w = &icmp_words[i];
			return 0;
		}
	}
	return text_bad(p, "expected the name of an ICMP message, as echo or need_frag");
}

/* Parse [id N] [(LEN)] of an ICMP query. */
static int
query(struct parser *p, struct step *step)
{
	uint64_t n;

	step->icmp_id = 1;
	if (text_take(p, "id")) {
		if (!text_value(p, UINT16_MAX, &n))
			return text_bad(p, "expected 0 to 65535 after id");
		step->icmp_id = (uint16_t)n;
	}
	text_skip_blanks(p);
	return text_length(p, &step->segment.len)
		       ? 0
		       : text_bad(p, "expected a length in ()");
}

/* Parse udp (LEN) | proto N (LEN) | SEGMENT from a side: a packet or a quoted one. */
static int
transport(struct parser *p, struct step *step, uint8_t side, enum step_kind *kind)
{
	uint64_t n;

	if (text_take(p, "udp")) {
		*kind = STEP_UDP;
	} else if (text_take(p, "proto")) {
		*kind = STEP_OTHER;
		if (!text_value(p, UINT8_MAX, &n))
			return text_bad(p, "expected 0 to 255 after proto");
		step->proto = (uint8_t)n;
	} else {
		*kind = STEP_TCP;
		return parse_segment(p, side, &step->segment);
	}
	text_skip_blanks(p);
	return text_length(p, &step->segment.len)
		       ? 0
		       : text_bad(p, "expected a length in ()");
}

/*
 * Parse icmp QUERY [id N] [(LEN)] | icmp ERROR [elsewhere] quote (PACKET | icmp WORD [id
 * N] [(LEN)]).
 */
static int
icmp(struct parser *p, struct step *step)
{
	int status = parse_icmp_word(p, &step->icmp);

	if (status != 0)
		return status;
	if (!step->icmp->error) {
		step->kind = STEP_ICMP;
		return query(p, step);
	}
	step->kind = STEP_ICMP_ERROR;
	step->misdirected = text_take(p, "elsewhere");
	if (!text_take(p, "quote"))
		return text_bad(p, "expected quote and what is quoted");
	if (!text_take(p, "icmp"))
		return transport(p, step, !step->side, &step->quoted);
	step->quoted = STEP_ICMP;
	status = parse_icmp_word(p, &step->icmp_quoted);
	return status != 0 ? status : query(p, step);
}

int
parse_packet(struct parser *p, struct step *step)
{
	int status = 0;

	if (text_take(p, "icmp")) {
		status = icmp(p, step);
	} else if (text_take(p, "raw")) {
		step->kind = STEP_RAW;
		text_skip_blanks(p);
		step->raw = malloc(FRAME_MAX);
		if (step->raw == NULL ||
		    !text_hex(p, step->raw, FRAME_MAX, &step->raw_len))
			return text_bad(p, "raw: expected a frame in hexadecimal");
	} else {
		status = transport(p, step, step->side, &step->kind);
	}
	return status != 0 ? status : parse_frame_words(p, &step->words);
}
