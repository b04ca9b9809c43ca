/* SPDX-License-Identifier: MIT */
/*
 * blocks.c - the lists of blocks, and views of them. A list never changes: a new
 * one takes its place, and the old one lives as long as a view holds it.
 */
#include "store/state.h"
#include "store/listed.h"
#include "index/arena.h"

#include <errno.h>
#include <stdlib.h>

struct view_memory {
	struct arena names;
	uint32_t n, room;
	struct metric_box **boxes;
};

/* ---- lists ---- */

void block_list_release(struct block_list *list)
{
	if (!list || atomic_fetch_sub_explicit(&list->holders, 1, memory_order_acq_rel) > 1)
		return;
	for (uint32_t i = 0; i < list->n; i++)
		block_unref(list->block[i]);
	free(list);
}

static bool contains(struct block *const blocks[], uint32_t n, const struct block *block)
{
	for (uint32_t i = 0; i < n; i++)
		if (blocks[i] == block)
			return true;
	return false;
}

static int by_start(const void *a, const void *b)
{
	const struct block *x = *(struct block *const *)a, *y = *(struct block *const *)b;
	kymo_ms from_x = block_start(x), from_y = block_start(y);

	if (from_x != from_y)
		return from_x < from_y ? -1 : 1;
	return block_sequence(x) < block_sequence(y) ? -1 : block_sequence(x) > block_sequence(y);
}

static void list_fill(struct block_list *list, const struct block_list *old, struct block *const remove[], uint32_t n_remove,
		      struct block *const add[], uint32_t n_add)
{
	for (uint32_t i = 0; old && i < old->n; i++)
		if (!contains(remove, n_remove, old->block[i]))
			list->block[list->n++] = block_ref(old->block[i]);
	for (uint32_t i = 0; i < n_add; i++)
		list->block[list->n++] = add[i];
	if (list->n > 1)
		qsort(list->block, list->n, sizeof(struct block *), by_start);
}

static struct block_list *list_make(const struct block_list *old, struct block *const remove[], uint32_t n_remove,
				    struct block *const add[], uint32_t n_add)
{
	struct block_list *list = calloc(1, sizeof *list + ((old ? old->n : 0) + n_add) * sizeof(struct block *));

	if (list) {
		atomic_init(&list->holders, 1);
		list_fill(list, old, remove, n_remove, add, n_add);
	}
	return list;
}

/* Those that were to come are the caller's again. */
static void list_undo(struct block_list *list, struct block *const add[], uint32_t n_add)
{
	for (uint32_t i = 0; i < n_add; i++)
		block_ref(add[i]);
	block_list_release(list);
}

/* On a full disk blocks can go without the manifest: it is behind then, and says that they are missing if it stays so. */
static int list_tell(struct store *store, enum kymo_tier tier, const struct block_list *list, struct block *const remove[],
		     uint32_t n_remove, uint32_t n_add, struct error *err)
{
	struct error reason = { 0 };
	int r = listed_change(store, tier, list, remove, n_remove, &reason);

	if (r < 0 && n_add)
		error_set(err, r, "%s", error_text(&reason));
	error_clear(&reason);
	return n_add ? r : 0;
}

int store_replace_blocks(struct store *store, enum kymo_tier tier, struct block *const remove[], uint32_t n_remove,
			 struct block *const add[], uint32_t n_add, struct error *err)
{
	struct block_list *old = store->list[tier], *list = list_make(old, remove, n_remove, add, n_add);
	int r;

	if (!list)
		return error_set(err, -ENOMEM, "%s: out of memory", store->path);
	r = list_tell(store, tier, list, remove, n_remove, n_add, err);
	if (r < 0) {
		list_undo(list, add, n_add);
		return r;
	}
	pthread_mutex_lock(&store->lists_lock);
	store->list[tier] = list;
	pthread_mutex_unlock(&store->lists_lock);
	for (uint32_t i = 0; i < n_remove; i++)
		block_doom(remove[i]);
	block_list_release(old);
	return 0;
}

