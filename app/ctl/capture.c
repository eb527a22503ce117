/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "pcapng.h"
#include "record.h"
#include "text.h"

#define INTERFACES_MAX 128u
#define NAME_BYTES 64u
#define FRAME_BYTES 2048u
#define BLOCK_BYTES 8192u
#define NANOSECONDS 9u /* value of if_tsresol: 10^-9 s */

struct capture {
	FILE *file;
	const char *path;
	char names[INTERFACES_MAX][NAME_BYTES];
	unsigned interfaces;
	unsigned long long packets;
	unsigned long long lost;
	uint64_t last_ns;
};

static int
write_error(const struct capture *c)
{
	return message_error(-1, "%s: cannot write the capture: %s", c->path,
			     strerror(errno));
}

static int
put(struct capture *c, const void *block, size_t bytes)
{
	if (bytes > BLOCK_BYTES) {
		errno = EMSGSIZE;
		return write_error(c);
	}
	return fwrite(block, 1, bytes, c->file) == bytes ? 0 : write_error(c);
}

struct capture *
capture_open(const char *path)
{
	const struct pcapng_section section = {
		.application = "sluicectl " SLUICE_VERSION};
	const int is_stdout = strcmp(path, "-") == 0;
	struct capture *c = calloc(1, sizeof(*c));
	char block[BLOCK_BYTES];

	if (c == NULL)
		return NULL;
	c->path = is_stdout ? "standard output" : path;
	if (is_stdout && isatty(STDOUT_FILENO)) {
		message_error(0, "--write -: standard output is a terminal, a file or a "
				 "pipe expected");
		free(c);
		return NULL;
	}
	c->file = is_stdout ? fdopen(dup(STDOUT_FILENO), "w") : fopen(path, "we");
	if (c->file == NULL) {
		write_error(c);
		free(c);
		return NULL;
	}
	if (put(c, block, pcapng_section(block, sizeof(block), &section)) != 0 ||
	    fflush(c->file) != 0) {
		capture_close(c);
		return NULL;
	}
	return c;
}

/*
 * Return the interface number of a port. The interface block is written with the port's
 * first packet. -1: writing failed.
 */
static int
interface_of(struct capture *c, const char *name)
{
	struct pcapng_interface interface = {.link_type = PCAPNG_ETHERNET,
					     .tsresol = NANOSECONDS};
	char block[BLOCK_BYTES];
	unsigned i;

	for (i = 0; i < c->interfaces; i++)
		if (strcmp(c->names[i], name) == 0)
			return (int)i;
	if (i == INTERFACES_MAX)
		return 0;
	snprintf(c->names[i], sizeof(c->names[i]), "%s", name);
	interface.name = c->names[i];
	c->interfaces++;
	if (put(c, block, pcapng_interface(block, sizeof(block), &interface)) != 0)
		return -1;
	return (int)i;
}

/* Return the value of a hexadecimal digit; -1 for another character. */
static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode hexadecimal text; return the number of bytes. */
static unsigned
hex_read(const char *text, uint8_t *bytes, unsigned size)
{
	unsigned n = 0;
	int high, low;

	for (; n < size; n++) {
		high = digit(text[2 * n]);
		low = high < 0 ? -1 : digit(text[2 * n + 1]);
		if (low < 0)
			break;
		bytes[n] = (uint8_t)(high << 4 | low);
	}
	return n;
}

int
capture_write(struct capture *c, const json_t *message)
{
	const json_t *record = record_of(message);
	int interface = interface_of(c, text_string(record, "port"));
	char block[BLOCK_BYTES], comment[RECORD_BYTES];
	uint8_t frame[FRAME_BYTES];
	struct pcapng_packet packet = {.data = frame, .flags = PCAPNG_INBOUND};

	if (interface < 0)
		return -1;
	record_comment(message, comment, sizeof(comment));
	packet.interface = (uint32_t)interface;
	packet.time = c->last_ns = (uint64_t)text_number(record, "time_ns");
	packet.captured = hex_read(text_string(record, "frame"), frame, sizeof(frame));
	packet.length = (uint32_t)text_number(record, "bytes");
	packet.comment[0] = comment;
	if (put(c, block, pcapng_packet(block, sizeof(block), &packet)) != 0)
		return -1;
	c->packets++;
	return fflush(c->file) == 0 ? 0 : write_error(c);
}

void
capture_lose(struct capture *c, unsigned long long packets)
{
	c->lost += packets;
}

unsigned long long
capture_count(const struct capture *c)
{
	return c->packets;
}

int
capture_close(struct capture *c)
{
	const struct pcapng_statistics statistics = {.time = c->last_ns,
						     .received = c->packets + c->lost,
						     .dropped = c->lost};
	char block[BLOCK_BYTES];
	int status = 0;

	if (c->interfaces > 0)
		status = put(c, block,
			     pcapng_statistics(block, sizeof(block), &statistics));
	if (fclose(c->file) != 0 && status == 0)
		status = write_error(c);
	free(c);
	return status;
}
