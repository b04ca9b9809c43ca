/* SPDX-License-Identifier: MIT */
/* fsck_block.c - one block: its sections, its names, and every chunk decoded. */
#include "store/fsck_state.h"
#include "tier/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct looking {
	struct fsck *fsck;
	struct block *block;
	const char *name;		/* of the file */
	bool damaged;
	struct block_input input;
	struct buf bytes;
	kymo_ms *times;
	double *values;
	struct record *records;
	uint32_t room;
};

static void forget_entries(struct looking *looking)
{
	free(looking->times);
	free(looking->values);
	if (looking->records)
		records_fini(looking->records, looking->room);
	free(looking->records);
	looking->times = NULL;
	looking->values = NULL;
	looking->records = NULL;
	looking->room = 0;
}

static void looking_fini(struct looking *looking)
{
	forget_entries(looking);
	buf_fini(&looking->bytes);
	block_input_fini(&looking->input);
}

static int reserve(struct looking *looking, uint32_t n)
{
	if (n <= looking->room)
		return 0;
	forget_entries(looking);
	looking->times = malloc(n * sizeof *looking->times);
	looking->values = malloc(n * sizeof *looking->values);
	looking->records = calloc(n, sizeof *looking->records);
	looking->room = looking->records ? n : 0;
	return looking->times && looking->values && looking->records ? 0 : -ENOMEM;
}

/* "a{b="c"}", or its number. */
static void name_series(struct looking *looking, const struct block_series *series, struct buf *out)
{
	const struct metric *metric;
	struct labels labels;
	struct label label;
	uint32_t at = 0, n = 0;

	if (block_names(looking->block, series->place, &labels, &metric) < 0) {
		buf_printf(out, "series %u", series->ref);
	} else {
		label = labels_metric(labels);
		buf_add(out, label.value, label.value_len);
		while (labels_next(labels, &at, &label))
			if (!text_equal(label.name, label.name_len, LABEL_NAME))
				buf_printf(out, "%s%.*s=\"%.*s\"", n++ ? ", " : "{", (int)label.name_len, label.name,
					   (int)label.value_len, label.value);
		buf_add_text(out, n ? "}" : "");
	}
	buf_text(out);
}

static void lose_chunk(struct looking *looking, const struct block_series *series, const struct block_chunk *chunk, const char *what)
{
	char first[TIME_TEXT], last[TIME_TEXT], lost[128];
	AUTO_BUF name = { 0 };

	name_series(looking, series, &name);
	snprintf(lost, sizeof lost, "%u %s from %s to %s", chunk->n, block_tier(looking->block) == KYMO_RAW ? "samples" : "windows",
		 time_format(chunk->first, first), time_format(chunk->last, last));
	fsck_found(looking->fsck, looking->name, chunk->frame.at, lost, "%s: %s", buf_failed(&name) ? "a series" : (char *)name.data, what);
	looking->damaged = true;
}

static int read_samples(struct looking *looking, const struct block_chunk *chunk)
{
	struct block_times times = { 0 };
	int r = block_read_samples(looking->block, chunk, 0, &looking->input, looking->times, &times, looking->values);

	if (r == 0 && times.at != looking->times)
		memcpy(looking->times, times.at, chunk->n * sizeof *looking->times);
	if (r == 0)
		block_times_end(&times);
	return r;
}

static int read_records(struct looking *looking, const struct block_chunk *chunk)
{
	const struct buf *bytes = &looking->bytes;
	int r;

	buf_clear(&looking->bytes);
	r = block_read_records(looking->block, chunk, 0, &looking->input, &looking->bytes);
	if (r < 0)
		return r;
	if (records_count(bytes->data, bytes->len) != chunk->n)
		return -EBADMSG;
	r = records_decode(bytes->data, bytes->len, KIND_DISTRIBUTION, looking->records, chunk->n);
	for (uint32_t i = 0; i < chunk->n && r == 0; i++)
		looking->times[i] = looking->records[i].at;
	return r;
}

