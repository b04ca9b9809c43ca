/* SPDX-License-Identifier: MIT */
/* buf_test.c - what goes in comes out, what does not fit sticks, what is malformed is bad. */
#include "util/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

static void gives_back_every_number(void **state)
{
	static const uint64_t values[] = {
		0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0xffff, UINT32_MAX, 1ull << 35, 1ull << 62, 1ull << 63, UINT64_MAX,
	};
	AUTO_BUF buf = { 0 };
	struct reader r;

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		uint64_t v = values[i];
		double f;

		memcpy(&f, &v, sizeof f);
		buf_add_u8(&buf, (uint8_t)v);
		buf_add_u16(&buf, (uint16_t)v);
		buf_add_u32(&buf, (uint32_t)v);
		buf_add_u64(&buf, v);
		buf_add_varint(&buf, v);
		buf_add_zigzag(&buf, (int64_t)v);
		buf_add_f64(&buf, f);
	}
	assert_false(buf_failed(&buf));
	r = reader_of(buf.data, buf.len);
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		uint64_t v = values[i], bits;
		double f;

		assert_int_equal(read_u8(&r), (uint8_t)v);
		assert_int_equal(read_u16(&r), (uint16_t)v);
		assert_int_equal(read_u32(&r), (uint32_t)v);
		assert_true(read_u64(&r) == v);
		assert_true(read_varint(&r) == v);
		assert_true(read_zigzag(&r) == (int64_t)v);
		f = read_f64(&r);
		memcpy(&bits, &f, sizeof bits);
		assert_true(bits == v);
	}
	assert_false(r.bad);
	assert_int_equal(reader_left(&r), 0);
}

static void is_little_endian_and_leb128(void **state)
{
	static const uint8_t expected[] = { 0x02, 0x01, 0x04, 0x03, 0x02, 0x01, 0xac, 0x02, 0x03, 2, 'h', 'i' };
	AUTO_BUF buf = { 0 };

	(void)state;
	buf_add_u16(&buf, 0x0102);
	buf_add_u32(&buf, 0x01020304);
	buf_add_varint(&buf, 300);
	buf_add_zigzag(&buf, -2);
	buf_add_string(&buf, "hi", 2);
	assert_int_equal(buf.len, sizeof expected);
	assert_memory_equal(buf.data, expected, sizeof expected);
}

static void gives_back_strings(void **state)
{
	AUTO_BUF buf = { 0 };
	struct reader r;
	const char *text;
	size_t n;

	(void)state;
	buf_add_string(&buf, "", 0);
	buf_add_string(&buf, "a\0b", 3);
	r = reader_of(buf.data, buf.len);
	assert_non_null(read_string(&r, &n));
	assert_int_equal(n, 0);
	text = read_string(&r, &n);
	assert_int_equal(n, 3);
	assert_memory_equal(text, "a\0b", 3);
	assert_null(read_string(&r, &n));
	assert_int_equal(n, 0);
	assert_true(r.bad);
}

static void grows_as_text(void **state)
{
	AUTO_BUF buf = { 0 };
	char expected[4000] = "";

	(void)state;
	for (int i = 0; i < 500; i++) {
		buf_printf(&buf, "%d,", i);
		sprintf(expected + strlen(expected), "%d,", i);
		assert_string_equal(buf_text(&buf), expected);
	}
	buf_add_text(&buf, "end");
	assert_int_equal(buf.len, strlen(expected) + 3);
}

static void is_empty_text_at_first(void **state)
{
	AUTO_BUF buf = { 0 };

	(void)state;
	assert_string_equal(buf_text(&buf), "");
	assert_non_null(buf_reserve(&buf, 0));
	buf_add(&buf, NULL, 0);
	assert_int_equal(buf.len, 0);
}

static void a_failure_sticks(void **state)
{
	AUTO_BUF buf = { .limit = 5 };

	(void)state;
	buf_add(&buf, "12345", 5);
	assert_string_equal(buf_text(&buf), "12345");
	buf_add_u8(&buf, '6');
	assert_true(buf_failed(&buf));
	buf_add(&buf, "", 0);
	buf_printf(&buf, "%s", "");
	assert_null(buf_reserve(&buf, 0));
	assert_null(buf_text(&buf));
	assert_int_equal(buf.len, 5);

	buf_clear(&buf);
	buf_printf(&buf, "%s", "12345");
	assert_string_equal(buf_text(&buf), "12345");
	buf_printf(&buf, "%d", 6);
	assert_true(buf_failed(&buf));
}

static void refuses_an_absurd_size(void **state)
{
	AUTO_BUF buf = { 0 };

	(void)state;
	buf_add_u8(&buf, 1);
	assert_null(buf_reserve(&buf, SIZE_MAX));
	assert_true(buf_failed(&buf));
}

static void reserve_leaves_the_length(void **state)
{
	AUTO_BUF buf = { 0 };
	uint8_t *to = buf_reserve(&buf, 3);

	(void)state;
	memcpy(to, "abc", 3);
	assert_int_equal(buf.len, 0);
	buf.len = 3;
	assert_string_equal(buf_text(&buf), "abc");
}

static void a_reader_turns_bad_and_stays_so(void **state)
{
	struct reader r = reader_of("\x01\x02\x03", 3);

	(void)state;
	assert_int_equal(read_u32(&r), 0);
	assert_true(r.bad);
	assert_int_equal(reader_left(&r), 0);
	assert_int_equal(read_u8(&r), 0);
	assert_true(read_f64(&r) == 0);
	assert_null(read_bytes(&r, 0));
}

static void nothing_can_be_read(void **state)
{
	struct reader r = reader_of(NULL, 0);

	(void)state;
	assert_int_equal(reader_left(&r), 0);
	assert_non_null(read_bytes(&r, 0));
	assert_false(r.bad);
	assert_int_equal(read_varint(&r), 0);
	assert_true(r.bad);
}

static void refuses_malformed_varints(void **state)
{
	static const struct { const char *bytes; size_t n; bool bad; uint64_t v; } rows[] = {
		{ "", 0, true, 0 },
		{ "\x80", 1, true, 0 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, false, UINT64_MAX },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, true, 0 },
		{ "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11, true, 0 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10, true, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct reader r = reader_of(rows[i].bytes, rows[i].n);
		uint64_t v = read_varint(&r);

		if (r.bad != rows[i].bad || v != rows[i].v)
			fail_msg("row %zu: got %d, %llu", i, r.bad, (unsigned long long)v);
	}
}

static void refuses_a_string_longer_than_what_is_there(void **state)
{
	struct reader r = reader_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x", 11);
	size_t n = 7;

	(void)state;
	assert_null(read_string(&r, &n));
	assert_int_equal(n, 0);
	assert_true(r.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_every_number),
		cmocka_unit_test(is_little_endian_and_leb128),
		cmocka_unit_test(gives_back_strings),
		cmocka_unit_test(grows_as_text),
		cmocka_unit_test(is_empty_text_at_first),
		cmocka_unit_test(a_failure_sticks),
		cmocka_unit_test(refuses_an_absurd_size),
		cmocka_unit_test(reserve_leaves_the_length),
		cmocka_unit_test(a_reader_turns_bad_and_stays_so),
		cmocka_unit_test(nothing_can_be_read),
		cmocka_unit_test(refuses_malformed_varints),
		cmocka_unit_test(refuses_a_string_longer_than_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
