/* SPDX-License-Identifier: MIT */
#include "model/metric.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

static const char *const labels[] = { "endpoint", "status", NULL };
static const struct kymo_metric full = {
	"api.requests", KYMO_COUNTER, KYMO_FROM_ZERO, "requests", "Requests served.", labels
};

static void keeps_a_copy(void **state)
{
	char name[] = "a.b";
	AUTO(metric) metric = metric_create(&(struct kymo_metric){ .name = name, .type = KYMO_GAUGE });
	AUTO(metric) other = metric_create(&full);

	(void)state;
	name[0] = 'x';
	assert_string_equal(metric->name, "a.b");
	assert_int_equal(metric->name_len, 3);
	assert_string_equal(metric->unit, "");
	assert_string_equal(metric->help, "");
	assert_int_equal(metric->n_labels, 0);
	assert_null(metric->labels[0]);
	assert_string_equal(other->labels[1], "status");
	assert_null(other->labels[2]);
}

static void same_means_every_word(void **state)
{
	AUTO(metric) metric = metric_create(&full);
	static const char *const more[] = { "endpoint", "status", "x", NULL }, *const swapped[] = { "status", "endpoint", NULL };
	const struct kymo_metric others[] = {
		{ "api.request", KYMO_COUNTER, KYMO_FROM_ZERO, "requests", "Requests served.", labels },
		{ "api.requests", KYMO_GAUGE, KYMO_FROM_ZERO, "requests", "Requests served.", labels },
		{ "api.requests", KYMO_COUNTER, 0, "requests", "Requests served.", labels },
		{ "api.requests", KYMO_COUNTER, KYMO_FROM_ZERO, NULL, "Requests served.", labels },
		{ "api.requests", KYMO_COUNTER, KYMO_FROM_ZERO, "requests", "", labels },
		{ "api.requests", KYMO_COUNTER, KYMO_FROM_ZERO, "requests", "Requests served.", NULL },
		{ "api.requests", KYMO_COUNTER, KYMO_FROM_ZERO, "requests", "Requests served.", more },
		{ "api.requests", KYMO_COUNTER, KYMO_FROM_ZERO, "requests", "Requests served.", swapped },
	};

	(void)state;
	assert_true(metric_same(metric, &full));
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (metric_same(metric, &others[i]))
			fail_msg("row %zu", i);
}

static void decode_gives_back_what_went_in(void **state)
{
	AUTO(metric) metric = metric_create(&full);
	AUTO_BUF bytes = { 0 };
	struct reader in;

	(void)state;
	metric_encode(metric, &bytes);
	in = reader_of(bytes.data, bytes.len);
	AUTO(metric) back = metric_decode(&in);
	assert_non_null(back);
	assert_int_equal(reader_left(&in), 0);
	assert_true(metric_same(back, &full));
}

/* Every cut, and every byte changed: NULL or a metric, but no bad access. */
static void damaged_bytes_are_survived(void **state)
{
	AUTO(metric) metric = metric_create(&full);
	AUTO_BUF bytes = { 0 };

	(void)state;
	metric_encode(metric, &bytes);
	for (size_t n = 0; n < bytes.len; n++) {
		uint8_t *exact = malloc(bytes.len);
		struct reader in = reader_of(exact, n);

		memcpy(exact, bytes.data, bytes.len);
		assert_null(metric_decode(&in));
		for (int change = 1; change < 256; change += 37) {
			exact[n] = (uint8_t)(bytes.data[n] + change);
			in = reader_of(exact, bytes.len);
			metric_destroy(metric_decode(&in));
		}
		free(exact);
	}
}

static const struct label_limits limits = { .labels = 2, .name = 12, .value = 20 };

static const struct { struct kymo_metric metric; int result; const char *text; } checks[] = {
	{ { "a.b", KYMO_GAUGE, 0, "bytes", "Help.", labels }, 0, "" },
	{ { "temp.°C", KYMO_SUMMARY, 0, NULL, NULL, NULL }, 0, "" },
	{ { NULL, 0, 0, NULL, NULL, NULL }, -EINVAL, "a metric has no name" },
	{ { "", 0, 0, NULL, NULL, NULL }, -EINVAL, "a metric has no name" },
	{ { "a", 9, 0, NULL, NULL, NULL }, -EINVAL, "metric \"a\": type 9 is not known" },
	{ { "a\xff", 0, 0, NULL, NULL, NULL }, -EINVAL, "metric \"a\xff\": the name is not UTF-8" },
	{ { "1234567890123", 0, 0, NULL, NULL, NULL }, -E2BIG,
	  "metric \"1234567890123\": the name has 13 bytes, the limit is 12" },
	{ { "a", 0, 0, "\xff", NULL, NULL }, -EINVAL, "metric \"a\": the unit is not UTF-8" },
	{ { "a", 0, 0, NULL, "123456789012345678901", NULL }, -E2BIG, "metric \"a\": the help has 21 bytes, the limit is 20" },
	{ { "a", 0, 0, NULL, NULL, (const char *const[]){ "a", "b", "c", NULL } }, -E2BIG, "metric \"a\": 3 labels, the limit is 2" },
	{ { "a", 0, 0, NULL, NULL, (const char *const[]){ "a", "a", NULL } }, -EINVAL, "metric \"a\": label \"a\" is there twice" },
	{ { "a", 0, 0, NULL, NULL, (const char *const[]){ "", NULL } }, -EINVAL, "metric \"a\": the name of a label is empty" },
	{ { "a", 0, 0, NULL, NULL, (const char *const[]){ "\xff", NULL } }, -EINVAL, "metric \"a\": the name of a label is not UTF-8" },
	{ { "a", 0, 0, NULL, NULL, (const char *const[]){ "__name__", NULL } }, -EINVAL,
	  "metric \"a\": label \"__name__\" begins with \"__\", which is kymo's own" },
};

static void metrics_from_outside_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(checks); i++) {
		struct error err = { 0 };
		int result = metric_check(&checks[i].metric, &limits, &err);

		if (result != checks[i].result || strcmp(error_text(&err), checks[i].text))
			fail_msg("row %zu: got %d, %s", i, result, error_text(&err));
		error_clear(&err);
	}
}

static void types_have_names(void **state)
{
	(void)state;
	assert_string_equal(metric_type_name(KYMO_UNTYPED), "untyped");
	assert_string_equal(metric_type_name(KYMO_SUMMARY), "summary");
	assert_string_equal(metric_type_name(77), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_a_copy),
		cmocka_unit_test(same_means_every_word),
		cmocka_unit_test(decode_gives_back_what_went_in),
		cmocka_unit_test(damaged_bytes_are_survived),
		cmocka_unit_test(metrics_from_outside_are_checked),
		cmocka_unit_test(types_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