static bool times_are_right(const struct looking *looking, const struct block_chunk *chunk)
{
	const kymo_ms *times = looking->times;

	for (uint32_t i = 1; i < chunk->n; i++)
		if (times[i] <= times[i - 1])
			return false;
	return chunk->n && times[0] == chunk->first && times[chunk->n - 1] == chunk->last &&
	       chunk->first > block_start(looking->block) && chunk->last <= block_end(looking->block);
}

static int look_at_chunk(struct looking *looking, const struct block_series *series, const struct block_chunk *chunk)
{
	struct fsck_counts *counts = looking->fsck->counts;
	int r = reserve(looking, chunk->n);

	if (r == 0)
		r = chunk->records ? read_records(looking, chunk) : read_samples(looking, chunk);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		lose_chunk(looking, series, chunk, r == -EBADMSG ? "a chunk is damaged" : "a chunk cannot be read");
	else if (!times_are_right(looking, chunk))
		lose_chunk(looking, series, chunk, "a chunk has other times than the directory says");
	counts->chunks++;
	*(chunk->records ? &counts->records : &counts->samples) += chunk->n;
	return 0;
}

static void lose_series(struct looking *looking)
{
	fsck_found(looking->fsck, looking->name, FSCK_NOWHERE, "what these series have here", "a part of its table is damaged");
	looking->damaged = true;
}

static int look_at_chunks(struct looking *looking, const struct block_series *series)
{
	struct block_chunks chunks = { 0 };
	int r = block_find(looking->block, series->ref, INT64_MIN, INT64_MAX, &chunks, NULL);

	if (r == -EBADMSG || r == -EIO)
		lose_series(looking);
	r = r == -ENOMEM ? r : 0;
	for (uint32_t i = 0; i < chunks.n && r == 0; i++)
		r = look_at_chunk(looking, series, &chunks.chunk[i]);
	block_chunks_fini(&chunks);
	return r;
}

static int look_at_series(struct looking *looking, const struct block_series *series)
{
	const struct metric *metric;
	struct labels labels;
	int r = block_names(looking->block, series->place, &labels, &metric);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		fsck_found(looking->fsck, looking->name, FSCK_NOWHERE, "the name of the series, unless the index has it",
			   "series %u: its name cannot be read", series->ref);
		looking->damaged = true;
	} else {
		if (buf_failed(&looking->fsck->series))
			return -ENOMEM;
		buf_add(&looking->fsck->series, &series->ref, sizeof series->ref);
	}
	return look_at_chunks(looking, series);
}

static int remember(struct fsck *fsck, const char *path)
{
	char **more = realloc(fsck->damaged, (fsck->n_damaged + 1) * sizeof *more);

	if (!more)
		return -ENOMEM;
	fsck->damaged = more;
	more[fsck->n_damaged] = strdup(path);
	return more[fsck->n_damaged++] ? 0 : -ENOMEM;
}

static int look_inside(struct fsck *fsck, struct block *block, const char *path, const char *name)
{
	struct looking looking = { .fsck = fsck, .block = block, .name = name };
	struct block_walk walk = block_walk(block);
	struct block_series series;
	int r;

	while ((r = block_walk_next(&walk, &series)) && r != -ENOMEM) {
		if (r < 0)
			lose_series(&looking);
		else if ((r = look_at_series(&looking, &series)) < 0)
			break;
	}
	block_walk_end(&walk);
	if (r == 0 && looking.damaged)
		r = remember(fsck, path);
	looking_fini(&looking);
	return r;
}

int fsck_block(struct fsck *fsck, const char *path, const char *name, enum kymo_tier tier)
{
	struct error err = { 0 };
	struct block *block = NULL;
	int r = block_open(fsck->files, path, &block, &err);

	fsck->counts->blocks++;
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		fsck_found(fsck, name, FSCK_NOWHERE, "all that is in it", "%s", error_text(&err));
	else if (block_tier(block) != tier)
		fsck_found(fsck, name, FSCK_NOWHERE, "all that is in it", "it says that it belongs to %s", tier_name(block_tier(block)));
	if (r == 0)
		fsck_listed_saw(fsck, block);
	r = r == 0 && block_tier(block) == tier ? look_inside(fsck, block, path, name) : 0;
	error_clear(&err);
	block_unref(block);
	return r;
}
