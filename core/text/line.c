/* SPDX-License-Identifier: MIT */
/*
 * line.c - a cursor goes over the line once. Where the two formats differ only in
 * what may stand between words, blanks() and gap() know.
 */
#include "text/line.h"

#include "text/cursor.h"

#include <errno.h>
#include <stdlib.h>

enum { NAME_BEGIN = 1, NAME_PART = 2, COLON = 4, STOP = 8, L = NAME_BEGIN | NAME_PART, N = NAME_PART };

/* L and N: letters and digits of names; STOP ends a plain run in a text in quotes. */
static const uint8_t classes[256] = {
	['a'] = L, ['b'] = L, ['c'] = L, ['d'] = L, ['e'] = L, ['f'] = L, ['g'] = L, ['h'] = L, ['i'] = L,
	['j'] = L, ['k'] = L, ['l'] = L, ['m'] = L, ['n'] = L, ['o'] = L, ['p'] = L, ['q'] = L, ['r'] = L,
	['s'] = L, ['t'] = L, ['u'] = L, ['v'] = L, ['w'] = L, ['x'] = L, ['y'] = L, ['z'] = L,
	['A'] = L, ['B'] = L, ['C'] = L, ['D'] = L, ['E'] = L, ['F'] = L, ['G'] = L, ['H'] = L, ['I'] = L,
	['J'] = L, ['K'] = L, ['L'] = L, ['M'] = L, ['N'] = L, ['O'] = L, ['P'] = L, ['Q'] = L, ['R'] = L,
	['S'] = L, ['T'] = L, ['U'] = L, ['V'] = L, ['W'] = L, ['X'] = L, ['Y'] = L, ['Z'] = L, ['_'] = L,
	['0'] = N, ['1'] = N, ['2'] = N, ['3'] = N, ['4'] = N, ['5'] = N, ['6'] = N, ['7'] = N, ['8'] = N, ['9'] = N,
	[':'] = COLON, ['"'] = STOP, ['\\'] = STOP,
};

static bool is(char c, unsigned what)
{
	return classes[(uint8_t)c] & what;
}

#define EXEMPLAR_MOST 128	/* characters of its labels */

/* ---- words ---- */

static struct text_word name_here(const struct cursor *in, unsigned more)
{
	const char *at = in->at;

	if (at < in->end && is(*at, NAME_BEGIN | more))
		while (at < in->end && is(*at, NAME_PART | more))
			at++;
	return (struct text_word){ in->at, (uint32_t)(at - in->at), false };
}

static int check_escape(const struct cursor *in, const char *at)
{
	char room[TEXT_SHOWN];

	if (in->lenient || in->format == TEXT_OPENMETRICS || *at == 'n' || *at == '"' || *at == '\\')
		return 0;
	return cursor_wrong(in, at - 1, "\"\\%s\" is not an escape (there are \\\\ \\\" and \\n)", text_shown(at, 1, room));
}

/* From behind a quote to the next, past it. */
static int read_quoted(struct cursor *in, struct text_word *word)
{
	const char *begin = in->at, *at = begin;
	int r;

	word->escaped = false;
	for (;;) {
		while (at < in->end && !is(*at, STOP))
			at++;
		if (at == in->end || (*at == '\\' && at + 1 == in->end))
			return cursor_wrong(in, begin - 1, "the quote is not closed in this line");
		if (*at == '"')
			break;
		word->escaped = true;
		if ((r = check_escape(in, at + 1)) < 0)
			return r;
		at += 2;
	}
	*word = (struct text_word){ begin, (uint32_t)(at - begin), word->escaped };
	in->at = at + 1;
	return 0;
}

static int check_length(const struct cursor *in, struct text_word word, uint64_t most, const char *what)
{
	if (word.n <= most || (word.escaped && text_plain_length(word) <= most))
		return 0;
	return cursor_wrong(in, word.at, "%s has %u bytes, at most %llu are allowed", what, word.n, (unsigned long long)most);
}

/* ---- labels ---- */

static int read_label_value(struct cursor *in, struct text_label *label)
{
	int r;

	blanks(in);
	if (!cursor_take(in, '='))
		return cursor_expected(in, "= behind the name of a label");
	blanks(in);
	if (!cursor_take(in, '"'))
		return cursor_expected(in, "a label value in double quotes");
	r = read_quoted(in, &label->value);
	return r < 0 ? r : check_length(in, label->value, in->limits->value, "a label value");
}

static bool stands_already(const struct text_label *labels, uint32_t n, struct text_word name)
{
	for (uint32_t i = 0; i < n; i++)
		if (text_words_equal(labels[i].name, name))
			return true;
	return false;
}

