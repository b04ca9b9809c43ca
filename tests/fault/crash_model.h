/* SPDX-License-Identifier: MIT */
/*
 * crash_model.h - what a store that is killed again and again has taken, in
 * memory that outlives the process that is killed, and whether the store has it.
 *
 * The value of a sample follows from its series and time, so the times alone are
 * kept. Who appends notes each sample as SENT before, and as TAKEN when the store
 * has said so. What was SENT when the process ended may be there or not; the next
 * process finds out, and from then on it must stay so.
 */
#ifndef TESTS_CRASH_MODEL_H
#define TESTS_CRASH_MODEL_H

#include "store/select.h"

#include <stdatomic.h>

enum { SLOTS = 32, TIMES_MOST = 40000, NOTES_MOST = 20000 };

enum note_state { SENT, TAKEN, REFUSED };
/* A sample, or a deletion. */
struct note {
	uint32_t slot;			/* SLOTS: a deletion in (at, end] */
	_Atomic int state;		/* enum note_state */
	kymo_ms at, end;
	uint32_t slots;			/* bits: of which series */
};
struct notes {
	_Atomic uint32_t n;
	struct note note[NOTES_MOST];
};
struct times {
	uint32_t n;
	kymo_ms at[TIMES_MOST];		/* rising */
};
struct model {
	struct times slot[SLOTS];
};

/* Shared by the process that kills and those that are killed. */
struct crash {
	uint64_t seed;			/* of this folder */
	uint32_t life;			/* processes that this folder has seen */
	_Atomic kymo_ms now;
	struct model model;		/* all that was taken before `before` */
	struct notes before;		/* by the process before, */
	struct notes notes;		/* and by this one */
	_Atomic bool checked;		/* the store was compared with model and `before` */
	_Atomic uint64_t done[16];	/* how often each thing was done; enum deed */
	const char *doing;
	char failure[512];		/* what was found; "": nothing */
};

/* Sample `at` of a slot. Slots with slot % 6 == SLOT_SPREAD are distributions. */
enum { SLOT_COUNTER = 1, SLOT_SPREAD = 5 };
double crash_value(uint32_t slot, kymo_ms at);
int crash_window(uint32_t slot, kymo_ms at, struct window *out);	/* the caller's to end */
/* Its labels, appended to *out. */
int crash_labels(uint32_t slot, struct buf *out);
enum series_kind crash_kind(uint32_t slot);

/* Write what is wrong, and end the process. */
_Noreturn void crash_fail(struct crash *crash, const char *format, ...) __attribute__((format(printf, 2, 3)));

void times_add(struct times *times, kymo_ms at);
void model_copy(struct model *to, const struct model *from);
/* What is SENT or TAKEN (what is REFUSED is not) comes into the model, or goes, in the order of the notes. */
void model_absorb(struct model *model, const struct notes *notes);

/*
 * The store has what is in the model and what the notes have TAKEN, it may have
 * what they have SENT, and nothing else, in raw and in the tiers. What is SENT
 * becomes TAKEN or REFUSED by it; then the model absorbs the notes.
 */
void model_check(struct crash *crash, struct model *model, struct notes *notes, struct store *store,
		 const struct store_options *options);

#endif
