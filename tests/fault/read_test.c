/* SPDX-License-Identifier: MIT */
/*
 * read_test.c - the disk does not give what is asked of it: once, at each call, or
 * from some call on. Queries say so, nothing is deleted or set down wrong, and when
 * the disk works again all is there.
 */
#include "fault/fault.h"
#include "folder.h"
#include "store/fsck.h"
#include "store/select.h"
#include "util/hash.h"

#include <errno.h>
#include "util/file.h"

enum { SERIES = 6, STEPS = 420, ENTRIES_MOST = 8000, CALLS_MOST = 4000, MANY = 1500 };
#define STEP INT64_C(5000)
#define GONE (T0 + 700000)		/* where a deletion begins */

/* One entry of a tier, and what it says. */
struct entry {
	series_ref ref;
	uint8_t tier;
	bool open;
	kymo_ms at;
	uint64_t hash;
};
struct entries {
	uint32_t n, quarantined, failed;
	struct entry entry[ENTRIES_MOST];
};

struct fault {
	unsigned calls;
	int error;
	bool stays;
};
static const struct fault reads[] = {
	{ FAULT_READ, EIO, false }, { FAULT_OPEN, EMFILE, false }, { FAULT_STAT | FAULT_DIR, EIO, false }, { FAULT_READ, EIO, true },
};
static const struct fault all[] = {
	{ FAULT_READ, EIO, false }, { FAULT_READ, EIO, true }, { FAULT_OPEN, EMFILE, false }, { FAULT_STAT | FAULT_DIR | FAULT_LINK, EIO, false },
	{ FAULT_WRITES, ENOSPC, false }, { FAULT_WRITES, EIO, true }, { FAULT_SYNCS, EIO, false }, { FAULT_RENAME, EIO, false },
	{ FAULT_UNLINK, EIO, false }, { FAULT_TRUNCATE | FAULT_MMAP, ENOSPC, false },
};

static struct folder folder;
static series_ref refs[SERIES];
static struct entries wanted, now;
static unsigned calls;			/* which are to fail */

static void quiet(void *data, enum log_level level, enum log_topic topic, const char *text)
{
	(void)data, (void)level, (void)topic, (void)text;
}

static void set(const struct fault *fault, unsigned n)
{
	calls = fault->calls;
	if (fault->stays)
		fault_from(fault->calls, n, fault->error);
	else
		fault_at(fault->calls, n, fault->error);
}

/* ---- a store with everything in it ---- */

static double value_of(uint32_t series, uint32_t step)
{
	return series == 0 ? 7 : series == 1 ? step / 9 : series == 2 ? step * 0.25 : 1.0 / (step * series + 1);
}

static void append(uint32_t step)
{
	double values[SERIES];
	struct store_batch batch = { .n = SERIES, .refs = refs, .values = values, .at = T0 + step * STEP };

	for (uint32_t i = 0; i < SERIES; i++)
		values[i] = value_of(i, step);
	folder.clock.now = batch.at;
	assert_int_equal(store_append(folder.store, &batch, NULL), 0);
}

static int delete(void)
{
	AUTO(matcher) matcher = matcher_create(MATCH_EQUAL, LABEL_NAME, "c", NULL);
	uint32_t n;

	return matcher ? store_delete(folder.store, &matcher, 1, GONE, GONE + 90000, &n, NULL) : -ENOMEM;
}

static void fill(void)
{
	folder_make(&folder);
	folder_open(&folder);
	for (uint32_t i = 0; i < SERIES; i++)
		refs[i] = series_of(folder.store, (char[]){ (char)('a' + i), 0 }, "x");
	for (uint32_t step = 0; step < STEPS; step++) {
		append(step);
		if (step % 100 == 99)
			assert_int_equal(store_maintain(folder.store, MAINTAIN_CLOSE | MAINTAIN_FLUSH, NULL, NULL), 0);
	}
	folder_reopen(&folder);
}

/* ---- all that can be read ---- */

