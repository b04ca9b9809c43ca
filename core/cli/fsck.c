/* SPDX-License-Identifier: MIT */
/* fsck.c - `kymo fsck PATH`: is all of a store as it should be? Without a daemon. */
#include "cli/cli.h"
#include "cli/text.h"
#include "cli/words.h"

#include "conf/settings.h"
#include "store/fsck.h"
#include "util/json.h"
#include "util/log.h"

#include <errno.h>
#include <stdio.h>

static const struct option_row options[] = {
	{ "config", "FILE", "The configuration of its daemon: what has expired by it is not missed; the store is its own, unless PATH is given.", false },
	{ "repair", NULL, "set damaged parts aside, and make again what can be made of the rest", false },
	{ 0 },
};

static const struct command command = {
	.name = "fsck", .arguments = "[PATH]", .least = 0, .most = 1, .options = options, .json = true,
	.summary = "Read every file of a store that is not running, and say what is damaged and what is lost by it.",
	.more = "Ends with 0 when all is well, 1 when something was found, 2 when it could not be done.",
};

enum { CLEAN, FOUND, CANNOT };

struct printing {
	struct json *json;		/* NULL: lines for people */
	const char *path;
};

static void print_json(struct json *json, const struct fsck_finding *finding)
{
	json_object(json);
	json_put_text(json, "file", finding->file);
	json_key(json, "offset");
	if (finding->offset == FSCK_NOWHERE)
		json_null(json);
	else
		json_unsigned(json, finding->offset);
	json_put_text(json, "what", finding->what);
	json_put_text(json, "lost", finding->lost);
	json_end(json);
}

static void print_line(const char *path, const struct fsck_finding *finding)
{
	AUTO_BUF line = { 0 };

	buf_printf(&line, "%s/%s: ", path, finding->file);
	if (finding->offset != FSCK_NOWHERE)
		buf_printf(&line, "at %llu: ", (unsigned long long)finding->offset);
	text_add_safe(&line, finding->what, "");
	if (finding->lost[0])
		buf_printf(&line, "; lost: %s", finding->lost);
	if (buf_text(&line))
		puts(buf_text(&line));
}

static void found(void *data, const struct fsck_finding *finding)
{
	struct printing *printing = data;

	if (printing->json)
		print_json(printing->json, finding);
	else
		print_line(printing->path, finding);
}

static void put_counts(struct json *json, const struct fsck_counts *counts)
{
	json_put_unsigned(json, "files", counts->files);
	json_put_unsigned(json, "blocks", counts->blocks);
	json_put_unsigned(json, "segments", counts->segments);
	json_put_unsigned(json, "bytes", counts->bytes);
	json_put_unsigned(json, "series", counts->series);
	json_put_unsigned(json, "chunks", counts->chunks);
	json_put_unsigned(json, "samples", counts->samples);
	json_put_unsigned(json, "records", counts->records);
	json_put_unsigned(json, "logged", counts->logged);
	json_put_unsigned(json, "windows", counts->windows);
	json_put_unsigned(json, "older", counts->older);
	json_put_unsigned(json, "torn", counts->torn);
	json_put_unsigned(json, "aside", counts->aside);
}

static void print_counts(const struct fsck_counts *counts, bool repair)
{
	printf("%u files with %llu bytes: %llu samples and %llu windows in %llu chunks, %llu records in the log, %u series\n", counts->files,
	       (unsigned long long)counts->bytes, (unsigned long long)counts->samples, (unsigned long long)counts->records,
	       (unsigned long long)counts->chunks, (unsigned long long)counts->logged, counts->series);
	printf("%llu windows compared with raw\n", (unsigned long long)counts->windows);
	if (counts->older)
		printf("%llu of these a tier does not have, nor older ones of their series: they have expired, or are lost%s\n",
		       (unsigned long long)counts->older, repair ? "; they are computed" : "; --config FILE tells which");
	if (counts->torn)
		printf("%llu bytes at the end of a log were being written when it ended; that is no damage\n",
		       (unsigned long long)counts->torn);
	if (counts->aside)
		printf("%u files were set aside before (*.damaged)\n", counts->aside);
	if (!counts->findings)
		puts("all is well");
	else
		printf("%u findings%s\n", counts->findings, repair ? "; what can be repaired, is" : "");
}

/* As each is found, so that a long run says something. */
static int run_text(struct fsck_request *request, struct error *err)
{
	struct printing printing = { NULL, request->path };
	struct fsck_counts counts;
	int r;

	request->found = found;
	request->data = &printing;
	r = store_fsck(request, &counts, err);

	if (r >= 0)
		print_counts(&counts, request->repair);
	return r;
}

static int run_json(struct fsck_request *request, struct error *err)
{
	AUTO_BUF out = { 0 };
	struct json json = json_to(&out);
	struct printing printing = { &json, request->path };
	struct fsck_counts counts;
	int r;

	request->found = found;
	request->data = &printing;
	json_object(&json);
	json_put_text(&json, "path", request->path);
	json_put_bool(&json, "repair", request->repair);
	json_key(&json, "findings");
	json_array(&json);
	r = store_fsck(request, &counts, err);
	json_end(&json);
	put_counts(&json, &counts);
	json_put_bool(&json, "clean", r == 0);
	json_end(&json);
	if (r >= 0 && buf_text(&out))
		puts(buf_text(&out));
	return r;
}

static struct store_options kept_by(const struct settings *settings)
{
	struct store_options kept = store_options_preset(settings->store.path);

	memcpy(kept.retention, settings->store.retention, sizeof kept.retention);
	kept.size = settings->store.size;
	kept.n_policies = settings->store.n_policies;
	kept.policies = settings->store.policies;
	return kept;
}

static int run(const struct words *words, struct fsck_request *request, struct error *err)
{
	return words_json(words) ? run_json(request, err) : run_text(request, err);
}

/* Settings and what is made of them live as long as it runs. */
static int run_with(const struct words *words, const char *file, struct fsck_request *request, struct error *err)
{
	AUTO(settings) settings = settings_load(file, err);
	struct store_options kept;

	if (!settings)
		return -EINVAL;
	kept = kept_by(settings);
	request->kept = &kept;
	if (!request->path)
		request->path = kept.path;
	return run(words, request, err);
}

int cli_fsck(int argc, char **argv)
{
	struct error err = { 0 };
	struct words words;
	int r = words_read(&command, argc, argv, &words);
	const char *file;

	if (r != WORDS_GO)
		return r;
	file = words_get(&words, "config");
	if (!file && !words.n_arguments)
		return words_wrong(&command, "PATH or --config FILE is missing");
	struct fsck_request request = { .path = words.n_arguments ? words.arguments[0] : NULL,
					.repair = words_get(&words, "repair") };

	log_set_level(LOG_STORE, LOG_LEVEL_ERROR);
	r = file ? run_with(&words, file, &request, &err) : run(&words, &request, &err);
	if (r < 0)
		fprintf(stderr, "kymo fsck: %s\n", error_text(&err));
	error_clear(&err);
	return r < 0 ? CANNOT : r > 0 ? FOUND : CLEAN;
}
