/* SPDX-License-Identifier: BSD-3-Clause */
/* IPFIX: records read back by libfixbuf, and what records of long connections count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include <cmocka.h>

#include <base/reason.h>
#include <track/tcp.h>

#include "control_fake.h"
#include "ipfix.h"
#include "ipfix_active.h"
#include "ipfix_record.h"

#define AT_MS UINT64_C(1795964737616)
#define ENTERPRISE 4711u

/* What the collector wants of a record. */
struct got {
	uint64_t start_ms;
	uint64_t end_ms;
	uint64_t bytes;
	uint64_t reverse_packets;
	uint64_t dropped;
	uint64_t reverse_dropped;
	uint32_t src4;
	uint32_t egress;
	uint8_t src6[16];
	uint16_t dport;
	uint16_t vlan;
	uint8_t protocol;
	uint8_t end;
	uint8_t padding[2];
	fbVarfield_t state;
	fbVarfield_t reason;
	fbVarfield_t drop_reason;
};

static_assert(offsetof(struct got, state) == 80, "no padding but `padding`");

/* libfixbuf does not take NULL in its place */
static GError *error;

#define NAME(text) ((char *)(uintptr_t)(text))

static fbInfoElementSpec_t wanted[] = {
	{NAME("flowStartMilliseconds"), 8, 0},
	{NAME("flowEndMilliseconds"), 8, 0},
	{NAME("octetDeltaCount"), 8, 0},
	{NAME("reversePacketDeltaCount"), 8, 0},
	{NAME("droppedPacketDeltaCount"), 8, 0},
	{NAME("reverseDroppedPacketDeltaCount"), 8, 0},
	{NAME("sourceIPv4Address"), 4, 0},
	{NAME("egressInterface"), 4, 0},
	{NAME("sourceIPv6Address"), 16, 0},
	{NAME("destinationTransportPort"), 2, 0},
	{NAME("vlanId"), 2, 0},
	{NAME("protocolIdentifier"), 1, 0},
	{NAME("flowEndReason"), 1, 0},
	{NAME("paddingOctets"), 2, 0},
	{NAME("sluiceResponderState"), FB_IE_VARLEN, 0},
	{NAME("sluiceEndReason"), FB_IE_VARLEN, 0},
	{NAME("sluiceDropReason"), FB_IE_VARLEN, 0},
	FB_IESPEC_NULL,
};

/* Begin to read the messages in a file. */
static fBuf_t *
reader(fbInfoModel_t *model, FILE *file)
{
	fbSession_t *session = fbSessionAlloc(model);
	fbTemplate_t *template = fbTemplateAlloc(model);
	fBuf_t *buffer;

	assert_true(fbTemplateAppendSpecArray(template, wanted, 0, &error));
	assert_int_equal(fbSessionAddTemplate(session, TRUE, 999, template, &error), 999);
	buffer = fBufAllocForCollection(session, fbCollectorAllocFP(NULL, file));
	assert_true(fBufSetInternalTemplate(buffer, 999, &error));
	return buffer;
}

static void
next(fBuf_t *buffer, struct got *got)
{
	size_t size = sizeof(*got);

	memset(got, 0, size);
	assert_true(fBufNext(buffer, (uint8_t *)got, &size, &error));
	assert_int_equal(size, sizeof(*got));
}

static void
assert_field(const fbVarfield_t *field, const char *text)
{
	assert_int_equal(field->len, strlen(text));
	assert_memory_equal(field->buf, text, field->len);
}

/* Append a record, after the message with the templates if they are not sent yet. */
static void
append(fBuf_t *buffer, const struct ipfix_flow *flow)
{
	if (ipfix_append(buffer, flow, &error))
		return;
	assert_true(g_error_matches(error, FB_ERROR_DOMAIN, FB_ERROR_EOM));
	g_clear_error(&error);
	assert_true(fBufEmit(buffer, &error));
	assert_true(ipfix_append(buffer, flow, &error));
}

