/* SPDX-License-Identifier: MIT */
/*
 * exposition.c - a family is what stands under one TYPE line: a metric, or a
 * histogram or summary with its parts. Lines are made as the series come and sorted
 * when they are written, because the parts of a histogram come apart, and the buckets
 * of one series are to stand together.
 */
#include "http/exposition.h"

#include "util/hash.h"
#include "util/map.h"
#include "util/number.h"
#include "util/utf8.h"

#include <errno.h>
#include <math.h>

/* Texts are offsets into `text`, which moves as it grows. */
struct slice {
	size_t at, n;
};

struct family {
	struct slice name, source;	/* escaped; as the metric is called */
	struct slice help;
	uint32_t type;
	bool left_out;
	uint32_t lines;
};

enum part { PART_BUCKET, PART_SUM, PART_COUNT, PART_NONE };

struct line {
	uint32_t family, number;	/* number: as they came */
	enum part part;
	struct slice series;		/* of a part: the labels without le */
	double le;
	struct slice text;
};

struct exposition {
	struct left_out *left_out;
	uint32_t n_left_out;
	struct buf text;		/* of what has not been written yet */
	struct buf taken;		/* the texts of names[] */
	struct family *families;
	struct line *lines;
	struct slice *names;		/* of samples, taken by what came before */
	uint32_t n_families, room_families, n_lines, room_lines, n_names, room_names;
	struct map map;			/* escaped name to names[] */
	struct metric_now {
		struct slice source, escaped;
		uint32_t family;	/* MAP_NONE: left out */
		enum part part;
	} now;				/* of the series that came last */
};

static const char *const suffixes[] = { [PART_BUCKET] = "_bucket", [PART_SUM] = "_sum", [PART_COUNT] = "_count" };

struct exposition *exposition_create(struct left_out *left_out)
{
	struct exposition *exposition = calloc(1, sizeof *exposition);

	if (exposition)
		exposition->left_out = left_out;
	return exposition;
}

void exposition_destroy(struct exposition *exposition)
{
	if (!exposition)
		return;
	buf_fini(&exposition->text);
	buf_fini(&exposition->taken);
	map_fini(&exposition->map);
	free(exposition->families);
	free(exposition->lines);
	free(exposition->names);
	free(exposition);
}

/* Room for one more of `size` bytes in an array. */
static int grow(void *array, uint32_t n, uint32_t *room, size_t size)
{
	void **items = array, *larger;
	uint32_t more = *room ? *room * 2 : 64;

	if (n < *room)
		return 0;
	larger = realloc(*items, more * size);
	if (!larger)
		return -ENOMEM;
	*items = larger;
	*room = more;
	return 0;
}

static const char *text_of(const struct exposition *exposition, struct slice slice)
{
	return (const char *)exposition->text.data + slice.at;
}

static struct slice keep(struct exposition *exposition, const char *data, size_t n)
{
	struct slice slice = { exposition->text.len, n };

	buf_add(&exposition->text, data, n);
	return slice;
}

static bool slice_is(const struct exposition *exposition, struct slice slice, const char *data, size_t n)
{
	return slice.n == n && !memcmp(text_of(exposition, slice), data, n);
}

static bool fits(char c, bool first, bool label)
{
	if (c >= '0' && c <= '9')
		return !first;
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c == ':' && !label);
}

void exposition_escape(const char *name, size_t n, bool label, struct buf *out)
{
	for (size_t at = 0, step; at < n; at += step) {
		step = utf8_step(name + at, n - at);
		if (!step)
			step = 1;
		buf_add_u8(out, step == 1 && fits(name[at], at == 0, label) ? (uint8_t)name[at] : '_');
	}
}

struct lookup {
	const char *data;
	size_t n;
};

static bool name_equal(const void *owner, uint32_t item, const void *key)
{
	const struct exposition *exposition = owner;
	const struct lookup *lookup = key;

	const struct slice *name = &exposition->names[item];

	return name->n == lookup->n && !memcmp(exposition->taken.data + name->at, lookup->data, lookup->n);
}

