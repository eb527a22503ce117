/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OpenMetrics over HTTP: GET /metrics. libmicrohttpd has a thread of its own for it, on
 * which all callbacks run. Whoever connects may be slow, and may be many: a connection
 * takes MEMORY_BYTES; beyond CONNECTIONS_MAX the oldest one is closed for the newest; and
 * workers are asked once in PAGE_MS, however often the page is fetched.
 */
#include "serve.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <microhttpd.h>
#include <rte_ethdev.h>

#define CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define CONNECTIONS_MAX 48u
#define CONNECTIONS_LIMIT (CONNECTIONS_MAX + 16u) /* until the closed ones have gone */
#define TIMEOUT_S 10u                             /* without a byte */
#define MEMORY_BYTES ((size_t)16 << 10)           /* of headers, for one */
#define PAGE_MS 200

struct metrics {
	const struct control_config *config;
	struct MHD_Daemon *daemon;
	/* in the order in which they came */
	struct MHD_Connection *connections[CONNECTIONS_LIMIT];
	unsigned count;
	char *page; /* NULL: none yet */
	size_t page_size;
	uint64_t page_ms; /* when it was made */
};

static void
counter(FILE *out, const char *name, uint64_t value, const char *help)
{
	fprintf(out,
		"# TYPE sluice_%s counter\n# HELP sluice_%s %s\nsluice_%s_total %" PRIu64
		"\n",
		name, name, help, name, value);
}

static void
gauge(FILE *out, const char *name, uint64_t value, const char *help)
{
	fprintf(out,
		"# TYPE sluice_%s gauge\n# HELP sluice_%s %s\nsluice_%s %" PRIu64 "\n",
		name, name, help, name, value);
}

static void
connections(FILE *out, const struct control_config *config, const struct engine_stats *s)
{
	fprintf(out,
		"# TYPE sluice_connections gauge\n"
		"# HELP sluice_connections Connections in the tables.\n"
		"sluice_connections{family=\"ipv4\"} %" PRIu32 "\n"
		"sluice_connections{family=\"ipv6\"} %" PRIu32 "\n"
		"# TYPE sluice_connections_limit gauge\n"
		"# HELP sluice_connections_limit The most there can be.\n"
		"sluice_connections_limit{family=\"ipv4\"} %" PRIu32 "\n"
		"sluice_connections_limit{family=\"ipv6\"} %" PRIu32 "\n",
		s->connections, s->connections6, config->max, config->max6);
}

static void
loads(FILE *out, const struct control_load *load, unsigned n)
{
	unsigned i;

	fputs("# TYPE sluice_worker_packets counter\n"
	      "# HELP sluice_worker_packets Packets that a worker has judged.\n",
	      out);
	for (i = 0; i < n; i++)
		fprintf(out, "sluice_worker_packets_total{worker=\"%u\"} %" PRIu64 "\n",
			i, load[i].packets);
	fputs("# TYPE sluice_worker_handed_over counter\n"
	      "# HELP sluice_worker_handed_over Packets received for other workers.\n",
	      out);
	for (i = 0; i < n; i++)
		fprintf(out,
			"sluice_worker_handed_over_total{worker=\"%u\"} %" PRIu64 "\n", i,
			load[i].handed_over);
	fputs("# TYPE sluice_worker_connections gauge\n"
	      "# HELP sluice_worker_connections Connections in a worker's tables.\n",
	      out);
	for (i = 0; i < n; i++)
		fprintf(out, "sluice_worker_connections{worker=\"%u\"} %" PRIu32 "\n", i,
			load[i].connections);
}