static void
records_are_read_as_they_were_written(void **state)
{
	fbInfoModel_t *model = ipfix_model(ENTERPRISE);
	struct ipfix_flow flow = {
		.view = fake_connection(1000, 7),
		.at_ms = AT_MS,
		.end = CONN_END_RST,
		.start_ms = AT_MS - 5000,
		.packets = {10, 20},
		.bytes = {1000, 2000},
		.dropped = {3, 4},
	};
	FILE *file = tmpfile();
	struct got got;
	fBuf_t *buffer;

	(void)state;
	flow.view.idle_ms = 300;
	flow.view.orig = 0;
	flow.view.has_states = true;
	flow.view.drop_reason = REASON_TCP_SEQ_RIGHT;
	flow.view.state[1] = TCP_STATE_CLOSE_WAIT;
	flow.view.key.id.network |= flow_network(1, 10, 0);
	buffer = ipfix_buffer(model, fbExporterAllocFP(file), 7, &error);
	assert_non_null(buffer);
	append(buffer, &flow);
	flow.view.family = 6;
	memset(flow.view.key.addr.v6, 0x20, sizeof(flow.view.key.addr.v6));
	flow.view.orig = 1;
	flow.view.drop_reason = REASON_NONE;
	flow.end = CONN_END_NONE;
	flow.start_ms = AT_MS - 200; /* the record before came after the last packet */
	append(buffer, &flow);
	assert_true(fBufEmit(buffer, &error));
	fBufFree(buffer);
	rewind(file);

	buffer = reader(model, file);
	next(buffer, &got);
	assert_int_equal(got.start_ms, AT_MS - 5000);
	assert_int_equal(got.end_ms, AT_MS - 300); /* its last packet */
	assert_int_equal(got.bytes, 1000);
	assert_int_equal(got.reverse_packets, 20);
	assert_int_equal(htonl(got.src4), fake_connection(1000, 7).key.addr.v4[0]);
	assert_int_equal(got.egress, 4); /* the second port of the second wire */
	assert_int_equal(got.vlan, 10);
	assert_int_equal(got.protocol, flow_id_proto(&flow.view.key.id));
	assert_int_equal(got.end, IPFIX_END_DETECTED);
	assert_field(&got.state, "CLOSE_WAIT");
	assert_field(&got.reason, "rst");
	assert_int_equal(got.dropped, 3);
	assert_int_equal(got.reverse_dropped, 4);
	assert_field(&got.drop_reason, "tcp_seq_right");
	next(buffer, &got);
	assert_int_equal(got.start_ms, AT_MS - 200);
	assert_int_equal(got.end_ms, AT_MS - 200);
	assert_int_equal(got.bytes, 2000);
	assert_int_equal(got.src6[15], 0x20);
	assert_int_equal(got.egress, 3);
	assert_int_equal(got.end, IPFIX_END_ACTIVE);
	assert_field(&got.reason, "");
	assert_int_equal(got.dropped, 4);
	assert_field(&got.drop_reason, "");
	fBufFree(buffer);
	fbInfoModelFree(model);
	fclose(file);
}

static void
each_reason_has_its_flow_end_reason(void **state)
{
	unsigned end;

	(void)state;
	for (end = 0; end < CONN_END_COUNT; end++)
		assert_in_range(ipfix_end_of(end), 1, 5);
	assert_int_equal(ipfix_end_of(CONN_END_FIN), IPFIX_END_DETECTED);
	assert_int_equal(ipfix_end_of(CONN_END_FLUSHED), IPFIX_END_FORCED);
	assert_int_equal(ipfix_end_of(CONN_END_EVICTED), IPFIX_END_RESOURCES);
	assert_int_equal(ipfix_end_of(CONN_END_TIMEOUT_REPLIED), IPFIX_END_IDLE);
}

