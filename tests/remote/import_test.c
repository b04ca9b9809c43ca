/* SPDX-License-Identifier: MIT */
/* import_test.c - texts into a real store: what is stored, what is not, what is said of it. */
#include "wire.h"

#include "remote/text_request.h"

#include <errno.h>
#include <math.h>

struct rig {
	struct folder folder;
	struct receiver *receiver;
	struct error err;
	struct text_import how;
};

static const struct receiver_limits limits = { { 8, 256, 4096 }, 1000, 1 << 20 };

static int make(void **state)
{
	struct rig *rig = calloc(1, sizeof *rig);

	folder_make(&rig->folder);
	rig->folder.options.retention[KYMO_RAW] = FOREVER;
	rig->folder.options.series = 100;
	folder_open(&rig->folder);
	rig->receiver = receiver_create(rig->folder.store, &limits);
	rig->how.at = T0;
	*state = rig;
	return 0;
}

static int unmake(void **state)
{
	struct rig *rig = *state;

	receiver_destroy(rig->receiver);
	folder_remove(&rig->folder);
	error_clear(&rig->err);
	free(rig);
	return 0;
}

static int import(struct rig *rig, const char *text)
{
	error_clear(&rig->err);
	return receiver_import(rig->receiver, &rig->how, (const uint8_t *)text, strlen(text), &rig->err);
}

static void must_import(struct rig *rig, const char *text)
{
	int r = import(rig, text);

	if (r < 0)
		fail_msg("%d %s", r, error_text(&rig->err));
}

/* "series time value" of all samples, in order of names. */
static int print_series(void *data, const struct series_view *view)
{
	labels_print(view->labels, data);
	buf_printf(data, " %lld %g\n", (long long)(view->last_at - T0), view->last);
	return 0;
}

static void stored_is(struct rig *rig, const char *wanted)
{
	AUTO_BUF text = { 0 };

	store_each_series(rig->folder.store, NULL, 0, print_series, &text);
	assert_string_equal(buf_text(&text), wanted);
}

static void a_text_is_stored(void **state)
{
	struct rig *rig = *state;

	must_import(rig, "# TYPE a counter\na 1\nb{c=\"d\\n\",e=\"\"} 2.5\n{\"f.g\",h=\"i\"} NaN\n");
	stored_is(rig, "a 0 1\nb{c=\"d\\n\"} 0 2.5\nf.g{h=\"i\"} 0 nan\n");
	rig->how.at = T0 + 1000;
	must_import(rig, "b{c=\"d\\n\",e=\"\"} 3\n");
	must_import(rig, "b {\tc = \"d\\n\", } 3");
	stored_is(rig, "a 0 1\nb{c=\"d\\n\"} 1000 3\nf.g{h=\"i\"} 0 nan\n");
}

static void nothing_of_a_bad_text_is_stored(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(import(rig, "# TYPE a counter\na 1\nb one\n"), -EBADMSG);
	assert_string_equal(error_text(&rig->err), "3:3: \"one\" is not a number that a double can hold");
	rig->how.format = TEXT_OPENMETRICS;
	assert_int_equal(import(rig, "# TYPE a counter\na_total 1\n"), -EBADMSG);
	assert_string_equal(error_text(&rig->err), "3:1: the text ends without # EOF: it is cut");
	stored_is(rig, "");
}

static struct receiver_stats stats_of(struct rig *rig)
{
	struct receiver_stats stats;

	receiver_import_stats(rig->receiver, &stats);
	return stats;
}

static void it_is_counted_apart_from_remote_write(void **state)
{
	struct rig *rig = *state;
	struct receiver_stats stats;

	rig->how.format = TEXT_OPENMETRICS;
	must_import(rig, "# TYPE a counter\na_total 1 # {} 1\n# TYPE b gauge\nb 1 0\nb 2 0.0001\n# EOF\n");
	assert_int_equal(import(rig, "a\n"), -EBADMSG);
	must_import(rig, "# TYPE a counter\na_total 1\n# EOF\n");
	stats = stats_of(rig);
	assert_int_equal(stats.requests, 3);
	assert_int_equal(stats.requests_refused, 1);
	assert_int_equal(stats.samples, 3);
	assert_int_equal(stats.stored, 2);
	assert_int_equal(stats.repeated, 1);
	assert_int_equal(stats.exemplars, 1);
	assert_int_equal(stats.left_out, 1);
	assert_int_equal(stats.looked_up, 2);
	assert_int_equal(stats.found, 1);
	receiver_stats(rig->receiver, &stats);
	assert_int_equal(stats.requests, 0);
}

