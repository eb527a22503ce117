/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <ruleset/ruleset.h>

int
policy_file(const char *dir, const char *name, struct policy **policy)
{
	static const char *const names[] = {"lan", "wan"};
	const struct ruleset_ports ports = {.names = names, .count = 2};
	struct ruleset_error error;
	char path[512], json[65536];
	size_t len;
	FILE *file;
	int status;

	if (*name == '\0')
		return policy_accept_all(policy);
	snprintf(path, sizeof(path), "%s/%s.json", dir, name);
	file = fopen(path, "re");
	if (file == NULL) {
		status = -errno;
		printf("# %s: %s\n", path, strerror(errno));
		return status;
	}
	len = fread(json, 1, sizeof(json), file);
	fclose(file);
	status = ruleset_load(json, len, &ports, policy, &error);
	if (status != 0)
		printf("# %s: %s\n", path, error.text);
	return status;
}
