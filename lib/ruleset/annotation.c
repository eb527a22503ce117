/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads what sluice-rules adds to nft's JSON: an object "sluice" at the end of the list.
 *
 *	{"sluice": {"notes": ["this kernel has no flow tables .."],
 *	            "dormant": [["inet", "sleeping"], ..],
 *	            "rules": [[5, "tcp dport 22 accept", "rules.nft:7"], ..]}}
 *
 * `notes` become notices. `dormant` lists the tables with that flag, which nft 1.0.6
 * prints wrongly in its JSON. `rules` gives for each rule, in the order of the listing,
 * its handle, its text as nft prints it and its place; text and place may be null. JSON
 * from nft itself lacks the object: then messages quote a text that is printed from the
 * JSON, and contain no line number.
 */
#include <string.h>

#include "loader.h"

void
annotation_find(struct loader *l, const json_t *objects)
{
	const json_t *last = json_array_get(objects, json_array_size(objects) - 1);
	const json_t *sluice = json_object_get(last, "sluice"), *note;
	size_t i;

	json_array_foreach(json_object_get(sluice, "notes"), i, note) {
		if (json_is_string(note))
			loader_tell(l, RULESET_NOTICE, "%s", json_string_value(note));
	}
	l->dormant = json_object_get(sluice, "dormant");
	l->annotations = json_object_get(sluice, "rules");
}

bool
annotation_dormant(const struct loader *l, const char *family, const char *table)
{
	const char *its_family, *its_name;
	const json_t *pair;
	size_t i;

	json_array_foreach(l->dormant, i, pair) {
		its_family = json_string_value(json_array_get(pair, 0));
		its_name = json_string_value(json_array_get(pair, 1));
		if (its_family != NULL && its_name != NULL &&
		    strcmp(its_family, family) == 0 && strcmp(its_name, table) == 0)
			return true;
	}
	return false;
}

void
annotation_rule(const struct loader *l, size_t number, const json_t *rule,
		const char **text, const char **place)
{
	const json_t *row = json_array_get(l->annotations, number);

	*text = *place = NULL;
	if (json_integer_value(json_array_get(row, 0)) !=
	    json_integer_value(json_object_get(rule, "handle")))
		return;
	*text = json_string_value(json_array_get(row, 1));
	*place = json_string_value(json_array_get(row, 2));
}
