/* SPDX-License-Identifier: MIT */
#include "model/labels.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* "a=1;b=2" as labels; the text is changed. */
static uint32_t split(char *text, struct label *items)
{
	uint32_t n = 0;

	for (char *at = strtok(text, ";"); at; at = strtok(NULL, ";"), n++) {
		char *value = strchr(at, '=');

		items[n] = (struct label){ at, value + 1, (uint32_t)(value - at), (uint32_t)strlen(value + 1) };
	}
	return n;
}

static struct labels encoded(const char *text, struct buf *out)
{
	struct label items[64];
	char copy[512];

	snprintf(copy, sizeof copy, "%s", text);
	assert_int_equal(labels_encode(items, split(copy, items), out), 0);
	return (struct labels){ out->data, (uint32_t)out->len };
}

static void equal_sets_are_equal_bytes(void **state)
{
	AUTO_BUF a = { 0 }, b = { 0 };
	struct labels x = encoded("b=2;a=1;__name__=m;empty=", &a);
	struct labels y = encoded("__name__=m;a=1;b=2", &b);
	struct label label;
	uint32_t at = 0;

	(void)state;
	assert_true(labels_equal(x, y));
	assert_true(labels_sound(x));
	assert_int_equal(labels_count(x), 3);
	assert_true(labels_next(x, &at, &label) && text_equal(label.name, label.name_len, "__name__"));
	assert_true(labels_next(x, &at, &label) && text_equal(label.name, label.name_len, "a"));
	assert_true(labels_next(x, &at, &label) && text_equal(label.value, label.value_len, "2"));
	assert_false(labels_next(x, &at, &label));
}

static void names_are_ordered_by_bytes_and_length(void **state)
{
	AUTO_BUF out = { 0 };
	struct labels labels = encoded("ab=1;a=2;b=3;a.b=4;B=5;x1=1;x2=1;x3=1;x4=1;x5=1;x6=1;x7=1;x8=1;x9=1;y1=1;y2=1;y3=1;y4=1", &out);
	static const char *const first[] = { "B", "a", "a.b", "ab", "b" };
	struct label label;
	uint32_t at = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(first); i++) {
		assert_true(labels_next(labels, &at, &label));
		assert_true(text_equal(label.name, label.name_len, first[i]));
	}
	assert_int_equal(labels_count(labels), 18);
}

static void a_name_twice_is_refused(void **state)
{
	struct label items[] = { { "a", "1", 1, 1 }, { "b", "1", 1, 1 }, { "a", "", 1, 0 } };
	AUTO_BUF out = { 0 };

	(void)state;
	assert_int_equal(labels_encode(items, 3, &out), -EEXIST);
	assert_int_equal(out.len, 0);
}

static void the_empty_set_is_no_bytes(void **state)
{
	AUTO_BUF out = { 0 };
	struct label label;
	uint32_t at = 0;
	struct labels none = { NULL, 0 };

	(void)state;
	assert_int_equal(labels_encode(NULL, 0, &out), 0);
	assert_int_equal(out.len, 0);
	assert_true(labels_sound(none));
	assert_false(labels_next(none, &at, &label));
	assert_int_equal(labels_metric(none).value_len, 0);
}

static void finds_by_name(void **state)
{
	AUTO_BUF out = { 0 };
	struct labels labels = encoded("a=1;bb=2;c=3;__name__=m.x", &out);
	struct label label;

	(void)state;
	assert_true(labels_find(labels, "bb", &label) && text_equal(label.value, label.value_len, "2"));
	assert_true(labels_find(labels, "c", &label) && text_equal(label.value, label.value_len, "3"));
	assert_false(labels_find(labels, "b", &label));
	assert_int_equal(label.value_len, 0);
	assert_false(labels_find(labels, "zz", &label));
	label = labels_metric(labels);
	assert_true(text_equal(label.value, label.value_len, "m.x"));
}

static const struct { const char *bytes; uint32_t n; } unsound[] = {
	{ "\001", 1 },				/* cut off */
	{ "\001a", 2 },
	{ "\001a\001", 3 },
	{ "\001a\000", 3 },			/* empty value */
	{ "\000\001a", 3 },			/* empty name */
	{ "\001b\0011\001a\0011", 8 },		/* not sorted */
	{ "\001a\0011\001a\0012", 8 },		/* twice */
	{ "\201\000a\0011", 5 },		/* a length in more bytes than it takes */
	{ "\001\377\0011", 4 },			/* not UTF-8 */
	{ "\001a\001\377", 4 },
	{ "\377\377\377\377\377\377\377\377\377\001a", 11 },
	{ "\001a\377\377\377\377\0171", 8 },	/* longer than there is */
};

