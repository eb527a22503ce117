/* SPDX-License-Identifier: BSD-3-Clause */
#include "program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jansson.h>

#include "exit.h"
#include "jsonl.h"
#include "message.h"

static const char default_config[] = "ports:\n"
				     "  - {name: lan}\n"
				     "  - {name: wan}\n"
				     "wires:\n"
				     "  - [lan, wan]\n";

/* Load the default configuration from a temporary file that only this process can see. */
static int
load_default(struct program *p, struct config_error *error)
{
	int fd = memfd_create("sluice-replay", MFD_CLOEXEC), status = -EIO;
	char path[32];

	snprintf(error->text, sizeof(error->text), "no memory for the configuration");
	if (fd < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, default_config, sizeof(default_config) - 1) > 0)
		status = config_load(path, 0, &p->config, error);
	close(fd);
	return status;
}

int
setup_config(struct program *p)
{
	struct config_error error;
	int status;

	status = p->options.config != NULL
			 ? config_load(p->options.config, 0, &p->config, &error)
			 : load_default(p, &error);
	if (status != 0)
		return message_error(EXIT_CONFIG, "%s", error.text);
	p->ports = config_engine_ports(p->config, p->names);
	p->ports += config_mirror_names(p->config, p->names + p->ports);
	return EXIT_SUCCESS;
}

static const char *
config_name(const struct program *p)
{
	return p->options.config != NULL ? p->options.config
					 : "the default configuration";
}

/* Return the engine's number of a configured port. */
static int
find_port(const struct program *p, const char *name, uint16_t *port)
{
	unsigned i;

	for (i = 0; i < 2 * p->config->wire_count; i++) {
		if (strcmp(p->names[i], name) == 0) {
			*port = (uint16_t)i;
			return EXIT_SUCCESS;
		}
	}
	for (i = 0; i < p->config->port_count; i++) {
		if (strcmp(p->config->ports[i].name, name) == 0)
			return message_error(EXIT_USAGE,
					     "--port %s: this port is in no wire of %s",
					     name, config_name(p));
	}
	return message_error(EXIT_USAGE, "--port %s: %s has no port of this name", name,
			     config_name(p));
}

/* Apply an --offset to the capture of a port, or to a file by its given name. */
static int
set_offsets(struct program *p)
{
	const struct command_line *o = &p->options;
	unsigned i, j;

	for (i = 0; i < o->offsets; i++) {
		for (j = 0; j < o->captures; j++) {
			const char *name = o->capture[j].name != NULL
						   ? o->capture[j].name
						   : o->capture[j].file;

			if (strcmp(o->offset[i].name, name) == 0)
				break;
		}
		if (j == o->captures)
			return message_error(EXIT_USAGE,
					     "--offset %s: no capture of this name; "
					     "expected %s",
					     o->offset[i].name,
					     o->by_port ? "that of a --port"
							: "the name of a file");
		p->captures[j].offset_ns = o->offset[i].ns;
	}
	return EXIT_SUCCESS;
}

/* Return the name of a file as a JSON text, which the caller frees; NULL: no memory. */
static char *
file_quoted(const char *file)
{
	json_t *json = jsonl_file(file);
	char *text = json_dumps(json, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);

	json_decref(json);
	return text;
}

int
setup_captures(struct program *p)
{
	struct capture_error error;
	struct capture *c;
	unsigned i;
	int status = EXIT_SUCCESS;

	for (i = 0; i < p->options.captures && status == EXIT_SUCCESS; i++) {
		c = &p->captures[i];
		c->name = p->options.capture[i].name;
		c->file = p->options.capture[i].file;
		c->number = (uint16_t)i;
		if (p->options.captures > 1)
			c->file_json = file_quoted(c->file);
		if (c->name != NULL)
			status = find_port(p, c->name, &c->port);
	}
	if (status == EXIT_SUCCESS)
		status = set_offsets(p);
	for (i = 0; i < p->options.captures && status == EXIT_SUCCESS; i++) {
		c = &p->captures[i];
		if (capture_open(c, &error) != 0)
			return message_error(EXIT_DEVICE, "%s", error.text);
		if (capture_sample(c) != 0)
			return message_error(EXIT_DEVICE, "%s: no memory to read it",
					     c->file);
	}
	return status;
}

/*
 * Decide whether --checksum auto may disable verification, which applies only if the
 * configuration enables it.
 */
static void
choose_checksums(struct program *p)
{
	struct checksums *cs = &p->replay.checksums;

	cs->verify = p->options.checksum;
	if (cs->verify == FAULTS_AUTO && !p->config->checksum)
		cs->verify = FAULTS_CONFIG;
	if (cs->verify == FAULTS_AUTO || p->config->checksum)
		checksums_choose(cs, p->captures, p->options.captures, &p->replay.sides);
}

int
setup_detect(struct program *p)
{
	struct sides *sides = &p->replay.sides;
	bool loose = p->config->track.tcp_loose;

	if (p->options.lan != NULL)
		sides_set_lan(sides, p->options.lan);
	if (!p->options.by_port &&
	    sides_choose(sides, p->captures, p->options.captures) != 0)
		return message_error(EXIT_USAGE, "%s", sides->text);
	choose_checksums(p);
	p->clocks_differ = clocks_differ(p->captures, p->options.captures,
					 &p->clock_offset_ns);
	p->replay.loose = loose ? FAULTS_CONFIG : p->options.loose;
	if (p->options.loose == FAULTS_YES || p->options.loose == FAULTS_NO)
		p->config->track.tcp_loose = p->options.loose == FAULTS_YES;
	if (p->options.checksum == FAULTS_YES)
		p->config->checksum = true;
	p->replay.loose_config = p->config->track.tcp_loose;
	return EXIT_SUCCESS;
}
