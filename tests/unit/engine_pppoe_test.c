/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * With `pppoe: track`, packets in a PPPoE session are tracked and evaluated like others.
 */
#include "engine_fixture.h"

#define SESSION 0x1234
#define HEAD_BYTES 8u

/* A PPPoE session frame: what follows EtherType 0x8864. */
struct session_frame {
	/* frame inside; NULL: four bytes of a control protocol */
	const struct frame *inner;
	uint16_t proto;   /* PPP protocol; 0: that of the IP family */
	uint16_t session; /* session id; 0: SESSION */
	uint8_t version;  /* version and type; 0: 0x11 */
	uint8_t code;
	int longer;       /* added to the right value of the length field */
	bool short_proto; /* PPP protocol field of one byte */
	uint8_t tags;
};

static struct rte_mbuf *
session_mbuf(const struct session_frame *s)
{
	uint8_t bytes[FRAME_MAX], body[FRAME_MAX];
	size_t len = 4, skip = s->short_proto ? 1 : 0, total;
	uint16_t proto = s->proto, session = s->session != 0 ? s->session : SESSION;
	struct frame outer = {.ether_type = 0x8864, .tags = s->tags};
	struct rte_mbuf *m;

	memset(bytes, 0, sizeof(bytes));
	if (s->inner != NULL) {
		len = frame_build(s->inner, bytes, sizeof(bytes)) - 14;
		memmove(bytes, bytes + 14, len);
	}
	if (proto == 0)
		proto = bytes[0] >> 4 == 4 ? 0x0021 : 0x0057;
	total = 2 - skip + len + (size_t)(long)s->longer;
	body[0] = s->version != 0 ? s->version : 0x11;
	body[1] = s->code;
	body[2] = (uint8_t)(session >> 8);
	body[3] = (uint8_t)session;
	body[4] = (uint8_t)(total >> 8);
	body[5] = (uint8_t)total;
	body[6] = (uint8_t)(proto >> 8);
	body[7 - skip] = (uint8_t)proto;
	memcpy(body + HEAD_BYTES - skip, bytes, len);
	outer.payload = body;
	outer.payload_len = HEAD_BYTES - skip + len;
	outer.tag[0].tci = 10;
	outer.tag[1].tci = 20;
	m = mbuf_of(&outer);
	return m;
}

static struct engine_record
send_session(struct fixture *f, uint16_t port, const struct session_frame *s)
{
	struct rte_mbuf *m = session_mbuf(s);
	struct engine_record record;

	drain(f);
	engine_burst(f->e, port, &m, 1, START, &record);
	return record;
}

static struct engine_record
send_ip(struct fixture *f, uint16_t port, const struct frame *inner, uint8_t tags)
{
	return send_session(f, port,
			    &(struct session_frame){.inner = inner, .tags = tags});
}

static struct engine_config
tracking(void)
{
	struct engine_config config = fixture_config();

	config.pppoe = true;
	return config;
}

static void
a_connection_in_a_session_is_tracked(void **state)
{
	struct fixture f = {.config = tracking()};
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	uint8_t tags;

	(void)state;
	fixture_start(&f, OFFICE);
	for (tags = 0; tags < 3; tags++) {
		frame = segment(LAN, FRAME_SYN, 1000, 0);
		assert_passed(send_ip(&f, LAN, &frame, tags));
		assert_int_equal(left_count(&f, WAN), 1);
		frame = segment(WAN, FRAME_SYN | FRAME_ACK, 5000, 1001);
		assert_passed(send_ip(&f, WAN, &frame, tags));
		frame = segment(LAN, FRAME_ACK, 1001, 5001);
		assert_states(send_ip(&f, LAN, &frame, tags), "ESTABLISHED",
			      "ESTABLISHED");
		frame = segment(WAN, FRAME_ACK, 900000, 1001);
		assert_dropped(send_ip(&f, WAN, &frame, tags), REASON_TCP_SEQ_RIGHT);
	}
	/* the VLANs separate the connections */
	assert_int_equal(stats(&f).connections, 3);
	frame = segment(WAN, FRAME_SYN, 1, 0);
	frame.sport = 81;
	assert_dropped(send_ip(&f, WAN, &frame, 0), REASON_POLICY_DROP);
	fixture_end(&f);
}

static void
ipv6_and_a_protocol_of_one_byte_are_judged(void **state)
{
	struct fixture f = {.config = tracking()};
	struct frame six = {.src = SERVER6,
			    .dst = HOST6,
			    .proto = IPPROTO_UDP,
			    .sport = 1,
			    .dport = 2,
			    .payload_len = 9};
	struct frame four = datagram(WAN, 1000, 53);

	(void)state;
	fixture_start(&f, OFFICE);
	assert_dropped(send_ip(&f, WAN, &six, 0), REASON_POLICY_DROP);
	assert_passed(send_ip(&f, LAN, &six, 0));
	assert_dropped(send_session(&f, WAN,
				    &(struct session_frame){.inner = &four,
							    .proto = 0x21,
							    .short_proto = true}),
		       REASON_POLICY_DROP);
	fixture_end(&f);
}

/*
 * Discovery (PADI and the like), LCP, PAP, IPCP and IPV6CP cross. Other PPP protocols,
 * which may carry IP (compressed, multilink), are dropped.
 */
