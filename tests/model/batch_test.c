/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/batch.h"

#include <stdlib.h>
#include <string.h>

static const uint16_t n_labels[] = { 0, 2 };
static struct kymo_batch batch;

static void begin(size_t value_most, size_t bytes_most)
{
	batch_init(&batch, value_most, bytes_most);
	batch_begin(&batch, 1000, n_labels, 2);
}

static void end(void)
{
	batch_end(&batch);
	batch_fini(&batch);
}

static void gives_back_what_was_emitted(void **state)
{
	struct batch_cursor cursor = { 0 };
	struct batch_entry entry;
	size_t at = sizeof(uint32_t);
	uint32_t len;

	(void)state;
	begin(100, 10000);
	batch_emit(&batch, 0, NULL, 1.5, 0);
	batch_emit(&batch, 1, (const char *const[]){ "a", NULL }, -2, 77);
	assert_true(batch_next(&batch, &cursor, &entry));
	assert_int_equal(entry.metric, 0);
	assert_true(entry.value == 1.5);
	assert_int_equal(entry.at, 1000);
	assert_true(batch_next(&batch, &cursor, &entry));
	assert_int_equal(entry.at, 77);
	assert_memory_equal(batch_key_label(entry.key, entry.key_len, &at, &len), "a", 1);
	assert_int_equal(len, 1);
	assert_non_null(batch_key_label(entry.key, entry.key_len, &at, &len));
	assert_int_equal(len, 0);
	assert_null(batch_key_label(entry.key, entry.key_len, &at, &len));
	assert_false(batch_next(&batch, &cursor, &entry));
	end();
}

static void refuses_alone_and_keeps_the_first_reason(void **state)
{
	(void)state;
	begin(3, 100);
	batch_emit(&batch, 5, NULL, 1, 0);
	batch_emit(&batch, 1, (const char *const[]){ "long", "x" }, 1, 0);
	for (int i = 0; i < 20; i++)
		batch_emit(&batch, 0, NULL, i, 0);
	assert_int_equal(batch.refused[BATCH_UNDECLARED], 1);
	assert_int_equal(batch.refused[BATCH_INVALID], 1);
	assert_int_equal(batch.n, 8);		/* 12 bytes each, 100 allowed */
	assert_int_equal(batch.refused[BATCH_LIMIT], 12);
	assert_string_equal(batch.reason, "metric 5 is not declared: there are 2");
	batch_end(&batch);
	batch_emit(&batch, 0, NULL, 1, 0);	/* outside of a collect */
	assert_int_equal(batch.n, 8);
	batch_fini(&batch);
}

/* The same series in the same order are the same bytes, whatever their values. */
static void same_series_are_same_bytes(void **state)
{
	static const char *const labels[] = { "x", "y" };
	uint8_t first[64];
	size_t len;

	(void)state;
	begin(100, 10000);
	batch_emit(&batch, 1, labels, 1, 0);
	len = batch.keys_len;
	memcpy(first, batch.keys, len);
	batch_begin(&batch, 2000, n_labels, 2);
	batch_emit(&batch, 1, labels, 2, 0);
	assert_int_equal(batch.keys_len, len);
	assert_memory_equal(batch.keys, first, len);
	end();
}

static void carries_decimals_as_they_came(void **state)
{
	static const uint8_t expected[] = { 0, 2, 0, 15, 0, 0 };
	struct batch_cursor cursor = { 0 };
	struct batch_entry entry;

	(void)state;
	begin(100, 10000);
	batch_emit(&batch, 0, NULL, 1.5, 0);
	batch_emit_decimal(&batch, 0, NULL, 1200, -2, 0);
	batch_emit(&batch, 0, NULL, 3, 0);
	batch_emit_decimal(&batch, 0, NULL, 7, -15, 0);
	batch_emit_decimal(&batch, 0, NULL, 7, -16, 0);
	batch_emit_decimal(&batch, 0, NULL, 7, 3, 0);
	for (int i = 0; i < 100; i++)		/* the column grows with the others */
		batch_emit_decimal(&batch, 0, NULL, i, -1 - i % 3, 0);
	for (uint32_t i = 0; i < sizeof expected; i++) {
		assert_true(batch_next(&batch, &cursor, &entry));
		assert_int_equal(entry.decimals, expected[i]);
		assert_true(i != 1 || entry.value == 12);
	}
	for (int i = 0; i < 100; i++) {
		assert_true(batch_next(&batch, &cursor, &entry));
		assert_int_equal(entry.decimals, 1 + i % 3);
	}
	batch_begin(&batch, 2000, n_labels, 2);	/* nothing is left of them */
	cursor = (struct batch_cursor){ 0 };
	batch_emit(&batch, 0, NULL, 1.5, 0);
	assert_true(batch_next(&batch, &cursor, &entry));
	assert_int_equal(entry.decimals, 0);
	end();
}

static void rounds_decimals_once(void **state)
{
	static const struct { int64_t mantissa; int32_t exponent; const char *text; } rows[] = {
		{ 1, -1, "0.1" }, { 3, -1, "0.3" }, { -125, -2, "-1.25" }, { 7, 22, "7e22" }, { 1, 23, "1e23" },
		{ INT64_MAX, -3, "9223372036854775.807" }, { INT64_MIN, 0, "-9223372036854775808" }, { 5, -324, "5e-324" },
		{ 1, 400, "inf" }, { 0, -999, "0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (batch_decimal(rows[i].mantissa, rows[i].exponent) != strtod(rows[i].text, NULL))
			fail_msg("%s: got %.17g", rows[i].text, batch_decimal(rows[i].mantissa, rows[i].exponent));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_was_emitted), cmocka_unit_test(refuses_alone_and_keeps_the_first_reason),
		cmocka_unit_test(same_series_are_same_bytes), cmocka_unit_test(rounds_decimals_once),
		cmocka_unit_test(carries_decimals_as_they_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
