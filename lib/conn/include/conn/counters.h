/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The counters of an engine, one in each row. This list defines the members of struct
 * engine_stats, the sum over workers, the JSON of `stats`, OpenMetrics, telemetry, and
 * the table in docs/control.md, which a unit test compares with it.
 *
 * Drops by reason and generated packets by action are arrays in struct engine_stats;
 * their lists are REASONS (base/reason.h) and enum action (base/verdict.h).
 */
#ifndef CONN_COUNTERS_H
#define CONN_COUNTERS_H

/*
 * X(member, kind, unit, metric, metric_place, command, telemetry_place, help)
 *
 * member           in struct engine_stats; also the name in `stats` and in telemetry
 * kind             COUNTER: never falls; GAUGE: the number at this moment
 * unit             what is counted
 * metric           name in OpenMetrics, without the prefix sluice_ and the suffix _total
 * metric_place     position among the metrics, from 0
 * command          telemetry command: STATS is /sluice/stats, CONNTRACK /sluice/conntrack
 * telemetry_place  position among the members of all telemetry commands, from 0
 * help             one English sentence, the HELP of the metric
 *
 * `stats` follows the order of the rows. The places keep the order that the metrics and
 * telemetry have always had. A new row comes last and takes the next free numbers; the
 * compiler refuses a number that is taken or too large.
 */
#define ENGINE_COUNTERS(X)                                                               \
	X(packets, COUNTER, "packets", "packets", 0, STATS, 0, "Packets received.")      \
	X(bytes, COUNTER, "bytes", "bytes", 1, STATS, 1, "Bytes received.")              \
	X(passed, COUNTER, "packets", "passed", 2, STATS, 2, "Packets passed.")          \
	X(bypassed, COUNTER, "packets", "bypassed", 3, STATS, 3,                         \
	  "Packets passed without rules and tracking.")                                  \
	X(created, COUNTER, "connections", "connections_created", 4, CONNTRACK, 10,      \
	  "Connections created.")                                                        \
	X(removed, COUNTER, "connections", "connections_removed", 5, CONNTRACK, 11,      \
	  "Connections removed.")                                                        \
	/* RST-7 */                                                                      \
	X(rst_forged, COUNTER, "segments", "tcp_rst_forged", 6, STATS, 4,                \
	  "RST segments found to be forged: the peer sent more data.")                   \
	/* ACC-1 */                                                                      \
	X(overshoot, COUNTER, "segments", "tcp_overshoot", 7, STATS, 9,                  \
	  "Segments passed although they exceed the window.")                            \
	/* ACC-10 */                                                                     \
	X(asymmetric, COUNTER, "connections", "tcp_asymmetric", 10, STATS, 5,            \
	  "Connections found to be routed asymmetrically.")                              \
	X(reassembled, COUNTER, "datagrams", "reassembled", 9, STATS, 6,                 \
	  "Fragmented datagrams received completely.")                                   \
	X(fragments, GAUGE, "fragments", "fragments", 11, STATS, 7,                      \
	  "Fragments held until the rest of the datagram arrives.")                      \
	/* TIM-2 */                                                                      \
	X(evicted, COUNTER, "connections", "connections_evicted", 8, STATS, 8,           \
	  "Connections evicted to make room for new ones.")                              \
	/* of a wire with xdp; the first is part of packets and passed */                \
	X(xdp_passed, COUNTER, "packets", "xdp_passed", 12, STATS, 12,                   \
	  "Packets passed by the kernel alone.")                                         \
	X(xdp_up, COUNTER, "frames", "xdp_up", 13, STATS, 13,                            \
	  "Frames that the XDP program has left to the engine.")                         \
	X(xdp_busy, COUNTER, "frames", "xdp_busy", 14, STATS, 14,                        \
	  "Of them, frames whose connection was locked.")                                \
	X(xdp_lost, COUNTER, "frames", "xdp_lost", 15, STATS, 15,                        \
	  "Of them, frames that were lost for want of a socket.")                        \
	X(copies, COUNTER, "frames", "copies", 16, STATS, 16,                            \
	  "Copies that dup has sent by mirror ports.")                                   \
	X(copies_lost, COUNTER, "frames", "copies_lost", 17, STATS, 17,                  \
	  "Copies that found no buffer, or that their mirror port did not take.")

enum engine_counter {
#define ENGINE_COUNTER_ENUM(member, ...) ENGINE_COUNTER_##member,
	ENGINE_COUNTERS(ENGINE_COUNTER_ENUM) ENGINE_COUNTER_COUNT
#undef ENGINE_COUNTER_ENUM
};

#endif
