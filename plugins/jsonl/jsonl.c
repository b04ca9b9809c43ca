/* SPDX-License-Identifier: MIT */
/*
 * jsonl.c - a sink that writes one JSON object a line, into a folder for each
 * tier and metric. What the lines look like says line.h, what the files are
 * called name.h.
 *
 * A batch is written whole or not at all. While the disk is full it is asked
 * for again; it comes again until there is room.
 */
#include <kymo/plugin.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expire.h"
#include "files.h"
#include "line.h"
#include "name.h"

enum { PATH, ROTATE, ROTATE_SIZE, KEEP, MAX_OPEN, N_OPTIONS };

static const struct kymo_option options[N_OPTIONS] = {
	[PATH]        = { .key = "path", .type = KYMO_STRING, .flags = KYMO_REQUIRED | KYMO_WRITES,
			  .help = "Folder for the files, absolute; made if it is not there." },
	[ROTATE]      = { .key = "rotate", .type = KYMO_DURATION, .preset = "1h",
			  .help = "Length of time in one file, in whole seconds, aligned to UTC.",
			  .min = 1000, .max = 366 * 86400e3 },
	[ROTATE_SIZE] = { .key = "rotate_size", .type = KYMO_SIZE, .preset = "0",
			  .help = "Bytes after which another file goes on with the same time; 0: never." },
	[KEEP]        = { .key = "keep", .type = KYMO_DURATION, .preset = "30d",
			  .help = "Age of the newest sample that a file may hold, after which it is removed; 0s: never.",
			  .min = 0, .max = 36600 * 86400e3 },
	[MAX_OPEN]    = { .key = "max_open", .type = KYMO_INTEGER, .preset = "256",
			  .help = "Files that stay open at a time.", .min = 1, .max = 65536 },
};

static const char *const tiers[] = { [KYMO_RAW] = "raw", [KYMO_1M] = "1m", [KYMO_5M] = "5m", [KYMO_1H] = "1h" };

struct jsonl {
	const struct kymo_host *host;
	struct files files;
	kymo_ms keep;
	kymo_ms clean_at;	/* when to look for old files again */
	bool failing;		/* said already */
};

static void say(const struct jsonl *self, uint32_t level, const char *what, const char *why)
{
	char text[1024];

	snprintf(text, sizeof text, "%.256s: %s%s%s", self->files.path, what, *what ? ": " : "", why);
	self->host->log(self->host, level, text);
}

/* Old files are looked for now and then only; they are as many as there are metrics. */
static void clean(struct jsonl *self)
{
	enum { LEAST = 60 * 1000, MOST = 3600 * 1000 };
	kymo_ms now = self->host->now(self->host), rotate = self->files.rotate;

	if (now < self->clean_at && self->clean_at - now <= MOST)
		return;
	self->clean_at = now + (rotate < LEAST ? LEAST : rotate > MOST ? MOST : rotate);
	files_retire(&self->files, window_start(now, rotate) - rotate);
	if (!self->keep)
		return;
	files_retire(&self->files, now - self->keep - rotate + 1);
	expire_before(self->files.root, now - self->keep - rotate + 1);
}

/* What passes when others give something back. */
static bool is_shortage(int r)
{
	return r == -ENOSPC || r == -EDQUOT || r == -EFBIG || r == -EMFILE || r == -ENFILE;
}

static int answer(struct jsonl *self, int r)
{
	if (r == 0 && self->failing)
		say(self, KYMO_LOG_INFO, "", "writing goes on");
	if (r < 0 && !self->failing)
		say(self, KYMO_LOG_ERROR, self->files.failed, strerror(-r));
	self->failing = r < 0;
	return is_shortage(r) ? -EAGAIN : r;
}

static int gather(struct jsonl *self, const struct kymo_batch *batch)
{
	struct kymo_point point = { .size = sizeof point };
	uint64_t cursor = 0;

	while (self->host->next(batch, &cursor, &point)) {
		struct text *text;

		if (point.tier >= sizeof tiers / sizeof *tiers)
			return -ENOTSUP;
		text = files_gather(&self->files, tiers[point.tier], point.metric->name, point.at);
		if (!text)
			return -ENOMEM;
		line_add(text, &point);
		point.size = sizeof point;
	}
	return 0;
}

static int write_batch(void *instance, const struct kymo_batch *batch)
{
	struct jsonl *self = instance;
	int r;

	self->files.failed = "";
	clean(self);
	r = gather(self, batch);
	if (r == 0)
		r = files_commit(&self->files);
	else
		files_discard(&self->files);
	return answer(self, r);
}

static int flush(void *instance)
{
	struct jsonl *self = instance;
	int r = files_sync(&self->files);

	if (r < 0)
		say(self, KYMO_LOG_ERROR, "", strerror(-r));
	return r;
}

static int check(const struct kymo_host *host, const struct kymo_value *config)
{
	if (!config[PATH].n || *config[PATH].string != '/')
		return host->reject(host, &config[PATH], "must be an absolute path");
	if (config[ROTATE].duration % 1000)
		return host->reject(host, &config[ROTATE], "must be whole seconds");
	return 0;
}

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	struct jsonl *self;
	int r = check(host, config);

	if (r < 0)
		return r;
	if (!(self = calloc(1, sizeof *self)))
		return -ENOMEM;
	self->host = host;
	self->keep = config[KEEP].duration;
	self->files = (struct files){
		.path = config[PATH].string, .rotate = config[ROTATE].duration,
		.rotate_size = config[ROTATE_SIZE].size, .max_open = (size_t)config[MAX_OPEN].integer,
		.root = -1, .lock = -1,
	};
	*instance = self;
	return 0;
}

static int start(void *instance)
{
	struct jsonl *self = instance;
	int r = files_open(&self->files);

	self->clean_at = 0;
	self->failing = false;
	if (r < 0)
		say(self, KYMO_LOG_ERROR, "", r == -EBUSY ? "another sink writes into this folder" : strerror(-r));
	return r;
}

static void stop(void *instance)
{
	struct jsonl *self = instance;

	files_close(&self->files);
}

KYMO_PLUGIN = {
	KYMO_PLUGIN_HEAD,
	.name = "jsonl", .version = KYMO_VERSION,
	.summary = "Writes samples and windows as JSON lines into files, a folder for each tier and metric.",
	KYMO_OPTIONS(options),
	.create = create, .start = start, .stop = stop, .destroy = free,
	.write = write_batch, .flush = flush,
};
