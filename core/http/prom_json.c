/* SPDX-License-Identifier: MIT */
/* prom_json.c - see prom_json.h. No tree, and little more than copies for what is usual. */
#include "http/prom_json.h"

#define NOTES_SHOWN 10
#define POINT_MOST (NUMBER_TEXT * 2 + 8)

static bool is_plain(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)text[i] < 0x20 || (uint8_t)text[i] >= 0x7f || text[i] == '"' || text[i] == '\\')
			return false;
	return true;
}

void prom_text(struct buf *out, const char *text, size_t n)
{
	struct json json = json_to(out);
	uint8_t *to;

	if (!is_plain(text, n)) {
		json_string(&json, text, n);
		return;
	}
	to = buf_reserve(out, n + 2);
	if (!to)
		return;
	to[0] = '"';
	memcpy(to + 1, text, n);
	to[n + 1] = '"';
	out->len += n + 2;
}

/* Gives where it ends. */
static char *put_time(char *to, kymo_ms at)
{
	uint64_t ms = at < 0 ? -(uint64_t)at : (uint64_t)at;
	unsigned rest = (unsigned)(ms % 1000);
	char digits[NUMBER_TEXT];

	if (at < 0)
		*to++ = '-';
	to = stpcpy(to, number_format_unsigned(ms / 1000, digits));
	if (!rest)
		return to;
	to[0] = '.';
	to[1] = (char)('0' + rest / 100);
	to[2] = (char)('0' + rest / 10 % 10);
	to[3] = (char)('0' + rest % 10);
	return to + 4;
}

void prom_time_text(struct buf *out, kymo_ms at)
{
	char *to = (char *)buf_reserve(out, NUMBER_TEXT);

	if (to)
		out->len += (size_t)(put_time(to, at) - to);
}

/* Gives where it ends; there is room for POINT_MOST. */
static char *put_point(char *to, kymo_ms at, double value)
{
	char text[NUMBER_TEXT];

	*to++ = '[';
	to = put_time(to, at);
	*to++ = ',';
	*to++ = '"';
	to = stpcpy(to, number_format(value, text));
	*to++ = '"';
	*to++ = ']';
	return to;
}

void prom_point(struct buf *out, kymo_ms at, double value)
{
	char *to = (char *)buf_reserve(out, POINT_MOST);

	if (to)
		out->len += (size_t)(put_point(to, at, value) - to);
}

void prom_points(struct buf *out, const kymo_ms *at, const double *values, uint32_t n)
{
	buf_add_u8(out, '[');
	for (uint32_t i = 0; i < n; i++) {
		char *begin = (char *)buf_reserve(out, POINT_MOST + 1), *to = begin;

		if (!begin)
			return;
		if (i)
			*to++ = ',';
		out->len += (size_t)(put_point(to, at[i], values[i]) - begin);
	}
	buf_add_u8(out, ']');
}

void prom_labels(struct buf *out, struct labels labels)
{
	struct label label;
	uint32_t at = 0;
	char before = '{';

	while (labels_next(labels, &at, &label)) {
		buf_add_u8(out, (uint8_t)before);
		prom_text(out, label.name, label.name_len);
		buf_add_u8(out, ':');
		prom_text(out, label.value, label.value_len);
		before = ',';
	}
	if (before == '{')
		buf_add_u8(out, '{');
	buf_add_u8(out, '}');
}

static void put_note(struct buf *out, const char *note, bool *any)
{
	if (*any)
		buf_add_u8(out, ',');
	*any = true;
	prom_text(out, note, strlen(note));
}

void prom_notes(struct buf *out, const char *kind, const char *first, const char *const *notes, uint32_t n)
{
	bool any = false;

	if (!n && !first)
		return;
	buf_printf(out, ",\"%ss\":[", kind);
	if (first)
		put_note(out, first, &any);
	for (uint32_t i = 0; i < n && i < NOTES_SHOWN; i++)
		put_note(out, notes[i], &any);
	if (n > NOTES_SHOWN)
		buf_printf(out, ",\"%u more %s annotations omitted\"", n - NOTES_SHOWN, kind);
	buf_add_u8(out, ']');
}

void prom_begin(struct buf *out)
{
	buf_add_text(out, "{\"status\":\"success\",\"data\":");
}

void prom_end(struct buf *out, const char *warning)
{
	prom_notes(out, "warning", warning, NULL, 0);
	buf_add_u8(out, '}');
}
