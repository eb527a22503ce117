/* SPDX-License-Identifier: BSD-3-Clause */
#include <control/accepted.h>

#include <string.h>
#include <sys/socket.h>

/* Close a connection as if its peer had closed it; libmicrohttpd then removes it. */
static void
hang_up(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (info != NULL)
		shutdown(info->connect_fd, SHUT_RDWR);
}

/* Return the row of a connection; count: it has none. */
static unsigned
find(const struct accepted *accepted, const struct MHD_Connection *connection)
{
	unsigned i;

	for (i = 0; i < accepted->count; i++)
		if (accepted->rows[i].connection == connection)
			break;
	return i;
}

/*
 * Close as many of the oldest connections as there are too many. Those that were closed
 * before, and are still there, are among the oldest: they are closed once more.
 */
static void
make_room(const struct accepted *accepted)
{
	const unsigned count = accepted->count, max = accepted->max;
	unsigned excess = count > max ? count - max : 0;
	unsigned i;

	for (i = 0; i < count && excess > 0; i++)
		if (!accepted->rows[i].kept) {
			hang_up(accepted->rows[i].connection);
			excess--;
		}
}

void
accepted_notify(struct accepted *accepted, struct MHD_Connection *connection,
		enum MHD_ConnectionNotificationCode code)
{
	unsigned i;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		if (accepted->count < accepted->max + ACCEPTED_SPARE)
			accepted->rows[accepted->count++] =
				(struct accepted_row){.connection = connection};
		make_room(accepted);
		return;
	}
	i = find(accepted, connection);
	if (i == accepted->count)
		return;
	accepted->count--;
	memmove(&accepted->rows[i], &accepted->rows[i + 1],
		(accepted->count - i) * sizeof(accepted->rows[0]));
}

void
accepted_keep(struct accepted *accepted, const struct MHD_Connection *connection,
	      bool kept)
{
	const unsigned i = find(accepted, connection);

	if (i < accepted->count)
		accepted->rows[i].kept = kept;
}
