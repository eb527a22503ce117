/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#define STORE TEST_DATA "/rules/unit.json"

/*
 * Return the output of sluice-rules for the text, without what depends on nft's version;
 * NULL: rejected. The file has the same name each time, since the output has the place of
 * each rule in it.
 */
static json_t *
translate(const char *program, const char *nft)
{
	char folder[] = "/tmp/unit-rules-XXXXXX", path[64], command[512];
	json_t *json, *objects;
	size_t i;
	FILE *file, *pipe;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/unit.nft", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(nft, file);
	assert_int_equal(fclose(file), 0);
	snprintf(command, sizeof(command),
		 "program=$(realpath %s); cd %s && $program unit.nft; rm -r %s", program,
		 folder, folder);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	json = json_loadf(pipe, 0, NULL);
	pclose(pipe);
	objects = json_object_get(json, "nftables");
	for (i = json_array_size(objects); i-- > 0;)
		if (json_object_get(json_array_get(objects, i), "metainfo") != NULL)
			json_array_remove(objects, i);
	return json;
}

/* Write each text on a line, sorted, so that a changed rule is a changed line. */
static void
store_write(json_t *store)
{
	FILE *out = fopen(STORE, "w");
	const char *between = "{\n", *text;
	json_t *sorted = json_loads("{}", 0, NULL), *value;
	char *all, *line;

	assert_non_null(out);
	json_object_foreach(store, text, value) {
		json_object_set(sorted, text, value);
	}
	all = json_dumps(sorted, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(sorted);
	sorted = json_loads(all, 0, NULL);
	free(all);
	json_object_foreach(sorted, text, value) {
		line = json_dumps(json_string(text), JSON_ENCODE_ANY);
		fprintf(out, "%s%s: ", between, line);
		free(line);
		line = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
		fputs(line, out);
		free(line);
		between = ",\n";
	}
	fputs("\n}\n", out);
	json_decref(sorted);
	fclose(out);
}

char *
rules_store_json(const char *nft)
{
	const char *program = getenv("UNIT_RULES_PROGRAM");
	/* read once, since a test may load rules hundreds of times */
	static json_t *store;
	json_t *json;
	char *text;

	if (store == NULL)
		store = json_load_file(STORE, 0, NULL);
	json = json_incref(json_object_get(store, nft));
	if (json == NULL && program != NULL) {
		json = translate(program, nft);
		if (store == NULL)
			store = json_object();
		if (json != NULL) {
			json_object_set(store, nft, json);
			store_write(store);
		}
	}
	if (json == NULL)
		fail_msg("these rules have no JSON yet: run tests/unit/rules-update\n%s",
			 nft);
	text = json_dumps(json, 0);
	json_decref(json);
	assert_non_null(text);
	return text;
}
