/* SPDX-License-Identifier: MIT */
#include "store/deleted.h"
#include "codec/frame.h"
#include "util/cleanup.h"
#include "util/file.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#define DELETED_MAGIC "KYMO-DEL"
#define DELETED_VERSION 1u
#define DELETED_NAME "deleted"
#define FILE_MOST (UINT64_C(1) << 30)
#define WIDEST INT64_C(3600000)		/* the longest window */
enum { DELETION_FRAME = 1 };

struct deleted {
	_Atomic uint32_t holders;
	uint32_t n, room;
	struct deletion *of;		/* in order of sequence */
};

/* ---- lists ---- */

struct deleted *deleted_hold(struct deleted *deleted)
{
	if (deleted)
		atomic_fetch_add_explicit(&deleted->holders, 1, memory_order_relaxed);
	return deleted;
}

void deleted_release(struct deleted *deleted)
{
	if (!deleted || atomic_fetch_sub_explicit(&deleted->holders, 1, memory_order_acq_rel) > 1)
		return;
	for (uint32_t i = 0; i < deleted->n; i++)
		free((void *)deleted->of[i].refs);
	free(deleted->of);
	free(deleted);
}
DEFINE_AUTO(deleted, deleted_release)

uint32_t deleted_count(const struct deleted *deleted)
{
	return deleted ? deleted->n : 0;
}

const struct deletion *deleted_at(const struct deleted *deleted, uint32_t i)
{
	return &deleted->of[i];
}

static struct deleted *create(uint32_t room)
{
	struct deleted *deleted = calloc(1, sizeof *deleted);

	if (deleted && !(deleted->of = calloc((size_t)room + 1, sizeof *deleted->of))) {
		free(deleted);
		return NULL;
	}
	if (deleted) {
		atomic_init(&deleted->holders, 1);
		deleted->room = room;
	}
	return deleted;
}

/* Takes the refs. */
static int add(struct deleted *to, const struct deletion *deletion)
{
	if (to->n == to->room) {
		uint32_t room = to->room * 2 + 8;
		struct deletion *more = realloc(to->of, (room + 1) * sizeof *more);

		if (!more)
			return -ENOMEM;
		to->of = more;
		to->room = room;
	}
	to->of[to->n++] = *deletion;
	return 0;
}

static int add_copy(struct deleted *to, const struct deletion *deletion)
{
	struct deletion copy = *deletion;
	series_ref *refs = malloc(((size_t)copy.n + 1) * sizeof *refs);
	int r;

	if (!refs)
		return -ENOMEM;
	memcpy(refs, deletion->refs, copy.n * sizeof *refs);
	copy.refs = refs;
	r = add(to, &copy);
	if (r < 0)
		free(refs);
	return r;
}

int deleted_make(const struct deleted *old, const struct deletion *more, struct deleted **out)
{
	AUTO(deleted) made = create(deleted_count(old) + 1);
	int r = made ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < deleted_count(old) && r == 0; i++)
		r = add_copy(made, &old->of[i]);
	if (r == 0 && more)
		r = add_copy(made, more);
	if (r == 0)
		*out = TAKE(made);
	return r;
}

int deleted_flag(const struct deleted *old, uint64_t sequence, uint8_t flags, struct deleted **out)
{
	int r = deleted_make(old, NULL, out);

	for (uint32_t i = 0; r == 0 && i < (*out)->n; i++)
		if ((*out)->of[i].sequence == sequence)
			(*out)->of[i].flags |= flags;
	return r;
}

int deleted_filter(const struct deleted *old, bool (*keep)(void *data, const struct deletion *deletion, series_ref ref),
		   void *data, struct deleted **out)
{
	AUTO(deleted) made = NULL;
	uint32_t kept = 0;
	int r = deleted_make(old, NULL, &made);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < made->n; i++) {
		struct deletion *deletion = &made->of[i];
		series_ref *refs = (series_ref *)deletion->refs;
		uint32_t n = 0;

		for (uint32_t k = 0; k < deletion->n; k++)
			if (keep(data, deletion, refs[k]))
				refs[n++] = refs[k];
		deletion->n = n;
		if (n)
			made->of[kept++] = *deletion;
		else
			free(refs);
	}
	made->n = kept;
	*out = TAKE(made);
	return 0;
}

/* ---- what one takes ---- */

static kymo_ms border_below(kymo_ms at, kymo_ms width)
{
	return at < INT64_MIN + WIDEST ? INT64_MIN : window_floor(at, width);
}

static kymo_ms border_above(kymo_ms at, kymo_ms width)
{
	return at > INT64_MAX - WIDEST ? INT64_MAX : window_end_of(at, width);
}

bool deletion_range(const struct deletion *deletion, enum kymo_tier tier, kymo_ms *start, kymo_ms *end)
{
	kymo_ms width = tier_width(tier);

	*start = deletion->start;
	*end = deletion->end;
	if (tier != KYMO_RAW) {
		*start = deletion->flags & DELETED_START ? border_below(*start, width) :
			 *start < INT64_MIN + WIDEST ? INT64_MIN : border_above(*start, width);
		*end = deletion->flags & DELETED_END ? border_above(*end, width) :
		       *end > INT64_MAX - WIDEST ? INT64_MAX : border_below(*end, width);
	}
	return *start < *end;
}

bool deletion_has(const struct deletion *deletion, series_ref ref)
{
	uint32_t low = 0, high = deletion->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (deletion->refs[middle] < ref)
			low = middle + 1;
		else
			high = middle;
	}
	return low < deletion->n && deletion->refs[low] == ref;
}