static uint64_t hash_of(const struct piece *piece, uint32_t i)
{
	struct { double sum, min, max, first, last, correction; kymo_ms start, first_at, last_at; uint64_t count; } all_of;

	if (piece->values)
		return value_bits(piece->values[i]);
	memset(&all_of, 0, sizeof all_of);
	all_of.sum = piece->sum[i];
	all_of.min = piece->min[i];
	all_of.max = piece->max[i];
	all_of.first = piece->first[i];
	all_of.last = piece->last[i];
	all_of.correction = piece->correction[i];
	all_of.start = piece->start[i];
	all_of.count = piece->count[i];
	return hash_bytes(&all_of, sizeof all_of);
}

static void read_cursor(struct cursor *cursor, series_ref ref, enum kymo_tier tier, struct entries *to)
{
	struct piece piece;
	int r;

	while ((r = cursor_next(cursor, &piece)) > 0)
		for (uint32_t i = 0; i < piece.n; i++) {
			assert_true(to->n < ENTRIES_MOST);
			to->entry[to->n++] = (struct entry){ ref, (uint8_t)tier, piece.flags && piece.flags[i] & RECORD_OPEN,
							     piece.at[i], hash_of(&piece, i) };
		}
	to->failed += r < 0;
}

static void read_tier(enum kymo_tier tier, struct entries *to)
{
	struct select_request request = { .tier = tier, .start = INT64_MIN, .end = INT64_MAX, .wants = WANT_ALL };
	AUTO(select) select = NULL;
	struct select_stats stats;

	if (select_open(folder.store, &request, &select, NULL) < 0) {
		to->failed++;
		return;
	}
	for (uint32_t i = 0; i < select_count(select); i++) {
		struct cursor *cursor = NULL;

		if (cursor_open(select, i, &cursor) < 0) {
			to->failed++;
			continue;
		}
		read_cursor(cursor, select_series(select, i)->ref, tier, to);
		cursor_close(cursor);
	}
	select_stats(select, &stats);
	to->quarantined += stats.quarantined;
}

static void read_all(struct entries *to)
{
	to->n = to->quarantined = to->failed = 0;
	for (int tier = 0; tier < TIERS; tier++)
		read_tier((enum kymo_tier)tier, to);
}

/* What is there is among what is wanted; windows that are still computed may lack something. Both in the same order. */
static void check_known(const char *when, unsigned n)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < now.n; i++) {
		const struct entry *entry = &now.entry[i];

		while (k < wanted.n && (wanted.entry[k].ref != entry->ref || wanted.entry[k].tier != entry->tier ||
					wanted.entry[k].at != entry->at))
			k++;
		if (k == wanted.n || (wanted.entry[k].hash != entry->hash && !(entry->open && now.quarantined)))
			fail_msg("%s, calls %x, the %uth: series %u has at %lld in %s what was never stored", when, calls, n, entry->ref,
				 (long long)entry->at, tier_name((enum kymo_tier)entry->tier));
	}
}

static void check_all(const char *when, unsigned n)
{
	read_all(&now);
	check_known(when, n);
	if (now.n != wanted.n || now.quarantined || now.failed)
		fail_msg("%s, calls %x, the %uth: %u entries of %u, %u parts missing", when, calls, n, now.n, wanted.n, now.quarantined);
}

static void check_nothing_is_aside(const char *when, unsigned n)
{
	static const char *const folders[] = { "", "/raw", "/1m", "/5m", "/1h", "/wal", "/index" };
	struct store_stats stats;

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		char path[200];

		snprintf(path, sizeof path, "%s%s", folder.path, folders[i]);
		if (count_files(path, ".damaged"))
			fail_msg("%s, calls %x, the %uth: something in %s is set aside", when, calls, n, path);
	}
	store_stats(folder.store, &stats);
	if (stats.quarantined)
		fail_msg("%s, calls %x, the %uth: %llu parts are damaged", when, calls, n, (unsigned long long)stats.quarantined);
}

