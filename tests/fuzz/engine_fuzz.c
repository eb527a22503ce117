/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole engine, with tables so small that connections are evicted, extensions taken
 * away and timers always due. Two engines get the same frames, one of them one by one and
 * the other in bursts: verdicts, states, what leaves and every counter must be equal.
 * Nothing may leak: the counters have to add up, all mbufs to come back, and once time
 * has gone on for long enough no connection may be left, and no fragment wait.
 *
 * Each frame is in memory of its own, exactly as long as it is, so that no byte behind it
 * can be read unnoticed.
 *
 * The input: a byte of switches, then groups of frames that come at one time to one port,
 * the frames described in a few bytes each, fragments of one datagram, lies and errors
 * about others among them.
 */
#include "fuzz.h"

#include <string.h>

#include <netinet/in.h>

#include <engine/engine.h>
#include <frame/frame.h>
#include <ruleset/ruleset.h>

#include "../../app/replay/eal.h"

#define POOL_SIZE 1023u
#define BEGIN_NS (100 * 1000000000ull)
#define CONNECTIONS 12u
#define CONNECTIONS6 6u
#define FLOWS 8u /* of each protocol: more than there is room for */
#define FRAME_BYTES 512u
#define FRAGMENTS 20u /* buffers that may wait */
/*
 * Frames of an input. Their records stay: that of a fragment is filled when it waits no
 * more.
 */
#define RECORDS 4096u
#define END_STEPS 5000u /* that time takes to end all connections */

int LLVMFuzzerInitialize(int *argc, char ***argv);

struct wire_frame {
	size_t length;
	size_t cut; /* bytes in the first of two mbufs; 0: it is one */
	uint8_t bytes[FRAME_BYTES];
};

struct world {
	struct engine *e[2]; /* frame by frame, and in bursts */
	uint8_t switches;
	uint64_t now_ns;
	uint64_t left;              /* packets that have left, of ours too */
	uint32_t seq[2][2][FLOWS];  /* by family, side and flow: what comes next */
	struct wire_frame last[2];  /* of each side, for errors about it */
	struct wire_frame whole[2]; /* the last datagram of it that came in pieces */
	struct wire_frame burst[ENGINE_BURST_MAX];
	unsigned records;
	unsigned open; /* those before are decided */
};

static struct rte_mempool *pool;
static struct policy *policies[3];
static struct policy_state *states[2][3]; /* of each engine, for each policy */
static void *memory[2];
static size_t memory_bytes;
static struct world world;
static struct engine_record record[2][RECORDS];

#define CHAIN                                                                            \
	"{\"nftables\":[{\"table\":{\"family\":\"inet\",\"name\":\"t\"}},{\"chain\":{"   \
	"\"family\":\"inet\",\"table\":\"t\",\"name\":\"forward\",\"type\":\"filter\","  \
	"\"hook\":\"forward\",\"prio\":0,\"policy\":\"drop\"}}"
#define RULE(text)                                                                       \
	",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"forward\","         \
	"\"expr\":[" text "]}}"
#define MATCH(op, left, right)                                                           \
	"{\"match\":{\"op\":\"" op "\",\"left\":" left ",\"right\":" right "}},"
#define CT_STATE "{\"ct\":{\"key\":\"state\"}}"
#define LAN MATCH("==", "{\"meta\":{\"key\":\"iifname\"}}", "\"lan\"")
#define TCP_DPORT "{\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}}"
#define ACCEPT "{\"accept\":null}"

/*
 * The usual, which never looks at what is established; and one that looks at everything.
 */
