/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_TOP_RUN_H
#define CTL_TOP_RUN_H

#include "ctl.h"

/*
 * Run `top`: take a sample each options->interval seconds, and show the screens, as many
 * as options->count says, or until SIGINT or SIGTERM. With options->batch they follow one
 * another; otherwise each replaces the one before. Returns the exit status.
 */
int top_run(const struct options *options);

#endif
