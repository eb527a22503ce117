/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluice: the data plane. Errors are found before the first packet is forwarded, in this
 * order, each with its own exit status: command line, configuration, rules, devices and
 * memory. Then the workers run until a signal ends them; main waits for signals, the
 * control thread serves the socket.
 *
 * If there is only one core, main runs the worker, and another thread waits for signals.
 */
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pdump.h>

#include "address.h"
#include "arguments.h"
#include "check.h"
#include "exit.h"
#include "group.h"
#include "lock.h"
#include "log.h"
#include "message.h"
#include "options.h"
#include "privileges.h"
#include "reload.h"
#include "report.h"
#include "service.h"
#include "sizes.h"
#include "sluice.h"
#include "streams.h"
#include "watch.h"
#include "worker_xdp.h"

#define STOP_S 30 /* longest time from a signal to the end of the program, seconds */

static struct sluice sluice;

/* Block the signals that supervise() waits for, in all threads that are created later. */
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

/* Print a warning of the control thread. */
static void
warn(const char *text)
{
	printf("warning: %s\n", text);
}

/* Where the records of connections go, for config->ipfix. */
static struct control_ipfix *
ipfix_of(const struct sluice_config *config)
{
	static struct control_ipfix ipfix;
	struct sockaddr_storage address;

	if (config->ipfix == NULL || address_parse(config->ipfix, &address) != 0)
		return NULL;
	ipfix = (struct control_ipfix){
		.collector = config->ipfix,
		.tcp = config->ipfix_tcp,
		.active_s = config->ipfix_active_timeout,
		.domain = config->ipfix_domain,
		.enterprise = config->ipfix_enterprise,
	};
	getnameinfo((const struct sockaddr *)&address, sizeof(address), ipfix.host,
		    sizeof(ipfix.host), ipfix.port, sizeof(ipfix.port),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	return &ipfix;
}

static int
start_control(struct sluice *s)
{
	struct control_config *config = &s->control_config;
	static struct sockaddr_storage metrics;
	char message[CONTROL_MESSAGE_BYTES];
	struct control *control;

	*config = (struct control_config){
		.path = s->config->control,
		.group = s->group,
		.backend = &s->backend,
		.rules = &s->rules,
		.port_names = s->names,
		.port_count = s->port_count,
		.all_port_count = s->all_port_count,
		.port = port_tell,
		.port_context = s->ports,
		.max = s->config->max,
		.max6 = s->config->max_ipv6,
		.reload = &s->reload,
		.record_log = s->config->record_log,
		.record_streams = reload_streams(s->config),
		.ipfix = ipfix_of(s->config),
		.warn = warn,
		.version = SLUICE_VERSION,
		.start_s = (uint64_t)time(NULL),
	};
	if (s->config->metrics != NULL &&
	    address_parse(s->config->metrics, &metrics) == 0)
		config->metrics = (const struct sockaddr *)&metrics;
	if (control_start(config, &control, message) != 0)
		return message_error(EXIT_DEVICE, "%s", message);
	pthread_mutex_lock(&s->control_lock);
	s->control = control;
	pthread_mutex_unlock(&s->control_lock);
	printf("control: %s\n", s->config->control);
	if (message[0] != '\0')
		printf("warning: %s\n", message);
	if (s->config->metrics != NULL)
		printf("metrics: http://%s/metrics\n", s->config->metrics);
	return 0;
}

/* End the control thread. A reload that is in progress does not use it any more. */
static void
stop_control(struct sluice *s)
{
	struct control *control = s->control;

	pthread_mutex_lock(&s->control_lock);
	s->control = NULL;
	pthread_mutex_unlock(&s->control_lock);
	control_stop(control);
}

/* Handler of SIGALRM: a worker, a driver or a file system has not ended in STOP_S. */
static void
stop_late(int number)
{
	static const char text[] =
		"sluice: the end takes too long: given up, as if it had been killed\n";
	struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
	ssize_t written = 0;

	(void)number;
	/* do not block on standard error either; if it is full, the text is lost */
	if (poll(&room, 1, 0) == 1)
		written = write(STDERR_FILENO, text, sizeof(text) - 1);
	(void)written;
	_exit(EXIT_DEVICE);
}

/* Handle signals until one of them ends the program. */
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
		if (number == SIGHUP) {
			control_reload_signal(&s->reload);
			control_reopen(s->control);
		}
	}
	printf("stopping: %s\n", strsignal(number));
	signal(SIGALRM, stop_late);
	alarm(STOP_S);
}

/* Drop the capabilities that were needed to open the ports. */
static void
give_up_privileges(const struct sluice *s)
{
	bool interfaces = false;
	unsigned i;

	for (i = 0; i < s->all_port_count; i++)
		interfaces |= s->ports[i].ifindex != 0;
	if (privileges_drop(interfaces) != 0)
		printf("warning: not all capabilities could be dropped, see "
		       "/proc/%ld/task/*/status\n",
		       (long)getpid());
}