static const char *const texts[] = {
	CHAIN RULE(MATCH("in", CT_STATE, "[\"established\",\"related\"]") ACCEPT)
		RULE(LAN ACCEPT) RULE("{\"reject\":{\"type\":\"tcp reset\"}}") "]}",
	CHAIN RULE(MATCH("==", TCP_DPORT, "83") "{\"drop\":null}")
		RULE("{\"counter\":{\"packets\":0,\"bytes\":0}}," LAN ACCEPT)
			RULE(MATCH("in", CT_STATE, "\"established\"") ACCEPT)
				RULE("{\"reject\":{\"type\":\"icmpx\",\"expr\":"
				     "\"admin-prohibited\"}}") "]}",
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const names[] = {"lan", "wan"};
	static const struct ruleset_ports ports = {names, 2};
	struct ruleset_error error;
	unsigned i;

	(void)argc;
	(void)argv;
	require(eal_start("engine_fuzz", POOL_SIZE) == 0);
	pool = eal_mempool(POOL_SIZE);
	require(pool != NULL);
	for (i = 0; i < RTE_DIM(texts); i++) {
		if (ruleset_load(texts[i], strlen(texts[i]), &ports, &policies[i],
				 &error) == 0)
			continue;
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	require(policy_accept_all(&policies[i]) == 0);
	for (i = 0; i < 2 * RTE_DIM(policies); i++)
		require(policy_state_create(policies[i / 2], &states[i % 2][i / 2]) == 0);
	return 0;
}

static void
build_engines(struct world *w, uint8_t switches)
{
	struct engine_config config = {
		.track = TRACK_CONFIG_DEFAULT,
		.max = CONNECTIONS,
		.max6 = CONNECTIONS6,
		.wires = 1,
		.bypass = ENGINE_BYPASS_DEFAULT,
		.verify_checksums = !(switches & 0x01),
		.enforce_ruleset = (switches & 0x02) != 0,
		.acct = (switches & 0x04) != 0,
		.fragments = (switches & 0x60) == 0x20 ? 0 : FRAGMENTS,
		.mempool = pool,
	};
	unsigned k;

	config.track.tcp_loose = (switches & 0x08) != 0;
	config.track.tcp_unknown_reset = (switches & 0x10) != 0;
	config.track.tcp_be_liberal = (switches & 0xe0) == 0xe0;
	memset(w, 0, sizeof(*w));
	w->switches = switches;
	w->now_ns = BEGIN_NS;
	if (memory_bytes == 0) {
		struct engine_config max = config;

		max.acct = true;
		max.fragments = FRAGMENTS;
		memory_bytes = RTE_ALIGN_CEIL(engine_bytes(&max), 64);
	}
	for (k = 0; k < 2; k++) {
		if (memory[k] == NULL)
			memory[k] = aligned_alloc(64, memory_bytes);
		require(memory[k] != NULL && engine_bytes(&config) <= memory_bytes);
		memset(memory[k], 0, memory_bytes);
		require(engine_init(memory[k], &config, policies[0], states[k][0],
				    w->now_ns, &w->e[k]) == 0);
	}
}

static void
block_free(void *bytes, void *block)
{
	(void)bytes;
	free(block);
}

/* The bytes, in memory that ends with them. */
static struct rte_mbuf *
mbuf_of(const uint8_t *bytes, size_t length)
{
	struct rte_mbuf_ext_shared_info *info = malloc(sizeof(*info) + length);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	require(info != NULL && m != NULL);
	info->free_cb = block_free;
	info->fcb_opaque = info;
	rte_mbuf_ext_refcnt_set(info, 1);
	rte_pktmbuf_attach_extbuf(m, info + 1, 0, (uint16_t)length, info);
	m->data_len = (uint16_t)length;
	m->pkt_len = (uint32_t)length;
	if (length > 0)
		memcpy(info + 1, bytes, length);
	return m;
}

static struct rte_mbuf *
frame_mbufs(const struct wire_frame *frame)
{
	size_t first = frame->cut < frame->length ? frame->cut : 0;
	struct rte_mbuf *m;

	if (first == 0)
		return mbuf_of(frame->bytes, frame->length);
	m = mbuf_of(frame->bytes, first);
	require(rte_pktmbuf_chain(m, mbuf_of(frame->bytes + first,
					     frame->length - first)) == 0);
	return m;
}

static uint64_t
sum(const uint64_t *counts, size_t n)
{
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < n; i++)
		total += counts[i];
	return total;
}

static unsigned
listed(const struct engine *e, uint64_t now_ns)
{
	struct engine_view views[4];
	uint64_t cursor = 0;
	unsigned count = 0;

	while (cursor != ENGINE_CURSOR_END)
		count += engine_list(e, now_ns, &cursor, views, RTE_DIM(views));
	return count;
}

/* Both engines say the same of each frame. Returns how many fragments wait. */
static unsigned
check_records(struct world *w)
{
	unsigned i, held = 0;

	for (i = w->open; i < w->records; i++) {
		const struct engine_record *a = &record[0][i], *b = &record[1][i];

		require(a->verdict == b->verdict && a->reason == b->reason &&
			a->action == b->action && a->held == b->held &&
			a->has_conn == b->has_conn && a->conn == b->conn &&
			a->state[0] == b->state[0] && a->state[1] == b->state[1]);
		require((a->verdict == VERDICT_DROP) == (a->reason != REASON_NONE));
		require(a->held || a->verdict != VERDICT_HELD);
		held += a->verdict == VERDICT_HELD;
		if (held == 0)
			w->open = i + 1;
	}
	return held;
}

