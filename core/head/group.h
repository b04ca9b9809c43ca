/* SPDX-License-Identifier: MIT */
/*
 * group.h - series that are sampled together: one list of times, one state, rows
 * (rows.h) of what changed.
 *
 * A series is in one group at a time, or in none. A group that fits its members no
 * more is retired: it takes nothing, and is there until its rows are in blocks. A
 * series that is in a new group by then finds the old one through `older`.
 *
 * Who calls holds the head's lock and the index's read lock.
 */
#ifndef HEAD_GROUP_H
#define HEAD_GROUP_H

#include "head/head.h"
#include "head/rows.h"
#include "wal/record.h"

#define GROUP_LEAST 8			/* members; fewer are not worth one */
#define GROUP_MOST 8192
#define GROUP_PATIENCE 64		/* rows that a group is given before it is judged, to begin with */
#define GROUP_PATIENCE_MOST (1u << 16)

/* Rows of a group that take no more and are in memory. */
struct stretch {
	struct sealed *sealed;		/* NULL: frozen before they were sealed */
	struct rows *rows;
};

/* Rows of a group that are in the file: group_spill.c. */
struct group_spilled {
	uint32_t n, room, n_frozen;
	uint8_t *data;			/* struct spilled, one behind another, each with its ends */
};

struct group_place {
	uint32_t group;			/* 0: none */
	uint16_t slot;
};

/* What the segment of the WAL that is being written knows of it: append_log.c. */
struct group_log {
	uint64_t mark;			/* stated since this mark of the WAL; 0: never */
	uint64_t segment;		/* where `number` is its number */
	uint32_t number;
	uint64_t stated, since;		/* bytes of the statement, and of rows since */
	struct wal_pace pace;
};

/* The last window that all members were marked for, of those that had closed: store/downsample.h. */
struct marked {
	kymo_ms end;
	uint64_t when;
};

struct group {
	uint32_t id, n;
	bool retired;
	series_ref *refs;
	struct rows_state now;
	kymo_ms full_at;		/* of the newest row with all members */
	kymo_ms *member_at;		/* of the newest row of each where some were missing; NULL: there was none */
	kymo_ms newest;			/* no sample of a member, wherever it is, is newer */
	struct rows rows;
	uint32_t n_stretches, room_stretches, n_frozen;
	struct stretch *stretches;
	struct group_spilled spilled;	/* older than all stretches that are not frozen */
	bool waiting;			/* in the head's list */
	struct group_place *older;	/* of each member; NULL: of none */
	uint32_t patience, lived, missed;	/* rows; missed: times that too few came for a row */
	uint32_t frozen_lived;		/* `lived` at the last freeze */
	kymo_ms period;			/* of the first row since then */
	uint32_t gathered;		/* append_rows.c: its place among those of a run, from 1 up; 0: it has none */
	struct marked marked;
	size_t accounted, sealed_bytes;
	struct group_log log;
};

static inline struct group *group_of(const struct head *head, const struct series *series)
{
	struct group *group = series->group ? head->groups[series->group] : NULL;

	return group && !group->retired ? group : NULL;
}

/* Make one of series that are in no group that lives; `values` are those of its first row. 0 or -ENOMEM. */
int group_create(struct head *head, const series_ref *refs, const double *values, uint32_t n, kymo_ms at, uint32_t patience,
		 struct group **out);
/*
 * A row at a time behind all that these members have. What is full is sealed
 * first. `present` NULL: all. *view until the next call. 0 or -ENOMEM.
 */
int group_put(struct head *head, struct group *group, kymo_ms at, const double *values, const uint64_t *present, uint32_t count,
	      struct row_view *view);
/* Nothing more comes to it. It may be gone then. */
void group_retire(struct head *head, struct group *group);
/* When this member had its newest row; INT64_MIN: never. */
static inline kymo_ms group_member_at(const struct group *group, uint32_t slot)
{
	kymo_ms at = group->member_at ? group->member_at[slot] : INT64_MIN;

	return at > group->full_at ? at : group->full_at;
}

/* ---- for head.c ---- */

int groups_copy(const struct head *head, const struct series *series, kymo_ms start, kymo_ms end, bool frozen,
		struct head_copy *copy);
kymo_ms groups_first(const struct head *head, const struct series *series);	/* INT64_MAX: none */
bool groups_frozen(const struct head *head, const struct series *series);

/* ---- group_spill.c, for group.c ---- */

struct spilled *group_spilled_at(const struct group *group, uint32_t i);
size_t group_spilled_memory(const struct group *group);
void group_spill_soon(struct head *head, struct group *group);	/* it has sealed some */
/* Parts of a member in (start, end] among the first n. 0 or -ENOMEM. */
int group_spilled_copy(const struct group *group, uint32_t n, uint32_t slot, kymo_ms start, kymo_ms end, struct head_copy *copy);
/* When a member is there first, at the earliest; INT64_MAX: it is not. */
kymo_ms group_spilled_first(const struct group *group, uint32_t slot);
/* From when to when those from number `from` on are: widens both. */
void group_spilled_span(const struct group *group, uint32_t from, uint32_t to, kymo_ms *first, kymo_ms *last);
/* The first n go; how many samples these had. */
uint64_t group_spilled_drop(struct head *head, struct group *group, uint32_t n);
void group_account(struct head *head, struct group *group);

#endif
