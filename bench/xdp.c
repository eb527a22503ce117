/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compares wires with XDP with others over veths (xdp.sh sets them up).
 *
 *	bench-xdp segments [OPTIONS]	packets of established connections
 *	bench-xdp connections [OPTIONS]	whole connections; $AFXDP_PID: the process of the
 *					plane afxdp, which is stopped while another one
 *					is measured
 *	bench-xdp redirect IF0 IF1	be a wire without a firewall, until killed
 *
 * A plane is measured if this namespace has the interfaces NAME0 and NAME1 on its two
 * sides; it forwards what it gets at one to the other. The ends of "redirect" are rfar0
 * and rfar1 here, and this program is the wire.
 *
 * Segments are pure acknowledgments, first of one side and then of the other. They are
 * generated in the kernel (xdp.bpf.c), because AF_PACKET would be the slowest part. All
 * work is done in soft interrupts of the generator's core, in its own CPU time.
 *
 * Whole connections are eight segments each, in groups, over AF_PACKET: the kernel takes
 * milliseconds to begin with live frames. When a segment of all of a group has arrived,
 * the next one is sent, so planes that need a core of their own wait for the generator,
 * and it for them: the wall clock is measured.
 */
#include "xdp.h"
#include "bench.h"
#include "traffic.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "xdp_prog.skel.h"

#define SEGMENTS 16384u       /* of one side, then of the other */
#define TURNS 8u              /* of both in a measurement */
#define GROUP 512u            /* connections; they fit into all rings */
#define GROUPS 32u            /* in a measurement */
#define BATCH 64u             /* frames that the kernel has in flight */
#define MISSING_NS 100000000u /* after this time what is missing is sent again */
#define TRIES 50u
#define SEED 0x9e3779b9u
#define CONNECTIONS 100000u
#define FIRST_NEW 1000000u /* number of the first of the new connections */
#define LOST_MAX 1000u     /* one lost frame in so many is tolerated */

struct plane {
	const char *name;
	uint32_t end; /* of side 0 in the map `ends` */
	pid_t pid;    /* of a process that polls, which is to be stopped; 0: none */
	struct xdp_bench *b;
	int socket[2]; /* AF_PACKET, by side */
	uint64_t sent, lost;
};

struct xdp_bench {
	struct xdp_prog *skel;
	struct traffic traffic;
	struct plane plane[XDP_BENCH_ENDS / 2];
	unsigned planes;
	uint32_t connections; /* of a row */
	uint32_t next;        /* number of the next new connection */
	bool failed;
};

/* The segments of a connection, in order; numbers relative to both ISS. */
static const struct life {
	enum traffic_kind kind;
	uint32_t seq, ack;
} life[] = {
	{TRAFFIC_SYN, 0, 0},
	{TRAFFIC_SYN_ACK, 0, 1},
	{TRAFFIC_ACK, 1, 1},
	{TRAFFIC_DATA_LAN, 1, 1},
	{TRAFFIC_DATA_WAN, 1, 1 + TRAFFIC_PAYLOAD},
	{TRAFFIC_FIN_LAN, 1 + TRAFFIC_PAYLOAD, 1 + TRAFFIC_PAYLOAD},
	{TRAFFIC_FIN_WAN, 1 + TRAFFIC_PAYLOAD, 2 + TRAFFIC_PAYLOAD},
	{TRAFFIC_ACK, 2 + TRAFFIC_PAYLOAD, 2 + TRAFFIC_PAYLOAD},
};
/* of an open connection, from both sides */
static const struct life steady[2] = {{TRAFFIC_ACK, 1, 1}, {TRAFFIC_ACK_WAN, 1, 1}};

/* Of a group, to be sent. */
static struct {
	uint8_t bytes[GROUP][TRAFFIC_ROOM];
	struct iovec part[GROUP];
	struct mmsghdr message[GROUP];
} frames;

static uint32_t
put_number(uint8_t *at, uint32_t number)
{
	uint32_t word = htonl(number);

	memcpy(at, &word, sizeof(word));
	return (number >> 16) + (number & 0xffff);
}

