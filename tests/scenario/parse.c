/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text of a scenario. Line by line, each with a cursor; what cannot be understood is an
 * error with its line, never skipped.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"

#define REPEAT_MAX 1000000u

struct parser {
	struct scenario *s;
	struct scenario_error *error;
	unsigned line;
	const char *at; /* cursor */
	uint64_t now_ns;
	uint32_t isn[2];
	uint16_t port[2];
	unsigned room;      /* steps allocated */
	unsigned last_from; /* steps that the last line made: [last_from, steps) */
};

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

static int __attribute__((format(printf, 2, 3)))
bad(struct parser *p, const char *format, ...)
{
	char what[400];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(p->error->text, sizeof(p->error->text), "%s:%u: %s", p->s->file, p->line,
		 what);
	return -EINVAL;
}

static void
skip_blanks(struct parser *p)
{
	while (*p->at == ' ' || *p->at == '\t')
		p->at++;
}

static bool
at_end(struct parser *p)
{
	skip_blanks(p);
	return *p->at == '\0';
}

/* The next word, up to a blank; false at the end of the line. */
static bool
word(struct parser *p, char *text, size_t size)
{
	size_t n = 0;

	skip_blanks(p);
	while (*p->at != '\0' && *p->at != ' ' && *p->at != '\t' && n + 1 < size)
		text[n++] = *p->at++;
	text[n] = '\0';
	return n != 0;
}

/* Take this word if it is the next. */
static bool
take(struct parser *p, const char *expected)
{
	size_t n = strlen(expected);

	skip_blanks(p);
	if (strncmp(p->at, expected, n) != 0 ||
	    (p->at[n] != '\0' && strchr(" \t,>}(", p->at[n]) == NULL))
		return false;
	p->at += n;
	return true;
}

static bool
take_char(struct parser *p, char c)
{
	if (*p->at != c)
		return false;
	p->at++;
	return true;
}

/* Decimal, hexadecimal, or 2^n. */
static bool
number(struct parser *p, uint64_t most, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)*p->at))
		return false;
	errno = 0;
	*value = strtoull(p->at, &end, 0);
	if (end[0] == '^' && *value == 2 && isdigit((unsigned char)end[1])) {
		unsigned long shift = strtoul(end + 1, &end, 10);

		*value = shift < 64 ? 1ull << shift : UINT64_MAX;
	}
	if (errno != 0 || *value > most)
		return false;
	p->at = end;
	return true;
}

/* A number as a word of its own. */
static bool
value(struct parser *p, uint64_t most, uint64_t *v)
{
	skip_blanks(p);
	return number(p, most, v) && (isspace((unsigned char)*p->at) || *p->at == '\0' ||
				      strchr(",>}", *p->at) != NULL);
}

/* [=][-]N{(+|-)N}: relative to an initial sequence number, or with "=" absolute. */
static bool
sequence(struct parser *p, uint32_t isn, uint32_t *seq)
{
	uint64_t n;
	bool minus;

	skip_blanks(p);
	*seq = take_char(p, '=') ? 0 : isn;
	minus = take_char(p, '-');
	for (;;) {
		if (!number(p, UINT32_MAX, &n))
			return false;
		*seq += minus ? 0u - (uint32_t)n : (uint32_t)n;
		if (*p->at != '+' && *p->at != '-')
			return true;
		minus = *p->at++ == '-';
	}
}

/* Seconds with up to nine decimals, or with a unit: us, ms, s, m, h, d. */
static bool
duration(struct parser *p, uint64_t *ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {
		{"us", 1000},          {"ms", 1000000},         {"s", 1000000000ull},
		{"m", 60000000000ull}, {"h", 3600000000000ull}, {"d", 86400000000000ull},
	};
	uint64_t whole = 0, part = 0, scale = 1;
	uint64_t unit_ns = 1000000000ull;
	size_t i;

	if (!isdigit((unsigned char)*p->at))
		return false;
	while (isdigit((unsigned char)*p->at))
		whole = whole * 10 + (uint64_t)(*p->at++ - '0');
	if (take_char(p, '.')) {
		while (isdigit((unsigned char)*p->at) && scale < 1000000000u) {
			part = part * 10 + (uint64_t)(*p->at++ - '0');
			scale *= 10;
		}
	}
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (isalpha((unsigned char)*p->at) && take(p, units[i].unit)) {
			unit_ns = units[i].ns;
			break;
		}
	}
	*ns = whole * unit_ns + part * unit_ns / scale;
	return *ns % 1000 == 0 && (*p->at == '\0' || isspace((unsigned char)*p->at));
}

