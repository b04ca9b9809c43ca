/* SPDX-License-Identifier: MIT */
/*
 * promqltest.h - the small language in which Prometheus writes its PromQL tests: a
 * script is a list of commands; load puts samples into a store, eval asks and says
 * what must come out.
 *
 *	load 5m
 *	  up{job="a"} 1 0+1x5 _ stale
 *	eval instant at 10m up
 *	  up{job="a"} 0
 *
 * promqltest.c runs scripts, promqltest_script.c reads them, promqltest_series.c the
 * lines of series, promqltest_case.c asks the engine and compares.
 */
#ifndef TESTS_QUERY_PROMQLTEST_H
#define TESTS_QUERY_PROMQLTEST_H

#include "eval/promql.h"

#include <stdio.h>

enum point_kind { POINT_NONE, POINT_VALUE, POINT_STALE, POINT_NATIVE };

struct point {
	enum point_kind kind;
	double value;
};

/* One line: labels and points. */
struct line {
	struct buf labels;		/* canonical */
	struct point *points;
	uint32_t n, room;
	bool is_native;			/* has points that are native histograms */
};

struct lines {
	struct line *items;
	uint32_t n, room;
};

enum remark { REMARK_WARN, REMARK_INFO };

/* expect warn msg: TEXT */
struct expectation {
	enum remark remark;
	char *text;			/* NULL: any */
	bool is_regex;
};

enum command_kind { COMMAND_LOAD, COMMAND_CLEAR, COMMAND_EVAL };

struct command {
	enum command_kind kind;
	uint32_t at;			/* line of the script, from 1 */
	char *text;			/* that line */
	struct lines lines;		/* to load, or what must come out */
	kymo_ms step;			/* load, range */
	bool with_buckets;		/* load_with_nhcb */

	const char *query;		/* in text */
	bool is_range;
	kymo_ms start, end;		/* end: also of an instant */
	bool has_number, has_string, has_times;
	double number;
	char *string;
	kymo_ms times_start, times_step;	/* of range vectors */
	bool fails, ordered, no_warn, no_info;
	char *fail_text;		/* NULL: any error */
	bool fail_is_regex;
	struct expectation *expectations;
	uint32_t n_expectations;
	char *wrong;			/* the command could not be read: why */
};

struct script {
	struct command *items;
	uint32_t n, room;
};

/* promqltest_script.c: 0 or -1, then *why says it. */
int script_read(const char *path, struct script *script, char why[256]);
void script_fini(struct script *script);

/* promqltest_series.c: NULL, or what is wrong. */
const char *line_parse(const char *text, struct line *line);
const char *duration_of(const char *text, size_t n, kymo_ms *ms);	/* may be negative */
const char *number_of(const char *text, const char **end, double *out);	/* decimal, Inf, NaN; with a sign */
void line_fini(struct line *line);
struct line *lines_add(struct lines *lines);
void lines_fini(struct lines *lines);
void line_print(const struct line *line, struct buf *out);

/* A store with what was loaded since the last clear. */
struct bench {
	char path[128];
	struct test_clock clock;
	struct store *store;
	struct promql *engine;
	struct lines native;		/* labels of series that are native histograms, and so are not there */
	bool in_blocks;			/* flush before an eval, so that blocks and tiers answer */
	bool is_flushed;
};
void bench_open(struct bench *bench);
void bench_close(struct bench *bench);
const char *bench_load(struct bench *bench, struct command *command);	/* NULL, or what is wrong */

enum outcome { PASSED, FAILED, SKIPPED };
/* promqltest_case.c: *why gets what was wanted and got, or why it is skipped. */
enum outcome case_run(struct bench *bench, const struct command *command, struct buf *why);
bool numbers_match(double a, double b);

#endif
