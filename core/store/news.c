/* SPDX-License-Identifier: MIT */
/*
 * news.c - a list of copies. Names are looked up when it is told, in a view that
 * keeps them; a series that has expired meanwhile is passed over.
 */
#include "store/news.h"

#include <errno.h>
#include <stdlib.h>

enum { TOLD_AT_ONCE = 256 };

struct item {
	enum kymo_tier tier;
	series_ref ref;
	struct window window;
};

struct news {
	struct watcher watcher;
	struct store_view *view;
	uint32_t n, room;
	struct item *item;
};

struct news *news_create(struct store *store, struct watcher watcher)
{
	struct news *news = calloc(1, sizeof *news);

	if (news && store_view_open(store, &news->view) < 0) {
		free(news);
		return NULL;
	}
	if (news)
		news->watcher = watcher;
	return news;
}

void news_destroy(struct news *news)
{
	if (!news)
		return;
	for (uint32_t i = 0; i < news->n; i++)
		window_fini(&news->item[i].window);
	free(news->item);
	store_view_close(news->view);
	free(news);
}

int news_add(struct news *news, enum kymo_tier tier, series_ref ref, const struct window *window)
{
	struct item item = { .tier = tier, .ref = ref };

	if (news->n == news->room) {
		uint32_t room = news->room ? news->room * 2 : 64;
		struct item *more = realloc(news->item, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		news->item = more;
		news->room = room;
	}
	if (window_copy(&item.window, window) < 0)
		return -ENOMEM;
	news->item[news->n++] = item;
	return 0;
}

/* false: the series has gone, or there is no memory. */
static bool name(struct news *news, const struct item *item, struct store_closed *out)
{
	struct series_view series;

	if (store_view_series(news->view, item->ref, &series) < 0)
		return false;
	*out = (struct store_closed){ item->ref, series.labels, series.metric, &item->window };
	return true;
}

void news_tell(struct news *news)
{
	struct store_closed records[TOLD_AT_ONCE];
	uint32_t n = 0;

	for (uint32_t i = 0; i < news->n; i++) {
		const struct item *item = &news->item[i];

		n += name(news, item, &records[n]);
		if (n && (n == TOLD_AT_ONCE || i + 1 == news->n || item[1].tier != item->tier)) {
			news->watcher.closed(news->watcher.data, item->tier, records, n);
			n = 0;
		}
	}
}
