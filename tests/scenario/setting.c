/* SPDX-License-Identifier: BSD-3-Clause */
/* `set KEY VALUE`: the keys of `conntrack` in the YAML file that a scenario may set. */
#include <stdlib.h>
#include <string.h>

#include <base/ticks.h>

#include "scenario.h"

bool
scenario_setting(struct engine_config *config, const struct setting *s)
{
	char *end;
	unsigned long n = strtoul(s->value, &end, 10);
	bool is_number = end != s->value && *end == '\0';
	bool is_true = strcmp(s->value, "true") == 0;
	bool is_bool = is_true || strcmp(s->value, "false") == 0;

#define TIMEOUT(key, value, min, max, text)                                              \
	if (strcmp(s->name, #key) == 0 && is_number && n >= (min) && n <= (max)) {       \
		config->track.key = (uint32_t)n * TICKS_PER_S;                           \
		return true;                                                             \
	}
	TRACK_TIMEOUTS(TIMEOUT)
#undef TIMEOUT
	if (strcmp(s->name, "enforce") == 0 && strcmp(s->value, "ruleset") == 0)
		return config->enforce_ruleset = true;
	if (strcmp(s->name, "vlan_key") == 0 && is_bool) {
		config->vlans_joined = !is_true;
		return true;
	}
#define SWITCH(member, key, no, yes, normal, text)                                       \
	if (strcmp(s->name, key) == 0 &&                                                 \
	    (strcmp(s->value, yes) == 0 || strcmp(s->value, no) == 0)) {                 \
		config->track.member = strcmp(s->value, yes) == 0;                       \
		return true;                                                             \
	}
	TRACK_SWITCHES(SWITCH)
#undef SWITCH
	return false;
}
