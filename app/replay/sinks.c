/* SPDX-License-Identifier: BSD-3-Clause */
#include "sinks.h"

#include "annotate.h"
#include "connlog.h"
#include "output.h"
#include "report.h"
#include "split.h"

void
sinks_enter(struct sinks *s, const struct item *item)
{
	if (s->split != NULL)
		split_packet(s->split, item);
}

void
sinks_verdict(struct sinks *s, const struct item *item,
	      const struct engine_record *record)
{
	s->merged += (item->marks & MARK_MERGED) != 0;
	s->cut_headers += !item->judged;
	if (s->output != NULL)
		output_verdict(s->output, item, record);
	if (s->annotate != NULL)
		annotate_packet(s->annotate, item, record);
	if (s->report != NULL)
		report_verdict(s->report, item, record);
}

void
sinks_frame(struct sinks *s, uint16_t port, const struct rte_mbuf *m, uint64_t ns)
{
	if (s->output != NULL)
		output_frame(s->output, port, m, ns);
}

void
sinks_expire(struct sinks *s, uint64_t ns, const struct conn_event *event)
{
	if (s->output != NULL)
		output_expire(s->output, ns, event);
}

void
sinks_connection(struct sinks *s, const struct conversation *c)
{
	if (s->connlog != NULL)
		connlog_connection(s->connlog, c);
	if (s->report != NULL)
		report_connection(s->report, c);
}
