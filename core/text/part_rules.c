/* SPDX-License-Identifier: MIT */
/*
 * part_rules.c - OpenMetrics checks labels and values of each part. Of the Prometheus
 * format only the labels that make a bucket and a quantile are checked: what counters
 * may be is not said there.
 */
#include "text/cursor.h"
#include "text/rules.h"

#include <math.h>

static const struct text_label *find(const struct text_line *line, const char *name)
{
	for (uint32_t i = 0; i < line->n_labels; i++)
		if (text_word_is(line->labels[i].name, name))
			return &line->labels[i];
	return NULL;
}

static const char *label_name(const char *family, enum text_type type, enum text_part part)
{
	if (part == PART_BUCKET)
		return "le";
	if (part == PART_SELF && type == TYPE_SUMMARY)
		return "quantile";
	return part == PART_SELF && type == TYPE_STATESET ? family : NULL;
}

const struct text_label *part_label(const struct text_line *line, const char *family, enum text_type type, enum text_part part)
{
	const char *name = label_name(family, type, part);

	return name ? find(line, name) : NULL;
}

static int wrong(const struct text_line *line, const char *at, struct error *err, const char *what)
{
	return text_wrong(err, line_place(line, at), "%s", what);
}

/* ---- labels ---- */

/* Infinity is written in one way only, so that the same bucket is the same series. */
static bool is_canonical(struct text_word value, double v)
{
	return isfinite(v) || text_word_is(value, v > 0 ? "+Inf" : "-Inf");
}

static int check_le(const struct text_line *line, const struct text_label *label, bool strict, double *le, struct error *err)
{
	char room[TEXT_SHOWN];

	if (!label)
		return wrong(line, line->series, err, "a bucket without the label le");
	if (!text_number(label->value.at, label->value.n, le) || isnan(*le))
		return text_wrong(err, line_place(line, label->value.at), "le=\"%s\" is not a number",
				  text_shown(label->value.at, label->value.n, room));
	if (strict && !is_canonical(label->value, *le))
		return text_wrong(err, line_place(line, label->value.at), "le=\"%s\" is to be written \"%cInf\"",
				  text_shown(label->value.at, label->value.n, room), *le > 0 ? '+' : '-');
	return 0;
}

static int check_quantile(const struct text_line *line, const struct text_label *label, bool strict, struct error *err)
{
	char room[TEXT_SHOWN];
	double quantile;

	if (!label)
		return wrong(line, line->series, err, "a sample of a summary without the label quantile");
	if (!text_number(label->value.at, label->value.n, &quantile))
		return text_wrong(err, line_place(line, label->value.at), "quantile=\"%s\" is not a number",
				  text_shown(label->value.at, label->value.n, room));
	if (strict && !(quantile >= 0 && quantile <= 1))
		return text_wrong(err, line_place(line, label->value.at), "quantile=\"%s\" is not from 0 to 1",
				  text_shown(label->value.at, label->value.n, room));
	return 0;
}

/* Where the label has no business: the _count of a histogram has no le. */
static int check_other_parts(const struct text_line *line, enum text_type type, struct error *err)
{
	const char *name = type == TYPE_HISTOGRAM || type == TYPE_GAUGE_HISTOGRAM ? "le" : type == TYPE_SUMMARY ? "quantile" : NULL;
	const struct text_label *label = name ? find(line, name) : NULL;

	if (!label)
		return 0;
	return text_wrong(err, line_place(line, label->name.at), "the label %s is only for %s", name,
			  type == TYPE_SUMMARY ? "quantiles" : "buckets");
}

static int check_labels(const struct text_line *line, bool strict, const char *family, enum text_type type, enum text_part part,
			double *le, struct error *err)
{
	const struct text_label *label = part_label(line, family, type, part);
	char room[TEXT_SHOWN];

	if (part == PART_BUCKET)
		return check_le(line, label, strict, le, err);
	if (part == PART_SELF && type == TYPE_SUMMARY)
		return check_quantile(line, label, strict, err);
	if (part == PART_SELF && type == TYPE_STATESET && !label)
		return text_wrong(err, line_place(line, line->series), "a state without the label %s, which is called like its family",
				  text_shown(family, strlen(family), room));
	return strict ? check_other_parts(line, type, err) : 0;
}

/* ---- values ---- */

static const char *wrong_count(double v)
{
	if (isnan(v))
		return "a count is a number";
	return v < 0 ? "a count is not negative" : isinf(v) || v != floor(v) ? "a count is a whole number" : NULL;
}

static const char *wrong_total(double v)
{
	return isnan(v) ? "what is summed up is a number" : v < 0 ? "a counter is not negative" : NULL;
}

/* What is wrong with a value; NULL: nothing. */
static const char *wrong_value(enum text_type type, enum text_part part, double v)
{
	switch (part) {
	case PART_TOTAL:
		return wrong_total(v);
	case PART_SUM:
		return isnan(v) || v >= 0 ? wrong_total(v) : "a _sum is not negative (where observations are, there is none)";
	case PART_BUCKET:
	case PART_COUNT:
	case PART_GCOUNT:
		return wrong_count(v);
	case PART_GSUM:
		return isnan(v) ? "a _gsum is a number" : NULL;
	case PART_CREATED:
		return isfinite(v) ? NULL : "_created is a time in seconds";
	case PART_INFO:
		return v == 1 ? NULL : "an info is 1";
	default:
		if (type == TYPE_STATESET)
			return v == 0 || v == 1 ? NULL : "a state is 0 or 1";
		return type == TYPE_SUMMARY && v < 0 ? "a quantile is not negative" : NULL;
	}
}

static bool takes_exemplar(enum text_type type, enum text_part part)
{
	return part == PART_TOTAL || (part == PART_BUCKET && (type == TYPE_HISTOGRAM || type == TYPE_GAUGE_HISTOGRAM));
}

int part_check(const struct text_line *line, enum text_format format, const char *family, enum text_type type, enum text_part part,
	       double *le, struct error *err)
{
	const char *what;
	int r = check_labels(line, format == TEXT_OPENMETRICS, family, type, part, le, err);

	if (r < 0 || format == TEXT_PROMETHEUS)
		return r;
	if ((what = wrong_value(type, part, line->value)))
		return wrong(line, line->value_at, err, what);
	if (line->exemplar_at && !takes_exemplar(type, part))
		return wrong(line, line->exemplar_at, err, "only counters and buckets may have an exemplar");
	return 0;
}
