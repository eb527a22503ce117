/* SPDX-License-Identifier: BSD-3-Clause */
#include "ipfix_collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_BYTES UINT16_MAX /* its length has 16 bits: RFC 7011 3.1 */

struct ipfix_collector {
	struct control_ipfix *to;
	struct ipfix_transport transport;
	void (*warn)(const char *text);
	fbInfoModel_t *model;
	fBuf_t *buffer;         /* NULL: not connected */
	fbExporter_t *exporter; /* of the buffer; writes to `message` */
	unsigned pending;       /* records in the buffer */
	/* records in messages that an error may still be about, by looks since then */
	uint64_t unconfirmed[IPFIX_CHECKS];
	bool away; /* there was a failure, and no record has been confirmed since */
	uint64_t flush_ms, check_ms, templates_ms, retry_ms, retry_after_ms;
	uint8_t message[MESSAGE_BYTES];
};

struct ipfix_collector *
collector_new(struct control_ipfix *to, const struct ipfix_transport *transport,
	      void (*warn)(const char *text))
{
	struct ipfix_collector *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->to = to;
	c->transport = *transport;
	c->warn = warn;
	c->model = ipfix_model(to->enterprise);
	return c;
}

static void
collector_close(struct ipfix_collector *c)
{
	c->transport.close(c->transport.context);
	if (c->buffer != NULL)
		fBufFree(c->buffer);
	c->buffer = NULL;
}

void
collector_free(struct ipfix_collector *c)
{
	if (c == NULL)
		return;
	collector_close(c);
	fbInfoModelFree(c->model);
	free(c);
}

/* ---- failures ---- */

static void
warn_away(const struct ipfix_collector *c, int status)
{
	char text[512];

	if (c->away || c->warn == NULL)
		return;
	snprintf(text, sizeof(text),
		 "ipfix: %s: %s: records are lost until it can be reached",
		 c->to->collector, strerror(-status));
	c->warn(text);
}

/* Count the records in the buffer as lost. */
static void
pending_lost(struct ipfix_collector *c)
{
	atomic_fetch_add(&c->to->lost, c->pending);
	c->pending = 0;
}

/* Set when the next attempt may be made. */
static void
back_off(struct ipfix_collector *c, uint64_t now_ms)
{
	c->retry_after_ms = c->retry_after_ms == 0 ? IPFIX_RETRY_FIRST_MS
						   : 2 * c->retry_after_ms;
	if (c->retry_after_ms > IPFIX_RETRY_LAST_MS)
		c->retry_after_ms = IPFIX_RETRY_LAST_MS;
	c->retry_ms = now_ms + c->retry_after_ms;
}

/*
 * The connection is broken, or could not be made. Over UDP, one that could be made is
 * made again at once: only a datagram shows whether the collector is back.
 */
static void
collector_failed(struct ipfix_collector *c, int status, uint64_t now_ms)
{
	unsigned i;

	if (c->to->tcp || c->buffer == NULL)
		back_off(c, now_ms);
	atomic_fetch_add(&c->to->errors, 1);
	for (i = 0; i < IPFIX_CHECKS; i++)
		atomic_fetch_add(&c->to->lost, c->unconfirmed[i]);
	memset(c->unconfirmed, 0, sizeof(c->unconfirmed));
	pending_lost(c);
	warn_away(c, status);
	c->away = true;
	collector_close(c);
}

/* Look for an error that has come. Returns false if there is no connection any more. */
static bool
collector_check(struct ipfix_collector *c, uint64_t now_ms)
{
	int status = c->transport.error(c->transport.context);

	if (status != 0)
		collector_failed(c, status, now_ms);
	return status == 0;
}

/* ---- messages ---- */

/*
 * Send the message in the buffer, which is not empty. Returns whether there is still a
 * connection.
 */
static bool
collector_emit(struct ipfix_collector *c, uint64_t now_ms)
{
	GError *error = NULL;
	int status = -EPROTO;

	c->flush_ms = now_ms + IPFIX_FLUSH_MS;
	if (fBufEmit(c->buffer, &error))
		status = c->transport.send(c->transport.context, c->message,
					   fbExporterGetMsgLen(c->exporter));
	g_clear_error(&error);
	if (status == -ENOBUFS || status == -EAGAIN) {
		atomic_fetch_add(&c->to->errors, 1);
		pending_lost(c);
		return true;
	}
	if (status != 0) {
		collector_failed(c, status, now_ms);
		return false;
	}
	c->unconfirmed[0] += c->pending;
	c->pending = 0;
	return true;
}

