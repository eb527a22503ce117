/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fields that are not bits of the frame: what meta, ct and fib know of a packet, and
 * numbers that are computed for it. A key without a meaning between two ports is an error
 * that says why; if the kernel also has no value for forwarded packets, it is accepted
 * and never matches.
 */
#include <stdlib.h>
#include <string.h>

#include "loader.h"

#define ARPHRD_ETHER 1

struct known {
	const char *name;
	uint8_t base; /* enum load_base */
	uint8_t type;
	uint8_t value; /* the value of a LOAD_CONST */
	bool per_packet;
	uint8_t needs;
	/* the kernel has no value for packets that are forwarded: never matches */
	bool never;
};

#define TAKEN false
#define NEVER true

static const struct known metas[] = {
	{"mark", LOAD_MARK, TYPE_U32, 0, false, POLICY_NEEDS_MARK, TAKEN},
	{"priority", LOAD_PRIORITY, TYPE_PRIORITY, 0, false, POLICY_NEEDS_MARK, TAKEN},
	{"random", LOAD_RANDOM, TYPE_U32, 0, true, POLICY_NEEDS_MARK, TAKEN},
	{"prandom", LOAD_RANDOM, TYPE_U32, 0, true, POLICY_NEEDS_MARK, TAKEN},
	{"pkttype", LOAD_PKTTYPE, TYPE_PKTTYPE, 0, true, POLICY_NEEDS_BYTES, TAKEN},
	{"time", LOAD_WALL_TIME, TYPE_TIME, 0, true, POLICY_NEEDS_TIME, TAKEN},
	{"hour", LOAD_WALL_HOUR, TYPE_HOUR, 0, true, POLICY_NEEDS_TIME, TAKEN},
	{"day", LOAD_WALL_DAY, TYPE_DAY, 0, true, POLICY_NEEDS_TIME, TAKEN},
	{"iiftype", LOAD_CONST, TYPE_HARDWARE, ARPHRD_ETHER, false, 0, TAKEN},
	{"oiftype", LOAD_CONST, TYPE_HARDWARE, ARPHRD_ETHER, false, 0, TAKEN},
	{"iifgroup", LOAD_CONST, TYPE_IFGROUP, 0, false, 0, TAKEN},
	{"oifgroup", LOAD_CONST, TYPE_IFGROUP, 0, false, 0, TAKEN},
	{"ipsec", LOAD_CONST, TYPE_BOOL, 0, false, 0, TAKEN},
	{"secpath", LOAD_CONST, TYPE_BOOL, 0, false, 0, TAKEN},
	{"skuid", LOAD_CONST, TYPE_U32, 0, false, 0, NEVER},
	{"skgid", LOAD_CONST, TYPE_U32, 0, false, 0, NEVER},
	{"cgroup", LOAD_CONST, TYPE_U32, 0, false, 0, NEVER},
};

static const struct known cts[] = {
	{"mark", LOAD_CT_MARK, TYPE_U32, 0, true,
	 POLICY_NEEDS_CONN | POLICY_NEEDS_CT_MARK, TAKEN},
	{"status", LOAD_CT_STATUS, TYPE_CT_STATUS, 0, true, POLICY_NEEDS_CONN, TAKEN},
	{"direction", LOAD_CT_DIRECTION, TYPE_CT_DIRECTION, 0, false, POLICY_NEEDS_CONN,
	 TAKEN},
	{"expiration", LOAD_CT_EXPIRATION, TYPE_U32, 0, true, POLICY_NEEDS_CONN, TAKEN},
	{"bytes", LOAD_CT_BYTES, TYPE_U64, 0, true, POLICY_NEEDS_CONN | POLICY_NEEDS_ACCT,
	 TAKEN},
	{"packets", LOAD_CT_PACKETS, TYPE_U64, 0, true,
	 POLICY_NEEDS_CONN | POLICY_NEEDS_ACCT, TAKEN},
	{"avgpkt", LOAD_CT_AVGPKT, TYPE_U64, 0, true,
	 POLICY_NEEDS_CONN | POLICY_NEEDS_ACCT, TAKEN},
	{"l3proto", LOAD_CT_L3PROTO, TYPE_NFPROTO, 0, false, POLICY_NEEDS_CONN, TAKEN},
	{"protocol", LOAD_CT_PROTO, TYPE_PROTO, 0, false, POLICY_NEEDS_CONN, TAKEN},
	{"id", LOAD_CT_ID, TYPE_U32, 0, false, POLICY_NEEDS_CONN, TAKEN},
	{"zone", LOAD_CT_ZONE, TYPE_U16, 0, false, POLICY_NEEDS_CONN, TAKEN},
	{"proto-src", LOAD_CT_SPORT, TYPE_PORT, 0, false, POLICY_NEEDS_CONN, TAKEN},
	{"proto-dst", LOAD_CT_DPORT, TYPE_PORT, 0, false, POLICY_NEEDS_CONN, TAKEN},
	{"ip saddr", LOAD_CT_SADDR, TYPE_IPV4, 0, false, POLICY_NEEDS_CONN, TAKEN},
	{"ip daddr", LOAD_CT_DADDR, TYPE_IPV4, 0, false, POLICY_NEEDS_CONN, TAKEN},
	{"ip6 saddr", LOAD_CT_SADDR, TYPE_IPV6, 0, false, POLICY_NEEDS_CONN, TAKEN},
	{"ip6 daddr", LOAD_CT_DADDR, TYPE_IPV6, 0, false, POLICY_NEEDS_CONN, TAKEN},
};

