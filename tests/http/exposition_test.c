/* SPDX-License-Identifier: MIT */
/* exposition_test.c - series in, Prometheus text out. */
#include "http/exposition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/log.h"

#include <math.h>
#include <stdio.h>

#define LABELS 4

struct row {
	const char *name;
	uint32_t type;
	const char *help;
	double value;
	const char *labels[LABELS][2];
	kymo_ms at;			/* 0: 1000 */
	enum series_kind kind;
};

static void add(struct exposition *exposition, const struct row *row)
{
	AUTO(metric) metric = metric_create(&(struct kymo_metric){ .name = row->name, .type = row->type, .help = row->help });
	AUTO_BUF bytes = { 0 };
	struct label labels[LABELS + 1] = { { LABEL_NAME, row->name, strlen(LABEL_NAME), (uint32_t)strlen(row->name) } };
	struct series_view view = { .metric = metric, .kind = row->kind, .last_at = row->at ? row->at : 1000, .last = row->value };
	uint32_t n = 1;

	for (; n <= LABELS && row->labels[n - 1][0]; n++)
		labels[n] = (struct label){ row->labels[n - 1][0], row->labels[n - 1][1], (uint32_t)strlen(row->labels[n - 1][0]),
					    (uint32_t)strlen(row->labels[n - 1][1]) };
	assert_int_equal(labels_encode(labels, n, &bytes), 0);
	view.labels = (struct labels){ bytes.data, (uint32_t)bytes.len };
	assert_int_equal(exposition_add(exposition, &view, 500), 0);
}

static void expect_text(const struct row *rows, size_t n, const char *wanted, uint32_t left_out)
{
	AUTO(exposition) exposition = exposition_create(NULL);
	AUTO_BUF out = { 0 };

	for (size_t i = 0; i < n; i++)
		add(exposition, &rows[i]);
	exposition_write(exposition, &out);
	assert_string_equal(buf_text(&out), wanted);
	assert_int_equal(exposition_left_out(exposition), left_out);
}

#define EXPECT(rows, left_out, wanted) expect_text(rows, sizeof rows / sizeof *rows, wanted, left_out)

static void types_help_and_values(void **state)
{
	static const struct row rows[] = {
		{ "a.count", KYMO_COUNTER, "Line one\nback\\slash.", 3, { { 0 } } },
		{ "b", KYMO_GAUGE, "", 0.1, { { "x", "1" } } },
		{ "b", KYMO_GAUGE, "", NAN, { { "x", "2" } } },
		{ "b", KYMO_GAUGE, "", INFINITY, { { "x", "3" } } },
		{ "c", KYMO_UNTYPED, NULL, -INFINITY, { { 0 } } },
	};

	(void)state;
	EXPECT(rows, 0,
	       "# HELP a_count Line one\\nback\\\\slash.\n# TYPE a_count counter\na_count 3\n"
	       "# TYPE b gauge\nb{x=\"1\"} 0.1\nb{x=\"2\"} NaN\nb{x=\"3\"} +Inf\n"
	       "# TYPE c untyped\nc -Inf\n");
}

static void names_and_label_values_are_escaped(void **state)
{
	static const struct row rows[] = {
		{ "1temp.\xc2\xb0" "C", KYMO_GAUGE, "", 1, { { "a.b", "q\"\\\n" }, { "c:d", "\xc3\xa4" } } },
	};

	(void)state;
	EXPECT(rows, 0, "# TYPE _temp__C gauge\n_temp__C{a_b=\"q\\\"\\\\\\n\",c_d=\"\xc3\xa4\"} 1\n");
}

static void what_has_ended_is_not_there(void **state)
{
	struct row rows[] = {
		{ "a", KYMO_GAUGE, "", 1, { { "x", "old" } }, .at = 499 },
		{ "a", KYMO_GAUGE, "", 0, { { "x", "stale" } } },
		{ "b", KYMO_GAUGE, "", 1, { { 0 } }, .at = INT64_MIN },
	};

	(void)state;
	rows[1].value = value_stale();
	EXPECT(rows, 0, "");
}