/* Connect. The first message of a buffer has the templates. */
static bool
collector_open(struct ipfix_collector *c, uint64_t now_ms)
{
	GError *error = NULL;
	int status;

	if (now_ms < c->retry_ms)
		return false;
	status = c->transport.open(c->transport.context);
	if (status == 0) {
		c->exporter = fbExporterAllocBuffer(c->message,
						    c->to->tcp ? MESSAGE_BYTES
							       : IPFIX_UDP_BYTES);
		c->buffer = ipfix_buffer(c->model, c->exporter, c->to->domain, &error);
		g_clear_error(&error);
		status = c->buffer == NULL ? -EPROTO : 0;
	}
	if (status != 0) {
		collector_failed(c, status, now_ms);
		return false;
	}
	c->templates_ms = now_ms + IPFIX_TEMPLATES_MS;
	return true;
}

/*
 * Put the templates into the buffer, which is empty, for a message of their own before
 * the next record. After a message with records, libfixbuf wants a new one to be begun
 * (FB_ERROR_EOM), which the second call does.
 */
static bool
templates_append(struct ipfix_collector *c, uint64_t now_ms)
{
	fbSession_t *session = fBufGetSession(c->buffer);
	GError *error = NULL;
	bool done = fbSessionExportTemplates(session, &error);

	c->templates_ms = now_ms + IPFIX_TEMPLATES_MS;
	if (!done && g_error_matches(error, FB_ERROR_DOMAIN, FB_ERROR_EOM)) {
		g_clear_error(&error);
		done = fbSessionExportTemplates(session, &error);
	}
	g_clear_error(&error);
	if (!done)
		collector_failed(c, -EPROTO, now_ms);
	return done;
}

/* Have a connection to the collector. Returns whether there is one. */
static bool
collector_ready(struct ipfix_collector *c, uint64_t now_ms)
{
	if (c->pending != 0)
		return true;
	if (c->buffer != NULL && collector_check(c, now_ms))
		return c->to->tcp || now_ms < c->templates_ms ||
		       templates_append(c, now_ms);
	return collector_open(c, now_ms);
}

void
collector_send(struct ipfix_collector *c, const struct ipfix_flow *flow, uint64_t now_ms)
{
	GError *error = NULL;
	bool done;

	if (!collector_ready(c, now_ms)) {
		atomic_fetch_add(&c->to->lost, 1);
		return;
	}
	done = ipfix_append(c->buffer, flow, &error);
	if (!done && g_error_matches(error, FB_ERROR_DOMAIN, FB_ERROR_EOM)) {
		g_clear_error(&error);
		done = collector_emit(c, now_ms) && ipfix_append(c->buffer, flow, &error);
	}
	g_clear_error(&error);
	if (!done) {
		atomic_fetch_add(&c->to->lost, 1);
		if (c->buffer != NULL)
			collector_failed(c, -EPROTO, now_ms);
		return;
	}
	if (c->pending++ == 0)
		c->flush_ms = now_ms + IPFIX_FLUSH_MS;
}

/* There was no error: count the records as sent that have waited long enough for one. */
static void
collector_confirm(struct ipfix_collector *c)
{
	const uint64_t confirmed = c->unconfirmed[IPFIX_CHECKS - 1];

	if (confirmed != 0) {
		c->away = false;
		c->retry_after_ms = 0;
	}
	atomic_fetch_add(&c->to->sent, confirmed);
	memmove(&c->unconfirmed[1], &c->unconfirmed[0],
		(IPFIX_CHECKS - 1) * sizeof(c->unconfirmed[0]));
	c->unconfirmed[0] = 0;
}

void
collector_tick(struct ipfix_collector *c, uint64_t now_ms)
{
	if (c->pending != 0 && now_ms >= c->flush_ms && !collector_emit(c, now_ms))
		return;
	if (c->buffer == NULL || now_ms < c->check_ms)
		return;
	c->check_ms = now_ms + IPFIX_CHECK_MS;
	if (collector_check(c, now_ms))
		collector_confirm(c);
}

void
collector_end(struct ipfix_collector *c, uint64_t now_ms)
{
	unsigned i;

	if (c->buffer == NULL || (c->pending != 0 && !collector_emit(c, now_ms)) ||
	    !collector_check(c, now_ms))
		return;
	for (i = 0; i < IPFIX_CHECKS; i++)
		collector_confirm(c);
}
