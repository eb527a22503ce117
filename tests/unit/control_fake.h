/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A backend for lib/control that answers from memory: no rings, no DPDK. A test fills in
 * what the workers have; a worker that is `silent` answers nothing.
 */
#ifndef TESTS_UNIT_CONTROL_FAKE_H
#define TESTS_UNIT_CONTROL_FAKE_H

#include <control/backend.h>
#include <control/control.h>

#define FAKE_WORKERS 2u
#define FAKE_VIEWS 200u
#define FAKE_COUNTERS 100u
#define FAKE_EVENTS 600u
#define FAKE_RECORDS 200u

struct fake_worker {
	struct control_worker_stats stats;
	struct conn_view views[FAKE_VIEWS];
	unsigned view_count;
	unsigned resets; /* connections that were removed with a RST */
	uint8_t end;     /* enum conn_end of the last connection that was removed */
	struct policy_counter counters[FAKE_COUNTERS];
	struct conn_event events[FAKE_EVENTS]; /* events not yet taken, oldest first */
	unsigned event_count;
	uint64_t lost;
	unsigned streams; /* CONTROL_STREAM_* flags of the last subscribe() */
	struct control_reports reports; /* all of it */
	unsigned subscribes;
	struct packet_record records[FAKE_RECORDS]; /* records not yet taken */
	unsigned record_count;
	uint64_t records_lost[RECORD_KINDS];
	/* kept records of one drop reason, newest first */
	struct packet_record kept[RECORDER_KEPT];
	unsigned kept_count;
	const struct policy *policy; /* policy of the last set_policy() */
	struct engine_states states;
	unsigned states_pieces; /* number of calls that find the counts incomplete */
	unsigned states_calls;  /* since the counting began; 0: it has ended */
	struct control_settings settings; /* settings of the last set_settings() */
	unsigned rearmed;                 /* number of calls of rearm() */
	bool silent;
};

struct fake {
	struct fake_worker workers[FAKE_WORKERS];
	struct control_backend backend;
	/* called by set_policy(); may be NULL */
	void (*before_policy)(struct fake *fake, unsigned worker);
	struct control_config config; /* configuration with two ports, "lan" and "wan" */
	struct control_port ports[2];
	bool port_gone[2];
};

void fake_init(struct fake *fake);

/* Return a connection 10.0.0.1:sport to 192.0.2.1:80, TCP, ESTABLISHED at both ends. */
struct conn_view fake_connection(uint16_t sport, uint32_t id);

/*
 * Return the record of a segment in the reply direction of that connection, dropped
 * because it is beyond the window: SEQ 900000, ACK 1001, 10 bytes, both ends ESTABLISHED.
 */
struct packet_record fake_drop(uint64_t at_ns);

/* Add a connection to the list of a worker. */
void fake_add(struct fake *fake, unsigned worker, uint16_t sport);

#endif
