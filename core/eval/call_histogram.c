/* SPDX-License-Identifier: MIT */
/*
 * call_histogram.c - histogram_quantile, histogram_quantiles and histogram_fraction:
 * series that differ in the label le alone are one histogram. They are held until
 * all are there; put in order of the labels that they share, each run of them gives
 * one series, or one for each quantile.
 */
#include "eval/call.h"
#include "eval/histogram.h"
#include "eval/names.h"
#include "eval/remarks.h"
#include "model/labels_edit.h"
#include "util/number.h"
#include "util/utf8.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define HELP "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile"

enum { ARGS_MOST = 10 };

static const char *const le_alone[] = { "le" };

/* One of the held series. */
struct part {
	struct labels labels;		/* without le */
	double bound;
	const double *values;
};

struct histograms {
	struct stream stream;
	struct matrix matrix;
	struct buf labels;		/* those of the parts */
	struct part *parts;		/* in order of labels, then bounds */
	uint32_t n, next;
	double *args[ARGS_MOST];	/* quantiles; or lower and upper */
	uint32_t n_args;
	struct bucket *buckets;		/* of one point: room for n */
	double *values;
	struct buf nameless;
};

static const struct call *call_of(const struct histograms *histograms)
{
	return &histograms->stream.node->call;
}

/* histogram_quantiles(v, label, q, ...) */
static bool is_plural(const struct histograms *histograms)
{
	return call_of(histograms)->function->id == FN_HISTOGRAM_QUANTILES;
}

static const struct node *vector_of(const struct histograms *histograms)
{
	return call_of(histograms)->args[is_plural(histograms) ? 0 : call_of(histograms)->n_args - 1];
}

static bool is_quantile(const struct histograms *histograms)
{
	return call_of(histograms)->function->id != FN_HISTOGRAM_FRACTION;
}

/* ---- reading ---- */

/* " for metric name "x"", or nothing. */
static const char *name_in_words(struct labels labels, struct buf *out)
{
	struct label name = labels_metric(labels);

	if (name.value_len)
		buf_printf(out, " for metric name \"%.*s\"", (int)name.value_len, name.value);
	return out->len && !buf_failed(out) ? buf_text(out) : "";
}

static void warn_bound(const struct histograms *histograms, struct labels labels, const struct label *le)
{
	AUTO_BUF name = { 0 };

	eval_warn(histograms->stream.eval, vector_of(histograms), "bucket label \"le\" is missing or has a malformed value of \"%.*s\"%s",
		  (int)le->value_len, le->value ? le->value : "", name_in_words(labels, &name));
}

/* What has no bound counts for nothing. */
static int collect(struct histograms *histograms, struct stream *inner)
{
	struct column column;
	struct label le;
	double bound;
	int r;

	while ((r = stream_next(inner, &column)) > 0) {
		labels_find(column.labels, "le", &le);
		if (!bucket_bound(le.value, le.value_len, &bound))
			warn_bound(histograms, column.labels, &le);
		else if ((r = matrix_add(&histograms->matrix, &column)) < 0)
			break;
	}
	return r;
}

static int by_labels_and_bound(const void *a, const void *b)
{
	const struct part *x = a, *y = b;
	int r = labels_compare(x->labels, y->labels);

	return r ? r : (x->bound > y->bound) - (x->bound < y->bound);
}

/* The bytes of the labels are where they stay when the last of them is written. */
static int make_parts(struct histograms *histograms)
{
	const struct matrix *matrix = &histograms->matrix;
	uint32_t at = 0;

	for (uint32_t i = 0; i < matrix->n; i++) {
		struct part *part = &histograms->parts[i];
		size_t before = histograms->labels.len;
		struct label le;

		labels_find(matrix->columns[i].labels, "le", &le);
		bucket_bound(le.value, le.value_len, &part->bound);
		labels_drop(matrix->columns[i].labels, le_alone, 1, false, &histograms->labels);
		part->labels.size = (uint32_t)(histograms->labels.len - before);
		part->values = matrix->columns[i].values;
	}
	if (buf_failed(&histograms->labels))
		return eval_no_memory(histograms->stream.eval);
	for (uint32_t i = 0; i < matrix->n; at += histograms->parts[i++].labels.size)
		histograms->parts[i].labels.data = at ? histograms->labels.data + at : histograms->labels.data;
	if (matrix->n > 1)
		qsort(histograms->parts, matrix->n, sizeof *histograms->parts, by_labels_and_bound);
	return 0;
}

