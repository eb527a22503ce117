/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists and events of connections for other threads, and deletion by them. */
#include "engine_fixture.h"

#include <rte_byteorder.h>

#include <flow/l2.h>

static void
start(struct fixture *f)
{
	*f = (struct fixture){.config = fixture_config()};
	fixture_start(f, OFFICE);
}

static void
fill(struct fixture *f, unsigned v4, unsigned v6)
{
	struct frame frame = datagram(LAN, 0, 53);
	unsigned i;

	for (i = 0; i < v4; i++) {
		frame.sport = (uint16_t)(1000 + i);
		assert_passed(inject(f, LAN, &frame));
	}
	frame.src = HOST6;
	frame.dst = SERVER6;
	for (i = 0; i < v6; i++) {
		frame.sport = (uint16_t)(1000 + i);
		assert_passed(inject(f, LAN, &frame));
	}
}

static void
list_in_pieces_shows_each_connection_once(void **state)
{
	struct conn_view views[3];
	bool seen[26] = {false};
	uint64_t cursor = 0;
	unsigned n, i, total = 0, six = 0;
	struct fixture f;

	(void)state;
	start(&f);
	assert_int_equal(engine_list(f.e, START, &cursor, views, 3), 0);
	assert_true(cursor == ENGINE_CURSOR_END);
	fill(&f, 20, 5);
	cursor = 0;
	while (cursor != ENGINE_CURSOR_END) {
		n = engine_list(f.e, START, &cursor, views, 3);
		for (i = 0; i < n; i++) {
			assert_in_range(views[i].id, 1, 25);
			assert_false(seen[views[i].id]);
			seen[views[i].id] = true;
			six += views[i].family == 6;
		}
		total += n;
	}
	assert_int_equal(total, 25);
	assert_int_equal(six, 5);
	assert_int_equal(engine_list(f.e, START, &cursor, views, 3), 0);
	assert_true(cursor == ENGINE_CURSOR_END);
	fixture_end(&f);
}

static void
start_big(struct fixture *f)
{
	*f = (struct fixture){.config = fixture_config()};
	f->config.max = f->config.max6 = 3 * ENGINE_WALK_PLACES;
	fixture_start(f, OFFICE);
}

static void
list_of_many_pieces_misses_none(void **state)
{
	const unsigned v4 = 2 * ENGINE_WALK_PLACES + 100, v6 = ENGINE_WALK_PLACES;
	struct conn_view views[64];
	unsigned n, i, total = 0, left = v4 + v6;
	uint64_t cursor;
	struct fixture f;

	(void)state;
	start_big(&f);
	fill(&f, v4, v6);
	for (cursor = 0; cursor != ENGINE_CURSOR_END;) {
		n = engine_list(f.e, START, &cursor, views, 64);
		for (i = 0; i < n; i++) {
			/* ordered by creation */
			assert_int_equal(views[i].id, ++total);
			if (views[i].id % 3 == 0)
				continue;
			assert_true(engine_delete(f.e, &views[i].key, views[i].family,
						  false, CONN_END_DELETED));
			left--;
		}
	}
	assert_int_equal(total, v4 + v6);
	assert_int_equal(left, total / 3);
	for (cursor = 0, total = 0; cursor != ENGINE_CURSOR_END;) {
		n = engine_list(f.e, START, &cursor, views, 64);
		for (i = 0; i < n; i++)
			assert_int_equal(views[i].id, 3 * ++total);
	}
	assert_int_equal(total, left);
	fixture_end(&f);
}

