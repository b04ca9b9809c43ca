/* SPDX-License-Identifier: MIT */
/* news.h - windows that closed or changed, on their way to who watches them. */
#ifndef STORE_NEWS_H
#define STORE_NEWS_H

#include "tier/record.h"
#include "store/state.h"

struct watcher {
	void (*closed)(void *data, enum kymo_tier tier, const struct store_closed *records, uint32_t n);
	void *data;
};

struct news;

struct news *news_create(struct store *store, struct watcher watcher);	/* NULL: out of memory */
void news_destroy(struct news *news);
DEFINE_AUTO(news, news_destroy)
/* Takes a copy. 0 or -ENOMEM. */
int news_add(struct news *news, enum kymo_tier tier, series_ref ref, const struct window *window);
/* To the watcher, in the order in which they came. What there is no memory for is left out. */
void news_tell(struct news *news);

#endif
