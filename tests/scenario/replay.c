/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scenario through the program sluice-replay: captures of what each side sends go in, and
 * verdicts.jsonl and the captures of what left must say what the engine in memory has said.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "scenario.h"

#define START_S 1700000000 /* of the captures; the ticks are others than in memory */

static const char *const port_name[2] = {"lan", "wan"};
static const char *const files[] = {
	"config.yaml",          "lan.in",       "wan.in",
	"out/lan.pcap",         "out/wan.pcap", "out/verdicts.jsonl",
	"out/connections.json", "output"};

static int
complain(const char *what)
{
	int status = errno != 0 ? -errno : -EIO;

	printf("# %s: %s\n", what, strerror(-status));
	return status;
}

static int
write_config(const struct scenario *s, const char *dir)
{
	char path[PATH_MAX];
	FILE *file;
	unsigned i;

	snprintf(path, sizeof(path), "%s/config.yaml", dir);
	file = fopen(path, "we");
	if (file == NULL)
		return complain(path);
	fputs("ports:\n  - {name: lan}\n  - {name: wan}\nwires:\n  - [lan, wan]\n"
	      "conntrack:\n  max: 4096\n  max_ipv6: 4096\n",
	      file);
	for (i = 0; i < s->settings; i++)
		fprintf(file, "  %s: %s\n", s->setting[i].name, s->setting[i].value);
	return fclose(file) == 0 ? 0 : complain(path);
}

/* What a side sends. */
static int
write_capture(const struct scenario *s, unsigned family, unsigned side, const char *dir)
{
	char path[PATH_MAX];
	uint8_t bytes[FRAME_MAX];
	pcap_t *format = pcap_open_dead(DLT_EN10MB, UINT16_MAX);
	pcap_dumper_t *dump;
	unsigned i;

	snprintf(path, sizeof(path), "%s/%s.in", dir, port_name[side]);
	dump = pcap_dump_open(format, path);
	if (dump == NULL) {
		printf("# %s\n", pcap_geterr(format));
		pcap_close(format);
		return -EIO;
	}
	for (i = 0; i < s->steps; i++) {
		const struct step *step = &s->step[i];
		struct pcap_pkthdr header = {
			.ts = {.tv_sec = START_S + (time_t)(step->at_ns / 1000000000u),
			       .tv_usec = (suseconds_t)(step->at_ns / 1000u % 1000000u)}};

		if (step->kind == STEP_TIME || step->side != side)
			continue;
		header.len = (bpf_u_int32)step_frame(step, family, bytes, sizeof(bytes));
		header.caplen = header.len;
		pcap_dump((u_char *)dump, &header, bytes);
	}
	pcap_dump_close(dump);
	pcap_close(format);
	return 0;
}