static void
piece_looks_at_a_bounded_number_of_places(void **state)
{
	const unsigned count = 2 * ENGINE_WALK_PLACES + 1;
	uint64_t list = 0, flush = 0;
	struct conn_view view;
	struct fixture f;
	unsigned i;

	(void)state;
	start_big(&f);
	fill(&f, count, 0);
	for (i = 0; i < count - 1; i++)
		assert_int_equal(engine_flush(f.e, &flush, 1), 1);
	assert_int_equal(stats(&f).connections, 1);

	/* the remaining connection comes after the first two pieces of one entry */
	flush = 0;
	for (i = 0; i < 2; i++) {
		assert_int_equal(engine_list(f.e, START, &list, &view, 1), 0);
		assert_true(list != ENGINE_CURSOR_END);
		assert_int_equal(engine_flush(f.e, &flush, 1), 0);
		assert_true(flush != ENGINE_CURSOR_END);
	}
	assert_int_equal(engine_list(f.e, START, &list, &view, 1), 1);
	assert_int_equal(view.id, count);
	assert_int_equal(engine_flush(f.e, &flush, 1), 1);
	assert_int_equal(engine_list(f.e, START, &list, &view, 1), 0);
	assert_true(list == ENGINE_CURSOR_END);
	assert_int_equal(engine_flush(f.e, &flush, 1), 0);
	assert_true(flush == ENGINE_CURSOR_END);
	fixture_end(&f);
}

static void
view_says_what_there_is_to_know(void **state)
{
	struct conn_view view;
	uint64_t cursor = 0;
	struct fixture f;

	(void)state;
	start(&f);
	handshake(&f);
	assert_int_equal(engine_list(f.e, START + 5 * S, &cursor, &view, 1), 1);
	assert_int_equal(view.family, 4);
	assert_int_equal(flow_id_proto(&view.key.id), IPPROTO_TCP);
	assert_int_equal(view.key.id.port[LAN], rte_cpu_to_be_16(40000));
	assert_int_equal(view.key.id.port[WAN], rte_cpu_to_be_16(80));
	assert_int_equal(view.key.addr.v4[LAN], RTE_BE32(0x0a000001));
	assert_int_equal(view.key.addr.v4[WAN], RTE_BE32(0xc0000201));
	assert_int_equal(view.orig, LAN);
	assert_true(view.replied);
	assert_true(view.assured);
	assert_true(view.has_states);
	assert_int_equal(view.state[LAN], TCP_STATE_ESTABLISHED);
	assert_int_equal(view.rule, 2);
	assert_int_equal(view.left_ms, 7435000);
	assert_int_equal(view.age_ms, 5000);
	assert_int_equal(view.packets[LAN], 0);
	fixture_end(&f);
}

static void
delete_takes_the_connection_with_that_key_only(void **state)
{
	struct frame frame = datagram(LAN, 1001, 53);
	struct conn_view view;
	uint64_t cursor = 0;
	struct fixture f;

	(void)state;
	start(&f);
	fill(&f, 3, 1);
	while (engine_list(f.e, START, &cursor, &view, 1) == 1)
		if (view.family == 4 && view.key.id.port[LAN] == rte_cpu_to_be_16(1001))
			break;
	assert_false(engine_delete(f.e, &view.key, 6, false, CONN_END_DELETED));
	assert_true(engine_delete(f.e, &view.key, 4, false, CONN_END_DELETED));
	assert_false(engine_delete(f.e, &view.key, 4, false, CONN_END_DELETED));
	assert_int_equal(stats(&f).connections, 2);
	assert_int_equal(stats(&f).connections6, 1);
	/* after the deletion a reply belongs to no connection; a query opens one again */
	frame = datagram(WAN, 1001, 53);
	assert_dropped(inject(&f, WAN, &frame), REASON_POLICY_DROP);
	frame = datagram(LAN, 1001, 53);
	assert_passed(inject(&f, LAN, &frame));
	fixture_end(&f);
}

