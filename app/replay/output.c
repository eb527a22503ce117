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

#define VERDICTS "verdicts.jsonl"
#define BUFFER_BYTES (1u << 20)
#define LAST_US ((UINT64_C(1) << 32) * 1000000u - 1) /* of a capture */

static int
refuse(struct output_error *error, const char *path)
{
	int status = errno != 0 ? -errno : -EIO;

	snprintf(error->text, sizeof(error->text), "%s: %s", path, strerror(-status));
	return status;
}

/* The i-th file of those that are written, in this order: captures, then the others. */
static bool
output_path(const struct output *out, const bool *wanted, unsigned i, char *path,
	    size_t size)
{
	if (i < out->ports && !wanted[i])
		return false;
	if (i < out->ports)
		snprintf(path, size, "%s/%s.pcap", out->dir, out->names[i]);
	else
		snprintf(path, size, "%s/%s", out->dir,
			 i == out->ports ? VERDICTS : OUTPUT_CONNECTIONS);
	return true;
}

/* Whether both are there, and one file. */
static bool
is_same(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* A link to what is not there: the file that it makes may be another that is written. */
static bool
is_dangling(const char *path)
{
	struct stat s;

	return lstat(path, &s) == 0 && S_ISLNK(s.st_mode) && stat(path, &s) != 0 &&
	       errno == ENOENT;
}

/* Against the inputs, and the files that come after it. */
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
	for (i = number + 1; i < out->ports + 2; i++) {
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

	for (i = 0; i < out->ports + 2 && status == 0; i++)
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
	out->format = pcap_open_dead(DLT_EN10MB, UINT16_MAX);
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
output_frame(struct output *out, uint16_t port, const struct rte_mbuf *m, uint64_t us)
{
	uint64_t at = RTE_MIN(us, LAST_US);
	struct pcap_pkthdr header = {
		.ts = {.tv_sec = (time_t)(at / 1000000u),
		       .tv_usec = (suseconds_t)(at % 1000000u)},
		.caplen = m->pkt_len,
		.len = m->pkt_len,
	};
	uint8_t copy[UINT16_MAX]; /* of a frame in several segments */

	if (out->pcap[port] == NULL || m->pkt_len > sizeof(copy))
		return;
	out->late += us > LAST_US;
	pcap_dump((u_char *)out->pcap[port], &header,
		  rte_pktmbuf_read(m, 0, m->pkt_len, copy));
}

/* The state of an endpoint, as JSON. */
static const char *
state_text(bool known, uint8_t state, char text[24])
{
	if (!known)
		return "null";
	snprintf(text, 24, "\"%s\"", tcp_state_name(state));
	return text;
}

static void
print_time(struct output *out, uint64_t us)
{
	us -= out->first_us;
	fprintf(out->verdicts, "\"t\":%" PRIu64 ".%06" PRIu64, us / 1000000u,
		us % 1000000u);
}

void
output_verdict(struct output *out, uint16_t port, uint64_t us,
	       const struct engine_record *r)
{
	bool known = r->has_conn && r->has_states;
	char orig[24], reply[24], conn[16] = "null";

	if (r->has_conn)
		snprintf(conn, sizeof(conn), "%" PRIu32, r->conn);
	fprintf(out->verdicts, "{\"n\":%" PRIu64 ",", ++out->lines);
	print_time(out, us);
	fprintf(out->verdicts,
		",\"port\":%s,\"verdict\":\"%s\",\"reason\":\"%s\",\"action\":\"%s\","
		"\"conn\":%s,\"orig\":%s,\"reply\":%s}\n",
		out->quoted[port], verdict_name(r->verdict), reason_name(r->reason),
		action_name(r->action), conn,
		state_text(known, r->state[r->orig & 1u], orig),
		state_text(known, r->state[!r->orig], reply));
}

void
output_expire(struct output *out, uint64_t us, const struct engine_view *view)
{
	char orig[24], reply[24];

	fputc('{', out->verdicts);
	print_time(out, us);
	fprintf(out->verdicts,
		",\"event\":\"expire\",\"conn\":%" PRIu32 ",\"orig\":%s,\"reply\":%s}\n",
		view->id,
		state_text(view->has_states, view->state[view->orig & 1u], orig),
		state_text(view->has_states, view->state[!view->orig], reply));
}

int
output_close(struct output *out, struct output_error *error)
{
	char path[PATH_MAX];
	unsigned i;
	int status = 0;

	for (i = 0; i < out->ports; i++) {
		snprintf(path, sizeof(path), "%s/%s.pcap", out->dir, out->names[i]);
		errno = 0;
		if (out->pcap[i] != NULL && (pcap_dump_flush(out->pcap[i]) != 0 ||
					     ferror(pcap_dump_file(out->pcap[i]))))
			status = refuse(error, path);
		if (out->pcap[i] != NULL)
			pcap_dump_close(out->pcap[i]);
		free(out->quoted[i]);
	}
	snprintf(path, sizeof(path), "%s/" VERDICTS, out->dir);
	errno = 0;
	if (out->verdicts != NULL &&
	    (ferror(out->verdicts) || fclose(out->verdicts) != 0))
		status = refuse(error, path);
	if (out->format != NULL)
		pcap_close(out->format);
	return status;
}
