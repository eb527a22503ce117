/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reduce an error of libcyaml to one line. libcyaml logs what is wrong, then a backtrace
 * of the enclosing mappings and lists, innermost first. The place comes from libyaml,
 * because libcyaml's own is that of the last event, often the key before. The keys that
 * the schema allows are appended.
 */
#include "yaml_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

#define MAX_FILE (1u << 20)
#define MAX_DEPTH 8
#define MAX_KEY 128

struct step {
	char key[MAX_KEY];
	unsigned index; /* index of a list item from 0, if key is empty */
};

/* The log messages of libcyaml for one error. */
struct report {
	char what[256];
	struct step steps[MAX_DEPTH]; /* backtrace, innermost mapping or list first */
	unsigned depth;
};

static void
report_add(cyaml_log_t level, void *context, const char *format, va_list args)
{
	struct report *report = context;
	struct step *step = &report->steps[report->depth];
	char line[512];

	if (level < CYAML_LOG_ERROR)
		return;
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	if (report->what[0] == '\0') {
		snprintf(report->what, sizeof(report->what), "%.255s", line);
		return;
	}
	if (report->depth == MAX_DEPTH)
		return;
	memset(step, 0, sizeof(*step));
	if (sscanf(line, " in mapping field '%127[^']'", step->key) == 1)
		report->depth++;
	else if (sscanf(line, " in sequence entry '%u'", &step->index) == 1) {
		step->index -= step->index > 0; /* libcyaml counts from 1 */
		report->depth++;
	}
}

/* Write the path that the report is about, without the `leave` innermost steps. */
static void
report_path(const struct report *report, unsigned leave, char *path, size_t size)
{
	const struct step *step;
	unsigned i;
	size_t length = 0;

	path[0] = '\0';
	for (i = report->depth; i > leave && length < size; i--) {
		step = &report->steps[i - 1];
		if (step->key[0] != '\0')
			length += (size_t)snprintf(path + length, size - length, "%s%s",
						   length > 0 ? "." : "", step->key);
		else
			length += (size_t)snprintf(path + length, size - length, "[%u]",
						   step->index);
	}
}

/*
 * Return the schema of the mapping at the reported path, without the `leave` innermost
 * steps; NULL: there is none.
 */
static const cyaml_schema_field_t *
report_fields(const struct report *report, unsigned leave)
{
	const cyaml_schema_value_t *value = &yaml_schema;
	const cyaml_schema_field_t *field;
	unsigned i;

	for (i = report->depth; i > leave; i--) {
		if (value->type == CYAML_SEQUENCE ||
		    value->type == CYAML_SEQUENCE_FIXED) {
			value = value->sequence.entry;
			continue;
		}
		if (value->type != CYAML_MAPPING)
			return NULL;
		for (field = value->mapping.fields; field->key != NULL; field++)
			if (strcmp(field->key, report->steps[i - 1].key) == 0)
				break;
		if (field->key == NULL)
			return NULL;
		value = &field->value;
	}
	return value->type == CYAML_MAPPING ? value->mapping.fields : NULL;
}

/* Append "did you mean max?", or the list of all valid keys. */
static void
suggest(const cyaml_schema_field_t *fields, const char *key, char *text, size_t size)
{
	const cyaml_schema_field_t *field;
	unsigned distance, best = 4;
	size_t length;

	snprintf(text, size, "no key expected");
	if (fields == NULL)
		return;
	length = (size_t)snprintf(text, size, "expected one of");
	for (field = fields; field->key != NULL && length < size; field++)
		length += (size_t)snprintf(text + length, size - length, "%s %s",
					   field == fields ? "" : ",", field->key);
	for (field = fields; field->key != NULL; field++) {
		distance = word_distance(key, field->key);
		if (distance >= best || distance >= strlen(field->key))
			continue;
		best = distance;
		snprintf(text, size, "did you mean %s?", field->key);
	}
}

static const char *
kind_text(const char *kind)
{
	if (strcmp(kind, "SEQUENCE") == 0 || strcmp(kind, "SEQUENCE_FIXED") == 0)
		return "a list";
	if (strcmp(kind, "MAPPING") == 0)
		return "keys and values";
	return "a single value";
}

static const char *
event_text(const char *event)
{
	if (strncmp(event, "SEQUENCE", 8) == 0)
		return "a list stands here";
	if (strncmp(event, "MAPPING", 7) == 0)
		return "keys and values stand here";
	if (strncmp(event, "SCALAR", 6) == 0)
		return "a single value stands here";
	return "something else stands here";
}

/* Make one line from the messages of libcyaml. */
static int
report_error(struct yaml_file *file, const struct report *report, cyaml_err_t status,
	     struct config_error *error)
{
	const char *what = report->what;
	char path[512], key[MAX_KEY], kind[32], text[768];
	unsigned count, limit;

