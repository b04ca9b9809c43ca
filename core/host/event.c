/* SPDX-License-Identifier: MIT */
/*
 * event.c - a strict reader of the one shape of JSON that an event has (RFC 8259),
 * by hand: at 200,000 events a second a tree in between would be most of the cost.
 * Nothing nests deeper than labels, so nothing here recurses.
 *
 * All memory is reserved before a text is read, by what its length can hold at
 * most, so pointers stay good and nothing has to grow. Untouched pages of it cost
 * nothing.
 */
#include "host/event.h"
#include "util/number.h"
#include "util/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABELS_PER_EVENT 64
#define NAME_BYTES 256
#define VALUE_BYTES 4096
#define EVENT_TEXT_LEAST 12	/* {"name":"a"} and a comma or newline */
#define LABEL_TEXT_LEAST 6	/* "a":"" and a comma */

struct event_memory {
	uint32_t events_room, labels_room, n_labels;
	struct kymo_event *events;
	const struct kymo_event **pointers;
	struct kymo_label *labels;
	char *text;
	size_t text_room, text_len;
};

void events_fini(struct events *events)
{
	if (events->memory) {
		free(events->memory->events);
		free(events->memory->pointers);
		free(events->memory->labels);
		free(events->memory->text);
		free(events->memory);
	}
	*events = (struct events){ 0 };
}

static bool resize(void *array, size_t n, size_t size)
{
	void **at = array;

	free(*at);
	*at = malloc(n * size);
	return *at != NULL;
}

/* Room for whatever n bytes can say. */
static bool reserve(struct event_memory *memory, size_t n)
{
	uint32_t events = (uint32_t)(n / EVENT_TEXT_LEAST + 1), labels = (uint32_t)(n / LABEL_TEXT_LEAST + 1);

	if (n <= memory->text_room && memory->text)
		return true;
	memory->text_room = 0;
	if (!resize(&memory->events, events, sizeof *memory->events) ||
	    !resize(&memory->pointers, events, sizeof *memory->pointers) ||
	    !resize(&memory->labels, labels, sizeof *memory->labels) || !resize(&memory->text, n + 1, 1))
		return false;
	memory->events_room = events;
	memory->labels_room = labels;
	memory->text_room = n;
	return true;
}

static int begin(struct events *events, size_t n, struct error *err)
{
	if (!events->memory)
		events->memory = calloc(1, sizeof *events->memory);
	events->n = 0;
	if (!events->memory || !reserve(events->memory, n))
		return error_set(err, -ENOMEM, "out of memory");
	events->items = events->memory->pointers;
	events->memory->n_labels = 0;
	events->memory->text_len = 0;
	return 0;
}

/* ---- the text ---- */

/* The first thing wrong ends the reading of this text, or of this line. */
struct reading {
	const char *begin, *at, *end;
	struct event_memory *memory;
	struct error *err;
	const char *key;		/* being read, for messages */
	bool failed;
};

