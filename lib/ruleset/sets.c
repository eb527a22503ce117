/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists and changes elements of sets at run time, as text: ruleset/sets.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <policy/sets.h>
#include <ruleset/sets.h>

#include "loader.h"

#define SECOND_NS 1000000000ull

static int
set_find(const struct ruleset_sets *sets, const char *name, char *error, size_t size)
{
	int set = policy_set_find(sets->policy, name);

	if (set == -ENOENT)
		snprintf(error, size,
			 "no set '%s' that changes is in the rules in force: it needs a "
			 "timeout, or the flag dynamic and a size; 'nft list sets' shows "
			 "those of a file",
			 name);
	else if (set == -EEXIST)
		snprintf(error, size,
			 "several tables have a set '%s': write family and table too, as "
			 "in 'inet filter %s'",
			 name, name);
	return set;
}

static void
value_write(FILE *out, const struct ruleset_sets *sets, enum value_type type, u128 value)
{
	uint8_t bytes[16];
	char text[INET6_ADDRSTRLEN];
	unsigned i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(value >> (120 - 8 * i));
	if (type == TYPE_IPV4)
		fputs(inet_ntop(AF_INET, &bytes[12], text, sizeof(text)), out);
	else if (type == TYPE_IPV6)
		fputs(inet_ntop(AF_INET6, bytes, text, sizeof(text)), out);
	else if (type == TYPE_IFNAME && value < sets->ports.count)
		fputs(sets->ports.names[value], out);
	else
		fprintf(out, "%llu", (unsigned long long)value);
}

struct listing {
	const struct ruleset_sets *sets;
	const struct ir_live *live;
	json_t *elements;
};

/* Write an interval as nft does: as a prefix when it is one, otherwise as a range. */
static void
interval_write(FILE *out, const struct ruleset_sets *sets, enum value_type type, u128 lo,
	       u128 hi)
{
	value_write(out, sets, type, lo);
	if (lo == hi)
		return;
	fputc('-', out);
	value_write(out, sets, type, hi);
}

static char *
element_text(const struct listing *listing, const struct policy_element *element)
{
	const struct ir_live *live = listing->live;
	char *text = NULL;
	size_t size, at;
	FILE *out = open_memstream(&text, &size);
	unsigned f;

	for (f = 0; out != NULL && f < live->nfields; f++) {
		if (f > 0)
			fputs(" . ", out);
		if (!live->by_index) {
			value_write(out, listing->sets, live->type[f], element->value[f]);
			continue;
		}
		at = (size_t)element->value[0] * live->nfields + f;
		interval_write(out, listing->sets, live->type[f], live->set->lo[at],
			       live->set->hi[at]);
	}
	if (out != NULL)
		fclose(out);
	return text;
}

static void
element_add(void *arg, const struct policy_element *element)
{
	struct listing *listing = arg;
	json_t *json;
	char *text;

	if (json_array_size(listing->elements) >= RULESET_SETS_LISTED)
		return;
	text = element_text(listing, element);
	if (text == NULL)
		return;
	json = json_pack("{ss}", "element", text);
	if (element->left_ns != POLICY_ELEMENT_STAYS)
		json_object_set_new(json, "expires",
				    json_integer((json_int_t)((element->left_ns +
							       SECOND_NS - 1) /
							      SECOND_NS)));
	if (element->counted) {
		json_object_set_new(json, "packets",
				    json_integer((json_int_t)element->counter.packets));
		json_object_set_new(json, "bytes",
				    json_integer((json_int_t)element->counter.bytes));
	}
	json_array_append_new(listing->elements, json);
	free(text);
}

json_t *
ruleset_set_list(const struct ruleset_sets *sets, const char *name, char *error,
		 size_t size)
{
	struct listing listing = {.sets = sets};
	struct policy_set_info info;
	int set = set_find(sets, name, error, size);
	unsigned count;

	if (set < 0)
		return NULL;
	policy_set_info(sets->policy, sets->states, (unsigned)set, &info);
	listing.live = info.live;
	listing.elements = json_array();
	count = policy_set_list(sets->policy, sets->states, sets->workers, (unsigned)set,
				element_add, &listing);
	return json_pack("{ss sI sI sI so}", "name", info.name, "size",
			 (json_int_t)info.size, "full", (json_int_t)info.full, "count",
			 (json_int_t)count, "elements", listing.elements);
}

