/* SPDX-License-Identifier: MIT */
/*
 * damage_property.c - a byte of any file of a store is changed, or a file is cut
 * off: the store opens, goes on, and never gives a value that was not stored.
 */
#include "answers.h"
#include "model/sample.h"
#include "util/file.h"

#include <fcntl.h>

enum { SERIES = 8, SECONDS = 900, DAMAGES = 400, FILES_MOST = 40, GONE = 300 /* the seconds after it ... */, GONE_MOST = 20 };

struct kept {
	char path[300];
	struct buf bytes;
};

static struct folder folder;
static series_ref refs[SERIES];
static struct kept files[FILES_MOST];
static uint32_t n_files;
static struct got got;
static struct answers records[SERIES][TIERS];	/* of the tiers, before any damage */
static uint32_t said;				/* lines of the log */
static uint64_t seed = 7;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 33) % n);
}

static double value_of(uint32_t series, uint32_t second)
{
	return series == 0 ? 1 : series % 2 ? second * 0.5 + series : 1.0 / (second + series);
}

static void quiet(void *data, enum log_level level, enum log_topic topic, const char *text)
{
	(void)data, (void)topic, (void)text;
	said += level == LOG_LEVEL_ERROR;
}

/* So that there is a list of what is deleted: twenty seconds of one series. */
static void delete_some(void)
{
	struct matcher *matcher = matcher_create(MATCH_EQUAL, LABEL_NAME, "c", NULL);
	uint32_t n;

	assert_non_null(matcher);
	assert_int_equal(store_delete(folder.store, &matcher, 1, T0 + GONE * 1000, T0 + (GONE + GONE_MOST) * 1000, &n, NULL), 0);
	assert_int_equal(n, 1);
	matcher_destroy(matcher);
}

static void ask_all(struct answers to[SERIES][TIERS])
{
	for (uint32_t i = 0; i < SERIES; i++)
		for (int tier = KYMO_1M; tier < TIERS; tier++)
			ask(folder.store, refs[i], (enum kymo_tier)tier, 0, INT64_MAX, WANT_ALL, &to[i][tier]);
}

static void fill(void)
{
	double values[SERIES];
	struct store_batch batch = { .n = SERIES, .refs = refs, .values = values };

	for (uint32_t i = 0; i < SERIES; i++) {
		char name[] = { (char)('a' + i), 0 };

		refs[i] = series_of(folder.store, name, "x");
	}
	for (uint32_t second = 0; second < SECONDS; second++) {
		for (uint32_t i = 0; i < SERIES; i++)
			values[i] = value_of(i, second);
		batch.at = T0 + second * 1000;
		folder.clock.now = batch.at;
		assert_int_equal(store_append(folder.store, &batch, NULL), 0);
		if (second % 300 == 250)
			store_maintain(folder.store, MAINTAIN_CLOSE | MAINTAIN_FLUSH, NULL, NULL);
		if (second == 700)
			delete_some();
	}
	ask_all(records);
}

/* ---- the files as they were ---- */

static int keep_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct kept *kept = &files[n_files];

	(void)ftw;
	if (type != FTW_F || !st->st_size)
		return 0;
	assert_true(n_files++ < FILES_MOST);
	snprintf(kept->path, sizeof kept->path, "%s", path);
	return file_read_all(path, 1 << 24, &kept->bytes, NULL);
}

static int remove_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)ftw;
	return type == FTW_F ? remove(path) : 0;
}

static void write_back(const struct kept *kept, const uint8_t *bytes, size_t n)
{
	int fd = file_open(kept->path, O_WRONLY | O_CREAT | O_TRUNC, 0640, NULL);

	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, bytes, n), 0);
	file_close(fd);
}

static void restore_all(void)
{
	assert_int_equal(nftw(folder.path, remove_file, 16, FTW_PHYS), 0);
	for (uint32_t i = 0; i < n_files; i++)
		write_back(&files[i], files[i].bytes.data, files[i].bytes.len);
}

