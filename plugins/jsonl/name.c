/* SPDX-License-Identifier: MIT */
/* name.c - a piece ends while its longest next byte still fits, so %XX is never cut. */
#include "name.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static bool is_plain(char c, bool front)
{
	if (c == '.')
		return !front;
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool name_piece(const char **name, char piece[PIECE_SIZE])
{
	static const char hex[] = "0123456789ABCDEF";
	const char *at = *name;
	size_t n = 0;

	if (!*at)
		return false;
	while (*at && n + sizeof "%XX~" <= PIECE_SIZE) {
		unsigned char c = (unsigned char)*at++;

		if (is_plain((char)c, n == 0)) {
			piece[n++] = (char)c;
			continue;
		}
		piece[n++] = '%';
		piece[n++] = hex[c >> 4];
		piece[n++] = hex[c & 15];
	}
	if (*at)
		piece[n++] = '~';
	piece[n] = 0;
	*name = at;
	return true;
}

bool name_file(kymo_ms start, uint32_t turn, char file[FILE_NAME_SIZE])
{
	time_t seconds = (time_t)(start / 1000);
	struct tm tm;
	int n;

	if (start % 1000 || !gmtime_r(&seconds, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099)
		return false;
	n = snprintf(file, FILE_NAME_SIZE, "%04d%02d%02dT%02d%02d%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		     tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (turn)
		n += snprintf(file + n, FILE_NAME_SIZE - (size_t)n, ".%" PRIu32, turn);
	snprintf(file + n, FILE_NAME_SIZE - (size_t)n, ".jsonl");
	return true;
}

/* ".jsonl" or ".12.jsonl" */
static bool is_ending(const char *text)
{
	const char *dot = strchr(text + 1, '.');

	if (dot && dot != text + 1) {
		for (const char *c = text + 1; c < dot; c++)
			if (!isdigit((unsigned char)*c))
				return false;
		text = dot;
	}
	return !strcmp(text, ".jsonl");
}

bool name_file_start(const char *file, kymo_ms *start)
{
	enum { TIME = sizeof "20231114T220000Z" - 1 };
	struct tm tm = { 0 };
	const char *rest = strptime(file, "%Y%m%dT%H%M%SZ", &tm);
	char same[FILE_NAME_SIZE];

	if (!rest || rest - file != TIME || *rest != '.' || !is_ending(rest))
		return false;
	*start = (kymo_ms)timegm(&tm) * 1000;
	/* strptime is lenient: with blanks, with days that do not exist */
	return name_file(*start, 0, same) && !memcmp(same, file, TIME);
}

kymo_ms window_start(kymo_ms at, kymo_ms width)
{
	kymo_ms past, start;

	if (at == INT64_MIN)
		return at;
	past = (at - 1) % width;
	if (past < 0)
		past += width;
	return __builtin_sub_overflow(at - 1, past, &start) ? INT64_MIN : start;
}
