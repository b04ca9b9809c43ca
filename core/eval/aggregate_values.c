/* SPDX-License-Identifier: MIT */
/*
 * aggregate_values.c - count_values("label", ...): a series for each value that
 * comes up in a group. Values are told apart by their bits, all NaN being one, which
 * is what their texts do; neighbouring points are often equal, so the last series is
 * looked at first.
 */
#include "eval/aggregate.h"
#include "eval/matrix.h"
#include "model/labels_edit.h"
#include "promql/literal.h"
#include "util/hash.h"
#include "util/number.h"
#include "util/utf8.h"

#include <errno.h>
#include <math.h>

struct value_key {
	uint32_t group;
	uint64_t bits;
};

struct value_counts {
	struct aggregation base;
	const char *label;
	const char **names;	/* by (...) without the label, or without (...) and the label */
	uint32_t n_names;
	bool is_lost;		/* without (the label): the values do not show */
	struct matrix matrix;	/* the counts */
	struct value_key *keys;	/* of each */
	uint32_t room, given;
	struct map map;
	struct buf labels;
	bool is_read;
};

/* ---- 1e+21 as 1000000000000000000000 ---- */

static void append_zeros(struct buf *out, int n)
{
	while (n-- > 0)
		buf_add_u8(out, '0');
}

/* Digits with the point behind the first `whole` of them, which may be before or behind all. */
static void print_digits(const char *digits, int n, int whole, struct buf *out)
{
	if (whole <= 0) {
		buf_add_text(out, "0.");
		append_zeros(out, -whole);
		buf_add(out, digits, (size_t)n);
	} else if (whole >= n) {
		buf_add(out, digits, (size_t)n);
		append_zeros(out, whole - n);
	} else {
		buf_add(out, digits, (size_t)whole);
		buf_add_u8(out, '.');
		buf_add(out, digits + whole, (size_t)(n - whole));
	}
}

static void print_plain(double v, struct buf *out)
{
	char text[NUMBER_TEXT], digits[NUMBER_TEXT];
	const char *at = number_format(v, text), *exponent = strchr(at, 'e');
	int n = 0, whole = -1;

	if (!exponent) {
		buf_add_text(out, at);
		return;
	}
	if (*at == '-')
		buf_add_u8(out, (uint8_t)*at++);
	for (; at < exponent; at++)
		if (*at == '.')
			whole = n;
		else
			digits[n++] = *at;
	print_digits(digits, n, (whole < 0 ? n : whole) + atoi(exponent + 1), out);
}

/* ---- counting ---- */

static bool has_key(const void *owner, uint32_t item, const void *key)
{
	const struct value_key *a = &((const struct value_counts *)owner)->keys[item], *b = key;

	return a->group == b->group && a->bits == b->bits;
}

static int grow(struct value_counts *all)
{
	struct eval *eval = all->base.stream.eval;
	uint32_t room = all->room ? all->room * 2 : 16;
	struct value_key *keys = eval_alloc(eval, room, sizeof *keys);

	if (!keys)
		return eval->err->code;
	if (all->room)
		memcpy(keys, all->keys, all->room * sizeof *keys);
	eval_free(eval, all->keys, all->room, sizeof *keys);
	all->keys = keys;
	all->room = room;
	return 0;
}

static int new_series(struct value_counts *all, const struct value_key *key, uint64_t hash)
{
	struct labels group = grouping_labels(&all->base.groups, key->group);
	AUTO_BUF text = { 0 };
	int r = all->matrix.n == all->room ? grow(all) : 0;

	if (r < 0)
		return r;
	print_plain(value_of_bits(key->bits), &text);
	buf_clear(&all->labels);
	if (all->is_lost)
		buf_add(&all->labels, group.data, group.size);
	else
		labels_set(group, all->label, (const char *)text.data, text.len, &all->labels);
	if (buf_failed(&text) || buf_failed(&all->labels) || map_add(&all->map, hash, all->matrix.n) < 0)
		return eval_no_memory(all->base.stream.eval);
	all->keys[all->matrix.n] = *key;
	return matrix_add_empty(&all->matrix, labels_in(&all->labels)) ? 0 : all->base.stream.eval->err->code;
}

static struct value_key key_of(const struct value_counts *all, uint32_t group, double v)
{
	if (all->is_lost)
		return (struct value_key){ group, 0 };
	return (struct value_key){ group, isnan(v) ? NAN_BITS : value_bits(v) };
}