static bool name_taken(const struct exposition *exposition, const char *name, size_t n)
{
	const struct lookup lookup = { name, n };

	return map_find(&exposition->map, hash_bytes(name, n), &lookup, name_equal, exposition) != MAP_NONE;
}

static int take_name(struct exposition *exposition, const char *name, size_t n)
{
	if (grow(&exposition->names, exposition->n_names, &exposition->room_names, sizeof *exposition->names) < 0)
		return -ENOMEM;
	exposition->names[exposition->n_names] = (struct slice){ exposition->taken.len, n };
	buf_add(&exposition->taken, name, n);
	if (buf_failed(&exposition->taken))
		return -ENOMEM;
	return map_add(&exposition->map, hash_bytes(name, n), exposition->n_names++);
}

static bool has_parts(uint32_t type)
{
	return type == KYMO_HISTOGRAM || type == KYMO_SUMMARY;
}

/* The names under which samples of a family stand: its own, and those of its parts. */
static int take_names(struct exposition *exposition, const struct family *family, bool *taken)
{
	AUTO_BUF name = { 0 };
	int r = 0;

	*taken = name_taken(exposition, text_of(exposition, family->name), family->name.n);
	for (int i = 0; !*taken && has_parts(family->type) && i < PART_NONE; i++) {
		buf_clear(&name);
		buf_add(&name, text_of(exposition, family->name), family->name.n);
		buf_add_text(&name, suffixes[i]);
		*taken = name_taken(exposition, (const char *)name.data, name.len);
	}
	if (*taken)
		return 0;
	r = take_name(exposition, text_of(exposition, family->name), family->name.n);
	for (int i = 0; r == 0 && has_parts(family->type) && i < PART_NONE; i++) {
		buf_clear(&name);
		buf_add(&name, text_of(exposition, family->name), family->name.n);
		buf_add_text(&name, suffixes[i]);
		r = buf_failed(&name) ? -ENOMEM : take_name(exposition, (const char *)name.data, name.len);
	}
	return r;
}

static void note(struct exposition *exposition, const struct family *family)
{
	AUTO_BUF name = { 0 }, escaped = { 0 };

	if (!exposition->left_out)
		return;
	buf_add(&name, text_of(exposition, family->source), family->source.n);
	buf_add(&escaped, text_of(exposition, family->name), family->name.n);
	if (buf_text(&name) && buf_text(&escaped))
		left_out_note(exposition->left_out, (const char *)name.data, (const char *)escaped.data);
}

static int add_family(struct exposition *exposition, const struct metric *metric, const char *name, size_t n)
{
	struct family *family;
	int r;

	if (grow(&exposition->families, exposition->n_families, &exposition->room_families, sizeof *family) < 0)
		return -ENOMEM;
	family = &exposition->families[exposition->n_families];
	*family = (struct family){ .type = metric->type };
	family->source = keep(exposition, name, n);
	family->name.at = exposition->text.len;
	exposition_escape(name, n, false, &exposition->text);
	family->name.n = exposition->text.len - family->name.at;
	family->help = keep(exposition, metric->help, strlen(metric->help));
	if (buf_failed(&exposition->text))
		return -ENOMEM;
	r = take_names(exposition, family, &family->left_out);
	if (family->left_out)
		note(exposition, family);
	exposition->n_families++;
	return r;
}

/* Is it a part of a histogram or summary that has come? The base sorts before its parts. */
static enum part find_part(const struct exposition *exposition, const char *name, size_t n, uint32_t *found)
{
	for (int part = 0; part < PART_NONE; part++) {
		size_t tail = strlen(suffixes[part]);

		if (n <= tail || memcmp(name + n - tail, suffixes[part], tail) != 0)
			continue;
		for (uint32_t i = exposition->n_families; i-- > 0;) {
			const struct family *family = &exposition->families[i];

			if (has_parts(family->type) && slice_is(exposition, family->source, name, n - tail)) {
				*found = i;
				return part;
			}
		}
	}
	return PART_NONE;
}

