/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Load tracker.bpf.c, which contains lib/track, and run segments through it with
 * BPF_PROG_TEST_RUN. The verifier of this kernel must accept it, and its verdicts must
 * equal those of lib/track on the host. Skipped where loading programs is not permitted.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <unistd.h>

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include <track/tcp.h>

#include "need.h"
#include "tracker.skel.h"

#define CLIENT 1000
#define SERVER 2000

struct connection {
	struct track_hot hot;
	struct track_cold cold;
	uint32_t used;
};

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
	uint8_t payload[100];
} __attribute__((packed));

static struct tracker *skel;
static int load_error;

static int
quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static int
load(void **state)
{
	struct track_config config = TRACK_CONFIG_DEFAULT;
	uint32_t zero = 0;

	(void)state;
	libbpf_set_print(quiet);
	skel = tracker__open_and_load();
	if (!skel) {
		load_error = errno;
		return 0;
	}
	return bpf_map_update_elem(bpf_map__fd(skel->maps.config), &zero, &config,
				   BPF_ANY);
}

static int
unload(void **state)
{
	(void)state;
	tracker__destroy(skel);
	return 0;
}

static void
need_tracker(void)
{
	need_bpf();
	if (!skel)
		fail_msg("the verifier refuses the tracker: %s", strerror(load_error));
}

/* Run the program on a segment. Returns XDP_PASS or XDP_DROP. */
static unsigned
send_segment(uint16_t from, uint8_t flags, uint32_t seq, uint32_t ack, uint16_t len)
{
	struct frame f = {
		.eth.h_proto = htons(ETH_P_IP),
		.ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = 6},
		.tcp = {.doff = 5, .window = htons(8000)},
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = &f, .data_size_in = sizeof(f));

	f.ip.tot_len = htons(40 + len);
	f.tcp.source = htons(from);
	f.tcp.dest = htons(from == CLIENT ? SERVER : CLIENT);
	f.tcp.seq = htonl(seq);
	f.tcp.ack_seq = htonl(ack);
	((uint8_t *)&f.tcp)[13] = flags;
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.tracker),
						&opts),
			 0);
	return opts.retval;
}

static void
expect_states(enum tcp_state client, enum tcp_state server)
{
	uint64_t key = (uint64_t)CLIENT << 16 | SERVER;
	struct connection c;
	struct track_conn conn = {.hot = &c.hot, .cold = &c.cold};

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(skel->maps.connections), &key,
					     &c),
			 0);
	assert_string_equal(tcp_state_name(tcp_state(&conn, 0)), tcp_state_name(client));
	assert_string_equal(tcp_state_name(tcp_state(&conn, 1)), tcp_state_name(server));
}

static void
expect_reason(enum reason reason)
{
	struct track_result r;
	uint32_t zero = 0;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(skel->maps.result), &zero, &r),
			 0);
	assert_string_equal(reason_name(r.reason), reason_name(reason));
}

static void
kernel_tracks_a_connection_from_syn_to_time_wait(void **state)
{
	(void)state;
	need_tracker();
	assert_int_equal(send_segment(CLIENT, TCP_ACK, 5, 5, 0), XDP_DROP);
	expect_reason(REASON_TCP_NO_CONNECTION);

	assert_int_equal(send_segment(CLIENT, TCP_SYN, 100, 0, 0), XDP_PASS);
	expect_states(TCP_STATE_SYN_SENT, TCP_STATE_LISTEN);
	assert_int_equal(send_segment(SERVER, TCP_SYN | TCP_ACK, 300, 101, 0), XDP_PASS);
	expect_states(TCP_STATE_ESTABLISHED, TCP_STATE_SYN_RECEIVED);
	assert_int_equal(send_segment(CLIENT, TCP_ACK, 101, 301, 0), XDP_PASS);
	expect_states(TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED);

	assert_int_equal(send_segment(CLIENT, TCP_ACK | TCP_PSH, 101, 301, 100),
			 XDP_PASS);
	assert_int_equal(send_segment(SERVER, TCP_ACK, 301, 201, 0), XDP_PASS);
	assert_int_equal(send_segment(SERVER, TCP_ACK, 301, 202, 0), XDP_DROP);
	expect_reason(REASON_TCP_ACK_UNSENT);
	assert_int_equal(send_segment(CLIENT, TCP_ACK, 201 + 100000, 301, 1), XDP_DROP);
	expect_reason(REASON_TCP_SEQ_RIGHT);
	assert_int_equal(send_segment(SERVER, TCP_RST, 0, 0, 0), XDP_DROP);
	expect_reason(REASON_TCP_RST_SEQ);
	expect_states(TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED);

	assert_int_equal(send_segment(CLIENT, TCP_FIN | TCP_ACK, 201, 301, 0), XDP_PASS);
	expect_states(TCP_STATE_FIN_WAIT_1, TCP_STATE_CLOSE_WAIT);
	assert_int_equal(send_segment(SERVER, TCP_ACK, 301, 202, 0), XDP_PASS);
	expect_states(TCP_STATE_FIN_WAIT_2, TCP_STATE_CLOSE_WAIT);
	assert_int_equal(send_segment(SERVER, TCP_FIN | TCP_ACK, 301, 202, 0), XDP_PASS);
	expect_states(TCP_STATE_TIME_WAIT, TCP_STATE_LAST_ACK);
	assert_int_equal(send_segment(CLIENT, TCP_ACK, 202, 302, 0), XDP_PASS);
	expect_states(TCP_STATE_TIME_WAIT, TCP_STATE_CLOSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_tracks_a_connection_from_syn_to_time_wait),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
