/* SPDX-License-Identifier: BSD-3-Clause */
#include "report_internal.h"

int
report_write(struct report *r, const struct report_about *about)
{
	switch (r->form) {
	case REPORT_JSON:
		return report_json(r, about);
	case REPORT_HTML:
		return report_html(r, about);
	default:
		report_text(r, about);
		return 0;
	}
}