/* Labels mostly come in order; then none needs to be looked for. */
static bool in_order(const struct text_label *labels, uint32_t n)
{
	const struct text_word *a = &labels[n - 1].name, *b = &labels[n].name;
	int r;

	if (a->escaped || b->escaped)
		return false;
	r = memcmp(a->at, b->at, a->n < b->n ? a->n : b->n);
	return r < 0 || (r == 0 && a->n < b->n);
}

static int check_label_name(const struct cursor *in, struct text_word name)
{
	char room[TEXT_SHOWN];
	int r = check_length(in, name, in->limits->name, "a label name");

	if (r < 0)
		return r;
	if (!name.n)
		return cursor_wrong(in, name.at, "a label name is empty");
	if (*name.at == '_' && text_word_is(name, LABEL_NAME))
		return cursor_wrong(in, name.at, "the name of the metric is no label: it stands before the braces, or first in them, in quotes");
	if (in->format == TEXT_OPENMETRICS && name.n >= 2 && name.at[0] == '_' && name.at[1] == '_')
		return cursor_wrong(in, name.at, "the label name %s is reserved: it begins with __", text_shown(name.at, name.n, room));
	return 0;
}

static int check_label(const struct cursor *in, const struct text_label *labels, uint32_t n, bool *ordered)
{
	struct text_word name = labels[n].name;
	char room[TEXT_SHOWN];
	int r = check_label_name(in, name);

	if (r < 0)
		return r;
	*ordered = *ordered && (!n || in_order(labels, n));
	if (!*ordered && stands_already(labels, n, name))
		return cursor_wrong(in, name.at, "the label %s stands twice", text_shown(name.at, name.n, room));
	return 0;
}

/* The name of the metric in quotes, alone before a comma or the end; else the quoted name of a label. */
static bool is_metric_name(struct cursor *in)
{
	blanks(in);
	return in->at == in->end || *in->at != '=';
}

static int take_metric_name(const struct cursor *in, struct text_word name, struct text_word *metric)
{
	if (!metric)
		return cursor_wrong(in, name.at - 1, "a label without a value");
	if (metric->at)
		return cursor_wrong(in, name.at - 1, "the metric has a name already");
	if (!name.n)
		return cursor_wrong(in, name.at - 1, "the name of the metric is empty");
	*metric = name;
	return check_length(in, name, in->limits->name, "the name of the metric");
}

/* One label, or as the first of all the metric's name. */
static int read_item(struct cursor *in, struct text_label *labels, uint32_t *n, bool first, struct text_word *metric, bool *ordered)
{
	struct text_label *label = &labels[*n];
	bool quoted = cursor_take(in, '"');
	int r;

	if (*n == in->limits->labels || *n == LABELS_MOST)
		return cursor_wrong(in, in->at - quoted, "more than %u labels", *n);
	if (quoted) {
		if ((r = read_quoted(in, &label->name)) < 0)
			return r;
		if (is_metric_name(in))
			return take_metric_name(in, label->name, first ? metric : NULL);
	} else {
		label->name = name_here(in, 0);
		if (!label->name.n)
			return cursor_expected(in, "the name of a label");
		in->at += label->name.n;
	}
	if ((r = check_label(in, labels, *n, ordered)) < 0 || (r = read_label_value(in, label)) < 0)
		return r;
	++*n;
	return 0;
}

/* From behind the brace past the closing one. metric NULL: none may be named here. */
static int read_labels(struct cursor *in, struct text_label *labels, uint32_t *n, struct text_word *metric)
{
	bool ordered = true;
	int r;

	*n = 0;
	blanks(in);
	if (cursor_take(in, '}'))
		return 0;
	for (bool first = true;; first = false) {
		if ((r = read_item(in, labels, n, first, metric, &ordered)) < 0)
			return r;
		blanks(in);
		if (cursor_take(in, '}'))
			return 0;
		if (!cursor_take(in, ','))
			return cursor_expected(in, "a comma or } behind a label");
		blanks(in);
		if (in->format == TEXT_PROMETHEUS && cursor_take(in, '}'))
			return 0;
	}
}

/* ---- name and labels ---- */

static int read_series(struct cursor *in, struct text_line *line)
{
	int r;

	line->series = in->at;
	line->n_labels = 0;
	line->name = name_here(in, COLON);
	in->at += line->name.n;
	if (!line->name.n)
		line->name.at = NULL;
	else if ((r = check_length(in, line->name, in->limits->name, "the name of the metric")) < 0)
		return r;
	line->series_n = line->name.n;
	if (in->format == TEXT_PROMETHEUS)
		blanks(in);
	if (cursor_take(in, '{')) {
		if ((r = read_labels(in, line->labels, &line->n_labels, &line->name)) < 0)
			return r;
		line->series_n = (uint32_t)(in->at - line->series);
	}
	if (!line->name.at)
		return line->series_n ? cursor_wrong(in, line->series, "the metric has no name") : cursor_expected(in, "the name of a metric");
	return 0;
}