static bool fail(struct reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(struct reading *r, const char *format, ...)
{
	char why[160];
	va_list args;

	if (r->failed)
		return false;
	r->failed = true;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	error_set(r->err, -EINVAL, "byte %zu: %s%s%s", (size_t)(r->at - r->begin) + 1, r->key ? r->key : "", r->key ? ": " : "",
		  why);
	return false;
}

static void skip_blanks(struct reading *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
		r->at++;
}

/* Blanks, then that character? It is taken. */
static bool take(struct reading *r, char c)
{
	skip_blanks(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool want(struct reading *r, char c)
{
	return take(r, c) || fail(r, r->at == r->end ? "ends too early, '%c' is missing" : "'%c' is expected here", c);
}

/* ---- strings ---- */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_hex4(struct reading *r, unsigned *code)
{
	*code = 0;
	if (r->end - r->at < 4)
		return fail(r, "ends within a \\u escape");
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(r->at[i]);

		if (digit < 0)
			return fail(r, "four hexadecimal digits are expected behind \\u");
		*code = *code << 4 | (unsigned)digit;
	}
	r->at += 4;
	return true;
}

static char *put_utf8(char *to, unsigned code)
{
	if (code < 0x80) {
		*to++ = (char)code;
	} else if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
		*to++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*to++ = (char)(0xe0 | code >> 12);
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
		*to++ = (char)(0x80 | (code & 0x3f));
	} else {
		*to++ = (char)(0xf0 | code >> 18);
		*to++ = (char)(0x80 | (code >> 12 & 0x3f));
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
		*to++ = (char)(0x80 | (code & 0x3f));
	}
	return to;
}

/* Behind \u: a code, or the two halves of a surrogate pair. A NUL cannot be carried. */
static bool read_code(struct reading *r, char **to)
{
	unsigned code, low;

	if (!read_hex4(r, &code))
		return false;
	if (code >= 0xd800 && code < 0xdc00 && r->end - r->at >= 2 && r->at[0] == '\\' && r->at[1] == 'u') {
		r->at += 2;
		if (!read_hex4(r, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return fail(r, "half of a surrogate pair");
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	if (code == 0 || (code >= 0xd800 && code < 0xe000))
		return fail(r, code ? "half of a surrogate pair" : "\\u0000 is not allowed");
	*to = put_utf8(*to, code);
	return true;
}

static bool read_escape(struct reading *r, char **to)
{
	static const char plain[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *which;

	r->at++;
	if (r->at == r->end)
		return fail(r, "ends within a string");
	if (*r->at == 'u') {
		r->at++;
		return read_code(r, to);
	}
	which = memchr(plain, *r->at, sizeof plain - 1);
	if (!which)
		return fail(r, "no such escape");
	*(*to)++ = means[which - plain];
	r->at++;
	return true;
}

/* Bytes that stand for themselves, in one go; *high gathers whether any is not ASCII. */
static void copy_plain(struct reading *r, char **to, unsigned char *high)
{
	const char *from = r->at;
	char *out = *to;

	while (from < r->end && *from != '"' && *from != '\\' && (unsigned char)*from >= 0x20) {
		*high |= (unsigned char)*from;
		*out++ = *from++;
	}
	r->at = from;
	*to = out;
}

/* A string into the text memory, NUL-ended. It never grows by reading it, and its quotes leave room for the NUL. */
static const char *take_string(struct reading *r, size_t most)
{
	char *begin_at = r->memory->text + r->memory->text_len, *to = begin_at;
	unsigned char high = 0;

	if (!take(r, '"')) {
		fail(r, "a string is expected");
		return NULL;
	}
	for (;;) {
		copy_plain(r, &to, &high);
		if (r->at == r->end || (unsigned char)*r->at < 0x20) {
			fail(r, r->at == r->end ? "ends within a string" : "a control character in a string");
			return NULL;
		}
		if (*r->at == '"')
			break;
		if (!read_escape(r, &to))
			return NULL;
		high |= 0x80;
	}
	r->at++;
	if ((size_t)(to - begin_at) > most || (high & 0x80 && !utf8_valid(begin_at, (size_t)(to - begin_at)))) {
		if ((size_t)(to - begin_at) > most)
			fail(r, "a string of %zu bytes, %zu are allowed", (size_t)(to - begin_at), most);
		else
			fail(r, "not UTF-8");
		return NULL;
	}
	*to++ = 0;
	r->memory->text_len += (size_t)(to - begin_at);
	return begin_at;
}

/* ---- numbers ---- */

static bool is_digit(const struct reading *r)
{
	return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

/* As the grammar has it; sums up to 19 digits in *mantissa. */
struct number_text {
	const char *begin;
	bool negative, whole;		/* whole: no fraction and no exponent */
	uint64_t mantissa;
	int digits, scale;		/* value = mantissa * 10^scale while digits <= 19 */
};

static bool read_digits(struct reading *r, struct number_text *number, int scale_by)
{
	if (!is_digit(r))
		return fail(r, "a number is expected");
	for (; is_digit(r); r->at++) {
		if (number->digits < 19) {
			number->mantissa = number->mantissa * 10 + (unsigned)(*r->at - '0');
			number->scale += scale_by;
		}
		number->digits += number->mantissa != 0 || number->digits > 0;
	}
	return true;
}

static bool read_exponent(struct reading *r, struct number_text *number)
{
	bool negative = false;
	int exponent = 0;

	r->at++;
	if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
		negative = *r->at++ == '-';
	if (!is_digit(r))
		return fail(r, "digits are expected behind the exponent");
	for (; is_digit(r); r->at++)
		if (exponent < 100000)
			exponent = exponent * 10 + (*r->at - '0');
	number->scale += negative ? -exponent : exponent;
	number->whole = false;
	return true;
}

static bool read_number_text(struct reading *r, struct number_text *number)
{
	*number = (struct number_text){ .whole = true };
	skip_blanks(r);
	number->begin = r->at;
	if (r->at < r->end && *r->at == '-') {
		number->negative = true;
		r->at++;
	}
	if (r->at + 1 < r->end && r->at[0] == '0' && r->at[1] >= '0' && r->at[1] <= '9')
		return fail(r, "a number does not begin with 0");
	if (!read_digits(r, number, 0))
		return false;
	if (r->at < r->end && *r->at == '.') {
		r->at++;
		number->whole = false;
		if (!read_digits(r, number, -1))
			return false;
	}
	if (r->at < r->end && (*r->at == 'e' || *r->at == 'E'))
		return read_exponent(r, number);
	return true;
}

/* What the mantissa cannot say exactly goes through the text, which ends in the reader's memory. */
static bool read_slowly(struct reading *r, const struct number_text *number, double *value)
{
	size_t n = (size_t)(r->at - number->begin);
	char room[400];

	if (n >= sizeof room)
		return fail(r, "a number of %zu characters", n);
	memcpy(room, number->begin, n);
	room[n] = 0;
	*value = number_parse(room, NULL);
	return isfinite(*value) || fail(r, "%.40s is beyond what a double holds", room);
}

static bool read_number(struct reading *r, double *value)
{
	static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
					 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	struct number_text number;
	double magnitude;

	if (!read_number_text(r, &number))
		return false;
	/* Below 2^53, and a power of ten that is a double: one rounding, the right one. */
	if (number.digits > 19 || number.mantissa > UINT64_C(1) << 53 || number.scale < -22 || number.scale > 22)
		return read_slowly(r, &number, value);
	magnitude = (double)number.mantissa;
	magnitude = number.scale < 0 ? magnitude / powers[-number.scale] : magnitude * powers[number.scale];
	*value = number.negative ? -magnitude : magnitude;
	return true;
}

/* Milliseconds: a whole number that is a time from 1970 on, up to the year 9999. */
static bool read_time(struct reading *r, kymo_ms *at)
{
	struct number_text number;

	if (!read_number_text(r, &number))
		return false;
	if (!number.whole || number.negative || number.digits > 15 || number.mantissa > UINT64_C(253402300799999))
		return fail(r, "whole milliseconds since 1970 are expected");
	*at = (kymo_ms)number.mantissa;
	return true;
}

/* ---- an event ---- */

static bool label_is_known(const struct kymo_event *event, const struct kymo_label *labels, const char *name)
{
	for (uint32_t i = 0; i < event->n_labels; i++)
		if (!strcmp(labels[i].name, name))
			return true;
	return false;
}

static bool read_label(struct reading *r, struct kymo_event *event, struct kymo_label *labels)
{
	const char *name, *value;

	if (event->n_labels == LABELS_PER_EVENT)
		return fail(r, "more than %d labels", LABELS_PER_EVENT);
	if (!(name = take_string(r, NAME_BYTES)) || !want(r, ':') || !(value = take_string(r, VALUE_BYTES)))
		return false;
	if (!*name)
		return fail(r, "the name of a label is empty");
	if (label_is_known(event, labels, name))
		return fail(r, "\"%.40s\" is there twice", name);
	labels[event->n_labels++] = (struct kymo_label){ name, value };
	return true;
}

static bool read_labels(struct reading *r, struct kymo_event *event)
{
	struct kymo_label *labels = r->memory->labels + r->memory->n_labels;

	if (!take(r, '{'))
		return fail(r, "an object of strings is expected");
	event->labels = labels;
	if (take(r, '}'))
		return true;
	do {
		if (!read_label(r, event, labels))
			return false;
	} while (take(r, ','));
	r->memory->n_labels += event->n_labels;
	return want(r, '}');
}

enum { HAS_NAME = 1, HAS_VALUE = 2, HAS_AT = 4, HAS_LABELS = 8 };

static bool read_name(struct reading *r, struct kymo_event *event)
{
	event->name = take_string(r, NAME_BYTES);
	return event->name && (*event->name || fail(r, "is empty"));
}

static bool read_value(struct reading *r, struct kymo_event *event) { return read_number(r, &event->value); }
static bool read_at(struct reading *r, struct kymo_event *event) { return read_time(r, &event->at); }

static const struct member {
	const char *key;		/* with its quotes */
	size_t n;
	unsigned bit;
	bool (*read)(struct reading *r, struct kymo_event *event);
} members[] = {
	{ "\"name\"", 6, HAS_NAME, read_name },
	{ "\"value\"", 7, HAS_VALUE, read_value },
	{ "\"at\"", 4, HAS_AT, read_at },
	{ "\"labels\"", 8, HAS_LABELS, read_labels },
};

static const struct member *find_plain(struct reading *r)
{
	size_t left;

	skip_blanks(r);
	left = (size_t)(r->end - r->at);
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (left >= members[i].n && !memcmp(r->at, members[i].key, members[i].n))
			return &members[i];
	return NULL;
}

static bool is_key_of(const struct member *member, const char *key)
{
	size_t n = strlen(key);

	return n + 2 == member->n && !memcmp(member->key + 1, key, n);
}

/* A key that is spelled with escapes, or none of ours: then say which. Its text is not kept. */
static const struct member *take_spelled(struct reading *r)
{
	size_t before = r->memory->text_len;
	const char *key = take_string(r, NAME_BYTES);

	r->memory->text_len = before;
	for (size_t i = 0; key && i < sizeof members / sizeof *members; i++)
		if (is_key_of(&members[i], key))
			return &members[i];
	if (key)
		fail(r, "key \"%.40s\" is not known; name, value, at and labels are", key);
	return NULL;
}

static const struct member *take_key(struct reading *r, unsigned has)
{
	const struct member *member = find_plain(r);

	if (member && !(has & member->bit))
		r->at += member->n;
	else if (!member)
		member = take_spelled(r);
	if (member && has & member->bit) {
		fail(r, "key %s is there twice", member->key);
		return NULL;
	}
	return member;
}

static bool read_member(struct reading *r, struct kymo_event *event, unsigned *has)
{
	const struct member *member = take_key(r, *has);

	if (!member || !want(r, ':'))
		return false;
	*has |= member->bit;
	r->key = member->key;
	if (!member->read(r, event))
		return false;
	r->key = NULL;
	return true;
}

static bool read_event(struct reading *r, struct kymo_event *event, kymo_ms now)
{
	unsigned has = 0;

	*event = (struct kymo_event){ .size = sizeof *event, .at = now, .value = 1 };
	r->key = NULL;
	if (!take(r, '{'))
		return fail(r, "an object is expected");
	if (!take(r, '}')) {
		do {
			if (!read_member(r, event, &has))
				return false;
		} while (take(r, ','));
		if (!want(r, '}'))
			return false;
	}
	return has & HAS_NAME || fail(r, "\"name\" is missing");
}

/* One more event at the end of `events`. */
static bool add_event(struct reading *r, struct events *events, kymo_ms now)
{
	struct event_memory *memory = r->memory;
	struct kymo_event *event = &memory->events[events->n];
	size_t text = memory->text_len;
	uint32_t labels = memory->n_labels;

	if (events->n == memory->events_room)
		return fail(r, "more events than the text has room for");	/* cannot be: see EVENT_TEXT_LEAST */
	if (!read_event(r, event, now)) {
		memory->text_len = text;
		memory->n_labels = labels;
		return false;
	}
	memory->pointers[events->n++] = event;
	return true;
}

/* ---- the two forms ---- */

static bool read_array(struct reading *r, struct events *events, kymo_ms now)
{
	if (take(r, ']'))
		return true;
	do {
		if (!add_event(r, events, now))
			return false;
	} while (take(r, ','));
	return want(r, ']');
}

int events_parse(struct events *events, const char *text, size_t n, kymo_ms now, struct error *err)
{
	int code = begin(events, n, err);
	struct reading r = { .begin = text, .at = text, .end = text + n, .memory = events->memory, .err = err };
	bool array, good;

	if (code < 0)
		return code;
	array = take(&r, '[');
	good = array ? read_array(&r, events, now) : add_event(&r, events, now);
	skip_blanks(&r);
	if (good && r.at != r.end)
		good = fail(&r, "nothing is expected behind the %s", array ? "array" : "event");
	if (!good)
		events->n = 0;
	return good ? 0 : -EINVAL;
}

static bool is_blank(struct reading *r)
{
	skip_blanks(r);
	return r->at == r->end;
}

/* One line; a blank one is no event, and not bad. */
static bool read_line(struct reading *r, struct events *events, kymo_ms now)
{
	if (is_blank(r))
		return true;
	if (!add_event(r, events, now))
		return false;
	if (is_blank(r))
		return true;
	events->n--;
	return fail(r, "nothing is expected behind the event");
}

int events_parse_lines(struct events *events, const char *text, size_t n, kymo_ms now, uint32_t *bad, struct error *err)
{
	int code = begin(events, n, err);
	struct reading r = { .begin = text, .memory = events->memory };
	const char *line = text, *end = text + n;

	*bad = 0;
	if (code < 0)
		return code;
	for (; line < end; line = r.end + 1) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		r.at = line;
		r.end = newline ? newline : end;
		r.failed = false;
		r.err = *bad ? NULL : err;
		*bad += !read_line(&r, events, now);
	}
	return 0;
}
