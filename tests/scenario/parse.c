/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parse the text of a scenario line by line, with a cursor. Text that cannot be parsed is
 * an error with its line number; nothing is skipped.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define REPEAT_MAX 1000000u

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

/*
 * Parse xN[/ADVANCE]: send the packet N times, increasing the sequence number by ADVANCE.
 */
static int
repetition(struct parser *p, uint64_t *times, uint64_t *advance)
{
	*times = 1;
	*advance = 0;
	text_skip_blanks(p);
	if (*p->at != 'x')
		return 0;
	p->at++;
	if (!text_number(p, REPEAT_MAX, times) || *times == 0 ||
	    (text_take_char(p, '/') && !text_number(p, UINT32_MAX, advance)))
		return text_bad(p, "expected xTIMES or xTIMES/ADVANCE");
	return 0;
}

/*
 * `falling`: set the expected remaining time of each repetition of a packet. The text
 * states that of the last one, and earlier ones have more, because the deadline does not
 * move.
 */
static void
fall(struct parser *p)
{
	const struct step *last = &p->s->step[p->s->steps - 1];
	unsigned i;

	for (i = p->last_from; i + 1 < p->s->steps; i++) {
		struct step *step = &p->s->step[i];

		step->expect.left_ms += last->at_ns / 1000000u - step->at_ns / 1000000u;
	}
}

/* Parse +TIME [xN[/M]] (>|<) PACKET : EXPECTED, or +TIME : EXPECTED. */
static int
step_line(struct parser *p)
{
	struct step step = {.line = p->line, .kind = STEP_TIME};
	uint64_t wait, times, advance, i;
	int status;

	p->at++;
	if (!text_duration(p, &wait))
		return text_bad(p, "expected a time after +, whole microseconds");
	status = repetition(p, &times, &advance);
	if (status != 0)
		return status;
	memcpy(step.port, p->port, sizeof(step.port));
	memcpy(step.mac, p->mac, sizeof(step.mac));
	if (text_direction(p, &step.side))
		status = parse_packet(p, &step);
	if (status == 0 && !text_take(p, ":"))
		status = text_bad(p, "expected : and what must come of it");
	if (status == 0)
		status = step.kind == STEP_TIME ? parse_expect_time(p, &step.expect)
						: parse_expect_packet(p, &step.expect);
	p->last_from = p->s->steps;
	p->last_line = p->line;
	for (i = 0; i < times && status == 0; i++) {
		/*
		 * Give each packet a time of its own: sluice-replay gets the packets in
		 * one capture for each port, and their order from the times.
		 */
		p->now_ns += wait != 0 ? wait : 1000;
		step.at_ns = p->now_ns;
		if (add_step(p, &step) == NULL)
			status = -ENOMEM;
		step.segment.seq += (uint32_t)advance;
	}
	if (status != 0 && p->last_from == p->s->steps)
		free(step.raw);
	if (status == 0 && step.expect.falling)
		fall(p);
	return status;
}

/*
 * Check that a step whose expectation has an action (rst, probe, ..) is followed by a
 * `sends` line for the frame.
 */
static int
last_step_complete(struct parser *p)
{
	const struct expect *e = &p->s->step[p->last_from].expect;

	if (p->last_from == p->s->steps || e->action == ACTION_NONE || e->sends == 1)
		return 0;
	p->line = p->last_line;
	return text_bad(p, "expected one line below it: sends, what %s is",
			action_name(e->action));
}

/*
 * Parse `sends (>|<) SEGMENT | icmp NAME`: a frame that sluice sends in the step before.
 */
