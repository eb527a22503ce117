/* SPDX-License-Identifier: BSD-3-Clause */
#include "changes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

/*
 * The keys that can change while sluice runs, besides those of the tracker, and their
 * members. All else needs a restart: it sizes memory, or is read once at the start.
 */
#define LIVE_KEYS(X)                                                                     \
	X("mode", audit)                                                                 \
	X("rules", rules)                                                                \
	X("rules_timeout", rules_timeout)                                                \
	X("rules_other", rules_refuse_other)                                             \
	X("reload_connections", reload_connections)                                      \
	X("reload_reset", reload_reset)                                                  \
	X("record_log", record_log)                                                      \
	X("record_connections", record_connections)                                      \
	X("record_drops", record_drops)                                                  \
	X("record_rate", record_rate)                                                    \
	X("conntrack.enforce", enforce_ruleset)                                          \
	X("conntrack.checksum", checksum)                                                \
	X("bypass", bypass)

/* ---- the text of a value ---- */

static void
write_bool(FILE *out, bool value)
{
	fputs(value ? "true" : "false", out);
}

static void
write_text(FILE *out, const char *text)
{
	fputs(text != NULL ? text : "none", out);
}

/* A number that is 0 for `auto`. */
static void
write_auto(FILE *out, uint32_t value)
{
	if (value == 0)
		fputs("auto", out);
	else
		fprintf(out, "%" PRIu32, value);
}

/* Define write_KEY() for each key. */
#define WRITER(key) static void write_##key(FILE *out, const struct sluice_config *config)
#define BOOL(key, ...)                                                                   \
	WRITER(key)                                                                      \
	{                                                                                \
		write_bool(out, config->key);                                            \
	}
#define WORD(key, member, no, yes, ...)                                                  \
	WRITER(key)                                                                      \
	{                                                                                \
		fputs(config->member ? (yes) : (no), out);                               \
	}
#define NUMBER(key, ...)                                                                 \
	WRITER(key)                                                                      \
	{                                                                                \
		fprintf(out, "%" PRIu32, config->key);                                   \
	}
#define OWN(key, ...)
#define TIMEOUT(name, ...)                                                               \
	WRITER(name)                                                                     \
	{                                                                                \
		fprintf(out, "%" PRIu32, config->track.name / 1000u);                    \
	}
#define SWITCH(name, key, no, yes, ...)                                                  \
	WRITER(name)                                                                     \
	{                                                                                \
		fputs(config->track.name ? (yes) : (no), out);                           \
	}
CONFIG_KEYS(BOOL, WORD, NUMBER, OWN)
CONNTRACK_KEYS(BOOL, WORD, NUMBER, OWN)
TRACK_TIMEOUTS(TIMEOUT)
TRACK_SWITCHES(SWITCH)
#undef BOOL
#undef WORD
#undef NUMBER
#undef OWN
#undef TIMEOUT
#undef SWITCH

/* The keys of OWN rows: texts, and numbers that may be `auto`. */
#define TEXT(key)                                                                        \
	WRITER(key)                                                                      \
	{                                                                                \
		write_text(out, config->key);                                            \
	}
#define AUTO(key)                                                                        \
	WRITER(key)                                                                      \
	{                                                                                \
		write_auto(out, config->key);                                            \
	}
AUTO(workers)
AUTO(mbufs)
TEXT(rules)
TEXT(control)
TEXT(control_group)
TEXT(metrics)
TEXT(record_log)
TEXT(ipfix)
TEXT(xdp_pin)
#undef TEXT
#undef AUTO

WRITER(reload_connections)
{
	fputs(load_connection_words[config->reload_connections].text, out);
}

WRITER(eal)
{
	unsigned i;

	for (i = 0; i < config->eal_count; i++)
		fprintf(out, "%s%s", i == 0 ? "[" : ", ", config->eal[i]);
	fputs(i == 0 ? "none" : "]", out);
}

static void
write_vlans(FILE *out, const struct sluice_config *config, unsigned port)
{
	unsigned i, n = 0;

	for (i = 0; i < config->vlan_count; i++)
		if (config->vlans[i].port == port)
			fprintf(out, "%s%u: %s", n++ == 0 ? ", vlans: {" : ", ",
				config->vlans[i].vid, config->vlans[i].name);
	fputs(n == 0 ? "}" : "}}", out);
}

WRITER(ports)
{
	const struct config_port *port = config->ports;
	unsigned i;

	for (i = 0; i < config->port_count; i++, port++) {
		fprintf(out, "%s{name: %s, device: ", i == 0 ? "[" : ", ", port->name);
		write_text(out, port->device);
		if (port->mtu != 0)
			fprintf(out, ", mtu: %u", port->mtu);
		fprintf(out, ", rx_descriptors: %u, tx_descriptors: %u",
			port->rx_descriptors, port->tx_descriptors);
		write_vlans(out, config, i);
	}
	fputs("]", out);
}

WRITER(wires)
{
	unsigned i;

	for (i = 0; i < config->wire_count; i++) {
		fprintf(out, "%s{ports: [%s, %s]", i == 0 ? "[" : ", ",
			config->ports[config->wires[i][0]].name,
			config->ports[config->wires[i][1]].name);
		if (config->group[i] != 0)
			fprintf(out, ", group: %s", config->group_name[config->group[i]]);
		fputs(config->xdp[i] ? ", xdp: true}" : "}", out);
	}
	fputs("]", out);
}