/* The family of a metric; series of one metric come one after another. */
static int enter_metric(struct exposition *exposition, const struct metric *metric, const char *name, size_t n)
{
	struct metric_now *now = &exposition->now;
	int r = 0;

	if (exposition->n_families && slice_is(exposition, now->source, name, n))
		return 0;
	now->source = keep(exposition, name, n);
	now->escaped.at = exposition->text.len;
	exposition_escape(name, n, false, &exposition->text);
	now->escaped.n = exposition->text.len - now->escaped.at;
	if (buf_failed(&exposition->text))
		return -ENOMEM;
	now->part = find_part(exposition, name, n, &now->family);
	if (now->part == PART_NONE) {
		now->family = exposition->n_families;
		r = add_family(exposition, metric, name, n);
	}
	return r;
}

static void put_label_value(struct buf *out, const char *value, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (value[i] == '\n')
			buf_add_text(out, "\\n");
		else if (value[i] == '"' || value[i] == '\\')
			buf_printf(out, "\\%c", value[i]);
		else
			buf_add_u8(out, (uint8_t)value[i]);
	}
}

static bool is_le(struct label label)
{
	return text_equal(label.name, label.name_len, "le");
}

/* `a="b",c="d"`; of a bucket without le. False: two names escape alike. */
static bool put_labels(struct exposition *exposition, struct labels labels, bool without_le)
{
	struct buf *out = &exposition->text;
	struct label label;
	struct slice before[LABELS_MOST];
	uint32_t at = 0, n = 0;

	while (labels_next(labels, &at, &label)) {
		struct slice name;

		if (text_equal(label.name, label.name_len, LABEL_NAME) || (without_le && is_le(label)))
			continue;
		if (n)
			buf_add_u8(out, ',');
		name.at = out->len;
		exposition_escape(label.name, label.name_len, true, out);
		name.n = out->len - name.at;
		for (uint32_t i = 0; i < n; i++)
			if (slice_is(exposition, before[i], text_of(exposition, name), name.n))
				return false;
		before[n++] = name;
		buf_add_text(out, "=\"");
		put_label_value(out, label.value, label.value_len);
		buf_add_u8(out, '"');
	}
	return true;
}

static double le_of(struct labels labels)
{
	struct label label;
	char text[64], *end;
	double le;

	if (!labels_find(labels, "le", &label) || label.value_len >= sizeof text)
		return NAN;
	memcpy(text, label.value, label.value_len);
	text[label.value_len] = '\0';
	if (!strcmp(text, "+Inf"))
		return INFINITY;
	le = number_parse(text, &end);
	return *end || end == text ? NAN : le;
}

/* name{labels,le="..."} value */
static void put_line(struct exposition *exposition, const struct line *line, double value)
{
	struct buf *out = &exposition->text;
	char number[NUMBER_TEXT];
	bool bucket = line->part == PART_BUCKET;

	/* The labels are in the same buffer: make room before reading from it. */
	if (!buf_reserve(out, exposition->now.escaped.n + line->series.n + 2 * NUMBER_TEXT + 16))
		return;
	buf_add(out, text_of(exposition, exposition->now.escaped), exposition->now.escaped.n);
	if (line->series.n || bucket) {
		buf_add_u8(out, '{');
		buf_add(out, text_of(exposition, line->series), line->series.n);
		if (bucket)
			buf_printf(out, "%sle=\"%s\"", line->series.n ? "," : "", number_format(line->le, number));
		buf_add_u8(out, '}');
	}
	buf_printf(out, " %s\n", number_format(value, number));
}

/* What cannot stand in the text: of a family that is left out, a bucket without bound. */
static bool showable(const struct exposition *exposition, const struct line *line)
{
	return !exposition->families[line->family].left_out && (line->part != PART_BUCKET || !isnan(line->le));
}

static int add_line(struct exposition *exposition, const struct series_view *view)
{
	const struct metric_now *now = &exposition->now;
	struct line line = { .family = now->family, .number = exposition->n_lines, .part = now->part };

	if (line.part == PART_BUCKET)
		line.le = le_of(view->labels);
	line.series.at = exposition->text.len;
	if (!showable(exposition, &line) || !put_labels(exposition, view->labels, line.part == PART_BUCKET)) {
		exposition->n_left_out++;
		return 0;
	}
	line.series.n = exposition->text.len - line.series.at;
	line.text.at = exposition->text.len;
	put_line(exposition, &line, view->last);
	line.text.n = exposition->text.len - line.text.at;
	if (buf_failed(&exposition->text) ||
	    grow(&exposition->lines, exposition->n_lines, &exposition->room_lines, sizeof line) < 0)
		return -ENOMEM;
	exposition->lines[exposition->n_lines++] = line;
	exposition->families[line.family].lines++;
	return 0;
}

