/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages about a configuration file: "file:line:column: path: what is wrong". */
#include "yaml_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int
yaml_key_error(struct yaml_file *file, struct config_error *error, const char *path,
	       const char *key, const char *text)
{
	struct place where = place_find(&file->places, path, key);
	const char *dot = key != NULL && path[0] != '\0' ? "." : "";

	snprintf(error->text, sizeof(error->text), "%s:%u:%u: %s%s%s%s%s", file->name,
		 where.line, where.column, path, dot, key != NULL ? key : "",
		 path[0] != '\0' || key != NULL ? ": " : "", text);
	return -EINVAL;
}

int
yaml_file_error(struct yaml_file *file, struct config_error *error, const char *path,
		const char *format, ...)
{
	char text[768];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return yaml_key_error(file, error, path, NULL, text);
}