static int make(void **state)
{
	(void)state;
	log_set_writer(quiet, NULL);
	fault_unsynced(true);
	fill();
	read_all(&wanted);
	assert_true(wanted.n > SERIES * STEPS && !wanted.quarantined && !wanted.failed);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	fault_off();
	fault_unsynced(false);
	folder_remove(&folder);
	return 0;
}

/* ---- queries ---- */

static bool query_with(const struct fault *fault, unsigned n)
{
	struct store_stats before, after;
	bool fired;

	folder_reopen(&folder);
	store_stats(folder.store, &before);
	set(fault, n);
	read_all(&now);
	fired = fault_off();
	store_stats(folder.store, &after);
	check_known("a query", n);
	if (now.n < wanted.n && !now.quarantined && !now.failed)
		fail_msg("calls %x, the %uth: %u entries of %u, and nobody says so", calls, n, now.n, wanted.n);
	if (now.n < wanted.n && after.read_errors == before.read_errors)
		fail_msg("calls %x, the %uth: %u entries of %u, and nobody has counted it", calls, n, now.n, wanted.n);
	check_all("the query after it", n);
	check_nothing_is_aside("a query", n);
	return fired;
}

static void queries_say_what_they_could_not_read(void **state)
{
	unsigned tried = 0;

	(void)state;
	for (size_t i = 0; i < sizeof reads / sizeof *reads; i++)
		for (unsigned n = 1; n < CALLS_MOST && query_with(&reads[i], n); n++)
			tried++;
	assert_true(tried > 20);
}

/* ---- opening ---- */

static bool open_with(const struct fault *fault, unsigned n)
{
	struct error err = { 0 };
	bool fired;
	int r;

	folder_close(&folder);
	set(fault, n);
	r = store_open(&folder.options, &folder.store, &err);
	fired = fault_off();
	if (r < 0) {
		if (r != -fault->error || !strstr(error_text(&err), folder.path))
			fail_msg("calls %x, the %uth: %d, %s", calls, n, r, error_text(&err));
		folder.store = NULL;
		folder_open(&folder);
	}
	error_clear(&err);
	check_all("an open", n);
	check_nothing_is_aside("an open", n);
	return fired;
}

static void opening_needs_the_disk_or_a_second_try(void **state)
{
	unsigned tried = 0;

	(void)state;
	for (size_t i = 0; i < sizeof reads / sizeof *reads; i++)
		for (unsigned n = 1; n < CALLS_MOST && open_with(&reads[i], n); n++)
			tried++;
	assert_true(tried > 40);
}

/* ---- maintenance ---- */

static void put_late(void)
{
	for (uint32_t i = 0; i < SERIES; i++)
		put(folder.store, refs[i], T0 + (STEPS - 90) * STEP + 1 + i, 1000 + i, NULL);
}

/* Late samples, so that windows are computed again; a deletion; merges. The clock goes on to where slots are over. */
static void work(unsigned what)
{
	store_maintain(folder.store, what, NULL, NULL);
}

static bool work_with(const struct fault *fault, unsigned n)
{
	struct error err = { 0 };
	bool fired;
	int r;

	folder_remove(&folder);
	fill();
	put_late();
	folder.clock.now += 3 * 86400000;
	if (fault)
		set(fault, n);
	work(MAINTAIN_CLOSE | MAINTAIN_FLUSH);
	work(MAINTAIN_MERGE);
	delete();
	work(MAINTAIN_EXPIRE | MAINTAIN_MERGE);
	fired = fault_off();
	assert_int_equal(delete(), 0);
	folder.clock.now += 7200000;
	store_maintain(folder.store, 0, NULL, NULL);	/* says once more that a sync has failed */
	r = store_maintain(folder.store, 0, NULL, &err);
	if (r < 0)
		fail_msg("calls %x, the %uth: nothing fails any more, but %s", calls, n, error_text(&err));
	return fired;
}

