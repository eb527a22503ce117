/* SPDX-License-Identifier: BSD-3-Clause */
/* Parse a TCP segment, and the words in braces that change its frame. */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "parse.h"

/* letters of the TCP flags, indexed by bit number */
static const char flag_letters[] = "FSRPAUEC";

const char *
segment_flags(uint8_t flags, char text[10])
{
	unsigned i, n = 0;

	for (i = 0; i < 8; i++) {
		if (flags & 1u << i)
			text[n++] = flag_letters[i];
	}
	if (n == 0)
		text[n++] = '0';
	text[n] = '\0';
	return text;
}

/* Parse letters of flag_letters, each at most once, or "0" for no flags. */
static bool
flags(struct parser *p, uint8_t *bits)
{
	char text[16], *c;

	if (!text_word(p, text, sizeof(text)))
		return false;
	*bits = 0;
	if (strcmp(text, "0") == 0)
		return true;
	for (c = text; *c != '\0'; c++) {
		const char *letter = strchr(flag_letters, *c);
		uint8_t bit;

		if (letter == NULL)
			return false;
		bit = (uint8_t)(1u << (letter - flag_letters));
		if (*bits & bit)
			return false;
		*bits |= bit;
	}
	return true;
}

static int
option(struct parser *p, struct segment_text *g)
{
	struct frame_options *o = &g->opt;
	uint64_t a, b;

	if (text_take(p, "sackok")) {
		o->sack_ok = true;
	} else if (text_take(p, "mss")) {
		if (!text_value(p, UINT16_MAX, &a) || a == 0)
			return text_bad(p, "mss: expected 1 to 65535");
		o->mss = (uint16_t)a;
	} else if (text_take(p, "wscale")) {
		if (!text_value(p, UINT8_MAX, &a))
			return text_bad(p, "wscale: expected 0 to 255");
		o->has_scale = true;
		o->scale = (uint8_t)a;
	} else if (text_take(p, "ts")) {
		if (!text_value(p, UINT32_MAX, &a) || !text_value(p, UINT32_MAX, &b))
			return text_bad(p, "ts: expected TSval TSecr");
		o->has_ts = true;
		o->tsval = (uint32_t)a;
		o->tsecr = (uint32_t)b;
	} else if (text_take(p, "raw")) {
		text_skip_blanks(p);
		if (!text_hex(p, g->raw, sizeof(g->raw), &g->raw_len))
			return text_bad(p,
					"raw: expected at most 40 bytes in hexadecimal");
	} else {
		return text_bad(p,
				"expected an option: mss, wscale, sackok, ts, sack, raw");
	}
	return 0;
}

/* Parse <option, ...>. other: the ISN to which a SACK's numbers are relative. */
static int
options(struct parser *p, struct segment_text *g, uint32_t other)
{
	int status;

	if (!text_take_char(p, '<'))
		return 0;
	while (!text_take_char(p, '>')) {
		text_skip_blanks(p);
		if (text_take(p, "sack")) {
			uint32_t *block = g->opt.sack[g->opt.sacks];

			if (g->opt.sacks == FRAME_MAX_SACKS ||
			    !text_sequence(p, other, &block[0]) ||
			    !text_sequence(p, other, &block[1]))
				return text_bad(
					p, "sack: expected LEFT RIGHT, at most 4 times");
			g->opt.sacks++;
		} else {
			status = option(p, g);
			if (status != 0)
				return status;
		}
		text_skip_blanks(p);
		if (!text_take_char(p, ',') && *p->at != '>')
			return text_bad(p, "expected , or > after an option");
		text_skip_blanks(p);
	}
	return 0;
}

/*
 * A word in braces, and the member of struct frame_words of `bytes` bytes that it sets;
 * 0: a flag without a number.
 */
#define WORD(name, bytes)                                                                \
	{                                                                                \
#name, offsetof(struct frame_words, name), bytes                         \
	}
static const struct {
	const char *word;
	size_t at;
	unsigned bytes;
} frame_word[] = {
	WORD(bad_checksum, 0), WORD(bad_ip_checksum, 0),
	WORD(mf, 0),           WORD(frag_off, 2),
	WORD(data_off, 1),     WORD(ip_len, 2),
	WORD(ttl, 1),          WORD(padding, 2),
	WORD(label, 1),        WORD(cut, 2),
	WORD(id, 2),           WORD(quotes, 2),
};

