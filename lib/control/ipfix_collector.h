/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Brings records to an IPFIX collector: fills messages, connects, and counts what becomes
 * of the records. Time is an argument, in milliseconds of a monotonic clock.
 *
 *	collector_send(collector, &flow, now_ms);	for each record
 *	collector_tick(collector, now_ms);		at least once a second
 *	collector_end(collector, now_ms);
 *
 * A record counts as sent when no error has come for four to five seconds after its
 * message: over UDP that is an ICMP error, over TCP the end of the connection. An error
 * may be about any message of that time, so all records of these count as lost, although
 * the collector may have some. After an error the connection is made again, which sends
 * the templates: over TCP after IPFIX_RETRY_FIRST_MS, which doubles with each failure up
 * to IPFIX_RETRY_LAST_MS; over UDP with the next record.
 */
#ifndef CONTROL_IPFIX_COLLECTOR_H
#define CONTROL_IPFIX_COLLECTOR_H

#include <stddef.h>
#include <stdint.h>

#include <control/control.h>

#include "ipfix_record.h"

/* how long a record waits for others in its message */
#define IPFIX_FLUSH_MS 1000u
/* time between two looks for errors */
#define IPFIX_CHECK_MS 1000u
/*
 * looks without an error after which records count as sent: the kernel gives up a
 * neighbour that does not answer after 3 s
 */
#define IPFIX_CHECKS 5u
/* over UDP a collector that has begun later needs the templates (RFC 7011 8.4) */
#define IPFIX_TEMPLATES_MS 60000u
#define IPFIX_RETRY_FIRST_MS 1000u
#define IPFIX_RETRY_LAST_MS 60000u
/* longest message over UDP: with its headers within the MTU of Ethernet and of tunnels */
#define IPFIX_UDP_BYTES 1420u

/* How messages get to the collector: sockets (ipfix_socket.h), or memory in tests. */
struct ipfix_transport {
	void *context;
	/* Connect. Returns 0 or -errno. */
	int (*open)(void *context);
	/*
	 * Send a message. Returns 0 or -errno. After -ENOBUFS or -EAGAIN only this
	 * message is lost; after others, the connection.
	 */
	int (*send)(void *context, const uint8_t *message, size_t length);
	/* Return the error that has come since messages were sent, -errno; 0: none. */
	int (*error)(void *context);
	/* Close the connection, if there is one. */
	void (*close)(void *context);
};

struct ipfix_collector;

/*
 * to: counts are added there. warn: is told when the collector cannot be reached any
 * more; may be NULL. Returns NULL when memory runs out.
 */
struct ipfix_collector *collector_new(struct control_ipfix *to,
				      const struct ipfix_transport *transport,
				      void (*warn)(const char *text));
void collector_free(struct ipfix_collector *collector);

/* Put a record into a message, which is sent when it is full. */
void collector_send(struct ipfix_collector *collector, const struct ipfix_flow *flow,
		    uint64_t now_ms);

/* Send what has waited for long enough, and look for errors. */
void collector_tick(struct ipfix_collector *collector, uint64_t now_ms);

/* Send what is in the message, and count all records. */
void collector_end(struct ipfix_collector *collector, uint64_t now_ms);

#endif
