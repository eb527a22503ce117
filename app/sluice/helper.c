/* SPDX-License-Identifier: BSD-3-Clause */
#include "helper.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int
helper_start(struct helper *helper, void *(*run)(void *), void *context)
{
	int status;

	helper->wake = eventfd(0, EFD_CLOEXEC);
	if (helper->wake < 0)
		return -errno;
	status = pthread_create(&helper->thread, NULL, run, context);
	if (status != 0) {
		close(helper->wake);
		helper->wake = -1;
	}
	return -status;
}

void
helper_stop(struct helper *helper)
{
	const uint64_t one = 1;

	if (helper->wake < 0)
		return;
	if (write(helper->wake, &one, sizeof(one)) == sizeof(one))
		pthread_join(helper->thread, NULL);
	close(helper->wake);
	helper->wake = -1;
}
