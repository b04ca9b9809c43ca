/* SPDX-License-Identifier: MIT */
/* receiver_test.c - whole requests into a real store: what is stored, what is refused, what is said of it. */
#include "wire.h"

#include "util/thread.h"

#include <errno.h>

struct rig {
	struct folder folder;
	struct receiver *receiver;
	struct error err;
	struct buf request;
};

static const struct receiver_limits limits = { { 64, 256, 4096 }, 1000, 1 << 20 };

static int make(void **state)
{
	struct rig *rig = calloc(1, sizeof *rig);

	folder_make(&rig->folder);
	rig->folder.options.retention[KYMO_RAW] = FOREVER;
	folder_open(&rig->folder);
	rig->receiver = receiver_create(rig->folder.store, &limits);
	*state = rig;
	return 0;
}

static int unmake(void **state)
{
	struct rig *rig = *state;

	receiver_destroy(rig->receiver);
	folder_remove(&rig->folder);
	error_clear(&rig->err);
	buf_fini(&rig->request);
	free(rig);
	return 0;
}

/* What was put together, which is empty then. */
static int send(struct rig *rig)
{
	AUTO_BUF packed = { 0 };

	error_clear(&rig->err);
	wire_pack(&rig->request, &packed);
	buf_clear(&rig->request);
	return receiver_write(rig->receiver, packed.data, packed.len, &rig->err);
}

static void must_send(struct rig *rig)
{
	int r = send(rig);

	if (r < 0)
		fail_msg("%d %s", r, error_text(&rig->err));
}

/* The series of labels in the form "a=1,b=2"; 0: there is none. */
static series_ref find(struct rig *rig, const char *text)
{
	AUTO_BUF wire = { 0 }, bytes = { 0 };
	struct label items[LABELS_MOST + 1];
	series_ref ref;
	uint32_t n;

	wire_labels(&wire, text);
	assert_int_equal(labels_of_wire(wire.data, wire.len, &limits.labels, items, &n, NULL), 0);
	assert_int_equal(labels_encode(items, n, &bytes), 0);
	index_lock(rig->folder.store->index);
	ref = index_find(rig->folder.store->index, (struct labels){ bytes.data, (uint32_t)bytes.len });
	index_unlock(rig->folder.store->index);
	return ref;
}

static struct got *got_of(struct rig *rig, const char *labels)
{
	static struct got got;
	series_ref ref = find(rig, labels);

	got.n = 0;
	if (ref)
		get(rig->folder.store, ref, INT64_MIN, INT64_MAX, &got);
	return &got;
}

static struct receiver_stats stats_of(struct rig *rig)
{
	struct receiver_stats stats;

	receiver_stats(rig->receiver, &stats);
	return stats;
}

static void what_comes_is_stored(void **state)
{
	struct rig *rig = *state;
	const struct got *got;

	for (int i = 0; i < 10; i++) {
		wire_one(&rig->request, "__name__=up,job=a", T0 + i * 1000, i);
		wire_one(&rig->request, "__name__=up,job=b", T0 + i * 1000, -i);
		must_send(rig);
	}
	got = got_of(rig, "__name__=up,job=b");
	assert_int_equal(got->n, 10);
	assert_true(got->at[9] == T0 + 9000 && got->value[9] == -9);
	assert_int_equal(stats_of(rig).looked_up, 2);
	assert_int_equal(stats_of(rig).found, 18);
	assert_int_equal(stats_of(rig).stored, 20);
}

static void several_samples_of_a_series_in_one_request(void **state)
{
	struct rig *rig = *state;
	AUTO_BUF series = { 0 };
	const struct got *got;

	wire_labels(&series, "__name__=a");
	for (int i = 0; i < 100; i++)
		wire_sample(&series, T0 + i, i * 0.5);
	wire_series(&rig->request, &series);
	must_send(rig);
	got = got_of(rig, "__name__=a");
	assert_int_equal(got->n, 100);
	for (uint32_t i = 0; i < 100; i++)
		assert_true(got->at[i] == T0 + i && got->value[i] == i * 0.5);
}