static const char flag_letters[] = "FSRPAUEC"; /* in the order of their bits */

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

/* Letters of flag_letters, each at most once, or "0" for none. */
static bool
flags(struct parser *p, uint8_t *bits)
{
	char text[16], *c;

	if (!word(p, text, sizeof(text)))
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

static bool
hex(struct parser *p, uint8_t *bytes, size_t room, size_t *len)
{
	*len = 0;
	while (isxdigit((unsigned char)p->at[0]) && isxdigit((unsigned char)p->at[1])) {
		const char pair[3] = {p->at[0], p->at[1], '\0'};

		if (*len == room)
			return false;
		bytes[(*len)++] = (uint8_t)strtoul(pair, NULL, 16);
		p->at += 2;
		skip_blanks(p);
	}
	return *len != 0;
}

static int
option(struct parser *p, struct segment_text *g)
{
	struct frame_options *o = &g->opt;
	uint64_t a, b;

	if (take(p, "sackok")) {
		o->sack_ok = true;
	} else if (take(p, "mss")) {
		if (!value(p, UINT16_MAX, &a) || a == 0)
			return bad(p, "mss: expected 1 to 65535");
		o->mss = (uint16_t)a;
	} else if (take(p, "wscale")) {
		if (!value(p, UINT8_MAX, &a))
			return bad(p, "wscale: expected 0 to 255");
		o->has_scale = true;
		o->scale = (uint8_t)a;
	} else if (take(p, "ts")) {
		if (!value(p, UINT32_MAX, &a) || !value(p, UINT32_MAX, &b))
			return bad(p, "ts: expected TSval TSecr");
		o->has_ts = true;
		o->tsval = (uint32_t)a;
		o->tsecr = (uint32_t)b;
	} else if (take(p, "raw")) {
		skip_blanks(p);
		if (!hex(p, g->raw, sizeof(g->raw), &g->raw_len))
			return bad(p, "raw: expected at most 40 bytes in hexadecimal");
	} else {
		return bad(p, "expected an option: mss, wscale, sackok, ts, sack, raw");
	}
	return 0;
}

/* <option, ...>; other: the isn that a SACK's numbers are relative to. */
static int
options(struct parser *p, struct segment_text *g, uint32_t other)
{
	int status;

	if (!take_char(p, '<'))
		return 0;
	while (!take_char(p, '>')) {
		skip_blanks(p);
		if (take(p, "sack")) {
			uint32_t *block = g->opt.sack[g->opt.sacks];

			if (g->opt.sacks == FRAME_MAX_SACKS ||
			    !sequence(p, other, &block[0]) ||
			    !sequence(p, other, &block[1]))
				return bad(p,
					   "sack: expected LEFT RIGHT, at most 4 times");
			g->opt.sacks++;
		} else {
			status = option(p, g);
			if (status != 0)
				return status;
		}
		skip_blanks(p);
		if (!take_char(p, ',') && *p->at != '>')
			return bad(p, "expected , or > after an option");
		skip_blanks(p);
	}
	return 0;
}

/* {word [N], ...} */
static int
frame_words(struct parser *p, struct frame_words *w)
{
	const struct {
		const char *word;
		uint16_t *u16;
		uint8_t *u8;
		bool *flag;
	} words[] = {
		{"bad_checksum", NULL, NULL, &w->bad_checksum},
		{"bad_ip_checksum", NULL, NULL, &w->bad_ip_checksum},
		{"mf", NULL, NULL, &w->mf},
		{"frag_off", &w->frag_off, NULL, NULL},
		{"data_off", NULL, &w->data_off, NULL},
		{"ip_len", &w->ip_len, NULL, NULL},
		{"padding", &w->padding, NULL, NULL},
		{"ttl", NULL, &w->ttl, NULL},
		{"label", NULL, &w->label, NULL},
		{"cut", &w->cut, NULL, NULL},
	};
	char text[24];
	uint64_t n;
	size_t i;

	skip_blanks(p);
	if (!take_char(p, '{'))
		return 0;
	while (!take_char(p, '}')) {
		skip_blanks(p);
		for (i = 0; isalpha((unsigned char)*p->at) || *p->at == '_';) {
			if (i + 1 == sizeof(text))
				return bad(p, "no such word of a frame");
			text[i++] = *p->at++;
		}
		text[i] = '\0';
		if (strcmp(text, "vlan") == 0) {
			if (w->vlans == 2 || !value(p, UINT16_MAX, &n))
				return bad(p, "vlan: expected a TCI, at most twice");
			w->vlan[w->vlans++] = (uint16_t)n;
			goto next;
		}
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (strcmp(words[i].word, text) == 0)
				break;
		}
		if (i == sizeof(words) / sizeof(words[0]))
			return bad(p, "%s: no such word of a frame", text);
		if (words[i].flag != NULL) {
			*words[i].flag = true;
		} else if (!value(p, words[i].u16 != NULL ? UINT16_MAX : UINT8_MAX, &n)) {
			return bad(p, "%s: expected a number", text);
		} else if (words[i].u16 != NULL) {
			*words[i].u16 = (uint16_t)n;
		} else {
			*words[i].u8 = (uint8_t)n;
		}
	next:
		skip_blanks(p);
		if (!take_char(p, ',') && *p->at != '}')
			return bad(p, "expected , or } after a word of a frame");
	}
	return 0;
}

