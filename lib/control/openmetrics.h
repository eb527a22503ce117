/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The counters of control/control.h as text for monitors, in two forms with the same
 * samples: OpenMetrics (openmetrics.io, version 1.0), and the text format 0.0.4 of
 * Prometheus, in which the name of a counter ends in _total in its TYPE and HELP too.
 */
#ifndef CONTROL_OPENMETRICS_H
#define CONTROL_OPENMETRICS_H

#include <control/control.h>

#include "http.h"

enum openmetrics_form {
	OPENMETRICS_TEXT,
	OPENMETRICS_PROMETHEUS,
	OPENMETRICS_FORMS, /* number of forms */
};

/* The media types, by form. */
extern const char *const openmetrics_types[OPENMETRICS_FORMS];

/*
 * Choose the form by the value of an Accept header (RFC 9110, 12.5.1); NULL: there is
 * none. OpenMetrics is for a client that names it, with a weight not below that of text.
 */
unsigned openmetrics_choose(const char *accept);

/*
 * Make the page of all metrics in each form. The caller frees the texts. Returns false
 * when a worker does not answer or memory runs out.
 */
bool openmetrics_make(const struct control_config *config,
		      struct http_text texts[OPENMETRICS_FORMS]);

#endif
