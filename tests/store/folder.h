/* SPDX-License-Identifier: MIT */
/*
 * folder.h - a folder of its own for a test, a store in it, and short ways to
 * put samples in and get them out.
 */
#ifndef TESTS_STORE_FOLDER_H
#define TESTS_STORE_FOLDER_H

#include "store/raw.h"
#include "store/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

struct folder {
	char path[128];
	struct test_clock clock;
	struct store_options options;
	struct store *store;
};

#define T0 INT64_C(1700000000000)	/* 2023-11-14T22:13:20Z */

void folder_make(struct folder *folder);
void folder_remove(struct folder *folder);
void folder_open(struct folder *folder);		/* the store in it */
void folder_close(struct folder *folder);
static inline void folder_reopen(struct folder *folder) { folder_close(folder); folder_open(folder); }

/* Series NAME{label="value"}; value NULL: without the label. */
series_ref series_of(struct store *store, const char *name, const char *value);
int put(struct store *store, series_ref ref, kymo_ms at, double value, struct store_appended *done);
void must_put(struct store *store, series_ref ref, kymo_ms at, double value);
void flush(struct store *store);

/* Everything in (start, end]; gives how many. */
enum { GOT_MOST = 100000 };
struct got {
	uint32_t n;
	kymo_ms at[GOT_MOST];
	double value[GOT_MOST];
};
void get(struct store *store, series_ref ref, kymo_ms start, kymo_ms end, struct got *got);
uint32_t count_files(const char *dir, const char *ending);

#endif