/* Prepare a segment of any of the connections. Returns its template. */
static const struct traffic_template *
segment_set(struct plane *p, const struct life *l, uint32_t seed)
{
	const struct traffic_template *t = &p->b->traffic.template[l->kind];
	struct xdp_bench_segment *s = &p->b->skel->bss->segment;
	uint8_t *head = (uint8_t *)s->head;
	bool wan = traffic_side(l->kind) == 1;
	uint32_t seq = (wan ? TRAFFIC_ISS_WAN : TRAFFIC_ISS_LAN) + l->seq;
	uint32_t ack = (wan ? TRAFFIC_ISS_LAN : TRAFFIC_ISS_WAN) + l->ack;

	memcpy(head, t->bytes, sizeof(s->head));
	s->ip_sum = t->ip_sum;
	s->l4_sum = t->l4_sum + put_number(head + 38, seq) + put_number(head + 42, ack);
	s->side = wan;
	s->end = p->end + wan;
	s->connections = p->b->connections;
	s->random = seed;
	return t;
}

/* Have the kernel send n of the prepared segments. */
static void
segments_send(struct plane *p, const struct traffic_template *t, uint32_t n)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = t->bytes,
		    .data_size_in = t->length, .repeat = (int)n, .batch_size = BATCH,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	if (bpf_prog_test_run_opts(bpf_program__fd(p->b->skel->progs.generate), &opts) ==
	    0)
		return;
	if (!p->b->failed)
		bench_note("xdp: the kernel sends no live frames: %s", strerror(errno));
	p->b->failed = true;
}

/* Segments that have arrived at the other end. */
static uint64_t
arrived(const struct plane *p, const struct life *l)
{
	return __atomic_load_n(&p->b->skel->bss->arrived[!traffic_side(l->kind)],
			       __ATOMIC_RELAXED);
}

/* Wait until all of n segments have arrived. Returns false after MISSING_NS. */
static bool
arrived_all(const struct plane *p, const struct life *l, uint64_t until)
{
	uint64_t end = bench_now_ns() + MISSING_NS;

	while (arrived(p, l) < until) {
		if (bench_now_ns() > end)
			return false;
		sched_yield();
	}
	return true;
}

/* Write a segment of n connections, at most GROUP, into frames. */
static void
group_write(struct plane *p, const struct life *l, uint32_t first, uint32_t n)
{
	bool wan = traffic_side(l->kind) == 1;
	uint32_t seq = (wan ? TRAFFIC_ISS_WAN : TRAFFIC_ISS_LAN) + l->seq;
	uint32_t ack = (wan ? TRAFFIC_ISS_LAN : TRAFFIC_ISS_WAN) + l->ack;
	struct rte_mbuf m = {.data_off = 0};
	uint32_t i;

	for (i = 0; i < n; i++) {
		m.buf_addr = frames.bytes[i];
		traffic_write(&p->b->traffic, &m, l->kind, first + i, seq,
			      l->kind == TRAFFIC_SYN ? 0 : ack);
		frames.part[i] = (struct iovec){frames.bytes[i], m.data_len};
		frames.message[i].msg_hdr = (struct msghdr){.msg_iov = &frames.part[i],
							    .msg_iovlen = 1};
	}
}

/* Send a segment of n connections, again and again until all have arrived. */
static void
group_send(struct plane *p, const struct life *l, uint32_t first, uint32_t n)
{
	int socket = p->socket[traffic_side(l->kind)];
	unsigned tries;
	uint64_t before;

	group_write(p, l, first, n);
	for (tries = 0; tries < TRIES && !p->b->failed; tries++) {
		before = arrived(p, l);
		/* what is not sent is missing, and sent again */
		(void)sendmmsg(socket, frames.message, n, 0);
		p->sent += n;
		if (arrived_all(p, l, before + n))
			return;
		p->lost += before + n - arrived(p, l);
	}
	if (!p->b->failed)
		bench_note("xdp: %s does not pass segment %u of a connection", p->name,
			   (unsigned)l->kind);
	p->b->failed = true;
}

/* Send the first `segments` segments of each of n connections. */
static void
group_live(struct plane *p, unsigned segments, uint32_t first, uint32_t n)
{
	unsigned i;

	for (i = 0; i < segments; i++)
		group_send(p, &life[i], first, n);
}

static void
open_all(struct plane *p, uint32_t n)
{
	uint32_t first;

	for (first = 0; first < n && !p->b->failed; first += GROUP)
		group_live(p, TRAFFIC_HANDSHAKE, first, RTE_MIN(GROUP, n - first));
	p->sent = p->lost = 0; /* only of packets of open connections */
}

