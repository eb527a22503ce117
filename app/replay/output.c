/* SPDX-License-Identifier: BSD-3-Clause */
#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include <rte_mbuf.h>

#include "jsonl.h"

#define VERDICTS "verdicts.jsonl"
#define BUFFER_BYTES (1u << 20)
#define NS_PER_US 1000u
/* latest time that a pcap file can store: 32 bits of seconds */
#define LAST_NS ((UINT64_C(1) << 32) * 1000000000u - 1)

static int
refuse(struct output_error *error, const char *path)
{
	int status = errno != 0 ? -errno : -EIO;

	snprintf(error->text, sizeof(error->text), "%s: %s", path, strerror(-status));
	return status;
}

/* Add a file to the list of incomplete files in the error text. */
static int
incomplete(struct output_error *error, const char *path)
{
	size_t used = strlen(error->text);
	int status = errno != 0 ? -errno : -EIO;

	snprintf(error->text + used, sizeof(error->text) - used,
		 "%s%s: %s; the file is incomplete", used != 0 ? "; " : "", path,
		 errno != 0 ? strerror(errno) : "it could not be written");
	return status;
}

/*
 * Names of the output files other than NAME.pcap. The first two are always written, the
 * others only if output.extended is set.
 */
static const char *const files[] = {VERDICTS,           OUTPUT_CONNECTIONS,
				    "annotated.pcapng", "dropped.pcapng",
				    "conn.log",         "conn.json"};

static unsigned
path_count(const struct output *out)
{
	return out->ports + (out->extended ? (unsigned)RTE_DIM(files) : 2u);
}

/*
 * Set the name of output file i: first the captures, then the others; false: not written.
 */
static bool
output_path(const struct output *out, const bool *wanted, unsigned i, char *path,
	    size_t size)
{
	if (i < out->ports && !wanted[i])
		return false;
	if (i < out->ports)
		snprintf(path, size, "%s/%s.pcap", out->dir, out->names[i]);
	else
		snprintf(path, size, "%s/%s", out->dir, files[i - out->ports]);
	return true;
}

/* Return whether both names exist and refer to the same file. */
static bool
is_same(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/*
 * Return whether a path is a dangling link. Creating it could create another output file.
 */
static bool
is_dangling(const char *path)
{
	struct stat s;

	return lstat(path, &s) == 0 && S_ISLNK(s.st_mode) && stat(path, &s) != 0 &&
	       errno == ENOENT;
}

/* Compare an output file with the inputs and with all later output files. */
static int
check_path(const struct output *out, const bool *wanted,
	   const struct output_input *inputs, unsigned n, unsigned number,
	   struct output_error *error)
{
	char path[PATH_MAX], other[PATH_MAX];
	unsigned i;

	if (!output_path(out, wanted, number, path, sizeof(path)))
		return 0;
	if (is_dangling(path)) {
		snprintf(error->text, sizeof(error->text),
			 "--out: %s is a link to nothing; expected a file or none", path);
		return -EEXIST;
	}
	for (i = 0; i < n; i++) {
		if (!is_same(path, inputs[i].file))
			continue;
		snprintf(error->text, sizeof(error->text),
			 "--out: %s is the file of %s, which would be overwritten; "
			 "expected another folder",
			 path, inputs[i].what);
		return -EEXIST;
	}
	for (i = number + 1; i < path_count(out); i++) {
		if (!output_path(out, wanted, i, other, sizeof(other)) ||
		    !is_same(path, other))
			continue;
		snprintf(error->text, sizeof(error->text),
			 "--out: %s and %s are one file; expected another folder", path,
			 other);
		return -EEXIST;
	}
	return 0;
}

int
output_check(const struct output *out, const bool *wanted,
	     const struct output_input *inputs, unsigned n, struct output_error *error)
{
	unsigned i;
	int status = 0;

	for (i = 0; i < path_count(out) && status == 0; i++)
		status = check_path(out, wanted, inputs, n, i, error);
	return status;
}

static int
open_pcap(struct output *out, unsigned port, struct output_error *error)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s.pcap", out->dir, out->names[port]);
	errno = 0;
	out->pcap[port] = pcap_dump_open(out->format, path);
	return out->pcap[port] == NULL ? refuse(error, path) : 0;
}

int
output_open(struct output *out, const bool *wanted, struct output_error *error)
{
	char path[PATH_MAX];
	unsigned i;
	int status = 0;

	if (mkdir(out->dir, 0777) != 0 && errno != EEXIST)
		return refuse(error, out->dir);
	snprintf(path, sizeof(path), "%s/" VERDICTS, out->dir);
	out->verdicts = fopen(path, "we");
	if (out->verdicts == NULL)
		return refuse(error, path);
	setvbuf(out->verdicts, NULL, _IOFBF, BUFFER_BYTES);
	out->format = pcap_open_dead_with_tstamp_precision(
		DLT_EN10MB, UINT16_MAX,
		out->nano ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO);
	for (i = 0; i < out->ports && status == 0; i++) {
		json_t *name = json_string(out->names[i]);

		out->quoted[i] = json_dumps(name, JSON_ENCODE_ANY);
		json_decref(name);
		if (out->quoted[i] == NULL || out->format == NULL)
			return errno = ENOMEM, refuse(error, out->dir);
		if (wanted[i])
			status = open_pcap(out, i, error);
	}
	return status;
}

