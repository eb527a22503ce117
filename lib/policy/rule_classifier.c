/* SPDX-License-Identifier: BSD-3-Clause */
#include "rule_classifier.h"

#include "field.h"

bool
rule_classifier_wants_batch(const struct rule_classifier *rules)
{
	return rules->family[0].entries >= CLASSIFIER_BATCH_MIN;
}

void
rule_classifier_begin(const struct rule_classifier *rules, struct policy_class *class,
		      const struct policy_packet *packet)
{
	const struct classifier *c = &rules->family[packet->family == 4 ? 0 : 1];
	const struct dimension *d = c->dimension;
	unsigned i;

	class->classifier = rules;
	class->first = 0;
	class->family = packet->family == 4 ? 0 : 1;
	for (i = 0; i < c->count; i++, d++) {
		if (d->boundary == NULL)
			class->vector[i] =
				dimension_vector32(d, field_load32(d->field, packet));
		else
			class->vector[i] = dimension_vector(d,
							    field_load(d->field, packet));
		__builtin_prefetch(class->vector[i]);
	}
}

static uint32_t
entry_point_find(const struct rule_classifier *rules, const struct policy_class *class,
		 uint32_t index)
{
	const struct classifier *c = &rules->family[class->family];

	return rules->entry_point[classifier_find(c, class->vector, c->count, index)];
}

void
rule_classifier_end(struct policy_class *class)
{
	class->first = entry_point_find(class->classifier, class, 0);
}

uint32_t
rule_classifier_next(const struct rule_classifier *rules, struct policy_class *class,
		     const struct policy_packet *packet, uint32_t index)
{
	if (class->classifier != rules)
		rule_classifier_begin(rules, class, packet);
	else if (index == 0 && class->first != 0)
		return class->first;
	return entry_point_find(rules, class, index);
}