static const struct {
	const char *kind, *name, *reason;
} refusals[] = {
	{"meta", "cpu", "which core processes a packet is not a property of the packet"},
	{"meta", "iifkind", "ports have no kind; match the name with iifname"},
	{"meta", "oifkind", "ports have no kind; match the name with oifname"},
	{"meta", "rtclassid", "sluice has no routes"},
	{"meta", "sdif", "ports belong to no VRF"},
	{"meta", "sdifname", "ports belong to no VRF"},
	{"meta", "secmark", "sluice has no security contexts"},
	{"meta", "ibrname", "ports belong to no bridge of the kernel"},
	{"meta", "obrname", "ports belong to no bridge of the kernel"},
	{"rt", NULL,
	 "sluice has no routes; only 'tcp option maxseg size set rt mtu' is "
	 "taken"},
	{"fib", NULL,
	 "sluice has no routes; only 'fib saddr type' and 'fib daddr type' "
	 "are taken"},
	{"socket", NULL, "a packet that crosses a wire belongs to no socket"},
	{"osf", NULL, "sluice does not recognise operating systems"},
	{"ipsec", NULL, "sluice does not decrypt"},
	{"ct", "helper", "sluice has no helpers, so no connection has one"},
	{"ct", "label", "connections have no labels; use ct mark"},
	{"ct", "event", "events are configured with 'events' in sluice.yaml"},
	{"ct", "secmark", "sluice has no security contexts"},
};

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

/* What known_find() reads beside the tables. */
static const struct word computed[] = {
	{.kind = "fib", .name = "saddr type"},
	{.kind = "fib", .name = "daddr type"},
	{.kind = "numgen", .name = "random mod N"},
	{.kind = "numgen", .name = "inc mod N"},
	{.kind = "jhash", .name = "FIELDS mod N"},
	{.kind = "symhash", .name = "mod N"},
};

static void
rows_add(const char *kind, const struct known *rows, size_t count, word_fn *add,
	 void *arg)
{
	size_t i;

	for (i = 0; i < count; i++)
		add(arg, &(struct word){.use = rows[i].never ? WORD_NEVER : WORD_MATCHED,
					.kind = kind,
					.name = rows[i].name});
}

void
known_words(word_fn *add, void *arg)
{
	size_t i;

	rows_add("meta", metas, COUNT_OF(metas), add, arg);
	rows_add("ct", cts, COUNT_OF(cts), add, arg);
	for (i = 0; i < COUNT_OF(computed); i++)
		add(arg, &computed[i]);
	for (i = 0; i < COUNT_OF(refusals); i++)
		add(arg, &(struct word){.use = WORD_REFUSED,
					.kind = refusals[i].kind,
					.name = refusals[i].name,
					.reason = refusals[i].reason});
}

static const char *
refusal_find(const char *kind, const char *name)
{
	size_t i;

	for (i = 0; i < COUNT_OF(refusals); i++)
		if (strcmp(refusals[i].kind, kind) == 0 &&
		    (refusals[i].name == NULL ||
		     (name != NULL && strcmp(refusals[i].name, name) == 0)))
			return refusals[i].reason;
	return NULL;
}

