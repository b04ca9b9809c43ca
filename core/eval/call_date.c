/* SPDX-License-Identifier: MIT */
/*
 * call_date.c - the parts of a date, in UTC, by the proleptic Gregorian calendar.
 * The count of days goes by years that begin in March, so that the day that leap
 * years have more is the last (Howard Hinnant, "chrono-compatible low-level date
 * algorithms", 2013).
 */
#include "eval/call.h"

#include <math.h>

#define DAY INT64_C(86400)
#define DAYS_OF_400_YEARS INT64_C(146097)
#define SECONDS_MOST 0x1p62		/* more is no date that anybody means */

struct date {
	int64_t year;
	int64_t month, day;		/* from 1 */
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t day_of(double seconds)
{
	return floor_div((int64_t)seconds, DAY);
}

static int64_t second_of_day(double seconds)
{
	return (int64_t)seconds - day_of(seconds) * DAY;
}

static struct date date_of(double seconds)
{
	int64_t days = day_of(seconds) + 719468;		/* since the first of March of the year 0 */
	int64_t era = floor_div(days, DAYS_OF_400_YEARS), rest = days - era * DAYS_OF_400_YEARS;
	int64_t year = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	int64_t day = rest - (365 * year + year / 4 - year / 100), month = (5 * day + 2) / 153;
	struct date date = { era * 400 + year, month + (month < 10 ? 3 : -9), day - (153 * month + 2) / 5 + 1 };

	date.year += date.month <= 2;
	return date;
}

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static double year(double t) { return (double)date_of(t).year; }
static double month(double t) { return (double)date_of(t).month; }
static double day_of_month(double t) { return (double)date_of(t).day; }
static double hour(double t) { return (double)(second_of_day(t) / 3600); }
static double minute(double t) { return (double)(second_of_day(t) / 60 % 60); }

/* 1970 began with a Thursday; 0 is Sunday. */
static double day_of_week(double t)
{
	int64_t days = day_of(t) + 4;

	return (double)(days - floor_div(days, 7) * 7);
}

static double days_in_month(double t)
{
	struct date date = date_of(t);

	if (date.month == 2)
		return is_leap(date.year) ? 29 : 28;
	return date.month == 4 || date.month == 6 || date.month == 9 || date.month == 11 ? 30 : 31;
}

static double day_of_year(double t)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	struct date date = date_of(t);

	return (double)(before[date.month - 1] + date.day + (date.month > 2 && is_leap(date.year)));
}

#define CHECKED(name) \
	static double checked_##name(double t) { return fabs(t) < SECONDS_MOST ? name(t) : (double)NAN; }
CHECKED(year)
CHECKED(month)
CHECKED(day_of_month)
CHECKED(day_of_week)
CHECKED(day_of_year)
CHECKED(days_in_month)
CHECKED(hour)
CHECKED(minute)

date_function *date_function_find(enum function_id id)
{
	switch (id) {
	case FN_YEAR:
		return checked_year;
	case FN_MONTH:
		return checked_month;
	case FN_DAY_OF_MONTH:
		return checked_day_of_month;
	case FN_DAY_OF_WEEK:
		return checked_day_of_week;
	case FN_DAY_OF_YEAR:
		return checked_day_of_year;
	case FN_DAYS_IN_MONTH:
		return checked_days_in_month;
	case FN_HOUR:
		return checked_hour;
	case FN_MINUTE:
		return checked_minute;
	default:
		return NULL;
	}
}
