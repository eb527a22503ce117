/* SPDX-License-Identifier: BSD-3-Clause */
/* Parsing of frames that are not IP: EtherTypes, LLC and SNAP. */
#include "packet_fixture.h"

static void
non_ip_frames_tell_their_type(void **state)
{
	struct frame arp = {.ether_type = 0x0806, .payload_len = 28, .tags = 1};
	struct frame stp = {.ether_type = 38,
			    .payload = "\x42\x42\x03",
			    .payload_len = 3};
	struct frame snap = {.ether_type = 38,
			     .payload = "\xaa\xaa\x03",
			     .payload_len = 3};
	struct packet p = parse_frame(&arp);

	(void)state;
	assert_int_equal(p.ether_type, 0x0806);
	assert_int_equal(p.vlans, 1);
	assert_int_equal(p.l3_off, 18);
	assert_int_equal(p.family, 0);
	assert_int_equal(parse_frame(&stp).ether_type, PACKET_ETHER_BPDU);
	assert_int_equal(parse_frame(&snap).ether_type, PACKET_ETHER_LLC);
}

struct llc_row {
	const char *name;
	struct frame_bytes bytes;
	/* EtherType of an accepted frame; 0: the frame is dropped with `reason` */
	uint16_t ether_type;
	uint8_t reason;
};

#define SNAP(...) BYTES(0xaa, 0xaa, 3, __VA_ARGS__, 1, 2, 3)

static const struct llc_row llc_rows[] = {
	{"STP", BYTES(0x42, 0x42, 3, 0, 0), PACKET_ETHER_BPDU, 0},
	{"PVST+", SNAP(0, 0, 0xc, 1, 0xb), PACKET_ETHER_BPDU, 0},
	{"UplinkFast", SNAP(0, 0, 0xc, 0x20, 0xa), PACKET_ETHER_BPDU, 0},
	{"CDP", SNAP(0, 0, 0xc, 0x20, 0), PACKET_ETHER_CISCO, 0},
	{"UDLD", SNAP(0, 0, 0xc, 1, 0x11), PACKET_ETHER_CISCO, 0},
	{"IS-IS", BYTES(0xfe, 0xfe, 3, 0x83, 27), PACKET_ETHER_ISO, 0},
	{"ES-IS", BYTES(0xfe, 0xfe, 3, 0x82, 27), PACKET_ETHER_ISO, 0},
	{"IPX", BYTES(0xe0, 0xe0, 3, 0xff, 0xff), PACKET_ETHER_LLC, 0},
	{"IPX without LLC", BYTES(0xff, 0xff, 0, 30), PACKET_ETHER_LLC, 0},
	{"NetBEUI", BYTES(0xf0, 0xf0, 3, 44), PACKET_ETHER_LLC, 0},
	{"AppleTalk", SNAP(8, 0, 7, 0x80, 0x9b), PACKET_ETHER_LLC, 0},
	{"ARP in SNAP", SNAP(0, 0, 0, 8, 6), PACKET_ETHER_LLC, 0},
	{"one byte", BYTES(0xaa), PACKET_ETHER_LLC, 0},
	{"SNAP without a type", BYTES(0xaa, 0xaa, 3, 0, 0, 0), PACKET_ETHER_LLC, 0},
	{"IPv4 in SNAP", SNAP(0, 0, 0, 8, 0), 0, REASON_ENCAPSULATED},
	{"IPv6 in SNAP", SNAP(0, 0, 0, 0x86, 0xdd), 0, REASON_ENCAPSULATED},
	{"IPv4 in 802.1H", SNAP(0, 0, 0xf8, 8, 0), 0, REASON_ENCAPSULATED},
	{"IPv4 in SNAP of any OUI", SNAP(0, 0, 0xc, 8, 0), 0, REASON_ENCAPSULATED},
	{"a tag in SNAP", SNAP(0, 0, 0, 0x81, 0), 0, REASON_ENCAPSULATED},
	{"MPLS in SNAP", SNAP(0, 0, 0, 0x88, 0x47), 0, REASON_ENCAPSULATED},
	{"a frame in SNAP", SNAP(0, 0x80, 0xc2, 0, 7), 0, REASON_ENCAPSULATED},
	{"SNAP to one SAP", BYTES(0xaa, 0x42, 3, 0, 0, 0, 8, 0), 0, REASON_ENCAPSULATED},
	{"SNAP to a group", BYTES(0xab, 0xaa, 3, 0, 0, 0, 8, 0), 0, REASON_ENCAPSULATED},
	{"SNAP, not UI", BYTES(0xaa, 0xaa, 0, 0, 3, 0, 0, 8, 0), 0, REASON_ENCAPSULATED},
	{"the SAP of IP", BYTES(6, 6, 3, 0x45, 0), 0, REASON_ENCAPSULATED},
	{"the SAP of IP from another", BYTES(0x42, 6, 3, 0x45), 0, REASON_ENCAPSULATED},
	{"the NLPID of IPv4", BYTES(0xfe, 0xfe, 3, 0xcc, 0x45), 0, REASON_ENCAPSULATED},
	{"the NLPID of IPv6", BYTES(0xfe, 0xfe, 3, 0x8e, 0x60), 0, REASON_ENCAPSULATED},
	{"the NLPID of SNAP", BYTES(0xfe, 0xfe, 3, 0x80, 0), 0, REASON_ENCAPSULATED},
};

static void
llc_is_told_apart_and_hides_no_ip(void **state)
{
	size_t i;
	uint8_t tags;

	(void)state;
	for (i = 0; i < RTE_DIM(llc_rows); i++)
		for (tags = 0; tags <= PACKET_MAX_VLANS; tags++) {
			const struct llc_row *row = &llc_rows[i];
			struct frame f = {.ether_type = 38,
					  .tags = tags,
					  .payload = row->bytes.data,
					  .payload_len = row->bytes.len};
			struct packet p = parse_frame(&f);

			if (p.reason != row->reason ||
			    (row->reason == 0 && (p.kind != PACKET_NON_IP ||
						  p.ether_type != row->ether_type)))
				fail_msg("%s: kind %u, type 0x%04x, reason %s", row->name,
					 p.kind, p.ether_type, reason_name(p.reason));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(non_ip_frames_tell_their_type),
		cmocka_unit_test(llc_is_told_apart_and_hides_no_ip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
