/* SPDX-License-Identifier: MIT */
/*
 * clock.c - days and dates after Howard Hinnant, "chrono-compatible low-level
 * date algorithms": the year begins in March, so that the leap day is its last,
 * and an era is 400 years. No time zone and no locale of the C library is used.
 */
#include "util/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DAY_MS = 86400000, ERA_DAYS = 146097, DAYS_TO_1970 = 719468 };

static kymo_ms system_wall(const struct clock *clock)
{
	struct timespec now;

	(void)clock;
	clock_gettime(CLOCK_REALTIME, &now);
	return (kymo_ms)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const struct clock clock_system = { system_wall };

static int64_t read_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_mono_ns(void) { return read_ns(CLOCK_MONOTONIC); }
int64_t clock_thread_cpu_ns(void) { return read_ns(CLOCK_THREAD_CPUTIME_ID); }
int64_t clock_process_cpu_ns(void) { return read_ns(CLOCK_PROCESS_CPUTIME_ID); }

static kymo_ms test_wall(const struct clock *clock)
{
	return ((const struct test_clock *)clock)->now;
}

void test_clock_init(struct test_clock *clock, kymo_ms now)
{
	clock->clock.wall = test_wall;
	clock->now = now;
}

struct date {
	int64_t year;
	int month, day;
};

/* Rounds down, also below zero. */
static int64_t divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static struct date date_of(int64_t days)
{
	int64_t era, day_of_era, year_of_era, day_of_year, month;

	days += DAYS_TO_1970;
	era = divide(days, ERA_DAYS);
	day_of_era = days - era * ERA_DAYS;
	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month = (5 * day_of_year + 2) / 153;
	return (struct date){
		.year = year_of_era + era * 400 + (month >= 10),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
	};
}

static int64_t days_of(struct date date)
{
	int64_t year = date.year - (date.month <= 2);
	int64_t era = divide(year, 400), year_of_era = year - era * 400;
	int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
	int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * ERA_DAYS + day_of_era - DAYS_TO_1970;
}

/* At least n digits and the sign that follows; where it goes on. */
static char *put(char *to, uint64_t v, unsigned n, char follows)
{
	char digits[20];
	unsigned count = 0;

	for (; v || count < n; v /= 10)
		digits[count++] = (char)('0' + v % 10);
	while (count)
		*to++ = digits[--count];
	*to++ = follows;
	return to;
}

const char *time_format(kymo_ms at, char text[TIME_TEXT])
{
	int64_t days = divide(at, DAY_MS);
	uint64_t ms = (uint64_t)(at % DAY_MS + (at % DAY_MS < 0 ? DAY_MS : 0));
	struct date date = date_of(days);
	char *to = text;

	if (date.year < 0)
		*to++ = '-';
	to = put(to, (uint64_t)llabs(date.year), 4, '-');
	to = put(to, (uint64_t)date.month, 2, '-');
	to = put(to, (uint64_t)date.day, 2, 'T');
	to = put(to, ms / 3600000, 2, ':');
	to = put(to, ms / 60000 % 60, 2, ':');
	to = put(to, ms / 1000 % 60, 2, '.');
	to = put(to, ms % 1000, 3, 'Z');
	*to = '\0';
	return text;
}

/* Exactly n digits within low..high; moves on. */
static bool field(const char **at, int n, int low, int high, int *v)
{
	*v = 0;
	for (; n > 0; n--, ++*at) {
		if (**at < '0' || **at > '9')
			return false;
		*v = *v * 10 + (**at - '0');
	}
	return *v >= low && *v <= high;
}

static bool mark(const char **at, const char *any)
{
	if (!**at || !strchr(any, **at))
		return false;
	++*at;
	return true;
}

static int month_days(struct date date)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);

	return days[date.month - 1] + (date.month == 2 && leap);
}

static bool parse_date(const char **at, struct date *date)
{
	int year;

	if (!field(at, 4, 0, 9999, &year) || !mark(at, "-") ||
	    !field(at, 2, 1, 12, &date->month) || !mark(at, "-") ||
	    !field(at, 2, 1, 31, &date->day))
		return false;
	date->year = year;
	return date->day <= month_days(*date);
}

/* ".123456": what is finer than a millisecond is cut off. */
static bool parse_fraction(const char **at, int *ms)
{
	int weight = 100;

	*ms = 0;
	if (!mark(at, "."))
		return true;
	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; ++*at, weight /= 10)
		*ms += (**at - '0') * weight;
	return true;
}

/* Second 60 is a leap second (RFC 3339, 5.6): the first of the next minute here. */
static bool parse_clock(const char **at, int *ms)
{
	int hour, minute, second, fraction;

	if (!field(at, 2, 0, 23, &hour) || !mark(at, ":") ||
	    !field(at, 2, 0, 59, &minute) || !mark(at, ":") ||
	    !field(at, 2, 0, 60, &second) || !parse_fraction(at, &fraction))
		return false;
	*ms = ((hour * 60 + minute) * 60 + second) * 1000 + fraction;
	return true;
}

static bool parse_zone(const char **at, int *ms)
{
	int sign, hour, minute;

	*ms = 0;
	if (mark(at, "Zz"))
		return true;
	sign = **at == '-' ? -1 : 1;
	if (!mark(at, "+-") || !field(at, 2, 0, 23, &hour) || !mark(at, ":") ||
	    !field(at, 2, 0, 59, &minute))
		return false;
	*ms = sign * (hour * 60 + minute) * 60000;
	return true;
}

static int parse_rfc3339(const char *text, kymo_ms *out)
{
	struct date date;
	int ms, zone;

	if (!parse_date(&text, &date) || !mark(&text, "Tt ") || !parse_clock(&text, &ms) ||
	    !parse_zone(&text, &zone) || *text)
		return -EINVAL;
	*out = days_of(date) * DAY_MS + ms - zone;
	return 0;
}

/* Milliseconds from the digits of seconds; finer ones are rounded, half away from zero. */
static int parse_unix(const char *text, kymo_ms *out)
{
	bool negative = *text == '-', any = false;
	int digits_after = -1;		/* of the point; -1: not there yet */
	int64_t ms = 0;

	for (text += negative || *text == '+'; *text; text++) {
		bool digit = *text >= '0' && *text <= '9';

		if (*text == '.' && digits_after < 0)
			digits_after = 0;
		else if (!digit)
			return -EINVAL;
		else if (digits_after < 3 && (__builtin_mul_overflow(ms, 10, &ms) ||
					      __builtin_add_overflow(ms, *text - '0', &ms)))
			return -ERANGE;
		else if (digits_after == 3 && *text >= '5' && __builtin_add_overflow(ms, 1, &ms))
			return -ERANGE;
		any |= digit;
		digits_after += digit && digits_after >= 0 && digits_after < 4;
	}
	if (!any)
		return -EINVAL;
	for (digits_after += digits_after < 0; digits_after < 3; digits_after++)
		if (__builtin_mul_overflow(ms, 10, &ms))
			return -ERANGE;
	*out = negative ? -ms : ms;
	return 0;
}

int time_parse(const char *text, kymo_ms *at)
{
	return strlen(text) > 4 && text[4] == '-' ? parse_rfc3339(text, at) : parse_unix(text, at);
}
