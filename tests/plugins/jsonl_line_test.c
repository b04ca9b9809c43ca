/* SPDX-License-Identifier: MIT */
/*
 * jsonl_line_test.c - what lines look like, that another JSON reader gets the
 * same values out of them, and that folder names can be turned back into names.
 */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "../../plugins/jsonl/line.h"
#include "../../plugins/jsonl/name.h"

static const struct kymo_metric metric = { "queue.depth", KYMO_GAUGE, 0, "", "", NULL };

static char *line_of(const struct kymo_point *point)
{
	struct text text = { 0 };

	line_add(&text, point);
	assert_false(text.failed);
	text_add(&text, "", 1);
	return text.bytes;
}

static void samples_look_like_this(void **state)
{
	static const struct kymo_label labels[] = { { "host", "a" }, { "path", "C:\\x \"y\"\n\x01 \xc3\xa9" } };
	static const struct { struct kymo_point point; const char *line; } rows[] = {
		{ { .metric = &metric, .at = 1700000000000, .value = 1.5 },
		  "{\"at\":1700000000000,\"name\":\"queue.depth\",\"labels\":{},\"value\":1.5}\n" },
		{ { .metric = &metric, .at = -1, .value = -0.0, .labels = labels, .n_labels = 2 },
		  "{\"at\":-1,\"name\":\"queue.depth\",\"labels\":{\"host\":\"a\","
		  "\"path\":\"C:\\\\x \\\"y\\\"\\n\\u0001 \xc3\xa9\"},\"value\":-0.0}\n" },
		{ { .metric = &metric, .at = 5, .value = NAN },
		  "{\"at\":5,\"name\":\"queue.depth\",\"labels\":{},\"value\":\"NaN\"}\n" },
		{ { .metric = &metric, .at = 5, .value = INFINITY },
		  "{\"at\":5,\"name\":\"queue.depth\",\"labels\":{},\"value\":\"+Inf\"}\n" },
		{ { .metric = &metric, .at = 5, .value = -INFINITY },
		  "{\"at\":5,\"name\":\"queue.depth\",\"labels\":{},\"value\":\"-Inf\"}\n" },
		{ { .metric = &metric, .at = 5, .value = NAN, .flags = KYMO_STALE },
		  "{\"at\":5,\"name\":\"queue.depth\",\"labels\":{},\"value\":null,\"stale\":true}\n" },
		{ { .metric = &metric, .at = 5, .flags = KYMO_RESET },
		  "{\"at\":5,\"name\":\"queue.depth\",\"labels\":{},\"value\":0,\"reset\":true}\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *line = line_of(&rows[i].point);

		assert_string_equal(line, rows[i].line);
		free(line);
	}
}

static void windows_look_like_this(void **state)
{
	static const int32_t index[] = { INT32_MIN, -(KYMO_BUCKET_BASE + 3), -(KYMO_BUCKET_BASE - 2),
					 KYMO_BUCKET_BASE - 40, KYMO_BUCKET_BASE + 7, INT32_MAX };
	static const uint64_t counts[] = { 1, 2, 3, 4, 5, UINT64_MAX };
	static const struct kymo_window plain = {
		.size = sizeof plain, .start = 0, .end = 60000, .first_at = 1000, .last_at = 60000,
		.count = 60, .sum = 0.30000000000000004, .min = -1, .max = 2, .first = 1, .last = 2, .correction = 7,
	};
	struct kymo_window full = plain;
	struct kymo_point point = { .metric = &metric, .at = 60000, .tier = KYMO_1M, .window = &plain };
	char *line = line_of(&point);

	(void)state;
	assert_string_equal(line, "{\"start\":0,\"end\":60000,\"name\":\"queue.depth\",\"labels\":{},\"count\":60,"
				  "\"sum\":0.30000000000000004,\"min\":-1,\"max\":2,\"first\":1,\"last\":2,"
				  "\"correction\":7,\"first_at\":1000,\"last_at\":60000}\n");
	free(line);
	full.flags = KYMO_WINDOW_ENDED | KYMO_WINDOW_SKETCH;
	full.schema = 5;
	full.zeros = 9;
	full.nans = 8;
	full.n = 6;
	full.index = index;
	full.counts = counts;
	full.min = NAN;
	point.window = &full;
	line = line_of(&point);
	assert_string_equal(strstr(line, "\"min\""),
			    "\"min\":\"NaN\",\"max\":2,\"first\":1,\"last\":2,\"correction\":7,\"first_at\":1000,"
			    "\"last_at\":60000,\"ended\":true,\"sketch\":{\"schema\":5,\"zeros\":9,\"nans\":8,"
			    "\"positive\":[[-40,4],[7,5]],\"negative\":[[-2,3],[3,2]],"
			    "\"-Inf\":1,\"+Inf\":18446744073709551615}}\n");
	free(line);
}

/* xorshift; the same numbers each time */
static uint64_t random_next(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static double random_value(void)
{
	static const double powers[] = { 1, 10, 100, 1e3, 1e6, 1e7, 1e9 };
	uint64_t bits = random_next();
	double value;

	switch (random_next() % 3) {
	case 0:
		memcpy(&value, &bits, sizeof value);
		return isfinite(value) ? value : 0;
	case 1:
		return (double)((int64_t)bits >> (random_next() % 60));
	default:
		return (double)((int64_t)bits >> 20) / powers[random_next() % 7];
	}
}

static void numbers_read_back_bit_by_bit(void **state)
{
	static const double edges[] = { 0, -0.0, 1e15, 9007199254740991.0, 9007199254740992.0, 1e16, 0.1, 0.000001,
					0.0000001, 5e-324, 1.7976931348623157e308, -2.2250738585072014e-308, 123.456 };

	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		double value = i < sizeof edges / sizeof *edges ? edges[i] : random_value(), back;
		struct text text = { 0 };

		text_number(&text, value);
		text_add(&text, "", 1);
		back = strtod(text.bytes, NULL);
		if (memcmp(&back, &value, sizeof value) != 0 || strlen(text.bytes) > 26)
			fail_msg("%.17g became %s", value, text.bytes);
		text_fini(&text);
	}
}

static void random_string(char *out, size_t max)
{
	size_t n = random_next() % max;

	while (n--) {
		uint64_t kind = random_next() % 4;

		if (kind == 0) {
			memcpy(out, "\xe2\x82\xac", 3);	/* a euro sign */
			out += 3;
		} else {
			*out++ = (char)(1 + random_next() % (kind == 1 ? 31 : 126));
		}
	}
	*out = 0;
}

static void another_reader_gets_the_same(void **state)
{
	(void)state;
	for (int i = 0; i < 3000; i++) {
		char name[200], value[200];
		struct kymo_label label = { "key", value };
		struct kymo_metric named = { name, KYMO_GAUGE, 0, "", "", NULL };
		struct kymo_point point = { .metric = &named, .labels = &label, .n_labels = 1, .value = random_value() };
		cJSON *object, *labels;
		char *line;

		random_string(name, 60);
		random_string(value, 60);
		line = line_of(&point);
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
		object = cJSON_Parse(line);
		if (!object)
			fail_msg("not JSON: %s", line);
		labels = cJSON_GetObjectItemCaseSensitive(object, "labels");
		assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "name")), name);
		assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(labels, "key")), value);
		assert_true(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(object, "value")) == point.value);
		cJSON_Delete(object);
		free(line);
	}
}

