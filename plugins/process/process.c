/* SPDX-License-Identifier: MIT */
/*
 * process.c - kymo itself, or other processes: added up, or each with its pid.
 *
 * A collect reads the processes that the last look found. If one of them is
 * gone it looks again at once, otherwise every few seconds. What a share needs
 * from the collect before is kept by pid and start time, so a pid that came
 * back as another process begins anew.
 */
#include <kymo/ext/requests.h>
#include <kymo/plugin.h>

#include <fcntl.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "find.h"
#include "workers.h"

#include "../proc.h"

enum { PID, UPTIME, RSS, HEAP_TOTAL, HEAP_USED, EXTERNAL, CPU_USAGE, UTILIZATION, HANDLES, REQUESTS, N_METRICS };
enum { MATCH, PID_OPTION, PIDFILE, EACH, ROOT, N_OPTIONS };

static const double look_every = 5;	/* seconds */

static const char *const labels[] = { "pid", NULL };

static const struct kymo_metric metrics[N_METRICS] = {
	[PID]         = { "process.pid", KYMO_GAUGE, KYMO_NOISE, "",
			  "Number of the process; of several, that of the oldest.", labels },
	[UPTIME]      = { "process.uptime", KYMO_GAUGE, KYMO_NO_SKETCH, "seconds",
			  "Time since the process started; of several, since the oldest did.", labels },
	[RSS]         = { "process.memory.rss", KYMO_GAUGE, 0, "bytes", "Resident memory.", labels },
	[HEAP_TOTAL]  = { "process.memory.heap_total", KYMO_GAUGE, 0, "bytes",
			  "Heap taken from the system: of kymo what malloc took, of others the [heap] mapping.", labels },
	[HEAP_USED]   = { "process.memory.heap_used", KYMO_GAUGE, 0, "bytes",
			  "Heap in use: of kymo what is allocated, of others the resident part of [heap].", labels },
	[EXTERNAL]    = { "process.memory.external", KYMO_GAUGE, 0, "bytes",
			  "Resident memory beside the heap in use: rss less heap_used.", labels },
	[CPU_USAGE]   = { "process.cpu.usage", KYMO_GAUGE, 0, "percent",
			  "Processor time since the last collect, in percent of one core.", labels },
	[UTILIZATION] = { "process.eventloop.utilization", KYMO_GAUGE, 0, "ratio",
			  "Share of the time since the last collect on a processor (0-1): of kymo its worker "
			  "threads, of others the main thread; of several their mean.", labels },
	[HANDLES]     = { "process.handles.active", KYMO_GAUGE, 0, "", "Open file descriptors.", labels },
	[REQUESTS]    = { "process.requests.active", KYMO_GAUGE, 0, "",
			  "Of kymo the requests in progress, of others the threads that run or wait for a disk.", labels },
};

static const struct kymo_option options[N_OPTIONS] = {
	[MATCH]      = { .key = "match", .type = KYMO_STRINGS,
			 .help = "Names of processes, as the kernel calls them or as their first argument ends." },
	[PID_OPTION] = { .key = "pid", .type = KYMO_INTEGER, .help = "Number of one process.", .min = 1, .max = 4194304 },
	[PIDFILE]    = { .key = "pidfile", .type = KYMO_STRING, .flags = KYMO_READS,
			 .help = "File that holds the number of one process." },
	[EACH]       = { .key = "each", .type = KYMO_FLAG, .preset = "false",
			 .help = "Give each process by itself, with the label pid, instead of their sum." },
	[ROOT]       = { .key = "root", .type = KYMO_STRING, .flags = KYMO_READS, .preset = "/proc",
			 .help = "The folder that is read as /proc." },
};

struct table {
	struct usage *rows;	/* pids rising */
	size_t n, room;
};

struct process {
	const struct kymo_host *host;
	const struct kymo_requests *requests;	/* NULL: the host does not tell */
	const char *root;
	bool each, self;	/* self: kymo itself is measured */
	struct place place;
	struct finder finder;
	struct workers workers;
	struct table now, last;
	double now_at, last_at;	/* seconds since the machine started; last_at 0: no collect yet */
	double look_due;
	bool absent;		/* said already */
};

