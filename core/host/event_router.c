/* SPDX-License-Identifier: MIT */
/*
 * event_router.c - there are few names of events and many events: who takes a name
 * is found out once and kept in a table, until a route changes.
 */
#include "host/event_router.h"
#include "model/pattern.h"
#include "util/hash.h"
#include "util/map.h"
#include "util/thread.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define NAMES_MOST 4096		/* that are kept; then the table begins anew */
#define ROUTED_AT_ONCE 1024	/* events that share a block */
#define LABELS_MOST_EVENT 64

struct route {
	struct event_queue *queue;
	char **patterns;		/* NULL-ended */
	struct event_parcel *parcel;	/* while routing */
	uint32_t count, fit, rank;	/* events for it; of these taken; and seen by count_taken */
};

/* Who takes events of that name: indices of routes. */
struct known_name {
	char *name;
	bool is_report;			/* EVENT_DROPPED */
	uint32_t n_takers;
	uint32_t takers[];
};

struct event_router {
	pthread_mutex_t mutex;
	uint32_t n_routes;
	struct route *routes;
	struct map names;
	uint32_t n_names;
	struct known_name *known[NAMES_MOST];
	struct known_name *which[ROUTED_AT_ONCE];	/* of each event being routed */
	uint8_t take[ROUTED_AT_ONCE];
	struct event_router_stats stats;
};

struct event_router *event_router_create(void)
{
	struct event_router *router = calloc(1, sizeof *router);

	if (router)
		pthread_mutex_init(&router->mutex, NULL);
	return router;
}

static void forget_names(struct event_router *router)
{
	for (uint32_t i = 0; i < router->n_names; i++)
		free(router->known[i]);
	router->n_names = 0;
	map_fini(&router->names);
}

static void free_patterns(char **patterns)
{
	for (char **p = patterns; p && *p; p++)
		free(*p);
	free(patterns);
}

void event_router_destroy(struct event_router *router)
{
	if (!router)
		return;
	forget_names(router);
	for (uint32_t i = 0; i < router->n_routes; i++)
		free_patterns(router->routes[i].patterns);
	free(router->routes);
	pthread_mutex_destroy(&router->mutex);
	free(router);
}

/* ---- routes ---- */

static char **copy_patterns(const char *const *patterns)
{
	size_t n = 0;
	char **copy;

	while (patterns[n])
		n++;
	copy = calloc(n + 1, sizeof *copy);
	for (size_t i = 0; copy && i < n; i++)
		if (!(copy[i] = strdup(patterns[i]))) {
			free_patterns(copy);
			return NULL;
		}
	return copy;
}

static struct route *find_route(struct event_router *router, const struct event_queue *queue)
{
	for (uint32_t i = 0; i < router->n_routes; i++)
		if (router->routes[i].queue == queue)
			return &router->routes[i];
	return NULL;
}

static struct route *add_route(struct event_router *router, struct event_queue *queue)
{
	struct route *routes = realloc(router->routes, (router->n_routes + 1) * sizeof *routes);

	if (!routes)
		return NULL;
	router->routes = routes;
	routes[router->n_routes] = (struct route){ .queue = queue };
	return &routes[router->n_routes++];
}

static void remove_route(struct event_router *router, const struct event_queue *queue)
{
	struct route *route = find_route(router, queue);

	if (!route)
		return;
	free_patterns(route->patterns);
	*route = router->routes[--router->n_routes];
	forget_names(router);
}

int event_router_set(struct event_router *router, struct event_queue *queue, const char *const *patterns)
{
	struct route *route;
	char **copy;
	LOCK(&router->mutex);

	if (!patterns || !*patterns) {
		remove_route(router, queue);
		return 0;
	}
	copy = copy_patterns(patterns);
	route = copy ? find_route(router, queue) : NULL;
	if (copy && !route)
		route = add_route(router, queue);
	if (!route) {
		free_patterns(copy);
		return -ENOMEM;
	}
	free_patterns(route->patterns);
	route->patterns = copy;
	forget_names(router);
	return 0;
}

void event_router_remove(struct event_router *router, struct event_queue *queue)
{
	LOCK(&router->mutex);
	remove_route(router, queue);
}

bool event_patterns_match(const char *const *patterns, const char *name)
{
	for (; patterns && *patterns; patterns++)
		if (pattern_match(*patterns, name, strlen(name)))
			return true;
	return false;
}

/* ---- names ---- */

static bool is_named(const void *owner, uint32_t item, const void *key)
{
	return !strcmp(((const struct event_router *)owner)->known[item]->name, key);
}

static struct known_name *learn(struct event_router *router, const char *name, size_t len, uint64_t hash)
{
	size_t takers = router->n_routes * sizeof(uint32_t);
	struct known_name *known;

