/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char config_folder[] = "/tmp/config_test.XXXXXX";
static char file[64];

int
config_folder_make(void **state)
{
	(void)state;
	if (mkdtemp(config_folder) == NULL)
		return -1;
	snprintf(file, sizeof(file), "%s/x.yaml", config_folder);
	return 0;
}

int
config_folder_remove(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(config_folder);
}

int
config_load_text(const char *text, unsigned flags, struct sluice_config **config,
		 struct config_error *error)
{
	FILE *stream = fopen(file, "w");

	assert_non_null(stream);
	fputs(text, stream);
	assert_int_equal(fclose(stream), 0);
	error->text[0] = '\0';
	return config_load(file, flags, config, error);
}

struct sluice_config *
config_load_good(const char *text)
{
	struct sluice_config *config = NULL;
	struct config_error error;

	if (config_load_text(text, CONFIG_NEED_DEVICES, &config, &error) != 0)
		fail_msg("%s", error.text);
	return config;
}

void
assert_refused(const char *text, const char *message)
{
	struct sluice_config *config = NULL;
	struct config_error error;

	assert_int_not_equal(config_load_text(text, CONFIG_NEED_DEVICES, &config, &error),
			     0);
	assert_null(config);
	assert_memory_equal(error.text, config_folder, strlen(config_folder));
	assert_string_equal(error.text + strlen(config_folder) + 1, message);
}

void
assert_all_refused(const struct refusal *refusals)
{
	for (; refusals->text != NULL; refusals++)
		assert_refused(refusals->text, refusals->message);
}