static const struct usage *table_find(const struct table *table, pid_t pid)
{
	size_t low = 0, high = table->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->rows[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < table->n && table->rows[low].pid == pid ? &table->rows[low] : NULL;
}

static int table_reserve(struct table *table, size_t room)
{
	struct usage *rows;

	if (room <= table->room)
		return 0;
	if (!(rows = realloc(table->rows, room * sizeof *rows)))
		return -ENOMEM;
	table->rows = rows;
	table->room = room;
	return 0;
}

/* kymo knows more of itself than /proc tells. */
static void read_self(struct process *self, struct usage *usage, double elapsed)
{
	usage->main_share = workers_share(&self->workers, &self->place, usage->pid, self->now_at, elapsed);
	if (self->requests) {
		usage->busy = self->requests->active(self->host);
	} else {
		usage_read_busy(&self->place, usage);
		if (usage->busy > 0)
			usage->busy--;	/* the thread that asks */
	}
	if (self->place.live) {
		struct mallinfo2 heap = mallinfo2();

		usage->heap_total = (double)heap.arena + (double)heap.hblkhd;
		usage->heap_used = (double)heap.uordblks + (double)heap.hblkhd;
	}
}

/*
 * NaN if either time is. The clocks are not read at one instant, so a share may
 * come out a little below nothing or above all of `most`.
 */
static double share(double now, double last, double elapsed, double most)
{
	double part = (now - last) / elapsed;

	if (isnan(part) || !(elapsed > 0))
		return NAN;
	return part < 0 ? 0 : part > most ? most : part;
}

static void read_more(struct process *self, struct usage *usage, const struct usage *last)
{
	double elapsed = self->now_at - self->last_at;

	if (self->self) {
		read_self(self, usage, self->last_at > 0 ? elapsed : 0);
	} else {
		usage_read_busy(&self->place, usage);
		usage_read_main(&self->place, usage);
	}
	if (isnan(usage->heap_total))
		usage_read_heap(&self->place, self->now_at, last, usage);
	usage_read_handles(&self->place, usage);
	if (!last || !(self->last_at > 0))
		return;
	usage->cpu_share = share(usage->cpu, last->cpu, elapsed, INFINITY);
	if (!self->self)
		usage->main_share = share(usage->main, last->main, elapsed, 1);
}

/*
 * Read all that was found. False: one is gone, or is another now. Zombies have
 * nothing to measure and are no reason to look again.
 */
static bool read_all(struct process *self)
{
	bool complete = true;

	self->now.n = 0;
	for (size_t i = 0; i < self->finder.n; i++) {
		struct usage *usage = &self->now.rows[self->now.n];
		const struct usage *last = table_find(&self->last, self->finder.pids[i]);

		if (usage_read(&self->place, self->finder.pids[i], usage) < 0) {
			complete = false;
			continue;
		}
		if (last && last->start != usage->start) {
			complete = false;
			last = NULL;
		}
		if (usage->state == 'Z' || usage->state == 'X')
			continue;
		read_more(self, usage, last);
		self->now.n++;
	}
	return complete;
}

static int look(struct process *self)
{
	int r = finder_scan(&self->finder, &self->place);

	if (r < 0)
		return r;
	self->look_due = self->now_at + look_every;
	return table_reserve(&self->now, self->finder.n);
}

static int measure(struct process *self)
{
	int r = table_reserve(&self->now, self->finder.n);

	if (r == 0 && self->now_at >= self->look_due)
		r = look(self);
	if (r < 0 || read_all(self))
		return r;
	if ((r = look(self)) < 0)
		return r;
	read_all(self);
	return 0;
}

static void emit_known(const struct process *self, struct kymo_batch *batch, uint32_t metric,
		       const char *pid, double value)
{
	if (!isnan(value))
		kymo_emit_labels(self->host, batch, metric, &pid, value);
}

/* Hundredths of a second are what the kernel tells. */
static void emit_uptime(const struct process *self, struct kymo_batch *batch, const char *pid, uint64_t start)
{
	double uptime = fmax(self->now_at - (double)start / self->place.ticks, 0);

	self->host->emit_decimal(batch, UPTIME, &pid, llround(fmin(uptime, 1e15) * 100), -2, 0);
}

static void emit_usage(const struct process *self, struct kymo_batch *batch, const char *pid,
		       const struct usage *usage)
{
	emit_known(self, batch, PID, pid, usage->pid);
	emit_uptime(self, batch, pid, usage->start);
	emit_known(self, batch, RSS, pid, usage->rss);
	emit_known(self, batch, HEAP_TOTAL, pid, usage->heap_total);
	emit_known(self, batch, HEAP_USED, pid, usage->heap_used);
	if (!isnan(usage->heap_used))
		emit_known(self, batch, EXTERNAL, pid, fmax(usage->rss - usage->heap_used, 0));
	emit_known(self, batch, CPU_USAGE, pid, 100 * usage->cpu_share);
	emit_known(self, batch, UTILIZATION, pid, usage->main_share);
	emit_known(self, batch, HANDLES, pid, usage->handles);
	emit_known(self, batch, REQUESTS, pid, usage->busy);
}

static void emit_each(const struct process *self, struct kymo_batch *batch)
{
	char pid[16];

	for (size_t i = 0; i < self->now.n; i++) {
		snprintf(pid, sizeof pid, "%d", (int)self->now.rows[i].pid);
		emit_usage(self, batch, pid, &self->now.rows[i]);
	}
}

/* A share that one of them has not yet (it is new) counts as nothing, if another has one. */
static void add_share(double *sum, double value)
{
	if (isnan(*sum))
		*sum = value;
	else if (!isnan(value))
		*sum += value;
}

/* The rest is known of all, or the sum is not known: NaN stays NaN. */
static struct usage sum_up(const struct table *table)
{
	struct usage sum = table->rows[0];
	size_t shares = !isnan(sum.main_share);

	for (size_t i = 1; i < table->n; i++) {
		const struct usage *row = &table->rows[i];

		if (row->start < sum.start) {
			sum.start = row->start;
			sum.pid = row->pid;
		}
		sum.rss += row->rss;
		sum.heap_total += row->heap_total;
		sum.heap_used += row->heap_used;
		sum.handles += row->handles;
		sum.busy += row->busy;
		add_share(&sum.cpu_share, row->cpu_share);
		add_share(&sum.main_share, row->main_share);
		shares += !isnan(row->main_share);
	}
	if (shares)
		sum.main_share /= (double)shares;
	return sum;
}

static void emit_sum(const struct process *self, struct kymo_batch *batch)
{
	struct usage sum = sum_up(&self->now);

	emit_usage(self, batch, NULL, &sum);
}

static void say_absent(struct process *self)
{
	bool absent = self->now.n == 0;

	if (absent && !self->absent)
		self->host->log(self->host, KYMO_LOG_INFO, "there is no such process now");
	self->absent = absent;
}

static int collect(void *instance, struct kymo_batch *batch)
{
	struct process *self = instance;
	struct table table;
	int r;

	self->now_at = place_now(&self->place);
	if (!(self->now_at >= 0))
		return isnan(self->now_at) ? -EIO : (int)self->now_at;
	if ((r = measure(self)) < 0)
		return r;
	say_absent(self);
	if (self->each)
		emit_each(self, batch);
	else if (self->now.n)
		emit_sum(self, batch);
	table = self->last;
	self->last = self->now;
	self->now = table;
	self->last_at = self->now_at;
	return 0;
}

static int check(const struct kymo_host *host, const struct kymo_value *config)
{
	static const int ways[] = { MATCH, PID_OPTION, PIDFILE };
	int given = 0;

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if ((config[ways[i]].flags & KYMO_GIVEN) && given++)
			return host->reject(host, &config[ways[i]], "only one of match, pid and pidfile may be set");
	if ((config[MATCH].flags & KYMO_GIVEN) && !config[MATCH].n)
		return host->reject(host, &config[MATCH], "needs a name; leave it out to measure kymo itself");
	for (uint32_t i = 0; i < config[MATCH].n; i++) {
		const struct kymo_value *name = &config[MATCH].items[i];

		if (!name->n || memchr(name->string, '/', name->n))
			return host->reject(host, name, "must be the name of a program, without a folder");
	}
	if ((config[PIDFILE].flags & KYMO_GIVEN) && !config[PIDFILE].n)
		return host->reject(host, &config[PIDFILE], "needs the path of a file");
	if (!config[ROOT].n)
		return host->reject(host, &config[ROOT], "needs a folder such as /proc");
	return 0;
}

static const struct kymo_requests *find_requests(const struct kymo_host *host)
{
	const struct kymo_requests *requests = NULL;

	if (KYMO_HAS(host, extension) && host->extension)
		requests = host->extension(host, KYMO_REQUESTS_1);
	return requests && KYMO_HAS(requests, active) ? requests : NULL;
}

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	struct process *self;
	int r = check(host, config);

	if (r < 0)
		return r;
	if (!(self = calloc(1, sizeof *self)))
		return -ENOMEM;
	self->host = host;
	self->requests = find_requests(host);
	self->root = config[ROOT].string;
	self->each = config[EACH].flag;
	self->finder.pid = (pid_t)config[PID_OPTION].integer;
	self->finder.pidfile = config[PIDFILE].n ? config[PIDFILE].string : NULL;
	self->finder.names = config[MATCH].items;
	self->finder.n_names = config[MATCH].n;
	self->self = !self->finder.pid && !self->finder.pidfile && !self->finder.n_names;
	self->place.root = -1;
	*instance = self;
	return 0;
}

