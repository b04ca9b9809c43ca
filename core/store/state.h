/* SPDX-License-Identifier: MIT */
/*
 * state.h - the store from inside: what the files of this folder share.
 *
 * Locks, in this order; each may be taken while those before it are held:
 *
 *	maintain	one flush, merge, expiry or close of windows at a time
 *	append		the WAL, and who appends
 *	index		reader-writer, see index/index.h
 *	head		what is in no block yet, for a moment
 *	lists		the lists of blocks
 *
 * A late or old sample is reported to downsample_mark with append and index (read)
 * held, so that may only take locks of its own.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include "block/block.h"
#include "store/deleted.h"
#include "head/head.h"
#include "index/index.h"
#include "block/manifest.h"
#include "store/store.h"
#include "wal/wal.h"
#include "util/log.h"
#include "util/thread.h"

struct downsample;		/* downsample.c: windows that are open, dirty, or not in a block yet */
struct policies;		/* policies.c */
struct maintainer;		/* maintain.c: the thread */
struct largest;			/* largest.c */

/* Blocks of one tier in order of start, then sequence. Immutable, counted. */
struct block_list {
	_Atomic uint32_t holders;
	uint32_t n;
	struct block *block[];
};

struct expiry_guard {
	kymo_ms seen;		/* the latest time that is believed; INT64_MIN: none yet */
	kymo_ms suspect;	/* the clock jumped to here; INT64_MIN: it did not */
};

struct work_counters {
	_Atomic uint64_t times;
	_Atomic int64_t last_ns, total_ns;
};

struct store_counters {
	_Atomic uint64_t appended, repeated, refused[REFUSALS], dropped, thinned, unlogged, late, quarantined, write_errors, read_errors;
	_Atomic uint64_t windows_closed, windows_recomputed;	/* kept by downsample.c */
	_Atomic kymo_ms last_flush, last_cleanup;
	struct work_counters flush, merge;	/* kept by maintain.c */
};

struct store {
	char *path;
	int lock_fd;
	const struct clock *clock;
	bool manual;
	kymo_ms opened_at;

	pthread_mutex_t options_lock;
	struct store_options options;	/* read with store_settings() */
	_Atomic(struct policies *) policies;	/* NULL: there never were any */

	pthread_mutex_t maintain_lock;
	pthread_mutex_t tell_lock;	/* held while the watcher is told; taken with `maintain` */

	pthread_mutex_t append_lock;
	struct wal *wal;
	struct append_scratch *scratch;	/* append.c: memory that appends use again */
	uint64_t unlogged;		/* samples of the head that are in no segment */
	/* Something in the head is not safe in the WAL, and the disk takes writes again: flush soon. Cleared by a flush. */
	_Atomic bool flush_wanted;

	struct index *index;
	struct head head;

	pthread_mutex_t lists_lock;
	struct block_list *list[TIERS];
	struct deleted *deleted;	/* what these are not to show */
	_Atomic uint64_t flushes;	/* rises when blocks have taken over a part of the head */
	_Atomic uint64_t sequence;	/* of the next block */
	struct block_files *files;
	bool listed;			/* the manifest is kept; see listed.h */
	struct manifest gone;		/* blocks whose files may still be there */

	struct unread *unread;		/* recover.c: blocks that the disk did not give, while the store is opened */
	uint64_t unknown;		/* samples of the WAL whose series nobody knows */

	/* Kept by downsample.c: 1m windows that end by then are closed; what is stored in one is reported to it. */
	_Atomic kymo_ms closed_until;	/* INT64_MIN: none */

	/* See store_watch_past(). */
	_Atomic kymo_ms past_until;	/* INT64_MIN: nobody watches */
	_Atomic uint64_t past_changes;

	struct expiry_guard guard[TIERS];
	_Atomic kymo_ms raw_from;	/* what was before may have gone to stay within `size`; INT64_MIN: nothing has */
	struct store_counters counters;
	struct log_limit disk_log, read_log;

