/* SPDX-License-Identifier: BSD-3-Clause */
/* Limits, quotas and counters as nft's JSON describes them, and as nft prints them. */
#include <string.h>

#include <policy/stmt.h>

#define SECOND_NS 1000000000ull
#define BURST_DEFAULT 5 /* packets, as NFT_LIMIT_PKT_BURST_DEFAULT */

/* Units of nft's JSON, in bytes. nft's units are powers of two. */
static const struct {
	const char *name;
	uint64_t bytes;
} units[] = {{"bytes", 1}, {"kbytes", 1024}, {"mbytes", 1024 * 1024}};

static const struct {
	const char *name;
	uint64_t seconds;
} periods[] = {
	{"second", 1}, {"minute", 60}, {"hour", 3600}, {"day", 86400}, {"week", 604800},
};

/*
 * Multiply *value by the unit that the JSON names; without a unit the value is in bytes.
 */
static int
bytes_read(struct stmt_reader *r, const char *unit, uint64_t *value)
{
	size_t i;

	if (unit == NULL)
		return 0;
	for (i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(units[i].name, unit) != 0)
			continue;
		if (__builtin_mul_overflow(*value, units[i].bytes, value))
			break;
		return 0;
	}
	return r->ops->fail(r,
			    "%llu %s is not a number of bytes; expected bytes, "
			    "kbytes or mbytes, below 2^64 bytes",
			    (unsigned long long)*value, unit);
}

static int
period_read(struct stmt_reader *r, uint64_t *period_ns)
{
	const char *per = r->ops->text(r, "per");
	size_t i;

	for (i = 0; per != NULL && i < sizeof(periods) / sizeof(*periods); i++) {
		if (strcmp(periods[i].name, per) == 0) {
			*period_ns = periods[i].seconds * SECOND_NS;
			return 0;
		}
	}
	return r->ops->fail(r,
			    "'%s' is not a period of a limit; expected second, minute, "
			    "hour, day or week",
			    per != NULL ? per : "");
}

/*
 * Compute the token bucket from rate, period and burst, as the kernel's nft_limit_init().
 */
static int
bucket_set(struct stmt_reader *r, struct ir_cell *limit, uint64_t burst)
{
	u128 depth;

	if (limit->bytes)
		depth = ((u128)limit->rate + burst) * limit->period_ns / limit->rate;
	else
		depth = (u128)(limit->period_ns / limit->rate) * burst;
	if (depth > INT64_MAX)
		return r->ops
			->fail(r,
			       "the burst of the limit is longer than 292 years; use a "
			       "smaller burst, or a higher rate");
	limit->bucket_ns = (uint64_t)depth;
	return 0;
}

static int
limit_read(struct stmt_reader *r, struct ir_cell *limit)
{
	const char *unit = r->ops->text(r, "rate_unit");
	uint64_t burst = r->ops->number(r, "burst");
	int ret;

	limit->type = CELL_LIMIT;
	limit->over = r->ops->flag(r, "inv");
	limit->rate = r->ops->number(r, "rate");
	limit->bytes = unit != NULL && strcmp(unit, "packets") != 0;
	ret = period_read(r, &limit->period_ns);
	if (ret == 0 && limit->bytes)
		ret = bytes_read(r, unit, &limit->rate);
	if (ret == 0 && limit->bytes)
		ret = bytes_read(r, r->ops->text(r, "burst_unit"), &burst);
	if (ret != 0)
		return ret;
	if (limit->rate == 0 || limit->rate > INT64_MAX || burst > INT64_MAX)
		return r->ops->fail(
			r, "the rate of a limit must be a number from 1 on; write 'limit "
			   "rate 10/second'");
	if (!limit->bytes && burst == 0)
		burst = BURST_DEFAULT;
	return bucket_set(r, limit, burst);
}

/*
 * A statement has {"val", "val_unit", "used", "used_unit"}; a named quota has {"bytes",
 * "used"}.
 */
static int
quota_read(struct stmt_reader *r, struct ir_cell *quota)
{
	int ret;

	quota->type = CELL_QUOTA;
	quota->over = r->ops->flag(r, "inv");
	quota->quota = r->ops->number(r, "bytes") | r->ops->number(r, "val");
	quota->initial.bytes = r->ops->number(r, "used");
	ret = bytes_read(r, r->ops->text(r, "val_unit"), &quota->quota);
	if (ret == 0)
		ret = bytes_read(r, r->ops->text(r, "used_unit"), &quota->initial.bytes);
	return ret;
}

int
cell_read(struct stmt_reader *r, struct ir_cell *cell)
{
	*cell = (struct ir_cell){.type = CELL_COUNTER};
	if (strcmp(r->name, "limit") == 0)
		return limit_read(r, cell);
	if (strcmp(r->name, "quota") == 0)
		return quota_read(r, cell);
	if (strcmp(r->name, "counter") == 0) {
		cell->initial.packets = r->ops->number(r, "packets");
		cell->initial.bytes = r->ops->number(r, "bytes");
		return 0;
	}
	if (strcmp(r->name, "ct count") == 0) {
		cell->type = CELL_CONNECTIONS;
		cell->over = r->ops->flag(r, "inv");
		cell->quota = r->ops->number(r, "val");
		return 0;
	}
	return r->ops->fail(r,
			    "'%s' is not supported here; expected counter, limit, quota "
			    "or ct count",
			    r->name);
}

static void
limit_print(const struct stmt_reader *r, FILE *out)
{
	const char *unit = r->ops->text(r, "rate_unit"), *per = r->ops->text(r, "per");
	const char *burst_unit = r->ops->text(r, "burst_unit");
	uint64_t burst = r->ops->number(r, "burst");
	bool packets = unit == NULL || strcmp(unit, "packets") == 0;

	fprintf(out, "limit rate %s%llu%s%s/%s", r->ops->flag(r, "inv") ? "over " : "",
		(unsigned long long)r->ops->number(r, "rate"), packets ? "" : " ",
		packets ? "" : unit, per != NULL ? per : "second");
	if (burst != (packets ? BURST_DEFAULT : 0))
		fprintf(out, " burst %llu %s", (unsigned long long)burst,
			packets              ? "packets"
			: burst_unit != NULL ? burst_unit
					     : "bytes");
}

static void
quota_print(const struct stmt_reader *r, FILE *out)
{
	const char *unit = r->ops->text(r, "val_unit");

	fprintf(out, "quota %s%llu %s", r->ops->flag(r, "inv") ? "over " : "",
		(unsigned long long)r->ops->number(r, "val"),
		unit != NULL ? unit : "bytes");
}

void
cell_print(const struct stmt_reader *r, FILE *out)
{
	const char *name = r->ops->text(r, NULL);

	if (name != NULL)
		fprintf(out, "%s name \"%s\"", r->name, name);
	else if (strcmp(r->name, "limit") == 0)
		limit_print(r, out);
	else if (strcmp(r->name, "quota") == 0)
		quota_print(r, out);
	else if (strcmp(r->name, "ct count") == 0)
		fprintf(out, "ct count %s%llu", r->ops->flag(r, "inv") ? "over " : "",
			(unsigned long long)r->ops->number(r, "val"));
	else
		fputs(r->name, out);
}
