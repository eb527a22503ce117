/* SPDX-License-Identifier: BSD-3-Clause */
/* XXH3, inlined. */
#ifndef REPLAY_HASH_H
#define REPLAY_HASH_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#endif