static bool
row_find(const struct known *rows, size_t count, const char *name,
	 struct header_field *field)
{
	size_t i;

	for (i = 0; name != NULL && i < count; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		field->load.base = rows[i].base;
		field->load.header = rows[i].value;
		field->load.type = rows[i].type;
		field->load.bits = 32;
		field->per_packet = rows[i].per_packet;
		field->needs = rows[i].needs;
		field->never = rows[i].never;
		return true;
	}
	return false;
}

/* Read a ct expression: {"key": "bytes", "dir": "original"}. */
static bool
ct_find(const json_t *json, const char *name, struct header_field *field)
{
	const char *dir = json_text(json, "dir");

	if (!row_find(cts, COUNT_OF(cts), name, field))
		return false;
	if (field->load.base == LOAD_CONST)
		return true;
	field->load.header = dir == NULL                    ? LOAD_BOTH
			     : strcmp(dir, "original") == 0 ? 0
							    : 1;
	if (field->load.type == TYPE_IPV4)
		field->family = 4;
	if (field->load.type == TYPE_IPV6)
		field->family = 6;
	if (field->load.type == TYPE_PORT)
		field->proto = PROTO_WITH_PORTS;
	return true;
}

/* Read a fib expression: {"result": "type", "flags": ["daddr"]}. */
static bool
fib_find(const json_t *json, struct header_field *field)
{
	const char *result = json_text(json, "result");
	const json_t *flags = json_object_get(json, "flags");
	const char *flag = json_string_value(json_is_array(flags)
						     ? json_array_get(flags, 0)
						     : flags);

	if (result == NULL || flag == NULL || strcmp(result, "type") != 0 ||
	    (strcmp(flag, "saddr") != 0 && strcmp(flag, "daddr") != 0))
		return false;
	field->load.base = LOAD_FIB_TYPE;
	field->load.type = TYPE_FIB_TYPE;
	field->load.bits = 32;
	field->load.offset = flag[0] == 'd';
	field->per_packet = false;
	field->needs = 0;
	return true;
}

/*
 * Read numgen, {"mode": "random" or "inc", "mod": 1000, "offset": 0}, or a hash, {"mod":
 * 2, "seed": 18, "expr": ..}.
 */
static bool
drawn_find(const json_t *json, enum load_base base, struct header_field *field)
{
	const char *mode = json_text(json, "mode");
	bool numgen = base == LOAD_NUMGEN_RANDOM;

	if (numgen && mode != NULL && strcmp(mode, "inc") == 0)
		base = LOAD_NUMGEN_INC;
	else if (numgen && (mode == NULL || strcmp(mode, "random") != 0))
		return false;
	field->load.base = (uint8_t)base;
	field->load.type = TYPE_U32;
	field->load.bits = 32;
	field->load.modulus = (uint32_t)json_integer_value(json_object_get(json, "mod"));
	field->load.add = (uint32_t)json_integer_value(json_object_get(json, "offset"));
	field->load.seed = (uint32_t)json_integer_value(json_object_get(json, "seed"));
	field->per_packet = numgen;
	field->needs = numgen                 ? POLICY_NEEDS_MARK
		       : base == LOAD_SYMHASH ? POLICY_NEEDS_CONN
					      : 0;
	return field->load.modulus > 0;
}

bool
known_find(const json_t *json, struct header_field *field)
{
	const char *kind = json_first_key(json);
	const json_t *inner = json_object_get(json, kind);
	const char *name = json_is_string(inner) ? json_string_value(inner)
						 : json_text(inner, "key");
	bool found = false;

	if (strcmp(kind, "numgen") == 0)
		name = json_text(inner, "mode");
	if (strcmp(kind, "meta") == 0)
		found = row_find(metas, COUNT_OF(metas), name, field);
	else if (strcmp(kind, "ct") == 0)
		found = ct_find(inner, name, field);
	else if (strcmp(kind, "fib") == 0)
		found = fib_find(inner, field);
	else if (strcmp(kind, "numgen") == 0)
		found = drawn_find(inner, LOAD_NUMGEN_RANDOM, field);
	else if (strcmp(kind, "jhash") == 0)
		found = drawn_find(inner, LOAD_JHASH, field);
	else if (strcmp(kind, "symhash") == 0)
		found = drawn_find(inner, LOAD_SYMHASH, field);
	if (!found)
		field->refused = refusal_find(kind, name);
	return found || field->refused != NULL;
}
