/* SPDX-License-Identifier: BSD-3-Clause */
#include "linktype.h"

#include <string.h>

#include <pcap/pcap.h>

#include "reader.h"

#define TYPE_NULL 0u
#define TYPE_PPP 9u
#define TYPE_RAW_BSD 12u
#define TYPE_RAW_OPENBSD 14u
#define TYPE_PPP_HDLC 50u
#define TYPE_RAW 101u
#define TYPE_LOOP 108u
#define TYPE_SLL 113u
#define TYPE_PPP_WITH_DIR 204u
#define TYPE_IPV4 228u
#define TYPE_IPV6 229u
#define TYPE_SLL2 276u

#define ETHER_IPV4 0x0800u
#define ETHER_IPV6 0x86ddu
#define ETHER_MIN 0x0600u
/*
 * EtherType for packets other than IP: "Local Experimental Ethertype" of IEEE 802; the
 * frame has no payload
 */
#define ETHER_OTHER 0x88b5u

#define SLL_BYTES 16u
#define SLL2_BYTES 20u
#define SLL_OUTGOING 4u
#define SLL_LLC 0x0004u
#define ARPHRD_LOOPBACK 772u
#define ARPHRD_ETHER 1u

#define PPP_IPV4 0x0021u
#define PPP_IPV6 0x0057u

static const uint16_t known[] = {
	LINKTYPE_ETHERNET, TYPE_NULL, TYPE_PPP,  TYPE_RAW_BSD, TYPE_RAW_OPENBSD,
	TYPE_PPP_HDLC,     TYPE_RAW,  TYPE_LOOP, TYPE_SLL,     TYPE_PPP_WITH_DIR,
	TYPE_IPV4,         TYPE_IPV6, TYPE_SLL2,
};

bool
linktype_is_known(uint16_t type)
{
	unsigned i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == type)
			return true;
	return false;
}

const char *
linktype_name(uint16_t type)
{
	const char *name;

	/* libpcap names the values that it uses itself, DLT_* of this system */
	if (type == TYPE_RAW || type == TYPE_RAW_OPENBSD)
		return "RAW";
	if (type == TYPE_PPP_WITH_DIR)
		return "PPP_WITH_DIR";
	name = pcap_datalink_val_to_name(type);
	return name != NULL ? name : "unknown";
}

const char *
linktype_list(void)
{
	return "EN10MB, LINUX_SLL, LINUX_SLL2, RAW, IPV4, IPV6, NULL, LOOP, PPP, "
	       "PPP_SERIAL, PPP_WITH_DIR";
}

static uint16_t
u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t
u32(const uint8_t *at)
{
	return (uint32_t)u16(at) << 16 | u16(at + 2);
}

/* Make an Ethernet header without addresses; the packet starts at `skip`. */
static void
make_header(struct linktype_frame *f, uint32_t skip, uint16_t type)
{
	f->header_bytes = LINKTYPE_HEADER;
	f->skip = skip;
	f->header[12] = (uint8_t)(type >> 8);
	f->header[13] = (uint8_t)type;
}

/* Make the frame of an IP packet; the first byte tells the IP version. */
static bool
decode_raw(const uint8_t *data, uint32_t captured, uint32_t skip,
	   struct linktype_frame *f)
{
	if (captured <= skip)
		return false;
	make_header(f, skip,
		    data[skip] >> 4 == 4   ? ETHER_IPV4
		    : data[skip] >> 4 == 6 ? ETHER_IPV6
					   : ETHER_OTHER);
	return true;
}

/*
 * BSD loopback: an address family in the byte order of the host (NULL) or of the network
 * (LOOP). The value of IPv6 depends on the system, so the IP version in the packet is
 * used instead.
 */
static bool
decode_loop(const uint8_t *data, uint32_t captured, struct linktype_frame *f)
{
	return decode_raw(data, captured, 4, f);
}