/* Read a value, and put the reader's message into a report of one line. */
static int
value_read(const struct ruleset_sets *sets, enum value_type type, const char *text,
	   u128 *value, char *error, size_t size)
{
	struct ruleset_report report = {.messages = NULL};
	struct loader l = {.ports = &sets->ports, .report = &report};
	json_t *json = json_string(text);
	struct intervals intervals;
	int ret;

	l.unknown = json_object();
	ret = value_parse(&l, type, json, &intervals);
	if (ret == 0 && (intervals.count != 1 || intervals.lo[0] != intervals.hi[0])) {
		snprintf(error, size, "'%s' is not one %s", text, value_type_name(type));
		ret = -EINVAL;
	} else if (ret != 0) {
		snprintf(error, size, "%s",
			 report.count > 0 ? report.messages[0].text
					  : "not enough memory");
	} else {
		*value = intervals.lo[0];
	}
	ruleset_report_free(&report);
	json_decref(l.unknown);
	json_decref(json);
	return ret;
}

/* Read the fields of an element, which are separated by " . ". */
static int
element_read(const struct ruleset_sets *sets, const struct ir_live *live,
	     const char *element, u128 *values, char *error, size_t size)
{
	char *copy = strdup(element), *next = copy, *part;
	unsigned f;
	int ret = copy != NULL ? 0 : -ENOMEM;

	for (f = 0; ret == 0 && f < live->nfields; f++) {
		part = next;
		next = part != NULL ? strstr(part, " . ") : NULL;
		if (next != NULL) {
			*next = '\0';
			next += strlen(" . ");
		}
		if (part == NULL || (f + 1 == live->nfields && next != NULL)) {
			snprintf(error, size,
				 "'%s': the elements of the set have %u fields, joined "
				 "by ' . '",
				 element, live->nfields);
			ret = -EINVAL;
			break;
		}
		ret = value_read(sets, live->type[f], part, &values[f], error, size);
	}
	free(copy);
	return ret;
}

/*
 * Find the set, and read the values of an element. Returns the set's number, or -errno.
 */
static int
element_find(const struct ruleset_sets *sets, const char *name, const char *element,
	     u128 *values, char *error, size_t size)
{
	struct policy_set_info info;
	int set = set_find(sets, name, error, size), ret;

	if (set < 0)
		return set;
	policy_set_info(sets->policy, sets->states, (unsigned)set, &info);
	ret = element_read(sets, info.live, element, values, error, size);
	return ret == 0 ? set : ret;
}

static int
change_error(int status, const char *name, const char *element, char *error, size_t size)
{
	switch (status) {
	case 0:
		break;
	case -ENOTSUP:
		snprintf(error, size,
			 "'%s' is a map, or has intervals: change the file, and reload",
			 name);
		break;
	case -ENOENT:
		snprintf(error, size, "'%s' is not in set '%s'", element, name);
		break;
	default:
		snprintf(error, size,
			 "set '%s' is full: delete elements, or give it a larger size",
			 name);
		break;
	}
	return status;
}

int
ruleset_set_add(const struct ruleset_sets *sets, const char *name, const char *element,
		uint64_t timeout_s, char *error, size_t size)
{
	u128 values[KEY_FIELDS_MAX];
	int set = element_find(sets, name, element, values, error, size);

	if (set < 0)
		return set;
	return change_error(policy_set_add(sets->policy, sets->states, sets->workers,
					   (unsigned)set, values, timeout_s * SECOND_NS),
			    name, element, error, size);
}

int
ruleset_set_delete(const struct ruleset_sets *sets, const char *name, const char *element,
		   char *error, size_t size)
{
	u128 values[KEY_FIELDS_MAX];
	int set = element_find(sets, name, element, values, error, size);

	if (set < 0)
		return set;
	return change_error(policy_set_delete(sets->policy, sets->states, sets->workers,
					      (unsigned)set, values),
			    name, element, error, size);
}