/* All counters add up, and both engines say the same. */
static void
check_stats(struct world *w)
{
	unsigned held = check_records(w), k;
	struct engine_stats s[2];

	for (k = 0; k < 2; k++)
		engine_stats(w->e[k], &s[k]);
	require(memcmp(&s[0], &s[1], sizeof(s[0])) == 0);
	require(s[0].packets ==
		s[0].passed + sum(s[0].drops, REASON_COUNT) + s[0].fragments);
	require(s[0].fragments == held && held <= FRAGMENTS);
	require(rte_mempool_in_use_count(pool) <= 2 * (held == 0 ? 0 : FRAGMENTS));
	require(s[0].drops[REASON_NONE] == 0 && s[0].drops[REASON_TX_FULL] == 0);
	require(s[0].bypassed <= s[0].passed && s[0].evicted <= s[0].removed);
	require(w->left == s[0].passed + sum(s[0].generated, RTE_DIM(s[0].generated)));
	require(s[0].connections <= CONNECTIONS && s[0].connections6 <= CONNECTIONS6);
	require(s[0].created - s[0].removed == s[0].connections + s[0].connections6);
	require(listed(w->e[0], w->now_ns) == s[0].connections + s[0].connections6);
	lie(s[0].evicted == 0 || s[0].reassembled == 0);
}

static bool
is_same_from(const struct rte_mbuf *a, uint32_t from_a, const struct rte_mbuf *b,
	     uint32_t from_b)
{
	uint8_t room[2][RTE_MBUF_DEFAULT_BUF_SIZE];
	uint32_t length = a->pkt_len - from_a;

	return length == b->pkt_len - from_b && length <= sizeof(room[0]) &&
	       memcmp(rte_pktmbuf_read(a, from_a, length, room[0]),
		      rte_pktmbuf_read(b, from_b, length, room[1]), length) == 0;
}

/*
 * What passes is the same byte for byte. An empty segment of our own has the link layer
 * that the connection was last seen with, and of a long run on the fast path not every
 * segment is looked at (engine/link.c): only its IP packet has to be the same.
 */
static void
check_same(const struct rte_mbuf *a, const struct rte_mbuf *b)
{
	const uint32_t flags = PACKET_PPPOE;
	struct packet p, q;

	if (is_same_from(a, 0, b, 0))
		return;
	packet_parse_any(a, 0, flow_network(0, 0, 0), flags, &p);
	packet_parse_any(b, 0, flow_network(0, 0, 0), flags, &q);
	require(p.kind == PACKET_TCP && q.kind == PACKET_TCP && p.seg.len == 0);
	require(is_same_from(a, p.l3_off, b, q.l3_off));
}

/* What both engines send is the same, and is gone. */
static void
drain(struct world *w)
{
	uint16_t port, i, k;

	for (port = 0; port < 2; port++) {
		struct engine_tx *tx[] = {engine_tx(w->e[0], port),
					  engine_tx(w->e[1], port)};

		require(tx[0]->count == tx[1]->count);
		w->left += tx[0]->count;
		for (i = 0; i < tx[0]->count; i++)
			check_same(tx[0]->pkts[i], tx[1]->pkts[i]);
		for (k = 0; k < 2; k++) {
			rte_pktmbuf_free_bulk(tx[k]->pkts, tx[k]->count);
			engine_tx_done(w->e[k], tx[k], tx[k]->count, 0);
		}
	}
}

static void
deliver(struct world *w, uint16_t port, uint16_t count)
{
	struct engine_record *one = &record[0][w->records],
			     *more = &record[1][w->records];
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	uint16_t i;

	for (i = 0; i < count; i++) {
		pkts[0] = frame_mbufs(&w->burst[i]);
		engine_burst(w->e[0], port, pkts, 1, w->now_ns, &one[i]);
	}
	for (i = 0; i < count; i++)
		pkts[i] = frame_mbufs(&w->burst[i]);
	engine_burst(w->e[1], port, pkts, count, w->now_ns, more);
	w->records += count;
	drain(w);
}

