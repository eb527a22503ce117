/* SPDX-License-Identifier: BSD-3-Clause */
#include <control/settings.h>

static int
worker_apply(const struct control_backend *b, unsigned worker,
	     const struct control_settings *settings)
{
	uint64_t cursor = 0;
	int status = b->ops->set_settings(b->context, worker, settings);

	while (status >= 0 && cursor != ENGINE_CURSOR_END)
		status = b->ops->rearm(b->context, worker, &cursor);
	return status < 0 ? status : 0;
}

int
control_settings_apply(const struct control_backend *backend,
		       const struct control_settings *settings)
{
	int status = 0, one;
	unsigned i;

	for (i = 0; i < backend->workers; i++) {
		one = worker_apply(backend, i, settings);
		if (one != 0)
			status = one;
	}
	return status;
}
