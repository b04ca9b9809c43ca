/* SPDX-License-Identifier: MIT */
/*
 * data.c - size and growth of a data root with hot, warm and cold parts.
 *
 * A thread of the instance walks the root, waits, and walks again; a collect
 * only copies what the newest finished walk found, so a slow disk or a big tree
 * never delays it. The wait is at least `every`, and long enough that walking
 * takes no more than a twentieth of the time.
 */
#include <kymo/ext/store.h>
#include <kymo/plugin.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "walk.h"

enum { SIZE_TOTAL, SIZE_HOT, SIZE_WARM, SIZE_COLD, FILES_TOTAL, FILES_HOT, FILES_WARM, FILES_COLD, GROWTH, N_METRICS };
enum { ROOT, HOT_OPTION, WARM_OPTION, COLD_OPTION, EVERY, N_OPTIONS };

static const struct kymo_metric metrics[N_METRICS] = {
	[SIZE_TOTAL]  = { "data.size.total", KYMO_GAUGE, 0, "bytes",
			  "Size of all files under the root and of its parts elsewhere.", NULL },
	[SIZE_HOT]    = { "data.size.hot", KYMO_GAUGE, 0, "bytes", "Size of the files of the hot part.", NULL },
	[SIZE_WARM]   = { "data.size.warm", KYMO_GAUGE, 0, "bytes", "Size of the files of the warm part.", NULL },
	[SIZE_COLD]   = { "data.size.cold", KYMO_GAUGE, 0, "bytes", "Size of the files of the cold part.", NULL },
	[FILES_TOTAL] = { "data.files.total", KYMO_GAUGE, 0, "",
			  "Number of files under the root and of its parts elsewhere.", NULL },
	[FILES_HOT]   = { "data.files.hot", KYMO_GAUGE, 0, "", "Number of files of the hot part.", NULL },
	[FILES_WARM]  = { "data.files.warm", KYMO_GAUGE, 0, "", "Number of files of the warm part.", NULL },
	[FILES_COLD]  = { "data.files.cold", KYMO_GAUGE, 0, "", "Number of files of the cold part.", NULL },
	[GROWTH]      = { "data.growth.rate", KYMO_GAUGE, 0, "bytes per second",
			  "How fast the total size grew between the last two walks; below zero if it fell.", NULL },
};

static const struct kymo_option options[N_OPTIONS] = {
	[ROOT]        = { .key = "root", .type = KYMO_STRING, .flags = KYMO_READS,
			  .help = "The folder that is measured; left out: the store of kymo itself." },
	[HOT_OPTION]  = { .key = "hot", .type = KYMO_STRINGS, .flags = KYMO_READS,
			  .help = "Paths of the hot part, absolute or under the root; left out: hot, or wal of the store." },
	[WARM_OPTION] = { .key = "warm", .type = KYMO_STRINGS, .flags = KYMO_READS,
			  .help = "Paths of the warm part; left out: warm, or raw of the store." },
	[COLD_OPTION] = { .key = "cold", .type = KYMO_STRINGS, .flags = KYMO_READS,
			  .help = "Paths of the cold part; left out: cold, or 1m, 5m and 1h of the store." },
	[EVERY]       = { .key = "every", .type = KYMO_DURATION, .preset = "10s",
			  .help = "Time between the starts of two walks.", .min = 100, .max = 7 * 86400e3 },
};

/* The parts where the configuration names none. */
static const char *const of_root[][4] = { { "hot" }, { "warm" }, { "cold" } };
static const char *const of_store[][4] = { { "wal" }, { "raw" }, { "1m", "5m", "1h" } };

struct data {
	const struct kymo_host *host;
	struct walk walk;
	double every;			/* seconds */
	bool complained;		/* once is enough */

	pthread_t thread;
	pthread_cond_t wake;
	pthread_mutex_t lock;		/* of what follows */
	bool running, stop;
	bool walked, grown;		/* totals are known; growth is too */
	bool baseline;			/* the next walk may compare itself with totals */
	struct totals totals;
	double walked_at, growth;
};

