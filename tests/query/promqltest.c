/* SPDX-License-Identifier: MIT */
/*
 * promqltest.c - runs scripts of PromQL tests against a store.
 *
 *	promqltest [-v] PATH...		a script, or a folder of *.test
 *	promqltest -w PATH...		scripts of which every case is wrong: none may pass
 *
 *	promqltest -c PATH		scripts of $KYMO_CONFORMANCE, else of PATH; exit status 77 where neither is
 *
 * Each script runs twice: with its samples in memory, and with all of them flushed
 * to blocks and folded into tiers. What fails is shown with what was wanted and
 * what came; what is left out is counted, and with -v listed, by its reason.
 */
#include "promqltest.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct totals {
	uint32_t passed, failed, skipped, scripts;
	bool verbose, are_wrong;
};

static void skip(struct totals *totals, const char *path, const struct command *command, const char *why)
{
	totals->skipped++;
	if (totals->verbose)
		printf("skipped: %s:%u: %s: %s\n", path, command->at, why, command->text);
}

static void flush(struct bench *bench)
{
	struct store_maintained done;
	struct error err = { 0 };

	if (!bench->in_blocks || bench->is_flushed)
		return;
	if (store_maintain(bench->store, 0, &done, &err) < 0)
		printf("maintenance: %s\n", error_text(&err));
	error_clear(&err);
	bench->is_flushed = true;
}

static void fail_case(struct totals *totals, const char *path, const struct bench *bench, const struct command *command, const char *why)
{
	totals->failed++;
	printf("FAILED: %s:%u (%s): %s\n%s", path, command->at, bench->in_blocks ? "in blocks" : "in memory", command->text, why);
}

static void run_eval(struct bench *bench, const char *path, const struct command *command, struct totals *totals)
{
	AUTO_BUF why = { 0 };
	enum outcome outcome;

	flush(bench);
	outcome = case_run(bench, command, &why);
	if (outcome == PASSED)
		totals->passed++;
	else if (outcome == SKIPPED)
		skip(totals, path, command, buf_text(&why));
	else
		fail_case(totals, path, bench, command, buf_text(&why));
}

static void run_command(struct bench *bench, const char *path, struct command *command, struct totals *totals)
{
	const char *wrong = NULL;

	if (command->wrong) {
		fail_case(totals, path, bench, command, "    the command is not understood: ");
		printf("%s\n", command->wrong);
		return;
	}
	switch (command->kind) {
	case COMMAND_CLEAR:
		bench_close(bench);
		bench_open(bench);
		return;
	case COMMAND_LOAD:
		wrong = bench_load(bench, command);
		break;
	case COMMAND_EVAL:
		run_eval(bench, path, command, totals);
		break;
	}
	if (wrong)
		fail_case(totals, path, bench, command, "    "), printf("%s\n", wrong);
}

static void run_script(const char *path, struct totals *totals)
{
	struct script script;
	char why[256];

	totals->scripts++;
	if (script_read(path, &script, why) < 0) {
		printf("FAILED: %s\n", why);
		totals->failed++;
		return;
	}
	for (int in_blocks = 0; in_blocks < 2; in_blocks++) {
		struct bench bench = { .in_blocks = in_blocks };

		bench_open(&bench);
		for (uint32_t i = 0; i < script.n; i++)
			run_command(&bench, path, &script.items[i], totals);
		bench_close(&bench);
	}
	script_fini(&script);
}

static int is_test(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && !strcmp(entry->d_name + n - 5, ".test");
}

static void run_path(const char *path, struct totals *totals)
{
	struct dirent **names = NULL;
	struct stat st;
	int n;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
		run_script(path, totals);
		return;
	}
	n = scandir(path, &names, is_test, alphasort);
	for (int i = 0; i < n; i++) {
		char file[4096];

		snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
		run_script(file, totals);
		free(names[i]);
	}
	free(names);
}

/* Where other people's scripts are; NULL: not here. */
static const char *conformance(const char *preset)
{
	const char *path = getenv("KYMO_CONFORMANCE");
	struct stat st;

	path = path && *path ? path : preset;
	return stat(path, &st) == 0 ? path : NULL;
}

int main(int argc, char **argv)
{
	struct totals totals = { 0 };

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-v"))
			totals.verbose = true;
		else if (!strcmp(argv[i], "-w"))
			totals.are_wrong = true;
		else if (!strcmp(argv[i], "-c") && i + 1 < argc && !conformance(argv[i + 1]))
			return 77;
		else if (!strcmp(argv[i], "-c") && i + 1 < argc)
			run_path(conformance(argv[++i]), &totals);
		else
			run_path(argv[i], &totals);
	}
	printf("%u scripts, each twice: %u cases passed, %u failed, %u left out\n", totals.scripts, totals.passed, totals.failed, totals.skipped);
	if (totals.are_wrong)
		return totals.passed || !totals.failed ? 1 : 0;
	return totals.failed || !totals.scripts ? 1 : 0;
}