static void every_bit_is_kept(void **state)
{
	static const uint64_t bits[] = {
		UINT64_C(0x7ff0000000000002) /* the staleness mark */, UINT64_C(0x7ff8000000000001), UINT64_C(0xfff8000000000123),
		UINT64_C(0x8000000000000000), 1, UINT64_C(0x7ff0000000000000),
	};
	struct rig *rig = *state;
	const struct got *got;

	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
		wire_one(&rig->request, "__name__=a", T0 + (kymo_ms)i, value_of_bits(bits[i]));
	must_send(rig);
	got = got_of(rig, "__name__=a");
	assert_int_equal(got->n, sizeof bits / sizeof *bits);
	for (uint32_t i = 0; i < got->n; i++)
		assert_true(value_bits(got->value[i]) == bits[i]);
}

static void samples_of_1970_are_taken(void **state)
{
	struct rig *rig = *state;
	const struct got *got;

	wire_one(&rig->request, "__name__=old", 0, 0);
	wire_one(&rig->request, "__name__=old", 1, 0);
	wire_one(&rig->request, "__name__=old", 86400000, 5);
	must_send(rig);
	got = got_of(rig, "__name__=old");
	assert_int_equal(got->n, 3);
	assert_true(got->at[0] == 0 && got->at[2] == 86400000 && got->value[2] == 5);
}

static void but_not_where_retention_is_shorter(void **state)
{
	struct rig *rig = *state;

	rig->folder.options.retention[KYMO_RAW] = 3600000;
	store_configure(rig->folder.store, &rig->folder.options);
	wire_one(&rig->request, "__name__=a", 1000, 1);
	wire_one(&rig->request, "__name__=a", T0, 2);
	wire_one(&rig->request, "__name__=b", T0 - 3600001, 3);
	assert_int_equal(send(rig), -EINVAL);
	assert_string_equal(error_text(&rig->err), "2 of 3 samples are refused, the others are stored; 2 too old");
	assert_int_equal(got_of(rig, "__name__=a")->n, 1);
}

static void the_same_again_is_fine_and_another_value_is_not(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 2; i++) {
		wire_one(&rig->request, "__name__=a", T0, 1);
		must_send(rig);
	}
	assert_int_equal(stats_of(rig).repeated, 1);
	wire_one(&rig->request, "__name__=a", T0, 2);
	wire_one(&rig->request, "__name__=a", T0 + 1, 3);
	assert_int_equal(send(rig), -EINVAL);
	assert_string_equal(error_text(&rig->err), "1 of 2 samples are refused, the others are stored; "
						   "1 with another value at a time that is known");
	assert_int_equal(got_of(rig, "__name__=a")->n, 2);
	assert_int_equal(stats_of(rig).refused[REFUSED_CONFLICT], 1);
}

static void bad_labels_are_refused_alone(void **state)
{
	struct rig *rig = *state;
	AUTO_BUF series = { 0 };

	wire_one(&rig->request, "__name__=a", T0, 1);
	wire_labels(&series, "__name__=b,y=1,x=1");
	wire_sample(&series, T0, 1);
	wire_sample(&series, T0 + 1, 1);
	wire_series(&rig->request, &series);
	wire_one(&rig->request, "x=1", T0, 1);
	wire_one(&rig->request, "__name__=c", T0, 7);
	assert_int_equal(send(rig), -EINVAL);
	assert_string_equal(error_text(&rig->err),
			    "3 of 5 samples are refused, the others are stored; 3 with labels that are not valid "
			    "(labels are not sorted: y stands before x)");
	assert_int_equal(got_of(rig, "__name__=a")->n, 1);
	assert_int_equal(got_of(rig, "__name__=c")->n, 1);
	assert_true(got_of(rig, "__name__=c")->value[0] == 7);
	assert_int_equal(stats_of(rig).malformed, 3);
}

