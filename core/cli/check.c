/* SPDX-License-Identifier: MIT */
/* check.c - `kymo check FILE`: everything that is wrong with it, without a daemon. */
#include "cli/cli.h"
#include "cli/words.h"

#include "util/json.h"

#include <stdio.h>

static const struct command command = {
	.name = "check", .arguments = "FILE", .least = 1, .most = 1, .json = true,
	.summary = "Load a configuration file and every plugin in it, start nothing, and say all that is wrong.",
};

static void print_json(const char *file, const struct settings *settings, const struct error *err)
{
	AUTO_BUF out = { 0 };
	struct json json = json_to(&out);

	json_object(&json);
	json_put_text(&json, "file", file);
	json_put_bool(&json, "ok", !err->count);
	json_put_unsigned(&json, "instances", settings ? settings->n_instances : 0);
	json_key(&json, "errors");
	json_array(&json);
	for (const char *line = error_text(err); *line;) {
		size_t n = strcspn(line, "\n");

		json_string(&json, line, n);
		line += n + (line[n] == '\n');
	}
	json_end(&json);
	json_end(&json);
	if (buf_text(&out))
		puts(buf_text(&out));
}

static void print_good(const char *file, const struct settings *settings)
{
	uint32_t sinks = 0, enabled = 0;

	for (uint32_t i = 0; i < settings->n_instances; i++) {
		enabled += settings->instances[i].enabled;
		sinks += settings->instances[i].enabled && settings->instances[i].sink;
	}
	printf("%s is good: %u collectors, %u sinks\n", file, enabled - sinks, sinks);
}

int cli_check(int argc, char **argv)
{
	struct error err = { 0 };
	struct words words;
	int r = words_read(&command, argc, argv, &words);

	if (r != WORDS_GO)
		return r;
	AUTO(settings) settings = settings_read(words.arguments[0], &err);
	if (settings)
		host_check(settings, &err);
	if (words_json(&words))
		print_json(words.arguments[0], settings, &err);
	else if (err.count)
		fprintf(stderr, "%s\n", error_text(&err));
	else
		print_good(words.arguments[0], settings);
	r = err.count ? 1 : 0;
	error_clear(&err);
	return r;
}
