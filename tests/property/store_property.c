/* SPDX-License-Identifier: MIT */
/*
 * store_property.c - a store against a list of what it has taken: random appends
 * in and out of order, repeated, contradicting and too late, of series that come
 * together, in part, in any order, alone, or several times at once, with flushes and
 * restarts between them.
 */
#include "folder.h"
#include "model/sample.h"

enum { SERIES = 21, STEPS = 10000, MOST = 60000, LIVES = 10, BATCH = 4 * SERIES };

struct model {
	uint32_t n;
	kymo_ms at[MOST];
	uint64_t bits[MOST];
};

static struct model models[SERIES];
static struct got got;
static uint64_t seed = 1;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 33) % n);
}

/* The first place whose time is not before. */
static uint32_t place(const struct model *model, kymo_ms at)
{
	uint32_t from = 0, to = model->n;

	while (from < to) {
		uint32_t middle = (from + to) / 2;

		if (model->at[middle] < at)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* What the store has to say of one sample; takes it if it is to be stored. */
static enum { STORED, REPEATED, LATE, CONFLICT } judge(struct model *model, kymo_ms at, uint64_t bits, kymo_ms oldest, kymo_ms late)
{
	uint32_t i = place(model, at);
	kymo_ms newest = model->n ? model->at[model->n - 1] : INT64_MIN;

	if (at != newest && (at < oldest || (at < newest && newest - at > late)))
		return LATE;
	if (i < model->n && model->at[i] == at)
		return model->bits[i] == bits ? REPEATED : CONFLICT;
	assert_true(model->n < MOST);
	memmove(model->at + i + 1, model->at + i, (model->n - i) * sizeof *model->at);
	memmove(model->bits + i + 1, model->bits + i, (model->n - i) * sizeof *model->bits);
	model->at[i] = at;
	model->bits[i] = bits;
	model->n++;
	return STORED;
}

static double value_for(uint32_t series)
{
	switch (series % 7) {
	case 0:
		return 7;
	case 1:
		return below(3);
	case 2:
		return below(100000) / 100.0;
	case 3:
		return below(50) ? 1.0 / (1 + below(1000)) : value_stale();
	case 4:
		return below(30) ? 42.5 : -0.0;
	default:
		return value_of_bits(((uint64_t)below(1u << 31) << 33) ^ below(1u << 31));
	}
}

static kymo_ms time_for(kymo_ms now)
{
	switch (below(12)) {
	case 0:
		return now - below(600001);
	case 1:
		return now - below(5000);
	case 2:
		return now - 600000 - below(100000);
	default:
		return now;
	}
}

/* What is being put together. */
struct making {
	uint32_t n;
	uint32_t series[BATCH];
	kymo_ms at[BATCH];
	double values[BATCH];
};

static void add(struct making *making, uint32_t series, kymo_ms at)
{
	making->series[making->n] = series;
	making->at[making->n] = at;
	making->values[making->n++] = value_for(series);
}

static void shuffle(struct making *making)
{
	for (uint32_t i = making->n; i > 1; i--) {
		uint32_t k = below(i), series = making->series[k];
		double value = making->values[k];

		making->series[k] = making->series[i - 1];
		making->values[k] = making->values[i - 1];
		making->series[i - 1] = series;
		making->values[i - 1] = value;
	}
}

/* The order in which the store takes them: that of time, then of the batch. */
static uint32_t next_of(const struct making *making, const bool *taken)
{
	uint32_t best = BATCH;

	for (uint32_t i = 0; i < making->n; i++)
		if (!taken[i] && (best == BATCH || making->at[i] < making->at[best]))
			best = i;
	return best;
}

static void judge_all(const struct folder *f, const struct making *making, kymo_ms now, struct store_appended *expected)
{
	bool taken[BATCH] = { false };

	for (uint32_t n = 0; n < making->n; n++) {
		uint32_t i = next_of(making, taken);

		taken[i] = true;
		switch (judge(&models[making->series[i]], making->at[i], value_bits(making->values[i]),
			      now - f->options.retention[KYMO_RAW], f->options.out_of_order)) {
		case STORED:
			expected->stored++;
			break;
		case REPEATED:
			expected->repeated++;
			break;
		case LATE:
			expected->refused[REFUSED_LATE]++;
			break;
		case CONFLICT:
			expected->refused[REFUSED_CONFLICT]++;
		}
	}
}

static void append(struct folder *f, const series_ref *refs, const struct making *making, kymo_ms now)
{
	series_ref ref[BATCH];
	struct store_appended done, expected = { 0 };
	struct store_batch batch = { .n = making->n, .refs = ref, .values = making->values, .times = making->at };
	bool shared = making->n && !below(8);

	for (uint32_t i = 0; i < making->n; i++) {
		ref[i] = refs[making->series[i]];
		shared |= i && making->at[i] == making->at[0];
	}
	for (uint32_t i = 0; i < making->n; i++)
		shared &= making->at[i] == making->at[0];
	if (shared) {
		batch.at = making->at[0];
		batch.times = NULL;
	}
	judge_all(f, making, now, &expected);
	assert_int_equal(store_append(f->store, &batch, &done), 0);
	assert_memory_equal(&done, &expected, sizeof done);
}

/* Now and then a series comes twice in a batch. */
static void make_any(struct making *making, kymo_ms now)
{
	uint32_t n = 1 + below(SERIES + 2);
	kymo_ms at = time_for(now);
	bool shared = below(2);

	for (uint32_t i = 0; i < n; i++)
		add(making, below(4) ? i % SERIES : below(SERIES), shared ? at : time_for(now));
}

/* Each series with the last few seconds, one series behind the other. */
static void make_history(struct making *making, kymo_ms now)
{
	uint32_t times = 1 + below(4);

	for (uint32_t i = 0; i < SERIES; i++)
		for (uint32_t k = times; k--;)
			add(making, i, now - 250 * (kymo_ms)k);
}

/* Those that a bit of `which` chooses. */
static void make_some(struct making *making, kymo_ms now, uint32_t which)
{
	for (uint32_t i = 0; i < SERIES; i++)
		if (which >> i & 1)
			add(making, i, now);
}

static void append_some(struct folder *f, const series_ref *refs, kymo_ms now, uint32_t habit)
{
	struct making making = { 0 };
	uint32_t half = (1u << SERIES / 2) - 1;

	switch (habit) {
	case 0:
		make_some(&making, now, ~0u);
		break;
	case 1:
		make_some(&making, now, ~0u);
		shuffle(&making);
		break;
	case 2:
		make_some(&making, now, below(1u << 30));
		break;
	case 3:
		make_some(&making, now, below(2) ? half : ~half);
		break;
	case 4:
		make_some(&making, now, ~0u & ~(1u << below(SERIES)));
		break;
	case 5:
		make_some(&making, now, 1u << below(SERIES));
		break;
	case 6:
		make_history(&making, now);
		break;
	default:
		make_any(&making, now);
	}
	append(f, refs, &making, now);
}

static void compare(struct folder *f, series_ref ref, const struct model *model, kymo_ms start, kymo_ms end)
{
	uint32_t first = place(model, start + 1);

	get(f->store, ref, start, end, &got);
	for (uint32_t i = 0; i < got.n; i++) {
		assert_true(first + i < model->n);
		if (got.at[i] != model->at[first + i] || value_bits(got.value[i]) != model->bits[first + i])
			fail_msg("entry %u of (%lld, %lld]: %lld %a, not %lld %a", i, (long long)start, (long long)end,
				 (long long)got.at[i], got.value[i], (long long)model->at[first + i],
				 value_of_bits(model->bits[first + i]));
	}
	assert_true(first + got.n == model->n || model->at[first + got.n] > end);
}

static void compare_all(struct folder *f, const series_ref *refs)
{
	for (uint32_t i = 0; i < SERIES; i++)
		compare(f, refs[i], &models[i], INT64_MIN, INT64_MAX);
}

static void live(uint64_t life)
{
	struct folder f;
	series_ref refs[SERIES];
	kymo_ms now = T0;
	uint32_t habit = 0;

	seed = life * 0x9e3779b97f4a7c15u;
	folder_make(&f);
	folder_open(&f);
	for (uint32_t i = 0; i < SERIES; i++) {
		char name[] = { (char)('a' + i), 0 };

		refs[i] = series_of(f.store, name, "x");
		models[i].n = 0;
	}
	for (uint32_t step = 0; step < STEPS; step++) {
		if (!below(100))
			habit = below(8);
		now += below(50) ? 1000 : below(100) ? below(10000) : below(7200000);
		f.clock.now = now;
		append_some(&f, refs, now, below(20) ? habit : below(8));
		if (!below(700))
			flush(f.store);
		if (!below(1500))
			folder_reopen(&f);
		if (!below(50)) {
			uint32_t series = below(SERIES);
			kymo_ms start = now - below(8000000);

			compare(&f, refs[series], &models[series], start, start + below(3000000));
		}
	}
	compare_all(&f, refs);
	folder_reopen(&f);
	compare_all(&f, refs);
	flush(f.store);
	compare_all(&f, refs);
	folder_remove(&f);
}

static void holds_what_it_took_and_nothing_else(void **state)
{
	(void)state;
	log_set_level(LOG_STORE, LOG_LEVEL_WARN);
	for (uint64_t life = 1; life <= LIVES; life++)
		live(life);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_what_it_took_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
