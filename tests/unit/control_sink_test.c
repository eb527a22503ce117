/* SPDX-License-Identifier: BSD-3-Clause */
/* The log of records: lines in a file, and errors in writing it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "control_fake.h"
#include "sink.h"

static struct fake fake;
static struct fanout fanout;
static char folder[64], path[128], moved[128], message[CONTROL_MESSAGE_BYTES];

static int
set_up(void **state)
{
	(void)state;
	fake_init(&fake);
	fanout = (struct fanout){0};
	strcpy(folder, "/tmp/sink_test.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/log", folder);
	snprintf(moved, sizeof(moved), "%s/log.1", folder);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	unlink(moved);
	return rmdir(folder);
}

static void
put(struct packet_record *record, enum record_kind kind)
{
	record->kind = (uint8_t)kind;
	fanout_put(&fanout,
		   &(struct fanout_item){.stream = kind == RECORD_LOG
							   ? CONTROL_STREAM_LOGS
							   : CONTROL_STREAM_DROPS,
					 .record = record});
}

/* Count the lines of the file, and those that begin with a text. */
static unsigned
lines_of(const char *file, const char *begin, unsigned *matching)
{
	static char line[8192];
	FILE *in = fopen(file, "r");
	unsigned n = 0;

	assert_non_null(in);
	for (*matching = 0; fgets(line, sizeof(line), in) != NULL; n++) {
		assert_int_equal(line[strlen(line) - 1], '\n');
		*matching += strncmp(line, begin, strlen(begin)) == 0;
	}
	fclose(in);
	return n;
}

static void
a_file_gets_the_records_that_are_configured(void **state)
{
	struct packet_record record = fake_drop(1);
	unsigned drops, logs;
	struct sink *sink;
	int all;

	(void)state;
	for (all = 0; all < 2; all++) {
		assert_int_equal(sink_open(&fake.config, path,
					   all ? CONTROL_STREAM_DROPS : 0, &sink,
					   message),
				 0);
		assert_int_equal(fanout_join(&fanout, sink_reader(sink)), 0);
		put(&record, RECORD_DROP);
		put(&record, RECORD_LOG);
		sink_close(sink);
		assert_int_equal(fanout.count, 0);
	}
	/* the second sink has appended to the file of the first */
	assert_int_equal(lines_of(path, "{\"drop\":{", &drops), 3);
	lines_of(path, "{\"log\":{", &logs);
	assert_int_equal(drops, 1);
	assert_int_equal(logs, 2);
}

static void
of_a_connection_only_the_end_is_logged(void **state)
{
	struct conn_event event = {.at_ns = 5, .view = fake_connection(1000, 7)};
	const struct fanout_item item = {.stream = CONTROL_STREAM_EVENTS,
					 .event = &event};
	struct packet_record record = fake_drop(1);
	struct sink *sink;
	unsigned ends;

	(void)state;
	assert_int_equal(sink_open(&fake.config, path, CONTROL_STREAM_EVENTS, &sink,
				   message),
			 0);
	assert_int_equal(fanout_join(&fanout, sink_reader(sink)), 0);
	event.kind = CONN_EVENT_NEW;
	fanout_put(&fanout, &item);
	event.kind = CONN_EVENT_UPDATE;
	fanout_put(&fanout, &item);
	event.kind = CONN_EVENT_DESTROY;
	event.end = CONN_END_RST;
	fanout_put(&fanout, &item);
	put(&record, RECORD_DROP);
	sink_close(sink);
	assert_int_equal(lines_of(path,
				  "{\"event\":\"destroy\",\"time_ns\":5,"
				  "\"reason\":\"rst\",\"text\":\"reset by a RST\","
				  "\"connection\":{\"id\":7,",
				  &ends),
			 1);
	assert_int_equal(ends, 1);
}

static void
a_reopened_file_is_a_new_one(void **state)
{
	struct packet_record record = fake_drop(1);
	struct sink *sink;
	struct stat stat_;
	unsigned n, i;

	(void)state;
	assert_int_equal(sink_open(&fake.config, path, 0, &sink, message), 0);
	assert_int_equal(fanout_join(&fanout, sink_reader(sink)), 0);
	put(&record, RECORD_LOG);
	for (i = 0; i < 10000 && (stat(path, &stat_) != 0 || stat_.st_size == 0); i++)
		poll(NULL, 0, 1);
	assert_int_equal(rename(path, moved), 0);
	sink_reopen(sink);
	put(&record, RECORD_LOG);
	put(&record, RECORD_LOG);
	sink_close(sink);
	assert_int_equal(lines_of(moved, "{\"log\":{", &n), 1);
	assert_int_equal(lines_of(path, "{\"log\":{", &n), 2);
}

static void
a_reader_that_does_not_read_costs_records_and_not_time(void **state)
{
	struct packet_record record = fake_drop(1);
	struct fanout_reader *reader;
	unsigned long put_count = 0;
	struct sink *sink;
	int fd;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	assert_int_equal(sink_open(&fake.config, path, 0, &sink, message), 0);
	reader = sink_reader(sink);
	assert_int_equal(fanout_join(&fanout, reader), 0);
	while (reader->lost_total < 3 && put_count < 100000) {
		put(&record, RECORD_LOG);
		put_count++;
	}
	assert_true(reader->lost_total >= 3);
	assert_true(put_count > SINK_BYTES / 1024);
	close(fd); /* writing fails in the thread, and the thread ends */
	sink_close(sink);
}

static void
what_cannot_be_opened_is_told_with_what_is_expected(void **state)
{
	char expected[CONTROL_MESSAGE_BYTES];
	struct sink *sink;

	(void)state;
	snprintf(path, sizeof(path), "%s/no/log", folder);
	assert_int_equal(sink_open(&fake.config, path, 0, &sink, message), -ENOENT);
	snprintf(expected, sizeof(expected),
		 "record_log: %s: No such file or directory; a file that can be written, "
		 "stdout or journal expected",
		 path);
	assert_string_equal(message, expected);
	/* opening a FIFO without a reader must not block */
	snprintf(path, sizeof(path), "%s/log", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(sink_open(&fake.config, path, 0, &sink, message), -ENXIO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_file_gets_the_records_that_are_configured, set_up, tear_down),
		cmocka_unit_test_setup_teardown(of_a_connection_only_the_end_is_logged,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reopened_file_is_a_new_one, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			a_reader_that_does_not_read_costs_records_and_not_time, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_opened_is_told_with_what_is_expected, set_up,
			tear_down),
	};

	/* sluice ignores SIGPIPE too */
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
