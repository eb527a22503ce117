/* SPDX-License-Identifier: BSD-3-Clause */
#include "sweep.h"

static bool
is_to_end(const struct sweep *s, const struct conn_view *view)
{
	uint16_t rule;

	return s->rules == NULL || refusal_of(s->rules, view, &rule) != REFUSAL_NONE;
}

static int
worker_sweep(const struct sweep *s, unsigned worker, uint64_t *seen, uint64_t *ended)
{
	const struct control_backend *b = s->backend;
	struct control_removal removal = {.end = CONN_END_RELOADED, .reset = s->reset};
	struct conn_view views[CONTROL_PIECE];
	uint64_t cursor = 0;
	int i, n, status;

	while (cursor != ENGINE_CURSOR_END) {
		n = b->ops->list(b->context, worker, &cursor, views);
		if (n < 0)
			return n;
		*seen += (unsigned)n;
		for (i = 0; i < n; i++) {
			if (!is_to_end(s, &views[i]))
				continue;
			removal.key = views[i].key;
			removal.family = views[i].family;
			status = b->ops->remove(b->context, worker, &removal);
			if (status < 0)
				return status;
			*ended += (unsigned)status;
		}
	}
	return 0;
}

int
sweep_run(const struct sweep *sweep, uint64_t *seen, uint64_t *ended)
{
	unsigned worker;
	int status = 0;

	for (worker = 0; worker < sweep->backend->workers && status == 0; worker++)
		status = worker_sweep(sweep, worker, seen, ended);
	return status;
}