static void of_a_damaged_body_nothing_is_stored(void **state)
{
	struct rig *rig = *state;

	wire_one(&rig->request, "__name__=a", T0, 1);
	buf_add_u8(&rig->request, 0xff);
	assert_int_equal(send(rig), -EBADMSG);
	assert_int_equal(find(rig, "__name__=a"), 0);
	assert_int_equal(receiver_write(rig->receiver, (const uint8_t *)"nonsense", 8, &rig->err), -EBADMSG);
	assert_int_equal(receiver_write(rig->receiver, NULL, 0, &rig->err), -EBADMSG);
	assert_int_equal(stats_of(rig).requests_refused, 3);
}

static void an_empty_request_is_fine(void **state)
{
	must_send(*state);
}

static void too_large_a_body_is_refused(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 1 << 16; i++)
		wire_one(&rig->request, "__name__=a", T0 + i, i);
	assert_int_equal(send(rig), -EFBIG);
}

static void series_over_the_limit_are_refused_alone(void **state)
{
	struct rig *rig = *state;
	char labels[64];

	rig->folder.options.series = 5;
	store_configure(rig->folder.store, &rig->folder.options);
	for (int i = 0; i < 8; i++) {
		snprintf(labels, sizeof labels, "__name__=a%d", i);
		wire_one(&rig->request, labels, T0, i);
	}
	assert_int_equal(send(rig), -EDQUOT);
	assert_string_equal(error_text(&rig->err),
			    "3 of 8 samples are refused, the others are stored; 3 of series that are too many "
			    "(a5: one more series is over limits.series)");
	assert_int_equal(got_of(rig, "__name__=a4")->n, 1);
	rig->folder.options.series = 100;
	rig->folder.options.series_per_metric = 1;
	store_configure(rig->folder.store, &rig->folder.options);
	wire_one(&rig->request, "__name__=a1,x=1", T0, 1);
	assert_int_equal(send(rig), -EDQUOT);
	assert_non_null(strstr(error_text(&rig->err), "(a1: one more series of this metric is over limits.series_per_metric)"));
	wire_one(&rig->request, "__name__=a1", T0 + 1, 1);
	must_send(rig);
}

/* Two cleanups without data, and the store lets a series go: its ref is of nobody then. */
static void a_series_that_was_let_go_comes_back(void **state)
{
	struct rig *rig = *state;
	series_ref before;

	rig->folder.options.retention[KYMO_RAW] = 3600000;
	for (int tier = KYMO_1M; tier < TIERS; tier++)
		rig->folder.options.retention[tier] = 7200000;
	store_configure(rig->folder.store, &rig->folder.options);
	wire_one(&rig->request, "__name__=a", T0, 1);
	wire_one(&rig->request, "__name__=b", T0, 1);
	must_send(rig);
	before = find(rig, "__name__=a");
	for (int i = 0; i < 40 && find(rig, "__name__=a"); i++) {
		rig->folder.clock.now += 1800000;
		wire_one(&rig->request, "__name__=b", rig->folder.clock.now, 1);
		must_send(rig);
		assert_int_equal(store_maintain(rig->folder.store, 0, NULL, NULL), 0);
	}
	assert_int_equal(find(rig, "__name__=a"), 0);
	wire_one(&rig->request, "__name__=a", rig->folder.clock.now, 2);
	wire_one(&rig->request, "__name__=b", rig->folder.clock.now + 1, 3);
	must_send(rig);
	assert_true(find(rig, "__name__=a") != before);
	assert_true(got_of(rig, "__name__=a")->value[0] == 2);
	assert_int_equal(got_of(rig, "__name__=a")->n, 1);
}

