/* SPDX-License-Identifier: MIT */
/*
 * maintain.c - two threads, so that a long merge does not keep anybody's samples
 * from the disk: one syncs, the other closes windows as they pass, flushes when
 * the head is old or something wants it, merges, and expires.
 *
 * Between steps the maintain lock is let go, and what closed is told then, with no
 * lock held.
 */
#include "store/maintain.h"
#include "store/delete.h"
#include "store/downsample.h"
#include "store/merge.h"
#include "store/news.h"
#include "store/retention.h"
#include "store/sizes.h"

#include <errno.h>
#include <stdlib.h>

enum { MS = 1000000 };

#define TICK_MOST 1000			/* windows close this late at most; ms */
#define TRY_AGAIN 10000			/* a flush that failed; ms */
#define HEAD_LEAST (UINT64_C(64) << 20)	/* a head that is larger than both, with its file, is flushed early; bytes */
#define MEASURED 200000			/* series of new blocks whose size is looked at in a tick */
#define HEAD_SERIES 128			/* of a series */

/* A thread that does its work now and then, until it is stopped. */
struct ticker {
	struct store *store;
	pthread_t thread;
	bool running, stop;
	pthread_mutex_t lock;
	pthread_cond_t cond;
};

struct maintainer {
	struct ticker sync, work;
	int64_t next_flush, next_cleanup;	/* clock_mono_ns */
	int64_t no_flush_before;		/* after one that failed */
	_Atomic bool measure;			/* blocks may have changed */
	struct log_limit failed;
};

/* ---- the steps ---- */

/* With the maintain lock, which it gives back. The other lock makes sure that who stops watching is told nothing more. */
static void tell_and_unlock(struct store *store)
{
	AUTO(news) news = downsample_take_news(store);

	pthread_mutex_lock(&store->tell_lock);
	pthread_mutex_unlock(&store->maintain_lock);
	if (news)
		news_tell(news);
	pthread_mutex_unlock(&store->tell_lock);
}

static int close_windows(struct store *store, struct store_maintained *done, struct error *err)
{
	int r;

	do {
		pthread_mutex_lock(&store->maintain_lock);
		r = downsample_step(store, done, err);
		tell_and_unlock(store);
	} while (r > 0);
	return r;
}

static void count_work(struct work_counters *work, int64_t began)
{
	int64_t took = clock_mono_ns() - began;

	atomic_fetch_add(&work->times, 1);
	atomic_store(&work->last_ns, took);
	atomic_fetch_add(&work->total_ns, took);
}

static int flush_head(struct store *store, struct store_maintained *done, struct error *err)
{
	uint32_t before = done->blocks_written;
	int64_t began;
	int r;

	pthread_mutex_lock(&store->maintain_lock);
	began = clock_mono_ns();
	r = store_flush(store, done, err);
	if (done->blocks_written != before)
		count_work(&store->counters.flush, began);
	tell_and_unlock(store);
	return r;
}

/* With the maintain lock. */
static int merge(struct store *store, struct store_maintained *done, struct error *err)
{
	uint32_t before = done->blocks_merged;
	int64_t began = clock_mono_ns();
	int r = merge_blocks(store, done, err);

	if (done->blocks_merged != before)
		count_work(&store->counters.merge, began);
	return r;
}

static int with_lock(struct store *store, int (*step)(struct store *, struct store_maintained *, struct error *),
		     struct store_maintained *done, struct error *err)
{
	LOCK(&store->maintain_lock);

	return step(store, done, err);
}

static int sync_now(struct store *store, struct error *err)
{
	int r = store_sync(store);

	return r < 0 ? error_set(err, r, "%s: cannot sync the log: %s", store->path, error_name(r)) : 0;
}

/* What fails does not keep the rest from being done. */
static int run(struct store *store, unsigned what, struct store_maintained *done, struct error *err)
{
	int first = 0, r = 0;

	if (what & (MAINTAIN_CLOSE | MAINTAIN_EXPIRE))		/* what is still to close does not expire */
		first = close_windows(store, done, err);
	if (what & MAINTAIN_FLUSH && (r = flush_head(store, done, err)) < 0 && !first)
		first = r;
	if (what & MAINTAIN_MERGE && (r = with_lock(store, merge, done, err)) < 0 && !first)
		first = r;
	if (what & MAINTAIN_MERGE && (r = with_lock(store, delete_apply, done, err)) < 0 && !first)
		first = r;
	if (what & MAINTAIN_MERGE && (r = with_lock(store, retention_fit, done, err)) < 0 && !first)
		first = r;
	if (what & MAINTAIN_EXPIRE && (r = with_lock(store, retention_expire, done, err)) < 0 && !first)
		first = r;
	if (what & MAINTAIN_SYNC && (r = sync_now(store, err)) < 0 && !first)
		first = r;
	return first;
}

int store_maintain(struct store *store, unsigned what, struct store_maintained *done, struct error *err)
{
	struct store_maintained mine = { 0 };
	int64_t begin = clock_mono_ns();
	int r = run(store, what ? what : ~0u, &mine, err);

	mine.took = (clock_mono_ns() - begin) / MS;
	if (store->maintainer)
		atomic_store(&store->maintainer->measure, true);
	if (done)
		*done = mine;
	return r;
}

/* ---- threads ---- */

