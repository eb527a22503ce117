/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "words.h"

const struct word load_booleans[] = {
	{"true", true}, {"false", false}, {"yes", true}, {"no", false},
	{"on", true},   {"off", false},   {NULL, 0},
};

int
load_number(struct load *load, const char *path, const char *text, struct range range,
	    uint32_t *value)
{
	unsigned long long number;
	char *end;

	if (text == NULL)
		return 0;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (*end != '\0' || text[strspn(text, "0123456789")] != '\0')
		return yaml_file_error(load->file, load->error, path,
				       "'%s' is not a number, %u to %u expected", text,
				       range.min, range.max);
	if (errno != 0 || number < range.min || number > range.max)
		return yaml_file_error(load->file, load->error, path,
				       "%s is out of range, %u to %u expected", text,
				       range.min, range.max);
	*value = (uint32_t)number;
	return 0;
}

/* Return the most similar valid word for a misspelled one, or NULL. */
static const char *
nearest_word(const struct word *words, const char *text)
{
	unsigned best = word_distance_max(text) + 1, distance;
	const char *nearest = NULL;
	const struct word *word;

	for (word = words; word->text != NULL; word++) {
		distance = word_distance(text, word->text);
		if (distance >= best)
			continue;
		best = distance;
		nearest = word->text;
	}
	return nearest;
}

int
load_word(struct load *load, const char *path, const char *text, const struct word *words,
	  uint32_t *value)
{
	const struct word *word;
	char expected[256];
	size_t length = 0;

	if (text == NULL)
		return 0;
	expected[0] = '\0';
	for (word = words; word->text != NULL; word++) {
		if (strcmp(text, word->text) == 0) {
			*value = word->value;
			return 0;
		}
		if (words == load_booleans && word - words >= 2)
			continue; /* do not list synonyms */
		length += (size_t)snprintf(expected + length, sizeof(expected) - length,
					   "%s%s", length > 0 ? ", " : "", word->text);
	}
	if (nearest_word(words, text) != NULL)
		return yaml_file_error(load->file, load->error, path,
				       "'%s' is not known, did you mean %s?", text,
				       nearest_word(words, text));
	return yaml_file_error(load->file, load->error, path,
			       "'%s' is not known, one of %s expected", text, expected);
}

int
load_bool(struct load *load, const char *path, const char *text, bool *value)
{
	uint32_t number = *value;
	int status = load_word(load, path, text, load_booleans, &number);

	*value = number != 0;
	return status;
}

int
load_switch(struct load *load, const char *path, const char *text, const char *no,
	    const char *yes, bool *value)
{
	const struct word words[] = {{no, false}, {yes, true}, {NULL, 0}};
	uint32_t number = *value;
	int status;

	if (strcmp(yes, "true") == 0)
		return load_bool(load, path, text, value);
	status = load_word(load, path, text, words, &number);
	*value = number != 0;
	return status;
}

int
load_u16(struct load *load, const char *path, const char *text, struct range range,
	 uint16_t *value)
{
	uint32_t number = *value;
	int status = load_number(load, path, text, range, &number);

	*value = (uint16_t)number;
	return status;
}
