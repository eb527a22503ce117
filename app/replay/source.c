/* SPDX-License-Identifier: BSD-3-Clause */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>
#include <zstd.h>

#define BUFFER_BYTES (1u << 20)
#define INPUT_BYTES (256u << 10) /* size of the buffer for compressed bytes */
#define GZIP_WINDOW (15 + 16)    /* for inflateInit2(): gzip format, any window size */

enum kind { GZIP, ZSTD };

struct source_decoder {
	enum kind kind;
	z_stream gzip;
	ZSTD_DStream *zstd;
	bool within; /* a gzip member or zstd frame has begun and not ended */
	size_t start, end;
	uint8_t input[INPUT_BYTES];
};

/*
 * Read up to n bytes of the file. Returns their number; 0 at the end or after an error.
 */
static size_t
read_file(struct source *s, uint8_t *bytes, size_t n)
{
	ssize_t got;

	if (s->fd < 0) /* opened with source_open_memory() */
		return 0;
	do
		got = read(s->fd, bytes, n);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		snprintf(s->error, sizeof(s->error), "%s", strerror(errno));
	return got > 0 ? (size_t)got : 0;
}

/*
 * Decompress gzip input into out[0..n). Returns the number of bytes written, or -1 if the
 * input is damaged.
 */
static ssize_t
gzip_step(struct source_decoder *d, uint8_t *out, size_t n)
{
	int status;

	d->gzip.next_in = d->input + d->start;
	d->gzip.avail_in = (uInt)(d->end - d->start);
	d->gzip.next_out = out;
	d->gzip.avail_out = (uInt)n;
	d->within = true;
	status = inflate(&d->gzip, Z_NO_FLUSH);
	d->start = d->end - d->gzip.avail_in;
	if (status == Z_STREAM_END) { /* another gzip member may follow */
		d->within = false;
		if (inflateReset(&d->gzip) != Z_OK)
			return -1;
	} else if (status != Z_OK && status != Z_BUF_ERROR) {
		return -1;
	}
	return (ssize_t)(n - d->gzip.avail_out);
}

static ssize_t
zstd_step(struct source_decoder *d, uint8_t *out, size_t n)
{
	ZSTD_inBuffer from = {d->input, d->end, d->start};
	ZSTD_outBuffer to = {out, n, 0};
	size_t status = ZSTD_decompressStream(d->zstd, &to, &from);

	d->start = from.pos;
	if (ZSTD_isError(status))
		return -1;
	d->within = status != 0;
	return (ssize_t)to.pos;
}

/* Read like read_file(), but decompress. */
static size_t
read_decoded(struct source *s, uint8_t *out, size_t n)
{
	struct source_decoder *d = s->decoder;
	ssize_t got = 0;

	while (got == 0) {
		if (d->start == d->end) {
			d->start = 0;
			d->end = read_file(s, d->input, sizeof(d->input));
		}
		if (d->end == 0)
			break;
		got = d->kind == GZIP ? gzip_step(d, out, n) : zstd_step(d, out, n);
	}
	if (got < 0)
		snprintf(s->error, sizeof(s->error), "the %s data is damaged",
			 source_compression(s));
	else if (got == 0 && d->within && s->error[0] == '\0')
		snprintf(s->error, sizeof(s->error), "the %s data ends early",
			 source_compression(s));
	return got > 0 ? (size_t)got : 0;
}

/* Make room for n bytes from start on; false: no memory. */
static bool
make_room(struct source *s, size_t n)
{
	size_t size = n > BUFFER_BYTES ? n : BUFFER_BYTES;
	uint8_t *bytes;

	if (s->buffer != NULL && s->start != 0) {
		memmove(s->buffer, s->buffer + s->start, s->end - s->start);
		s->end -= s->start;
		s->start = 0;
	}
	if (s->buffer != NULL && size <= s->size)
		return true;
	bytes = realloc(s->buffer, size);
	if (bytes == NULL) {
		snprintf(s->error, sizeof(s->error), "no memory for %zu bytes", n);
		return false;
	}
	s->buffer = bytes;
	s->size = size;
	return true;
}

