/* SPDX-License-Identifier: BSD-3-Clause */
/* OpenMetrics over HTTP: GET /metrics. libmicrohttpd has a thread of its own for it. */
#include "serve.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>
#include <rte_ethdev.h>

#define CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define CONNECTIONS_MAX 8u
#define TIMEOUT_S 10u

struct metrics {
	struct MHD_Daemon *daemon;
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
	fputs("# TYPE sluice_made counter\n"
	      "# HELP sluice_made Packets of our own, by kind.\n",
	      out);
	for (i = ACTION_NONE + 1; i <= ACTION_ICMP; i++)
		fprintf(out, "sluice_made_total{action=\"%s\"} %" PRIu64 "\n",
			action_name(i), s->made[i]);
}

/* One metric of every port; what is at an offset in struct rte_eth_stats. */
static void
ports(FILE *out, const struct control_config *config, const char *name, size_t offset)
{
	struct rte_eth_stats stats;
	uint64_t value;
	unsigned i;

	fprintf(out,
		"# TYPE sluice_port_%s counter\n"
		"# HELP sluice_port_%s As the device counts.\n",
		name, name);
	for (i = 0; i < config->port_count; i++) {
		if (rte_eth_stats_get(config->port_ids[i], &stats) != 0)
			continue;
		memcpy(&value, (const char *)&stats + offset, sizeof(value));
		fprintf(out, "sluice_port_%s_total{port=\"%s\"} %" PRIu64 "\n", name,
			config->port_names[i], value);
	}
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
	fputs("# EOF\n", out);
	fclose(out);
	return text;
}

static enum MHD_Result
reply(struct MHD_Connection *connection, unsigned status, char *text, size_t size)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (response == NULL) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				status == MHD_HTTP_OK ? CONTENT_TYPE : "text/plain");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* A status that is not 200, with a text. */
static enum MHD_Result
refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
	char *copy = strdup(text);

	return copy == NULL ? MHD_NO : reply(connection, status, copy, strlen(copy));
}

static enum MHD_Result
/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd says with what it is called */
handle(void *context, struct MHD_Connection *connection, const char *url,
       const char *method, const char *version, const char *data, size_t *data_size,
       void **state)
{
	size_t size = 0;
	char *text;

	(void)version;
	(void)data;
	if (*state == NULL) { /* the headers are there, a body may follow */
		*state = context;
		return MHD_YES;
	}
	*data_size = 0;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET expected\n");
	if (strcmp(url, "/metrics") != 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND, "/metrics expected\n");
	text = page(context, &size);
	if (text == NULL)
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			      "a worker does not answer\n");
	return reply(connection, MHD_HTTP_OK, text, size);
}

struct metrics *
metrics_start(const struct control_config *config, char *message)
{
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD;
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (metrics == NULL) {
		snprintf(message, CONTROL_MESSAGE_BYTES, "out of memory");
		return NULL;
	}
	if (config->metrics->sa_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	errno = 0;
	metrics->daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle,
					   (void *)(uintptr_t)config,
					   MHD_OPTION_SOCK_ADDR, config->metrics,
					   MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
					   MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
					   MHD_OPTION_END);
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
	free(metrics);
}
