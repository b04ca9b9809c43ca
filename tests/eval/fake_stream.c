/* SPDX-License-Identifier: MIT */
/* fake_stream.c - what the linker finds here it does not look for in the library: selectors and range vectors. */
#include "eval/fake_stream.h"
#include "model/labels_edit.h"
#include "util/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct column *series;
static uint32_t n_series;

void fake_series(const struct column *columns, uint32_t n)
{
	series = columns;
	n_series = n;
}

/* ---- in place of the engine ---- */

struct fake {
	struct stream stream;
	uint32_t next;
	bool times;
	double *values;
};

static int fake_next(struct stream *stream, struct column *out)
{
	struct fake *fake = (struct fake *)stream;
	const struct selector *selector = &stream->node->selector;

	while (fake->next < n_series) {
		const struct column *column = &series[fake->next++];

		if (!matchers_test(selector->matchers, selector->n_matchers, column->labels))
			continue;
		memcpy(fake->values, column->values, stream->steps.n * sizeof *fake->values);
		for (uint32_t i = 0; fake->times && i < stream->steps.n; i++)
			if (!is_absent(fake->values[i]))
				fake->values[i] = (double)steps_at(&stream->steps, i) / 1000;
		*out = (struct column){ column->labels, fake->values };
		return 1;
	}
	return 0;
}

static void fake_close(struct stream *stream)
{
	free(((struct fake *)stream)->values);
	free(stream);
}

int stream_open_selector(struct eval *eval, const struct node *node, const struct steps *steps, bool times, struct stream **out)
{
	struct fake *fake = calloc(1, sizeof *fake);

	if (!fake || !(fake->values = malloc(steps->n * sizeof *fake->values))) {
		free(fake);
		return eval_no_memory(eval);
	}
	fake->stream = (struct stream){ fake_next, fake_close, eval, node, *steps };
	fake->times = times;
	*out = &fake->stream;
	return 0;
}

int stream_open_range_call(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	(void)node;
	(void)steps;
	(void)out;
	return error_set(eval->err, -EINVAL, "no functions here");
}

/* ---- columns as text ---- */

static const char *past_quoted(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		at += *at == '\\';
	return at + 1;
}

void fake_labels(const char *text, size_t n, struct buf *out)
{
	struct label labels[16];
	const char *end = text + n, *at = memchr(text, '{', n);
	uint32_t count = 0;

	if (!at)
		at = end;
	if (at > text)
		labels[count++] = (struct label){ LABEL_NAME, text, 8, (uint32_t)(at - text) };
	for (at++; at < end && *at != '}'; at += *at == ',') {
		const char *equals = memchr(at, '=', (size_t)(end - at)), *past = past_quoted(equals + 1, end);

		labels[count++] = (struct label){ at, equals + 2, (uint32_t)(equals - at), (uint32_t)(past - equals - 3) };
		at = past;
	}
	assert_int_equal(labels_encode(labels, count, out), 0);
}

static size_t labels_length(const char *line)
{
	bool quoted = false;
	const char *at = line;

	for (; *at && (quoted || !isspace((unsigned char)*at)); at++)
		quoted ^= *at == '"';
	return (size_t)(at - line);
}

/* One line; gives where the next begins. */
static const char *read_line(struct matrix *matrix, const char *line)
{
	size_t n = labels_length(line);
	AUTO_BUF labels = { 0 };
	struct column *column;
	char *at = (char *)line + n;

	fake_labels(line, n, &labels);
	column = matrix_add_empty(matrix, labels_in(&labels));
	assert_non_null(column);
	for (uint32_t i = 0; *at && *at != '\n'; i++) {
		at += strspn(at, " ");
		assert_in_range(i, 0, matrix->points - 1);
		if (*at == '_')
			at++;
		else
			column->values[i] = number_parse(at, &at);
	}
	return *at ? at + 1 : at;
}

static void print_column(const struct column *column, uint32_t points, struct buf *out)
{
	char text[NUMBER_TEXT];
	bool any = false;

	for (uint32_t i = 0; i < points; i++)
		any |= !is_absent(column->values[i]);
	if (!any)
		return;
	labels_print(column->labels, out);
	for (uint32_t i = 0; i < points; i++) {
		buf_add_u8(out, ' ');
		buf_add_text(out, is_absent(column->values[i]) ? "_" : number_format(column->values[i], text));
	}
	buf_add_u8(out, '\n');
}

/* ---- a query ---- */

void fake_start(struct fake_run *run, const char *query, uint32_t points)
{
	struct parse_limits limits = PARSE_LIMITS;

	*run = (struct fake_run){ .eval = { .outer = { 0, 1000, points }, .asked = { 0, 1000 * (kymo_ms)(points - 1), 1000 }, .deadline = INT64_MAX } };
	run->eval.err = &run->err;
	if (expr_parse(query, strlen(query), &limits, &run->expr, &run->err) < 0)
		fail_msg("%s: %s", query, error_text(&run->err));
	run->eval.expr = run->expr;
}

void fake_end(struct fake_run *run)
{
	assert_int_equal(run->eval.held, 0);	/* whatever happened, all is given back */
	notes_fini(&run->eval.warnings);
	notes_fini(&run->eval.infos);
	expr_destroy(run->expr);
	error_clear(&run->err);
}

static void print_notes(const struct notes *notes, const char *kind, struct buf *out)
{
	const char *at = (const char *)notes->text.data;

	for (uint32_t i = 0; i < notes->n; i++, at += strlen(at) + 1)
		buf_printf(out, "%s: %s\n", kind, at);
}

static int run_all(struct fake_run *run, uint32_t points, struct buf *out)
{
	AUTO(stream) stream = NULL;
	struct column column;
	int r = stream_open(&run->eval, expr_root(run->expr), &run->eval.outer, &stream);

	if (r < 0)
		return r;
	while ((r = stream_next(stream, &column)) > 0)
		print_column(&column, points, out);
	return r;
}

void fake_query(const char *lines, const char *query, uint32_t points, struct buf *out)
{
	struct fake_run run;
	struct eval eval = { .deadline = INT64_MAX };
	struct matrix matrix;

	matrix_init(&matrix, &eval, points);
	while (*lines)
		lines = read_line(&matrix, lines);
	fake_series(matrix.columns, matrix.n);
	fake_start(&run, query, points);
	buf_clear(out);
	if (run_all(&run, points, out) < 0) {
		buf_clear(out);
		buf_printf(out, "error: %s\n", error_text(&run.err));
	}
	print_notes(&run.eval.warnings, "warning", out);
	print_notes(&run.eval.infos, "info", out);
	assert_non_null(buf_text(out));
	fake_end(&run);
	matrix_fini(&matrix);
}
