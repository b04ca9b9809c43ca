/* SPDX-License-Identifier: MIT */
/*
 * duration.c - everything is counted in whole numbers, so the result does not
 * depend on rounding of doubles or on the locale.
 */
#include "util/duration.h"
#include "util/check.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

struct unit {
	const char *name;
	uint64_t size;
};

/* Largest first: the order in which they may stand. */
static const struct unit time_units[] = {
	{ "y", 31536000000 }, { "w", 604800000 }, { "d", 86400000 }, { "h", 3600000 },
	{ "m", 60000 }, { "s", 1000 }, { "ms", 1 },
};

static const struct unit size_units[] = {
	{ "", 1 }, { "B", 1 },
	{ "kB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 }, { "TB", 1000000000000 },
	{ "KiB", 1ull << 10 }, { "MiB", 1ull << 20 }, { "GiB", 1ull << 30 }, { "TiB", 1ull << 40 },
};

/* "12" or "1.5": the whole, and the fraction in units of 10^-18. */
struct decimal {
	uint64_t whole, fraction;
};
#define ONE 1000000000000000000u

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Moves past it. 0, -EINVAL, -ERANGE. */
static int parse_decimal(const char **at, struct decimal *v)
{
	bool over = false;
	uint64_t weight = ONE;

	*v = (struct decimal){ 0 };
	if (!is_digit(**at))
		return -EINVAL;
	for (; is_digit(**at); ++*at)
		over |= __builtin_mul_overflow(v->whole, 10, &v->whole) ||
			__builtin_add_overflow(v->whole, (uint64_t)(**at - '0'), &v->whole);
	if (**at == '.') {
		if (!is_digit(*++*at))
			return -EINVAL;
		for (; is_digit(**at); ++*at)
			v->fraction += (uint64_t)(**at - '0') * (weight /= 10);
	}
	return over ? -ERANGE : 0;
}

/* So many of the unit, to the nearest whole; what is not nothing must not become 0. */
static int scale(struct decimal v, uint64_t unit, uint64_t *out)
{
	uint64_t part = (uint64_t)(((uint128)v.fraction * unit + ONE / 2) / ONE);

	if (__builtin_mul_overflow(v.whole, unit, out) || __builtin_add_overflow(*out, part, out))
		return -ERANGE;
	return *out || !v.fraction ? 0 : -ERANGE;
}

/* The unit that the letters here name, among those from `first` on; or NULL. */
static const struct unit *find_time_unit(const char *text, size_t n, const struct unit *first)
{
	for (const struct unit *u = first; u < time_units + COUNT_OF(time_units); u++)
		if (strlen(u->name) == n && !memcmp(u->name, text, n))
			return u;
	return NULL;
}

/* One "30m"; later parts must have smaller units. */
static int parse_part(const char **at, const struct unit **first, uint64_t *ms)
{
	struct decimal v;
	const struct unit *unit;
	size_t n;
	int r = parse_decimal(at, &v);

	if (r == -EINVAL)
		return r;
	n = strspn(*at, "abcdefghijklmnopqrstuvwxyz");
	unit = find_time_unit(*at, n, *first);
	if (!unit)
		return -EINVAL;
	*at += n;
	*first = unit + 1;
	return r < 0 ? r : scale(v, unit->size, ms);
}

int duration_parse(const char *text, kymo_ms *ms)
{
	const struct unit *first = time_units;
	uint64_t sum = 0, part = 0;
	int result = 0;

	if (!strcmp(text, "0")) {
		*ms = 0;
		return 0;
	}
	do {
		int r = parse_part(&text, &first, &part);

		if (r == -EINVAL)
			return r;
		if (r < 0 || __builtin_add_overflow(sum, part, &sum) || sum > INT64_MAX)
			result = -ERANGE;	/* unless the rest is no duration at all */
	} while (*text);
	if (!result)
		*ms = (kymo_ms)sum;
	return result;
}

const char *duration_format(kymo_ms ms, char text[DURATION_TEXT])
{
	uint64_t left = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
	size_t at = 0;

	if (!ms)
		return strcpy(text, "0");
	if (ms < 0)
		text[at++] = '-';
	for (size_t i = 0; i < COUNT_OF(time_units) && left; i++) {
		const struct unit *u = &time_units[i];
		bool whole_only = u->size > 86400000;	/* nobody reads "4w2d" for 30 days */

		if (left < u->size || (whole_only && left % u->size))
			continue;
		at += (size_t)snprintf(text + at, DURATION_TEXT - at, "%llu%s",
				       (unsigned long long)(left / u->size), u->name);
		left %= u->size;
	}
	return text;
}

int size_parse(const char *text, uint64_t *bytes)
{
	struct decimal v;
	uint64_t size;
	int r = parse_decimal(&text, &v);

	if (r == -EINVAL)
		return r;
	for (size_t i = 0; i < COUNT_OF(size_units); i++) {
		if (strcmp(text, size_units[i].name) != 0)
			continue;
		if (r < 0 || (r = scale(v, size_units[i].size, &size)) < 0)
			return r;
		*bytes = size;
		return 0;
	}
	return -EINVAL;
}

const char *size_format(uint64_t bytes, char text[DURATION_TEXT])
{
	static const char *const names[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	static const unsigned scales[] = { 100, 10, 1 };	/* digits after the point: 2, 1, 0 */

	if (bytes < 1024) {
		snprintf(text, DURATION_TEXT, "%u B", (unsigned)bytes);
		return text;
	}
	for (unsigned i = 0; i < COUNT_OF(names); i++)
		for (unsigned d = 0; d < COUNT_OF(scales); d++) {
			unsigned shift = 10 * (i + 1);
			uint64_t v = (uint64_t)(((uint128)bytes * scales[d] +
						 (1ull << (shift - 1))) >> shift);

			if (v >= (d == 2 ? 1024 : 1000))
				continue;
			if (d == 2)
				snprintf(text, DURATION_TEXT, "%u %s", (unsigned)v, names[i]);
			else
				snprintf(text, DURATION_TEXT, "%u.%0*u %s", (unsigned)v / scales[d],
					 2 - (int)d, (unsigned)v % scales[d], names[i]);
			return text;
		}
	CHECK(false, "bytes=%llu", (unsigned long long)bytes);
}