/* Copy the source address of a cooked packet, if it has the length of a MAC address. */
static void
sll_source(struct linktype_frame *f, const uint8_t *address, unsigned length,
	   unsigned hardware)
{
	if (length != LINKTYPE_MAC ||
	    (hardware != ARPHRD_ETHER && hardware != ARPHRD_LOOPBACK))
		return;
	memcpy(f->header + LINKTYPE_MAC, address, LINKTYPE_MAC);
}

/*
 * Linux "cooked" captures, as `-i any` makes. type: packet type as in
 * sockaddr_ll.sll_pkttype.
 */
static void
decode_cooked(struct linktype_frame *f, uint32_t skip, uint16_t proto, unsigned type,
	      uint32_t captured)
{
	f->direction = type == SLL_OUTGOING ? READER_OUTBOUND : READER_INBOUND;
	/* the protocol field has the 802.3 marker instead of an EtherType */
	if (proto == SLL_LLC)
		proto = (uint16_t)(captured - skip < ETHER_MIN ? captured - skip
							       : ETHER_MIN - 1);
	else if (proto < ETHER_MIN)
		proto = ETHER_OTHER;
	make_header(f, skip, proto);
}

static bool
decode_sll(const uint8_t *data, uint32_t captured, struct linktype_frame *f)
{
	if (captured < SLL_BYTES)
		return false;
	sll_source(f, data + 6, u16(data + 4), u16(data + 2));
	decode_cooked(f, SLL_BYTES, u16(data + 14), u16(data), captured);
	return true;
}

static bool
decode_sll2(const uint8_t *data, uint32_t captured, struct linktype_frame *f)
{
	if (captured < SLL2_BYTES)
		return false;
	f->ifindex = u32(data + 4);
	sll_source(f, data + 12, data[11], u16(data + 8));
	decode_cooked(f, SLL2_BYTES, u16(data), data[10], captured);
	return true;
}

/* Read the PPP protocol: one byte if it is odd, otherwise two (RFC 1661 2, 6.5). */
static bool
decode_ppp(const uint8_t *data, uint32_t captured, uint32_t at, struct linktype_frame *f)
{
	uint16_t proto;

	if (captured >= at + 2 && data[at] == 0xff && data[at + 1] == 0x03)
		at += 2; /* skip address and control field */
	if (captured < at + 2)
		return false;
	proto = data[at] & 1 ? data[at] : u16(data + at);
	at += data[at] & 1 ? 1 : 2;
	make_header(f, at,
		    proto == PPP_IPV4   ? ETHER_IPV4
		    : proto == PPP_IPV6 ? ETHER_IPV6
					: ETHER_OTHER);
	return true;
}

static bool
decode_ppp_with_dir(const uint8_t *data, uint32_t captured, struct linktype_frame *f)
{
	if (captured < 1)
		return false;
	f->direction = data[0] == 0 ? READER_INBOUND : READER_OUTBOUND;
	return decode_ppp(data, captured, 1, f);
}

bool
linktype_decode(uint16_t type, const uint8_t *data, uint32_t captured,
		struct linktype_frame *frame)
{
	*frame = (struct linktype_frame){0};
	switch (type) {
	case LINKTYPE_ETHERNET:
		frame->has_macs = captured >= 2 * LINKTYPE_MAC;
		return captured >= LINKTYPE_HEADER;
	case TYPE_SLL:
		return decode_sll(data, captured, frame);
	case TYPE_SLL2:
		return decode_sll2(data, captured, frame);
	case TYPE_NULL:
	case TYPE_LOOP:
		return decode_loop(data, captured, frame);
	case TYPE_PPP:
	case TYPE_PPP_HDLC:
		return decode_ppp(data, captured, 0, frame);
	case TYPE_PPP_WITH_DIR:
		return decode_ppp_with_dir(data, captured, frame);
	case TYPE_RAW:
	case TYPE_RAW_BSD:
	case TYPE_RAW_OPENBSD:
	case TYPE_IPV4:
	case TYPE_IPV6:
		return decode_raw(data, captured, 0, frame);
	default:
		return false;
	}
}