/* What a reader of the folders does; knows nothing of how the names were made. */
static bool piece_decode(const char *piece, char *name, size_t *len)
{
	size_t n = strlen(piece);
	bool more = n && piece[n - 1] == '~';

	for (const char *at = piece; at < piece + n - more; at++) {
		unsigned byte;

		if (*at == '%') {
			assert_int_equal(sscanf(at + 1, "%2X", &byte), 1);
			name[(*len)++] = (char)byte;
			at += 2;
		} else {
			name[(*len)++] = *at;
		}
	}
	name[*len] = 0;
	return more;
}

static void check_piece(const char *piece)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-%~";

	assert_in_range(strlen(piece), 1, 255);
	assert_int_equal(strspn(piece, plain), strlen(piece));
	assert_int_not_equal(*piece, '.');
	assert_int_not_equal(*piece, '~');
}

static void check_name(const char *name)
{
	char piece[PIECE_SIZE], back[8192];
	const char *at = name;
	size_t len = 0;
	bool more = true;

	while (name_piece(&at, piece)) {
		assert_true(more);	/* the last one said that it goes on */
		check_piece(piece);
		more = piece_decode(piece, back, &len);
	}
	assert_false(more);
	assert_string_equal(back, name);
}

static void folders_turn_back_into_names(void **state)
{
	static const char *const names[] = { "a", ".", "..", "...", "/", "../../etc/passwd", "~", "%", "%41", "a~",
					     "system.cpu.usage", "-rf", "\xff\xfe", "a b", ".hidden" };
	char name[2100];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		check_name(names[i]);
	/* every length around the ends of pieces, with bytes of both widths and dots */
	for (size_t len = 1; len < 2000; len += len < 500 ? 1 : 37) {
		memset(name, 'a', len);
		name[len] = 0;
		check_name(name);
		memset(name, '.', len);
		check_name(name);
		memset(name, '/', len);
		check_name(name);
	}
	for (int i = 0; i < 3000; i++) {
		size_t len = 1 + random_next() % 700;

		for (size_t n = 0; n < len; n++)
			name[n] = (char)(1 + random_next() % (i % 2 ? 255 : 126));
		name[len] = 0;
		check_name(name);
	}
}

