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

	json_t *json = json_pack("{ss sI}", "event", kinds[event->kind], "time_ns",
				 (json_int_t)event->at_ns);

	if (json != NULL && event->kind == CONN_EVENT_DESTROY) {
		json_object_set_new(json, "reason",
				    json_string(conn_end_name(event->end)));
		json_object_set_new(json, "text", json_string(conn_end_text(event->end)));
	}
	if (json != NULL)
		json_object_set_new(json, "connection",
				    view_json(&event->view, config->port_names,
					      config->port_count));
	return json;
}