static int
sends_line(struct parser *p)
{
	struct expect_send send = {0};
	uint8_t from;
	int status;
	unsigned i;

	if (p->last_from == p->s->steps)
		return text_bad(p, "sends without a step before it");
	if (!text_direction(p, &from))
		return text_bad(p, "expected > (to B) or < (to A) after sends");
	send.to = !from;
	status = text_take(p, "icmp") ? parse_icmp_word(p, &send.icmp)
				      : parse_segment(p, from, &send.segment);
	if (status == 0)
		status = parse_frame_words(p, &send.words);
	if (status != 0)
		return status;
	if (send.icmp == NULL && !send.segment.has_win) {
		if (!(send.segment.flags & FRAME_RST))
			return text_bad(p, "sends without the window");
		send.segment.win = 0;
	}
	for (i = p->last_from; i < p->s->steps; i++) {
		struct expect *e = &p->s->step[i].expect;

		if (e->sends == SCENARIO_SENDS)
			return text_bad(p, "more than %u times sends", SCENARIO_SENDS);
		e->send[e->sends++] = send;
	}
	return 0;
}

static int
isn_line(struct parser *p)
{
	if (!text_sequence(p, 0, &p->isn[0]) || !text_sequence(p, 0, &p->isn[1]))
		return text_bad(p,
				"isn: expected the initial sequence numbers of A and B");
	return 0;
}

static int
ports_line(struct parser *p)
{
	uint64_t a, b;

	if (!text_value(p, UINT16_MAX, &a) || !text_value(p, UINT16_MAX, &b))
		return text_bad(p, "ports: expected those of A and B");
	p->port[0] = (uint16_t)a;
	p->port[1] = (uint16_t)b;
	return 0;
}

static int
macs_line(struct parser *p)
{
	if (!text_mac(p, p->mac[0]) || !text_mac(p, p->mac[1]))
		return text_bad(p, "macs: expected the MAC addresses before A and B, "
				   "as 02:00:00:00:00:0a");
	return 0;
}

static int
set_line(struct parser *p)
{
	struct engine_config config = {0};
	struct setting *s = &p->s->setting[p->s->settings];

	if (p->s->settings == SCENARIO_SETTINGS)
		return text_bad(p, "more than %u times set", SCENARIO_SETTINGS);
	if (!text_word(p, s->name, sizeof(s->name)) ||
	    !text_word(p, s->value, sizeof(s->value)))
		return text_bad(p, "set: expected a key of conntrack and its value");
	if (!scenario_setting(&config, s))
		return text_bad(p, "set %s %s: no such key, or no value for it", s->name,
				s->value);
	p->s->settings++;
	return 0;
}

static int
family_line(struct parser *p)
{
	p->s->family[0] = text_take(p, "ipv4");
	p->s->family[1] = !p->s->family[0] && text_take(p, "ipv6");
	return p->s->family[0] || p->s->family[1] ? 0
						  : text_bad(p, "expected ipv4 or ipv6");
}

static int
line(struct parser *p)
{
	int status;

	if (text_at_end(p) || *p->at == '#')
		return 0;
	if (*p->at == '+')
		status = last_step_complete(p) != 0 ? -EINVAL : step_line(p);
	else if (text_take(p, "sends"))
		status = sends_line(p);
	else if (text_take(p, "isn"))
		status = isn_line(p);
	else if (text_take(p, "ports"))
		status = ports_line(p);
	else if (text_take(p, "macs"))
		status = macs_line(p);
	else if (p->s->steps != 0)
		return text_bad(p, "expected a step (+TIME), sends, isn, ports or macs");
	else if (text_take(p, "set"))
		status = set_line(p);
	else if (text_take(p, "family"))
		status = family_line(p);
	else if (text_take(p, "rules"))
		status =
			text_word(p, p->s->rules, sizeof(p->s->rules))
				? 0
				: text_bad(
					  p,
					  "rules: expected the name of a file in rules/");
	else
		return text_bad(
			p, "expected set, family, rules, isn, ports, macs, or a step "
			   "(+TIME)");
	if (status == 0 && !text_at_end(p) && *p->at != '#')
		status = text_bad(p, "not understood: %s", p->at);
	return status;
}

/* Read all lines. The first one must be a comment, which is the claim. */
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
			   .port = {40000, 80},
			   .mac = {{2, 0, 0, 0, 0, 0xa}, {2, 0, 0, 0, 0, 0xb}}};
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
			status = text_bad(&p, "expected a comment with the claim");
		else
			status = line(&p);
	}
	if (status == 0)
		status = s->steps == 0 ? text_bad(&p, "no step") : last_step_complete(&p);
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
