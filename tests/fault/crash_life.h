/* SPDX-License-Identifier: MIT */
/* crash_life.h - one process that opens the store, checks it, and works on it until it is killed. */
#ifndef TESTS_CRASH_LIFE_H
#define TESTS_CRASH_LIFE_H

#include "crash_model.h"

enum deed {
	DEED_COLLECT, DEED_PUSH, DEED_LOOSE, DEED_LATE, DEED_FLUSH, DEED_MERGE, DEED_EXPIRE, DEED_CLOSE, DEED_SYNC, DEED_REOPEN,
	DEED_CHECK, DEED_JUMP, DEED_DELETE, DEEDS
};
extern const char *const deed_name[DEEDS];

/*
 * The clock stands at crash->now; `threads`: the store does its maintenance in
 * threads of its own. Does not come back: killed, or a failure is written down,
 * or there is no room for more notes.
 */
_Noreturn void crash_live(struct crash *crash, const char *path, bool threads);

#endif
