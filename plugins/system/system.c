/* SPDX-License-Identifier: MIT */
/*
 * system.c - the machine as a whole: processors, memory, load, uptime.
 *
 * Each source is a file of /proc that stays open. A source that fails leaves
 * its metrics out and says so once; the collect fails only if all of them do.
 */
#include <kymo/plugin.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "../proc.h"

enum { CPU_USAGE, MEMORY_USED, MEMORY_TOTAL, MEMORY_FREE, MEMORY_PERCENTAGE,
       LOAD_1M, LOAD_5M, LOAD_15M, UPTIME, N_METRICS };
enum { ROOT, N_OPTIONS };
enum { STAT, MEMINFO, LOADAVG, UPTIME_FILE, N_SOURCES };

static const struct kymo_metric metrics[N_METRICS] = {
	[CPU_USAGE]         = { "system.cpu.usage", KYMO_GAUGE, 0, "percent",
				"Share of the time since the last collect in which the processors were neither "
				"idle nor waiting for a disk, of all cores together (0-100).", NULL },
	[MEMORY_USED]       = { "system.memory.used", KYMO_GAUGE, 0, "bytes",
				"Memory that programs and the kernel cannot do without: total less free.", NULL },
	[MEMORY_TOTAL]      = { "system.memory.total", KYMO_GAUGE, 0, "bytes", "Usable memory.", NULL },
	[MEMORY_FREE]       = { "system.memory.free", KYMO_GAUGE, 0, "bytes",
				"Memory that programs can have without swapping: MemAvailable, which counts "
				"most of the page cache as free.", NULL },
	[MEMORY_PERCENTAGE] = { "system.memory.percentage", KYMO_GAUGE, 0, "percent",
				"Used memory as a share of the total (0-100).", NULL },
	[LOAD_1M]           = { "system.load.1m", KYMO_GAUGE, 0, "",
				"Tasks that run or wait for a processor or a disk, averaged over a minute.", NULL },
	[LOAD_5M]           = { "system.load.5m", KYMO_GAUGE, 0, "",
				"Tasks that run or wait for a processor or a disk, averaged over 5 minutes.", NULL },
	[LOAD_15M]          = { "system.load.15m", KYMO_GAUGE, 0, "",
				"Tasks that run or wait for a processor or a disk, averaged over 15 minutes.", NULL },
	[UPTIME]            = { "system.uptime", KYMO_GAUGE, KYMO_NO_SKETCH, "seconds",
				"Time since the machine started.", NULL },
};

static const struct kymo_option options[N_OPTIONS] = {
	[ROOT] = { .key = "root", .type = KYMO_STRING, .flags = KYMO_READS, .preset = "/proc",
		   .help = "The folder that is read as /proc." },
};

struct cpu {
	uint64_t idle, total;	/* ticks since the machine started */
};

struct system {
	const struct kymo_host *host;
	const char *root;
	struct {
		int fd;
		bool failing;	/* said already */
	} sources[N_SOURCES];
	struct cpu last;	/* total 0: no collect yet */
};

/* "cpu user nice system idle iowait irq softirq steal ..."; what follows is part of user. */
static bool cpu_read(const char *text, struct cpu *cpu)
{
	enum { IDLE = 3, IOWAIT = 4, MINIMUM = 4, FIELDS = 8 };
	const char *at = proc_key(text, "cpu ");
	uint64_t ticks;
	int i;

	*cpu = (struct cpu){ 0 };
	for (i = 0; at && i < FIELDS && proc_number(&at, &ticks); i++) {
		cpu->total += ticks;
		if (i == IDLE || i == IOWAIT)
			cpu->idle += ticks;
	}
	return i >= MINIMUM;
}

/* iowait may fall, and a processor that is taken away takes its ticks along. */
static bool emit_cpu(struct system *self, struct kymo_batch *batch, const char *text)
{
	struct cpu cpu, last = self->last;
	double total, idle;

	if (!cpu_read(text, &cpu))
		return false;
	self->last = cpu;
	if (!last.total || cpu.total <= last.total)
		return true;
	total = (double)(cpu.total - last.total);
	idle = cpu.idle > last.idle ? (double)(cpu.idle - last.idle) : 0;
	kymo_emit(self->host, batch, CPU_USAGE, idle < total ? 100 * (total - idle) / total : 0);
	return true;
}

static bool memory_read(const char *text, const char *key, double *bytes)
{
	const char *at = proc_key(text, key);
	uint64_t kib;

	if (!at || !proc_number(&at, &kib))
		return false;
	*bytes = (double)kib * 1024;
	return true;
}

/* Kernels before 3.14 and some containers have no MemAvailable. */
static bool memory_available(const char *text, double *bytes)
{
	double free, buffers, cached;

	if (memory_read(text, "MemAvailable:", bytes))
		return true;
	if (!memory_read(text, "MemFree:", &free) || !memory_read(text, "Buffers:", &buffers) ||
	    !memory_read(text, "Cached:", &cached))
		return false;
	*bytes = free + buffers + cached;
	return true;
}