static int start(void *instance)
{
	struct process *self = instance;
	int root = open(self->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char text[256];
	int r = -errno;

	if (root >= 0) {
		place_init(&self->place, root);
		return 0;
	}
	snprintf(text, sizeof text, "%.128s: %s", self->root, strerror(-r));
	self->host->log(self->host, KYMO_LOG_ERROR, text);
	return r;
}

static void reset(void *instance)
{
	struct process *self = instance;

	workers_close(&self->workers);
	self->last.n = 0;
	self->last_at = 0;
	self->look_due = 0;
}

static void stop(void *instance)
{
	struct process *self = instance;

	reset(self);
	if (self->place.root >= 0)
		close(self->place.root);
	self->place.root = -1;
}

static void destroy(void *instance)
{
	struct process *self = instance;

	finder_fini(&self->finder);
	free(self->now.rows);
	free(self->last.rows);
	free(self);
}

KYMO_PLUGIN = {
	KYMO_PLUGIN_HEAD,
	.name = "process", .version = KYMO_VERSION,
	.summary = "Memory, processor time and handles of kymo itself, or of other processes.",
	KYMO_METRICS(metrics), KYMO_OPTIONS(options),
	.create = create, .start = start, .stop = stop, .destroy = destroy,
	.collect = collect, .reset = reset,
};
