/* SPDX-License-Identifier: MIT */
/* resolve_test.c - which labels are taken, and what is said of the others. */
#include "wire.h"

#include <errno.h>

static const struct label_limits limits = { 4, 16, 32 };

static const struct { const char *labels; int result; const char *text; } rows[] = {
	{ "__name__=a", 0, "" },
	{ "A=1,__name__=a,x=1", 0, "" },
	{ "__name__=system.cpu", 0, "" },
	{ "__name__=a,x=1,xx=1,y=1,z=1", 0, "" },
	{ "", -EINVAL, "the label __name__ is missing" },
	{ "x=1", -EINVAL, "the label __name__ is missing" },
	{ "__name__=", -EINVAL, "the value of label __name__ is empty" },
	{ "__name__=a,x=", -EINVAL, "the value of label x is empty" },
	{ "=1,__name__=a", -EINVAL, "a label name is empty" },
	{ "__name__=a,x=1,x=1", -EINVAL, "label x stands twice" },
	{ "__name__=a,x=1,x=2", -EINVAL, "label x stands twice" },
	{ "__name__=a,y=1,x=1", -EINVAL, "labels are not sorted: y stands before x" },
	{ "__name__=a,xx=1,x=1", -EINVAL, "labels are not sorted: xx stands before x" },
	{ "a=1,__name__=a", -EINVAL, "labels are not sorted: a stands before __name__" },
	{ "__name__=a\xff", -EINVAL, "the value of label __name__ is not UTF-8" },
	{ "__name__=a,\xff=1", -EINVAL, "a label name is not UTF-8" },
	{ "__name__=a,v=1,w=1,x=1,y=1,z=1", -E2BIG, "5 labels, the limit is 4" },
	{ "__name__=a,x=123456789012345678901234567890123", -E2BIG, "the value of label x has 33 bytes, the limit is 32" },
	{ "__name__=a,x3456789012345678=1", -E2BIG, "the label name \"x3456789012345678...\" has 17 bytes, the limit is 16" },
};

static void says_what_is_wrong_with_labels(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct label items[LABELS_MOST + 1];
		struct error err = { 0 };
		AUTO_BUF series = { 0 };
		uint32_t n;
		int r;

		wire_labels(&series, rows[i].labels);
		r = labels_of_wire(series.data, series.len, &limits, items, &n, &err);
		if (r != rows[i].result || strcmp(error_text(&err), rows[i].text) != 0)
			fail_msg("%s: %d \"%s\"", rows[i].labels, r, error_text(&err));
		error_clear(&err);
	}
}

static void labels_come_out_as_they_went_in(void **state)
{
	struct label items[LABELS_MOST + 1];
	AUTO_BUF series = { 0 };
	uint32_t n;

	(void)state;
	wire_labels(&series, "__name__=up,job=node");
	assert_int_equal(labels_of_wire(series.data, series.len, &limits, items, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_true(text_equal(items[0].value, items[0].value_len, "up"));
	assert_true(text_equal(items[1].name, items[1].name_len, "job") && text_equal(items[1].value, items[1].value_len, "node"));
}

static void too_many_labels_do_not_fit(void **state)
{
	static const struct label_limits wide = { 1000, 16, 32 };
	struct label items[LABELS_MOST + 1];
	struct error err = { 0 };
	AUTO_BUF series = { 0 };
	char name[16];
	uint32_t n;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "l%04d", i);
		wire_label(&series, name, "1");
	}
	assert_int_equal(labels_of_wire(series.data, series.len, &wide, items, &n, &err), -E2BIG);
	error_clear(&err);
}

static void damaged_labels_are_refused(void **state)
{
	static const struct { const char *bytes; size_t n; } bad[] = {
		{ "\x0a\x02\x0a\x05", 4 }, { "\x0a\x02\x08\x01", 4 }, { "\x0a\x01\xff", 3 }, { "\x0a\x09", 2 }, { "\x12\x00", 2 },
	};
	struct label items[LABELS_MOST + 1];
	uint32_t n;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(labels_of_wire((const uint8_t *)bad[i].bytes, bad[i].n, &limits, items, &n, NULL), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_is_wrong_with_labels),
		cmocka_unit_test(labels_come_out_as_they_went_in),
		cmocka_unit_test(too_many_labels_do_not_fit),
		cmocka_unit_test(damaged_labels_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
