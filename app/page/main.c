/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-page: serve a page about a running sluice over HTTP, read only. */
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>

#include "address.h"
#include "exit.h"
#include "host.h"
#include "link.h"
#include "message.h"
#include "options.h"
#include "server.h"
#include "streams.h"

#define DEFAULT_LISTEN "127.0.0.1:8080"

struct options {
	const char *socket;
	const char *listen;
};

static int
take_socket(void *context, const char *argument)
{
	((struct options *)context)->socket = argument;
	return OPTIONS_GO_ON;
}

static int
take_listen(void *context, const char *argument)
{
	((struct options *)context)->listen = argument;
	return OPTIONS_GO_ON;
}

static const struct option_row rows[] = {
	{"socket", 's', "PATH",
	 "control socket of sluice (default\n" LINK_DEFAULT_SOCKET ")", take_socket},
	{"listen", 'l', "ADDRESS:PORT",
	 "serve the page there (default " DEFAULT_LISTEN ");\n"
	 "[::1]:8080 for IPv6",
	 take_listen},
};

static const struct options_table table = {
	.usage = "[options]",
	.about = "Serve a page about a running sluice over HTTP, read only.",
	.version = SLUICE_VERSION,
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
};

/* Serve until SIGINT or SIGTERM. Returns the exit status. */
static int
run(const struct options *options)
{
	struct sockaddr_storage address;
	struct server *server;
	char message[256];
	sigset_t signals;
	int number;

	if (address_parse(options->listen, &address) != 0)
		return message_misuse("--listen %s: a numeric address and a port are "
				      "expected, such as " DEFAULT_LISTEN,
				      options->listen);
	if (!host_is_loopback(&address))
		message_warning("--listen %s: other machines can read this page, which "
				"asks for no password; forward a port of 127.0.0.1 with "
				"ssh -L instead",
				options->listen);
	/* before the threads of the server, which inherit the mask */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	server = server_start(&address, options->socket, message, sizeof(message));
	if (server == NULL)
		return message_error(EXIT_DEVICE,
				     "%s: the page cannot be served: %s; --listen names "
				     "another address or port",
				     options->listen, message);
	message_note("the page is at http://%s/", options->listen);
	sigwait(&signals, &number);
	server_stop(server);
	return 0;
}

int
main(int argc, char **argv)
{
	struct options options = {.socket = LINK_DEFAULT_SOCKET,
				  .listen = DEFAULT_LISTEN};
	int status;

	streams_begin();
	message_begin("sluice-page");
	status = options_read(&table, argc, argv, &options);
	if (status == OPTIONS_GO_ON)
		status = run(&options);
	return streams_end(status, EXIT_OTHER);
}