bool deletion_touches(const struct deletion *deletion, enum kymo_tier tier, uint64_t sequence, series_ref ref, kymo_ms first,
		      kymo_ms last)
{
	kymo_ms start, end;

	return sequence < deletion->sequence && deletion_range(deletion, tier, &start, &end) && last > start && first <= end &&
	       deletion_has(deletion, ref);
}

/* Entries are `step` apart at least. false: nothing is left. */
static bool cut(kymo_ms start, kymo_ms end, kymo_ms step, kymo_ms *first, kymo_ms *last)
{
	if (start < *first && *last <= end)
		return false;
	if (start < *first && *first <= end)
		*first = end + step;
	if (start < *last && *last <= end)
		*last = start;
	return *first <= *last;
}

/* What one has cut, another may cut further: until nothing changes. */
bool deleted_narrow(const struct deleted *deleted, enum kymo_tier tier, uint64_t sequence, series_ref ref, kymo_ms *first,
		    kymo_ms *last)
{
	kymo_ms step = tier == KYMO_RAW ? 1 : tier_width(tier);
	bool changed = true;

	while (changed) {
		kymo_ms from = *first, to = *last;

		for (uint32_t i = 0; i < deleted_count(deleted); i++) {
			const struct deletion *deletion = &deleted->of[i];
			kymo_ms start, end;

			if (deletion_touches(deletion, tier, sequence, ref, *first, *last) &&
			    deletion_range(deletion, tier, &start, &end) && !cut(start, end, step, first, last))
				return false;
		}
		changed = from != *first || to != *last;
	}
	return true;
}

/* ---- the file ---- */

static int encode_one(const struct deletion *deletion, struct buf *out)
{
	size_t begin = frame_begin(out, DELETION_FRAME);
	series_ref before = 0;

	buf_add_varint(out, deletion->sequence);
	buf_add_zigzag(out, deletion->start);
	buf_add_zigzag(out, deletion->end);
	buf_add_u8(out, deletion->flags);
	buf_add_varint(out, deletion->n);
	for (uint32_t i = 0; i < deletion->n; i++) {
		buf_add_varint(out, deletion->refs[i] - before);
		before = deletion->refs[i];
	}
	return frame_end(out, begin, 0);
}

int deleted_write(const char *store_path, const struct deleted *deleted, struct error *err)
{
	AUTO_FREE char *path = path_join(store_path, DELETED_NAME);
	AUTO_BUF out = { 0 };
	int r = path ? 0 : -ENOMEM;

	frame_file_header(&out, DELETED_MAGIC, DELETED_VERSION);
	for (uint32_t i = 0; i < deleted_count(deleted) && r == 0; i++)
		r = encode_one(&deleted->of[i], &out);
	if (r == 0 && buf_failed(&out))
		r = -ENOMEM;
	if (r < 0)
		return error_set(err, r, "%s/%s: %s", store_path, DELETED_NAME, error_name(r));
	return file_write_atomic(path, out.data, out.len, err);
}

static int decode_refs(struct reader *in, struct deletion *deletion)
{
	uint64_t n = read_varint(in), ref = 0;
	series_ref *refs;

	if (in->bad || !n || n > reader_left(in))
		return -EBADMSG;
	if (!(refs = malloc(n * sizeof *refs)))
		return -ENOMEM;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t step = read_varint(in);

		if (in->bad || !step || step > UINT32_MAX || (ref += step) > UINT32_MAX) {
			free(refs);
			return -EBADMSG;
		}
		refs[i] = (series_ref)ref;
	}
	deletion->n = (uint32_t)n;
	deletion->refs = refs;
	return 0;
}

static int decode_one(const struct frame *frame, struct deleted *to)
{
	struct reader in = reader_of(frame->data, frame->size);
	struct deletion deletion = { .sequence = read_varint(&in) };
	int r;

	deletion.start = read_zigzag(&in);
	deletion.end = read_zigzag(&in);
	deletion.flags = read_u8(&in);
	if (in.bad || frame->type != DELETION_FRAME || deletion.start >= deletion.end)
		return -EBADMSG;
	r = decode_refs(&in, &deletion);
	if (r == 0 && reader_left(&in))
		r = -EBADMSG;
	if (r == 0)
		r = add(to, &deletion);
	if (r < 0)
		free((void *)deletion.refs);
	return r;
}

int deleted_decode(const void *data, size_t size, struct deleted **out)
{
	AUTO(deleted) made = create(8);
	struct frame_walk walk = frame_walk(data, size, FRAME_FILE_HEADER, 0);
	struct frame frame;
	int r = made ? frame_file_check(data, size, DELETED_MAGIC, DELETED_VERSION) : -ENOMEM;

	while (r == 0 && frame_next(&walk, &frame))
		r = decode_one(&frame, made);
	if (r == 0 && (walk.damaged || walk.tail))
		r = -EBADMSG;
	if (r == 0)
		*out = TAKE(made);
	return r;
}

int deleted_read(const char *store_path, struct deleted **out, struct error *err)
{
	AUTO_FREE char *path = path_join(store_path, DELETED_NAME);
	AUTO_BUF bytes = { 0 };
	int r;

	*out = NULL;
	if (!path)
		return error_set(err, -ENOMEM, "%s: out of memory", store_path);
	r = file_read_all(path, FILE_MOST, &bytes, err);
	if (r == -ENOENT && err)
		error_clear(err);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	r = deleted_decode(bytes.data, bytes.len, out);
	return r < 0 ? error_set(err, r, "%s: %s", path, r == -ENOTSUP ? "written by a newer kymo" : error_name(r)) : 0;
}
