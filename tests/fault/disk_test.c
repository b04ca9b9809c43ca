/* SPDX-License-Identifier: MIT */
/*
 * disk_test.c - what a disk and other processes can do to a store: every call of
 * its life fails once, the log ends anywhere, the disk is full, somebody else holds
 * the lock.
 */
#include "fault/fault.h"
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "util/file.h"

#define M INT64_C(60000)
enum { SERIES = 12, STEPS = 60, CALLS_MOST = 4000 };

static struct folder folder;
static series_ref refs[SERIES];
static bool there[SERIES][STEPS];	/* it was visible, so it is to stay */
static struct got got;

static void quiet(void *data, enum log_level level, enum log_topic topic, const char *text)
{
	(void)data, (void)level, (void)topic, (void)text;
}

static int make(void **state)
{
	(void)state;
	log_set_writer(quiet, NULL);
	fault_unsynced(true);
	folder_make(&folder);
	memset(there, 0, sizeof there);
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

static double value_of(uint32_t series, uint32_t step)
{
	return series == 0 ? 3 : series % 2 ? step * 0.25 + series : 1.0 / (step + series + 1);
}

static kymo_ms time_of(uint32_t step)
{
	return T0 + step * INT64_C(20000);
}

/* ---- every call fails once ---- */

static bool find_series(void)
{
	for (uint32_t i = 0; i < SERIES; i++) {
		char name[2] = { (char)('a' + i), 0 };
		struct label items[] = { { LABEL_NAME, name, sizeof LABEL_NAME - 1, 1 } };
		AUTO_BUF bytes = { 0 };

		if (labels_encode(items, 1, &bytes) < 0 ||
		    store_series(folder.store, (struct labels){ bytes.data, (uint32_t)bytes.len }, &refs[i]) < 0)
			return false;
	}
	return true;
}

/* Those that are members of a group, and one that comes late. Nothing says no but for want of memory. */
static void append(uint32_t step)
{
	double values[SERIES];
	struct store_batch batch = { .n = SERIES - 1, .refs = refs, .values = values, .at = time_of(step) };
	struct store_appended done = { 0 };

	for (uint32_t i = 0; i < SERIES; i++)
		values[i] = value_of(i, step);
	if (store_append(folder.store, &batch, &done) != -ENOMEM)
		assert_int_equal(done.stored + done.repeated, SERIES - 1);
	if (step >= 5) {
		double value = value_of(SERIES - 1, step - step % 5);

		put(folder.store, refs[SERIES - 1], time_of(step - step % 5), value, NULL);
	}
}

static void live(void)
{
	struct error err = { 0 };
	struct matcher *matcher;
	uint32_t n;

	for (uint32_t step = 0; step < STEPS; step++) {
		folder.clock.now = time_of(step);
		append(step);
		if (step % 15 == 14)
			store_maintain(folder.store, MAINTAIN_CLOSE | MAINTAIN_FLUSH | (step > 30 ? MAINTAIN_MERGE : 0), NULL, NULL);
		if (step == 40)
			store_maintain(folder.store, MAINTAIN_EXPIRE | MAINTAIN_SYNC, NULL, NULL);
	}
	matcher = matcher_create(MATCH_EQUAL, LABEL_NAME, "nobody", &err);
	if (matcher)
		store_delete(folder.store, &matcher, 1, 0, INT64_MAX, &n, &err);
	matcher_destroy(matcher);
	error_clear(&err);
}

static void read_all(bool found[SERIES][STEPS])
{
	memset(found, 0, sizeof there);
	for (uint32_t i = 0; i < SERIES; i++) {
		get(folder.store, refs[i], 0, INT64_MAX, &got);
		for (uint32_t k = 0; k < got.n; k++) {
			uint32_t step = (uint32_t)((got.at[k] - T0) / 20000);

			if (step >= STEPS || got.at[k] != time_of(step) || value_bits(got.value[k]) != value_bits(value_of(i, step)))
				fail_msg("series %u: %g at %lld was never sent", i, got.value[k], (long long)got.at[k]);
			found[i][step] = true;
		}
	}
}

static void expect_all(const char *when, unsigned calls, unsigned n)
{
	static bool found[SERIES][STEPS];

	read_all(found);
	for (uint32_t i = 0; i < SERIES; i++)
		for (uint32_t step = 0; step < STEPS; step++)
			if (there[i][step] && !found[i][step])
				fail_msg("calls %x, the %uth: series %u lost step %u %s", calls, n, i, step, when);
}

/* false: there is no nth call. */
static bool live_with_a_fault(unsigned calls, unsigned n, int error)
{
	struct store_stats stats;
	struct error err = { 0 };
	bool fired;

	folder_make(&folder);
	fault_at(calls, n, error);
	if (store_open(&folder.options, &folder.store, &err) < 0) {
		fault_off();
		folder.store = NULL;
		error_clear(&err);
		folder_open(&folder);
	}
	if (!find_series()) {
		fault_off();
		assert_true(find_series());
	}
	live();
	fired = fault_off();
	read_all(there);
	if (store_maintain(folder.store, MAINTAIN_FLUSH | MAINTAIN_CLOSE, NULL, &err) < 0)
		fail_msg("calls %x, the %uth: nothing fails any more, but the flush: %s", calls, n, error_text(&err));
	expect_all("in the flush", calls, n);
	folder_reopen(&folder);
	expect_all("over a restart", calls, n);
	store_stats(folder.store, &stats);
	if (stats.quarantined)
		fail_msg("calls %x, the %uth: %llu parts are damaged", calls, n, (unsigned long long)stats.quarantined);
	folder_remove(&folder);
	return fired;
}

static void every_call_fails_once(void **state)
{
	static const struct { unsigned calls; int error; } rows[] = {
		{ FAULT_OPEN, EMFILE }, { FAULT_WRITES, ENOSPC }, { FAULT_WRITES, EIO }, { FAULT_SYNCS, EIO }, { FAULT_RENAME, EIO },
		{ FAULT_TRUNCATE, ENOSPC }, { FAULT_MMAP, ENOMEM }, { FAULT_MKDIR, ENOSPC }, { FAULT_UNLINK, EIO },
	};
	unsigned tried = 0;

	(void)state;
	folder_remove(&folder);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (unsigned n = 1; n < CALLS_MOST && live_with_a_fault(rows[i].calls, n, rows[i].error); n++)
			tried++;
	assert_true(tried > 100);
	folder_make(&folder);
}

/* ---- the log ends anywhere ---- */

/* The rest of the segment from a place on. */
enum rest { CUT, ZEROS, OLDER, RESTS };

static char wal[200], segment[300];

static int take_segment(void *data, const char *name)
{
	AUTO_FREE char *path = path_join(wal, name);

	if (strstr(name, ".wal") && data) {
		snprintf(segment, sizeof segment, "%s", path);
		return file_read_all(path, 1 << 26, data, NULL);
	}
	return remove(path);
}

/* The only file of the log. */
static void spoil(const struct buf *whole, size_t at, enum rest rest)
{
	AUTO_BUF bytes = { 0 };
	int fd;

	assert_int_equal(dir_list(wal, take_segment, NULL, NULL), 0);
	fd = file_open(segment, O_WRONLY | O_CREAT, 0640, NULL);
	assert_true(fd >= 0);
	buf_add(&bytes, whole->data, at);
	for (size_t i = at; rest != CUT && i < whole->len; i++)
		buf_add_u8(&bytes, rest == ZEROS ? 0 : (uint8_t)(i * 37 + 11));
	assert_int_equal(file_write(fd, bytes.data, bytes.len), 0);
	file_close(fd);
}

/* What is there is what came first; gives how much. */
static uint32_t check_prefix(size_t at)
{
	static bool found[SERIES][STEPS];
	struct store_stats stats;
	uint32_t n = 0;

	read_all(found);
	while (n < STEPS && found[0][n])
		n++;
	for (uint32_t i = 0; i < SERIES - 1; i++)
		for (uint32_t step = 0; step < STEPS; step++)
			if (found[i][step] != (step < n))
				fail_msg("cut at %zu: series %u, step %u of %u", at, i, step, n);
	store_stats(folder.store, &stats);
	if (stats.quarantined)
		fail_msg("cut at %zu: %llu parts are damaged", at, (unsigned long long)stats.quarantined);
	return n;
}

static void append_some(uint32_t from, uint32_t to, bool may_fail)
{
	for (uint32_t step = from; step < to; step++) {
		double values[SERIES];
		struct store_batch batch = { .n = SERIES - 1, .refs = refs, .values = values, .at = time_of(step) };
		struct store_appended done;
		int r;

		for (uint32_t i = 0; i < SERIES; i++)
			values[i] = value_of(i, step);
		folder.clock.now = batch.at;
		r = store_append(folder.store, &batch, &done);
		assert_true(r == 0 || (may_fail && (r == -EFBIG || r == -ENOSPC)));
		assert_int_equal(done.stored, SERIES - 1);
		for (uint32_t i = 0; i < SERIES - 1; i++)
			there[i][step] = true;
	}
}

static void a_log_that_ends_anywhere(void **state)
{
	enum { BATCHES = 8, GOES_ON = 64 };
	AUTO_BUF whole = { 0 };
	uint32_t before = BATCHES;

	(void)state;
	folder_open(&folder);
	assert_true(find_series());
	append_some(0, BATCHES, false);
	folder_close(&folder);
	snprintf(wal, sizeof wal, "%s/wal", folder.path);
	assert_int_equal(dir_list(wal, take_segment, &whole, NULL), 0);
	while (whole.len && !whole.data[whole.len - 1])
		whole.len--;
	for (size_t at = whole.len; at > 15; at--)
		for (enum rest rest = CUT; rest < RESTS; rest++) {
			uint32_t n;

			spoil(&whole, at, rest);
			folder_open(&folder);
			n = check_prefix(at);
			/* A record may end in zeros. */
			assert_true(rest == CUT ? n <= before : rest == ZEROS ? n == before || n == before + 1 : n == before);
			assert_true(rest != ZEROS || at < whole.len || n == BATCHES);
			if (at % GOES_ON == 0) {
				append_some(n, n + 1, false);
				folder_reopen(&folder);
				assert_int_equal(check_prefix(at), n + 1);
			}
			folder_close(&folder);
			if (rest == CUT)
				before = n;
		}
	assert_int_equal(before, 0);
}

/* ---- a full disk ---- */

/* No file may grow: the log, blocks, the index; then they may again. */
static void a_disk_that_is_full_for_a_while(void **state)
{
	struct rlimit usual, none;
	struct store_stats stats;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
	folder_open(&folder);
	assert_true(find_series());
	append_some(0, 20, false);
	none = usual;
	none.rlim_cur = 1;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	append_some(20, 40, true);
	assert_true(store_maintain(folder.store, MAINTAIN_FLUSH, NULL, NULL) < 0);
	expect_all("while the disk is full", 0, 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
	append_some(40, STEPS, false);
	assert_int_equal(store_maintain(folder.store, MAINTAIN_FLUSH, NULL, NULL), 0);
	folder_reopen(&folder);
	expect_all("when it was full", 0, 0);
	store_stats(folder.store, &stats);
	assert_int_equal(stats.quarantined, 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
}

/* ---- the lock ---- */

static void write_lock(const char *text)
{
	char path[200];
	int fd;

	snprintf(path, sizeof path, "%s/lock", folder.path);
	fd = file_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640, NULL);
	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, text, strlen(text)), 0);
	file_close(fd);
}