/* Run the program, its output into a file. Returns its exit status, or -errno. */
static int
run_program(char *const *argv, const char *dir)
{
	char path[PATH_MAX];
	posix_spawn_file_actions_t actions;
	int status;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/output", dir);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT, 0600);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	status = -posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (status != 0)
		return errno = -status, complain(argv[0]);
	if (waitpid(pid, &status, 0) != pid)
		return complain("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* Show what the program has said. */
static void
show_output(const char *dir)
{
	char path[PATH_MAX], text[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/output", dir);
	file = fopen(path, "re");
	while (file != NULL && fgets(text, sizeof(text), file) != NULL)
		printf("# %s", text);
	if (file != NULL)
		fclose(file);
}

static int
replay(const struct scenario *s, const char *program, const char *rules_dir,
       const char *dir)
{
	char config[PATH_MAX], rules[PATH_MAX], port[2][PATH_MAX], out[PATH_MAX];
	char *argv[] = {(char *)(uintptr_t)program,
			(char[]){"--burst"},
			(char[]){"64"},
			(char[]){"--config"},
			config,
			(char[]){"--out"},
			out,
			(char[]){"--port"},
			port[0],
			(char[]){"--port"},
			port[1],
			NULL,
			NULL,
			NULL};
	char option[] = "--rules"; /* alive until the program runs */
	int status;

	snprintf(config, sizeof(config), "%s/config.yaml", dir);
	snprintf(rules, sizeof(rules), "%s/%s.json", rules_dir, s->rules);
	snprintf(port[0], sizeof(port[0]), "lan=%s/lan.in", dir);
	snprintf(port[1], sizeof(port[1]), "wan=%s/wan.in", dir);
	snprintf(out, sizeof(out), "%s/out", dir);
	if (s->rules[0] != '\0') {
		argv[11] = option;
		argv[12] = rules;
	}
	status = run_program(argv, dir);
	if (status > 0) {
		printf("# sluice-replay ended with status %d\n", status);
		show_output(dir);
		status = -EIO;
	}
	return status;
}

static const char *
quoted_state(const struct engine_record *r, unsigned side, char text[24])
{
	if (!r->has_conn || !r->has_states)
		return "null";
	snprintf(text, 24, "\"%s\"", tcp_state_name(r->state[side]));
	return text;
}

/* The line that the program has to write about a packet. */
static void
expected_line(unsigned n, uint64_t us, unsigned side, const struct engine_record *r,
	      char *text, size_t size)
{
	char orig[24], reply[24], conn[16] = "null";

	if (r->has_conn)
		snprintf(conn, sizeof(conn), "%u", r->conn);
	snprintf(
		text, size,
		"{\"n\":%u,\"t\":%" PRIu64 ".%06" PRIu64
		",\"port\":\"%s\",\"verdict\":\"%s\",\"reason\":\"%s\",\"action\":\"%s\","
		"\"conn\":%s,\"orig\":%s,\"reply\":%s}\n",
		n, us / 1000000u, us % 1000000u, port_name[side],
		verdict_name(r->verdict), reason_name(r->reason), action_name(r->action),
		conn, quoted_state(r, r->orig & 1u, orig),
		quoted_state(r, !r->orig, reply));
}

static int
compare_verdicts(const struct scenario *s, const char *dir, const struct outcome *o)
{
	char path[PATH_MAX], line[512], expected[512];
	uint64_t first = UINT64_MAX;
	unsigned i, n = 0;
	int wrong = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/out/verdicts.jsonl", dir);
	file = fopen(path, "re");
	if (file == NULL)
		return complain(path);
	for (i = 0; i < s->steps && n < o->records && wrong < 5; i++) {
		const struct step *step = &s->step[i];

		if (step->kind == STEP_TIME)
			continue;
		if (first == UINT64_MAX)
			first = step->at_ns;
		expected_line(n + 1, (step->at_ns - first) / 1000u, step->side,
			      &o->record[n], expected, sizeof(expected));
		n++;
		if (fgets(line, sizeof(line), file) == NULL)
			snprintf(line, sizeof(line), "no line\n");
		if (strcmp(line, expected) != 0) {
			printf("# %s:%u: in memory and by sluice-replay:\n#   %s#   %s",
			       s->file, step->line, expected, line);
			wrong++;
		}
	}
	if (wrong == 0 && fgets(line, sizeof(line), file) != NULL) {
		printf("# verdicts.jsonl has a line too many: %s", line);
		wrong++;
	}
	fclose(file);
	return wrong;
}

/* What left a port, up to the last packet. */
static int
compare_capture(const struct scenario *s, unsigned port, const char *dir,
		const struct outcome *o)
{
	char path[PATH_MAX], why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr header;
	const u_char *bytes = NULL;
	unsigned i, n = 0;
	int wrong = 0;
	pcap_t *pcap;

	snprintf(path, sizeof(path), "%s/out/%s.pcap", dir, port_name[port]);
	pcap = pcap_open_offline(path, why);
	if (pcap == NULL) {
		printf("# %s\n", why);
		return 1;
	}
	for (i = 0; i < o->sents_of_packets && wrong == 0; i++) {
		const struct sent *sent = &o->sent[i];
		uint64_t us = sent->at_ns / 1000u;

		if (sent->port != port)
			continue;
		n++;
		bytes = pcap_next(pcap, &header);
		if (bytes == NULL || header.caplen != sent->len ||
		    memcmp(bytes, sent->bytes, sent->len) != 0)
			wrong = printf("# %s: frame %u of %s.pcap differs\n", s->file, n,
				       port_name[port]);
		else if ((uint64_t)(header.ts.tv_sec - START_S) * 1000000u +
				 (uint64_t)header.ts.tv_usec !=
			 us)
			wrong = printf("# %s: frame %u of %s.pcap has another time\n",
				       s->file, n, port_name[port]);
	}
	if (wrong == 0 && pcap_next(pcap, &header) != NULL)
		wrong = printf("# %s: %s.pcap has more than %u frames\n", s->file,
			       port_name[port], n);
	pcap_close(pcap);
	return wrong != 0;
}

static void
remove_all(const char *dir)
{
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/out", dir);
	rmdir(path);
	rmdir(dir);
}

int
scenario_replay(const struct scenario *s, unsigned family, const char *rules_dir,
		const char *program, const struct outcome *outcome)
{
	const char *tmp = getenv("TMPDIR");
	char dir[PATH_MAX / 2];
	unsigned side;
	int status;

	snprintf(dir, sizeof(dir), "%s/scenario.XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL)
		return complain(dir);
	status = write_config(s, dir);
	for (side = 0; side < 2 && status == 0; side++)
		status = write_capture(s, family, side, dir);
	if (status == 0)
		status = replay(s, program, rules_dir, dir);
	if (status == 0)
		status = compare_verdicts(s, dir, outcome);
	for (side = 0; side < 2 && status >= 0; side++) {
		int more = compare_capture(s, side, dir, outcome);

		status = more < 0 ? more : status + more;
	}
	remove_all(dir);
	return status;
}
