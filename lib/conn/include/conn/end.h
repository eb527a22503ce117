/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The complete list of reasons why a connection ends. Events, sluicectl, logs and the
 * documentation are made from it. Each connection that is removed has exactly one.
 */
#ifndef CONN_END_H
#define CONN_END_H

/*
 * X(identifier, name, text). The names that begin with timeout_ are of a time-out; where
 * conntrack.tcp_NAME exists in the configuration, it is that one.
 */
#define CONN_ENDS(X)                                                                     \
	X(NONE, "none", "not ended")                                                     \
	X(FIN, "fin", "both endpoints have sent a FIN, and 2MSL is over")                \
	X(RST, "rst", "reset by a RST")                                                  \
	X(RST_DOUBTED, "rst_doubted",                                                    \
	  "a RST in doubt, after which no endpoint has shown that the connection lives") \
	/* time-outs of TCP, by what the endpoints had sent */                           \
	X(TIMEOUT_SYN_SENT, "timeout_syn_sent", "SYN not answered")                      \
	X(TIMEOUT_SYN_RECV, "timeout_syn_recv", "handshake not completed")               \
	X(TIMEOUT_PICKUP, "timeout_pickup", "picked up in mid-stream, then idle")        \
	X(TIMEOUT_ESTABLISHED, "timeout_established", "established, then idle")          \
	X(TIMEOUT_SIGNED, "timeout_signed", "established with signatures, then idle")    \
	X(TIMEOUT_UNACKNOWLEDGED, "timeout_unacknowledged",                              \
	  "data not acknowledged, or a window that stayed zero")                         \
	X(TIMEOUT_FIN_WAIT, "timeout_fin_wait", "FIN not acknowledged")                  \
	X(TIMEOUT_CLOSE_WAIT, "timeout_close_wait", "half-closed, then idle")            \
	X(TIMEOUT_LAST_ACK, "timeout_last_ack", "last FIN not acknowledged")             \
	/* time-outs of all other protocols */                                           \
	X(TIMEOUT_UNREPLIED, "timeout_unreplied", "not TCP: nothing has come back")      \
	X(TIMEOUT_REPLIED, "timeout_replied",                                            \
	  "not TCP: both directions were seen, then idle")                               \
	/* removed before its time-out */                                                \
	X(DELETED, "deleted", "removed by a request to delete")                          \
	X(FLUSHED, "flushed", "removed by a request to flush")                           \
	X(RELOADED, "reloaded", "ended by a reload of the rules")                        \
	X(EVICTED, "evicted", "removed to make room for a new connection")

enum conn_end {
#define CONN_END_ENUM(id, name, text) CONN_END_##id,
	CONN_ENDS(CONN_END_ENUM) CONN_END_COUNT
#undef CONN_END_ENUM
};

/* Name of a reason, as printed in all outputs. */
static inline const char *
conn_end_name(enum conn_end end)
{
	switch (end) {
#define CONN_END_NAME(id, name, text)                                                    \
	case CONN_END_##id:                                                              \
		return name;
		CONN_ENDS(CONN_END_NAME)
#undef CONN_END_NAME
	case CONN_END_COUNT:
		break;
	}
	return "?";
}

/* A description of a reason, for people. */
static inline const char *
conn_end_text(enum conn_end end)
{
	switch (end) {
#define CONN_END_TEXT(id, name, text)                                                    \
	case CONN_END_##id:                                                              \
		return text;
		CONN_ENDS(CONN_END_TEXT)
#undef CONN_END_TEXT
	case CONN_END_COUNT:
		break;
	}
	return "?";
}

#endif