/* Parse one word and its number. */
static int
set_word(struct parser *p, struct frame_words *w, const char *text)
{
	uint64_t n = 1;
	size_t i = 0;
	uint8_t *at;

	if (strcmp(text, "vlan") == 0) {
		if (w->vlans == 2 || !text_value(p, UINT16_MAX, &n))
			return text_bad(p, "vlan: expected a TCI, at most twice");
		w->vlan[w->vlans++] = (uint16_t)n;
		return 0;
	}
	if (strcmp(text, "src") == 0) {
		w->has_src = text_mac(p, w->src);
		return w->has_src ? 0 : text_bad(p, "src: expected a MAC address");
	}
	if (strcmp(text, "dst") == 0) {
		w->has_dst = text_mac(p, w->dst);
		return w->has_dst ? 0 : text_bad(p, "dst: expected a MAC address");
	}
	if (strcmp(text, "piece") == 0) {
		w->piece = true;
		if (!text_value(p, UINT16_MAX, &n) || n % 8 != 0)
			return text_bad(p, "piece: expected OFFSET LENGTH");
		w->piece_off = (uint16_t)n;
		if (!text_value(p, UINT16_MAX, &n))
			return text_bad(p, "piece: expected OFFSET LENGTH");
		w->piece_len = (uint16_t)n;
		return 0;
	}
	if (strcmp(text, "quoted_byte") == 0) {
		if (w->quoted_byte == SCENARIO_QUOTED || !text_value(p, UINT8_MAX, &n))
			return text_bad(p,
					"quoted_byte: expected OFFSET VALUE, %u at most",
					SCENARIO_QUOTED);
		w->quoted_at[w->quoted_byte] = (uint8_t)n;
		if (!text_value(p, UINT8_MAX, &n))
			return text_bad(p, "quoted_byte: expected OFFSET VALUE");
		w->quoted_is[w->quoted_byte++] = (uint8_t)n;
		return 0;
	}
	while (i < sizeof(frame_word) / sizeof(frame_word[0]) &&
	       strcmp(frame_word[i].word, text) != 0)
		i++;
	if (i == sizeof(frame_word) / sizeof(frame_word[0]))
		return text_bad(p, "%s: no such word of a frame", text);
	at = (uint8_t *)w + frame_word[i].at;
	if (frame_word[i].bytes != 0 &&
	    !text_value(p, frame_word[i].bytes == 2 ? UINT16_MAX : UINT8_MAX, &n))
		return text_bad(p, "%s: expected a number", text);
	if (frame_word[i].bytes == 2)
		memcpy(at, &(uint16_t){(uint16_t)n}, 2);
	else
		*at = (uint8_t)n;
	return 0;
}

/* Parse {word [N], ...}. */
int
parse_frame_words(struct parser *p, struct frame_words *w)
{
	char text[24];
	int status;
	size_t i;

	text_skip_blanks(p);
	if (!text_take_char(p, '{'))
		return 0;
	while (!text_take_char(p, '}')) {
		text_skip_blanks(p);
		for (i = 0; isalpha((unsigned char)*p->at) || *p->at == '_';) {
			if (i + 1 == sizeof(text))
				return text_bad(p, "no such word of a frame");
			text[i++] = *p->at++;
		}
		text[i] = '\0';
		status = set_word(p, w, text);
		if (status != 0)
			return status;
		text_skip_blanks(p);
		if (!text_take_char(p, ',') && *p->at != '}')
			return text_bad(p, "expected , or } after a word of a frame");
	}
	return 0;
}

/* Parse a segment of a side: FLAGS SEQ[:END][(LEN)] [ack ACK] [win WIN] [<options>]. */
int
parse_segment(struct parser *p, uint8_t side, struct segment_text *g)
{
	uint32_t end = 0;
	bool has_end;
	uint64_t n;

	*g = (struct segment_text){.win = UINT16_MAX};
	if (!flags(p, &g->flags))
		return text_bad(p, "expected flags, of %s, or 0", flag_letters);
	if (!text_sequence(p, p->isn[side], &g->seq))
		return text_bad(p, "expected a sequence number");
	has_end = text_take_char(p, ':');
	if (has_end && !text_sequence(p, p->isn[side], &end))
		return text_bad(p, "expected a sequence number after :");
	if (!text_length(p, &g->len))
		return text_bad(p, "expected a length in ()");
	if (has_end && end != g->seq + g->len)
		return text_bad(p, "SEQ:END(LEN): SEQ + LEN is not END");
	if (text_take(p, "ack")) {
		if (!(g->flags & FRAME_ACK))
			return text_bad(p, "ack without the flag A");
		if (!text_sequence(p, p->isn[!side], &g->ack))
			return text_bad(p, "expected a number after ack");
	} else if (g->flags & FRAME_ACK) {
		return text_bad(p, "flag A without ack");
	}
	if (text_take(p, "win")) {
		if (!text_value(p, UINT16_MAX, &n))
			return text_bad(p, "expected 0 to 65535 after win");
		g->has_win = true;
		g->win = (uint16_t)n;
	}
	text_skip_blanks(p);
	return options(p, g, p->isn[!side]);
}