/* Start the control socket and the workers, and run until the workers have ended. */
static int
serve(struct sluice *s)
{
	int status = 0;
	unsigned i;

	if (control_reload_start(&s->reload) != 0)
		status = message_error(EXIT_DEVICE,
				       "cannot start the thread that loads rules: see "
				       "ulimit -u, TasksMax=");
	if (status == 0)
		status = start_control(s);
	if (status == 0) {
		give_up_privileges(s);
		printf("running\n");
		fflush(stdout);
		if (service_start(s) != 0)
			printf("warning: no thread to tell systemd how sluice is\n");
		supervise(s);
		service_stop();
		stop_control(s);
	}
	/* a load of rules may be in progress; teardown() waits for its end */
	control_reload_stop(&s->reload);
	atomic_store(&s->stop, true);
	for (i = 0; i < s->worker_count; i++)
		if (s->workers[i].xdp != NULL)
			wait_wake(s->workers[i].xdp->wait);
	return status;
}

/* Thread that runs serve() when the worker occupies the only core. */
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
		return message_error(EXIT_DEVICE,
				     "cannot start the thread of the control socket: see "
				     "ulimit -u, TasksMax=");
	/* use another core if there is one, because the worker never yields its own */
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
		printf("warning: no thread to watch the ports and the system time\n");
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
 * Raise the limit of open files: DPDK aborts when it cannot get a descriptor for a file
 * of its own. A process may raise its soft limit up to the hard one. Returns 0, or
 * EXIT_DEVICE after a message.
 */
static int
files_check(const struct sluice_config *config)
{
	/* an eventfd and an epoll set of each worker that waits (rest.h) */
	const rlim_t needed = 48 + 4 * config->port_count +
			      (config->poll_adaptive ? 2 * CONFIG_MAX_WORKERS : 0);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
		return 0;
	limit.rlim_cur = RTE_MIN(limit.rlim_max, needed);
	if (limit.rlim_cur == needed && setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return 0;
	return message_error(
		EXIT_DEVICE,
		"no more than %lu files may be open at once, at least %lu expected: "
		"raise the limit (ulimit -n, LimitNOFILE=)",
		(unsigned long)limit.rlim_max, (unsigned long)needed);
}

static int
arguments_many(void)
{
	return message_error(EXIT_USAGE,
			     "more than %d EAL options on the command line and in the "
			     "configuration: leave some out",
			     ARGUMENTS_MAX_EAL - 2);
}

/* Initialize the EAL, run, and clean the EAL up. */
static int
start(struct sluice *s, const struct arguments *arguments, struct policy *policy)
{
	char *argv[ARGUMENTS_MAX_EAL], message[1024];
	int argc = arguments_eal(arguments, s->config, argv), status;

	if (argc < 0) {
		policy_free(policy);
		return arguments_many();
	}
	status = files_check(s->config);
	if (status != 0) {
		policy_free(policy);
		return status;
	}
	/*
	 * create the directory for the lock file; locks_take() reports if it is unusable
	 */
	control_folder(s->config->control, s->group);
	status = locks_take(s->config, argc, argv, message, sizeof(message));
	if (status != 0) {
		policy_free(policy);
		return message_error(EXIT_DEVICE, "%s", message);
	}
	if (rte_eal_init(argc, argv) < 0) {
		policy_free(policy);
		return message_error(EXIT_DEVICE,
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

/* --check: check everything without opening a device. */
static int
check(const struct sluice *s, const struct arguments *arguments, struct policy *policy)
{
	char *argv[ARGUMENTS_MAX_EAL];
	int argc = arguments_eal(arguments, s->config, argv), status;
	struct sizes sizes;

	report_rules(s->config, policy);
	sizes = sizes_report(s->config, s->config->workers + (s->config->workers == 0));
	policy_free(policy);
	status = argc < 0 ? arguments_many() : check_start(s->config, &sizes, argc, argv);
	if (status == 0)
		printf("ok\n");
	return status;
}

int
main(int argc, char **argv)
{
	struct config_error config_error;
	struct ruleset_report report;
	struct arguments arguments;
	struct policy *policy;
	sigset_t signals;
	int status;

	streams_begin();
	streams_text();
	message_begin("sluice");
	status = arguments_read(&arguments, argc, argv);
	if (status != OPTIONS_GO_ON)
		return streams_end(status, EXIT_OTHER);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (config_load(arguments.config, CONFIG_NEED_DEVICES, &sluice.config,
			&config_error) != 0)
		return message_error(EXIT_CONFIG, "%s", config_error.text);
	if (arguments.control != NULL)
		sluice.config->control = arguments.control;
	sluice.control_given = arguments.control != NULL;
	pthread_mutex_init(&sluice.control_lock, NULL);
	sluice.group = (gid_t)-1;
	if (sluice.config->control_group != NULL &&
	    group_find(sluice.config->control_group, &sluice.group) != 0) {
		status =
			message_error(EXIT_CONFIG,
				      "%s: control_group: there is no group '%s', a name "
				      "of getent(1) group or a number is expected",
				      sluice.config->file, sluice.config->control_group);
		config_free(sluice.config);
		return status;
	}
	report_config(sluice.config,
		      sluice.config->workers + (sluice.config->workers == 0));
	status = rules_load(sluice.config, sluice.config, -1, &policy, &report);
	rules_print(&report);
	ruleset_report_free(&report);
	if (status != 0) {
		config_free(sluice.config);
		return EXIT_RULES;
	}
	if (arguments.check) {
		status = streams_end(check(&sluice, &arguments, policy), EXIT_OTHER);
	} else {
		signals_block(&signals);
		log_start();
		report_rules(sluice.config, policy);
		status = start(&sluice, &arguments, policy);
		locks_release();
		log_stop();
	}
	config_free(sluice.config);
	return status;
}
