/* SPDX-License-Identifier: BSD-3-Clause */
#include "lists.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "scan.h"

/*
 * Return the length of what precedes a list, `elements = {` or `add element inet t s {`;
 * 0: the text does not start with it.
 */
static size_t
opening_length(const char *text)
{
	size_t length = word_skip(text, "elements"), element, word;

	if (length > 0 && text[length] == '=') {
		length++;
		length += strspn(text + length, " \t\n");
	} else {
		length = word_skip(text, "add");
		element = length > 0 ? word_skip(text + length, "element") : 0;
		if (element == 0)
			return 0;
		length += element;
		do {
			word = word_length(text + length);
			length += word + strspn(text + length + word, " \t");
		} while (word > 0);
	}
	return text[length] == '{' ? length + 1 : 0;
}

/* Read the list that begins here, if it is long. Returns its length; 0: it stays. */
static size_t
list_take(struct lists *lists, const char *text)
{
	struct list *list = &lists->list[lists->count];
	size_t length;
	unsigned i;

	if (lists->count == LISTS_MAX || strcspn(text, "}") < LIST_BYTES_MIN)
		return 0;
	length = addresses_read(&list->addresses, text);
	if (length == 0) {
		addresses_free(&list->addresses);
		return 0;
	}
	for (i = 0; i < 2; i++)
		snprintf(list->stand_in[i], sizeof(list->stand_in[i]),
			 list->addresses.family == AF_INET ? "240.0.%u.%u" : "100::%x:%x",
			 lists->count + 1, i + 2);
	lists->count++;
	return length;
}

/*
 * Whether a word may make a ruleset in which the stand-in hides what happens to the list:
 * an element of it may be deleted after it was added once more, `destroy element` says
 * nothing when there is no such element, `create element` nothing when the list has it,
 * and an included file may contain these.
 */
static bool
is_unsafe(const char *text)
{
	static const char *const verbs[] = {"delete", "create"};
	size_t length, i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		length = word_skip(text, verbs[i]);
		if (length > 0 && word_skip(text + length, "element") > 0)
			return true;
	}
	return word_skip(text, "destroy") > 0 || word_skip(text, "include") > 0;
}

/* Write the text with stand-ins. Returns false when the text is unsafe. */
static bool
text_reduce(struct lists *lists, const char *text, FILE *out)
{
	const char *from = text; /* what has not been written yet */
	const struct list *list;
	size_t length, opening;

	for (; *text != '\0'; text += length) {
		length = opaque_length(text);
		opening = length == 0 ? opening_length(text) : 0;
		if (opening > 0) {
			text += opening;
			length = list_take(lists, text);
			if (length == 0)
				continue;
			fwrite(from, 1, (size_t)(text - from), out);
			list = &lists->list[lists->count - 1];
			fprintf(out, "%s, %s", list->stand_in[0], list->stand_in[1]);
			from = text + length;
		} else if (length == 0) {
			if (is_unsafe(text))
				return false;
			length = word_length(text);
			length += length == 0;
		}
	}
	return fputs(from, out) >= 0;
}

/*
 * Whether a text has an address of a stand-in, between quotes if quoted. Longer addresses
 * that begin with it count, too, if not.
 */
static bool
has_stand_in(const struct lists *lists, const char *text, bool quoted)
{
	char wanted[sizeof(lists->list[0].stand_in[0]) + 2];
	unsigned i;

	for (i = 0; i < 2 * lists->count; i++) {
		snprintf(wanted, sizeof(wanted), quoted ? "\"%s\"" : "%s",
			 lists->list[i / 2].stand_in[i % 2]);
		if (strstr(text, wanted) != NULL)
			return true;
	}
	return false;
}

char *
lists_take(struct lists *lists, const char *text)
{
	char *reduced = NULL;
	size_t size;
	FILE *out;
	bool done;

	lists->count = 0;
	out = open_memstream(&reduced, &size);
	if (out == NULL)
		return NULL;
	done = text_reduce(lists, text, out) && !has_stand_in(lists, text, false);
	if (fclose(out) == 0 && done && lists->count > 0)
		return reduced;
	free(reduced);
	return NULL;
}

/* Return the list whose stand-in begins with this element; NULL: there is none. */
static struct list *
stand_in_find(struct lists *lists, const json_t *element)
{
	const json_t *prefix = json_object_get(element, "prefix");
	const char *text = json_string_value(prefix != NULL
						     ? json_object_get(prefix, "addr")
						     : element);
	unsigned i;

	for (i = 0; text != NULL && i < lists->count; i++)
		if (strcmp(lists->list[i].stand_in[0], text) == 0)
			return &lists->list[i];
	return NULL;
}

/*
 * How many elements from the n-th on are the stand-in of a list: 2; 1: the set has the
 * flag auto-merge; 0: they are something else.
 */
