/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many TCP connections at once, each checked byte by byte.
 *
 *	storm serve PORT [--window N] [--buffer N] [--mptcp]
 *	storm run HOST PORT COUNT PARALLEL [--up N] [--down N] [--pause MS] [--ends N]
 *		[--first N] [--source PORT] [--congestion NAME] [--fastopen] [--urgent]
 *		[--keepalive] [--window N] [--buffer N] [--mptcp]
 *
 * The client sends a request and `up` bytes, the server answers with `down` bytes. The
 * connections end in turn in N (--ends) of the ways of enum ending, from number --first
 * (0) on. --pause: both ends stop reading once for this time. --urgent: one byte in each
 * direction is urgent. --keepalive: keepalives after a second of silence. --window:
 * TCP_WINDOW_CLAMP. --buffer: SO_RCVBUF. --source: the PARALLEL connections use the ports
 * from this one on, and reuse them at once. `run` prints "all connected" when each
 * connection has completed its handshake, "most done" when 19 of 20 have ended, and at
 * the end "N of COUNT good". `serve` prints on SIGTERM how many connections it had and
 * how many were wrong.
 */
#include "tcp_load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNS_MAX 8192u
#define TICK_MS 50

static struct {
	struct request rq;
	unsigned first, endings, window, buffer, source;
	bool fastopen, mptcp;
} options = {.rq = {.up = 200, .down = 3000}, .endings = 3};

static struct conn conns[CONNS_MAX];
static volatile sig_atomic_t stopping;

/* Return the connection slot for the server's next client. */
static struct conn *
conn_new(int fd)
{
	static unsigned next;
	unsigned i;

	for (i = 0; i < CONNS_MAX; i++) {
		struct conn *c = &conns[next++ % CONNS_MAX];

		if (c->fd < 0) {
			*c = (struct conn){.fd = fd, .begun_ms = now_ms()};
			return c;
		}
	}
	return NULL;
}

/* ---- both programs ---- */

static int
socket_open(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK,
			options.mptcp ? IPPROTO_MPTCP : 0);

	if (fd < 0)
		die("socket");
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (options.window > 0)
		set(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, (int)options.window);
	if (options.buffer > 0)
		set(fd, SOL_SOCKET, SO_RCVBUF, (int)options.buffer);
	return fd;
}

static void
serve_one(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	struct conn *c = fd < 0 ? NULL : conn_new(fd);

	if (c != NULL)
		conn_watch(c, EPOLL_CTL_ADD, EPOLLIN);
	else if (fd >= 0)
		close(fd); /* the client will report the missing connection */
}

/* Handle the events of one tick. A server also has a listening socket. */
static void
turn(int listener)
{
	static uint64_t ticked;
	struct epoll_event events[64];
	struct conn *c;
	int i, count = epoll_wait(storm.poller, events, 64, TICK_MS);
	uint64_t now = now_ms();

	for (i = 0; i < count; i++) {
		c = events[i].data.ptr;
		if (c == NULL)
			serve_one(listener);
		else if (c->fd >= 0)
			conn_event(c, events[i].events);
	}
	if (now - ticked < TICK_MS)
		return;
	ticked = now;
	for (c = conns; c < conns + CONNS_MAX; c++)
		if (c->fd >= 0)
			conn_tick(c, now);
}

static void
stop(__attribute__((unused)) int signal_number)
{
	stopping = 1;
}