static void
drops(FILE *out, const struct engine_stats *s)
{
	unsigned i;

	fputs("# TYPE sluice_drops counter\n"
	      "# HELP sluice_drops Packets dropped, by reason.\n",
	      out);
	for (i = REASON_NONE + 1; i < REASON_COUNT; i++)
		fprintf(out, "sluice_drops_total{reason=\"%s\"} %" PRIu64 "\n",
			reason_name(i), s->drops[i]);
	fputs("# TYPE sluice_generated counter\n"
	      "# HELP sluice_generated Packets of our own, by kind.\n",
	      out);
	for (i = ACTION_NONE + 1; i <= ACTION_ICMP; i++)
		fprintf(out, "sluice_generated_total{action=\"%s\"} %" PRIu64 "\n",
			action_name(i), s->generated[i]);
	/* the old name, for one release: CHANGELOG.md */
	fputs("# TYPE sluice_made counter\n"
	      "# HELP sluice_made Packets of our own, by kind.\n",
	      out);
	for (i = ACTION_NONE + 1; i <= ACTION_ICMP; i++)
		fprintf(out, "sluice_made_total{action=\"%s\"} %" PRIu64 "\n",
			action_name(i), s->generated[i]);
}

/* One metric of every port; what is at an offset in struct rte_eth_stats. */
static void
ports(FILE *out, const struct control_config *config, const char *name, size_t offset)
{
	struct rte_eth_stats stats;
	struct control_port port;
	uint64_t value;
	unsigned i;

	fprintf(out,
		"# TYPE sluice_port_%s counter\n"
		"# HELP sluice_port_%s As the device counts.\n",
		name, name);
	for (i = 0; i < config->port_count; i++) {
		if (control_port_stats(config, i, &stats, &port) != 0)
			continue;
		memcpy(&value, (const char *)&stats + offset, sizeof(value));
		fprintf(out, "sluice_port_%s_total{port=\"%s\"} %" PRIu64 "\n", name,
			config->port_names[i], value);
	}
}

static void
links(FILE *out, const struct control_config *config)
{
	struct rte_eth_stats stats;
	struct control_port port[CONTROL_MAX_PORTS];
	unsigned i;

	fputs("# TYPE sluice_port_up gauge\n"
	      "# HELP sluice_port_up 1: the port has a link.\n",
	      out);
	for (i = 0; i < config->port_count; i++) {
		control_port_stats(config, i, &stats, &port[i]);
		fprintf(out, "sluice_port_up{port=\"%s\"} %d\n", config->port_names[i],
			port[i].up);
	}
	fputs("# TYPE sluice_port_link_changes counter\n"
	      "# HELP sluice_port_link_changes How often the link came or went.\n",
	      out);
	for (i = 0; i < config->port_count; i++)
		fprintf(out, "sluice_port_link_changes_total{port=\"%s\"} %" PRIu64 "\n",
			config->port_names[i], port[i].link_changes);
}

/* The page, to be freed; NULL: a worker does not answer. */
static char *
page(const struct control_config *config, size_t *size)
{
	struct control_load load[CONTROL_MAX_WORKERS];
	struct engine_stats s;
	char *text = NULL;
	FILE *out;

	if (control_stats(config, &s, load) != 0)
		return NULL;
	out = open_memstream(&text, size);
	if (out == NULL)
		return NULL;
	counter(out, "packets", s.packets, "Packets received.");
	counter(out, "bytes", s.bytes, "Bytes received.");
	counter(out, "passed", s.passed, "Packets passed.");
	counter(out, "bypassed", s.bypassed,
		"Packets passed without rules and tracking.");
	counter(out, "connections_created", s.created, "Connections made.");
	counter(out, "connections_removed", s.removed, "Connections ended.");
	counter(out, "tcp_rst_forged", s.rst_forged, "RST after which the peer went on.");
	counter(out, "tcp_overshoot", s.overshoot, "Segments past the window, passed.");
	counter(out, "connections_evicted", s.evicted,
		"Connections that made room for new ones.");
	counter(out, "reassembled", s.reassembled, "Datagrams that came in fragments.");
	counter(out, "tcp_asymmetric", s.asymmetric,
		"Connections of which one direction goes another way.");
	gauge(out, "fragments", s.fragments, "Fragments that wait for the others.");
	connections(out, config, &s);
	loads(out, load, config->worker_count);
	drops(out, &s);
	ports(out, config, "rx_packets", offsetof(struct rte_eth_stats, ipackets));
	ports(out, config, "rx_bytes", offsetof(struct rte_eth_stats, ibytes));
	ports(out, config, "rx_missed", offsetof(struct rte_eth_stats, imissed));
	ports(out, config, "tx_packets", offsetof(struct rte_eth_stats, opackets));
	ports(out, config, "tx_bytes", offsetof(struct rte_eth_stats, obytes));
	ports(out, config, "tx_errors", offsetof(struct rte_eth_stats, oerrors));
	links(out, config);
	fputs("# EOF\n", out);
	fclose(out);
	return text;
}

