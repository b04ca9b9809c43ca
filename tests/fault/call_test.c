/* SPDX-License-Identifier: MIT */
/* call_test.c - functions without memory: -ENOMEM with a reason, no series is lost silently, nothing leaks. */
#include "eval/fake_stream.h"
#include "fault/fault.h"
#include "model/labels_edit.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>

enum { POINTS = 2 };

static const char *const lines[] = {
	"m{le=\"1\",instance=\"a\",job=\"j\"}",
	"m{le=\"+Inf\",instance=\"a\",job=\"j\"}",
	"m{le=\"x\",instance=\"b\",job=\"j\"}",
	"target_info{instance=\"a\",job=\"j\",data=\"d\"}",
};

static const char *const queries[] = {
	"abs(m)",
	"clamp({instance=\"a\"} * 1, time(), 7)",
	"timestamp(m)",
	"timestamp(-m)",
	"vector(scalar(m) + 1)",
	"absent(none{a=\"b\"})",
	"sort(m @ 0)",
	"label_replace(m, \"dst\", \"$1-$n\", \"le\", \"(.)(?P<n>.*)\")",
	"label_join(m, \"dst\", \"-\", \"le\", \"job\")",
	"histogram_quantile(0.5, m{instance=\"a\"})",
	"histogram_quantiles(m{instance=\"a\"}, \"q\", 0.5, min_of(1, time()))",
	"histogram_fraction(0, 1, m{instance=\"a\"})",
	"info(m)",
	"info(m, {data=~\".*\"})",
	"info(m, {__name__!=\"m\"})",
};

struct bytes {
	struct buf labels[COUNT_OF(lines)];
	double values[COUNT_OF(lines)][POINTS];
	struct column columns[COUNT_OF(lines)];
};

static void make(struct bytes *bytes)
{
	for (uint32_t i = 0; i < COUNT_OF(lines); i++) {
		fake_labels(lines[i], strlen(lines[i]), &bytes->labels[i]);
		bytes->values[i][0] = i + 1;
		bytes->values[i][1] = 2 * (i + 1);
		bytes->columns[i] = (struct column){ labels_in(&bytes->labels[i]), bytes->values[i] };
	}
	fake_series(bytes->columns, COUNT_OF(lines));
}

static int count(struct fake_run *run, uint32_t *n)
{
	AUTO(stream) stream = NULL;
	struct column column;
	int r = stream_open(&run->eval, expr_root(run->expr), &run->eval.outer, &stream);

	*n = 0;
	while (r >= 0 && (r = stream_next(stream, &column)) > 0)
		++*n;
	return r;
}

static void check(const char *query)
{
	struct fake_run run;
	uint32_t wanted, n;

	fake_start(&run, query, POINTS);
	assert_int_equal(count(&run, &wanted), 0);
	fake_end(&run);
	for (unsigned nth = 1;; nth++) {
		bool faulted;
		int r;

		fake_start(&run, query, POINTS);
		fault_at(FAULT_MEMORY, nth, ENOMEM);
		r = count(&run, &n);
		faulted = fault_off();
		if (r != -ENOMEM && (r != 0 || n != wanted))
			fail_msg("%s, call %u: %d, %u series of %u", query, nth, r, n, wanted);
		if (r < 0)
			assert_int_equal(run.err.code, r);
		fake_end(&run);
		if (!faulted)
			return;
	}
}

static void each_allocation_fails(void **state)
{
	struct bytes bytes = { 0 };

	(void)state;
	make(&bytes);
	for (size_t i = 0; i < COUNT_OF(queries); i++)
		check(queries[i]);
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		buf_fini(&bytes.labels[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_allocation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
