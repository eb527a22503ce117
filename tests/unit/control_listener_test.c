/* SPDX-License-Identifier: BSD-3-Clause */
/* The file of the control socket, and clients when no descriptors are free. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "listener.h"

static char root[] = "/tmp/sluice-listener-XXXXXX";
static char folder[64], path[80], other[80];

static int
make_root(void **state)
{
	(void)state;
	if (mkdtemp(root) == NULL)
		return -1;
	snprintf(folder, sizeof(folder), "%s/run", root);
	snprintf(path, sizeof(path), "%s/control.sock", folder);
	snprintf(other, sizeof(other), "%s/other.sock", folder);
	return 0;
}

static int
remove_root(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	rmdir(folder);
	return rmdir(root);
}

static bool
exists(const char *name)
{
	return access(name, F_OK) == 0;
}

/* Connect a client without waiting. Returns its descriptor, or -errno. */
static int
dial(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -errno;
}

static void
its_folder_is_made_for_owner_and_group(void **state)
{
	struct listener listener;
	struct stat status;

	(void)state;
	assert_int_equal(listener_open(&listener, path, getegid()), 0);
	assert_int_equal(stat(folder, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0750);
	assert_int_equal(status.st_gid, getegid());
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0660);
	assert_int_equal(status.st_gid, getegid());
	assert_true(listener_is_open_to_group(&listener));
	assert_int_equal(chmod(folder, 0700), 0);
	assert_false(listener_is_open_to_group(&listener));
	assert_int_equal(chmod(folder, 0750), 0);
	listener_close(&listener);
	assert_false(exists(path));
}

static void
only_its_own_file_is_removed(void **state)
{
	struct listener listener, second;

	(void)state;
	assert_int_equal(listener_open(&listener, path, LISTENER_NO_GROUP), 0);
	assert_int_equal(rename(path, other), 0); /* move the socket file away */
	assert_int_equal(listener_open(&second, path, LISTENER_NO_GROUP), 0);
	listener_close(&listener);
	assert_true(exists(path));
	listener_close(&second);
	assert_false(exists(path));
	assert_true(exists(other));
}

static void
a_stale_one_is_replaced_and_a_living_one_is_not(void **state)
{
	struct listener listener, second;
	int fds[256], n = 0, fd;

	(void)state;
	assert_int_equal(listener_open(&listener, path, LISTENER_NO_GROUP), 0);
	assert_int_equal(listener_open(&second, path, LISTENER_NO_GROUP), -EADDRINUSE);
	/*
	 * a stopped process that listens: once its backlog is full, connecting would wait
	 */
	while ((fd = dial()) >= 0 && n < 256)
		fds[n++] = fd;
	assert_int_equal(fd, -EAGAIN);
	assert_int_equal(listener_open(&second, path, LISTENER_NO_GROUP), -EADDRINUSE);
	while (n > 0)
		close(fds[--n]);
	assert_true(exists(path));
	close(listener.fd); /* as after a kill, the file remains */
	assert_int_equal(listener_open(&second, path, LISTENER_NO_GROUP), 0);
	listener_close(&second);
	close(listener.spare);

	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(listener_open(&second, path, LISTENER_NO_GROUP), -EEXIST);
	assert_true(exists(path));
	unlink(path);
}

/*
 * When no file descriptor is free, a client gets an error message and listener_accept()
 * pauses. When descriptors are free again, it accepts clients.
 */
static void
without_descriptors_it_tells_and_pauses(void **state)
{
	struct rlimit normal, none;
	struct listener listener;
	char text[256];
	int peer, second, fd, i;
	ssize_t n;

	(void)state;
	assert_int_equal(listener_open(&listener, path, LISTENER_NO_GROUP), 0);
	assert_int_equal(listener_accept(&listener, 1000), -EAGAIN);
	assert_true(listener_is_ready(&listener, 1000));
	peer = dial();
	second = dial();
	assert_true(peer >= 0 && second >= 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &normal), 0);
	none = normal;
	fd = dup(0);
	close(fd);
	none.rlim_cur = (rlim_t)fd; /* allow no further descriptor */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	i = listener_accept(&listener, 1000);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &normal), 0);
	assert_int_equal(i, -EMFILE);
	assert_true(listener.spare >= 0);
	assert_false(listener_is_ready(&listener, 1000));
	assert_false(listener_is_ready(&listener, 1000 + LISTENER_PAUSE_MS - 1));
	assert_true(listener_is_ready(&listener, 1000 + LISTENER_PAUSE_MS));
	n = recv(peer, text, sizeof(text) - 1, MSG_DONTWAIT);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(
		text,
		"{\"error\":\"sluice has no file descriptors left: raise ulimit -n\"}\n");
	assert_int_equal(recv(peer, text, sizeof(text), MSG_DONTWAIT), 0);
	fd = listener_accept(&listener, 1000 + LISTENER_PAUSE_MS);
	assert_true(fd >= 0);
	assert_true(listener_is_privileged(fd)); /* the client runs as this user */
	close(fd);
	close(peer);
	close(second);
	listener_close(&listener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_folder_is_made_for_owner_and_group),
		cmocka_unit_test(only_its_own_file_is_removed),
		cmocka_unit_test(a_stale_one_is_replaced_and_a_living_one_is_not),
		cmocka_unit_test(without_descriptors_it_tells_and_pauses),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
