/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Run scenarios through the program sluice-replay: its input are captures of the packets
 * that each side sends. verdicts.jsonl and the captures of what left each port must show
 * what the engine in memory has done.
 *
 * Starting the program takes a hundred times as long as a scenario. So all scenarios with
 * the same configuration share a run. Each begins when all connections of the previous
 * one have ended and all rate limits are full again; only the numbers of its connections
 * are higher than in memory.
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

/* start of the captures, seconds since 1970; ticks differ from those in memory */
#define START_S 1700000000
#define GAP_US 60000000u /* microseconds between two scenarios */
#define SHOWN_MAX 5      /* limit of printed differences for each scenario */

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

bool
scenario_alike(const struct scenario *a, const struct scenario *b)
{
	unsigned i;

	if (a->settings != b->settings || strcmp(a->rules, b->rules) != 0)
		return false;
	for (i = 0; i < a->settings; i++) {
		if (strcmp(a->setting[i].name, b->setting[i].name) != 0 ||
		    strcmp(a->setting[i].value, b->setting[i].value) != 0)
			return false;
	}
	return true;
}

/* Set the start times of the scenarios, one after the other, each at a whole second. */
static void
set_starts(struct scenario_case *const *cases, unsigned n)
{
	uint64_t us = 0;
	unsigned i;

	for (i = 0; i < n; i++) {
		cases[i]->start_us = us;
		us += cases[i]->outcome.end_ns / 1000000000u * 1000000u + GAP_US;
	}
}

static uint64_t
step_us(const struct scenario_case *c, const struct step *step)
{
	return c->start_us + step->at_ns / 1000u;
}

/* Write the packets that a side sends in one case to its capture. */
static void
dump_case(pcap_dumper_t *dump, const struct scenario_case *c, unsigned side)
{
	uint8_t bytes[FRAME_MAX];
	unsigned i;

	for (i = 0; i < c->s->steps; i++) {
		const struct step *step = &c->s->step[i];
		uint64_t us = step_us(c, step);
		struct pcap_pkthdr header = {
			.ts = {.tv_sec = START_S + (time_t)(us / 1000000u),
			       .tv_usec = (suseconds_t)(us % 1000000u)}};

		if (step->kind == STEP_TIME || step->side != side)
			continue;
		header.len = (bpf_u_int32)step_frame(step, c->family, bytes,
						     sizeof(bytes));
		header.caplen = header.len;
		pcap_dump((u_char *)dump, &header, bytes);
	}
}

static int
write_capture(struct scenario_case *const *cases, unsigned n, unsigned side,
	      const char *dir)
{
	pcap_t *format = pcap_open_dead(DLT_EN10MB, UINT16_MAX);
	char path[PATH_MAX];
	pcap_dumper_t *dump;
	unsigned i;

	snprintf(path, sizeof(path), "%s/%s.in", dir, port_name[side]);
	dump = pcap_dump_open(format, path);
	if (dump == NULL) {
		printf("# %s\n", pcap_geterr(format));
		pcap_close(format);
		return -EIO;
	}
	for (i = 0; i < n; i++)
		dump_case(dump, cases[i], side);
	pcap_dump_close(dump);
	pcap_close(format);
	return 0;
}

/* Run the program with its output going to a file. Returns its exit status, or -errno. */
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

/* Print the output of sluice-replay, each line as a TAP comment. */
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
	char option[] = "--rules"; /* a char array, since argv is not const */
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

/* Position of a case in the output of a run with several cases. */
struct place {
	unsigned n;        /* number of packets before it */
	uint32_t conns;    /* number of connections before it */
	uint64_t first_us; /* time of the first packet of the run, microseconds */
};

/* Write the line of verdicts.jsonl that is expected for a packet. */
static void
expected_line(const struct place *at, uint64_t us, unsigned side,
	      const struct engine_record *r, char *text, size_t size)
{
	char orig[24], reply[24], conn[16] = "null";

	if (r->has_conn)
		snprintf(conn, sizeof(conn), "%u", at->conns + r->conn);
	us -= at->first_us;
	snprintf(
		text, size,
		"{\"n\":%u,\"t\":%" PRIu64 ".%06" PRIu64
		",\"port\":\"%s\",\"verdict\":\"%s\",\"reason\":\"%s\",\"action\":\"%s\","
		"\"conn\":%s,\"orig\":%s,\"reply\":%s}\n",
		at->n, us / 1000000u, us % 1000000u, port_name[side],
		verdict_name(r->verdict), reason_name(r->reason), action_name(r->action),
		conn, quoted_state(r, r->orig & 1u, orig),
		quoted_state(r, !r->orig, reply));
}