/* The time, ms after AT_MS; the clocks have different beginnings. */
static struct active_time
after(uint64_t ms)
{
	return (struct active_time){AT_MS + ms, 5000 + ms};
}

static void
a_long_connection_has_a_record_each_time_out(void **state)
{
	struct ipfix_active *active = active_new(60000, 0);
	struct conn_view view = fake_connection(1000, 7);
	struct active_share share;

	(void)state;
	view.age_ms = 59999;
	view.packets[0] = 1;
	view.bytes[0] = 100;
	assert_false(active_seen(active, 0, &view, after(0), &share));
	view.age_ms = 60000;
	assert_true(active_seen(active, 0, &view, after(0), &share));
	assert_int_equal(share.start_ms, AT_MS - 60000);
	assert_int_equal(share.bytes[0], 100);
	view.packets[0] = 2;
	view.bytes[0] = 150;
	assert_false(active_seen(active, 0, &view, after(59999), &share));
	assert_true(active_seen(active, 0, &view, after(60000), &share));
	assert_int_equal(share.start_ms, AT_MS);
	assert_int_equal(share.bytes[0], 50);
	/* nothing has been sent */
	assert_false(active_seen(active, 0, &view, after(120000), &share));
	/* what has been sent was dropped */
	view.dropped[1] = 3;
	assert_true(active_seen(active, 0, &view, after(120000), &share));
	assert_int_equal(share.dropped[1], 3);
	assert_int_equal(share.bytes[0], 0);
	view.bytes[0] = 157;
	view.dropped[1] = 5;
	active_ended(active, 0, &view, AT_MS + 130000, &share);
	assert_int_equal(share.start_ms, AT_MS + 120000);
	assert_int_equal(share.bytes[0], 7);
	assert_int_equal(share.dropped[1], 2);
	active_free(active);
}

static void
a_step_of_the_wall_clock_makes_no_record(void **state)
{
	struct ipfix_active *active = active_new(60000, 0);
	struct conn_view view = fake_connection(1000, 7);
	struct active_share share;

	(void)state;
	view.age_ms = 60000;
	assert_true(active_seen(active, 0, &view, after(0), &share));
	assert_false(active_seen(active, 0, &view,
				 (struct active_time){AT_MS + 3600000, 5001}, &share));
	assert_true(active_seen(active, 0, &view,
				(struct active_time){AT_MS - 3600000, 65000}, &share));
	active_free(active);
}

/* It has had records of the process before, unless it was younger than the time-out. */
static void
an_adopted_connection_is_counted_from_the_restart_on(void **state)
{
	struct ipfix_active *active = active_new(60000, 4000);
	struct conn_view old = fake_connection(1000, 7), young = fake_connection(1001, 8);
	struct conn_view late = fake_connection(1002, 9);
	struct active_share share;

	(void)state;
	old.bytes[0] = young.bytes[0] = 100;
	old.age_ms = 61000; /* 1 s after the start, which was 60 s after its beginning */
	young.age_ms = 60999;
	assert_false(active_seen(active, 0, &old, after(0), &share));
	assert_true(active_seen(active, 0, &young, after(0), &share));
	assert_int_equal(share.bytes[0], 100);
	old.bytes[0] = 107;
	assert_false(active_seen(active, 0, &old, after(59999), &share));
	assert_true(active_seen(active, 0, &old, after(60000), &share));
	assert_int_equal(share.start_ms, AT_MS);
	assert_int_equal(share.bytes[0], 7);
	/* what only a later walk finds is too old by an error of the engine's clock */
	active_walked(active);
	late.age_ms = 1000000;
	late.bytes[0] = 5;
	assert_true(active_seen(active, 0, &late, after(0), &share));
	assert_int_equal(share.bytes[0], 5);
	active_free(active);
}

