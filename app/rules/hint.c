/* SPDX-License-Identifier: BSD-3-Clause */
#include "hint.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "message.h"

/*
 * An error text of nft, a word that must occur in the quoted line (or NULL), and the
 * hint.
 */
static const struct {
	const char *error;
	const char *word;
	const char *hint;
} hints[] = {
	{"syntax error", "destroy",
	 "'destroy' needs nft 1.0.7, and the libnftables here is older: write 'table ..' "
	 "and 'delete table ..' in its place"},
	{"invalid priority expression", NULL,
	 "newer versions of nft take the name of this priority for this hook, the "
	 "libnftables here does not: write its number (raw -300, mangle -150, dstnat "
	 "-100, filter 0, security 50, srcnat 100)"},
	{"Interface does not exist", NULL,
	 "the interface cannot be created in the private namespace: write iifname or "
	 "oifname, which compare the name"},
	{"Could not parse devgroup name", NULL,
	 "groups of interfaces have their names in /etc/iproute2/group: add it there, or "
	 "write its number"},
	{"No such file or directory", "queue",
	 "the kernel here has no 'queue', and sluice does not evaluate it"},
	{"Could not process rule: No such file or directory", NULL,
	 "the kernel here does not have what the marked text asks for: load its module, "
	 "or give the output of 'nft -j list ruleset' of the machine that has it"},
	{"Could not process rule: Operation not supported", NULL,
	 "the kernel here does not have what the marked text asks for: load its module, "
	 "or give the output of 'nft -j list ruleset' of the machine that has it"},
	{"xt target", NULL,
	 "nft cannot read rules of iptables-nft: translate the original file with "
	 "iptables-restore-translate"},
};

/* Return whether a line contains an error text and the next line the word. */
static bool
line_fits(const char *line, const char *error, const char *word)
{
	size_t length = strcspn(line, "\n");
	const char *quote = line + length + (line[length] == '\n');

	return memmem(line, length, error, strlen(error)) != NULL &&
	       (word == NULL ||
		memmem(quote, strcspn(quote, "\n"), word, strlen(word)) != NULL);
}

void
hints_print(const char *file, const char *messages)
{
	const char *line;
	size_t i, length;

	for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		for (line = messages; *line != '\0';
		     line += length + (line[length] == '\n')) {
			length = strcspn(line, "\n");
			if (!line_fits(line, hints[i].error, hints[i].word))
				continue;
			message_note("%s: %s", file, hints[i].hint);
			return;
		}
	}
}

static const char *crash_name;

static void
crash_write(const char *text)
{
	ssize_t written = write(STDERR_FILENO, text, strlen(text));

	(void)written; /* if this fails, the exit status still reports the crash */
}

/*
 * Handle a crash. The state of the process is unreliable: call only write() and _exit().
 */
static void
crash_handle(int number)
{
	(void)number;
	crash_write("sluice-rules: ");
	crash_write(crash_name);
	crash_write(
		": nft crashes on this file, a fault of libnftables: try a newer one, "
		"or give the output of 'nft -j list ruleset' of a machine that takes "
		"the file\n");
	_exit(EXIT_RULES);
}

void
crash_watch(const char *name)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	/* a deeply nested file can exhaust the stack, so the handler gets its own */
	const stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
	struct sigaction action = {.sa_handler = crash_handle,
				   .sa_flags = SA_ONSTACK | SA_RESETHAND};
	size_t i;

	crash_name = name;
	if (stack.ss_sp == NULL || sigaltstack(&stack, NULL) != 0)
		action.sa_flags = (int)SA_RESETHAND;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}