static void
compare_lines(struct scenario_case *c, struct place *at, FILE *file)
{
	char line[512], expected[512];
	unsigned i, n = 0;

	for (i = 0; i < c->s->steps; i++) {
		const struct step *step = &c->s->step[i];

		if (step->kind == STEP_TIME)
			continue;
		at->n++;
		expected_line(at, step_us(c, step), step->side, &c->outcome.record[n++],
			      expected, sizeof(expected));
		if (fgets(line, sizeof(line), file) == NULL)
			snprintf(line, sizeof(line), "no line\n");
		if (strcmp(line, expected) != 0 && c->wrong++ < SHOWN_MAX)
			printf("# %s:%u: in memory and by sluice-replay:\n#   %s#   %s",
			       c->s->file, step->line, expected, line);
	}
	at->conns += c->outcome.conns;
}

/* Return the time of the run's first packet, from which sluice-replay counts times. */
static uint64_t
first_packet(struct scenario_case *const *cases)
{
	unsigned i = 0;

	while (cases[0]->s->step[i].kind == STEP_TIME)
		i++;
	return step_us(cases[0], &cases[0]->s->step[i]);
}

static int
compare_verdicts(struct scenario_case *const *cases, unsigned n, const char *dir)
{
	struct place at = {.first_us = first_packet(cases)};
	char path[PATH_MAX], line[512];
	unsigned i;
	FILE *file;

	snprintf(path, sizeof(path), "%s/out/verdicts.jsonl", dir);
	file = fopen(path, "re");
	if (file == NULL)
		return complain(path);
	for (i = 0; i < n; i++)
		compare_lines(cases[i], &at, file);
	if (fgets(line, sizeof(line), file) != NULL && cases[n - 1]->wrong++ == 0)
		printf("# verdicts.jsonl has a line too many: %s", line);
	fclose(file);
	return 0;
}

/*
 * Compare the frames that left a port in one case. The last case is compared up to its
 * last packet, where the program ends.
 */
static void
compare_frames(struct scenario_case *c, bool last, unsigned port, pcap_t *pcap)
{
	const struct outcome *o = &c->outcome;
	unsigned i, sents = last ? o->sents_of_packets : o->sents;
	struct pcap_pkthdr header;

	for (i = 0; i < sents; i++) {
		const struct sent *sent = &o->sent[i];
		uint64_t us = c->start_us + sent->at_ns / 1000u;
		const u_char *bytes;
		const char *what = NULL;

		if (sent->port != port)
			continue;
		bytes = pcap_next(pcap, &header);
		if (bytes == NULL || header.caplen != sent->len ||
		    memcmp(bytes, sent->bytes, sent->len) != 0)
			what = "differs";
		else if ((uint64_t)(header.ts.tv_sec - START_S) * 1000000u +
				 (uint64_t)header.ts.tv_usec !=
			 us)
			what = "has another time";
		if (what != NULL && c->wrong++ < SHOWN_MAX)
			printf("# %s: frame %u, sent to %s, %s\n", c->s->file, i + 1,
			       port_name[port], what);
	}
}

static int
compare_capture(struct scenario_case *const *cases, unsigned n, unsigned port,
		const char *dir)
{
	char path[PATH_MAX], why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr header;
	unsigned i;
	pcap_t *pcap;

	snprintf(path, sizeof(path), "%s/out/%s.pcap", dir, port_name[port]);
	pcap = pcap_open_offline(path, why);
	if (pcap == NULL) {
		printf("# %s\n", why);
		return -EIO;
	}
	for (i = 0; i < n; i++)
		compare_frames(cases[i], i + 1 == n, port, pcap);
	if (pcap_next(pcap, &header) != NULL && cases[n - 1]->wrong++ == 0)
		printf("# %s.pcap has a frame too many\n", port_name[port]);
	pcap_close(pcap);
	return 0;
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
scenario_replay(struct scenario_case *const *cases, unsigned n, const char *rules_dir,
		const char *program)
{
	const char *tmp = getenv("TMPDIR");
	char dir[PATH_MAX / 2];
	unsigned side;
	int status;

	snprintf(dir, sizeof(dir), "%s/scenario.XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL)
		return complain(dir);
	set_starts(cases, n);
	status = write_config(cases[0]->s, dir);
	for (side = 0; side < 2 && status == 0; side++)
		status = write_capture(cases, n, side, dir);
	if (status == 0)
		status = replay(cases[0]->s, program, rules_dir, dir);
	if (status == 0)
		status = compare_verdicts(cases, n, dir);
	for (side = 0; side < 2 && status == 0; side++)
		status = compare_capture(cases, n, side, dir);
	remove_all(dir);
	return status;
}
