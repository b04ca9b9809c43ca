/* SPDX-License-Identifier: MIT */
#include "folder.h"
#include "util/file.h"

#include <errno.h>

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void folder_make(struct folder *folder)
{
	const char *tmp = getenv("TMPDIR");

	*folder = (struct folder){ 0 };
	snprintf(folder->path, sizeof folder->path, "%s/kymo-store-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(folder->path));
	test_clock_init(&folder->clock, T0);
	folder->options = store_options_preset(folder->path);
	folder->options.clock = &folder->clock.clock;
	folder->options.manual = true;
}

void folder_remove(struct folder *folder)
{
	folder_close(folder);
	nftw(folder->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void folder_open(struct folder *folder)
{
	struct error err = { 0 };

	if (store_open(&folder->options, &folder->store, &err) < 0)
		fail_msg("%s", error_text(&err));
}

void folder_close(struct folder *folder)
{
	store_close(folder->store);
	folder->store = NULL;
}

series_ref series_of(struct store *store, const char *name, const char *value)
{
	struct label items[] = { { LABEL_NAME, name, sizeof LABEL_NAME - 1, (uint32_t)strlen(name) },
				 { "label", value, 5, value ? (uint32_t)strlen(value) : 0 } };
	AUTO_BUF bytes = { 0 };
	series_ref ref = 0;

	assert_int_equal(labels_encode(items, 2, &bytes), 0);
	assert_int_equal(store_series(store, (struct labels){ bytes.data, (uint32_t)bytes.len }, &ref), 0);
	return ref;
}

int put(struct store *store, series_ref ref, kymo_ms at, double value, struct store_appended *done)
{
	struct store_batch batch = { .n = 1, .refs = &ref, .values = &value, .at = at };

	return store_append(store, &batch, done);
}

void must_put(struct store *store, series_ref ref, kymo_ms at, double value)
{
	struct store_appended done;

	assert_int_equal(put(store, ref, at, value, &done), 0);
	assert_int_equal(done.stored, 1);
}

void flush(struct store *store)
{
	struct store_maintained done = { 0 };
	struct error err = { 0 };
	LOCK(&store->maintain_lock);

	if (store_flush(store, &done, &err) < 0)
		fail_msg("%s", error_text(&err));
}

void get(struct store *store, series_ref ref, kymo_ms start, kymo_ms end, struct got *got)
{
	AUTO(raw_reader) reader = NULL;
	struct piece piece;
	int r;

	got->n = 0;
	assert_int_equal(raw_open(store, NULL, ref, start, end, &reader), 0);
	while ((r = raw_next(reader, &piece)) > 0)
		for (uint32_t i = 0; i < piece.n; i++) {
			assert_true(got->n < GOT_MOST);
			assert_true(piece.at[i] > start && piece.at[i] <= end);
			if (got->n)
				assert_true(piece.at[i] > got->at[got->n - 1]);
			got->at[got->n] = piece.at[i];
			got->value[got->n++] = piece.values[i];
		}
	assert_int_equal(r, 0);
}

struct counting {
	const char *ending;
	uint32_t n;
};

static int count_one(void *data, const char *name)
{
	struct counting *counting = data;
	size_t n = strlen(name), m = strlen(counting->ending);

	counting->n += n >= m && !strcmp(name + n - m, counting->ending);
	return 0;
}

uint32_t count_files(const char *dir, const char *ending)
{
	struct counting counting = { ending, 0 };

	assert_int_equal(dir_list(dir, count_one, &counting, NULL), 0);
	return counting.n;
}