/* Wait for the next tick. false: stop. */
static bool ticker_wait(struct ticker *ticker, kymo_ms ms)
{
	LOCK(&ticker->lock);
	int64_t until = clock_mono_ns() + ms * MS;

	while (!ticker->stop && cond_wait_until(&ticker->cond, &ticker->lock, until) == 0)
		;
	return !ticker->stop;
}

static int ticker_start(struct ticker *ticker, struct store *store, const char *name, void *(*run_thread)(void *))
{
	int r;

	ticker->store = store;
	pthread_mutex_init(&ticker->lock, NULL);
	cond_init(&ticker->cond);
	r = thread_start(&ticker->thread, name, run_thread, store);
	ticker->running = r == 0;
	return r;
}

static void ticker_stop(struct ticker *ticker)
{
	if (!ticker->store)
		return;
	if (ticker->running) {
		pthread_mutex_lock(&ticker->lock);
		ticker->stop = true;
		pthread_cond_signal(&ticker->cond);
		pthread_mutex_unlock(&ticker->lock);
		pthread_join(ticker->thread, NULL);
	}
	pthread_mutex_destroy(&ticker->lock);
	pthread_cond_destroy(&ticker->cond);
}

static kymo_ms bounded(kymo_ms ms, kymo_ms most)
{
	return ms < 10 ? 10 : ms > most ? most : ms;
}

static void complain(struct maintainer *maintainer, struct error *err)
{
	uint64_t suppressed;

	if (log_due(&maintainer->failed, &suppressed))
		log_error(LOG_STORE, "%s", error_text(err));
	error_clear(err);
}

static void *sync_thread(void *data)
{
	struct store *store = data;
	struct maintainer *maintainer = store->maintainer;

	while (ticker_wait(&maintainer->sync, bounded(store_settings(store).sync, FOREVER / MS / 4))) {
		struct error err = { 0 };

		if (sync_now(store, &err) < 0)
			complain(maintainer, &err);
	}
	return NULL;
}

/* Many series have little each, so that all of them together stay small. */
static bool head_is_large(struct store *store)
{
	struct index_stats stats;
	uint64_t bytes = atomic_load(&store->head.bytes) + atomic_load(&store->head.spilled);

	if (bytes <= HEAD_LEAST)
		return false;
	index_stats(store->index, &stats);
	return bytes > (uint64_t)stats.series * HEAD_SERIES;
}

static bool flush_due(struct store *store, int64_t now)
{
	struct maintainer *maintainer = store->maintainer;

	if (now < maintainer->no_flush_before)
		return false;
	return now >= maintainer->next_flush || atomic_load(&store->flush_wanted) || head_is_large(store);
}

static unsigned work_due(struct store *store, int64_t now)
{
	unsigned what = 0;

	if (downsample_due(store))
		what |= MAINTAIN_CLOSE;
	if (flush_due(store, now))
		what |= MAINTAIN_FLUSH | MAINTAIN_MERGE;
	if (now >= store->maintainer->next_cleanup)
		what |= MAINTAIN_EXPIRE;
	return what;
}

static int64_t after(int64_t now, kymo_ms ms)
{
	return now + bounded(ms, FOREVER / MS / 4) * MS;
}

/* Of a block that was written just now its table is still in memory. */
static void measure(struct store *store)
{
	_Atomic bool *due = &store->maintainer->measure;

	if (atomic_exchange(due, false) && largest_step(store, MEASURED) > 0)
		atomic_store(due, true);
}

static void work(struct store *store)
{
	struct maintainer *maintainer = store->maintainer;
	struct store_options options = store_settings(store);
	struct store_maintained done = { 0 };
	struct error err = { 0 };
	int64_t now = clock_mono_ns();
	unsigned what = work_due(store, now);
	int r = what ? run(store, what, &done, &err) : 0;

	if (what & MAINTAIN_FLUSH && r < 0)
		maintainer->no_flush_before = after(now, TRY_AGAIN);
	else if (what & MAINTAIN_FLUSH)
		maintainer->next_flush = after(now, options.flush);
	if (what & MAINTAIN_EXPIRE)
		maintainer->next_cleanup = after(now, options.cleanup);
	if (r < 0)
		complain(maintainer, &err);
	if (what & (MAINTAIN_FLUSH | MAINTAIN_MERGE | MAINTAIN_EXPIRE))
		atomic_store(&maintainer->measure, true);
	measure(store);
}

static void *work_thread(void *data)
{
	struct store *store = data;

	while (ticker_wait(&store->maintainer->work, bounded(store_settings(store).flush, TICK_MOST)))
		work(store);
	return NULL;
}

int maintain_start(struct store *store, struct error *err)
{
	struct maintainer *maintainer = calloc(1, sizeof *maintainer);
	int64_t now = clock_mono_ns();
	int r;

	if (!maintainer)
		return error_set(err, -ENOMEM, "%s: out of memory", store->path);
	store->maintainer = maintainer;
	maintainer->next_flush = after(now, store_settings(store).flush);
	maintainer->next_cleanup = now;
	atomic_init(&maintainer->measure, true);
	r = ticker_start(&maintainer->sync, store, "kymo-sync", sync_thread);
	if (r == 0)
		r = ticker_start(&maintainer->work, store, "kymo-maintain", work_thread);
	return r < 0 ? error_set(err, r, "%s: cannot start a thread: %s", store->path, error_name(r)) : 0;
}

void maintain_stop(struct store *store)
{
	if (!store->maintainer)
		return;
	ticker_stop(&store->maintainer->sync);
	ticker_stop(&store->maintainer->work);
	free(store->maintainer);
	store->maintainer = NULL;
}
