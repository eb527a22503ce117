/* SPDX-License-Identifier: BSD-3-Clause */
#include "connlog.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "community_id.h"
#include "hash.h"
#include "reader.h"

#define UID_LETTERS 17u

/* The columns of a row, as text; "": not set. */
struct row {
	char ts[32], uid[UID_LETTERS + 2], duration[32];
	char host[2][INET6_ADDRSTRLEN];
	unsigned port[2];
	const char *proto, *conn_state;
	bool has_bytes;
	uint64_t bytes[2], packets[2], ip_bytes[2], missed;
	char history[ANALYSIS_HISTORY + 1], community[COMMUNITY_ID_TEXT];
};

static void
print_date(FILE *file, const char *what, uint64_t ns)
{
	time_t seconds = (time_t)(ns / READER_NS_PER_S);
	struct tm tm;
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d-%H-%M-%S", &tm);
	fprintf(file, "#%s\t%s\n", what, text);
}

static void
print_head(FILE *file, uint64_t first_ns)
{
	fputs("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n"
	      "#unset_field\t-\n#path\tconn\n",
	      file);
	print_date(file, "open", first_ns);
	fputs("#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\t"
	      "service\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\t"
	      "local_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\t"
	      "resp_ip_bytes\ttunnel_parents\tcommunity_id\n"
	      "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\t"
	      "count\tcount\tstring\tbool\tbool\tcount\tstring\tcount\tcount\tcount\t"
	      "count\tset[string]\tstring\n",
	      file);
}

static int
refuse(const char *path, char *text, size_t size)
{
	int status = errno != 0 ? -errno : -EIO;

	snprintf(text, size, "%s: %s; the file is incomplete", path, strerror(-status));
	return status;
}

int
connlog_open(struct connlog *l, const char *dir, uint64_t first_ns, char *text,
	     size_t size)
{
	l->last_ns = first_ns;
	snprintf(l->path[0], sizeof(l->path[0]), "%s/conn.log", dir);
	snprintf(l->path[1], sizeof(l->path[1]), "%s/conn.json", dir);
	l->tsv = fopen(l->path[0], "we");
	if (l->tsv == NULL)
		return refuse(l->path[0], text, size);
	l->json = fopen(l->path[1], "we");
	if (l->json == NULL)
		return refuse(l->path[1], text, size);
	print_head(l->tsv, first_ns);
	return 0;
}

/*
 * Make a connection UID in Zeek's form, C and 17 letters, which is the same in each run.
 */
static void
make_uid(const struct conversation *c, char uid[UID_LETTERS + 2])
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz";
	uint64_t number[2] = {XXH3_64bits_withSeed(&c->key, sizeof(c->key),
						   c->a.first_ns),
			      XXH3_64bits_withSeed(&c->key, sizeof(c->key),
						   ~c->a.first_ns)};
	unsigned i;

	uid[0] = 'C';
	for (i = 0; i < UID_LETTERS; i++) {
		uid[i + 1] = digits[number[i & 1] % 62];
		number[i & 1] /= 62;
	}
	uid[UID_LETTERS + 1] = '\0';
}

static const char *
proto_name(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return "icmp";
	default:
		return "unknown_transport";
	}
}

/* Write the ports; for ICMP the type and code, where those of a request are 0. */
static void
set_ports(const struct conversation *c, struct row *row)
{
	enum flow_class class = flow_id_class(&c->key.id);

	if (flow_id_has_ports(&c->key.id)) {
		row->port[0] = ntohs(c->key.id.port[c->a.orig]);
		row->port[1] = ntohs(c->key.id.port[!c->a.orig]);
	} else if (class == FLOW_ICMP || class == FLOW_ICMPV6) {
		row->port[0] = ntohs(c->key.id.port[1]);
	}
}