static int series_of(struct value_counts *all, const struct value_key *key, uint32_t *series)
{
	uint64_t parts[2] = { key->group, key->bits }, hash = hash_bytes(parts, sizeof parts);
	int r = 0;

	*series = map_find(&all->map, hash, key, has_key, all);
	if (*series == MAP_NONE && (r = new_series(all, key, hash)) == 0)
		*series = all->matrix.n - 1;
	return r;
}

static int count_column(struct value_counts *all, uint32_t group, const double *values, uint32_t points)
{
	struct value_key last = { GROUP_NONE, 0 };
	uint32_t series = 0;
	int r;

	for (uint32_t i = 0; i < points; i++) {
		struct value_key key;
		double *count;

		if (is_absent(values[i]))
			continue;
		key = key_of(all, group, values[i]);
		if ((key.group != last.group || key.bits != last.bits) && (r = series_of(all, &key, &series)) < 0)
			return r;
		last = key;
		count = &all->matrix.columns[series].values[i];
		*count = is_absent(*count) ? 1 : *count + 1;
	}
	return 0;
}

static int read_all(struct value_counts *all)
{
	struct column column;
	uint32_t group;
	int r;

	all->is_read = true;
	while ((r = stream_next(all->base.inner, &column)) > 0)
		if ((r = aggregation_group(&all->base, &column, &group)) < 0 ||
		    (r = count_column(all, group, column.values, all->base.stream.steps.n)) < 0)
			break;
	return r;
}

static int value_counts_next(struct stream *stream, struct column *out)
{
	struct value_counts *all = (struct value_counts *)stream;
	int r = all->is_read ? 0 : read_all(all);

	if (r < 0 || all->given == all->matrix.n)
		return r;
	*out = all->matrix.columns[all->given];
	out->late_name = all->base.groups.late[all->keys[all->given++].group];
	return 1;
}

static void value_counts_close(struct stream *stream)
{
	struct value_counts *all = (struct value_counts *)stream;

	map_fini(&all->map);
	buf_fini(&all->labels);
	eval_free(stream->eval, all->keys, all->room, sizeof *all->keys);
	matrix_fini(&all->matrix);
	aggregation_close(&all->base);
	free(all->names);
	free(all);
}

/* ---- opening ---- */

/* by: all but the label. without: all and the label, in order. */
static void list_names(struct value_counts *all, const struct aggregate *aggregate)
{
	bool placed = !aggregate->without;

	for (uint32_t i = 0; i < aggregate->n_labels; i++) {
		int order = strcmp(aggregate->labels[i], all->label);

		if (order == 0 && aggregate->without)
			all->is_lost = placed = true;
		if (order == 0 && !aggregate->without)
			continue;
		if (order > 0 && !placed) {
			all->names[all->n_names++] = all->label;
			placed = true;
		}
		all->names[all->n_names++] = aggregate->labels[i];
	}
	if (!placed)
		all->names[all->n_names++] = all->label;
}

static int refuse_label(struct eval *eval, const char *label)
{
	AUTO_BUF quoted = { 0 };

	literal_quote(label, strlen(label), &quoted);
	return buf_text(&quoted) ? error_set(eval->err, -EINVAL, "invalid label name %s", (const char *)quoted.data) : eval_no_memory(eval);
}

static int prepare(struct value_counts *all, const struct aggregate *aggregate)
{
	struct eval *eval = all->base.stream.eval;

	all->label = eval_string(aggregate->param);
	if (!*all->label || !utf8_valid(all->label, strlen(all->label)))
		return refuse_label(eval, all->label);
	all->names = calloc((size_t)aggregate->n_labels + 1, sizeof *all->names);
	if (!all->names)
		return eval_no_memory(eval);
	list_names(all, aggregate);
	all->base.groups.names = all->names;
	all->base.groups.n_names = all->n_names;
	return 0;
}

int stream_open_count_values(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	struct value_counts *all = calloc(1, sizeof *all);
	int r;

	if (!all)
		return eval_no_memory(eval);
	all->base.stream = (struct stream){ value_counts_next, value_counts_close, eval, node, *steps };
	matrix_init(&all->matrix, eval, steps->n);
	if ((r = aggregation_open(&all->base, eval, node, steps)) == 0)
		r = prepare(all, &node->aggregate);
	if (r < 0)
		value_counts_close(&all->base.stream);
	else
		*out = &all->base.stream;
	return r;
}