static void a_histogram_is_one_family(void **state)
{
	static const struct row rows[] = {
		{ "t", KYMO_HISTOGRAM, "Times.", 5, { { "e", "/a" } }, .kind = KIND_DISTRIBUTION },
		{ "t.x", KYMO_GAUGE, "", 1, { { 0 } } },
		{ "t_bucket", KYMO_COUNTER, "", 9, { { "e", "/a" }, { "le", "+Inf" } } },
		{ "t_bucket", KYMO_COUNTER, "", 4, { { "e", "/a" }, { "le", "16" } } },
		{ "t_bucket", KYMO_COUNTER, "", 1, { { "e", "/a" }, { "le", "2" } } },
		{ "t_bucket", KYMO_COUNTER, "", 2, { { "e", "/b" }, { "le", "+Inf" } } },
		{ "t_count", KYMO_COUNTER, "", 9, { { "e", "/a" } } },
		{ "t_count", KYMO_COUNTER, "", 2, { { "e", "/b" } } },
		{ "t_sum", KYMO_COUNTER, "", 50, { { "e", "/a" } } },
		{ "t_sum", KYMO_COUNTER, "", 3, { { "e", "/b" } } },
		{ "u", KYMO_HISTOGRAM, "", 5, { { 0 } }, .kind = KIND_DISTRIBUTION },
		{ "u_bucket", KYMO_COUNTER, "", 1, { { "le", "+Inf" } } },
		{ "u_bucket", KYMO_COUNTER, "", 1, { { "le", "many" } } },
	};

	(void)state;
	EXPECT(rows, 1,
	       "# HELP t Times.\n# TYPE t histogram\n"
	       "t_bucket{e=\"/a\",le=\"2\"} 1\nt_bucket{e=\"/a\",le=\"16\"} 4\nt_bucket{e=\"/a\",le=\"+Inf\"} 9\n"
	       "t_sum{e=\"/a\"} 50\nt_count{e=\"/a\"} 9\n"
	       "t_bucket{e=\"/b\",le=\"+Inf\"} 2\nt_sum{e=\"/b\"} 3\nt_count{e=\"/b\"} 2\n"
	       "# TYPE t_x gauge\nt_x 1\n"
	       "# TYPE u histogram\nu_bucket{le=\"+Inf\"} 1\n");
}

/* A family at a time: the same text, and names are known on. */
static void can_be_written_in_pieces(void **state)
{
	static const struct row rows[] = {
		{ "t", KYMO_HISTOGRAM, "Times.", 5, { { "e", "/a" } }, .kind = KIND_DISTRIBUTION },
		{ "t_bucket", KYMO_COUNTER, "", 9, { { "e", "/a" }, { "le", "+Inf" } } },
		{ "t_count", KYMO_COUNTER, "", 9, { { "e", "/a" } } },
		{ "t.x", KYMO_GAUGE, "", 1, { { 0 } } },
		{ "t_x", KYMO_GAUGE, "", 2, { { 0 } } },
	};
	AUTO(exposition) exposition = exposition_create(NULL);
	AUTO_BUF out = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		add(exposition, &rows[i]);
	exposition_write(exposition, &out);
	for (int i = 3; i < 5; i++) {
		add(exposition, &rows[i]);
		exposition_write(exposition, &out);
	}
	assert_string_equal(buf_text(&out), "# HELP t Times.\n# TYPE t histogram\nt_bucket{e=\"/a\",le=\"+Inf\"} 9\nt_count{e=\"/a\"} 9\n"
					    "# TYPE t_x gauge\nt_x 1\n");
	assert_int_equal(exposition_left_out(exposition), 1);
}

