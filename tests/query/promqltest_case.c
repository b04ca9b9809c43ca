/* SPDX-License-Identifier: MIT */
/*
 * promqltest_case.c - one eval: asked, and compared. An instant is also asked as the
 * middle of a range of three points, which must give the same.
 */
#include "promqltest.h"
#include "model/regex.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* What came out, held so that it can be compared and shown. */
struct answer {
	enum value_type type;
	int code;
	char *text, *error;		/* of a string; of a failure */
	bool is_execution;
	struct lines lines;
	kymo_ms **times;		/* of each line */
	char **remarks[2];
	uint32_t n_remarks[2];
};

static void answer_fini(struct answer *answer)
{
	for (uint32_t i = 0; i < answer->lines.n; i++)
		free(answer->times[i]);
	for (int kind = 0; kind < 2; kind++) {
		for (uint32_t i = 0; i < answer->n_remarks[kind]; i++)
			free(answer->remarks[kind][i]);
		free(answer->remarks[kind]);
	}
	free(answer->times);
	free(answer->text);
	free(answer->error);
	lines_fini(&answer->lines);
}

static void keep_series(struct answer *answer, const struct promql_series *series)
{
	struct line *line = lines_add(&answer->lines);

	buf_add(&line->labels, series->labels.data, series->labels.size);
	answer->times = realloc(answer->times, answer->lines.n * sizeof *answer->times);
	answer->times[answer->lines.n - 1] = malloc((series->n + 1) * sizeof(kymo_ms));
	line->points = malloc((series->n + 1) * sizeof *line->points);
	for (uint32_t i = 0; i < series->n; i++) {
		answer->times[answer->lines.n - 1][i] = series->at[i];
		line->points[i] = (struct point){ POINT_VALUE, series->values[i] };
	}
	line->n = series->n;
}

static void keep_remarks(struct answer *answer, enum remark kind, const char *const *remarks, uint32_t n)
{
	answer->remarks[kind] = malloc((n + 1) * sizeof(char *));
	answer->n_remarks[kind] = n;
	for (uint32_t i = 0; i < n; i++) {
		char *text = strdup(remarks[i]), *place = strrchr(text, '(');

		if (place > text && place[-1] == ' ' && text[strlen(text) - 1] == ')' && strspn(place + 1, "0123456789:)") == strlen(place + 1))
			place[-1] = '\0';	/* scripts do not know places */
		answer->remarks[kind][i] = text;
	}
}

static void ask(struct bench *bench, const struct promql_request *request, struct answer *answer)
{
	struct error err = { 0 };
	struct promql_series series;
	struct promql_report report;
	AUTO(promql_run) run = NULL;

	*answer = (struct answer){ 0 };
	answer->code = promql_open(bench->engine, request, &run, &answer->is_execution, &err);
	if (!answer->code)
		answer->type = promql_type(run);
	if (!answer->code && answer->type == TYPE_STRING)
		answer->text = strdup(promql_text(run));
	else if (!answer->code)
		while ((answer->code = promql_next(run, &series, &err)) > 0)
			keep_series(answer, &series);
	if (answer->code < 0)
		answer->error = strdup(error_text(&err));
	if (run) {
		promql_report(run, &report);
		keep_remarks(answer, REMARK_WARN, report.warnings, report.n_warnings);
		keep_remarks(answer, REMARK_INFO, report.infos, report.n_infos);
	}
	error_clear(&err);
}

bool numbers_match(double a, double b)
{
	double sum = fabs(a) + fabs(b), gap = fabs(a - b);

	if (isnan(a) || isnan(b))
		return isnan(a) && isnan(b);
	if (a == b)
		return true;
	if (a == 0 || b == 0 || sum < DBL_MIN)
		return gap < 1e-6 * DBL_MIN;
	return gap / fmin(sum, DBL_MAX) < 1e-6;
}

/* Is the text what is wanted? A regular expression may match any part of it. */
static bool text_matches(const char *wanted, bool is_regex, const char *text)
{
	AUTO_BUF around = { 0 };

	if (!wanted)
		return true;
	if (!is_regex)
		return !strcmp(wanted, text);
	buf_printf(&around, "(?s:.*)(?:%s)(?s:.*)", wanted);
	AUTO(regex) regex = regex_create(buf_text(&around), NULL);
	return regex && regex_test(regex, text, strlen(text)) == 1;
}

static void show_answer(const struct answer *answer, struct buf *out)
{
	if (answer->code < 0)
		buf_printf(out, "    got an error: %s\n", answer->error);
	if (answer->text)
		buf_printf(out, "    got the string %s\n", answer->text);
	if (!answer->lines.n && !answer->text && answer->code >= 0)
		buf_add_text(out, "    got nothing\n");
	for (uint32_t i = 0; i < answer->lines.n && i < 40; i++) {
		const struct line *line = &answer->lines.items[i];

		buf_add_text(out, "    got ");
		labels_print((struct labels){ line->labels.data, (uint32_t)line->labels.len }, out);
		for (uint32_t k = 0; k < line->n && k < 30; k++)
			buf_printf(out, " %.17g@%g", line->points[k].value, (double)answer->times[i][k] / 1000);
		buf_add_u8(out, '\n');
	}
	for (int kind = 0; kind < 2; kind++)
		for (uint32_t i = 0; i < answer->n_remarks[kind]; i++)
			buf_printf(out, "    got %s: %s\n", kind == REMARK_WARN ? "warning" : "info", answer->remarks[kind][i]);
}