	struct downsample *downsample;
	struct largest *largest;
	struct maintainer *maintainer;
};

/* A copy of the options as they are now. */
struct store_options store_settings(struct store *store);
static inline kymo_ms store_now(const struct store *store) { return clock_now(store->clock); }
/*
 * Sequences of new blocks are multiples of this: those between are for what blocks
 * are merged to, which stands before any block that is younger than its parts.
 */
#define SEQUENCE_STEP 256
static inline uint64_t store_next_sequence(struct store *store) { return atomic_fetch_add(&store->sequence, SEQUENCE_STEP); }

/* ---- blocks ---- */

/* What can be read: the blocks of all tiers as they are now, whatever happens to them later. */
struct store_view {
	struct store *store;
	struct block_list *list[TIERS];
	struct deleted *deleted;
	uint64_t flushes;
	struct view_memory *memory;	/* of names */
};

int store_view_open(struct store *store, struct store_view **out);	/* 0 or -ENOMEM */
void store_view_close(struct store_view *view);
DEFINE_AUTO(store_view, store_view_close)
struct block *const *blocks_of(const struct store_view *view, enum kymo_tier tier, uint32_t *n);

/*
 * Take blocks out of a tier and put others in, at once. Those that go are doomed,
 * those that come are the store's from here. With the maintain lock. 0; else
 * nothing changed, and *err (may be NULL) says why.
 */
int store_replace_blocks(struct store *store, enum kymo_tier tier, struct block *const remove[], uint32_t n_remove,
			 struct block *const add[], uint32_t n_add, struct error *err);

/* Another list of what is deleted, at once for all that is opened from now on. Takes it. */
void store_set_deleted(struct store *store, struct deleted *deleted);

/* ---- series ---- */

/*
 * As the series stands now. Wants the index's read lock; the metric lives as long
 * as that is held, the labels are in `names`. 0; -ENOENT: no such series; -ENOMEM.
 */
int store_series_view(struct store *store, series_ref ref, struct buf *names, struct series_view *out);
/* The same with names that live as long as the view. 0; -ENOENT: no such series; -ENOMEM. Locks for itself. */
int store_view_series(struct store_view *view, series_ref ref, struct series_view *out);
/* A damaged part was met while reading. */
void store_count_damage(struct store *store, uint32_t n);
/* The same in a block: counted and logged once. So is that it could not be read, each time. 0. */
int store_note_damage(struct store *store, struct block *block);

/* ---- append.c ---- */

/* Into the head what the WAL had, when the store opens. A wal_each; `data` is the store. */
int append_replay(void *data, const struct wal_batch *batch);
void append_scratch_destroy(struct append_scratch *scratch);

/* ---- recover.c ---- */

/* Blocks, index, WAL: everything to where it was. */
int store_recover(struct store *store, struct error *err);
/* PATH/NAME is damaged: it gets the ending .damaged, is counted and logged. */
void store_set_aside(struct store *store, const char *name, const char *reason);

/* ---- backup.c ---- */

/* The same for a store that nobody has open. */
int backup_copy(const char *from, const char *to, struct error *err);
void backup_remove(const char *path);	/* a folder and all in it */

/* ---- lock.c ---- */

/* The descriptor that holds PATH/lock; -EBUSY with the pid of who has it. */
int store_lock(const char *path, struct error *err);

/* ---- blocks.c ---- */

void block_list_release(struct block_list *list);

/* ---- the steps of maintenance; with the maintain lock ---- */

/* fdatasync of index and WAL, in this order. */
int store_sync(struct store *store);
/* tiers_flush, the head to raw blocks, then WAL segments go. On failure everything stays, to be tried again. */
int store_flush(struct store *store, struct store_maintained *done, struct error *err);
/* Blocks past their retention, series without data, the index's log. */
int retention_expire(struct store *store, struct store_maintained *done, struct error *err);
/* A series without any sample goes. */
bool retention_forget(struct store *store, series_ref ref);

#endif