static int read_args(struct histograms *histograms)
{
	const struct stream *stream = &histograms->stream;
	const struct node *const *args = call_of(histograms)->args + (is_plural(histograms) ? 2 : 0);

	histograms->n_args = call_of(histograms)->n_args - (is_plural(histograms) ? 2 : 1);
	for (uint32_t k = 0; k < histograms->n_args; k++) {
		double *arg = histograms->args[k] = eval_alloc(stream->eval, stream->steps.n, sizeof *arg);
		int r = arg ? eval_scalar(stream->eval, args[k], &stream->steps, arg) : stream->eval->err->code;

		if (r < 0)
			return r;
		for (uint32_t i = 0; is_quantile(histograms) && i < stream->steps.n; i++)
			remark_quantile(stream->eval, args[k], arg[i]);
	}
	return 0;
}

static int prepare(struct histograms *histograms)
{
	const struct stream *stream = &histograms->stream;
	AUTO(stream) inner = NULL;
	int r = read_args(histograms);

	if (r < 0 || (r = stream_open(stream->eval, vector_of(histograms), &stream->steps, &inner)) < 0 ||
	    (r = collect(histograms, inner)) < 0)
		return r;
	histograms->n = histograms->matrix.n;
	histograms->parts = eval_alloc(stream->eval, histograms->n, sizeof *histograms->parts);
	histograms->buckets = eval_alloc(stream->eval, histograms->n, sizeof *histograms->buckets);
	histograms->values = eval_alloc(stream->eval, stream->steps.n, sizeof *histograms->values);
	if (!histograms->parts || !histograms->buckets || !histograms->values)
		return stream->eval->err->code;
	return make_parts(histograms);
}

/* ---- giving ---- */

static uint32_t end_of_run(const struct histograms *histograms, uint32_t from)
{
	uint32_t to = from + 1;

	while (to < histograms->n && labels_equal(histograms->parts[from].labels, histograms->parts[to].labels))
		to++;
	return to;
}

static uint32_t gather(const struct histograms *histograms, uint32_t from, uint32_t to, uint32_t point)
{
	uint32_t n = 0;

	for (uint32_t k = from; k < to; k++) {
		double count = histograms->parts[k].values[point];

		if (!is_absent(count))
			histograms->buckets[n++] = (struct bucket){ histograms->parts[k].bound, count };
	}
	return n ? buckets_arrange(histograms->buckets, n) : 0;
}

/* q: which of the quantiles. */
static double estimate(const struct histograms *histograms, uint32_t n, uint32_t q, uint32_t point, bool *forced)
{
	bool was_forced = false;
	double value;

	if (!is_quantile(histograms))
		return buckets_fraction(histograms->args[0][point], histograms->args[1][point], histograms->buckets, n);
	value = buckets_quantile(histograms->args[q][point], histograms->buckets, n, &was_forced);
	*forced = *forced || was_forced;
	return value;
}

static void tell_forced(const struct histograms *histograms, struct labels labels)
{
	AUTO_BUF name = { 0 };

	eval_inform(histograms->stream.eval, vector_of(histograms),
		    "input to histogram_quantile needed to be fixed for monotonicity (see " HELP ")%s", name_in_words(labels, &name));
}

static int histograms_next(struct stream *stream, struct column *out)
{
	struct histograms *histograms = (struct histograms *)stream;
	uint32_t from = histograms->next, to;
	bool forced = false;
	int r;

	if (from == histograms->n)
		return 0;
	histograms->next = to = end_of_run(histograms, from);
	for (uint32_t i = 0; i < stream->steps.n; i++) {
		uint32_t n = gather(histograms, from, to, i);

		histograms->values[i] = n ? estimate(histograms, n, 0, i, &forced) : absent();
	}
	if (forced)
		tell_forced(histograms, histograms->parts[from].labels);
	buf_clear(&histograms->nameless);
	labels_without_name(histograms->parts[from].labels, &histograms->nameless);
	*out = (struct column){ labels_in(&histograms->nameless), histograms->values };
	if (buf_failed(&histograms->nameless))
		return eval_no_memory(stream->eval);
	return (r = eval_check(stream->eval, 0)) < 0 ? r : 1;
}

/* ---- several quantiles ---- */

