/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What systemd learns of a service of Type=notify (sd_notify(3)): that it is ready, how
 * it is, that it ends. A thread asks the workers for their counters; the answer is the
 * heartbeat for WatchdogSec= and the status line of `systemctl status`. Without
 * $NOTIFY_SOCKET nothing of this happens.
 */
#ifndef SLUICE_SERVICE_H
#define SLUICE_SERVICE_H

struct sluice;

/*
 * Report that sluice is ready, and start the thread. Call it when the workers run.
 * Returns 0 or -errno.
 */
int service_start(struct sluice *s);

/* Report that sluice ends, and end the thread, before the workers end. */
void service_stop(void);

#endif