	known = malloc(sizeof *known + takers + len + 1);
	if (!known)
		return NULL;
	known->n_takers = 0;
	known->name = memcpy((char *)known->takers + takers, name, len + 1);
	known->is_report = !strcmp(name, EVENT_DROPPED);
	for (uint32_t i = 0; i < router->n_routes; i++)
		if (event_patterns_match((const char *const *)router->routes[i].patterns, name))
			known->takers[known->n_takers++] = i;
	if (map_add(&router->names, hash, router->n_names) < 0) {
		free(known);
		return NULL;
	}
	return router->known[router->n_names++] = known;
}

static struct known_name *find_name(struct event_router *router, const char *name)
{
	size_t len = strlen(name);
	uint64_t hash = hash_bytes(name, len);
	uint32_t item = map_find(&router->names, hash, name, is_named, router);

	return item == MAP_NONE ? learn(router, name, len, hash) : router->known[item];
}

/* ---- routing ---- */

/* Those from a C program come unchecked. */
static bool is_event(const struct kymo_event *event)
{
	if (!event || event->size < sizeof *event || !event->name || event->n_labels > LABELS_MOST_EVENT)
		return false;
	for (uint32_t i = 0; i < event->n_labels; i++)
		if (!event->labels || !event->labels[i].name || !event->labels[i].value)
			return false;
	return true;
}

static void count_report(struct event_router *router, double lost)
{
	if (lost > 0 && lost < 1e18)
		router->stats.lost_outside += (uint64_t)llround(lost);
}

/* Who takes each, and how many each route gets. */
static uint32_t find_takers(struct event_router *router, const struct kymo_event *const *events, uint32_t n)
{
	uint32_t taken = 0;

	if (n > NAMES_MOST - router->n_names)	/* not in the middle: `which` points to names */
		forget_names(router);
	for (uint32_t i = 0; i < n; i++) {
		struct known_name *known = is_event(events[i]) ? find_name(router, events[i]->name) : NULL;

		router->which[i] = known;
		router->take[i] = known && known->n_takers;
		taken += router->take[i];
		if (!known)
			router->stats.dropped++;
		else if (known->is_report)
			count_report(router, events[i]->value);
		else
			router->stats.unclaimed += !known->n_takers;
		for (uint32_t t = 0; known && t < known->n_takers; t++)
			router->routes[known->takers[t]].count++;
	}
	return taken;
}

static void fill_parcels(struct event_router *router, struct event_block *block, uint32_t n)
{
	const struct kymo_event *event = block->events;

	for (uint32_t i = 0; i < router->n_routes; i++)
		if (router->routes[i].count)
			router->routes[i].parcel = event_parcel_create(block, router->routes[i].count);
	for (uint32_t i = 0; i < n; i++) {
		const struct known_name *known = router->which[i];

		if (!router->take[i])
			continue;
		for (uint32_t t = 0; t < known->n_takers; t++) {
			struct event_parcel *parcel = router->routes[known->takers[t]].parcel;

			if (parcel)
				parcel->items[parcel->n++] = event;
		}
		event++;
	}
}

static void push_parcels(struct event_router *router)
{
	for (uint32_t i = 0; i < router->n_routes; i++) {
		struct route *route = &router->routes[i];

		route->fit = route->parcel ? event_queue_push(route->queue, route->parcel) : 0;
		router->stats.dropped += route->count - route->fit;
		route->parcel = NULL;
		route->count = route->rank = 0;
	}
}

/* Queues take from the front: the first `fit` events of a route are in. */
static uint32_t count_taken(struct event_router *router, uint32_t n)
{
	uint32_t taken = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct known_name *known = router->which[i];
		bool in = false;

		for (uint32_t t = 0; known && t < known->n_takers; t++) {
			struct route *route = &router->routes[known->takers[t]];

			in |= route->rank++ < route->fit;
		}
		taken += in;
	}
	return taken;
}

static uint32_t route_some(struct event_router *router, const struct kymo_event *const *events, uint32_t n)
{
	struct event_block *block;
	LOCK(&router->mutex);

	router->stats.events += n;
	if (!find_takers(router, events, n))
		return 0;
	block = event_block_create(events, router->take, n);
	if (block)
		fill_parcels(router, block, n);
	push_parcels(router);
	event_block_release(block);
	return count_taken(router, n);
}

uint32_t event_router_route(struct event_router *router, const struct kymo_event *const *events, uint32_t n)
{
	uint32_t taken = 0;

	for (uint32_t at = 0; at < n; at += ROUTED_AT_ONCE)
		taken += route_some(router, events + at, n - at < ROUTED_AT_ONCE ? n - at : ROUTED_AT_ONCE);
	return taken;
}

void event_router_stats(struct event_router *router, struct event_router_stats *stats)
{
	LOCK(&router->mutex);
	*stats = router->stats;
}