const uint8_t *
source_peek(struct source *s, size_t n)
{
	size_t got;

	if (s->end - s->start >= n)
		return s->buffer + s->start;
	if (n > SOURCE_MAX_PEEK || s->done || !make_room(s, n))
		return NULL;
	while (s->end < n) {
		got = s->decoder != NULL
			      ? read_decoded(s, s->buffer + s->end, s->size - s->end)
			      : read_file(s, s->buffer + s->end, s->size - s->end);
		s->end += got;
		if (got == 0) {
			s->done = true;
			return NULL;
		}
	}
	return s->buffer;
}

void
source_skip(struct source *s, size_t n)
{
	s->start += n;
	s->skipped += n;
}

const char *
source_compression(const struct source *s)
{
	if (s->decoder == NULL)
		return NULL;
	return s->decoder->kind == GZIP ? "gzip" : "zstd";
}

/* Start a decoder; its first input are the compressed bytes in the buffer. */
static int
decode(struct source *s, enum kind kind)
{
	struct source_decoder *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return -ENOMEM;
	d->kind = kind;
	if (kind == GZIP && inflateInit2(&d->gzip, GZIP_WINDOW) != Z_OK) {
		free(d);
		return -ENOMEM;
	}
	if (kind == ZSTD) {
		d->zstd = ZSTD_createDStream();
		if (d->zstd == NULL) {
			free(d);
			return -ENOMEM;
		}
	}
	d->end = s->end < sizeof(d->input) ? s->end : sizeof(d->input);
	memcpy(d->input, s->buffer, d->end);
	s->decoder = d;
	s->start = s->end = 0;
	s->done = false;
	return 0;
}

/* Detect compression by the first bytes. */
static int
begin(struct source *s)
{
	static const uint8_t gzip[] = {0x1f, 0x8b}, zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
	const size_t limit = INPUT_BYTES;

	if (s->buffer == NULL && !make_room(s, BUFFER_BYTES))
		return -ENOMEM;
	/*
	 * no more than fits into a decoder's input buffer, to which decode() moves the
	 * bytes
	 */
	while (s->end < 4 && !s->done) {
		size_t got = read_file(s, s->buffer + s->end, limit - s->end);

		s->done = got == 0;
		s->end += got;
	}
	if (s->end >= sizeof(gzip) && memcmp(s->buffer, gzip, sizeof(gzip)) == 0)
		return decode(s, GZIP);
	if (s->end >= sizeof(zstd) && memcmp(s->buffer, zstd, sizeof(zstd)) == 0)
		return decode(s, ZSTD);
	return 0;
}

int
source_open(struct source *s, const char *file, char *text, size_t size)
{
	struct stat st;
	int status = 0;

	*s = (struct source){0};
	s->fd = strcmp(file, "-") == 0 ? dup(STDIN_FILENO)
				       : open(file, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0 || fstat(s->fd, &st) != 0) {
		status = -errno;
		snprintf(text, size, "%s", strerror(errno));
	} else if (S_ISDIR(st.st_mode)) {
		status = -EISDIR;
		snprintf(text, size, "a folder; expected a file");
	} else if (begin(s) != 0) {
		status = -ENOMEM;
		snprintf(text, size, "no memory to read it");
	} else if (s->error[0] != '\0') {
		status = -EIO;
		snprintf(text, size, "%s", s->error);
	} else if (s->decoder == NULL && s->end == 0) {
		status = -EINVAL;
		snprintf(text, size, "empty; expected a capture (pcap, pcapng)");
	}
	if (status != 0)
		source_close(s);
	return status;
}

int
source_open_memory(struct source *s, const void *bytes, size_t length)
{
	*s = (struct source){.fd = -1};
	if (!make_room(s, length))
		return -ENOMEM;
	memcpy(s->buffer, bytes, length);
	s->end = length;
	s->done = true;
	return length <= INPUT_BYTES ? begin(s) : 0;
}

void
source_close(struct source *s)
{
	if (s->decoder != NULL && s->decoder->kind == GZIP)
		inflateEnd(&s->decoder->gzip);
	if (s->decoder != NULL && s->decoder->kind == ZSTD)
		ZSTD_freeDStream(s->decoder->zstd);
	free(s->decoder);
	free(s->buffer);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct source){.fd = -1};
}