	report_path(report, 0, path, sizeof(path));
	if (sscanf(what, "Load: Unexpected key: %127[^\n]", key) == 1) {
		snprintf(text, sizeof(text), "unknown key, ");
		suggest(report_fields(report, 0), key, text + strlen(text),
			sizeof(text) - strlen(text));
		return yaml_key_error(file, error, path, key, text);
	}
	if (sscanf(what, "Load: Missing required mapping field: %127s", key) == 1) {
		/* the backtrace starts with the last key that was read */
		report_path(report, 1, path, sizeof(path));
		return yaml_key_error(file, error, path, key, "missing");
	}
	if (sscanf(what, "Load: Mapping field already seen: %127s", key) == 1)
		return yaml_key_error(file, error, path, NULL, "given twice");
	if (sscanf(what, "Load: Expecting %31[^,], got event: %127s", kind, key) == 2) {
		snprintf(text, sizeof(text), "%s, %s expected", event_text(key),
			 kind_text(kind));
		return yaml_key_error(file, error, path, NULL, text);
	}
	if (sscanf(what, "Load: Insufficient entries (%u of %u min)", &count, &limit) ==
	    2) {
		report_path(report, 1, path, sizeof(path));
		snprintf(text, sizeof(text), "%u entries, %u expected", count, limit);
		return yaml_key_error(file, error, path, NULL, text);
	}
	if (sscanf(what, "Load: Excessive entries (%u max)", &limit) == 1) {
		report_path(report, 1, path, sizeof(path));
		snprintf(text, sizeof(text), "too many entries, %u expected", limit);
		return yaml_key_error(file, error, path, NULL, text);
	}
	if (strncmp(what, "Load: STRING length <", 21) == 0)
		return yaml_key_error(file, error, path, NULL, "empty, a value expected");
	if (strncmp(what, "Load: STRING length >", 21) == 0)
		return yaml_key_error(file, error, path, NULL, "too long");
	return yaml_key_error(file, error, path, NULL,
			      what[0] != '\0' ? what : cyaml_strerror(status));
}

/* Read the whole file as text; the caller frees it. */
static int
read_text(const char *name, char **text, size_t *length, struct config_error *error)
{
	FILE *stream = fopen(name, "re");
	char *bytes = NULL;
	int status = 0;

	if (stream == NULL || (bytes = malloc(MAX_FILE)) == NULL) {
		status = -errno;
	} else {
		*length = fread(bytes, 1, MAX_FILE, stream);
		if (ferror(stream))
			status = -errno;
		else if (*length == MAX_FILE)
			status = -EFBIG;
	}
	if (stream != NULL)
		fclose(stream);
	if (status != 0) {
		free(bytes);
		snprintf(error->text, sizeof(error->text), "%s: %s", name,
			 strerror(-status));
		return status;
	}
	*text = bytes;
	return 0;
}

static int
load_text(struct yaml_file *file, const char *text, size_t length,
	  struct config_error *error)
{
	struct report report = {.what = ""};
	const cyaml_config_t config = {
		.log_fn = report_add,
		.log_ctx = &report,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
	};
	struct place where;
	const char *problem;
	cyaml_err_t status;

	if (place_open(&file->places, text, length, &where, &problem) != 0) {
		snprintf(error->text, sizeof(error->text), "%s:%u:%u: %s", file->name,
			 where.line, where.column, problem);
		return -EINVAL;
	}
	status = cyaml_load_data((const uint8_t *)text, length, &config, &yaml_schema,
				 (cyaml_data_t **)&file->yaml, NULL);
	if (status != CYAML_OK)
		return report_error(file, &report, status, error);
	if (file->yaml == NULL)
		return yaml_file_error(file, error, "", "ports and wires expected");
	return yaml_wires_load(file, error);
}

int
yaml_file_load(struct yaml_file *file, const char *name, struct config_error *error)
{
	char *text = NULL;
	size_t length = 0;
	int status;

	memset(file, 0, sizeof(*file));
	file->name = name;
	status = read_text(name, &text, &length, error);
	if (status != 0)
		return status;
	status = load_text(file, text, length, error);
	free(text);
	if (status != 0)
		yaml_file_free(file);
	return status;
}

void
yaml_file_free(struct yaml_file *file)
{
	const cyaml_config_t config = {.mem_fn = cyaml_mem};

	if (file->yaml != NULL)
		cyaml_free(&config, &yaml_schema, file->yaml, 0);
	file->yaml = NULL;
	free(file->wires);
	file->wires = NULL;
	place_close(&file->places);
}
