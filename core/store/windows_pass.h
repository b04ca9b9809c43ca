/* SPDX-License-Identifier: MIT */
/* windows_pass.h - what closing windows and computing them again have in common. */
#ifndef STORE_WINDOWS_PASS_H
#define STORE_WINDOWS_PASS_H

#include "head/group_columns.h"
#include "store/downsample_state.h"
#include "store/tier_read.h"

#define STEP_WINDOWS 1440		/* never more windows of a series at a time */

/* With the maintain lock. */
struct pass {
	struct store *store;
	struct downsample *d;
	struct store_view *view;
	struct store_maintained *done;
	struct record_list list;	/* memory that series use one after another */
	struct record_list made[TIERS];
	struct record record;
};

int pass_init(struct pass *pass, struct store *store, struct store_maintained *done);	/* 0 or -ENOMEM */
void pass_fini(struct pass *pass);

/* Of n refs those that are there and whose samples may be in (start, end], in the same order. How many. */
uint32_t pass_find(const struct pass *pass, const series_ref *refs, uint32_t n, kymo_ms start, kymo_ms end,
		   struct rollup_series *out);

/* Records of a tier into its head, and to who watches. 0 or -ENOMEM. */
int pass_keep(const struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, const struct record *record);
int pass_keep_many(const struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, const struct record *records,
		   uint32_t n);
int pass_tell(const struct pass *pass, enum kymo_tier tier, series_ref ref, const struct window *window);

/*
 * Records of a tier over (start, end], from the tier below it or from raw. What the
 * disk does not give now: a window that closes is made without it and marked, so
 * that it is made again; one that is made again stays as it is, and marked.
 */
struct making {
	bool insists;			/* as raw_insist */
	struct tier_reader *below;
	struct rollup *rollup;
};
int make_from_below(const struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, kymo_ms start,
		    kymo_ms end, struct making *making);
int make_from_raw(const struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, kymo_ms start,
		  kymo_ms end, struct making *making);
bool making_missed(const struct making *making);
void making_fini(struct making *making);

/* ---- windows_live.c: who may have samples after some time ---- */

struct live_group {
	uint32_t id, n;
	uint32_t begin;			/* of its members */
};
struct live {
	uint32_t n_groups, room_groups;
	struct live_group *groups;
	struct refs members;		/* of groups, as they were */
	struct refs loose;		/* the rest */
};
int live_find(struct pass *pass, enum kymo_tier tier, kymo_ms start, struct live *live);	/* *live is zero. 0 or -ENOMEM */
void live_fini(struct live *live);
/* All of that tier is closed up to there. */
void live_closed(struct store *store, enum kymo_tier tier, kymo_ms end);

/* ---- windows_groups.c ---- */

/*
 * Close the minute (start, end] of groups; members of which more must be known go to
 * *rest, and all do where it is another time than a minute. 0 or -ENOMEM.
 */
int groups_close(struct pass *pass, const struct live *live, kymo_ms start, kymo_ms end, struct refs *rest, uint64_t *closed);

#endif