static void what_is_made_of_what_is_read_lacks_nothing(void **state)
{
	static const uint32_t step[] = { 1, 2, 3, 1, 3, 3, 2, 2, 1, 2 };	/* of the fault of that place */
	unsigned tried = 0;

	(void)state;
	folder.options.retention[KYMO_RAW] = FOREVER;
	work_with(NULL, 0);
	read_all(&wanted);
	check_nothing_is_aside("without any fault", 0);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		for (unsigned n = 1; n < CALLS_MOST && work_with(&all[i], n); n += step[i]) {
			check_all("after the work", n);
			check_nothing_is_aside("after the work", n);
			folder_reopen(&folder);
			check_all("over a restart", n);
			tried++;
		}
	assert_true(tried > 100);
}

/* ---- the index ---- */

static series_ref many[MANY];

static void name_many(void)
{
	for (uint32_t i = 0; i < MANY; i++) {
		char text[96];

		snprintf(text, sizeof text, "a value that takes its place in the log of the index: %u of them all", i);
		many[i] = series_of(folder.store, "many", text);
		must_put(folder.store, many[i], T0 + STEPS * STEP, i);
	}
}

static void check_many(unsigned n)
{
	for (uint32_t i = 0; i < MANY; i++) {
		char text[96];

		snprintf(text, sizeof text, "a value that takes its place in the log of the index: %u of them all", i);
		if (series_of(folder.store, "many", text) != many[i])
			fail_msg("calls %x, the %uth: series %u of many has another ref", calls, n, i);
	}
}

/* So many that a snapshot is worth it. */
static void begin_many(void)
{
	folder_remove(&folder);
	folder_make(&folder);
	folder_open(&folder);
	name_many();
	assert_int_equal(store_sync(folder.store), 0);
}

static bool compact_with(const struct fault *fault, unsigned n)
{
	char path[200];
	uint64_t saved;
	bool fired;
	int r;

	set(fault, n);
	r = index_compact(folder.store->index, &saved, NULL);
	fired = fault_off();
	snprintf(path, sizeof path, "%s/index", folder.path);
	assert_true(r < 0 || count_files(path, ".idx"));
	folder_reopen(&folder);
	check_many(n);
	if (r == 0)
		begin_many();
	return fired;
}

static void a_new_snapshot_of_the_index_loses_no_name(void **state)
{
	unsigned tried = 0;

	(void)state;
	begin_many();
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		for (unsigned n = 1; n < CALLS_MOST && compact_with(&all[i], n); n++)
			tried++;
	assert_true(tried > 10);
}

/* ---- fsck ---- */

static void nothing(void *data, const struct fsck_finding *finding)
{
	(void)data, (void)finding;
}

static bool check_with(const struct fault *fault, unsigned n, bool repair)
{
	struct fsck_request request = { .path = folder.path, .repair = repair, .found = nothing };
	struct fsck_counts counts;
	struct error err = { 0 };
	bool fired;

	folder_close(&folder);
	set(fault, n);
	store_fsck(&request, &counts, &err);
	fired = fault_off();
	error_clear(&err);
	folder_open(&folder);
	check_all(repair ? "a repair" : "a look", n);
	if (!repair)
		check_nothing_is_aside("a look", n);
	return fired;
}

static void a_look_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		for (unsigned n = 1; n < CALLS_MOST && check_with(&all[i], n, false); n += 1 + n / 40)
			;
}

static void a_repair_loses_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof reads / sizeof *reads; i++)
		for (unsigned n = 1; !reads[i].stays && n < CALLS_MOST && check_with(&reads[i], n, true); n++) {
			folder_remove(&folder);
			fill();
		}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clean)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(queries_say_what_they_could_not_read),
		TEST(opening_needs_the_disk_or_a_second_try),
		TEST(what_is_made_of_what_is_read_lacks_nothing),
		TEST(a_new_snapshot_of_the_index_loses_no_name),
		TEST(a_look_changes_nothing),
		TEST(a_repair_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