static void
control_crosses_and_other_data_does_not(void **state)
{
	static const uint16_t control[] = {0xc021, 0xc023, 0xc223, 0x8021, 0x8057};
	static const uint16_t data[] = {0x00fd, 0x002d, 0x002f, 0x003d,
					0x0281, 0x0031, 0x4001};
	struct frame padi = {.ether_type = 0x8863, .payload_len = 20};
	struct fixture f = {.config = tracking()};
	size_t i;

	(void)state;
	for (f.config.bypass = 0; f.config.bypass < 2 * ENGINE_BYPASS_PPPOE;
	     f.config.bypass += ENGINE_BYPASS_PPPOE) {
		fixture_start(&f, FORWARD("drop", "iifname \"lan\" drop\n"));
		assert_passed(inject(&f, WAN, &padi));
		for (i = 0; i < RTE_DIM(control); i++)
			assert_passed(send_session(&f, WAN,
						   &(struct session_frame){
							   .proto = control[i]}));
		for (i = 0; i < RTE_DIM(data); i++)
			assert_dropped(send_session(&f, LAN,
						    &(struct session_frame){
							    .proto = data[i]}),
				       REASON_ENCAPSULATED);
		assert_int_equal(stats(&f).bypassed, 1 + RTE_DIM(control));
		fixture_end(&f);
	}
}

static void
a_wrong_header_is_dropped(void **state)
{
	const struct frame frame = datagram(LAN, 1000, 53);
	struct fixture f = {.config = tracking()};
	const struct session_frame wrong[] = {
		{.inner = &frame, .version = 0x21},   {.inner = &frame, .version = 0x10},
		{.inner = &frame, .code = 9},         {.inner = &frame, .longer = 1},
		{.inner = &frame, .longer = 1000},    {.proto = 0xc021, .longer = -5},
		{.inner = &frame, .session = 0xffff},
	};
	const struct session_frame cut = {.inner = &frame, .longer = -1};
	size_t i;

	(void)state;
	fixture_start(&f, OFFICE);
	for (i = 0; i < RTE_DIM(wrong); i++)
		assert_dropped(send_session(&f, LAN, &wrong[i]), REASON_PPPOE);
	/* the PPPoE payload ends before the IP packet does */
	assert_dropped(send_session(&f, LAN, &cut), REASON_IP_LENGTH);
	assert_passed(send_ip(&f, LAN, &frame, 0));
	fixture_end(&f);
}

static void
without_it_sessions_do_not_cross(void **state)
{
	const struct frame frame = datagram(LAN, 1000, 53);
	struct fixture f = {.config = fixture_config()};

	(void)state;
	fixture_start(&f, OFFICE);
	assert_dropped(send_ip(&f, LAN, &frame, 0), REASON_ENCAPSULATED);
	fixture_end(&f);
}

/* Check the bytes before IP in a generated frame, and the length in its PPPoE header. */
static void
check_encapsulation(const struct rte_mbuf *m, uint8_t tags)
{
	const uint8_t *at = rte_pktmbuf_mtod(m, const uint8_t *) + 12 + 4 * tags;
	const uint8_t head[] = {0x88, 0x64, 0x11, 0, SESSION >> 8, SESSION & 0xff};
	unsigned length = (unsigned)at[6] << 8 | at[7];

	assert_memory_equal(at, head, sizeof(head));
	assert_int_equal(length, m->pkt_len - 20 - 4 * tags);
	assert_int_equal(at[8] << 8 | at[9], 0x0021);
}

static void
answers_are_in_the_session(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	struct fixture f = {.config = tracking()};
	struct rte_mbuf *m;
	struct packet p;
	uint8_t tags;

	(void)state;
	for (tags = 0; tags < 3; tags += 2) {
		fixture_start(
			&f, FORWARD("drop",
				    "tcp dport 80 reject with tcp reset\n"
				    "udp dport 53 reject with icmpx admin-prohibited\n"));
		assert_dropped(send_ip(&f, LAN, &frame, tags), REASON_POLICY_REJECT);
		m = engine_tx(f.e, LAN)->pkts[0];
		check_encapsulation(m, tags);
		packet_parse(m, WAN, 0,
			     PACKET_PPPOE | PACKET_VERIFY_IP | PACKET_VERIFY_L4, &p);
		assert_int_equal(p.kind, PACKET_TCP);
		assert_int_equal(p.seg.flags, FRAME_RST | FRAME_ACK);
		frame = datagram(LAN, 1000, 53);
		assert_dropped(send_ip(&f, LAN, &frame, tags), REASON_POLICY_REJECT);
		m = engine_tx(f.e, LAN)->pkts[0];
		check_encapsulation(m, tags);
		packet_parse(m, WAN, 0,
			     PACKET_PPPOE | PACKET_VERIFY_IP | PACKET_VERIFY_L4, &p);
		assert_int_equal(p.kind, PACKET_ICMP_ERROR);
		fixture_end(&f);
		frame = segment(LAN, FRAME_SYN, 1000, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_in_a_session_is_tracked),
		cmocka_unit_test(ipv6_and_a_protocol_of_one_byte_are_judged),
		cmocka_unit_test(control_crosses_and_other_data_does_not),
		cmocka_unit_test(a_wrong_header_is_dropped),
		cmocka_unit_test(without_it_sessions_do_not_cross),
		cmocka_unit_test(answers_are_in_the_session),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