/* A TCP segment near what comes next in its flow. */
static void
read_tcp(struct world *w, struct frame *f, uint8_t side, unsigned flow, struct bytes *b)
{
	static const uint8_t kinds[] = {FRAME_ACK,
					FRAME_SYN,
					FRAME_SYN | FRAME_ACK,
					FRAME_ACK | FRAME_PSH,
					FRAME_FIN | FRAME_ACK,
					FRAME_RST,
					FRAME_RST | FRAME_ACK,
					0};
	static const uint32_t off[] = {0, -100u, 1, 70000};
	uint8_t what = bytes_u8(b);
	uint32_t *next = &w->seq[strchr(f->src, ':') != NULL][side][flow];
	uint32_t peer = w->seq[strchr(f->src, ':') != NULL][!side][flow];

	f->proto = IPPROTO_TCP;
	f->flags = kinds[what & 7];
	f->seq = *next + off[what >> 3 & 3];
	f->ack = f->flags & FRAME_ACK ? peer + off[what >> 5 & 3] : 0;
	f->win = what & 0x80 ? 0 : 8000;
	f->payload_len = f->flags & FRAME_PSH ? 40 : 0;
	if (f->seq == *next)
		*next += (uint32_t)f->payload_len +
			 ((f->flags & (FRAME_SYN | FRAME_FIN)) ? 1 : 0);
}

/* What a sender may do besides, honest or not. */
static void
read_more(struct frame *f, struct bytes *b)
{
	static uint8_t fragment[8];
	uint8_t what = bytes_u8(b), where;

	f->tags = what & 1;
	f->bad_l4_checksum = (what & 6) == 6;
	f->opt.has_ts = (what & 8) != 0;
	f->opt.tsval = what;
	f->ip_options = what & 0x10 && strchr(f->src, ':') == NULL ? 4 : 0;
	if (!(what & 0x20))
		return;
	where = bytes_u8(b);
	f->id = where >> 5;
	f->mf = where & 1;
	f->frag_off = where >> 1 & 15;
	if (strchr(f->src, ':') == NULL)
		return;
	memset(fragment, 0, sizeof(fragment)); /* RFC 8200 4.5 */
	fragment[0] = f->proto;
	fragment[3] = (uint8_t)((where >> 1 & 15) << 3 | (where & 1));
	fragment[7] = where >> 5;
	f->ext_next = IPPROTO_FRAGMENT;
	f->ext = (struct frame_bytes){fragment, sizeof(fragment)};
}

static void
put_u16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Of the frame of a datagram, make that of one of its fragments. */
static void
cut_piece(struct wire_frame *frame, uint8_t where)
{
	uint8_t *ip = frame->bytes + (frame->bytes[12] == 0x81 ? 18 : 14), *part;
	bool six = ip[0] >> 4 == 6;
	size_t header = six ? 40 : (ip[0] & 15) * 4u, total, off, n;

	part = ip + header;
	if (frame->length < (size_t)(part - frame->bytes))
		return;
	total = frame->length - (size_t)(part - frame->bytes);
	off = RTE_MIN((where >> 3 & 7) * 8u, total);
	n = RTE_MIN((where & 7) * 8u + 8, total - off);
	memmove(part + (six ? 8 : 0), part + off, n);
	if (six) {
		memset(part, 0, 8);
		part[0] = ip[6];
		put_u16(part + 2, off | (off + n < total));
		part[7] = where >> 6;
		ip[6] = IPPROTO_FRAGMENT;
		n += 8;
		put_u16(ip + 4, n);
	} else {
		put_u16(ip + 2, header + n);
		put_u16(ip + 4, where >> 6);
		put_u16(ip + 6, off / 8 | (size_t)(off + n < total) << 13);
		put_u16(ip + 10, 0);
		put_u16(ip + 10, (uint16_t)~frame_sum(ip, header, 0));
	}
	frame->length = (size_t)(part - frame->bytes) + n;
}

/* After the checksums: a byte is another one, the end is missing, two mbufs. */
static void
spoil(struct wire_frame *frame, uint8_t how, struct bytes *b)
{
	uint8_t at;

	if (how & 1) {
		at = bytes_u8(b);
		if (at < frame->length)
			frame->bytes[at] ^= bytes_u8(b);
	}
	if (how & 2)
		frame->cut = bytes_u8(b);
	if ((how & 4) && frame->length > 0)
		frame->length -= bytes_u8(b) % frame->length;
}

