/* SPDX-License-Identifier: BSD-3-Clause */
/* The reason in the event of a connection's end: each is given for what it says. */
#include "engine_fixture.h"

#include <rte_ring_elem.h>

/* room for the events of flood() */
#define EVENTS 2048u
#define TABLE 256u

/* Send a segment that has to pass. */
static void
send_segment(struct fixture *f, uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct frame frame = segment(port, flags, seq, ack);

	assert_passed(inject(f, port, &frame));
}

/* Send `bytes` of data from a port after handshake(). */
static void
data(struct fixture *f, uint16_t port, size_t bytes)
{
	struct frame frame = port == LAN ? segment(LAN, FRAME_ACK, 1001, 5001)
					 : segment(WAN, FRAME_ACK, 5001, 1001);

	frame.payload_len = bytes;
	assert_passed(inject(f, port, &frame));
}

static void
close_first(struct fixture *f)
{
	handshake(f);
	send_segment(f, LAN, FRAME_FIN | FRAME_ACK, 1001, 5001);
}

static void
close_half(struct fixture *f)
{
	close_first(f);
	send_segment(f, WAN, FRAME_ACK, 5001, 1002);
}

static void
close_second(struct fixture *f)
{
	close_first(f);
	send_segment(f, WAN, FRAME_FIN | FRAME_ACK, 5001, 1002);
}

static void
close_both(struct fixture *f)
{
	close_second(f);
	send_segment(f, LAN, FRAME_ACK, 1002, 5002);
}

static void
reset(struct fixture *f)
{
	handshake(f);
	send_segment(f, WAN, FRAME_RST | FRAME_ACK, 5001, 1001);
}

static void
reset_with_data_under_way(struct fixture *f)
{
	handshake(f);
	data(f, WAN, 1000);
	send_segment(f, WAN, FRAME_RST, 5001, 0);
}

static void
syn(struct fixture *f)
{
	send_segment(f, LAN, FRAME_SYN, 1000, 0);
}

static void
syn_and_answer(struct fixture *f)
{
	syn(f);
	send_segment(f, WAN, FRAME_SYN | FRAME_ACK, 5000, 1001);
}

static void
mid_stream(struct fixture *f)
{
	engine_set_loose(f->e, true);
	send_segment(f, LAN, FRAME_ACK, 1001, 5001);
	send_segment(f, WAN, FRAME_ACK, 5001, 1001);
}

static void
signed_handshake(struct fixture *f)
{
	static const uint8_t md5[20] = {19, 18, [18] = 1, [19] = 1};
	struct frame frames[] = {
		segment(LAN, FRAME_SYN, 1000, 0),
		segment(WAN, FRAME_SYN | FRAME_ACK, 5000, 1001),
		segment(LAN, FRAME_ACK, 1001, 5001),
	};
	unsigned i;

	for (i = 0; i < RTE_DIM(frames); i++) {
		frames[i].opt.raw = (struct frame_bytes){md5, sizeof(md5)};
		assert_passed(inject(f, i == 1 ? WAN : LAN, &frames[i]));
	}
}

static void
data_without_acknowledgment(struct fixture *f)
{
	handshake(f);
	data(f, LAN, 10);
}

static void
query(struct fixture *f)
{
	struct frame frame = datagram(LAN, 1000, 4000);

	assert_passed(inject(f, LAN, &frame));
}

static void
query_and_answer(struct fixture *f)
{
	struct frame frame = datagram(WAN, 1000, 4000);

	query(f);
	assert_passed(inject(f, WAN, &frame));
}

/* Remove the connection of query(), as another thread would. */
static void
remove_query(struct fixture *f, enum conn_end end)
{
	struct conn_view view;
	uint64_t cursor = 0;

	query(f);
	assert_int_equal(engine_list(f->e, START, &cursor, &view, 1), 1);
	assert_true(engine_delete(f->e, &view.key, view.family, false, end));
}

static void
delete_one(struct fixture *f)
{
	remove_query(f, CONN_END_DELETED);
}

static void
reload(struct fixture *f)
{
	remove_query(f, CONN_END_RELOADED);
}

static void
flush(struct fixture *f)
{
	uint64_t cursor = 0;

	query(f);
	assert_int_equal(engine_flush(f->e, &cursor, 1), 1);
}

static void
flood(struct fixture *f)
{
	struct frame frame;
	unsigned i;

	for (i = 0; i < 2 * TABLE; i++) {
		frame = segment(LAN, FRAME_SYN, 1000, 0);
		frame.sport = (uint16_t)(1000 + i);
		assert_passed(inject(f, LAN, &frame));
	}
}

/* Let time pass until a connection has ended, and return that event. */
static struct conn_event
end_event(struct fixture *f, struct rte_ring *ring)
{
	struct conn_event event;
	uint64_t at;

	for (;;) {
		while (rte_ring_sc_dequeue_elem(ring, &event, sizeof(event)) == 0) {
			if (event.kind == CONN_EVENT_DESTROY)
				return event;
			assert_int_equal(event.end, CONN_END_NONE);
		}
		assert_true(engine_next_ns(f->e, &at));
		drain(f);
		engine_expire(f->e, at, ENGINE_EXPIRE_MAX);
	}
}

static void
each_reason_is_given(void **state)
{
	static const struct {
		enum conn_end end;
		void (*live)(struct fixture *f);
	} lives[] = {
		{CONN_END_FIN, close_both},
		{CONN_END_RST, reset},
		{CONN_END_RST_DOUBTED, reset_with_data_under_way},
		{CONN_END_TIMEOUT_SYN_SENT, syn},
		{CONN_END_TIMEOUT_SYN_RECV, syn_and_answer},
		{CONN_END_TIMEOUT_PICKUP, mid_stream},
		{CONN_END_TIMEOUT_ESTABLISHED, handshake},
		{CONN_END_TIMEOUT_SIGNED, signed_handshake},
		{CONN_END_TIMEOUT_UNACKNOWLEDGED, data_without_acknowledgment},
		{CONN_END_TIMEOUT_FIN_WAIT, close_first},
		{CONN_END_TIMEOUT_CLOSE_WAIT, close_half},
		{CONN_END_TIMEOUT_LAST_ACK, close_second},
		{CONN_END_TIMEOUT_UNREPLIED, query},
		{CONN_END_TIMEOUT_REPLIED, query_and_answer},
		{CONN_END_DELETED, delete_one},
		{CONN_END_FLUSHED, flush},
		{CONN_END_RELOADED, reload},
		{CONN_END_EVICTED, flood},
	};
	struct rte_ring *ring;
	struct fixture f;
	unsigned i;

	(void)state;
	assert_int_equal(RTE_DIM(lives), CONN_END_COUNT - 1);
	for (i = 0; i < RTE_DIM(lives); i++) {
		assert_int_equal(lives[i].end, i + 1);
		f = (struct fixture){.config = fixture_config()};
		f.config.max = TABLE;
		fixture_start(&f, OFFICE);
		ring = rte_ring_create_elem("ends", sizeof(struct conn_event), EVENTS,
					    SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		assert_non_null(ring);
		engine_set_events(f.e, ring, NULL);
		lives[i].live(&f);
		assert_string_equal(conn_end_name(end_event(&f, ring).end),
				    conn_end_name(lives[i].end));
		engine_set_events(f.e, NULL, NULL);
		rte_ring_free(ring);
		fixture_end(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_is_given),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
