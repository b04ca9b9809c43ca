/* SPDX-License-Identifier: MIT */
/* write_request_test.c - bodies as columns: whole, in an unusual order, damaged. */
#include "wire.h"

#include <errno.h>
#include <math.h>

struct reading {
	struct ref_cache *cache;
	struct write_request request;
	struct error err;
	struct buf body;
};

static int make(void **state)
{
	struct reading *reading = calloc(1, sizeof *reading);

	reading->cache = ref_cache_create();
	*state = reading;
	return 0;
}

static int unmake(void **state)
{
	struct reading *reading = *state;

	write_request_fini(&reading->request);
	ref_cache_destroy(reading->cache);
	error_clear(&reading->err);
	buf_fini(&reading->body);
	free(reading);
	return 0;
}

static int read_it(struct reading *reading)
{
	error_clear(&reading->err);
	return write_request_read(&reading->request, reading->cache, reading->body.data, reading->body.len, &reading->err);
}

static void samples_become_columns(void **state)
{
	struct reading *reading = *state;
	const struct write_request *request = &reading->request;
	AUTO_BUF series = { 0 };

	wire_one(&reading->body, "__name__=a,x=1", T0, 1.5);
	wire_labels(&series, "__name__=b");
	wire_sample(&series, T0, -2);
	wire_sample(&series, T0 + 1, value_stale());
	wire_sample(&series, -5, INFINITY);
	wire_series(&reading->body, &series);
	assert_int_equal(read_it(reading), 0);
	assert_int_equal(request->n_series, 2);
	assert_int_equal(request->n, 4);
	assert_true(request->values[0] == 1.5 && request->times[0] == T0);
	assert_true(request->values[1] == -2 && request->times[2] == T0 + 1 && request->times[3] == -5);
	assert_true(value_is_stale(request->values[2]));
	assert_true(request->series[1].first == 1 && request->series[1].n == 3);
}

/* proto3 leaves zeros out; -0 is none. */
static void what_is_left_out_is_zero(void **state)
{
	struct reading *reading = *state;
	const struct write_request *request = &reading->request;

	wire_one(&reading->body, "__name__=a", 0, 0);
	wire_one(&reading->body, "__name__=a", 7, 0);
	wire_one(&reading->body, "__name__=a", 0, 3);
	wire_one(&reading->body, "__name__=a", 8, -0.0);
	assert_int_equal(read_it(reading), 0);
	assert_true(request->times[0] == 0 && value_bits(request->values[0]) == 0);
	assert_true(request->times[1] == 7 && value_bits(request->values[1]) == 0);
	assert_true(request->times[2] == 0 && request->values[2] == 3);
	assert_true(request->times[3] == 8 && value_bits(request->values[3]) == value_bits(-0.0));
}

static void equal_labels_have_equal_keys(void **state)
{
	struct reading *reading = *state;
	const struct wire_series *series;

	wire_one(&reading->body, "__name__=a,x=1", T0, 1);
	wire_one(&reading->body, "__name__=a,x=2", T0, 1);
	wire_one(&reading->body, "__name__=a,x=1", T0 + 1, 2);
	assert_int_equal(read_it(reading), 0);
	series = reading->request.series;
	assert_true(series[0].key.low == series[2].key.low && series[0].key.high == series[2].key.high);
	assert_true(series[0].key.low != series[1].key.low);
}

static void what_is_not_for_us_is_counted_or_passed_over(void **state)
{
	struct reading *reading = *state;
	const struct write_request *request = &reading->request;
	AUTO_BUF series = { 0 };

	wire_varint(&reading->body, 9, 1);
	wire_labels(&series, "__name__=a");
	wire_bytes(&series, 3, "exemplar", 8);
	wire_sample(&series, T0, 1);
	wire_bytes(&series, 4, "histogram", 9);
	wire_bytes(&series, 17, "later", 5);
	wire_series(&reading->body, &series);
	wire_labels(&series, "__name__=only_a_histogram");
	wire_bytes(&series, 4, "histogram", 9);
	wire_series(&reading->body, &series);
	wire_metadata(&reading->body, 1, "a", "Help.", "");
	assert_int_equal(read_it(reading), 0);
	assert_int_equal(request->n_series, 1);
	assert_int_equal(request->n, 1);
	assert_true(request->exemplars == 1 && request->histograms == 2 && request->metadata == 1);
}