static void unsound_bytes_are_told_and_never_read_past(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(unsound); i++) {
		uint8_t *exact = malloc(unsound[i].n);	/* so that a sanitizer sees the end */
		struct labels labels = { exact, unsound[i].n };
		struct label label;

		memcpy(exact, unsound[i].bytes, unsound[i].n);
		if (labels_sound(labels))
			fail_msg("row %zu is taken as sound", i);
		assert_true(labels_count(labels) <= 2);
		labels_find(labels, "z", &label);
		free(exact);
	}
}

static const struct label_limits limits = { .labels = 3, .name = 8, .value = 10 };

static const struct { const char *labels; int result; const char *text; } checks[] = {
	{ "a=1;b=2;c=3", 0, "" },
	{ "__name__=12345678;a=1;b=2;c=3", 0, "" },
	{ "a=;b=", 0, "" },
	{ "grün=ü", 0, "" },
	{ "a=1;b=2;c=3;d=4", -E2BIG, "4 labels, the limit is 3" },
	{ "=1", -EINVAL, "a label name is empty" },
	{ "a\xff=1", -EINVAL, "a label name is not UTF-8" },
	{ "a=\xc3(", -EINVAL, "the value of label a is not UTF-8" },
	{ "123456789=1", -E2BIG, "the label name \"123456789...\" has 9 bytes, the limit is 8" },
	{ "a=12345678901", -E2BIG, "the value of label a has 11 bytes, the limit is 10" },
	{ "__name__=123456789", -E2BIG, "the value of label __name__ has 9 bytes, the limit is 8" },
};

static void labels_from_outside_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(checks); i++) {
		struct label items[64];
		struct error err = { 0 };
		char copy[512];
		int result;

		snprintf(copy, sizeof copy, "%s", checks[i].labels);
		result = labels_check(items, split(copy, items), &limits, &err);
		if (result != checks[i].result || strcmp(error_text(&err), checks[i].text))
			fail_msg("%s: got %d, %s", checks[i].labels, result, error_text(&err));
		error_clear(&err);
	}
}

static void more_than_a_set_may_ever_have_is_refused(void **state)
{
	static const struct label_limits wide = { UINT32_MAX, UINT64_MAX, UINT64_MAX };
	static struct label items[LABELS_MOST + 1];

	(void)state;
	for (uint32_t i = 0; i <= LABELS_MOST; i++)
		items[i] = (struct label){ "a", "1", 1, 1 };
	assert_int_equal(labels_check(items, LABELS_MOST, &wide, NULL), 0);
	assert_int_equal(labels_check(items, LABELS_MOST + 1, &wide, NULL), -E2BIG);
}

static const struct { const char *labels, *text; } prints[] = {
	{ "__name__=up", "up" },
	{ "__name__=system.load.1m;b=2;a=1", "system.load.1m{a=\"1\",b=\"2\"}" },
	{ "__name__=job:x:rate5m;a=q\"\\\n", "job:x:rate5m{a=\"q\\\"\\\\\\n\"}" },
	{ "__name__=temp-C;a.b=1", "{\"temp-C\",\"a.b\"=\"1\"}" },
	{ "__name__=1st", "{\"1st\"}" },
	{ "__name__=.a", "{\".a\"}" },
	{ "a=1", "{a=\"1\"}" },
	{ "9a=1", "{\"9a\"=\"1\"}" },
	{ "a=", "{}" },
};

static void prints_a_selector(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(prints); i++) {
		AUTO_BUF bytes = { 0 }, text = { 0 };

		labels_print(encoded(prints[i].labels, &bytes), &text);
		if (strcmp(buf_text(&text), prints[i].text))
			fail_msg("%s: got %s", prints[i].labels, buf_text(&text));
	}
}

static void a_full_buffer_is_told(void **state)
{
	struct label items[] = { { "abc", "12345", 3, 5 } };
	AUTO_BUF out = { .limit = 4 };

	(void)state;
	assert_int_equal(labels_encode(items, 1, &out), -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_sets_are_equal_bytes),
		cmocka_unit_test(names_are_ordered_by_bytes_and_length),
		cmocka_unit_test(a_name_twice_is_refused),
		cmocka_unit_test(the_empty_set_is_no_bytes),
		cmocka_unit_test(finds_by_name),
		cmocka_unit_test(unsound_bytes_are_told_and_never_read_past),
		cmocka_unit_test(labels_from_outside_are_checked),
		cmocka_unit_test(more_than_a_set_may_ever_have_is_refused),
		cmocka_unit_test(prints_a_selector),
		cmocka_unit_test(a_full_buffer_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
