/* SPDX-License-Identifier: BSD-3-Clause */
/* An engine in the memory of an earlier one, whose connections go on. */
#ifndef ENGINE_ADOPT_H
#define ENGINE_ADOPT_H

#include <engine/engine.h>

/*
 * engine_init() in memory that another engine has used, of the same version and, except
 * for the rules, with the same config: its connections go on, and their next packets are
 * evaluated by the rules again. now_ns continues the time of that engine; config->shared
 * is set. That engine may have been killed at any moment. No process uses it any more;
 * BPF programs may. Returns the number of connections, or -errno as engine_init();
 * -EINVAL without config->shared.
 *
 * What is lost: link layers, which are learnt again, held fragments, counters, and the
 * connections that a rule with `ct count` has counted.
 */
int64_t engine_adopt(void *memory, const struct engine_config *config,
		     const struct policy *policy, struct policy_state *state,
		     uint64_t now_ns, struct engine **engine);

#endif