/* What comes does not depend on how it is cut into requests, nor on the order inside. */
static void any_order_and_any_cut_stores_the_same(void **state)
{
	struct rig *rig = *state;
	char labels[64];
	uint32_t step = 1;

	for (int round = 0; round < 20; round++) {
		step = step * 7 % 53;
		for (uint32_t i = 0; i < 53; i++) {
			uint32_t k = (i * step + (uint32_t)round) % 53;

			snprintf(labels, sizeof labels, "__name__=m,i=%u", k);
			wire_one(&rig->request, labels, T0 + round * 1000, round * 100 + k);
			if (round % 3 == 1 || (round % 3 == 2 && i % 7 == 0))
				must_send(rig);
		}
		must_send(rig);
	}
	for (uint32_t k = 0; k < 53; k++) {
		const struct got *got;

		snprintf(labels, sizeof labels, "__name__=m,i=%u", k);
		got = got_of(rig, labels);
		assert_int_equal(got->n, 20);
		for (uint32_t round = 0; round < 20; round++)
			assert_true(got->at[round] == T0 + round * 1000 && got->value[round] == round * 100 + k);
	}
}

static void new_limits_hold_for_series_that_are_known(void **state)
{
	struct rig *rig = *state;
	struct receiver_limits narrow = limits;

	wire_one(&rig->request, "__name__=a,x=12345", T0, 1);
	must_send(rig);
	narrow.labels.value = 4;
	receiver_configure(rig->receiver, &narrow);
	wire_one(&rig->request, "__name__=a,x=12345", T0 + 1, 1);
	assert_int_equal(send(rig), -EINVAL);
}

static bool owns_one(void *data, series_ref ref)
{
	return ref == *(const series_ref *)data;
}

static void what_an_instance_has_is_refused_alone(void **state)
{
	struct rig *rig = *state;
	series_ref owned;

	wire_one(&rig->request, "__name__=mine", T0, 1);
	wire_one(&rig->request, "__name__=theirs", T0, 1);
	must_send(rig);
	owned = find(rig, "__name__=mine");
	receiver_set_guard(rig->receiver, (struct guard){ owns_one, &owned });
	for (int i = 1; i <= 2; i++) {		/* known by its raw labels, and looked up */
		wire_one(&rig->request, "__name__=mine", T0 + i, 2);
		wire_one(&rig->request, "__name__=theirs", T0 + i, 2);
		assert_int_equal(send(rig), -EINVAL);
		assert_non_null(strstr(error_text(&rig->err), "1 of 2 samples are refused, the others are stored; 1 of series that "
				"a collector of this host has (the first is one of mine)"));
		assert_int_equal(stats_of(rig).owned, i);
		receiver_configure(rig->receiver, &limits);
	}
	assert_int_equal(got_of(rig, "__name__=mine")->n, 1);
	assert_int_equal(got_of(rig, "__name__=theirs")->n, 3);
	owned = 0;				/* the instance let go */
	wire_one(&rig->request, "__name__=mine", T0 + 3, 2);
	must_send(rig);
	assert_int_equal(got_of(rig, "__name__=mine")->n, 2);
}

static void what_a_policy_drops_is_no_fault_of_the_sender(void **state)
{
	static const char *const debug[] = { "debug*" };
	const struct policy drop = { .n_match = 1, .match = debug,
				     .schema = { SKETCH_USUAL, SKETCH_USUAL, SKETCH_USUAL, SKETCH_USUAL }, .drop = true };
	struct rig *rig = *state;
	struct store_options options = rig->folder.options;
	struct store_stats stats;

	options.n_policies = 1;
	options.policies = &drop;
	store_configure(rig->folder.store, &options);
	wire_one(&rig->request, "__name__=debug", T0, 1);
	wire_one(&rig->request, "__name__=kept", T0, 1);
	must_send(rig);
	assert_int_equal(got_of(rig, "__name__=kept")->n, 1);
	assert_int_equal(stats_of(rig).stored, 1);
	store_stats(rig->folder.store, &stats);
	assert_int_equal(stats.dropped, 1);
	assert_int_equal(stats.refused[REFUSED_UNKNOWN], 0);
}