static void several_times_of_a_series_are_stored(void **state)
{
	struct rig *rig = *state;
	AUTO_BUF text = { 0 };

	for (int i = 0; i < 50; i++)
		buf_printf(&text, "a %d %lld\n%s", i, (long long)T0 + i * 1000, i % 10 ? "" : "# a comment\n");
	for (int i = 0; i < 50; i++)
		buf_printf(&text, "b %d %lld\nc{d=\"e\"} %d %lld\n", i, (long long)T0 + i * 1000, -i, (long long)T0 + i * 1000);
	must_import(rig, buf_text(&text));
	assert_int_equal(stats_of(rig).stored, 150);
	stored_is(rig, "a 49000 49\nb 49000 49\nc{d=\"e\"} 49000 -49\n");
}

static void what_the_store_refuses_is_said_and_the_rest_stored(void **state)
{
	struct rig *rig = *state;

	must_import(rig, "a 1\n");
	assert_int_equal(import(rig, "a 2\nb 1\n"), -EINVAL);
	assert_non_null(strstr(error_text(&rig->err), "1 of 2 samples are refused, the others are stored; 1 with another value"));
	stored_is(rig, "a 0 1\nb 0 1\n");
}

static void series_that_are_too_many_are_refused(void **state)
{
	struct rig *rig = *state;
	AUTO_BUF text = { 0 };

	for (int i = 0; i < 150; i++)
		buf_printf(&text, "a{i=\"%d\"} 1\n", i);
	assert_int_equal(import(rig, buf_text(&text)), -EDQUOT);
	assert_non_null(strstr(error_text(&rig->err), "50 of 150 samples"));
	assert_int_equal(stats_of(rig).over_limit, 50);
}

static void limits_of_labels_have_a_place(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(import(rig, "a{b=\"1\",c=\"1\",d=\"1\",e=\"1\",f=\"1\",g=\"1\",h=\"1\",i=\"1\",j=\"1\"} 1\n"), -EBADMSG);
	assert_string_equal(error_text(&rig->err), "1:51: more than 8 labels");
	stored_is(rig, "");
}

#define LABEL(name, value) { name, value, sizeof name - 1, sizeof value - 1 }

static void extra_labels_are_put_in(void **state)
{
	static const struct label extra[] = { LABEL("job", "x"), LABEL("b", "new"), LABEL("c", "") };
	static const struct label other[] = { LABEL("job", "y") };
	struct rig *rig = *state;

	rig->how.extra = extra;
	rig->how.n_extra = 3;
	must_import(rig, "a 1\na{b=\"old\",c=\"old\"} 1\n");
	stored_is(rig, "a{b=\"new\",job=\"x\"} 0 1\n");
	rig->how.extra = other;
	rig->how.n_extra = 1;
	must_import(rig, "a 2\n");		/* the same text, another series */
	rig->how.n_extra = 0;
	must_import(rig, "a 3\n");
	stored_is(rig, "a{b=\"new\",job=\"x\"} 0 1\na{job=\"y\"} 0 2\na 0 3\n");
}

static void extra_labels_have_limits_too(void **state)
{
	static const struct label extra[] = { LABEL("job", "\377") };
	struct label many[9];
	struct rig *rig = *state;

	rig->how.extra = extra;
	rig->how.n_extra = 1;
	assert_int_equal(import(rig, "a 1\n"), -EBADMSG);
	for (uint32_t i = 0; i < 9; i++)
		many[i] = (struct label){ &"abcdefghi"[i], "x", 1, 1 };
	rig->how.extra = many;
	rig->how.n_extra = 8;
	must_import(rig, "a 1\n");
	assert_int_equal(import(rig, "a{z=\"1\"} 1\n"), -EINVAL);
	rig->how.n_extra = 9;
	assert_int_equal(import(rig, "a 1\n"), -EBADMSG);
}