static void
read_frame(struct world *w, struct wire_frame *frame, uint8_t side, struct bytes *b)
{
	static const char *const hosts[2][2] = {{"10.0.0.1", "192.0.2.1"},
						{"2001:db8::1", "2001:db8:1::1"}};
	static const uint16_t sports[2] = {40000, 80};
	uint8_t first = bytes_u8(b), second = bytes_u8(b);
	unsigned flow = first & (FLOWS - 1), six = second & 1;
	const struct wire_frame *about = &w->last[!side];
	bool piece = second & 0x20;
	struct frame f = {
		.src = hosts[six][side],
		.dst = hosts[six][!side],
		.sport = (uint16_t)(sports[side] + flow),
		.dport = (uint16_t)(sports[!side] + flow),
		.payload_len = 24,
	};

	if (piece && (second & 0x40) && w->whole[side].length != 0) {
		*frame = w->whole[side];
		cut_piece(frame, first);
		return;
	}
	switch (first >> 3 & 7) {
	case 4:
		f.proto = IPPROTO_UDP;
		break;
	case 5:
		f.proto = six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
		f.icmp_type = (uint8_t)(six ? 128 + side : side ? 0 : 8);
		f.icmp_id = (uint16_t)flow;
		break;
	case 6: /* an error about the last frame of the other side */
		f.proto = six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
		f.icmp_type = (uint8_t)(six ? 1 : 3);
		f.icmp_code = 1;
		f.payload = about->bytes + 14;
		f.payload_len = about->length > 14 ? RTE_MIN(about->length - 14, 80) : 0;
		break;
	case 7:
		f.proto = bytes_u8(b);
		break;
	default:
		read_tcp(w, &f, side, flow, b);
		break;
	}
	if (second & 2)
		read_more(&f, b);
	frame->cut = 0;
	frame->length = frame_build(&f, frame->bytes, sizeof(frame->bytes) - 8);
	if (piece && frame->length > 0) {
		w->whole[side] = *frame;
		cut_piece(frame, bytes_u8(b));
	}
	spoil(frame, second >> 2, b);
	w->last[side] = *frame;
}

/* Bytes of the input, as they are. */
static void
read_raw(struct wire_frame *frame, struct bytes *b)
{
	size_t i;

	frame->length = bytes_u8(b);
	frame->cut = 0;
	for (i = 0; i < frame->length; i++)
		frame->bytes[i] = bytes_u8(b);
}

static void
pass_time(struct world *w, uint8_t how, unsigned max)
{
	static const uint32_t ms[] = {0,       1,       100,     1001,    5001,   10001,
				      31000,   61000,   121000,  241000,  301000, 601000,
				      3601000, 7441000, 7444000, 86400000};
	unsigned done[2], k;

	w->now_ns += ms[how & 15] * 1000000ull;
	for (k = 0; k < 2; k++)
		done[k] = engine_expire(w->e[k], w->now_ns, max);
	require(done[0] == done[1] && done[0] <= max);
	drain(w);
}

/* What the control thread does between two bursts. */
static void
intervene(struct world *w, uint8_t what)
{
	struct engine_view view;
	uint64_t cursor;
	unsigned k, n[2];

	for (k = 0; k < 2; k++) {
		cursor = 0;
		n[k] = 0;
		if (what & 0x10)
			engine_set_policy(w->e[k], policies[what % RTE_DIM(policies)],
					  states[k][what % RTE_DIM(policies)]);
		else if (what & 0x20)
			n[k] = engine_flush(w->e[k], &cursor, 1u + (what & 3));
		else if (engine_list(w->e[k], w->now_ns, &cursor, &view, 1) == 1)
			n[k] = engine_delete(w->e[k], &view.key, view.family);
	}
	require(n[0] == n[1]);
}

/*
 * Time alone ends all connections, and every mbuf is back; of fragments engine_stop()
 * does, too.
 */
static void
end(struct world *w)
{
	struct engine_stats s;
	unsigned step, k;
	uint64_t at_ns;

	for (k = 0; (w->switches & 0x80) && k < 2; k++)
		engine_stop(w->e[k]);
	for (step = 0; engine_next_ns(w->e[0], &at_ns); step++) {
		require(step < END_STEPS);
		if (at_ns > w->now_ns)
			w->now_ns = at_ns;
		pass_time(w, 0, ENGINE_EXPIRE_MAX);
	}
	check_stats(w);
	engine_stats(w->e[0], &s);
	require(s.connections == 0 && s.connections6 == 0 && s.fragments == 0);
	require(rte_mempool_avail_count(pool) == POOL_SIZE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, size};
	struct world *w = &world;
	uint16_t count, i;
	uint8_t what;

	build_engines(w, bytes_u8(&b));
	while (b.left > 0 && w->records + ENGINE_BURST_MAX <= RECORDS) {
		what = bytes_u8(&b);
		if ((what & 0xc0) == 0xc0) {
			intervene(w, what);
			continue;
		}
		if (what & 0x80) {
			pass_time(w, what, 1 + (what >> 4 & 3) * 16);
			continue;
		}
		count = what >> 1 & 31;
		for (i = 0; i <= count && b.left > 0; i++) {
			if (what & 0x40)
				read_raw(&w->burst[i], &b);
			else
				read_frame(w, &w->burst[i], what & 1, &b);
		}
		deliver(w, what & 1, i);
		check_stats(w);
	}
	end(w);
	return 0;
}
