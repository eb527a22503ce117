/* SPDX-License-Identifier: BSD-3-Clause */
#include "set.h"

#include <stdbool.h>
#include <string.h>

#include "exit.h"
#include "message.h"
#include "options.h"

int
set_word(struct set_words *words, const char *word)
{
	size_t used = strlen(words->element), size = sizeof(words->element) - used;

	if (words->op == NULL)
		words->op = word;
	else if (words->name == NULL)
		words->name = word;
	else if ((size_t)snprintf(words->element + used, size, "%s%s",
				  used > 0 ? " " : "", word) >= size)
		return message_misuse("the element is longer than %zu characters",
				      sizeof(words->element) - 1);
	return OPTIONS_GO_ON;
}

int
set_request(const struct set_words *words, json_t *request)
{
	bool list = words->op != NULL && strcmp(words->op, "list") == 0;
	bool add = words->op != NULL && strcmp(words->op, "add") == 0;

	if (words->op == NULL || (!list && !add && strcmp(words->op, "delete") != 0))
		return message_misuse("set: list, add or delete is expected%s%s%s",
				      words->op != NULL ? ", not '" : "",
				      words->op != NULL ? words->op : "",
				      words->op != NULL ? "'" : "");
	if (words->name == NULL)
		return message_misuse("set %s: the name of a set is expected", words->op);
	if (list != (words->element[0] == '\0'))
		return message_misuse(list ? "set list: one name is expected, write "
					     "'inet filter ban' in quotation marks"
					   : "set %s %s: an element is expected",
				      words->op, words->name);
	if (words->timeout_s != 0 && !add)
		return message_misuse("--expires: valid only with set add");
	json_object_set_new(request, "op", json_string(words->op));
	json_object_set_new(request, "set", json_string(words->name));
	if (!list)
		json_object_set_new(request, "element", json_string(words->element));
	if (words->timeout_s != 0)
		json_object_set_new(request, "timeout",
				    json_integer((json_int_t)words->timeout_s));
	return OPTIONS_GO_ON;
}

static long long
number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

void
set_show(FILE *out, const json_t *set)
{
	const json_t *elements = json_object_get(set, "elements"), *element;
	size_t i;

	json_array_foreach(elements, i, element) {
		fputs(json_string_value(json_object_get(element, "element")), out);
		if (json_object_get(element, "packets") != NULL)
			fprintf(out, " counter packets %lld bytes %lld",
				number(element, "packets"), number(element, "bytes"));
		if (json_object_get(element, "expires") != NULL)
			fprintf(out, " expires %llds", number(element, "expires"));
		fputc('\n', out);
	}
	if ((long long)json_array_size(elements) < number(set, "count"))
		message_note("%lld more elements are not shown",
			     number(set, "count") - (long long)json_array_size(elements));
	if (number(set, "full") > 0)
		message_note("%lld elements found no room: the set has a size of %lld",
			     number(set, "full"), number(set, "size"));
}