struct told {
	const char *name;
	uint32_t type;
	const char *unit, *help;
	bool found;
};

static int look_at_metric(void *data, const struct metric *metric, uint32_t n_series, kymo_ms first_at, kymo_ms last_at)
{
	struct told *told = data;

	(void)n_series, (void)first_at, (void)last_at;
	for (; told->name; told++) {
		if (strcmp(metric->name, told->name) != 0)
			continue;
		if (metric->type != told->type || strcmp(metric->unit, told->unit) != 0 || strcmp(metric->help, told->help) != 0)
			fail_msg("%s: %u %s %s", metric->name, metric->type, metric->unit, metric->help);
		told->found = true;
	}
	return 0;
}

static void metrics_are_told(void **state)
{
	struct told told[] = {
		{ "a_total", KYMO_COUNTER, "", "one \\\ntwo", false }, { "h_s_bucket", KYMO_COUNTER, "s", "", false },
		{ "h_s_count", KYMO_COUNTER, "s", "", false }, { "g", KYMO_GAUGE, "", "a gauge", false },
		{ "i_info", KYMO_GAUGE, "", "", false }, { "u", KYMO_UNTYPED, "", "", false }, { NULL, 0, NULL, NULL, false },
	};
	struct rig *rig = *state;

	must_import(rig, "# HELP g a gauge\n# TYPE g gauge\ng 1\n");
	rig->how.format = TEXT_OPENMETRICS;
	must_import(rig, "# TYPE a counter\n# HELP a one \\\\\\ntwo\na_total 1\n# TYPE h_s histogram\n# UNIT h_s s\nh_s_bucket{le=\"+Inf\"} 1\n"
			 "h_s_count 1\nh_s_sum 1\n# TYPE i info\ni_info{v=\"1\"} 1\nu 1\n# EOF\n");
	store_each_metric(rig->folder.store, look_at_metric, told);
	for (size_t i = 0; told[i].name; i++)
		if (!told[i].found)
			fail_msg("%s", told[i].name);
}

static void packed_bodies_are_unpacked(void **state)
{
	static const uint8_t gzip[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0x4b, 0x54, 0x30, 0xe4, 2, 0, 0x36, 0xe7, 0x1b, 0xbc, 4, 0, 0, 0 };
	struct rig *rig = *state;

	rig->how.packing = PACKED_GZIP;
	if (receiver_import(rig->receiver, &rig->how, gzip, sizeof gzip, &rig->err) < 0)
		fail_msg("%s", error_text(&rig->err));
	stored_is(rig, "a 0 1\n");
	assert_int_equal(receiver_import(rig->receiver, &rig->how, gzip, 5, &rig->err), -EBADMSG);
}

static void samples_are_not_too_many(void **state)
{
	struct rig *rig = *state;
	AUTO_BUF text = { 0 };

	for (uint32_t i = 0; i <= WRITE_SAMPLES_MOST; i++)
		buf_printf(&text, "a 1 %u\n", i);
	assert_int_equal(import(rig, buf_text(&text)), -E2BIG);
	stored_is(rig, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_text_is_stored, make, unmake),
		cmocka_unit_test_setup_teardown(nothing_of_a_bad_text_is_stored, make, unmake),
		cmocka_unit_test_setup_teardown(it_is_counted_apart_from_remote_write, make, unmake),
		cmocka_unit_test_setup_teardown(several_times_of_a_series_are_stored, make, unmake),
		cmocka_unit_test_setup_teardown(what_the_store_refuses_is_said_and_the_rest_stored, make, unmake),
		cmocka_unit_test_setup_teardown(series_that_are_too_many_are_refused, make, unmake),
		cmocka_unit_test_setup_teardown(limits_of_labels_have_a_place, make, unmake),
		cmocka_unit_test_setup_teardown(extra_labels_are_put_in, make, unmake),
		cmocka_unit_test_setup_teardown(extra_labels_have_limits_too, make, unmake),
		cmocka_unit_test_setup_teardown(metrics_are_told, make, unmake),
		cmocka_unit_test_setup_teardown(packed_bodies_are_unpacked, make, unmake),
		cmocka_unit_test_setup_teardown(samples_are_not_too_many, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
