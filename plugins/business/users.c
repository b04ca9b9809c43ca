/* SPDX-License-Identifier: MIT */
/*
 * users.c - a table from hash to the time the user was last seen. Users that
 * have left the window stay in it until it fills, then it is built anew with
 * those that count; so an event never costs more than a constant, on average.
 *
 * Above USERS_EXACT the table makes way for an estimator, which it can fill,
 * since hash and time are all it needs. Well below, a new table starts beside
 * it, and a window later that knows everybody.
 */
#include "users.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "loglog.h"
#include "siphash.h"

enum {
	TICK = 100,		/* milliseconds */
	SMALLEST = 64,		/* places in a table */
	EXACT_AGAIN = USERS_EXACT / 4 * 3
};

struct table {
	uint32_t room, used;	/* room: a power of two, or 0: there is no table */
	uint64_t *hashes;
	uint32_t *seen;		/* ticks; 0: a free place */
	kymo_ms since;		/* it knows everybody who was active after this */
};

struct users {
	uint64_t key[2];
	kymo_ms window;
	kymo_ms origin;		/* tick 1 */
	kymo_ms now;		/* the latest that was said */
	struct table table;
	struct loglog *estimate;	/* NULL: the table is all there is to know */
};

/* ---- The table ---- */

static void table_fini(struct table *table)
{
	free(table->hashes);
	free(table->seen);
	*table = (struct table){ 0 };
}

static bool table_init(struct table *table, uint32_t room, kymo_ms since)
{
	*table = (struct table){ .room = room, .since = since };
	table->hashes = malloc(room * sizeof *table->hashes);
	table->seen = calloc(room, sizeof *table->seen);
	if (table->hashes && table->seen)
		return true;
	table_fini(table);
	return false;
}

static uint32_t table_live(const struct table *table, uint32_t after)
{
	uint32_t live = 0;

	for (uint32_t i = 0; i < table->room; i++)
		live += table->seen[i] > after;
	return live;
}

/* There is a free place. */
static void table_put(struct table *table, uint64_t hash, uint32_t tick)
{
	uint32_t mask = table->room - 1, at = (uint32_t)(hash >> 32) & mask;

	while (table->seen[at] && table->hashes[at] != hash)
		at = (at + 1) & mask;
	if (!table->seen[at]) {
		table->hashes[at] = hash;
		table->used++;
	}
	if (table->seen[at] < tick)
		table->seen[at] = tick;
}

static bool table_full(const struct table *table)
{
	return table->used >= table->room / 4 * 3;
}

/* Without those who have left, and at most half full. */
static bool table_rebuild(struct table *table, uint32_t live, uint32_t after)
{
	uint32_t room = SMALLEST;
	struct table fresh;

	while (room < live * 2)
		room *= 2;
	if (!table_init(&fresh, room, table->since))
		return false;
	for (uint32_t i = 0; i < table->room; i++)
		if (table->seen[i] > after)
			table_put(&fresh, table->hashes[i], table->seen[i]);
	table_fini(table);
	*table = fresh;
	return true;
}

/* ---- Time ---- */

static uint32_t tick_of(const struct users *users, kymo_ms at)
{
	return at < users->origin ? 1 : (uint32_t)((at - users->origin) / TICK + 1);
}

/* What was seen at this tick or before has left the window. */
static uint32_t after(const struct users *users)
{
	return users->now - users->window < users->origin ? 0 : tick_of(users, users->now - users->window);
}

/*
 * When the clock goes back ticks still go on from where they were. They reach
 * their end after 13 years.
 */
static void set_now(struct users *users, kymo_ms now)
{
	if (now < users->now)
		users->origin -= users->now - now;
	users->now = now;
	if ((now - users->origin) / TICK >= UINT32_MAX - 1)
		users_clear(users, now);
}

/* ---- Exact and estimated ---- */

static void to_estimate(struct users *users)
{
	struct loglog *estimate = loglog_create();

	if (!estimate)
		return;		/* the table stays full; new users are not counted */
	for (uint32_t i = 0; i < users->table.room; i++)
		if (users->table.seen[i])
			loglog_add(estimate, users->table.hashes[i], users->table.seen[i]);
	table_fini(&users->table);
	users->estimate = estimate;
}

static void to_exact(struct users *users)
{
	loglog_destroy(users->estimate);
	users->estimate = NULL;
}

/* Full: make room, or find that there are too many. */
static void make_room(struct users *users)
{
	uint32_t live = table_live(&users->table, after(users));

	if (live <= USERS_EXACT)
		table_rebuild(&users->table, live, after(users));
	else if (users->estimate)
		table_fini(&users->table);
	else
		to_estimate(users);
}

static double count_exact(struct users *users, uint32_t live)
{
	if (users->table.room > SMALLEST && live < users->table.room / 16)
		table_rebuild(&users->table, live, after(users));
	return live;
}

static double count_estimated(struct users *users)
{
	double estimate = round(loglog_estimate(users->estimate, after(users)));

	if (!users->table.room && estimate < EXACT_AGAIN)
		table_init(&users->table, SMALLEST, users->now);
	return estimate;
}

double users_count(struct users *users, kymo_ms now)
{
	uint32_t live;

	set_now(users, now);
	live = table_live(&users->table, after(users));
	if (users->table.room && live > USERS_EXACT)
		make_room(users);
	else if (users->estimate && users->table.room && users->table.since <= now - users->window)
		to_exact(users);
	return users->estimate ? count_estimated(users) : count_exact(users, live);
}

bool users_exact(const struct users *users)
{
	return !users->estimate;
}

void users_see(struct users *users, const char *id, kymo_ms at, kymo_ms now)
{
	uint64_t hash = siphash(users->key, id, strlen(id));
	uint32_t tick;

	set_now(users, now);
	if (at <= now - users->window)
		return;
	tick = tick_of(users, at < now ? at : now);
	if (users->table.room && table_full(&users->table))
		make_room(users);
	if (users->table.room && !table_full(&users->table))
		table_put(&users->table, hash, tick);
	if (users->estimate)
		loglog_add(users->estimate, hash, tick);
}

/* ---- Life ---- */

/* Keeps the table if there is no memory for a small one. */
void users_clear(struct users *users, kymo_ms now)
{
	struct table fresh;

	users->now = now;
	users->origin = now - users->window;
	to_exact(users);
	if (table_init(&fresh, SMALLEST, now)) {
		table_fini(&users->table);
		users->table = fresh;
	} else if (users->table.room) {
		memset(users->table.seen, 0, users->table.room * sizeof *users->table.seen);
		users->table.used = 0;
	}
}

int users_create(kymo_ms window, kymo_ms now, struct users **out)
{
	struct users *users = calloc(1, sizeof *users);

	if (!users)
		return -ENOMEM;
	users->window = window;
	users_clear(users, now);
	if (!users->table.room) {
		free(users);
		return -ENOMEM;
	}
	if (getrandom(users->key, sizeof users->key, 0) != sizeof users->key) {
		users_destroy(users);
		return -EIO;
	}
	*out = users;
	return 0;
}

void users_destroy(struct users *users)
{
	if (!users)
		return;
	table_fini(&users->table);
	loglog_destroy(users->estimate);
	free(users);
}

void users_set_window(struct users *users, kymo_ms window)
{
	users->window = window;
}
