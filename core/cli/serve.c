/* SPDX-License-Identifier: MIT */
/*
 * serve.c - `kymo serve`: the daemon in the foreground. The main thread opens
 * everything and then only waits for signals: a reload that a signal asks for runs
 * there, so signals come one after another and interrupt nothing.
 */
#include "cli/cli.h"
#include "cli/notify.h"
#include "cli/words.h"

#include "util/duration.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>

#define FILE_PRESET "/etc/kymo/kymo.yaml"

static const struct option_row options[] = {
	{ "config", "FILE", "The configuration, preset " FILE_PRESET ".", false },
	{ 0 },
};

static const struct command command = {
	.name = "serve", .arguments = "", .options = options,
	.summary = "Run the daemon in the foreground. The log goes to stderr.",
	.more = "Signals: HUP reads the configuration again, TERM and INT end the daemon in order.",
};

/*
 * A daemon with a dozen mostly idle threads: one arena for each would hold a
 * megabyte for nothing, and what is freed is to go back soon.
 */
static void keep_memory_small(void)
{
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_TRIM_THRESHOLD, 128 << 10);
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	mallopt(M_TOP_PAD, 32 << 10);
}

/* Before any thread is made: they inherit it. */
static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);	/* a file over the limit is an error of write(2), as a full disk is */
}

static void log_store(struct kymo *kymo)
{
	char size[DURATION_TEXT];
	struct store_stats stats;
	uint64_t bytes;

	store_stats(service_store(kymo), &stats);
	bytes = stats.wal_bytes + stats.index_bytes;
	for (int tier = 0; tier < TIERS; tier++)
		bytes += stats.tier[tier].bytes;
	log_info(LOG_MAIN, "store %s: %u series of %u metrics, %s", store_path(service_store(kymo)), stats.series,
		 stats.metrics, size_format(bytes, size));
}

static int log_instance(void *data, const struct instance_stats *stats)
{
	char every[DURATION_TEXT];

	(void)data;
	if (stats->sink)
		log_info(LOG_MAIN, "sink %s: %s %s", stats->name, stats->plugin, stats->version);
	else
		log_info(LOG_MAIN, "collector %s every %s: %s %s", stats->name, duration_format(stats->interval, every),
			 stats->plugin, stats->version);
	return 0;
}

static void reload(struct kymo *kymo)
{
	struct error err = { 0 };

	notify_reloading();
	service_reload(kymo, NULL, NULL, &err);	/* logs how it went */
	notify_ready();
	error_clear(&err);
}

static void wait_for_the_end(struct kymo *kymo, const sigset_t *signals)
{
	for (;;) {
		int signal = sigwaitinfo(signals, NULL);

		if (signal == SIGHUP)
			reload(kymo);
		else if (signal > 0)
			break;
	}
}

static int run(struct kymo *kymo, void *opened, const struct cli_front *front, const sigset_t *signals, struct error *err)
{
	int r;

	log_store(kymo);
	host_each_instance(service_host(kymo), log_instance, NULL);
	r = front->start(opened, kymo, err);
	if (r < 0)
		return r;
	notify_ready();
	wait_for_the_end(kymo, signals);
	notify_stopping();
	log_info(LOG_MAIN, "ending");
	return 0;
}

/* Takes over the settings. */
static int serve(struct settings *settings, const char *file, const struct cli_front *front, const sigset_t *signals,
		 struct error *err)
{
	const struct service_options with = { .sockets = true };
	struct kymo *kymo = NULL;
	void *opened = NULL;
	int r = front->open(settings, &opened, err);

	if (r < 0) {
		settings_free(settings);
		return r;
	}
	r = service_open(settings, file, &with, &kymo, err);
	if (r == 0)
		r = run(kymo, opened, front, signals, err);
	front->close(opened);
	service_close(kymo);
	if (r == 0)
		log_info(LOG_MAIN, "ended");
	return r;
}

int cli_serve(int argc, char **argv, const struct cli_front *front)
{
	struct error err = { 0 };
	struct settings *settings;
	struct words words;
	sigset_t signals;
	const char *file;
	int r = words_read(&command, argc, argv, &words);

	if (r != WORDS_GO)
		return r;
	file = words_get(&words, "config") ? words_get(&words, "config") : FILE_PRESET;
	keep_memory_small();
	block_signals(&signals);
	settings = host_settings(file, &err);
	if (settings)
		log_info(LOG_MAIN, "kymo %s, configuration %s", KYMO_VERSION, file);
	r = settings ? serve(settings, file, front, &signals, &err) : err.code;
	if (r < 0)
		fprintf(stderr, "%s\n", error_text(&err));
	error_clear(&err);
	return r < 0 ? 1 : 0;
}