static void show_wanted(const struct command *command, struct buf *out)
{
	if (command->fails)
		buf_printf(out, "    wanted a failure%s%s\n", command->fail_text ? ": " : "", command->fail_text ? command->fail_text : "");
	if (command->has_number)
		buf_printf(out, "    wanted the number %.17g\n", command->number);
	if (command->has_string)
		buf_printf(out, "    wanted the string %s\n", command->string);
	for (uint32_t i = 0; i < command->lines.n && i < 40; i++) {
		buf_add_text(out, "    wanted ");
		line_print(&command->lines.items[i], out);
		buf_add_u8(out, '\n');
	}
	for (uint32_t i = 0; i < command->n_expectations; i++)
		buf_printf(out, "    wanted %s: %s\n", command->expectations[i].remark == REMARK_WARN ? "warning" : "info",
			   command->expectations[i].text ? command->expectations[i].text : "any");
}

/* Each wanted one is there, and each that is there is wanted. */
static bool remarks_match(const struct command *command, const struct answer *answer, enum remark kind)
{
	uint32_t n = answer->n_remarks[kind], wanted = 0;

	for (uint32_t i = 0; i < command->n_expectations; i++) {
		const struct expectation *one = &command->expectations[i];
		bool found = false;

		if (one->remark != kind)
			continue;
		wanted++;
		for (uint32_t k = 0; k < n; k++)
			found |= text_matches(one->text, one->is_regex, answer->remarks[kind][k]);
		if (!found)
			return false;
	}
	for (uint32_t k = 0; wanted && k < n; k++) {
		bool found = false;

		for (uint32_t i = 0; i < command->n_expectations; i++)
			found |= command->expectations[i].remark == kind &&
				 text_matches(command->expectations[i].text, command->expectations[i].is_regex, answer->remarks[kind][k]);
		if (!found)
			return false;
	}
	return !(n && (kind == REMARK_WARN ? command->no_warn : command->no_info));
}

/* Points that are there, at their times, in order. */
static bool points_match(const struct line *wanted, kymo_ms start, kymo_ms step, const struct line *got, const kymo_ms *times)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < wanted->n; i++) {
		if (wanted->points[i].kind == POINT_NONE)
			continue;
		if (k == got->n || times[k] != start + (kymo_ms)i * step || !numbers_match(wanted->points[i].value, got->points[k].value))
			return false;
		k++;
	}
	return k == got->n;
}

static bool is_empty(const struct line *line)
{
	for (uint32_t i = 0; i < line->n; i++)
		if (line->points[i].kind != POINT_NONE)
			return false;
	return true;
}

static bool lines_match(const struct command *command, const struct answer *answer)
{
	kymo_ms start = command->has_times ? command->times_start : command->is_range ? command->start : command->end;
	kymo_ms step = command->has_times ? command->times_step : command->is_range ? command->step : 0;
	uint32_t found = 0, place = 0;

	for (uint32_t i = 0; i < command->lines.n; i++) {
		const struct line *wanted = &command->lines.items[i];
		bool is_there = is_empty(wanted);

		place += !is_there;
		for (uint32_t k = 0; k < answer->lines.n && !is_there; k++) {
			const struct line *got = &answer->lines.items[k];

			if (command->ordered && k != place - 1)
				continue;
			if (got->labels.len != wanted->labels.len || (got->labels.len && memcmp(got->labels.data, wanted->labels.data, got->labels.len) != 0))
				continue;
			is_there = points_match(wanted, start, step, got, answer->times[k]);
			found += is_there;
		}
		if (!is_there)
			return false;
	}
	return found == answer->lines.n;
}

static bool answer_matches(const struct command *command, const struct answer *answer)
{
	if (command->fails)
		return answer->code < 0 && text_matches(command->fail_text, command->fail_is_regex, answer->error);
	if (answer->code < 0)
		return false;
	if (!remarks_match(command, answer, REMARK_WARN) || !remarks_match(command, answer, REMARK_INFO))
		return false;
	if (command->has_string)
		return answer->text && !strcmp(answer->text, command->string);
	if (command->has_number)
		return answer->type == TYPE_SCALAR && answer->lines.n == 1 && answer->lines.items[0].n == 1 &&
		       numbers_match(command->number, answer->lines.items[0].points[0].value);
	return !answer->text && lines_match(command, answer);
}