static double clock_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t add_up(const uint64_t parts[N_PARTS])
{
	uint64_t sum = 0;

	for (int p = 0; p < N_PARTS; p++)
		sum += parts[p];
	return sum;
}

static void complain(void *data, const char *path, const char *why)
{
	struct data *self = data;
	char text[1280];

	if (self->complained)
		return;
	self->complained = true;
	snprintf(text, sizeof text, "%s: %s", path, why);
	self->host->log(self->host, KYMO_LOG_WARN, text);
}

/* The thread. */

static void publish(struct data *self, const struct totals *totals)
{
	double now = clock_seconds();

	pthread_mutex_lock(&self->lock);
	if (self->baseline)
		self->growth = ((double)add_up(totals->bytes) - (double)add_up(self->totals.bytes)) /
			       (now - self->walked_at);
	self->grown = self->baseline;
	self->walked = self->baseline = true;
	self->totals = *totals;
	self->walked_at = now;
	pthread_mutex_unlock(&self->lock);
}

/* What was found before is not true any more. */
static void unpublish(struct data *self, int r)
{
	complain(self, self->walk.root, strerror(-r));
	pthread_mutex_lock(&self->lock);
	self->walked = self->grown = self->baseline = false;
	pthread_mutex_unlock(&self->lock);
}

static bool wait_until(struct data *self, double time)
{
	struct timespec until = { .tv_sec = (time_t)time };
	bool stop;

	until.tv_nsec = (long)((time - (double)until.tv_sec) * 1e9);
	pthread_mutex_lock(&self->lock);
	while (!self->stop && pthread_cond_timedwait(&self->wake, &self->lock, &until) != ETIMEDOUT)
		;
	stop = self->stop;
	pthread_mutex_unlock(&self->lock);
	return !stop;
}

static void *run(void *data)
{
	enum { REST = 20 };
	struct data *self = data;
	struct totals totals;
	double begin, took;
	int r;

	do {
		begin = clock_seconds();
		r = walk_run(&self->walk, &totals);
		if (r == 0)
			publish(self, &totals);
		else if (r != -ECANCELED)
			unpublish(self, r);
		took = clock_seconds() - begin;
	} while (wait_until(self, begin + (took * REST > self->every ? took * REST : self->every)));
	return NULL;
}

static int thread_start(struct data *self)
{
	pthread_attr_t attr;
	sigset_t all, before;
	int r;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&self->thread, &attr, run, self);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (r == 0)
		pthread_setname_np(self->thread, "data");
	return -r;
}

/* The configuration. */

static const char *store_path(const struct kymo_host *host)
{
	const struct kymo_store *store = NULL;

	if (KYMO_HAS(host, extension) && host->extension)
		store = host->extension(host, KYMO_STORE_1);
	return store && KYMO_HAS(store, path) ? store->path(host) : NULL;
}

static const char *join(const char *root, const char *path)
{
	char *joined;

	if (*path == '/')
		return strdup(path);
	return asprintf(&joined, "%s/%s", root, path) < 0 ? NULL : joined;
}

static int add_portion(struct walk *walk, enum part part, const char *path)
{
	struct portion *portions = realloc(walk->portions, (walk->n_portions + 1) * sizeof *portions);

	if (!portions)
		return -ENOMEM;
	walk->portions = portions;
	portions[walk->n_portions] = (struct portion){ .part = part, .path = join(walk->root, path) };
	if (!portions[walk->n_portions].path)
		return -ENOMEM;
	walk->n_portions++;
	return 0;
}

static int add_part(struct data *self, enum part part, const struct kymo_value *given, const char *const *preset)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < given->n; i++) {
		if (!given->items[i].n)
			return self->host->reject(self->host, &given->items[i], "needs a path");
		r = add_portion(&self->walk, part, given->items[i].string);
	}
	for (; r == 0 && !(given->flags & KYMO_GIVEN) && *preset; preset++)
		r = add_portion(&self->walk, part, *preset);
	return r;
}

