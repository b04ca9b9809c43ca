/* SPDX-License-Identifier: MIT */
/*
 * deleted.h - what was deleted and is in blocks still: for a deletion the range,
 * the series, and a sequence. Blocks with a lower sequence had the entries then,
 * and no longer show them; what is stored later is in blocks above it. A merge
 * leaves out what is not shown; when no block has any of it, the deletion goes.
 *
 * Of a tier windows are deleted. Those in which the range begins or ends are too,
 * when they are computed again from raw; else they stay as they are.
 *
 * PATH/deleted has the list (docs/format.md) and is written anew with every change.
 * A list never changes: a new one takes its place, the old one lives as long as it
 * is held.
 */
#ifndef STORE_DELETED_H
#define STORE_DELETED_H

#include "model/labels.h"
#include "model/tier.h"
#include "util/buf.h"
#include "util/error.h"

enum deleted_flags {
	DELETED_START = 1,		/* the windows in which it begins are made again */
	DELETED_END = 2,		/* those in which it ends */
	DELETED_MADE = 4		/* that has been done, and is on disk */
};

struct deletion {
	uint64_t sequence;
	kymo_ms start, end;		/* (start, end] */
	uint8_t flags;			/* enum deleted_flags */
	uint32_t n;
	const series_ref *refs;		/* rising */
};

struct deleted;				/* NULL: nothing is */

struct deleted *deleted_hold(struct deleted *deleted);
void deleted_release(struct deleted *deleted);
uint32_t deleted_count(const struct deleted *deleted);
const struct deletion *deleted_at(const struct deleted *deleted, uint32_t i);

/* A new list: those of the old one (with other flags and refs, if `change` says so), and one more if not NULL. */
int deleted_make(const struct deleted *old, const struct deletion *more, struct deleted **out);	/* 0 or -ENOMEM */
/* Without those refs for which `keep` says false; deletions without refs go. */
int deleted_filter(const struct deleted *old, bool (*keep)(void *data, const struct deletion *deletion, series_ref ref),
		   void *data, struct deleted **out);
/* With these flags in addition for the deletion of that sequence. */
int deleted_flag(const struct deleted *old, uint64_t sequence, uint8_t flags, struct deleted **out);

/* What it takes of a tier. false: no whole window. */
bool deletion_range(const struct deletion *deletion, enum kymo_tier tier, kymo_ms *start, kymo_ms *end);
bool deletion_has(const struct deletion *deletion, series_ref ref);
/* Does it take anything in [first, last] of a block of that sequence? */
bool deletion_touches(const struct deletion *deletion, enum kymo_tier tier, uint64_t sequence, series_ref ref, kymo_ms first,
		      kymo_ms last);
/*
 * What is left of [*first, *last], which is narrowed from both ends. false: nothing.
 * In the middle more may be deleted.
 */
bool deleted_narrow(const struct deleted *deleted, enum kymo_tier tier, uint64_t sequence, series_ref ref, kymo_ms *first,
		    kymo_ms *last);

/* PATH/deleted. No file: *out is NULL. -EBADMSG: damaged; -ENOTSUP: written by a newer kymo. */
int deleted_read(const char *store_path, struct deleted **out, struct error *err);
int deleted_write(const char *store_path, const struct deleted *deleted, struct error *err);
int deleted_decode(const void *data, size_t size, struct deleted **out);	/* 0, -EBADMSG, -ENOTSUP, -ENOMEM */

#endif
