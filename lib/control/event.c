/* SPDX-License-Identifier: BSD-3-Clause */
#include "event.h"

#include <control/view.h>

json_t *
event_json(const struct control_config *config, const struct conn_event *event)
{
	static const char *const kinds[] = {
		[CONN_EVENT_NEW] = "new",
		[CONN_EVENT_UPDATE] = "update",
		[CONN_EVENT_DESTROY] = "destroy",
	};

	return json_pack("{ss sI so}", "event", kinds[event->kind], "time_ns",
			 (json_int_t)event->at_ns, "connection",
			 view_json(&event->view, config->port_names, config->port_count));
}