static size_t
stand_in_length(const struct list *list, const json_t *elements, size_t n)
{
	const int bits = list->addresses.family == AF_INET ? 32 : 128;
	const json_t *prefix = json_object_get(json_array_get(elements, n), "prefix");
	const char *second = json_string_value(json_array_get(elements, n + 1));

	if (prefix != NULL)
		return json_integer_value(json_object_get(prefix, "len")) == bits - 1;
	return second != NULL && strcmp(second, list->stand_in[1]) == 0 ? 2 : 0;
}

/* Whether nft would take the elements into the set, as far as that can be told. */
static bool
set_admits(const json_t *set, struct addresses *elements, bool merge)
{
	const char *type = json_string_value(json_object_get(set, "type"));
	const json_t *flags = json_object_get(set, "flags"), *flag;
	bool interval = false;
	size_t i;

	json_array_foreach(flags, i, flag) {
		interval |= json_is_string(flag) &&
			    strcmp(json_string_value(flag), "interval") == 0;
	}
	return type != NULL && json_object_get(set, "size") == NULL &&
	       strcmp(type, elements->family == AF_INET ? "ipv4_addr" : "ipv6_addr") ==
		       0 &&
	       (interval || !elements->ranges) && addresses_sort(elements, merge);
}

/*
 * Join the lists that the elements of a set stand for. Returns their number; 0: the set
 * has no stand-in; -1: it has other elements beside them, or one that is in another set.
 * *merge: the set has the flag auto-merge.
 */
static int
elements_join(struct lists *lists, const json_t *elements, struct addresses *joined,
	      bool *merge)
{
	size_t i, length, others = 0;
	struct list *list;
	int count = 0;

	for (i = 0; i < json_array_size(elements); i += length) {
		list = stand_in_find(lists, json_array_get(elements, i));
		if (list == NULL) {
			others++;
			length = 1;
			continue;
		}
		length = stand_in_length(list, elements, i);
		if (length == 0 || list->put ||
		    (count > 0 && joined->family != list->addresses.family) ||
		    !addresses_append(joined, &list->addresses))
			return -1;
		list->put = true;
		*merge = length == 1;
		count++;
	}
	return count > 0 && others > 0 ? -1 : count;
}

/* Where the JSON has the elements of a set, exactly as nft prints them; NULL: nowhere. */
static const char *
elements_find(const char *json, const json_t *elements, size_t *length)
{
	char *text = json_dumps(elements, 0), *member = NULL;
	const char *found = NULL;

	if (text != NULL && asprintf(&member, "\"elem\": %s", text) > 0) {
		found = strstr(json, member);
		*length = strlen(member);
		free(member);
	}
	free(text);
	return found;
}

/*
 * Copy the JSON up to the end of a set's elements, and write the lists in place of the
 * stand-ins. *at: what has not been copied yet. A set without stand-ins is skipped.
 */
static bool
set_put(struct lists *lists, const json_t *set, const char **at, FILE *out)
{
	const json_t *elements = json_object_get(set, "elem");
	struct addresses joined = {.interval = NULL};
	const char *found = NULL;
	bool merge = false;
	int count = elements_join(lists, elements, &joined, &merge);
	size_t length = 0;

	if (count > 0 && set_admits(set, &joined, merge))
		found = elements_find(*at, elements, &length);
	if (found != NULL) {
		fwrite(*at, 1, (size_t)(found - *at), out);
		fputs("\"elem\": [", out);
		addresses_write(&joined, out);
		fputc(']', out);
		*at = found + length;
	}
	addresses_free(&joined);
	return count == 0 || found != NULL;
}

static bool
json_put(struct lists *lists, const char *json, const json_t *root, FILE *out)
{
	const json_t *object;
	unsigned i;
	size_t n;

	json_array_foreach(json_object_get(root, "nftables"), n, object) {
		if (!set_put(lists, json_object_get(object, "set"), &json, out))
			return false;
	}
	for (i = 0; i < lists->count; i++)
		if (!lists->list[i].put)
			return false;
	return fputs(json, out) >= 0;
}

bool
lists_put(struct lists *lists, char **json)
{
	json_t *root = json_loads(*json, 0, NULL);
	char *whole = NULL;
	size_t size;
	FILE *out = open_memstream(&whole, &size);
	bool done = false;

	if (root != NULL && out != NULL)
		done = json_put(lists, *json, root, out);
	if (out != NULL)
		done = fclose(out) == 0 && done;
	/* one that is left is in a rule: the list is that of a variable */
	done = done && !has_stand_in(lists, whole, true);
	json_decref(root);
	if (done) {
		free(*json);
		*json = whole;
	} else {
		free(whole);
	}
	return done;
}

void
lists_free(struct lists *lists)
{
	unsigned i;

	for (i = 0; i < lists->count; i++)
		addresses_free(&lists->list[i].addresses);
	lists->count = 0;
}