/* (LEN), if it is there. */
static bool
length(struct parser *p, uint32_t *len)
{
	uint64_t n;

	*len = 0;
	if (!take_char(p, '('))
		return true;
	if (!number(p, FRAME_MAX - 120, &n) || !take_char(p, ')'))
		return false;
	*len = (uint32_t)n;
	return true;
}

/* FLAGS SEQ[:END][(LEN)] [ack ACK] [win WIN] [<options>] of a side. */
static int
segment(struct parser *p, uint8_t side, struct segment_text *g)
{
	uint32_t end = 0;
	bool has_end;
	uint64_t n;

	*g = (struct segment_text){.win = UINT16_MAX};
	if (!flags(p, &g->flags))
		return bad(p, "expected flags, of %s, or 0", flag_letters);
	if (!sequence(p, p->isn[side], &g->seq))
		return bad(p, "expected a sequence number");
	has_end = take_char(p, ':');
	if (has_end && !sequence(p, p->isn[side], &end))
		return bad(p, "expected a sequence number after :");
	if (!length(p, &g->len))
		return bad(p, "expected a length in ()");
	if (has_end && end != g->seq + g->len)
		return bad(p, "SEQ:END(LEN): SEQ + LEN is not END");
	if (take(p, "ack")) {
		if (!(g->flags & FRAME_ACK))
			return bad(p, "ack without the flag A");
		if (!sequence(p, p->isn[!side], &g->ack))
			return bad(p, "expected a number after ack");
	} else if (g->flags & FRAME_ACK) {
		return bad(p, "flag A without ack");
	}
	if (take(p, "win")) {
		if (!value(p, UINT16_MAX, &n))
			return bad(p, "expected 0 to 65535 after win");
		g->has_win = true;
		g->win = (uint16_t)n;
	}
	skip_blanks(p);
	return options(p, g, p->isn[!side]);
}

static int
icmp_word(struct parser *p, const struct icmp_word **w)
{
	size_t i;

	for (i = 0; i < sizeof(icmp_words) / sizeof(icmp_words[0]); i++) {
		if (take(p, icmp_words[i].word)) {
			*w = &icmp_words[i];
			return 0;
		}
	}
	return bad(p, "expected the name of an ICMP message, as echo or need_frag");
}

/* [id N] [(LEN)] of a query. */
static int
query(struct parser *p, struct step *step)
{
	uint64_t n;

	step->icmp_id = 1;
	if (take(p, "id")) {
		if (!value(p, UINT16_MAX, &n))
			return bad(p, "expected 0 to 65535 after id");
		step->icmp_id = (uint16_t)n;
	}
	skip_blanks(p);
	return length(p, &step->segment.len) ? 0 : bad(p, "expected a length in ()");
}

