/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control thread of a running sluice. It serves a UNIX stream socket with one JSON
 * object on each line (docs/control.md), sums through rte_telemetry, and metrics over
 * HTTP. It reaches the workers through control/backend.h. No client waits for another:
 * output that a client does not read stays in a bounded buffer, a list pauses until there
 * is room, and events that do not fit are dropped and counted.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <control/backend.h>
#include <control/reload.h>
#include <control/rules.h>

#define CONTROL_MESSAGE_BYTES 1280u
#define CONTROL_MAX_PORTS (2 * ENGINE_MAX_WIRES)

/* The link of a port, and the counters of its device. */
struct control_port {
	bool up; /* the port has a link */
	uint16_t mtu;
	uint64_t link_changes;
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t rx_missed; /* packets lost because the device had no room */
	uint64_t rx_nombuf; /* packets lost because no packet buffer was free */
	uint64_t rx_errors;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t tx_errors;
};

/* Where records of connections go as IPFIX, and what has become of them. */
struct control_ipfix {
	const char *collector; /* as configured, for messages */
	char host[64];         /* its numeric address */
	char port[8];
	bool tcp; /* else UDP */
	uint64_t active_s;
	uint32_t domain;
	uint32_t enterprise;
	/* written by lib/control */
	atomic_uint_fast64_t sent;
	atomic_uint_fast64_t lost;
	atomic_uint_fast64_t errors; /* failures to connect, to send, to be received */
};

struct control_config {
	/* path of the socket; its directory is created if it does not exist */
	const char *path;
	gid_t group; /* group of the socket; (gid_t)-1: that of the process */
	const struct control_backend *backend;
	struct control_rules *rules;
	/*
	 * Names of the ports, in the order of the engine's port numbers: those of the
	 * wires, then mirror ports.
	 */
	const char *const *port_names;
	unsigned port_count;     /* number of ports of wires */
	unsigned all_port_count; /* with the mirror ports, at least port_count */
	/*
	 * Fill *port, which is zeroed, for the port with this number. Returns 0, or
	 * -errno when its device gives no counters (any more). Any thread may call it.
	 */
	int (*port)(void *context, unsigned number, struct control_port *port);
	void *port_context;
	uint32_t max; /* largest number of connections, over all workers */
	uint32_t max6;
	const struct sockaddr *metrics; /* address to serve metrics at; NULL: none */
	struct control_reload *reload;  /* has been started by the caller */
	/* path of a file, "stdout" or "journal"; NULL: no log of records */
	const char *record_log;
	/*
	 * what is logged besides the packets that rules log: CONTROL_STREAM_DROPS, and
	 * CONTROL_STREAM_EVENTS for connections that have ended
	 */
	unsigned record_streams;
	struct control_ipfix *ipfix;    /* NULL: no IPFIX */
	void (*warn)(const char *text); /* writes a line to the log; may be NULL */
	const char *version;            /* of sluice, for the metrics */
	uint64_t start_s; /* time of the start, seconds since 1970, for the metrics */
};

struct control;

/*
 * Create the directory of the control socket, if it does not exist, for owner and group;
 * (gid_t)-1: the group of the process. control_start() does so too. Returns 0 or -errno.
 */
int control_folder(const char *path, gid_t group);

/*
 * Start the thread. Data that config points to has to stay valid. Returns 0 and a warning
 * (or ""); or -errno and an error. message has CONTROL_MESSAGE_BYTES.
 */
int control_start(const struct control_config *config, struct control **control,
		  char *message);

/*
 * End the thread, and remove the socket if the file is still the one that we created.
 * Call it while the workers are running, so that they can answer.
 */
void control_stop(struct control *control);

/*
 * Replace the log of records. control_log_open() opens another one, with the arguments
 * and results of control_config.record_log and record_streams: it returns 0 or -errno and
 * a message of CONTROL_MESSAGE_BYTES. config has to stay valid as long as the log.
 * control_log_set() takes ownership of it and puts it in force, NULL: no log, without
 * waiting; control_log_close() discards it. Any thread. To open and to discard may take
 * as long as a slow disk does: hold no lock that others wait for.
 */
struct sink;
int control_log_open(const struct control_config *config, const char *log,
		     unsigned streams, struct sink **sink, char *message);
void control_log_set(struct control *control, struct sink *log);
void control_log_close(struct sink *log);

/* Open the file of record_log again, because it may have been renamed. Any thread. */
void control_reopen(struct control *control);

/* The work of one worker, for comparison with the others. */
struct control_load {
	uint64_t packets; /* number of packets processed */
	uint64_t handed_over;
	uint32_t connections; /* number of connections, of both families */
	struct control_table {
		uint32_t count;
		uint32_t max;
	} table[2]; /* IPv4, IPv6 */
	struct control_turns turns;
	struct record_counts records[RECORD_KINDS];
};

/*
 * Get the sums of all workers' counters. loads, unless NULL, gets the load of each worker
 * of the backend. Returns 0 or -ETIMEDOUT.
 */
int control_stats(const struct control_config *config, struct engine_stats *sum,
		  struct control_load *loads);

/* Add a worker's counters to a sum. */
void control_stats_add(struct engine_stats *sum, const struct engine_stats *stats);

#endif
