/* SPDX-License-Identifier: BSD-3-Clause */
#include "service.h"

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include <systemd/sd-daemon.h>

#include "helper.h"
#include "sluice.h"

#define PERIOD_MS 5000u /* longest time between two status lines */

static struct helper helper = HELPER_NONE;
static unsigned period_ms;

/* A count of packets, and when it was taken. */
struct sample {
	uint64_t packets;
	struct timespec time;
};

static double
seconds_between(const struct timespec *first, const struct timespec *second)
{
	return (double)(second->tv_sec - first->tv_sec) +
	       (double)(second->tv_nsec - first->tv_nsec) / 1e9;
}

/*
 * Send the status line, and the heartbeat if all workers have answered. *last is the
 * sample of the call before.
 */
static void
status_send(struct sluice *s, struct sample *last)
{
	const struct control_config config = {.backend = &s->backend};
	struct engine_stats stats;
	struct sample now;
	double seconds;

	if (control_stats(&config, &stats, NULL) != 0) {
		sd_notify(0, "STATUS=a worker does not answer");
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &now.time);
	now.packets = stats.packets;
	seconds = seconds_between(&last->time, &now.time);
	sd_notifyf(
		0,
		"WATCHDOG=1\n"
		"STATUS=%.0f packets/s, %u of %u connections of IPv4, %u of %u of IPv6",
		seconds > 0 ? (double)(now.packets - last->packets) / seconds : 0.0,
		stats.connections, s->config->max, stats.connections6,
		s->config->max_ipv6);
	*last = now;
}

static void *
service_thread(void *context)
{
	struct pollfd fd = {.fd = helper.wake, .events = POLLIN};
	struct sample last = {0};

	clock_gettime(CLOCK_MONOTONIC, &last.time);
	do
		status_send(context, &last);
	while (poll(&fd, 1, (int)period_ms) <= 0);
	return NULL;
}

int
service_start(struct sluice *s)
{
	uint64_t watchdog_us;

	if (getenv("NOTIFY_SOCKET") == NULL)
		return 0;
	sd_notify(0, "READY=1");
	period_ms = PERIOD_MS;
	/* a third, so that one late heartbeat does not end the service */
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		period_ms = RTE_MIN(period_ms, (unsigned)(watchdog_us / 3000));
	return helper_start(&helper, service_thread, s);
}

void
service_stop(void)
{
	sd_notify(0, "STOPPING=1");
	helper_stop(&helper);
}
