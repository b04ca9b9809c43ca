/* SPDX-License-Identifier: MIT */
/* model_test.c - labels, metrics and matchers without memory: told, nothing leaks, nothing half-made. */
#include "fault/fault.h"
#include "model/matcher.h"
#include "model/metric.h"
#include "model/regex.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>

static void labels_encode_says_so(void **state)
{
	unsigned n = 1;

	(void)state;
	for (;; n++) {
		struct label items[] = { { "b", "2", 1, 1 }, { "a", "1", 1, 1 } };
		AUTO_BUF out = { 0 };
		int r;

		fault_at(FAULT_MEMORY, n, ENOMEM);
		r = labels_encode(items, 2, &out);
		if (!fault_off())
			break;
		assert_int_equal(r, -ENOMEM);
	}
	assert_true(n > 1);
}

static void a_metric_is_whole_or_not_there(void **state)
{
	static const char *const labels[] = { "a", "b", NULL };
	const struct kymo_metric from = { "m", KYMO_GAUGE, 0, "bytes", "Help.", labels };
	unsigned n = 1;

	(void)state;
	for (;; n++) {
		struct metric *metric;

		fault_at(FAULT_MEMORY, n, ENOMEM);
		metric = metric_create(&from);
		if (!fault_off()) {
			assert_true(metric_same(metric, &from));
			metric_destroy(metric);
			break;
		}
		assert_null(metric);
	}
	assert_int_equal(n, 3);
}

static void a_metric_of_bytes_too(void **state)
{
	AUTO(metric) metric = metric_create(&(struct kymo_metric){ "m", KYMO_GAUGE, 0, "", "", NULL });
	AUTO_BUF bytes = { 0 };
	struct reader in;

	(void)state;
	metric_encode(metric, &bytes);
	in = reader_of(bytes.data, bytes.len);
	fault_at(FAULT_MEMORY, 1, ENOMEM);
	assert_null(metric_decode(&in));
	assert_true(fault_off());
}

static const struct { enum matcher_op op; const char *value; } matchers[] = {
	{ MATCH_EQUAL, "a" }, { MATCH_NOT_EQUAL, "" }, { MATCH_REGEX, "a|b|c" }, { MATCH_REGEX, ".+" },
	{ MATCH_NOT_REGEX, "a.*b" }, { MATCH_PATTERN, "a*" }, { MATCH_PATTERN, "a" },
};

static void a_matcher_is_whole_or_not_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(matchers); i++)
		for (unsigned n = 1;; n++) {
			struct error err = { 0 };
			struct matcher *matcher;

			fault_at(FAULT_MALLOC | FAULT_CALLOC, n, ENOMEM);
			matcher = matcher_create(matchers[i].op, "label", matchers[i].value, &err);
			if (!fault_off()) {
				assert_non_null(matcher);
				matcher_destroy(matcher);
				break;
			}
			assert_null(matcher);
			assert_int_equal(err.code, -ENOMEM);
			error_clear(&err);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_encode_says_so),
		cmocka_unit_test(a_metric_is_whole_or_not_there),
		cmocka_unit_test(a_metric_of_bytes_too),
		cmocka_unit_test(a_matcher_is_whole_or_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