/* udp (LEN) | proto N (LEN) | SEGMENT, from a side: what a packet and a quotation can be. */
static int
transport(struct parser *p, struct step *step, uint8_t side, enum step_kind *kind)
{
	uint64_t n;

	if (take(p, "udp")) {
		*kind = STEP_UDP;
	} else if (take(p, "proto")) {
		*kind = STEP_OTHER;
		if (!value(p, UINT8_MAX, &n))
			return bad(p, "expected 0 to 255 after proto");
		step->proto = (uint8_t)n;
	} else {
		*kind = STEP_TCP;
		return segment(p, side, &step->segment);
	}
	skip_blanks(p);
	return length(p, &step->segment.len) ? 0 : bad(p, "expected a length in ()");
}

/* icmp QUERY [id N] [(LEN)] | icmp ERROR [elsewhere] quote (PACKET | icmp WORD [id N] [(LEN)]) */
static int
icmp(struct parser *p, struct step *step)
{
	int status = icmp_word(p, &step->icmp);

	if (status != 0)
		return status;
	if (!step->icmp->error) {
		step->kind = STEP_ICMP;
		return query(p, step);
	}
	step->kind = STEP_ICMP_ERROR;
	step->misdirected = take(p, "elsewhere");
	if (!take(p, "quote"))
		return bad(p, "expected quote and what is quoted");
	if (!take(p, "icmp"))
		return transport(p, step, !step->side, &step->quoted);
	step->quoted = STEP_ICMP;
	status = icmp_word(p, &step->icmp_quoted);
	return status != 0 ? status : query(p, step);
}

/* What is sent: everything between the direction and " : ". */
static int
packet(struct parser *p, struct step *step)
{
	int status;

	if (take(p, "icmp")) {
		status = icmp(p, step);
	} else if (take(p, "raw")) {
		step->kind = STEP_RAW;
		skip_blanks(p);
		step->raw = malloc(FRAME_MAX);
		if (step->raw == NULL || !hex(p, step->raw, FRAME_MAX, &step->raw_len))
			return bad(p, "raw: expected a frame in hexadecimal");
		status = 0;
	} else {
		status = transport(p, step, step->side, &step->kind);
	}
	return status != 0 ? status : frame_words(p, &step->words);
}

static int
reason(struct parser *p, uint8_t *r)
{
	unsigned i;

	for (i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		if (take(p, reason_name((enum reason)i))) {
			*r = (uint8_t)i;
			return 0;
		}
	}
	return bad(p, "expected a reason after drop");
}

static bool
state(struct parser *p, uint8_t *s)
{
	unsigned i;

	for (i = TCP_STATE_CLOSED; i <= TCP_STATE_TIME_WAIT; i++) {
		if (take(p, tcp_state_name((enum tcp_state)i))) {
			*s = (uint8_t)i;
			return true;
		}
	}
	return false;
}

/* "-", "stateless", or two states; then [conn N] [left SECONDS]. */
static int
connection(struct parser *p, struct expect *e)
{
	uint64_t n;

	e->left_ms = UINT64_MAX;
	if (take(p, "-")) {
		e->conn_kind = EXPECT_NO_CONN;
		return 0;
	}
	if (take(p, "stateless"))
		e->conn_kind = EXPECT_STATELESS;
	else if (state(p, &e->state[0]) && state(p, &e->state[1]))
		e->conn_kind = EXPECT_STATES;
	else
		return bad(p, "expected -, stateless, or the states of A and B");
	if (take(p, "conn")) {
		if (!value(p, UINT32_MAX, &n) || n == 0)
			return bad(p, "expected a number after conn");
		e->conn = (uint32_t)n;
	}
	if (take(p, "left")) {
		skip_blanks(p);
		if (!duration(p, &n) || n % 1000000u != 0)
			return bad(p, "expected a time after left");
		e->left_ms = n / 1000000u;
	}
	return 0;
}

/* pass | drop REASON; then [ACTION]; then the connection */
static int
expect_packet(struct parser *p, struct expect *e)
{
	unsigned i;
	int status = 0;

	if (take(p, "pass"))
		e->verdict = VERDICT_PASS;
	else if (take(p, "drop"))
		status = reason(p, &e->reason);
	else
		return bad(p, "expected pass or drop");
	if (status != 0)
		return status;
	for (i = ACTION_RST; i <= ACTION_ICMP; i++) {
		if (take(p, action_name((enum action)i)))
			e->action = (uint8_t)i;
	}
	return connection(p, e);
}