/* As OpenMetrics writes it: 0.5, 1.0, 1e-07. */
static void print_quantile(double q, struct buf *out)
{
	char text[NUMBER_TEXT];
	const char *number = number_in_words(q, text);

	buf_add_text(out, number);
	if (isfinite(q) && !strpbrk(number, ".e"))
		buf_add_text(out, ".0");
}

static struct column *new_column(struct histograms *histograms, struct labels labels, double q, struct matrix *out)
{
	AUTO_BUF text = { 0 };
	AUTO_BUF all = { 0 };

	print_quantile(q, &text);
	buf_clear(&histograms->nameless);
	labels_without_name(labels, &histograms->nameless);
	labels_set(labels_in(&histograms->nameless), eval_string(call_of(histograms)->args[1]), (const char *)text.data, text.len, &all);
	if (buf_failed(&text) || buf_failed(&all) || buf_failed(&histograms->nameless)) {
		eval_no_memory(histograms->stream.eval);
		return NULL;
	}
	return matrix_add_empty(out, labels_in(&all));
}

/* Where a quantile changes from point to point, each has a series of its own. */
static int add_quantile(struct histograms *histograms, uint32_t from, uint32_t to, uint32_t q, bool *forced, struct matrix *out)
{
	const double *arg = histograms->args[q];
	struct column *column = NULL;
	double of = 0;

	for (uint32_t i = 0; i < histograms->stream.steps.n; i++) {
		uint32_t n = gather(histograms, from, to, i);

		if (!n)
			continue;
		if (!column || value_bits(of) != value_bits(arg[i]))
			column = new_column(histograms, histograms->parts[from].labels, of = arg[i], out);
		if (!column)
			return histograms->stream.eval->err->code;
		column->values[i] = estimate(histograms, n, q, i, forced);
	}
	return eval_check(histograms->stream.eval, 0);
}

static int fill_with_quantiles(struct histograms *histograms, struct matrix *out)
{
	int r = 0;

	for (uint32_t from = 0, to; r == 0 && from < histograms->n; from = to) {
		bool forced = false;

		to = end_of_run(histograms, from);
		for (uint32_t q = 0; r == 0 && q < histograms->n_args; q++)
			r = add_quantile(histograms, from, to, q, &forced, out);
		if (forced)
			tell_forced(histograms, histograms->parts[from].labels);
	}
	return r < 0 ? r : matrix_unite(out);
}

static int open_quantiles(struct histograms *histograms, struct stream **out)
{
	const struct stream *stream = &histograms->stream;
	const char *label = eval_string(call_of(histograms)->args[1]);
	struct matrix matrix;
	int r;

	if (!*label || !utf8_valid(label, strlen(label)))
		return error_set(stream->eval->err, -EINVAL, "invalid label name in histogram_quantiles(): %s", label);
	matrix_init(&matrix, stream->eval, stream->steps.n);
	r = fill_with_quantiles(histograms, &matrix);
	if (r < 0)
		matrix_fini(&matrix);
	return r < 0 ? r : stream_of_matrix(stream->eval, stream->node, &stream->steps, &matrix, out);
}

/* ---- opening ---- */

static void histograms_close(struct stream *stream)
{
	struct histograms *histograms = (struct histograms *)stream;
	struct eval *eval = stream->eval;

	matrix_fini(&histograms->matrix);
	buf_fini(&histograms->labels);
	buf_fini(&histograms->nameless);
	eval_free(eval, histograms->parts, histograms->n, sizeof *histograms->parts);
	eval_free(eval, histograms->buckets, histograms->n, sizeof *histograms->buckets);
	eval_free(eval, histograms->values, stream->steps.n, sizeof *histograms->values);
	for (uint32_t k = 0; k < ARGS_MOST; k++)
		eval_free(eval, histograms->args[k], stream->steps.n, sizeof *histograms->args[k]);
	free(histograms);
}

int stream_open_histogram(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	struct histograms *histograms = calloc(1, sizeof *histograms);
	int r;

	if (!histograms)
		return eval_no_memory(eval);
	histograms->stream = (struct stream){ histograms_next, histograms_close, eval, node, *steps };
	matrix_init(&histograms->matrix, eval, steps->n);
	r = prepare(histograms);
	if (r == 0 && is_plural(histograms))
		r = open_quantiles(histograms, out);
	if (r < 0 || is_plural(histograms)) {
		histograms_close(&histograms->stream);
		return r;
	}
	if (node_has_many_names(vector_of(histograms)))
		return stream_united(&histograms->stream, out);
	*out = &histograms->stream;
	return 0;
}