static void
fill_row(const struct conversation *c, struct row *row)
{
	const struct analysis *a = &c->a;
	uint8_t proto = flow_id_proto(&c->key.id);
	uint64_t length = a->last_ns - a->first_ns;
	unsigned i, e;

	*row = (struct row){.proto = proto_name(proto),
			    .conn_state = analysis_conn_state(a, proto),
			    .has_bytes = length >= 1000u};
	snprintf(row->ts, sizeof(row->ts), "%" PRIu64 ".%06" PRIu64,
		 a->first_ns / READER_NS_PER_S, a->first_ns % READER_NS_PER_S / 1000u);
	snprintf(row->duration, sizeof(row->duration), "%" PRIu64 ".%06" PRIu64,
		 length / READER_NS_PER_S, length % READER_NS_PER_S / 1000u);
	make_uid(c, row->uid);
	for (i = 0; i < 2; i++) {
		e = i == 0 ? a->orig : !a->orig;
		inet_ntop(c->family == 4 ? AF_INET : AF_INET6,
			  c->family == 4 ? (const void *)&c->key.addr.v4[e]
					 : (const void *)c->key.addr.v6[e],
			  row->host[i], sizeof(row->host[i]));
		row->bytes[i] = analysis_data_bytes(a, e);
		row->packets[i] = a->e[e].packets;
		row->ip_bytes[i] = a->e[e].ip_bytes;
		row->missed += analysis_missed_bytes(a, e);
	}
	set_ports(c, row);
	snprintf(row->history, sizeof(row->history), "%.*s", (int)a->history_length,
		 a->history);
	community_id(&c->key, c->family, a->orig, row->community);
}

static void
print_tsv(FILE *file, const struct row *r)
{
	fprintf(file, "%s\t%s\t%s\t%u\t%s\t%u\t%s\t-\t", r->ts, r->uid, r->host[0],
		r->port[0], r->host[1], r->port[1], r->proto);
	if (r->has_bytes)
		fprintf(file, "%s\t%" PRIu64 "\t%" PRIu64, r->duration, r->bytes[0],
			r->bytes[1]);
	else
		fputs("-\t-\t-", file);
	fprintf(file,
		"\t%s\t-\t-\t%" PRIu64 "\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
		"\t%" PRIu64 "\t-\t%s\n",
		r->conn_state, r->missed, r->history[0] != '\0' ? r->history : "-",
		r->packets[0], r->ip_bytes[0], r->packets[1], r->ip_bytes[1],
		r->community);
}

static void
print_json(FILE *file, const struct row *r)
{
	fprintf(file,
		"{\"ts\":%s,\"uid\":\"%s\",\"id.orig_h\":\"%s\",\"id.orig_p\":%u,"
		"\"id.resp_h\":\"%s\",\"id.resp_p\":%u,\"proto\":\"%s\"",
		r->ts, r->uid, r->host[0], r->port[0], r->host[1], r->port[1], r->proto);
	if (r->has_bytes)
		fprintf(file,
			",\"duration\":%s,\"orig_bytes\":%" PRIu64
			",\"resp_bytes\":%" PRIu64,
			r->duration, r->bytes[0], r->bytes[1]);
	fprintf(file, ",\"conn_state\":\"%s\",\"missed_bytes\":%" PRIu64, r->conn_state,
		r->missed);
	if (r->history[0] != '\0')
		fprintf(file, ",\"history\":\"%s\"", r->history);
	fprintf(file,
		",\"orig_pkts\":%" PRIu64 ",\"orig_ip_bytes\":%" PRIu64
		",\"resp_pkts\":%" PRIu64 ",\"resp_ip_bytes\":%" PRIu64
		",\"community_id\":\"%s\"}\n",
		r->packets[0], r->ip_bytes[0], r->packets[1], r->ip_bytes[1],
		r->community);
}

void
connlog_connection(struct connlog *l, const struct conversation *c)
{
	struct row row;

	fill_row(c, &row);
	print_tsv(l->tsv, &row);
	print_json(l->json, &row);
	if (c->a.last_ns > l->last_ns)
		l->last_ns = c->a.last_ns;
}

/* Close one file. Returns 0, or -errno with text. */
static int
close_file(FILE *file, const char *path, char *text, size_t size)
{
	bool failed;

	if (file == NULL)
		return 0;
	errno = 0;
	failed = ferror(file) != 0;
	failed |= fclose(file) != 0;
	return failed ? refuse(path, text, size) : 0;
}

int
connlog_close(struct connlog *l, char *text, size_t size)
{
	char more[PATH_MAX + 256];
	int first, second;
	size_t used;

	if (l->tsv != NULL)
		print_date(l->tsv, "close", l->last_ns);
	first = close_file(l->tsv, l->path[0], text, size);
	second = close_file(l->json, l->path[1], more, sizeof(more));
	used = first != 0 ? strlen(text) : 0;
	if (second != 0)
		snprintf(text + used, size - used, "%s%s", used != 0 ? "; " : "", more);
	l->tsv = l->json = NULL;
	return first != 0 ? first : second;
}