/* gone | there CONNECTION | any */
static int
expect_time(struct parser *p, struct expect *e)
{
	e->left_ms = UINT64_MAX;
	if (take(p, "gone"))
		e->gone = true;
	else if (take(p, "any"))
		e->any = true;
	else if (take(p, "there"))
		return connection(p, e);
	else
		return bad(p, "expected gone, any, or there and the connection");
	return 0;
}

/* > or <: the side it comes from (a packet), and the other one where it goes to */
static bool
direction(struct parser *p, uint8_t *from)
{
	if (take(p, ">"))
		*from = 0;
	else if (take(p, "<"))
		*from = 1;
	else
		return false;
	return true;
}

static struct step *
add_step(struct parser *p, const struct step *step)
{
	struct scenario *s = p->s;

	if (s->steps == p->room) {
		unsigned room = p->room == 0 ? 64 : 2 * p->room;
		struct step *more = realloc(s->step, room * sizeof(*more));

		if (more == NULL)
			return NULL;
		s->step = more;
		p->room = room;
	}
	s->step[s->steps] = *step;
	return &s->step[s->steps++];
}

/* xN[/ADVANCE]: the packet N times, the sequence number going on by ADVANCE. */
static int
repetition(struct parser *p, uint64_t *times, uint64_t *advance)
{
	*times = 1;
	*advance = 0;
	skip_blanks(p);
	if (*p->at != 'x')
		return 0;
	p->at++;
	if (!number(p, REPEAT_MAX, times) || *times == 0 ||
	    (take_char(p, '/') && !number(p, UINT32_MAX, advance)))
		return bad(p, "expected xTIMES or xTIMES/ADVANCE");
	return 0;
}

/* +TIME [xN[/M]] (>|<) PACKET : EXPECTED, or +TIME : EXPECTED */
static int
step_line(struct parser *p)
{
	struct step step = {.line = p->line, .kind = STEP_TIME};
	uint64_t wait, times, advance, i;
	int status;

	p->at++;
	if (!duration(p, &wait))
		return bad(p, "expected a time after +, whole microseconds");
	status = repetition(p, &times, &advance);
	if (status != 0)
		return status;
	memcpy(step.port, p->port, sizeof(step.port));
	if (direction(p, &step.side))
		status = packet(p, &step);
	if (status == 0 && !take(p, ":"))
		status = bad(p, "expected : and what must come of it");
	if (status == 0)
		status = step.kind == STEP_TIME ? expect_time(p, &step.expect)
						: expect_packet(p, &step.expect);
	p->last_from = p->s->steps;
	for (i = 0; i < times && status == 0; i++) {
		/* never two packets at one time: captures of two ports could not tell which
		 * was first */
		p->now_ns += wait != 0 ? wait : 1000;
		step.at_ns = p->now_ns;
		if (add_step(p, &step) == NULL)
			status = -ENOMEM;
		step.segment.seq += (uint32_t)advance;
	}
	if (status != 0 && p->last_from == p->s->steps)
		free(step.raw);
	return status;
}

/* sends (>|<) SEGMENT | icmp NAME: a frame that the step before it makes us send */
static int
sends_line(struct parser *p)
{
	struct expect_send send = {0};
	uint8_t from;
	int status;
	unsigned i;

	if (p->last_from == p->s->steps)
		return bad(p, "sends without a step before it");
	if (!direction(p, &from))
		return bad(p, "expected > (to B) or < (to A) after sends");
	send.to = !from;
	status = take(p, "icmp") ? icmp_word(p, &send.icmp)
				 : segment(p, from, &send.segment);
	if (status != 0)
		return status;
	for (i = p->last_from; i < p->s->steps; i++) {
		struct expect *e = &p->s->step[i].expect;

		if (e->sends == SCENARIO_SENDS)
			return bad(p, "more than %u times sends", SCENARIO_SENDS);
		e->send[e->sends++] = send;
	}
	return 0;
}

static int
isn_line(struct parser *p)
{
	if (!sequence(p, 0, &p->isn[0]) || !sequence(p, 0, &p->isn[1]))
		return bad(p, "isn: expected the initial sequence numbers of A and B");
	return 0;
}

