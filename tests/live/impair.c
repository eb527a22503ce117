/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A relay between two interfaces that behaves like a bad cable: it delays, loses, doubles
 * and reorders frames, or tags them. It is used instead of the netem qdisc, which some
 * kernels lack and which the transmit path of AF_XDP bypasses.
 *
 *	cable NEAR FAR [--delay MS] [--loss %] [--duplicate %] [--reorder %] [--seed N]
 *		[--tag TPID:VID]...
 *
 * Each direction has a random generator of its own. A reordered frame, and the second
 * copy of a doubled one, is delayed by 1 to 5 ms more. With --tag, these tags (outermost
 * first) are added to frames from NEAR to FAR and removed from those from FAR to NEAR.
 * Prints "ready" after the start, and counts of frames on SIGTERM.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAMES 16384u
#define FRAME_BYTES 2048u
#define MACS_BYTES 12u
#define TAG_BYTES 4u
#define TAGS_MAX 2u
#define ROOM_BYTES                                                                       \
	(TAG_BYTES * (TAGS_MAX + 1)) /* for added tags and one that the kernel stripped */
#define BURST 64u
#define SOCKET_BYTES (16 << 20)
#define LATER_MIN_NS 1000000u
#define LATER_SPAN_NS 4000000u

struct frame {
	uint64_t due_ns;
	uint64_t number; /* sequence number: frames due at the same time leave in order */
	struct direction *way;
	uint32_t start, length; /* offset and length of the frame in bytes[] */
	uint8_t bytes[ROOM_BYTES + FRAME_BYTES];
};

struct direction {
	int in, out;
	uint64_t random;
	bool push; /* whether this direction adds the tags or removes them */
	unsigned long passed, lost, doubled, held, refused;
};

static struct {
	double delay_ms, loss, duplicate, reorder;
	uint64_t seed;
	uint8_t tags[TAGS_MAX * TAG_BYTES];
	uint32_t tags_bytes;
} options = {.seed = 1};

