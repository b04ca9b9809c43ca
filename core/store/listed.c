/* SPDX-License-Identifier: MIT */
/*
 * listed.c - a block that goes stays in the list as gone until its file is not
 * there any more: a reader may still hold it, and the process may end before that.
 */
#include "store/listed.h"
#include "util/cleanup.h"

#include <errno.h>

static int add_block(struct manifest *manifest, const struct block *block, bool gone)
{
	return manifest_add(manifest, &(struct manifest_block){ .tier = block_tier(block), .gone = gone,
								.sequence = block_sequence(block), .start = block_start(block),
								.end = block_end(block) });
}

static int add_list(struct manifest *manifest, const struct block_list *list)
{
	int r = 0;

	for (uint32_t i = 0; list && i < list->n && r == 0; i++)
		r = add_block(manifest, list->block[i], false);
	return r;
}

static bool is_there(const struct store *store, const struct manifest_block *block, const char *ending)
{
	AUTO_FREE char *path = manifest_path(store->path, block);
	AUTO_BUF text = { 0 };

	if (!path)
		return true;
	buf_printf(&text, "%s%s", path, ending);
	return !buf_text(&text) || access(buf_text(&text), F_OK) == 0 || errno != ENOENT;
}

/* Those that went before and may still be found, and these. */
static int add_gone(const struct store *store, struct block *const remove[], uint32_t n_remove, struct manifest *gone)
{
	int r = 0;

	for (uint32_t i = 0; i < store->gone.n && r == 0; i++)
		if (is_there(store, &store->gone.block[i], ""))
			r = manifest_add(gone, &store->gone.block[i]);
	for (uint32_t i = 0; i < n_remove && r == 0; i++)
		r = add_block(gone, remove[i], true);
	return r;
}

static int make(const struct store *store, enum kymo_tier tier, const struct block_list *list, const struct manifest *gone,
		struct manifest *manifest)
{
	int r = 0;

	for (int i = 0; i < TIERS && r == 0; i++)
		r = add_list(manifest, i == (int)tier ? list : store->list[i]);
	for (uint32_t i = 0; i < gone->n && r == 0; i++)
		r = manifest_add(manifest, &gone->block[i]);
	return r;
}

int listed_change(struct store *store, enum kymo_tier tier, const struct block_list *list, struct block *const remove[],
		  uint32_t n_remove, struct error *err)
{
	struct manifest manifest = { 0 }, gone = { 0 };
	int r;

	if (!store->listed)
		return 0;
	r = add_gone(store, remove, n_remove, &gone);
	if (r == 0)
		r = make(store, tier, list, &gone, &manifest);
	if (r < 0)
		error_set(err, r, "%s: out of memory", store->path);
	else
		r = manifest_write(store->path, &manifest, err);
	manifest_fini(&manifest);
	if (r == 0) {
		manifest_fini(&store->gone);
		store->gone = gone;
	} else {
		manifest_fini(&gone);
	}
	return r;
}

/* ---- at the start ---- */

int listed_load(struct store *store, struct manifest *manifest, struct error *err)
{
	struct error reason = { 0 };
	int r = manifest_read(store->path, manifest, &reason);

	if (r == -EBADMSG || r == -EFBIG)
		store_set_aside(store, "manifest", error_text(&reason));
	else if (r < 0 && r != -ENOENT)
		error_set(err, r, "%s", error_text(&reason));
	error_clear(&reason);
	return r == -EBADMSG || r == -EFBIG || r == -ENOENT ? 0 : r;
}

/* Replaced by another one: then it was on its way out. */
static bool is_replaced(const struct block_list *list, uint64_t sequence)
{
	const uint64_t *sequences;

	for (uint32_t i = 0; i < list->n; i++)
		for (uint32_t k = block_replaced(list->block[i], &sequences); k-- > 0;)
			if (sequences[k] == sequence)
				return true;
	return false;
}

static bool is_open(const struct block_list *list, uint64_t sequence)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (block_sequence(list->block[i]) == sequence)
			return true;
	return false;
}

static void check(struct store *store, const struct manifest_block *block)
{
	const struct block_list *list = store->list[block->tier];

	if (block->gone || is_open(list, block->sequence) || is_replaced(list, block->sequence) || is_there(store, block, "") ||
	    is_there(store, block, ".damaged"))
		return;
	log_error(LOG_STORE, "%s: block %llu of %s is missing", store->path, (unsigned long long)block->sequence,
		  tier_name(block->tier));
	store_count_damage(store, 1);
}

static bool same_bytes(const struct manifest *a, const struct manifest *b)
{
	AUTO_BUF x = { 0 };
	AUTO_BUF y = { 0 };

	return manifest_encode(a, &x) == 0 && manifest_encode(b, &y) == 0 && x.len == y.len && !memcmp(x.data, y.data, x.len);
}

void listed_begin(struct store *store, const struct manifest *manifest)
{
	struct manifest now = { 0 };
	struct error err = { 0 };
	int r;

	for (uint32_t i = 0; i < manifest->n; i++)
		check(store, &manifest->block[i]);
	store->listed = true;
	r = make(store, KYMO_RAW, store->list[KYMO_RAW], &(struct manifest){ 0 }, &now);
	if (r == 0 && !same_bytes(manifest, &now))
		r = manifest_write(store->path, &now, &err);
	if (r < 0)
		log_warn(LOG_STORE, "%s; the list of blocks is written with the next change", err.code ? error_text(&err) : "out of memory");
	error_clear(&err);
	manifest_fini(&now);
}
