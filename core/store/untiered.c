/* SPDX-License-Identifier: MIT */
/* untiered.c - a store of raw samples alone: for the time until downsample.c and maintain.c are there. */
#include "store/downsample.h"
#include "store/maintain.h"

int downsample_open(struct store *store, struct error *err) { (void)store, (void)err; return 0; }
void downsample_close_store(struct store *store) { (void)store; }
void downsample_mark(struct store *store, series_ref ref, kymo_ms at) { (void)store, (void)ref, (void)at; }
int tiers_flush(struct store *store, struct store_maintained *done, struct error *err) { (void)store, (void)done, (void)err; return 0; }
void downsample_coverage(struct store *store, struct store_coverage *coverage) { (void)store, (void)coverage; }
bool downsample_holds(struct store *store, series_ref ref) { (void)store, (void)ref; return false; }
void downsample_forget(struct store *store, series_ref ref) { (void)store, (void)ref; }
int maintain_start(struct store *store, struct error *err) { (void)store, (void)err; return 0; }
void maintain_stop(struct store *store) { (void)store; }