/* Does a selector of the query take a series that is a native histogram? */
static bool takes_native(const struct node *node, const struct lines *native)
{
	switch (node->kind) {
	case NODE_PAREN:
		return takes_native(node->inner, native);
	case NODE_SUBQUERY:
		return takes_native(node->subquery.inner, native);
	case NODE_UNARY:
		return takes_native(node->unary.inner, native);
	case NODE_BINARY:
		return takes_native(node->binary.left, native) || takes_native(node->binary.right, native);
	case NODE_AGGREGATE:
		return takes_native(node->aggregate.inner, native) || (node->aggregate.param && takes_native(node->aggregate.param, native));
	case NODE_CALL:
		for (uint32_t i = 0; i < node->call.n_args; i++)
			if (takes_native(node->call.args[i], native))
				return true;
		return false;
	case NODE_SELECTOR:
		for (uint32_t i = 0; i < native->n; i++)
			if (matchers_test(node->selector.matchers, node->selector.n_matchers,
					  (struct labels){ native->items[i].labels.data, (uint32_t)native->items[i].labels.len }))
				return true;
		return false;
	default:
		return false;
	}
}

/* Words of experiments that Prometheus has behind flags. */
static const char *experiment(const char *query)
{
	static const char *const words[] = { "start_timestamp" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strstr(query, words[i]))
			return words[i];
	return NULL;
}

/* NULL, or why the case cannot be asked. */
static const char *why_not(const struct bench *bench, const struct command *command, char room[256])
{
	struct error err = { 0 };
	AUTO(expr) expr = NULL;
	const char *why = NULL;

	for (uint32_t i = 0; i < command->lines.n; i++)
		if (command->lines.items[i].is_native)
			return "native histograms";
	if (expr_parse(command->query, strlen(command->query), &PARSE_LIMITS, &expr, &err) < 0) {
		snprintf(room, 256, "%s", error_text(&err));
		if (strstr(room, "native histograms"))
			why = "native histograms";
		else if (strstr(room, "experimental"))
			why = "duration expressions";
		else if (experiment(command->query))
			why = "experimental syntax";
	} else if (takes_native(expr_root(expr), &bench->native)) {
		why = "native histograms";
	}
	error_clear(&err);
	return why;
}

static bool ask_and_compare(struct bench *bench, const struct command *command, struct buf *why)
{
	struct promql_request request = { .query = command->query, .n = strlen(command->query), .instant = !command->is_range,
					  .start = command->start, .end = command->end, .step = command->step, .tier = KYMO_AUTO,
					  .now = clock_now(&bench->clock.clock), .no_cache = true };
	struct answer answer;
	bool fine;

	ask(bench, &request, &answer);
	fine = answer_matches(command, &answer);
	if (!fine) {
		show_wanted(command, why);
		show_answer(&answer, why);
	}
	answer_fini(&answer);
	return fine;
}

/* Of every line the middle one of three points. */
static void keep_middle(struct answer *answer, kymo_ms at)
{
	for (uint32_t i = 0; i < answer->lines.n; i++) {
		struct line *line = &answer->lines.items[i];
		uint32_t k = 0;

		while (k < line->n && answer->times[i][k] != at)
			k++;
		if (k < line->n) {
			line->points[0] = line->points[k];
			answer->times[i][0] = at;
		}
		line->n = k < line->n;
	}
}

static void drop_empty(struct answer *answer)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < answer->lines.n; i++) {
		if (!answer->lines.items[i].n) {
			line_fini(&answer->lines.items[i]);
			free(answer->times[i]);
			continue;
		}
		answer->lines.items[kept] = answer->lines.items[i];
		answer->times[kept++] = answer->times[i];
	}
	answer->lines.n = kept;
}

/* start(), end() and range() mean something else in a range; order does not exist there, nor do strings and range vectors. */
static bool has_middle(const struct command *command)
{
	return !command->is_range && !command->fails && !command->ordered && !command->has_string && !command->has_times &&
	       !strstr(command->query, "start(") && !strstr(command->query, "end(") && !strstr(command->query, "range()");
}

static bool middle_matches(struct bench *bench, const struct command *command, struct buf *why)
{
	struct promql_request request = { .query = command->query, .n = strlen(command->query), .start = command->end - 60000,
					  .end = command->end + 60000, .step = 60000, .tier = KYMO_AUTO,
					  .now = clock_now(&bench->clock.clock), .no_cache = true };
	struct command wanted = *command;
	struct answer answer;
	bool fine;

	ask(bench, &request, &answer);
	if (answer.type == TYPE_MATRIX && command->has_number)
		answer.type = TYPE_SCALAR;
	keep_middle(&answer, command->end);
	drop_empty(&answer);
	wanted.n_expectations = 0;		/* other points may say more */
	wanted.no_info = wanted.no_warn = false;
	fine = (answer.code < 0 && strstr(answer.error, "invalid expression type")) || answer_matches(&wanted, &answer);
	if (!fine) {
		buf_add_text(why, "    as the middle of a range:\n");
		show_wanted(command, why);
		show_answer(&answer, why);
	}
	answer_fini(&answer);
	return fine;
}

enum outcome case_run(struct bench *bench, const struct command *command, struct buf *why)
{
	char room[256];
	const char *reason = why_not(bench, command, room);

	if (reason) {
		buf_add_text(why, reason);
		return SKIPPED;
	}
	if (!ask_and_compare(bench, command, why))
		return FAILED;
	return has_middle(command) && !middle_matches(bench, command, why) ? FAILED : PASSED;
}