/* The page, not older than PAGE_MS; false: a worker does not answer. */
static bool
page_renew(struct metrics *metrics)
{
	struct timespec now;
	uint64_t now_ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	if (metrics->page != NULL && now_ms - metrics->page_ms < PAGE_MS)
		return true;
	free(metrics->page);
	metrics->page = page(metrics->config, &metrics->page_size);
	metrics->page_ms = now_ms;
	return metrics->page != NULL;
}

static enum MHD_Result
reply(struct MHD_Connection *connection, unsigned status, const char *text, size_t size)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(size, (void *)(uintptr_t)text,
						MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				status == MHD_HTTP_OK ? CONTENT_TYPE : "text/plain");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* A status that is not 200, with a text. */
static enum MHD_Result
refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
	return reply(connection, status, text, strlen(text));
}

static enum MHD_Result
/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd says with what it is called */
handle(void *context, struct MHD_Connection *connection, const char *url,
       const char *method, const char *version, const char *data, size_t *data_size,
       void **state)
{
	struct metrics *metrics = context;

	(void)version;
	(void)data;
	/* at once: a body may follow that does not end */
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET expected\n");
	if (*state == NULL || *data_size > 0) { /* the headers are there, or a body is */
		*state = context;
		*data_size = 0;
		return MHD_YES;
	}
	if (strcmp(url, "/metrics") != 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND, "/metrics expected\n");
	if (!page_renew(metrics))
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			      "a worker does not answer\n");
	return reply(connection, MHD_HTTP_OK, metrics->page, metrics->page_size);
}

/* Close it as if its peer had: libmicrohttpd then forgets it. */
static void
hang_up(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (info != NULL)
		shutdown(info->connect_fd, SHUT_RDWR);
}

/* A connection begins or ends. */
static void
notify(void *context, struct MHD_Connection *connection, void **socket_context,
       enum MHD_ConnectionNotificationCode code)
{
	struct metrics *metrics = context;
	unsigned i;

	(void)socket_context;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		if (metrics->count < CONNECTIONS_LIMIT)
			metrics->connections[metrics->count++] = connection;
		if (metrics->count > CONNECTIONS_MAX)
			hang_up(metrics->connections[metrics->count - CONNECTIONS_MAX -
						     1]);
		return;
	}
	for (i = 0; i < metrics->count; i++)
		if (metrics->connections[i] == connection)
			break;
	if (i == metrics->count)
		return;
	metrics->count--;
	memmove(&metrics->connections[i], &metrics->connections[i + 1],
		(metrics->count - i) * sizeof(metrics->connections[0]));
}

struct metrics *
metrics_start(const struct control_config *config, char *message)
{
	/* not select(), which knows no descriptors from 1,024 on */
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO;
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (metrics == NULL) {
		snprintf(message, CONTROL_MESSAGE_BYTES, "out of memory");
		return NULL;
	}
	if (config->metrics->sa_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	metrics->config = config;
	errno = 0;
	metrics->daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, metrics,
					   MHD_OPTION_SOCK_ADDR, config->metrics,
					   MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_LIMIT,
					   MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
					   MHD_OPTION_CONNECTION_MEMORY_LIMIT,
					   MEMORY_BYTES, MHD_OPTION_NOTIFY_CONNECTION,
					   notify, metrics, MHD_OPTION_END);
	if (metrics->daemon == NULL) {
		snprintf(message, CONTROL_MESSAGE_BYTES, "metrics cannot be served: %s",
			 errno != 0 ? strerror(errno) : "the address cannot be had");
		free(metrics);
		return NULL;
	}
	return metrics;
}

void
metrics_stop(struct metrics *metrics)
{
	if (metrics == NULL)
		return;
	MHD_stop_daemon(metrics->daemon);
	free(metrics->page);
	free(metrics);
}
