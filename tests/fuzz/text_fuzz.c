/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz the readers of text from outside. An input that begins with '{' and contains
 * "nftables", as nft's output does, is read as a ruleset; any other as requests of a
 * client of the control socket. Rules that load must give every packet a valid verdict. A
 * client must get JSON objects, one a line, for each line that it sends.
 */
#include "fuzz.h"

#include <string.h>

#include <jansson.h>

#include <control/control.h>
#include <policy/policy.h>
#include <ruleset/ruleset.h>

#include "../../lib/policy/eval.h"
#include "client.h"
#include "request.h"

static const char *const ports[] = {"lan", "wan"};

/* Build the i-th of many different packets. */
static struct policy_packet
packet(unsigned i, enum policy_ct ct)
{
	static const uint8_t address[][16] = {{10, 0, 0, 1},
					      {192, 0, 2, 1},
					      {0x20, 1, 0x0d, 0xb8, [15] = 1},
					      {0xff, 2}};
	static const uint8_t protocols[] = {6, 17, 1, 58};

	return (struct policy_packet){
		.saddr = address[i & 3],
		.daddr = address[~i & 3],
		.length = 40 + i,
		.sport = (rte_be16_t)(i * 2654435761u >> 16),
		.dport = rte_cpu_to_be_16(i & 8 ? 80 : 22),
		.iif = i & 1,
		.oif = ~i & 1,
		.family = i & 16 ? 6 : 4,
		.proto = protocols[i >> 1 & 3],
		.icmp_type = 8,
		.tcp_flags = (uint8_t)(1u << (i & 7)),
		.ct = ct,
	};
}

/* Check `cacheable`: flags and length must not change such a verdict. */
static void
check_cacheable(const struct policy *policy, struct policy_state *state,
		struct policy_packet p, const struct policy_verdict *verdict)
{
	struct policy_verdict other;

	p.tcp_flags ^= 0xff;
	p.length += 1000;
	policy_eval(policy, state, &p, 0, &other);
	require(other.kind == verdict->kind && other.rule == verdict->rule);
}

static void
check_policy(const struct policy *policy)
{
	struct policy_verdict constant, verdict, reference;
	struct policy_rule_info info;
	struct policy_state *state;
	struct policy_packet p;
	unsigned ct, i;

	require(policy_state_create(policy, &state) == 0);
	for (i = 1; i <= policy_rules(policy); i++) {
		policy_rule(policy, i, &info);
		require(info.text != NULL && info.counter < (int)policy_counters(policy));
	}
	for (ct = 0; ct < POLICY_CT_COUNT; ct++) {
		bool is_constant = policy_constant(policy, ct, &constant);

		for (i = 0; i < 32; i++) {
			p = packet(i, ct);
			policy_eval(policy, state, &p, 0, &verdict);
			require(verdict.kind <= POLICY_REJECT_ICMP);
			require(verdict.rule <= policy_rules(policy));
			require(!is_constant || verdict.kind == constant.kind);
			policy_eval_walk(policy, state, &p, 0, &reference);
			require(reference.kind == verdict.kind &&
				reference.rule == verdict.rule);
			if (verdict.cacheable)
				check_cacheable(policy, state, p, &verdict);
			lie(verdict.kind != POLICY_REJECT_ICMP);
		}
	}
	policy_state_free(state);
}

static void
rules(const char *text, size_t size)
{
	static const struct ruleset_ports names = {.names = ports, .count = 2};
	struct policy *policy = NULL;
	struct ruleset_error error;
	int status;

	memset(&error, 0x7f, sizeof(error));
	status = ruleset_load(text, size, &names, &policy, &error);
	require(memchr(error.text, '\0', sizeof(error.text)) != NULL);
	require(status == 0 || error.text[0] != '\0');
	if (status != 0)
		return;
	check_policy(policy);
	policy_free(policy);
}

/* The connection that request filters are applied to. */
static const struct conn_view view = {
	.key = {.id = {.port = {RTE_BE16(40000), RTE_BE16(80)}, .network = FLOW_TCP},
		.addr.v4 = {RTE_BE32(0x0a000001), RTE_BE32(0xc0000201)}},
	.family = 4,
	.has_states = true,
	.state = {TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED},
};

/* Check that all output consists of lines, each a JSON object. Returns their number. */
static unsigned
answers(const struct client *c)
{
	const char *at = c->out + c->out_begin, *end;
	unsigned count = 0;
	json_t *json;

	for (; at < c->out + c->out_end; at = end + 1, count++) {
		end = memchr(at, '\n', (size_t)(c->out + c->out_end - at));
		require(end != NULL);
		json = json_loadb(at, (size_t)(end - at), 0, NULL);
		require(json_is_object(json));
		json_decref(json);
	}
	return count;
}

static void
requests(const uint8_t *data, size_t size)
{
	static struct control_rules current;
	/*
	 * There is no reload thread here: the first reload request of an input is never
	 * done, and later ones are refused.
	 */
	struct control_reload reload = {.lock = PTHREAD_MUTEX_INITIALIZER,
					.changed = PTHREAD_COND_INITIALIZER};
	const struct control_backend backend = {.workers = 0};
	const struct control_config config = {.port_names = ports,
					      .backend = &backend,
					      .rules = &current,
					      .reload = &reload};
	struct server server = {.config = &config};
	struct client *c = client_new(-1);
	unsigned lines = 0, tasks = 0;
	const char *line;

	require(c != NULL);
	if (current.policy == NULL) {
		require(policy_accept_all(&current.policy) == 0);
		require(control_rules_init(&current, current.policy, 0) == 0);
	}
	c->in_length = size < sizeof(c->in) ? size : sizeof(c->in);
	memcpy(c->in, data, c->in_length);
	while ((line = client_line(c)) != NULL) {
		lines++;
		request_line(&server, c, line);
		if (c->task == CLIENT_IDLE)
			continue;
		tasks++;
		lie(c->filter.any || !filter_match(&c->filter, &view));
		c->task = CLIENT_IDLE;
	}
	require(answers(c) + tasks == lines + (c->ended ? 1 : 0));
	client_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	if (size > 0 && text[0] == '{' && memmem(text, size, "\"nftables\"", 10) != NULL)
		rules(text, size);
	else
		requests(data, size);
	return 0;
}