static int configure(struct data *self, const struct kymo_value *config)
{
	const struct kymo_host *host = self->host;
	bool own = !(config[ROOT].flags & KYMO_GIVEN);
	int r = 0;

	self->walk.root = own ? store_path(host) : config[ROOT].string;
	if (!self->walk.root)
		return host->reject(host, &config[ROOT],
				    "must be set: this host has no store on a disk that could be measured instead");
	if (*self->walk.root != '/')
		return host->reject(host, &config[ROOT], "must be an absolute path");
	for (enum part part = HOT; r == 0 && part <= COLD; part++)
		r = add_part(self, part, &config[HOT_OPTION + part], own ? of_store[part] : of_root[part]);
	return r;
}

static void destroy(void *instance)
{
	struct data *self = instance;

	for (size_t i = 0; i < self->walk.n_portions; i++)
		free((void *)(uintptr_t)self->walk.portions[i].path);
	free(self->walk.portions);
	pthread_cond_destroy(&self->wake);
	pthread_mutex_destroy(&self->lock);
	free(self);
}

static void init_wake(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	struct data *self = calloc(1, sizeof *self);
	int r;

	if (!self)
		return -ENOMEM;
	self->host = host;
	self->every = (double)config[EVERY].duration / 1e3;
	self->walk.complain = complain;
	self->walk.data = self;
	pthread_mutex_init(&self->lock, NULL);
	init_wake(&self->wake);
	if ((r = configure(self, config)) < 0)
		destroy(self);
	else
		*instance = self;
	return r;
}

static int start(void *instance)
{
	struct data *self = instance;
	int r;

	self->stop = self->complained = false;
	self->walked = self->grown = self->baseline = false;
	atomic_store(&self->walk.stop, false);
	r = thread_start(self);
	self->running = r == 0;
	return r;
}

static void stop(void *instance)
{
	struct data *self = instance;

	if (!self->running)
		return;
	atomic_store(&self->walk.stop, true);
	pthread_mutex_lock(&self->lock);
	self->stop = true;
	pthread_cond_signal(&self->wake);
	pthread_mutex_unlock(&self->lock);
	pthread_join(self->thread, NULL);
	self->running = false;
}

static int collect(void *instance, struct kymo_batch *batch)
{
	struct data *self = instance;
	struct totals totals;
	bool walked, grown;
	double growth;

	pthread_mutex_lock(&self->lock);
	walked = self->walked;
	grown = self->grown;
	totals = self->totals;
	growth = self->growth;
	pthread_mutex_unlock(&self->lock);

	if (!walked)
		return 0;
	kymo_emit(self->host, batch, SIZE_TOTAL, (double)add_up(totals.bytes));
	for (uint32_t part = HOT; part <= COLD; part++)
		kymo_emit(self->host, batch, SIZE_HOT + part, (double)totals.bytes[part]);
	kymo_emit(self->host, batch, FILES_TOTAL, (double)add_up(totals.files));
	for (uint32_t part = HOT; part <= COLD; part++)
		kymo_emit(self->host, batch, FILES_HOT + part, (double)totals.files[part]);
	if (grown)
		kymo_emit(self->host, batch, GROWTH, growth);
	return 0;
}

/* The sizes are what they are; growth begins anew with the next walk but one. */
static void reset(void *instance)
{
	struct data *self = instance;

	pthread_mutex_lock(&self->lock);
	self->grown = self->baseline = false;
	pthread_mutex_unlock(&self->lock);
}

KYMO_PLUGIN = {
	KYMO_PLUGIN_HEAD,
	.name = "data", .version = KYMO_VERSION,
	.summary = "Size, files and growth of a data folder with hot, warm and cold parts.",
	KYMO_METRICS(metrics), KYMO_OPTIONS(options),
	.create = create, .start = start, .stop = stop, .destroy = destroy,
	.collect = collect, .reset = reset,
};