/* The pid in the file is for people: of a process that has ended, of another one that lives, of none. */
static void a_lock_that_nobody_holds(void **state)
{
	static const char *const texts[] = { "1\n", "999999999\n", "", "no number", "4294967296\n" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		write_lock(texts[i]);
		folder_open(&folder);
		folder_close(&folder);
	}
}

static pid_t hold_it(int *ready)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (store_open(&folder.options, &folder.store, NULL) < 0 || write(ends[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ends[1]);
	*ready = ends[0];
	return pid;
}

static void a_lock_that_somebody_holds(void **state)
{
	struct error err = { 0 };
	char byte, number[32];
	int ready;
	pid_t pid = hold_it(&ready);

	(void)state;
	assert_int_equal(read(ready, &byte, 1), 1);
	assert_int_equal(store_open(&folder.options, &folder.store, &err), -EBUSY);
	folder.store = NULL;
	snprintf(number, sizeof number, "process %ld", (long)pid);
	assert_non_null(strstr(error_text(&err), number));
	error_clear(&err);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(ready);
	folder_open(&folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clean)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_call_fails_once),
		TEST(a_log_that_ends_anywhere),
		TEST(a_disk_that_is_full_for_a_while),
		TEST(a_lock_that_nobody_holds),
		TEST(a_lock_that_somebody_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