static int
ports_line(struct parser *p)
{
	uint64_t a, b;

	if (!value(p, UINT16_MAX, &a) || !value(p, UINT16_MAX, &b))
		return bad(p, "ports: expected those of A and B");
	p->port[0] = (uint16_t)a;
	p->port[1] = (uint16_t)b;
	return 0;
}

static int
set_line(struct parser *p)
{
	struct engine_config config = {0};
	struct setting *s = &p->s->setting[p->s->settings];

	if (p->s->settings == SCENARIO_SETTINGS)
		return bad(p, "more than %u times set", SCENARIO_SETTINGS);
	if (!word(p, s->name, sizeof(s->name)) || !word(p, s->value, sizeof(s->value)))
		return bad(p, "set: expected a key of conntrack and its value");
	if (!scenario_setting(&config, s))
		return bad(p, "set %s %s: no such key, or no value for it", s->name,
			   s->value);
	p->s->settings++;
	return 0;
}

static int
family_line(struct parser *p)
{
	p->s->family[0] = take(p, "ipv4");
	p->s->family[1] = !p->s->family[0] && take(p, "ipv6");
	return p->s->family[0] || p->s->family[1] ? 0 : bad(p, "expected ipv4 or ipv6");
}

static int
line(struct parser *p)
{
	int status;

	if (at_end(p) || *p->at == '#')
		return 0;
	if (*p->at == '+')
		status = step_line(p);
	else if (take(p, "sends"))
		status = sends_line(p);
	else if (take(p, "isn"))
		status = isn_line(p);
	else if (take(p, "ports"))
		status = ports_line(p);
	else if (p->s->steps != 0)
		return bad(p, "expected a step (+TIME), sends, isn or ports");
	else if (take(p, "set"))
		status = set_line(p);
	else if (take(p, "family"))
		status = family_line(p);
	else if (take(p, "rules"))
		status = word(p, p->s->rules, sizeof(p->s->rules))
				 ? 0
				 : bad(p, "rules: expected the name of a file in rules/");
	else
		return bad(p,
			   "expected set, family, rules, isn, ports, or a step (+TIME)");
	if (status == 0 && !at_end(p) && *p->at != '#')
		status = bad(p, "not understood: %s", p->at);
	return status;
}

/* Read all lines; the first must be a comment: the claim. */
static int
read_lines(struct scenario *s, FILE *file)
{
	char *text = NULL, **more;
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&text, &size, file)) > 0) {
		text[strcspn(text, "\r\n")] = '\0';
		more = realloc(s->text, (s->lines + 1) * sizeof(*more));
		if (more == NULL)
			break;
		s->text = more;
		s->text[s->lines++] = text;
		text = NULL;
		size = 0;
	}
	free(text);
	return ferror(file) || n > 0 ? -EIO : 0;
}

int
scenario_load(const char *file, struct scenario **scenario, struct scenario_error *error)
{
	struct scenario *s = calloc(1, sizeof(*s));
	struct parser p = {.s = s,
			   .error = error,
			   .isn = {1000000, 5000000},
			   .port = {40000, 80}};
	FILE *f = fopen(file, "re");
	int status;

	if (s == NULL || f == NULL) {
		status = -errno;
		snprintf(error->text, sizeof(error->text), "%s: %s", file,
			 strerror(errno));
		free(s);
		if (f != NULL)
			fclose(f);
		return status;
	}
	s->file = file;
	s->family[0] = s->family[1] = true;
	status = read_lines(s, f);
	fclose(f);
	for (p.line = 1; p.line <= s->lines && status == 0; p.line++) {
		p.at = s->text[p.line - 1];
		if (p.line == 1 && *p.at != '#')
			status = bad(&p, "expected a comment with the claim");
		else
			status = line(&p);
	}
	if (status == 0 && s->steps == 0)
		status = bad(&p, "no step");
	if (status != 0) {
		scenario_free(s);
		return status;
	}
	*scenario = s;
	return 0;
}

void
scenario_free(struct scenario *s)
{
	unsigned i;

	if (s == NULL)
		return;
	for (i = 0; i < s->lines; i++)
		free(s->text[i]);
	for (i = 0; i < s->steps; i++) {
		if (i == 0 || s->step[i].raw != s->step[i - 1].raw)
			free(s->step[i].raw);
	}
	free(s->text);
	free(s->step);
	free(s);
}