/* ---- several at a time ---- */

enum { SENDERS = 4, ROUNDS = 50, EACH = 40 };

struct sender {
	struct rig *rig;
	int number;
	int failed;
	pthread_t thread;
};

/* Half of the series are of this sender, the other half all have. */
static void send_round(struct sender *sender, int round)
{
	AUTO_BUF request = { 0 }, packed = { 0 };
	char labels[64];

	for (int i = 0; i < EACH; i++) {
		snprintf(labels, sizeof labels, "__name__=m,i=%d,sender=%d", i, i % 2 ? sender->number : SENDERS);
		wire_one(&request, labels, T0 + round * 1000, round);
	}
	wire_pack(&request, &packed);
	sender->failed += receiver_write(sender->rig->receiver, packed.data, packed.len, NULL) != 0;
}

static void *send_on(void *data)
{
	for (int round = 0; round < ROUNDS; round++)
		send_round(data, round);
	return NULL;
}

/* What all the senders have sent is there once, in order. */
static void check_senders(struct rig *rig, int n)
{
	char labels[64];

	for (int s = 0; s <= SENDERS; s = s == n - 1 ? SENDERS : s + 1)
		for (int i = s == SENDERS ? 0 : 1; i < EACH; i += 2) {
			const struct got *got;

			snprintf(labels, sizeof labels, "__name__=m,i=%d,sender=%d", i, s);
			got = got_of(rig, labels);
			assert_int_equal(got->n, ROUNDS);
			for (uint32_t k = 0; k < got->n; k++)
				assert_true(got->at[k] == T0 + k * 1000 && got->value[k] == k);
		}
	assert_int_equal(stats_of(rig).stored + stats_of(rig).repeated, n * ROUNDS * EACH);
}

/* Its own series come in times that others of their group are past. */
static void a_sender_lags_behind(void **state)
{
	struct sender slow = { .rig = *state, .number = 0 }, quick = { .rig = *state, .number = 1 };

	for (int round = 0; round < 6; round++)
		send_round(&slow, round);
	for (int round = 0; round < 36; round++)
		send_round(&quick, round);
	for (int round = 6; round < ROUNDS; round++)
		send_round(&slow, round);
	for (int round = 36; round < ROUNDS; round++)
		send_round(&quick, round);
	assert_int_equal(slow.failed + quick.failed, 0);
	check_senders(*state, 2);
}

static void several_send_at_a_time(void **state)
{
	struct rig *rig = *state;
	struct sender senders[SENDERS];

	for (int i = 0; i < SENDERS; i++) {
		senders[i] = (struct sender){ .rig = rig, .number = i };
		assert_int_equal(thread_start(&senders[i].thread, "sender", send_on, &senders[i]), 0);
	}
	for (int i = 0; i < SENDERS; i++) {
		pthread_join(senders[i].thread, NULL);
		assert_int_equal(senders[i].failed, 0);
	}
	check_senders(rig, SENDERS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_comes_is_stored),
		TEST(several_samples_of_a_series_in_one_request),
		TEST(every_bit_is_kept),
		TEST(samples_of_1970_are_taken),
		TEST(but_not_where_retention_is_shorter),
		TEST(the_same_again_is_fine_and_another_value_is_not),
		TEST(bad_labels_are_refused_alone),
		TEST(of_a_damaged_body_nothing_is_stored),
		TEST(an_empty_request_is_fine),
		TEST(too_large_a_body_is_refused),
		TEST(series_over_the_limit_are_refused_alone),
		TEST(a_series_that_was_let_go_comes_back),
		TEST(any_order_and_any_cut_stores_the_same),
		TEST(new_limits_hold_for_series_that_are_known),
		TEST(what_an_instance_has_is_refused_alone),
		TEST(what_a_policy_drops_is_no_fault_of_the_sender),
		TEST(a_sender_lags_behind),
		TEST(several_send_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
