/* SPDX-License-Identifier: MIT */
/* line_test.c - the parts of one line, and labels out of a series as it stands. */
#include "text/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

static const struct label_limits limits = { 10, 64, 64 };
static struct text_line line;

static void read_line(enum text_format format, const char *text)
{
	struct error err = { 0 };

	if (text_line_read(&line, format, &limits, 7, text, strlen(text), &err) < 0)
		fail_msg("\"%s\": %s", text, error_text(&err));
}

static bool is(struct text_word word, const char *text)
{
	return word.n == strlen(text) && !memcmp(word.at, text, word.n);
}

static void a_sample_has_its_parts(void **state)
{
	(void)state;
	read_line(TEXT_OPENMETRICS, "a_total{b=\"c\",d=\"e\\n\"} 12.5 1.0000015 # {x=\"y\"} 7 2");
	assert_int_equal(line.kind, TEXT_SAMPLE);
	assert_true(is(line.name, "a_total") && line.n_labels == 2 && line.series_n == 22);
	assert_true(is(line.labels[0].name, "b") && is(line.labels[0].value, "c") && !line.labels[0].value.escaped);
	assert_true(is(line.labels[1].value, "e\\n") && line.labels[1].value.escaped);
	assert_true(line.value == 12.5 && line.time.ms == 1000 && line.time.ns == 1000001500);
	assert_int_equal(line_place(&line, line.value_at).column, 24);
	assert_int_equal(line_place(&line, line.time_at).column, 29);
	assert_int_equal(line_place(&line, line.exemplar_at).column, 39);
	assert_int_equal(line_place(&line, line.exemplar_at).line, 7);
	read_line(TEXT_PROMETHEUS, "{\"a.b\"} nan");
	assert_true(is(line.name, "a.b") && line.n_labels == 0 && isnan(line.value) && !line.time_at && !line.exemplar_at);
}

static const struct { enum text_format format; const char *text; enum text_kind kind; const char *name, *rest; } rows[] = {
	{ TEXT_PROMETHEUS, "", TEXT_NOTHING, NULL, NULL },
	{ TEXT_PROMETHEUS, " \t", TEXT_NOTHING, NULL, NULL },
	{ TEXT_PROMETHEUS, "# a comment", TEXT_NOTHING, NULL, NULL },
	{ TEXT_PROMETHEUS, "# UNIT a b", TEXT_NOTHING, NULL, NULL },
	{ TEXT_PROMETHEUS, "# EOF", TEXT_NOTHING, NULL, NULL },
	{ TEXT_PROMETHEUS, "# HELP a", TEXT_HELP, "a", "" },
	{ TEXT_PROMETHEUS, "#  HELP\ta  b  c ", TEXT_HELP, "a", "b  c " },
	{ TEXT_PROMETHEUS, "# TYPE a gauge \t", TEXT_TYPE, "a", "gauge" },
	{ TEXT_PROMETHEUS, "# TYPE \"a b\" gauge", TEXT_TYPE, "a b", "gauge" },
	{ TEXT_OPENMETRICS, "# HELP a ", TEXT_HELP, "a", "" },
	{ TEXT_OPENMETRICS, "# HELP a  b ", TEXT_HELP, "a", " b " },
	{ TEXT_OPENMETRICS, "# UNIT a b", TEXT_UNIT, "a", "b" },
	{ TEXT_OPENMETRICS, "# EOF", TEXT_EOF, NULL, NULL },
};

static void other_lines_have_theirs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		read_line(rows[i].format, rows[i].text);
		if (line.kind != rows[i].kind || (rows[i].name && (!is(line.name, rows[i].name) || !is(line.rest, rows[i].rest))))
			fail_msg("\"%s\"", rows[i].text);
	}
}

static const struct { const char *series, *labels; } series_rows[] = {
	{ "a", "a" },
	{ "a{}", "a" },
	{ "a { }", "a" },
	{ "a{c=\"d\",b=\"\\\\\\\"\\n\"}", "a{b=\"\\\\\\\"\\n\",c=\"d\"}" },
	{ "{\"a b\",\"c d\"=\"e\\q\"}", "{\"a b\",\"c d\"=\"e\\\\q\"}" },
	{ "a{b=\"\",c=\"d\",}", "a{c=\"d\"}" },
	{ "a{__b=\"c\"}", "a{__b=\"c\"}" },
};

static void labels_come_out_of_a_series(void **state)
{
	struct label items[LABELS_MOST + 1];
	AUTO_BUF scratch = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof series_rows / sizeof *series_rows; i++) {
		AUTO_BUF bytes = { 0 }, text = { 0 };
		uint32_t n;

		assert_int_equal(text_series_labels(series_rows[i].series, (uint32_t)strlen(series_rows[i].series), &scratch, items, &n), 0);
		assert_int_equal(labels_encode(items, n, &bytes), 0);
		labels_print((struct labels){ bytes.data, (uint32_t)bytes.len }, &text);
		assert_string_equal(buf_text(&text), series_rows[i].labels);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_has_its_parts),
		cmocka_unit_test(other_lines_have_theirs),
		cmocka_unit_test(labels_come_out_of_a_series),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