static void files_are_named_after_their_begin(void **state)
{
	static const struct { kymo_ms start; uint32_t turn; const char *name; } rows[] = {
		{ 1699999200000, 0, "20231114T220000Z.jsonl" },
		{ 1699999200000, 12, "20231114T220000Z.12.jsonl" },
		{ 0, 0, "19700101T000000Z.jsonl" },
		{ -1000, 0, "19691231T235959Z.jsonl" },
		{ -62135596800000, 0, "00010101T000000Z.jsonl" },
		{ 253402300799000, UINT32_MAX, "99991231T235959Z.4294967295.jsonl" },
		{ 253402300800000, 0, NULL },
		{ INT64_MAX / 1000 * 1000, 0, NULL },
		{ INT64_MIN / 1000 * 1000, 0, NULL },
		{ 1, 0, NULL },
	};
	char name[FILE_NAME_SIZE];
	kymo_ms start;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(name_file(rows[i].start, rows[i].turn, name), rows[i].name != NULL);
		if (!rows[i].name)
			continue;
		assert_string_equal(name, rows[i].name);
		assert_true(name_file_start(name, &start));
		assert_true(start == rows[i].start);
	}
}

static void other_files_are_not_ours(void **state)
{
	static const char *const names[] = { "", "x", "20231114T220000Z", "20231114T220000Z.json", "20231114.jsonl",
					     "20231114T220000Z.x.jsonl", "20231114T220000Z..jsonl",
					     "20231114T220000Z.1.2.jsonl", "20231114T220000Z.jsonl.gz",
					     "20231314T220000Z.jsonl", "20230230T220000Z.jsonl", " 20231114T22000Z.jsonl", ".lock" };
	kymo_ms start;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (name_file_start(names[i], &start))
			fail_msg("\"%s\" was taken for one of ours", names[i]);
}

static void windows_are_open_at_the_start(void **state)
{
	static const struct { kymo_ms at, width, start; } rows[] = {
		{ 3600000, 3600000, 0 }, { 3600001, 3600000, 3600000 }, { 1, 3600000, 0 }, { 0, 3600000, -3600000 },
		{ -3600000, 3600000, -7200000 }, { -3599999, 3600000, -3600000 },
		{ INT64_MIN, 1000, INT64_MIN }, { INT64_MIN + 1, 1000, INT64_MIN },
		{ INT64_MAX, 1000, INT64_MAX / 1000 * 1000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (window_start(rows[i].at, rows[i].width) != rows[i].start)
			fail_msg("row %zu: got %lld", i, (long long)window_start(rows[i].at, rows[i].width));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_look_like_this),
		cmocka_unit_test(windows_look_like_this),
		cmocka_unit_test(numbers_read_back_bit_by_bit),
		cmocka_unit_test(another_reader_gets_the_same),
		cmocka_unit_test(folders_turn_back_into_names),
		cmocka_unit_test(files_are_named_after_their_begin),
		cmocka_unit_test(other_files_are_not_ours),
		cmocka_unit_test(windows_are_open_at_the_start),
	};

	return cmocka_run_group_tests_name("plugins/jsonl_line", tests, NULL, NULL);
}