/* GEN-6: both endpoints get a RST, from the address of the other one. */
static void
a_deletion_with_reset_tells_both_endpoints(void **state)
{
	struct conn_view view;
	uint64_t cursor = 0;
	struct packet p;
	struct fixture f;

	(void)state;
	start(&f);
	handshake(&f);
	drain(&f);
	assert_int_equal(engine_list(f.e, START, &cursor, &view, 1), 1);
	assert_true(engine_delete(f.e, &view.key, 4, true, CONN_END_DELETED));
	assert_int_equal(left_count(&f, LAN), 1);
	assert_int_equal(left_count(&f, WAN), 1);
	p = left(&f, LAN, 0);
	assert_int_equal(p.seg.flags, TCP_RST | TCP_ACK);
	assert_int_equal(p.seg.seq, 5001);
	p = left(&f, WAN, 0);
	assert_int_equal(p.seg.flags, TCP_RST | TCP_ACK);
	assert_int_equal(p.seg.seq, 1001);
	assert_int_equal(stats(&f).generated[ACTION_RST], 2);
	assert_int_equal(stats(&f).connections, 0);
	drain(&f);
	/* a datagram's connection has nothing to reset */
	fill(&f, 1, 0);
	drain(&f);
	cursor = 0;
	assert_int_equal(engine_list(f.e, START, &cursor, &view, 1), 1);
	assert_true(engine_delete(f.e, &view.key, 4, true, CONN_END_DELETED));
	assert_int_equal(left_count(&f, LAN) + left_count(&f, WAN), 0);
	fixture_end(&f);
}

static void
flush_removes_all_in_pieces(void **state)
{
	uint64_t cursor = 0, at;
	struct fixture f;

	(void)state;
	start(&f);
	fill(&f, 20, 5);
	assert_int_equal(engine_flush(f.e, &cursor, 8), 8);
	assert_int_equal(stats(&f).connections, 12);
	assert_int_equal(engine_flush(f.e, &cursor, 13), 13);
	assert_true(cursor != ENGINE_CURSOR_END);
	assert_int_equal(engine_flush(f.e, &cursor, 13), 4);
	assert_true(cursor == ENGINE_CURSOR_END);
	assert_int_equal(engine_flush(f.e, &cursor, 13), 0);
	assert_int_equal(stats(&f).connections + stats(&f).connections6, 0);
	assert_false(engine_next_ns(f.e, &at));
	fixture_end(&f);
}

static void
flush_ends_while_connections_keep_coming(void **state)
{
	struct frame frame = datagram(LAN, 0, 53);
	struct conn_view view;
	unsigned i, pieces = 0;
	uint64_t cursor = 0;
	struct fixture f;

	(void)state;
	start(&f);
	fill(&f, 500, 50);
	frame.sport = 10000;
	while (cursor != ENGINE_CURSOR_END) {
		engine_flush(f.e, &cursor, 8);
		/* more connections are opened than the flush removes */
		for (i = 0; i < 20; i++, frame.sport++)
			inject(&f, LAN, &frame);
		assert_true(++pieces <= (f.config.max + f.config.max6) / 8 + 1);
	}
	assert_int_equal(stats(&f).connections6, 0);
	assert_true(stats(&f).connections > 500);
	for (cursor = 0; engine_list(f.e, START, &cursor, &view, 1) == 1;)
		/* a connection older than the flush would have a lower id */
		assert_true(view.id > 550);
	assert_true(cursor == ENGINE_CURSOR_END);
	fixture_end(&f);
}

static void
events_tell_the_life_of_a_connection(void **state)
{
	struct conn_event event;
	struct rte_ring *ring;
	struct frame frame;
	uint64_t lost = 0, cursor = 0;
	struct fixture f;

	(void)state;
	start(&f);
	ring = rte_ring_create_elem("events", sizeof(event), 16, SOCKET_ID_ANY,
				    RING_F_SP_ENQ | RING_F_SC_DEQ);
	assert_non_null(ring);
	engine_set_events(f.e, ring, &lost);
	handshake(&f);
	assert_int_equal(rte_ring_sc_dequeue_elem(ring, &event, sizeof(event)), 0);
	assert_int_equal(event.kind, CONN_EVENT_NEW);
	assert_int_equal(event.at_ns, START);
	assert_int_equal(event.view.state[LAN], TCP_STATE_SYN_SENT);
	assert_int_equal(rte_ring_sc_dequeue_elem(ring, &event, sizeof(event)), 0);
	assert_int_equal(event.kind, CONN_EVENT_UPDATE);
	assert_int_equal(event.view.state[WAN], TCP_STATE_SYN_RECEIVED);
	assert_int_equal(rte_ring_sc_dequeue_elem(ring, &event, sizeof(event)), 0);
	assert_int_equal(event.kind, CONN_EVENT_UPDATE);
	assert_int_equal(event.view.state[WAN], TCP_STATE_ESTABLISHED);
	frame = segment(LAN, FRAME_ACK, 1001, 5001);
	frame.payload_len = 10;
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(rte_ring_count(ring), 0);
	assert_int_equal(engine_flush(f.e, &cursor, 1), 1);
	assert_int_equal(rte_ring_sc_dequeue_elem(ring, &event, sizeof(event)), 0);
	assert_int_equal(event.kind, CONN_EVENT_DESTROY);
	assert_int_equal(event.view.id, 1);
	assert_int_equal(lost, 0);
	engine_set_events(f.e, NULL, NULL);
	rte_ring_free(ring);
	fixture_end(&f);
}