int exposition_add(struct exposition *exposition, const struct series_view *view, kymo_ms since)
{
	struct label name = labels_metric(view->labels);
	int r;

	if (!name.value_len)
		return 0;
	r = enter_metric(exposition, view->metric, name.value, name.value_len);
	/* A distribution has no line of its own: its buckets, sum and count do. */
	if (r < 0 || view->kind == KIND_DISTRIBUTION || view->last_at == INT64_MIN || view->last_at < since ||
	    value_is_stale(view->last))
		return r;
	return add_line(exposition, view);
}

uint32_t exposition_left_out(const struct exposition *exposition)
{
	return exposition->n_left_out;
}

static int compare_parts(const struct exposition *exposition, const struct line *a, const struct line *b)
{
	size_t n = a->series.n < b->series.n ? a->series.n : b->series.n;
	int r = memcmp(text_of(exposition, a->series), text_of(exposition, b->series), n);

	if (r == 0 && a->series.n != b->series.n)
		r = a->series.n < b->series.n ? -1 : 1;
	if (r == 0 && a->part != b->part)
		r = a->part < b->part ? -1 : 1;
	if (r == 0 && a->part == PART_BUCKET && a->le != b->le)
		r = a->le < b->le ? -1 : 1;
	return r;
}

static int compare_lines(const void *x, const void *y, void *data)
{
	const struct line *a = x, *b = y;
	int r = a->family < b->family ? -1 : a->family > b->family;

	if (r == 0 && a->part != PART_NONE && b->part != PART_NONE)
		r = compare_parts(data, a, b);
	else if (r == 0)
		r = (a->part == PART_NONE ? 0 : 1) - (b->part == PART_NONE ? 0 : 1);
	return r ? r : a->number < b->number ? -1 : 1;
}

static const char *type_text(uint32_t type)
{
	static const char *const names[] = {
		[KYMO_UNTYPED] = "untyped", [KYMO_GAUGE] = "gauge", [KYMO_COUNTER] = "counter",
		[KYMO_HISTOGRAM] = "histogram", [KYMO_SUMMARY] = "summary",
	};

	return type <= KYMO_SUMMARY ? names[type] : "untyped";
}

static void write_head(const struct exposition *exposition, const struct family *family, struct buf *out)
{
	const char *help = text_of(exposition, family->help);

	if (family->help.n) {
		buf_add_text(out, "# HELP ");
		buf_add(out, text_of(exposition, family->name), family->name.n);
		buf_add_u8(out, ' ');
		for (size_t i = 0; i < family->help.n; i++) {
			if (help[i] == '\n' || help[i] == '\\')
				buf_add_text(out, help[i] == '\n' ? "\\n" : "\\\\");
			else
				buf_add_u8(out, (uint8_t)help[i]);
		}
		buf_add_u8(out, '\n');
	}
	buf_add_text(out, "# TYPE ");
	buf_add(out, text_of(exposition, family->name), family->name.n);
	buf_printf(out, " %s\n", type_text(family->type));
}

void exposition_write(struct exposition *exposition, struct buf *out)
{
	uint32_t before = MAP_NONE;

	if (exposition->n_lines)
		qsort_r(exposition->lines, exposition->n_lines, sizeof *exposition->lines, compare_lines, exposition);
	for (uint32_t i = 0; i < exposition->n_lines; i++) {
		const struct line *line = &exposition->lines[i];

		if (line->family != before)
			write_head(exposition, &exposition->families[line->family], out);
		before = line->family;
		buf_add(out, text_of(exposition, line->text), line->text.n);
	}
	buf_clear(&exposition->text);
	exposition->n_lines = exposition->n_families = 0;
}