WRITER(bypass)
{
	const struct word *word = load_bypass_words;
	const char *between = "[";
	unsigned i;

	for (; word->text != NULL; word++) {
		if ((config->bypass & word->value) == 0)
			continue;
		fprintf(out, "%s%s", between, word->text);
		between = ", ";
	}
	for (i = 0; i < config->bypass_types; i++) {
		fprintf(out, "%s0x%04x", between, config->bypass_type[i]);
		between = ", ";
	}
	fputs(between[0] == '[' ? "[]" : "]", out);
}

/* ---- comparison ---- */

struct row {
	const char *key;
	void (*write)(FILE *out, const struct sluice_config *config);
};

#define TOP(key, ...) {#key, write_##key},
#define INNER(key, ...) {"conntrack." #key, write_##key},
#define SWITCH(name, key, ...) {"conntrack." key, write_##name},
static const struct row rows[] = {
	TOP(eal) TOP(ports) TOP(wires) TOP(bypass) CONFIG_KEYS(TOP, TOP, TOP, TOP)
		CONNTRACK_KEYS(INNER, INNER, INNER, INNER) TRACK_TIMEOUTS(INNER)
			TRACK_SWITCHES(SWITCH)};
#undef TOP
#undef INNER
#undef SWITCH

static bool
is_live(const char *key)
{
#define TRACK_KEY(name, ...) "conntrack." #name,
#define SWITCH_KEY(name, key, ...) "conntrack." key,
#define LIVE_KEY(key, member) key,
	static const char *const live[] = {LIVE_KEYS(LIVE_KEY) TRACK_TIMEOUTS(TRACK_KEY)
						   TRACK_SWITCHES(SWITCH_KEY)};
#undef TRACK_KEY
#undef SWITCH_KEY
#undef LIVE_KEY
	size_t i;

	/* labels of connections need memory */
	if (strcmp(key, "conntrack.ip_security") == 0)
		return false;
	for (i = 0; i < sizeof(live) / sizeof(live[0]); i++)
		if (strcmp(key, live[i]) == 0)
			return true;
	return false;
}

/* Returns the text of a value, to be freed; NULL: there is no memory. */
static char *
row_text(const struct row *row, const struct sluice_config *config)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	row->write(out, config);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

int
config_changes(const struct sluice_config *before, const struct sluice_config *after,
	       void (*each)(void *context, const struct config_change *change),
	       void *context)
{
	int status = 0;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]) && status == 0; i++) {
		char *old = row_text(&rows[i], before), *new = row_text(&rows[i], after);

		if (old == NULL || new == NULL)
			status = -ENOMEM;
		else if (strcmp(old, new) != 0)
			each(context,
			     &(struct config_change){rows[i].key, is_live(rows[i].key),
						     old, new});
		free(old);
		free(new);
	}
	return status;
}

/* ---- messages ---- */

#define CONTEXT_BYTES 100u /* of a long value, before the first difference */

/* A part of a value, between whole characters of UTF-8. */
struct part {
	const char *text;
	int length;
	const char *before; /* "..." if something is left out there, or "" */
	const char *behind;
};

/* Return the begin of the character that the byte at `place` belongs to. */
static size_t
character_begin(const char *text, size_t place)
{
	unsigned i;

	for (i = 0; i < 3 && place > 0 && (text[place] & 0xc0) == 0x80; i++)
		place--;
	return place;
}

/* Return at most CHANGE_VALUE_BYTES of a value, from its byte `begin` on. */
static struct part
part_from(const char *value, size_t begin)
{
	size_t length = strlen(value) - begin;
	const bool fits = length <= CHANGE_VALUE_BYTES;

	if (!fits)
		length = character_begin(value + begin, CHANGE_VALUE_BYTES);
	return (struct part){value + begin, (int)length, begin > 0 ? "..." : "",
			     fits ? "" : "..."};
}

/* Return where both values begin in a message. */
static size_t
parts_begin(const struct config_change *change)
{
	size_t same = 0;

	if (strlen(change->before) <= CHANGE_VALUE_BYTES &&
	    strlen(change->after) <= CHANGE_VALUE_BYTES)
		return 0;
	while (change->before[same] != '\0' &&
	       change->before[same] == change->after[same])
		same++;
	if (same <= CONTEXT_BYTES)
		return 0;
	return character_begin(change->before, same - CONTEXT_BYTES);
}

void
config_change_add(char *text, size_t size, const struct config_change *change)
{
	static const char left_out[] = "\n...";
	const size_t begin = parts_begin(change), used = strlen(text);
	const struct part before = part_from(change->before, begin),
			  after = part_from(change->after, begin);
	char line[2 * CHANGE_VALUE_BYTES + 200];
	size_t length;

	if (used >= strlen(left_out) &&
	    strcmp(text + used - strlen(left_out), left_out) == 0)
		return;
	snprintf(line, sizeof(line), "\n%s: %s%.*s%s -> %s%.*s%s%s", change->key,
		 before.before, before.length, before.text, before.behind, after.before,
		 after.length, after.text, after.behind,
		 change->live ? "" : ": needs a restart, not changed");
	length = strlen(line);
	/* there is always room for the mark behind the last line */
	if (used + length + sizeof(left_out) <= size)
		memcpy(text + used, line, length + 1);
	else if (used + sizeof(left_out) <= size)
		memcpy(text + used, left_out, sizeof(left_out));
}

void
config_take(struct sluice_config *config, struct sluice_config *from)
{
	const bool match = config->track.ip_security_match;

#define LIVE_MEMBER(key, member) config->member = from->member;
	LIVE_KEYS(LIVE_MEMBER)
#undef LIVE_MEMBER
	config->bypass_types = from->bypass_types;
	memcpy(config->bypass_type, from->bypass_type, sizeof(config->bypass_type));
	config->track = from->track;
	config->track.ip_security_match = match;
	config_free(config->taken);
	config->taken = from;
}