static void a_summary_too(void **state)
{
	static const struct row rows[] = {
		{ "s", KYMO_SUMMARY, "", 5, { { "quantile", "0.5" } } },
		{ "s_count", KYMO_COUNTER, "", 2, { { 0 } } },
		{ "s_sum", KYMO_COUNTER, "", 9, { { 0 } } },
	};

	(void)state;
	EXPECT(rows, 0, "# TYPE s summary\ns{quantile=\"0.5\"} 5\ns_sum 9\ns_count 2\n");
}

static void of_two_names_that_escape_alike_the_later_is_left_out(void **state)
{
	static const struct row rows[] = {
		{ "a.b", KYMO_GAUGE, "", 1, { { 0 } } },
		{ "a_b", KYMO_COUNTER, "", 2, { { "x", "1" } } },
		{ "a_b", KYMO_COUNTER, "", 2, { { "x", "2" } } },
		{ "h", KYMO_HISTOGRAM, "", 1, { { 0 } }, .kind = KIND_DISTRIBUTION },
		{ "h.count", KYMO_GAUGE, "", 3, { { 0 } } },
		{ "h_count", KYMO_COUNTER, "", 4, { { 0 } } },
		{ "i.j_sum", KYMO_GAUGE, "", 5, { { 0 } } },
		{ "i_j", KYMO_HISTOGRAM, "", 1, { { 0 } }, .kind = KIND_DISTRIBUTION },
		{ "i_j_count", KYMO_COUNTER, "", 6, { { 0 } } },
		{ "k", KYMO_GAUGE, "", 7, { { "a.b", "1" }, { "a_b", "2" } } },
		{ "l", KYMO_GAUGE, "", 8, { { 0 } } },
	};

	(void)state;
	EXPECT(rows, 5,
	       "# TYPE a_b gauge\na_b 1\n# TYPE h histogram\nh_count 4\n# TYPE i_j_sum gauge\ni_j_sum 5\n# TYPE l gauge\nl 8\n");
}

static void log_line(void *data, enum log_level level, enum log_topic topic, const char *text)
{
	int *lines = data;

	(void)level;
	(void)topic;
	(*lines)++;
	assert_string_equal(text, "/metrics leaves out a_b: another metric is called a_b there already");
}

static void and_logged_once(void **state)
{
	static const struct row rows[] = { { "a.b", KYMO_GAUGE, "", 1, { { 0 } } }, { "a_b", KYMO_GAUGE, "", 1, { { 0 } } } };
	struct left_out left_out;
	int lines = 0;

	(void)state;
	log_set_writer(log_line, &lines);
	left_out_init(&left_out);
	for (int i = 0; i < 3; i++) {
		AUTO(exposition) exposition = exposition_create(&left_out);

		add(exposition, &rows[0]);
		add(exposition, &rows[1]);
	}
	left_out_fini(&left_out);
	log_set_writer(NULL, NULL);
	assert_int_equal(lines, 1);
}

static void many_series(void **state)
{
	AUTO(exposition) exposition = exposition_create(NULL);
	AUTO_BUF out = { 0 };
	char value[16];
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		struct row row = { i < 2500 ? "a" : "b", KYMO_GAUGE, "", i, { { "n", value } } };

		snprintf(value, sizeof value, "%d", i);
		add(exposition, &row);
	}
	exposition_write(exposition, &out);
	for (const char *c = buf_text(&out); *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 5002);
	assert_non_null(strstr(buf_text(&out), "\na{n=\"2499\"} 2499\n# TYPE b gauge\nb{n=\"2500\"} 2500\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_help_and_values),
		cmocka_unit_test(names_and_label_values_are_escaped),
		cmocka_unit_test(what_has_ended_is_not_there),
		cmocka_unit_test(a_histogram_is_one_family),
		cmocka_unit_test(can_be_written_in_pieces),
		cmocka_unit_test(a_summary_too),
		cmocka_unit_test(of_two_names_that_escape_alike_the_later_is_left_out),
		cmocka_unit_test(and_logged_once),
		cmocka_unit_test(many_series),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