static struct frame frames[FRAMES];
static struct frame *idle[FRAMES]; /* stack of unused frames */
static struct frame *held[FRAMES]; /* heap of delayed frames, the next due first */
static uint32_t idle_count, held_count;
static volatile sig_atomic_t stopping;

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* random numbers: splitmix64 */
static uint64_t
draw(struct direction *way)
{
	uint64_t z = (way->random += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static bool
hit(struct direction *way, double percent)
{
	return percent > 0 &&
	       (double)(draw(way) >> 11) / (double)(1ull << 53) * 100 < percent;
}

/* ---- delayed frames ---- */

static bool
sooner(const struct frame *a, const struct frame *b)
{
	return a->due_ns < b->due_ns || (a->due_ns == b->due_ns && a->number < b->number);
}

static void
swap(uint32_t a, uint32_t b)
{
	struct frame *f = held[a];

	held[a] = held[b];
	held[b] = f;
}

static void
hold(struct frame *f, uint64_t due_ns)
{
	static uint64_t number;
	uint32_t i = held_count++;

	f->due_ns = due_ns;
	f->number = number++;
	held[i] = f;
	for (; i > 0 && sooner(held[i], held[(i - 1) / 2]); i = (i - 1) / 2)
		swap(i, (i - 1) / 2);
}

static struct frame *
next_due(void)
{
	struct frame *f = held[0];
	uint32_t i = 0, child;

	held[0] = held[--held_count];
	while ((child = 2 * i + 1) < held_count) {
		if (child + 1 < held_count && sooner(held[child + 1], held[child]))
			child++;
		if (!sooner(held[child], held[i]))
			break;
		swap(i, child);
		i = child;
	}
	return f;
}

/* ---- frames ---- */

/* Make room for tags after the addresses, which move towards the front. */
static void
insert_tags(struct frame *f, const uint8_t *tags, uint32_t bytes)
{
	f->start -= bytes;
	f->length += bytes;
	memmove(f->bytes + f->start, f->bytes + f->start + bytes, MACS_BYTES);
	memcpy(f->bytes + f->start + MACS_BYTES, tags, bytes);
}

static void
remove_tags(struct frame *f, uint32_t bytes)
{
	memmove(f->bytes + f->start + bytes, f->bytes + f->start, MACS_BYTES);
	f->start += bytes;
	f->length -= bytes;
}

/* Put the outermost tag back where the kernel has stripped it. */
static void
restore_tag(struct frame *f, struct msghdr *m)
{
	struct cmsghdr *c;
	struct tpacket_auxdata aux;
	uint16_t tag[2];

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
			continue;
		tag[0] = htons(aux.tp_status & TP_STATUS_VLAN_TPID_VALID
				       ? aux.tp_vlan_tpid
				       : ETH_P_8021Q);
		tag[1] = htons(aux.tp_vlan_tci);
		insert_tags(f, (const uint8_t *)tag, sizeof(tag));
	}
}

/* Receive a frame. Returns false if there is none, or if it does not fit. */
static bool
frame_receive(int port, struct frame *f)
{
	char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec io = {.iov_base = f->bytes + ROOM_BYTES, .iov_len = FRAME_BYTES};
	struct msghdr m = {.msg_iov = &io,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(port, &m, MSG_DONTWAIT);

	if (got < (ssize_t)MACS_BYTES || (m.msg_flags & MSG_TRUNC))
		return false;
	f->start = ROOM_BYTES;
	f->length = (uint32_t)got;
	restore_tag(f, &m);
	return true;
}

static void
frame_send(struct frame *f)
{
	if (send(f->way->out, f->bytes + f->start, f->length, MSG_DONTWAIT) < 0)
		/* the queue is full or the frame too long for the device: it is lost */
		f->way->refused++;
	else
		f->way->passed++;
	idle[idle_count++] = f;
}

/* Queue a received frame with its delay. */
static void
frame_carry(struct direction *way, struct frame *f, uint64_t now)
{
	uint64_t due = now + (uint64_t)(options.delay_ms * 1e6);
	uint64_t later = due + LATER_MIN_NS + draw(way) % LATER_SPAN_NS;
	struct frame *copy;

	if (hit(way, options.loss)) {
		way->lost++;
		idle[idle_count++] = f;
		return;
	}
	f->way = way;
	if (way->push)
		insert_tags(f, options.tags, options.tags_bytes);
	else
		remove_tags(f, options.tags_bytes);
	if (hit(way, options.duplicate) && idle_count > 0) {
		way->doubled++;
		copy = idle[--idle_count];
		*copy = *f;
		hold(copy, later);
	} else if (hit(way, options.reorder)) {
		way->held++;
		due = later;
	}
	hold(f, due);
}

static void
port_drain(struct direction *way)
{
	uint64_t now = now_ns();
	struct frame *f;
	unsigned i;

	for (i = 0; i < BURST && idle_count > 0; i++) {
		f = idle[--idle_count];
		if (!frame_receive(way->in, f)) {
			idle[idle_count++] = f;
			return;
		}
		frame_carry(way, f, now);
	}
}

static void
run(struct direction ways[2], const sigset_t *others)
{
	struct pollfd ports[2] = {{.fd = ways[0].in, .events = POLLIN},
				  {.fd = ways[1].in, .events = POLLIN}};
	struct timespec wait;
	uint64_t now = now_ns(), left;

	while (!stopping) {
		left = held_count > 0 && held[0]->due_ns > now ? held[0]->due_ns - now
							       : 0;
		wait = (struct timespec){.tv_nsec = (long)left};
		if (ppoll(ports, 2, held_count > 0 ? &wait : NULL, others) > 0) {
			port_drain(&ways[0]);
			port_drain(&ways[1]);
		}
		now = now_ns();
		while (held_count > 0 && held[0]->due_ns <= now)
			frame_send(next_due());
	}
}

/* ---- start ---- */

static int
port_open(const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(name)};
	int port = socket(AF_PACKET, SOCK_RAW, 0), on = 1, bytes = SOCKET_BYTES;

	if (port < 0 || at.sll_ifindex == 0 ||
	    setsockopt(port, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) != 0 ||
	    setsockopt(port, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) != 0 ||
	    setsockopt(port, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0 ||
	    setsockopt(port, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0 ||
	    bind(port, (const struct sockaddr *)&at, sizeof(at)) != 0) {
		fprintf(stderr, "cable: %s: %s\n", name, strerror(errno));
		exit(1);
	}
	return port;
}

static void
stop(__attribute__((unused)) int signal_number)
{
	stopping = 1;
}

static void
usage(void)
{
	fprintf(stderr, "usage: cable NEAR FAR [--delay MS] [--loss %%] [--duplicate %%] "
			"[--reorder %%] [--seed N] [--tag TPID:VID]...\n");
	exit(1);
}

static void
tag_option(const char *text)
{
	char *colon;
	uint16_t tag[2] = {htons((uint16_t)strtoul(text, &colon, 16))};

	if (*colon != ':' || options.tags_bytes == sizeof(options.tags))
		usage();
	tag[1] = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	memcpy(options.tags + options.tags_bytes, tag, sizeof(tag));
	options.tags_bytes += TAG_BYTES;
}

static void
parse(int argc, char **argv)
{
	static const struct option names[] = {{"delay", 1, NULL, 'd'},
					      {"loss", 1, NULL, 'l'},
					      {"duplicate", 1, NULL, 'c'},
					      {"reorder", 1, NULL, 'r'},
					      {"seed", 1, NULL, 's'},
					      {"tag", 1, NULL, 't'},
					      {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (option) {
		case 'd':
			options.delay_ms = strtod(optarg, NULL);
			break;
		case 'l':
			options.loss = strtod(optarg, NULL);
			break;
		case 'c':
			options.duplicate = strtod(optarg, NULL);
			break;
		case 'r':
			options.reorder = strtod(optarg, NULL);
			break;
		case 's':
			options.seed = strtoull(optarg, NULL, 0);
			break;
		case 't':
			tag_option(optarg);
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 2 || options.delay_ms < 0 || options.delay_ms > 500)
		usage();
}

int
main(int argc, char **argv)
{
	struct direction ways[2] = {{.push = true}, {.push = false}};
	struct sigaction action = {.sa_handler = stop};
	sigset_t term, others;
	unsigned i;

	parse(argc, argv);
	for (i = 0; i < 2; i++) {
		ways[i].in = ways[!i].out = port_open(argv[optind + i]);
		ways[i].random = (options.seed + i) << 32;
	}
	for (idle_count = 0; idle_count < FRAMES; idle_count++)
		idle[idle_count] = &frames[idle_count];
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &others);
	sigaction(SIGTERM, &action, NULL);
	printf("ready\n");
	fflush(stdout);
	run(ways, &others);
	for (i = 0; i < 2; i++)
		printf("%s passed=%lu lost=%lu doubled=%lu held=%lu refused=%lu\n",
		       i == 0 ? "near to far" : "far to near", ways[i].passed,
		       ways[i].lost, ways[i].doubled, ways[i].held, ways[i].refused);
	return 0;
}