static uint64_t
run_segments(void *plane)
{
	const uint32_t sent = TURNS * SEGMENTS;
	struct plane *p = plane;
	uint64_t before[2], came = 0;
	unsigned turn, side;

	for (side = 0; side < 2; side++)
		before[side] = arrived(p, &steady[side]);
	for (turn = 0; turn < TURNS; turn++)
		for (side = 0; side < 2; side++)
			segments_send(p, segment_set(p, &steady[side], SEED + turn),
				      SEGMENTS);
	for (side = 0; side < 2; side++) {
		(void)arrived_all(p, &steady[side], before[side] + sent);
		came += arrived(p, &steady[side]) - before[side];
	}
	p->sent += 2 * sent;
	p->lost += 2 * sent - came;
	return came;
}

/* Let the plane that polls run, or stop it. */
static void
prepare(void *plane)
{
	const struct plane *p = plane;
	unsigned i;

	for (i = 0; i < p->b->planes; i++)
		if (p->b->plane[i].pid != 0)
			kill(p->b->plane[i].pid,
			     &p->b->plane[i] == p ? SIGCONT : SIGSTOP);
}

static uint64_t
run_connections(void *plane)
{
	struct plane *p = plane;
	unsigned i;

	for (i = 0; i < GROUPS && !p->b->failed; i++, p->b->next += GROUP)
		group_live(p, RTE_DIM(life), p->b->next, GROUP);
	return (uint64_t)GROUPS * GROUP;
}

/* Attach a program to an interface. Returns 0, or -1 after a note. */
static int
program_attach(struct bpf_program *program, const char *name)
{
	if (bpf_program__attach_xdp(program, (int)if_nametoindex(name)) != NULL)
		return 0;
	bench_note("xdp: interface %s does not take a program: %s", name,
		   strerror(errno));
	return -1;
}

static int
map_set(const struct bpf_map *map, uint32_t key, const char *name)
{
	unsigned ifindex = if_nametoindex(name);

	if (ifindex != 0 && bpf_map_update_elem(bpf_map__fd(map), &key, &ifindex, 0) == 0)
		return 0;
	bench_note("xdp: nothing can be sent to interface %s: %s", name, strerror(errno));
	return -1;
}

/* Be a wire between two interfaces. Returns 0, or -1 after a note. */
static int
wire_make(const struct xdp_prog *skel, const char *name0, const char *name1)
{
	return map_set(skel->maps.wire, 0, name0) != 0 ||
			       map_set(skel->maps.wire, 1, name1) != 0 ||
			       program_attach(skel->progs.redirect0, name0) != 0 ||
			       program_attach(skel->progs.redirect1, name1) != 0
		       ? -1
		       : 0;
}

/* Attach the counting program to an end of a plane. Returns 0, or -1 after a note. */
static int
end_add(struct xdp_bench *b, struct plane *p, uint8_t side, const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_ifindex = (int)if_nametoindex(name)};
	const int on = 1;

	/* protocol 0: it receives nothing */
	p->socket[side] = socket(AF_PACKET, SOCK_RAW, 0);
	if (p->socket[side] < 0 ||
	    setsockopt(p->socket[side], SOL_PACKET, PACKET_QDISC_BYPASS, &on,
		       sizeof(on)) != 0 ||
	    bind(p->socket[side], (struct sockaddr *)&address, sizeof(address)) != 0) {
		bench_note("xdp: no socket on interface %s: %s", name, strerror(errno));
		return -1;
	}
	if (map_set(b->skel->maps.ends, p->end + side, name) != 0)
		return -1;
	return program_attach(side ? b->skel->progs.sink1 : b->skel->progs.sink0, name);
}

/* Add a plane if its interfaces are there. Returns 0, or -1 after a note. */
static int
plane_add(struct xdp_bench *b, const char *name)
{
	const char *pid = getenv("AFXDP_PID");
	struct plane *p = &b->plane[b->planes];
	char end[2][IF_NAMESIZE];

	snprintf(end[0], sizeof(end[0]), "%s0", name);
	snprintf(end[1], sizeof(end[1]), "%s1", name);
	if (if_nametoindex(end[0]) == 0)
		return 0;
	*p = (struct plane){.name = name, .end = 2 * b->planes++, .b = b};
	if (strcmp(name, "afxdp") == 0 && pid != NULL)
		p->pid = (pid_t)strtol(pid, NULL, 10);
	return end_add(b, p, 0, end[0]) != 0 ? -1 : end_add(b, p, 1, end[1]);
}

static struct bench_case *
case_of(struct bench_case *cases, unsigned n, const char *name)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (strcmp(cases[i].name, name) == 0)
			return &cases[i];
	return NULL;
}