void
output_frame(struct output *out, uint16_t port, const struct rte_mbuf *m, uint64_t ns)
{
	/* bytes of a frame that spans several mbuf segments */
	static uint8_t copy[READER_MAX_PACKET];
	uint64_t at = RTE_MIN(ns, LAST_NS);
	struct pcap_pkthdr header = {
		.ts = {.tv_sec = (time_t)(at / READER_NS_PER_S),
		       .tv_usec = (suseconds_t)(at % READER_NS_PER_S /
						(out->nano ? 1 : NS_PER_US))},
		.caplen = m->pkt_len,
		.len = m->pkt_len,
	};

	if (out->pcap[port] == NULL || m->pkt_len > sizeof(copy))
		return;
	out->late += ns > LAST_NS;
	pcap_dump((u_char *)out->pcap[port], &header,
		  rte_pktmbuf_read(m, 0, m->pkt_len, copy));
}

/* Write the state of an endpoint as JSON. */
static const char *
state_text(bool known, uint8_t state, char text[24])
{
	if (!known)
		return "null";
	snprintf(text, 24, "\"%s\"", tcp_state_name(state));
	return text;
}

/* Write a time relative to first_ns. Both are truncated to microseconds, not rounded. */
static void
print_time(struct output *out, uint64_t ns)
{
	if (out->nano) {
		ns -= out->first_ns;
		fprintf(out->verdicts, "\"t\":%" PRIu64 ".%09" PRIu64,
			ns / READER_NS_PER_S, ns % READER_NS_PER_S);
		return;
	}
	ns = ns / NS_PER_US - out->first_ns / NS_PER_US;
	fprintf(out->verdicts, "\"t\":%" PRIu64 ".%06" PRIu64, ns / 1000000u,
		ns % 1000000u);
}

void
output_verdict(struct output *out, const struct item *item, const struct engine_record *r)
{
	bool known = r != NULL && r->has_conn && r->has_states;
	char orig[24], reply[24], conn[16] = "null";

	if (r != NULL && r->has_conn)
		snprintf(conn, sizeof(conn), "%" PRIu32, r->conn);
	fprintf(out->verdicts, "{\"n\":%" PRIu64 ",", ++out->lines);
	print_time(out, item->ns);
	fprintf(out->verdicts,
		",\"port\":%s,\"verdict\":\"%s\",\"reason\":\"%s\",\"action\":\"%s\","
		"\"conn\":%s,\"orig\":%s,\"reply\":%s",
		out->quoted[item->port], r != NULL ? verdict_name(r->verdict) : "none",
		r != NULL ? reason_name(r->reason) : "cut_headers",
		r != NULL ? action_name(r->action) : "none", conn,
		known ? state_text(true, r->state[r->orig & 1u], orig) : "null",
		known ? state_text(true, r->state[!r->orig], reply) : "null");
	if (out->extended)
		jsonl_extend(out->verdicts, item, r);
	fputs("}\n", out->verdicts);
}

void
output_expire(struct output *out, uint64_t ns, const struct conn_event *event)
{
	const struct conn_view *view = &event->view;
	char orig[24], reply[24];

	fputc('{', out->verdicts);
	print_time(out, ns);
	fprintf(out->verdicts,
		",\"event\":\"expire\",\"conn\":%" PRIu32
		",\"reason\":\"%s\",\"orig\":%s,\"reply\":%s}\n",
		view->id, conn_end_name(event->end),
		state_text(view->has_states, view->state[view->orig & 1u], orig),
		state_text(view->has_states, view->state[!view->orig], reply));
}

int
output_close(struct output *out, struct output_error *error)
{
	char path[PATH_MAX];
	unsigned i;
	int status = 0;

	error->text[0] = '\0';
	for (i = 0; i < out->ports; i++) {
		snprintf(path, sizeof(path), "%s/%s.pcap", out->dir, out->names[i]);
		errno = 0;
		if (out->pcap[i] != NULL && (pcap_dump_flush(out->pcap[i]) != 0 ||
					     ferror(pcap_dump_file(out->pcap[i]))))
			status = incomplete(error, path);
		if (out->pcap[i] != NULL)
			pcap_dump_close(out->pcap[i]);
		free(out->quoted[i]);
	}
	snprintf(path, sizeof(path), "%s/" VERDICTS, out->dir);
	errno = 0;
	if (out->verdicts != NULL &&
	    (ferror(out->verdicts) || fclose(out->verdicts) != 0))
		status = incomplete(error, path);
	if (out->format != NULL)
		pcap_close(out->format);
	return status;
}
