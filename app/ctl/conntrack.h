/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command lines of conntrack(8): `-L -p tcp -s 10.0.0.1`. The first argument tells
 * them apart from those of sluicectl, in which -s is the socket and -F is --follow.
 */
#ifndef CTL_CONNTRACK_H
#define CTL_CONNTRACK_H

/*
 * If the first argument is a command of conntrack(8), replace it and the options that
 * mean something else, in argv, by those of sluicectl.
 */
void conntrack_translate(int argc, char **argv);

#endif