/* ---- exemplars: read, checked, left out ---- */

static uint32_t characters(struct text_word word)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < word.n; i++) {
		i += word.at[i] == '\\' && i + 1 < word.n && (word.at[i + 1] == 'n' || is(word.at[i + 1], STOP));
		n += (word.at[i] & 0xc0) != 0x80;
	}
	return n;
}

static int read_exemplar(struct cursor *in, struct text_line *line)
{
	struct text_label *labels = line->labels + line->n_labels;	/* behind those of the series; see below */
	struct cursor inside = *in;
	struct label_limits few = { LABELS_MOST - line->n_labels, UINT32_MAX, UINT32_MAX };
	uint32_t n, length = 0;
	struct text_time time;
	double value;
	int r;

	line->exemplar_at = in->at;
	in->at++;
	if (!cursor_take(in, ' ') || !cursor_take(in, '{'))
		return cursor_expected(in, "\" # {\" before the labels of an exemplar");
	inside.at = in->at;
	inside.limits = &few;
	if ((r = read_labels(&inside, labels, &n, NULL)) < 0)
		return r;
	in->at = inside.at;
	for (uint32_t i = 0; i < n; i++)
		length += characters(labels[i].name) + characters(labels[i].value);
	if (length > EXEMPLAR_MOST)
		return cursor_wrong(in, line->exemplar_at, "the labels of the exemplar have %u characters, at most %d are allowed", length,
				    EXEMPLAR_MOST);
	if ((r = gap(in, "the value of the exemplar")) < 0 || (r = cursor_value(in, &value)) < 0 || in->at == in->end)
		return r;
	if ((r = gap(in, "the time of the exemplar")) < 0 || (r = cursor_time(in, &time)) < 0 || in->at == in->end)
		return r;
	return cursor_wrong(in, in->at, "nothing may stand behind the time of the exemplar");
}

/* ---- a sample ---- */

static int read_time(struct cursor *in, struct text_line *line)
{
	line->time_at = in->at;
	return cursor_time(in, &line->time);
}

static int read_sample(struct cursor *in, struct text_line *line)
{
	bool exemplars = in->format == TEXT_OPENMETRICS;
	const char *behind;
	int r;

	line->kind = TEXT_SAMPLE;
	if (exemplars && (*in->at == ' ' || *in->at == '\t'))
		return cursor_wrong(in, in->at, "a blank before the name of a metric");
	if ((r = read_series(in, line)) < 0)
		return r;
	behind = line->series + line->series_n;
	if (exemplars || behind[-1] != '}')
		if ((r = gap(in, "the value")) < 0)
			return r;
	blanks(in);
	line->value_at = in->at;
	if ((r = cursor_value(in, &line->value)) < 0 || cursor_ended(in))
		return r;
	if ((r = gap(in, "a time")) < 0)
		return r;
	if (!(exemplars && *in->at == '#')) {
		if ((r = read_time(in, line)) < 0 || cursor_ended(in))
			return r;
		if (!exemplars)
			return cursor_wrong(in, in->at, "nothing may stand behind the time");
		if ((r = gap(in, "an exemplar")) < 0)
			return r;
	}
	if (*in->at != '#')
		return cursor_expected(in, "an exemplar (\"# {...} value\") or the end of the line");
	return read_exemplar(in, line);
}

/* ---- lines with # ---- */

static int read_metadata_name(struct cursor *in, struct text_line *line)
{
	bool quoted = cursor_take(in, '"');
	int r = 0;

	if (quoted) {
		r = read_quoted(in, &line->name);
	} else {
		line->name = name_here(in, COLON);
		in->at += line->name.n;
	}
	if (r == 0 && !line->name.n)
		return cursor_expected(in, "the name of a metric");
	return r < 0 ? r : check_length(in, line->name, in->limits->name, "the name of the metric");
}

static int check_help(struct cursor *in, struct text_word *rest)
{
	int r;

	for (const char *at = rest->at; (at = memchr(at, '\\', (size_t)(in->end - at))); at += 2) {
		rest->escaped = true;
		if (at + 1 == in->end) {
			if (in->format == TEXT_OPENMETRICS)
				return 0;
			return cursor_wrong(in, at, "a backslash at the end of the line");
		}
		if ((r = check_escape(in, at + 1)) < 0)
			return r;
	}
	return 0;
}

