/* SPDX-License-Identifier: BSD-3-Clause */
/* Text from captures in an HTML page. */
#ifndef REPLAY_HTML_H
#define REPLAY_HTML_H

#include <stdio.h>

/* Write text with & < > and quotes as entities, and invalid UTF-8 bytes as \xNN. */
void html_text(FILE *file, const char *text);

#endif