static int
serve(uint16_t port)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct epoll_event event = {.events = EPOLLIN};
	int listener = socket_open(AF_INET6);

	if (!options.mptcp)
		set(listener, IPPROTO_TCP, TCP_FASTOPEN, 1024);
	if (bind(listener, (const struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(listener, 1024) != 0 ||
	    epoll_ctl(storm.poller, EPOLL_CTL_ADD, listener, &event) != 0)
		die("listen");
	signal(SIGTERM, stop);
	printf("ready\n");
	fflush(stdout);
	while (!stopping)
		turn(listener);
	printf("%u served, %u wrong%s%s\n", storm.good + storm.bad, storm.bad,
	       storm.bad > 0 ? ": " : "", storm.trouble);
	return storm.bad > 0;
}

/* Start a connection, unless its source port is still in use. */
static void
run_one(struct conn *c, const struct sockaddr *to, socklen_t bytes, unsigned number)
{
	struct sockaddr_in6 from = {.sin6_family = to->sa_family};

	*c = (struct conn){.fd = socket_open(to->sa_family),
			   .client = true,
			   .rq = options.rq,
			   .begun_ms = now_ms()};
	c->rq.seed = number;
	c->rq.ending = (uint8_t)(options.first + number % options.endings);
	conn_tune(c);
	if (options.fastopen)
		set(c->fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
	from.sin6_port = htons((uint16_t)(options.source + (unsigned)(c - conns)));
	if ((options.source == 0 ||
	     bind(c->fd, (const struct sockaddr *)&from, bytes) == 0) &&
	    (connect(c->fd, to, bytes) == 0 || errno == EINPROGRESS)) {
		conn_watch(c, EPOLL_CTL_ADD, EPOLLOUT);
		return;
	}
	if (errno != EADDRINUSE && errno != EADDRNOTAVAIL)
		die("connect");
	close(c->fd);
	c->fd = -1;
	c->begun_ms += TICK_MS;
}

/* Return whether each started connection has completed its handshake. */
static bool
all_connected(const struct conn *first, unsigned count)
{
	struct tcp_info info;
	const struct conn *c;

	for (c = first; c < first + count; c++) {
		socklen_t bytes = sizeof(info);

		if (c->fd >= 0 &&
		    getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) == 0 &&
		    info.tcpi_state == TCP_SYN_SENT)
			return false;
	}
	return true;
}

static void
say_once(bool *said, const char *what, uint64_t begin)
{
	if (*said)
		return;
	printf("%s after %.1f s\n", what, (double)(now_ms() - begin) / 1000);
	fflush(stdout);
	*said = true;
}

static int
run(const char *host, uint16_t port, unsigned count, unsigned parallel)
{
	struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	bool ipv6 = inet_pton(AF_INET6, host, &to6.sin6_addr) == 1;
	bool connected = false, most = false;
	const struct sockaddr *to = ipv6 ? (const struct sockaddr *)&to6
					 : (const struct sockaddr *)&to4;
	socklen_t bytes = ipv6 ? sizeof(to6) : sizeof(to4);
	uint64_t begin = now_ms(), now;
	unsigned begun = 0, i;

	if (!ipv6 && inet_pton(AF_INET, host, &to4.sin_addr) != 1)
		die(host);
	while (storm.good + storm.bad < count) {
		now = now_ms();
		for (i = 0; i < parallel && begun < count; i++) {
			if (conns[i].fd >= 0 || conns[i].begun_ms > now)
				continue;
			run_one(&conns[i], to, bytes, begun);
			begun += conns[i].fd >= 0;
		}
		turn(-1);
		if (!connected && begun == count && all_connected(conns, parallel))
			say_once(&connected, "all connected", begin);
		if (storm.good + storm.bad >= count - count / 20)
			say_once(&most, "most done", begin);
	}
	printf("%u of %u good in %.1f s%s%s\n", storm.good, count,
	       (double)(now_ms() - begin) / 1000, storm.bad > 0 ? ": " : "",
	       storm.trouble);
	return storm.bad > 0;
}

static _Noreturn void
usage(void)
{
	fprintf(stderr,
		"usage: storm serve PORT [--window N] [--buffer N] [--mptcp]\n"
		"       storm run HOST PORT COUNT PARALLEL [--up N] [--down N] [--pause "
		"MS]\n"
		"             [--ends N] [--first N] [--source PORT] [--congestion "
		"NAME]\n"
		"             [--fastopen] [--urgent] [--keepalive] [--window N] "
		"[--buffer N]\n"
		"             [--mptcp]\n");
	exit(1);
}

static unsigned
number(const char *text, unsigned most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || value > most)
		usage();
	return (unsigned)value;
}

static void
parse(int argc, char **argv)
{
	static const struct option names[] = {
		{"up", 1, NULL, 'u'},         {"down", 1, NULL, 'd'},
		{"pause", 1, NULL, 'p'},      {"ends", 1, NULL, 'e'},
		{"source", 1, NULL, 's'},     {"first", 1, NULL, 'i'},
		{"congestion", 1, NULL, 'c'}, {"fastopen", 0, NULL, 'f'},
		{"urgent", 0, NULL, 'g'},     {"keepalive", 0, NULL, 'k'},
		{"window", 1, NULL, 'w'},     {"buffer", 1, NULL, 'b'},
		{"mptcp", 0, NULL, 'm'},      {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (option) {
		case 'u':
			options.rq.up = number(optarg, 1u << 30);
			break;
		case 'd':
			options.rq.down = number(optarg, 1u << 30);
			break;
		case 'p':
			options.rq.pause_ms = (uint16_t)number(optarg, UINT16_MAX);
			break;
		case 'e':
			options.endings = number(optarg, ENDINGS);
			break;
		case 'i':
			options.first = number(optarg, ENDINGS - 1);
			break;
		case 's':
			options.source = number(optarg, UINT16_MAX);
			break;
		case 'b':
			options.buffer = number(optarg, 1u << 30);
			break;
		case 'c':
			strncpy(options.rq.congestion, optarg,
				sizeof(options.rq.congestion) - 1);
			break;
		case 'f':
			options.fastopen = true;
			break;
		case 'g':
			options.rq.urgent = true;
			break;
		case 'k':
			options.rq.keepalive = true;
			break;
		case 'w':
			options.window = number(optarg, 1u << 30);
			break;
		case 'm':
			options.mptcp = true;
			break;
		default:
			usage();
		}
	}
	if (options.endings == 0 || options.first + options.endings > ENDINGS)
		usage();
}

int
main(int argc, char **argv)
{
	struct rlimit files = {CONNS_MAX + 64, CONNS_MAX + 64};
	unsigned i;

	parse(argc, argv);
	argc -= optind;
	argv += optind;
	pattern_make();
	for (i = 0; i < CONNS_MAX; i++)
		conns[i].fd = -1;
	storm.poller = epoll_create1(0);
	if (storm.poller < 0 || setrlimit(RLIMIT_NOFILE, &files) != 0)
		die("start");
	if (argc == 2 && strcmp(argv[0], "serve") == 0)
		return serve((uint16_t)number(argv[1], UINT16_MAX));
	if (argc == 5 && strcmp(argv[0], "run") == 0)
		return run(argv[1], (uint16_t)number(argv[2], UINT16_MAX),
			   number(argv[3], 1000000), number(argv[4], CONNS_MAX));
	usage();
}