static int read_metadata(struct cursor *in, struct text_line *line)
{
	const char *behind;
	int r;

	if ((r = gap(in, "the name of a metric")) < 0)
		return r;
	blanks(in);
	if ((r = read_metadata_name(in, line)) < 0)
		return r;
	line->rest = (struct text_word){ in->end, 0, false };
	behind = in->at;
	if (in->format == TEXT_PROMETHEUS && line->kind == TEXT_HELP && cursor_ended(in))
		return 0;		/* there it may be missing altogether */
	in->at = behind;
	if (in->at == in->end || (*in->at != ' ' && (*in->at != '\t' || in->format == TEXT_OPENMETRICS)))
		return cursor_expected(in, "a space behind the name of the metric");
	in->at++;
	blanks(in);
	line->rest = (struct text_word){ in->at, (uint32_t)(in->end - in->at), false };
	if (line->kind == TEXT_HELP)
		return check_help(in, &line->rest);
	if (in->format == TEXT_PROMETHEUS)
		while (line->rest.n && (line->rest.at[line->rest.n - 1] == ' ' || line->rest.at[line->rest.n - 1] == '\t'))
			line->rest.n--;
	return 0;
}

static const struct { const char *word; enum text_kind kind; bool both; } descriptors[] = {
	{ "HELP", TEXT_HELP, true }, { "TYPE", TEXT_TYPE, true }, { "UNIT", TEXT_UNIT, false },
};

/* From behind the #. */
static int read_descriptor(struct cursor *in, struct text_line *line)
{
	struct text_word word;

	if (in->format == TEXT_OPENMETRICS && !cursor_take(in, ' '))
		return cursor_expected(in, "a space behind #");
	blanks(in);
	word = name_here(in, 0);
	for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++) {
		if (!text_word_is(word, descriptors[i].word) || !(descriptors[i].both || in->format == TEXT_OPENMETRICS))
			continue;
		line->kind = descriptors[i].kind;
		in->at += word.n;
		return read_metadata(in, line);
	}
	if (in->format == TEXT_PROMETHEUS)
		return 0;
	if (in->end - in->at == 3 && !memcmp(in->at, "EOF", 3)) {
		line->kind = TEXT_EOF;
		return 0;
	}
	return cursor_expected(in, "HELP, TYPE, UNIT or EOF (OpenMetrics has no comments)");
}

int text_line_read(struct text_line *line, enum text_format format, const struct label_limits *limits, uint32_t number,
		   const char *text, size_t n, struct error *err)
{
	struct cursor in = { text, text + n, text, number, format, limits, err, false };

	line->kind = TEXT_NOTHING;
	line->number = number;
	line->begin = text;
	line->time_at = line->exemplar_at = NULL;
	blanks(&in);
	if (in.at == in.end && format == TEXT_OPENMETRICS)
		return cursor_wrong(&in, in.at, "a blank line (OpenMetrics has none)");
	if (in.at == in.end)
		return 0;
	return cursor_take(&in, '#') ? read_descriptor(&in, line) : read_sample(&in, line);
}

/* ---- labels once more ---- */

static const char *plain(struct text_word word, struct buf *scratch, uint32_t *n)
{
	char *to = (char *)scratch->data + scratch->len;

	*n = word.n;
	if (!word.escaped)
		return word.at;
	*n = text_unescape(word, to);
	scratch->len += *n;
	return to;
}

int text_series_labels(const char *series, uint32_t series_n, struct buf *scratch, struct label items[LABELS_MOST + 1], uint32_t *n)
{
	static const struct label_limits any = { LABELS_MOST, UINT32_MAX, UINT32_MAX };
	struct cursor in = { series, series + series_n, series, 1, TEXT_PROMETHEUS, &any, NULL, true };
	struct text_line *line = malloc(sizeof *line);
	int r = -ENOMEM;

	buf_clear(scratch);
	*n = 0;
	if (line && buf_reserve(scratch, series_n + 1) && (r = read_series(&in, line)) == 0) {
		items[0] = (struct label){ LABEL_NAME, NULL, sizeof LABEL_NAME - 1, 0 };
		items[0].value = plain(line->name, scratch, &items[0].value_len);
		for (uint32_t i = 0; i < line->n_labels; i++) {
			items[i + 1].name = plain(line->labels[i].name, scratch, &items[i + 1].name_len);
			items[i + 1].value = plain(line->labels[i].value, scratch, &items[i + 1].value_len);
		}
		*n = line->n_labels + 1;
	}
	free(line);
	return r;
}