static bool emit_memory(struct system *self, struct kymo_batch *batch, const char *text)
{
	double total, free;

	if (!memory_read(text, "MemTotal:", &total) || !memory_available(text, &free) || total <= 0)
		return false;
	if (free > total)
		free = total;
	kymo_emit(self->host, batch, MEMORY_USED, total - free);
	kymo_emit(self->host, batch, MEMORY_TOTAL, total);
	kymo_emit(self->host, batch, MEMORY_FREE, free);
	kymo_emit(self->host, batch, MEMORY_PERCENTAGE, 100 * (total - free) / total);
	return true;
}

static bool emit_decimals(struct system *self, struct kymo_batch *batch, const char *text,
			  uint32_t first, uint32_t last)
{
	for (uint32_t metric = first; metric <= last; metric++) {
		int64_t mantissa;
		int32_t places;

		if (!proc_decimal(&text, &mantissa, &places))
			return false;
		self->host->emit_decimal(batch, metric, NULL, mantissa, -places, 0);
	}
	return true;
}

static bool emit_load(struct system *self, struct kymo_batch *batch, const char *text)
{
	return emit_decimals(self, batch, text, LOAD_1M, LOAD_15M);
}

static bool emit_uptime(struct system *self, struct kymo_batch *batch, const char *text)
{
	return emit_decimals(self, batch, text, UPTIME, UPTIME);
}

static const struct {
	const char *file;
	bool (*emit)(struct system *self, struct kymo_batch *batch, const char *text);
} sources[N_SOURCES] = {
	[STAT]        = { "stat", emit_cpu },
	[MEMINFO]     = { "meminfo", emit_memory },
	[LOADAVG]     = { "loadavg", emit_load },
	[UPTIME_FILE] = { "uptime", emit_uptime },
};

static int source_open(struct system *self, int s)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof path, "%s/%s", self->root, sources[s].file) >= sizeof path)
		return -ENAMETOOLONG;
	self->sources[s].fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return self->sources[s].fd < 0 ? -errno : 0;
}

static void source_close(struct system *self, int s)
{
	if (self->sources[s].fd >= 0)
		close(self->sources[s].fd);
	self->sources[s].fd = -1;
}

static void source_failed(struct system *self, int s, int r)
{
	char text[256];

	if (r < 0 && !self->sources[s].failing) {
		snprintf(text, sizeof text, "%.128s/%s: %s", self->root, sources[s].file,
			 r == -EBADMSG ? "not the text that is expected" : strerror(-r));
		self->host->log(self->host, KYMO_LOG_WARN, text);
	}
	self->sources[s].failing = r < 0;
}

/* 256 bytes hold the first line of stat and the first nine of meminfo. */
static int source_emit(struct system *self, int s, struct kymo_batch *batch)
{
	char text[256];
	ssize_t len;
	int r;

	if (self->sources[s].fd < 0 && (r = source_open(self, s)) < 0)
		return r;
	len = proc_read(self->sources[s].fd, text, sizeof text);
	if (len < 0) {
		source_close(self, s);
		return (int)len;
	}
	return sources[s].emit(self, batch, text) ? 0 : -EBADMSG;
}

static int collect(void *instance, struct kymo_batch *batch)
{
	struct system *self = instance;
	int result = 0, failed = 0;

	for (int s = 0; s < N_SOURCES; s++) {
		int r = source_emit(self, s, batch);

		if (r < 0 || self->sources[s].failing)
			source_failed(self, s, r);
		if (r < 0) {
			result = r;
			failed++;
		}
	}
	return failed == N_SOURCES ? result : 0;
}

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	struct system *self;

	if (!config[ROOT].n)
		return host->reject(host, &config[ROOT], "needs a folder such as /proc");
	self = calloc(1, sizeof *self);
	if (!self)
		return -ENOMEM;
	self->host = host;
	self->root = config[ROOT].string;
	for (int s = 0; s < N_SOURCES; s++)
		self->sources[s].fd = -1;
	*instance = self;
	return 0;
}

/* What cannot be opened now is tried again at each collect. */
static int start(void *instance)
{
	for (int s = 0; s < N_SOURCES; s++)
		source_open(instance, s);
	return 0;
}

static void stop(void *instance)
{
	for (int s = 0; s < N_SOURCES; s++)
		source_close(instance, s);
}

static void reset(void *instance)
{
	struct system *self = instance;

	self->last = (struct cpu){ 0 };
}

KYMO_PLUGIN = {
	KYMO_PLUGIN_HEAD,
	.name = "system", .version = KYMO_VERSION,
	.summary = "Processors, memory, load and uptime of the machine.",
	KYMO_METRICS(metrics), KYMO_OPTIONS(options),
	.create = create, .start = start, .stop = stop, .destroy = free,
	.collect = collect, .reset = reset,
};
