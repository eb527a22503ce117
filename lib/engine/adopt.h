/* SPDX-License-Identifier: BSD-3-Clause */
/* What engine_adopt() needs of adopt.c. */
#ifndef ENGINE_ADOPT_INTERNAL_H
#define ENGINE_ADOPT_INTERNAL_H

#include "engine_state.h"

/* Take over the connections in the memory of a new engine. Returns their number. */
uint32_t connections_adopt(struct engine *e);

#endif
