/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys of the file that have one value. One row defines everything for its key: the
 * member of the yaml_* struct, the field of the schema, the member of struct
 * sluice_config, its default, and the code that reads it with its limits and messages.
 *
 *	BOOL(key, default, text)
 *	WORD(key, member, no, yes, default, text)	a bool; its two words in the file
 *	NUMBER(key, default, min, max, text)		a uint32_t
 *	OWN(key, text)	read by a function of config.c, into a member of config.h
 *
 * Keys are read in the order of the rows, so a default may use the values of earlier rows
 * in `config`. Defaults and limits may use all names that are visible in config.c.
 */
#ifndef COMMON_KEYS_H
#define COMMON_KEYS_H

#define CONFIG_KEYS(BOOL, WORD, NUMBER, OWN)                                             \
	WORD(mode, audit, "enforce", "audit", false,                                     \
	     "what would be dropped passes, and is counted")                             \
	WORD(pppoe, pppoe, "ignore", "track", false, "IP in PPPoE is tracked")           \
	WORD(poll, poll_adaptive, "busy", "adaptive", false,                             \
	     "workers sleep while nothing comes")                                        \
	OWN(workers, "workers, or auto")                                                 \
	OWN(mbufs, "packet buffers for each NUMA node, or auto")                         \
	OWN(rules, "path of the rules; without it everything passes")                    \
	NUMBER(rules_timeout, RULES_RUN_SECONDS, 1, MAX_RULES_SECONDS,                   \
	       "seconds that reading and loading the rules may take")                    \
	WORD(rules_other, rules_refuse_other, "notice", "refuse", false,                 \
	     "chains that are not evaluated are an error")                               \
	OWN(reload_connections,                                                          \
	    "what a reload does with connections: keep, recheck, flush")                 \
	BOOL(reload_reset, false, "connections that a reload ends get a RST")            \
	OWN(control, "path of the control socket")                                       \
	OWN(control_group, "group that may use the socket")                              \
	OWN(metrics, "address:port of the metrics; without it they are not served")      \
	OWN(record_log, "file, stdout or journal for records of logged packets")         \
	BOOL(record_drops, false, "dropped packets are in record_log, too")              \
	BOOL(record_connections, false,                                                  \
	     "connections that have ended are in record_log, too")                       \
	NUMBER(record_rate, RECORDER_RATE_DEFAULT, RECORDER_RATE_MIN, RECORDER_RATE_MAX, \
	       "records a second of a worker and a kind, at most")                       \
	OWN(ipfix, "address:port of the IPFIX collector")                                \
	WORD(ipfix_transport, ipfix_tcp, "udp", "tcp", false, "how records are sent")    \
	NUMBER(ipfix_active_timeout, 1800, 10, 86400,                                    \
	       "seconds after which a connection that goes on has a record")             \
	NUMBER(ipfix_domain, 0, 0, UINT32_MAX, "observation domain")                     \
	NUMBER(ipfix_enterprise, 32473, 1, UINT32_MAX,                                   \
	       "enterprise number of sluice's own elements")                             \
	WORD(offloads, offloads_fix, "warn", "fix", true,                                \
	     "switch off offloads that change frames, not only report them")             \
	BOOL(link_propagation, false,                                                    \
	     "when a port loses its link, set the other port of its wire down")          \
	OWN(xdp_pin, "directory of a bpffs that keeps the connections of wires with xdp")

/* Keys of the mapping `conntrack`, besides the tracker's own (track/config.h). */
#define CONNTRACK_KEYS(BOOL, WORD, NUMBER, OWN)                                          \
	NUMBER(max, DEFAULT_CONNECTIONS, 1, FLOW_MAX_CONNECTIONS,                        \
	       "connections of IPv4, over all workers")                                  \
	NUMBER(max_ipv6, config->max, 1, FLOW_MAX_CONNECTIONS, "of IPv6")                \
	WORD(enforce, enforce_ruleset, "strict", "ruleset", false,                       \
	     "invalid packets are the rules' to drop")                                   \
	BOOL(acct, false, "count packets and bytes of connections")                      \
	BOOL(vlan_key, true, "VLANs are networks of their own")                          \
	BOOL(checksum, true, "verify checksums")                                         \
	NUMBER(ipfrag_high_thresh, DEFAULT_FRAGMENT_BYTES, 0, MAX_FRAGMENT_BYTES,        \
	       "bytes of buffers that hold fragments, over all workers")

#endif