static void
events_that_do_not_fit_are_counted(void **state)
{
	struct rte_ring *ring;
	uint64_t lost = 0;
	struct fixture f;

	(void)state;
	start(&f);
	ring = rte_ring_create_elem("few", sizeof(struct conn_event), 4, SOCKET_ID_ANY,
				    RING_F_SP_ENQ | RING_F_SC_DEQ);
	assert_non_null(ring);
	engine_set_events(f.e, ring, &lost);
	fill(&f, 10, 0);
	assert_int_equal(rte_ring_count(ring), 3);
	assert_int_equal(lost, 7);
	engine_set_events(f.e, NULL, NULL);
	fill(&f, 12, 0);
	assert_int_equal(lost, 7);
	rte_ring_free(ring);
	fixture_end(&f);
}

static void
sizes_add_up_whatever_is_on(void **state)
{
	struct engine_config config = {.max = 5000, .wires = 2};
	struct engine_sizes plain, full;

	(void)state;
	engine_sizes(&config, &plain);
	assert_int_equal(plain.family[1].table.connections, 0);
	assert_int_equal(plain.family[0].acct, 0);
	assert_int_equal(plain.fragments, 0);
	assert_true(plain.links >= 5000 * sizeof(struct flow_l2_pair));
	assert_true(plain.other > 0 && plain.other < engine_bytes(&config));
	config.acct = true;
	config.track.ip_security_match = true;
	config.max6 = 300;
	config.fragments = 100;
	engine_sizes(&config, &full);
	assert_true(full.family[0].acct >= 5000 * 44 && full.family[1].acct >= 300 * 44);
	assert_true(full.family[0].seclabels >= 5000 * 4);
	assert_true(full.family[1].table.connections >= 300 * FLOW_CONN6_BYTES);
	assert_true(full.fragments > 0);
	/*
	 * the remaining memory does not depend on these settings, except for rounding to
	 * cache lines
	 */
	assert_in_range(full.other, plain.other, plain.other + 64);
}

static void
a_million_connections_with_verdict_caches_take_144_mb(void **state)
{
	struct engine_config config = {.max = 1048576, .wires = 1};
	struct engine_family_sizes *v4;
	struct engine_sizes sizes;

	(void)state;
	engine_sizes(&config, &sizes);
	v4 = &sizes.family[0];
	assert_true(v4->table.index + v4->table.connections + v4->table.exts +
			    v4->rules <=
		    144u * UINT64_C(1048576));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_deletion_with_reset_tells_both_endpoints),
		cmocka_unit_test(list_in_pieces_shows_each_connection_once),
		cmocka_unit_test(list_of_many_pieces_misses_none),
		cmocka_unit_test(piece_looks_at_a_bounded_number_of_places),
		cmocka_unit_test(view_says_what_there_is_to_know),
		cmocka_unit_test(delete_takes_the_connection_with_that_key_only),
		cmocka_unit_test(flush_removes_all_in_pieces),
		cmocka_unit_test(flush_ends_while_connections_keep_coming),
		cmocka_unit_test(events_tell_the_life_of_a_connection),
		cmocka_unit_test(events_that_do_not_fit_are_counted),
		cmocka_unit_test(a_million_connections_with_verdict_caches_take_144_mb),
		cmocka_unit_test(sizes_add_up_whatever_is_on),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
