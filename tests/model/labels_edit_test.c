/* SPDX-License-Identifier: MIT */
/* What is made of a set of labels is canonical again, and what it should be. */
#include "model/labels_edit.h"
#include "util/check.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

/* "cpu{a="1",b="2"}" from "__name__=cpu,a=1,b=2". */
static void make(const char *text, struct buf *out)
{
	struct label items[8];
	uint32_t n = 0;

	for (const char *at = text; *at; n++) {
		const char *equal = strchr(at, '='), *end = strchrnul(at, ',');

		items[n] = (struct label){ at, equal + 1, (uint32_t)(equal - at), (uint32_t)(end - equal - 1) };
		at = *end ? end + 1 : end;
	}
	buf_clear(out);
	assert_int_equal(labels_encode(items, n, out), 0);
}

static void expect(const struct buf *made, const char *text)
{
	AUTO_BUF wanted = { 0 };

	assert_false(buf_failed(made));
	assert_true(labels_sound(labels_in(made)));
	make(text, &wanted);
	assert_true(labels_equal(labels_in(made), labels_in(&wanted)));
}

static void some_are_taken(void **state)
{
	static const char *const two[] = { "b", "x" }, *const name[] = { "__name__", "a" };
	AUTO_BUF from = { 0 }, out = { 0 };

	(void)state;
	make("__name__=cpu,Z=0,a=1,b=2", &from);
	labels_without_name(labels_in(&from), &out);
	expect(&out, "Z=0,a=1,b=2");
	buf_clear(&out);
	labels_keep(labels_in(&from), two, 2, &out);
	expect(&out, "b=2");
	buf_clear(&out);
	labels_keep(labels_in(&from), name, 2, &out);
	expect(&out, "__name__=cpu,a=1");
	buf_clear(&out);
	labels_drop(labels_in(&from), two, 2, false, &out);
	expect(&out, "__name__=cpu,Z=0,a=1");
	buf_clear(&out);
	labels_drop(labels_in(&from), two, 2, true, &out);
	expect(&out, "Z=0,a=1");
	buf_clear(&out);
	labels_keep(labels_in(&from), NULL, 0, &out);
	expect(&out, "");
}

static void one_is_set(void **state)
{
	static const struct { const char *name, *value, *gives; } rows[] = {
		{ "a", "9", "__name__=cpu,a=9,c=3" }, { "b", "2", "__name__=cpu,a=1,b=2,c=3" }, { "d", "4", "__name__=cpu,a=1,c=3,d=4" },
		{ "A", "0", "A=0,__name__=cpu,a=1,c=3" }, { "a", "", "__name__=cpu,c=3" }, { "z", "", "__name__=cpu,a=1,c=3" },
		{ "__name__", "mem", "__name__=mem,a=1,c=3" },
	};
	AUTO_BUF from = { 0 }, out = { 0 };

	(void)state;
	make("__name__=cpu,a=1,c=3", &from);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_clear(&out);
		labels_set(labels_in(&from), rows[i].name, rows[i].value, strlen(rows[i].value), &out);
		expect(&out, rows[i].gives);
	}
}

/* Not the order of the bytes, in which a length comes first. */
static void by_name_then_value(void **state)
{
	static const char *const rising[] = { "", "a=1", "a=1,b=1", "a=10", "a=2", "aa=1", "b=0", "b=00,c=1", "b=1" };
	AUTO_BUF x = { 0 }, y = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rising); i++)
		for (size_t j = 0; j < COUNT_OF(rising); j++) {
			int r;

			make(rising[i], &x);
			make(rising[j], &y);
			r = labels_compare(labels_in(&x), labels_in(&y));
			assert_int_equal((r > 0) - (r < 0), (i > j) - (i < j));
		}
}

/* a="xxx...l",b="1": so many characters. */
static void make_long(int n, char last, struct buf *out)
{
	char text[320] = "a=";

	memset(text + 2, 'x', (size_t)n - 1);
	text[n + 1] = last;
	strcpy(text + n + 2, ",b=1");
	make(text, out);
}

/* Lengths of one byte and of two. */
static void of_long_values_too(void **state)
{
	static const struct { int n; char last; } rising[] = {
		{ 1, 'x' }, { 126, 'x' }, { 127, 'x' }, { 128, 'x' }, { 129, 'x' }, { 300, 'w' }, { 300, 'x' }, { 128, 'y' }, { 127, 'z' }, { 1, 'z' },
	};
	AUTO_BUF x = { 0 }, y = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rising); i++)
		for (size_t j = 0; j < COUNT_OF(rising); j++) {
			int r;

			make_long(rising[i].n, rising[i].last, &x);
			make_long(rising[j].n, rising[j].last, &y);
			r = labels_compare(labels_in(&x), labels_in(&y));
			if ((r > 0) - (r < 0) != (i > j) - (i < j))
				fail_msg("%zu and %zu: %d", i, j, r);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(some_are_taken), cmocka_unit_test(one_is_set), cmocka_unit_test(by_name_then_value),
		cmocka_unit_test(of_long_values_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