/* A new connection between the same endpoints has taken its place: SYN-4. */
static void
a_connection_whose_age_falls_is_not_counted_again(void **state)
{
	struct ipfix_active *active = active_new(60000, 0);
	struct conn_view view = fake_connection(1000, 7);
	struct active_share share;
	unsigned i;

	(void)state;
	view.age_ms = 60000;
	view.bytes[0] = 100;
	assert_true(active_seen(active, 0, &view, after(0), &share));
	view.age_ms = 1;
	view.bytes[0] = 107;
	for (i = 0; i < 2 * ACTIVE_WALKS; i++) {
		assert_false(active_seen(active, 0, &view, after(i), &share));
		active_walked(active);
	}
	active_ended(active, 0, &view, AT_MS + 1000, &share);
	assert_int_equal(share.bytes[0], 7);
	active_free(active);
}

/* The report of the end may come after a walk that does not find the connection. */
static void
what_some_walks_do_not_find_is_forgotten(void **state)
{
	struct ipfix_active *active = active_new(60000, 0);
	struct conn_view view = fake_connection(1000, 7);
	struct active_share share;
	unsigned walks, i;

	(void)state;
	view.age_ms = 60000;
	view.bytes[0] = 100;
	for (walks = ACTIVE_WALKS; walks <= ACTIVE_WALKS + 1; walks++) {
		assert_true(active_seen(active, 3, &view, after(0), &share));
		active_walked(active); /* the walk that has found it */
		for (i = 0; i < walks; i++)
			active_walked(active);
		active_ended(active, 3, &view, AT_MS, &share);
		assert_int_equal(share.bytes[0], walks == ACTIVE_WALKS ? 0 : 100);
	}
	active_free(active);
}

static unsigned warnings;

static void
warn(const char *text)
{
	(void)text;
	warnings++;
}

static void
a_collector_that_is_away_costs_records_and_one_warning(void **state)
{
	static struct fake fake;
	struct control_ipfix to = {
		.collector = "127.0.0.1:1",
		.host = "127.0.0.1",
		.port = "1", /* no one listens there */
		.tcp = true,
		.active_s = 60,
		.enterprise = ENTERPRISE,
	};
	struct conn_event event = {.kind = CONN_EVENT_DESTROY, .end = CONN_END_FIN};
	struct fanout_item item = {.stream = CONTROL_STREAM_EVENTS, .event = &event};
	struct fanout fanout = {0};
	char message[CONTROL_MESSAGE_BYTES];
	struct ipfix *ipfix;
	unsigned i;

	(void)state;
	fake_init(&fake);
	fake.config.ipfix = &to;
	fake.config.warn = warn;
	event.view = fake_connection(1000, 7);
	assert_int_equal(ipfix_open(&fake.config, &ipfix, message), 0);
	assert_int_equal(fanout_join(&fanout, ipfix_reader(ipfix)), 0);
	for (i = 0; i < 100; i++)
		fanout_put(&fanout, &item);
	fanout_lose(&fanout, CONTROL_STREAM_EVENTS, 5);
	fanout_put(&fanout, &item);
	event.kind = CONN_EVENT_NEW;
	fanout_put(&fanout, &item);
	ipfix_close(ipfix);
	assert_int_equal(fanout.count, 0);
	assert_int_equal(to.sent, 0);
	assert_int_equal(to.lost, 106);
	assert_int_equal(warnings, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_read_as_they_were_written),
		cmocka_unit_test(each_reason_has_its_flow_end_reason),
		cmocka_unit_test(a_long_connection_has_a_record_each_time_out),
		cmocka_unit_test(a_step_of_the_wall_clock_makes_no_record),
		cmocka_unit_test(an_adopted_connection_is_counted_from_the_restart_on),
		cmocka_unit_test(a_connection_whose_age_falls_is_not_counted_again),
		cmocka_unit_test(what_some_walks_do_not_find_is_forgotten),
		cmocka_unit_test(a_collector_that_is_away_costs_records_and_one_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
