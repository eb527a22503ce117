/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluice: the data plane. Everything that can be wrong is found in this order, each with
 * an exit status of its own, before a packet moves: command line, configuration, rules,
 * devices and memory. Then the workers run until a signal ends them; main waits for
 * signals, the control thread serves the socket.
 *
 * With a single core, main runs the worker, and a thread of its own waits for signals.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pdump.h>

#include "address.h"
#include "exit.h"
#include "group.h"
#include "lock.h"
#include "log.h"
#include "options.h"
#include "report.h"
#include "sizes.h"
#include "sluice.h"
#include "streams.h"
#include "watch.h"

#define STOP_S 30 /* to the end after a signal, at most */

static struct sluice sluice;

/* The signals that we wait for, blocked in every thread to come. */
static void
signals_block(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* What the control thread has to say. */
static void
warn(const char *text)
{
	printf("warning: %s\n", text);
}

static int
start_control(struct sluice *s)
{
	static struct control_config config;
	static struct sockaddr_storage metrics;
	char message[CONTROL_MESSAGE_BYTES];

	config = (struct control_config){
		.path = s->config->control,
		.group = s->group,
		.workers = s->control_workers,
		.worker_count = s->worker_count,
		.rules = &s->rules,
		.port_names = s->names,
		.port_ids = s->port_ids,
		.port_count = s->port_count,
		.port = port_tell,
		.port_context = s->ports,
		.max = s->config->max,
		.max6 = s->config->max_ipv6,
		.reload = &s->reload,
		.warn = warn,
	};
	if (s->config->metrics != NULL &&
	    address_parse(s->config->metrics, &metrics) == 0)
		config.metrics = (const struct sockaddr *)&metrics;
	if (control_start(&config, &s->control, message) != 0)
		return fail(EXIT_DEVICE, message);
	printf("control: %s\n", s->config->control);
	if (message[0] != '\0')
		printf("warning: %s\n", message);
	if (s->config->metrics != NULL)
		printf("metrics: http://%s/metrics\n", s->config->metrics);
	return 0;
}

/* SIGALRM: a worker, a driver or a file system has not ended within STOP_S. */
static void
stop_late(int number)
{
	static const char text[] =
		"sluice: the end takes too long: given up, as if it had been killed\n";
	struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
	ssize_t written = 0;

	(void)number;
	/* do not wait for standard error either; when it is full, the text is lost */
	if (poll(&room, 1, 0) == 1)
		written = write(STDERR_FILENO, text, sizeof(text) - 1);
	(void)written;
	_exit(EXIT_DEVICE);
}

/* Serve signals until one ends the program. */
static void
supervise(struct sluice *s)
{
	sigset_t signals;
	int number = 0;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	while (number != SIGINT && number != SIGTERM) {
		if (sigwait(&signals, &number) != 0)
			continue;
		if (number == SIGHUP)
			control_reload_signal(&s->reload);
	}
	printf("stopping: %s\n", strsignal(number));
	signal(SIGALRM, stop_late);
	alarm(STOP_S);
}

/* From the start of the control socket to the end of the workers. */
static int
serve(struct sluice *s)
{
	int status = 0;

	if (control_reload_start(&s->reload) != 0)
		status = fail(EXIT_DEVICE, "no thread for loading rules");
	if (status == 0)
		status = start_control(s);
	if (status == 0) {
		printf("running\n");
		fflush(stdout);
		supervise(s);
		control_stop(s->control);
	}
	s->loading = !control_reload_stop(&s->reload);
	atomic_store(&s->stop, true);
	return status;
}

/* serve() on a thread, for the one core is the worker's. */
static void *
serve_thread(void *status)
{
	*(int *)status = serve(&sluice);
	return NULL;
}

static int
run_on_main(struct sluice *s)
{
	pthread_t thread;
	cpu_set_t all;
	int status;

	if (pthread_create(&thread, NULL, serve_thread, &status) != 0)
		return fail(EXIT_DEVICE, "no thread for the control socket");
	/*
	 * not on the worker's core, where it would wait for a turn, if there is another
	 */
	memset(&all, 0xff, sizeof(all));
	pthread_setaffinity_np(thread, sizeof(all), &all);
	worker_run(&s->workers[0]);
	pthread_join(thread, NULL);
	return status;
}

static int
run(struct sluice *s)
{
	unsigned i;
	int status;

	watch_begin(s);
	report_start(s);
	if (watch_start(s) != 0)
		printf("warning: no thread to watch the ports\n");
	if (rte_pdump_init() != 0)
		printf("warning: dpdk-dumpcap cannot attach: %s\n",
		       rte_strerror(rte_errno));
	if (s->on_main) {
		status = run_on_main(s);
	} else {
		for (i = 0; i < s->worker_count; i++)
			rte_eal_remote_launch(worker_run, &s->workers[i],
					      s->workers[i].lcore);
		status = serve(s);
		rte_eal_mp_wait_lcore();
	}
	watch_stop(s);
	rte_pdump_uninit();
	if (status == 0)
		report_end(s);
	return status == 0 && s->port_lost ? EXIT_PORT : status;
}

/*
 * DPDK aborts when it finds no descriptor for a file of its own. The soft limit is ours
 * to raise, the hard one is not. Returns 0, or EXIT_DEVICE, said.
 */
static int
files_check(const struct sluice_config *config)
{
	const rlim_t needed = 48 + 4 * config->port_count;
	struct rlimit limit;
	char text[192];

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
		return 0;
	limit.rlim_cur = RTE_MIN(limit.rlim_max, needed);
	if (limit.rlim_cur == needed && setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return 0;
	snprintf(text, sizeof(text),
		 "no more than %lu files may be open at once, at least %lu expected: "
		 "raise the limit (ulimit -n, LimitNOFILE=)",
		 (unsigned long)limit.rlim_max, (unsigned long)needed);
	return fail(EXIT_DEVICE, text);
}

/* With the EAL up to its end. */
static int
start(struct sluice *s, const struct options *options, struct policy *policy)
{
	char *argv[OPTIONS_MAX_EAL], message[1024];
	int argc = options_eal(options, s->config, argv), status;

	if (argc < 0) {
		policy_free(policy);
		return fail(EXIT_USAGE, "too many EAL options");
	}
	status = files_check(s->config);
	if (status != 0) {
		policy_free(policy);
		return status;
	}
	/* it locks files in it; and says what is wrong with it */
	control_folder(s->config->control, s->group);
	status = locks_take(s->config, argc, argv, message, sizeof(message));
	if (status != 0) {
		policy_free(policy);
		return fail(EXIT_DEVICE, message);
	}
	if (rte_eal_init(argc, argv) < 0) {
		policy_free(policy);
		return fail(EXIT_DEVICE,
			    "the EAL does not start, see its messages above");
	}
	status = setup(s, policy);
	if (status == 0)
		status = run(s);
	if (status == SETUP_STOPPED) {
		printf("stopping: a signal came while it was set up\n");
		status = 0;
	}
	teardown(s);
	rte_eal_cleanup();
	return status;
}

/* What --check says: everything but the devices. */
static int
check(const struct sluice *s, struct policy *policy)
{
	report_rules(s->config, policy);
	sizes_report(s->config, s->config->workers + (s->config->workers == 0));
	printf("ok\n");
	policy_free(policy);
	return 0;
}

int
main(int argc, char **argv)
{
	struct config_error config_error;
	struct ruleset_error policy_error;
	struct options options;
	struct policy *policy;
	sigset_t signals;
	int status;

	streams_begin();
	streams_text();
	status = options_read(&options, argc, argv);
	if (status >= 0)
		return streams_end("sluice", status, EXIT_USAGE);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (config_load(options.config, CONFIG_NEED_DEVICES, &sluice.config,
			&config_error) != 0)
		return fail(EXIT_CONFIG, config_error.text);
	sluice.group = (gid_t)-1;
	if (sluice.config->control_group != NULL &&
	    group_find(sluice.config->control_group, &sluice.group) != 0) {
		snprintf(config_error.text, sizeof(config_error.text),
			 "%s: control_group: there is no group '%.100s'",
			 sluice.config->file, sluice.config->control_group);
		config_free(sluice.config);
		return fail(EXIT_CONFIG, config_error.text);
	}
	report_config(sluice.config,
		      sluice.config->workers + (sluice.config->workers == 0));
	if (rules_load(sluice.config, -1, &policy, &policy_error) != 0) {
		config_free(sluice.config);
		return fail(EXIT_RULES, policy_error.text);
	}
	if (options.check) {
		status = streams_end("sluice", check(&sluice, policy), EXIT_USAGE);
	} else {
		signals_block(&signals);
		log_start();
		report_rules(sluice.config, policy);
		status = start(&sluice, &options, policy);
		locks_release();
		log_stop();
	}
	if (!sluice.loading)
		config_free(sluice.config);
	return status;
}