void store_set_deleted(struct store *store, struct deleted *deleted)
{
	struct deleted *old;

	pthread_mutex_lock(&store->lists_lock);
	old = store->deleted;
	store->deleted = deleted;
	pthread_mutex_unlock(&store->lists_lock);
	deleted_release(old);
}

static void note_failure(struct store *store, struct block *block)
{
	int failure = block_take_failure(block);
	uint64_t suppressed;

	if (!failure)
		return;
	atomic_fetch_add(&store->counters.read_errors, 1);
	if (log_due(&store->read_log, &suppressed))
		log_error(LOG_STORE, "%s: cannot be read now: %s", block_path(block), error_name(-failure));
}

int store_note_damage(struct store *store, struct block *block)
{
	note_failure(store, block);
	if (!block_take_damage(block))
		return 0;
	store_count_damage(store, 1);
	log_error(LOG_STORE, "%s: damaged; what can be read of it is read on, what cannot is left out", block_path(block));
	return 0;
}

/* ---- views ---- */

int store_view_open(struct store *store, struct store_view **out)
{
	struct store_view *view = calloc(1, sizeof *view);

	if (!view)
		return -ENOMEM;
	view->store = store;
	view->flushes = atomic_load(&store->flushes);	/* before the lists: newer ones do no harm */
	pthread_mutex_lock(&store->lists_lock);
	for (int tier = 0; tier < TIERS; tier++) {
		view->list[tier] = store->list[tier];
		atomic_fetch_add_explicit(&view->list[tier]->holders, 1, memory_order_relaxed);
	}
	view->deleted = deleted_hold(store->deleted);
	pthread_mutex_unlock(&store->lists_lock);
	*out = view;
	return 0;
}

static void memory_destroy(struct view_memory *memory)
{
	if (!memory)
		return;
	for (uint32_t i = 0; i < memory->n; i++)
		metric_release(memory->boxes[i]);
	free(memory->boxes);
	arena_fini(&memory->names);
	free(memory);
}

void store_view_close(struct store_view *view)
{
	if (!view)
		return;
	for (int tier = 0; tier < TIERS; tier++)
		block_list_release(view->list[tier]);
	deleted_release(view->deleted);
	memory_destroy(view->memory);
	free(view);
}

struct block *const *blocks_of(const struct store_view *view, enum kymo_tier tier, uint32_t *n)
{
	*n = view->list[tier]->n;
	return view->list[tier]->block;
}

/* ---- names that outlive the series ---- */

/* Series of one metric come one after another, so one hold serves them. */
static int hold_metric(struct view_memory *memory, struct metric_box *box)
{
	if (memory->n && memory->boxes[memory->n - 1] == box)
		return 0;
	if (memory->n == memory->room) {
		uint32_t room = memory->room ? memory->room * 2 : 8;
		struct metric_box **more = realloc(memory->boxes, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		memory->boxes = more;
		memory->room = room;
	}
	memory->boxes[memory->n++] = metric_hold(box);
	return 0;
}

static int keep_names(struct store_view *view, const struct series *series, struct series_view *out)
{
	void *labels;

	if (!view->memory)
		view->memory = calloc(1, sizeof *view->memory);
	if (!view->memory || hold_metric(view->memory, series->metric) < 0)
		return -ENOMEM;
	labels = arena_add(&view->memory->names, out->labels.data, out->labels.size);
	if (!labels)
		return -ENOMEM;
	out->labels.data = labels;
	return 0;
}

int store_view_series(struct store_view *view, series_ref ref, struct series_view *out)
{
	struct index *index = view->store->index;
	AUTO_BUF names = { 0 };
	int r;

	index_lock(index);
	r = store_series_view(view->store, ref, &names, out);
	if (r == 0)
		r = keep_names(view, index_series(index, ref), out);
	index_unlock(index);
	return r;
}