/* Print how many times as much as another plane the plane xdp passes. */
static void
print_ratio(struct bench *b, const char *params, struct bench_case *cases, unsigned n,
	    const char *other)
{
	const struct bench_case *x = case_of(cases, n, "xdp");
	const struct bench_case *y = case_of(cases, n, other);
	double ratio[BENCH_REPEATS_MAX];
	char name[64];
	unsigned i;

	if (x == NULL || y == NULL)
		return;
	for (i = 0; i < b->repeats; i++)
		ratio[i] = y->ns[i] / x->ns[i];
	snprintf(name, sizeof(name), "rate, xdp to %s", other);
	bench_value(b, params, name, bench_median(ratio, b->repeats), "times");
}

/* Measure all planes, and print a rate for each and the ratios. */
static void
measure(struct bench *b, struct xdp_bench *x, const char *params, bool segments)
{
	static const char *const others[] = {"redirect", "kernel", "flowtable", "afxdp"};
	struct bench_case cases[RTE_DIM(x->plane)];
	unsigned i;

	for (i = 0; i < x->planes; i++)
		cases[i] = (struct bench_case){
			.name = x->plane[i].name,
			.prepare = prepare,
			.run = segments ? run_segments : run_connections,
			.arg = &x->plane[i],
			.wall = !segments,
		};
	bench_run(b, params, cases, x->planes);
	for (i = 0; i < x->planes; i++)
		bench_value(b, params, cases[i].name, 1000 / cases[i].median,
			    segments ? "Mpps" : "M/s");
	for (i = 0; i < RTE_DIM(others); i++)
		print_ratio(b, params, cases, x->planes, others[i]);
}

static void
measure_segments(struct bench *b, struct xdp_bench *x)
{
	static const uint32_t connections[] = {1, 512, 100000};
	char params[64];
	unsigned i;

	for (i = 0; i < x->planes; i++)
		open_all(&x->plane[i], b->connections);
	for (i = 0; i < RTE_DIM(connections) && !x->failed; i++) {
		if (connections[i] > b->connections)
			break;
		x->connections = connections[i];
		snprintf(params, sizeof(params), "what=segments connections=%u",
			 x->connections);
		measure(b, x, params, true);
	}
}

/*
 * Whether all planes have passed what they got. Of established connections a few frames
 * may be lost; what is missing of others for long was sent again.
 */
static bool
all_passed(const struct xdp_bench *x, bool segments)
{
	const struct plane *p;
	bool passed = !x->failed;

	for (p = x->plane; p < x->plane + x->planes; p++) {
		if (p->lost == 0)
			continue;
		bench_note("xdp: %s has lost %llu of %llu segments, or was late", p->name,
			   (unsigned long long)p->lost, (unsigned long long)p->sent);
		passed &= !segments || p->lost <= p->sent / LOST_MAX;
	}
	return passed;
}

static int
wire_until_killed(const char *name0, const char *name1)
{
	struct xdp_prog *skel = xdp_prog__open_and_load();

	if (skel == NULL || wire_make(skel, name0, name1) != 0)
		return EXIT_FAILURE;
	puts("ready");
	fflush(stdout);
	pause();
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	static const char *const names[] = {"redirect", "afxdp", "xdp", "kernel",
					    "flowtable"};
	struct xdp_bench x = {.next = FIRST_NEW};
	bool segments = argc > 1 && strcmp(argv[1], "segments") == 0;
	struct bench b;
	unsigned i;
	int rc;

	if (argc == 4 && strcmp(argv[1], "redirect") == 0)
		return wire_until_killed(argv[2], argv[3]);
	rc = bench_start(&b, argc - 1, argv + 1, "xdp", CONNECTIONS);
	if (rc != BENCH_GO_ON)
		return rc;
	x.skel = xdp_prog__open_and_load();
	if (x.skel == NULL) {
		bench_note("xdp: the programs cannot be loaded: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	traffic_init(&x.traffic, 4, false, TRAFFIC_PAYLOAD);
	for (i = 0; i < RTE_DIM(names); i++)
		if (plane_add(&x, names[i]) != 0)
			return EXIT_FAILURE;
	if (if_nametoindex("rfar0") != 0 && wire_make(x.skel, "rfar0", "rfar1") != 0)
		return EXIT_FAILURE;
	if (segments)
		measure_segments(&b, &x);
	else
		measure(&b, &x, "what=connections group=512 time_wait_s=1", false);
	rc = all_passed(&x, segments) ? bench_end(&b) : EXIT_FAILURE;
	xdp_prog__destroy(x.skel);
	return rc;
}