static void labels_may_stand_behind_samples(void **state)
{
	struct reading *reading = *state;
	struct write_request *request = &reading->request;
	AUTO_BUF series = { 0 };
	struct ref_key usual;

	wire_one(&reading->body, "__name__=a,x=1", T0, 1);
	wire_label(&series, "__name__", "a");
	wire_sample(&series, T0 + 1, 2);
	wire_label(&series, "x", "1");
	wire_bytes(&series, 3, "exemplar", 8);
	wire_series(&reading->body, &series);
	wire_metadata(&reading->body, 1, "a", "Help.", "");
	assert_int_equal(read_it(reading), 0);
	usual = request->series[0].key;
	assert_int_equal(request->n_series, 2);
	assert_true(request->series[1].key.low == usual.low && request->series[1].key.high == usual.high);
	assert_true(request->times[1] == T0 + 1 && request->values[1] == 2);
	assert_true(request->exemplars == 1 && request->metadata == 1);
}

#define SERIES(content, n) "\x0a" n content
#define ROW(text) { text, sizeof text - 1 }
static const struct { const char *bytes; size_t n; } bad[] = {
	ROW("\x0a\x05" "abcd"),				/* a series that is cut */
	ROW("\x08\x01"),				/* a series that is a number */
	ROW("\x18\x01"),				/* metadata too */
	ROW(SERIES("\x0a\x02", "\x02")),		/* a label that is cut */
	ROW(SERIES("\x08\x01", "\x02")),		/* a label that is a number */
	ROW(SERIES("\x12\x02", "\x02")),		/* a sample that is cut */
	ROW(SERIES("\x10\x02", "\x02")),		/* a sample that is a number */
	ROW(SERIES("\x12\x02\x08\x01", "\x04")),	/* a value that is a varint */
	ROW(SERIES("\x12\x09\x11" "12345678", "\x0b")),	/* a time that is fixed */
	ROW(SERIES("\x12\x09\x09" "12345678\x10", "\x0c")),	/* a time that is not there */
	ROW(SERIES("\x12\x00\x1a\x05" "a", "\x05")),	/* an exemplar that is cut */
	ROW(SERIES("\x12\x00\x0a\x02" "a", "\x05")),	/* a label behind a sample that is cut */
	ROW("\xff"),
};

static void damage_is_refused_with_its_place(void **state)
{
	struct reading *reading = *state;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int r;

		buf_clear(&reading->body);
		wire_one(&reading->body, "__name__=a", T0, 1);
		buf_add(&reading->body, bad[i].bytes, bad[i].n);
		r = read_it(reading);
		if (r != -EBADMSG || !strstr(error_text(&reading->err), "behind byte"))
			fail_msg("row %zu: %d %s", i, r, error_text(&reading->err));
	}
}

static void every_cut_is_noticed_or_harmless(void **state)
{
	struct reading *reading = *state;
	AUTO_BUF whole = { 0 };

	wire_one(&whole, "__name__=a,x=1", T0, 1);
	for (size_t n = 0; n < whole.len; n++) {
		buf_clear(&reading->body);
		buf_add(&reading->body, whole.data, n);
		if (read_it(reading) != (n ? -EBADMSG : 0))
			fail_msg("cut to %zu of %zu", n, whole.len);
	}
}

static void too_many_samples_are_refused(void **state)
{
	struct reading *reading = *state;
	AUTO_BUF series = { 0 };

	wire_labels(&series, "__name__=a");
	for (uint32_t i = 0; i <= WRITE_SAMPLES_MOST; i++)
		buf_add(&series, "\x12", 2);		/* an empty one: 0 at 1970 */
	wire_series(&reading->body, &series);
	assert_int_equal(read_it(reading), -E2BIG);
	assert_string_equal(error_text(&reading->err), "more than 1048576 samples in one request");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(samples_become_columns),
		TEST(what_is_left_out_is_zero),
		TEST(equal_labels_have_equal_keys),
		TEST(what_is_not_for_us_is_counted_or_passed_over),
		TEST(labels_may_stand_behind_samples),
		TEST(damage_is_refused_with_its_place),
		TEST(every_cut_is_noticed_or_harmless),
		TEST(too_many_samples_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