static void damage(const struct kept *kept)
{
	uint8_t *copy = malloc(kept->bytes.len);
	uint32_t n = (uint32_t)kept->bytes.len;

	assert_non_null(copy);
	memcpy(copy, kept->bytes.data, n);
	switch (below(4)) {
	case 0:
		n = below(n);
		break;
	case 1:
		memset(copy + below(n), 0, n - below(n) > 16 ? 1 : 0);
		break;
	default:
		copy[below(n)] ^= (uint8_t)(1 << below(8));
	}
	write_back(kept, copy, n);
	free(copy);
}

/* ---- what is read ---- */

/* Every sample that comes is one that was put in; gives how many come. */
static uint32_t check_series(uint32_t i)
{
	get(folder.store, refs[i], 0, INT64_MAX, &got);
	for (uint32_t k = 0; k < got.n; k++) {
		uint32_t second = (uint32_t)((got.at[k] - T0) / 1000);

		if (got.at[k] < T0 || got.at[k] % 1000 != T0 % 1000 || second >= SECONDS ||
		    value_bits(got.value[k]) != value_bits(value_of(i, second)))
			fail_msg("series %u: %.17g at %lld was never stored", i, got.value[k], (long long)got.at[k]);
	}
	return got.n;
}

static int count_series(void *data, const struct series_view *view)
{
	++*(uint32_t *)data;
	return !labels_sound(view->labels);
}

static bool is_known(const struct answers *known, const struct record *record)
{
	for (uint32_t i = 0; i < known->n; i++)
		if (known->of[i].record.at == record->at)
			return window_same(&known->of[i].record.window, &record->window);
	return false;
}

/* A window that is stored is as it was: only what is computed from raw can have lost something. */
static void check_tiers(const char *path)
{
	struct answers now[SERIES][TIERS] = { 0 };

	ask_all(now);
	for (uint32_t i = 0; i < SERIES; i++)
		for (int tier = KYMO_1M; tier < TIERS; tier++) {
			for (uint32_t k = 0; k < now[i][tier].n; k++)
				if (!(now[i][tier].of[k].flags & RECORD_OPEN) && !is_known(&records[i][tier], &now[i][tier].of[k].record))
					fail_msg("%s: series %u has a window in %s that was never there", path, i, tier_name((enum kymo_tier)tier));
			answers_fini(&now[i][tier]);
		}
}

static uint32_t check_all(void)
{
	uint32_t n = 0, seen = 0;

	assert_int_equal(store_each_series(folder.store, NULL, 0, count_series, &seen), 0);
	for (uint32_t i = 0; i < SERIES; i++)
		n += check_series(i);
	return n;
}

static void damage_is_found_and_kept_apart(void **state)
{
	uint32_t all = SERIES * SECONDS - GONE_MOST, whole = 0;
	struct store_stats stats;

	(void)state;
	log_set_writer(quiet, NULL);
	folder_make(&folder);
	folder_open(&folder);
	fill();
	folder_close(&folder);
	assert_int_equal(nftw(folder.path, keep_file, 16, FTW_PHYS), 0);
	assert_true(n_files > 5);
	for (int i = 0; i < DAMAGES; i++) {
		const struct kept *kept = &files[below(n_files)];
		uint32_t n;

		restore_all();
		damage(kept);
		folder_open(&folder);
		n = check_all();
		check_tiers(kept->path);
		whole += n == all;
		said = 0;
		assert_int_equal(check_all(), n);
		if (said)
			fail_msg("%s: it is said again", kept->path);
		store_stats(folder.store, &stats);
		if (n < all && !stats.quarantined && !strstr(kept->path, "/wal/"))
			fail_msg("%s: %u samples are missing and nobody says so", kept->path, all - n);
		store_maintain(folder.store, MAINTAIN_CLOSE | MAINTAIN_FLUSH | MAINTAIN_MERGE, NULL, NULL);
		assert_int_equal(check_all(), n);
		folder_reopen(&folder);
		assert_int_equal(check_all(), n);
		folder_close(&folder);
	}
	assert_true(whole > DAMAGES / 10);	/* index and tiers come back from raw */
	for (uint32_t i = 0; i < n_files; i++)
		buf_fini(&files[i].bytes);
	for (uint32_t i = 0; i < SERIES; i++)
		for (int tier = KYMO_1M; tier < TIERS; tier++)
			answers_fini(&records[i][tier]);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damage_is_found_and_kept_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
