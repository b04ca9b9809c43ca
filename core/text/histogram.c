/* SPDX-License-Identifier: MIT */
/* histogram.c - see histogram.h. */
#include "text/histogram.h"

#include "util/number.h"

#include <math.h>

static int take_bucket(struct histogram *histogram, const struct text_line *line, double le, struct error *err)
{
	char text[NUMBER_TEXT], before[NUMBER_TEXT];

	if (histogram->has_bucket && le <= histogram->le)
		return text_wrong(err, histogram->at, "the bucket le=\"%s\" stands behind le=\"%s\": buckets rise", number_format(le, text),
				  number_format(histogram->le, before));
	if (histogram->has_bucket && line->value < histogram->value)
		return text_wrong(err, line_place(line, line->value_at), "the bucket le=\"%s\" counts %s, less than the %s of the one before",
				  number_format(le, text), number_format(line->value, (char[NUMBER_TEXT]){ 0 }),
				  number_format(histogram->value, before));
	histogram->has_bucket = true;
	histogram->negative_bucket |= le < 0;
	histogram->le = le;
	histogram->value = line->value;
	return 0;
}

int histogram_take(struct histogram *histogram, const struct text_line *line, enum text_part part, double le, struct error *err)
{
	histogram->begun = true;
	histogram->at = line_place(line, line->begin);
	if (part == PART_BUCKET)
		return take_bucket(histogram, line, le, err);
	if (part == PART_COUNT || part == PART_GCOUNT) {
		histogram->has_count = true;
		histogram->count = line->value;
		histogram->count_at = line_place(line, line->value_at);
	} else if (part == PART_SUM || part == PART_GSUM) {
		histogram->has_sum = true;
		histogram->sum = line->value;
		histogram->sum_at = line_place(line, line->value_at);
	}
	return 0;
}

/* What is missing. */
static int check_parts(const struct histogram *histogram, const char *name, bool gauge, struct error *err)
{
	const char *g = gauge ? "g" : "";

	if (!histogram->has_bucket || !isinf(histogram->le))
		return text_wrong(err, histogram->at, "the histogram %s ends here without a bucket le=\"+Inf\"", name);
	if (histogram->has_sum && !histogram->has_count)
		return text_wrong(err, histogram->sum_at, "the histogram %s has a _%ssum and no _%scount", name, g, g);
	if (histogram->has_count && !histogram->has_sum && !(histogram->negative_bucket && !gauge))
		return text_wrong(err, histogram->count_at, "the histogram %s has a _%scount and no _%ssum", name, g, g);
	return 0;
}

static int check_whole(const struct histogram *histogram, const char *name, bool gauge, struct error *err)
{
	char count[NUMBER_TEXT], value[NUMBER_TEXT];
	int r = check_parts(histogram, name, gauge, err);

	if (r < 0)
		return r;
	if (histogram->has_count && histogram->count != histogram->value)
		return text_wrong(err, histogram->count_at, "the histogram %s counts %s, but its bucket le=\"+Inf\" %s", name,
				  number_format(histogram->count, count), number_format(histogram->value, value));
	if (histogram->has_sum && histogram->negative_bucket && !gauge)
		return text_wrong(err, histogram->sum_at, "the histogram %s has negative buckets, and so can have no _sum", name);
	if (gauge && histogram->has_sum && histogram->sum < 0 && !histogram->negative_bucket)
		return text_wrong(err, histogram->sum_at, "the _gsum of %s is negative, but none of its buckets", name);
	return 0;
}

int histogram_end(struct histogram *histogram, const char *name, bool gauge, struct error *err)
{
	struct histogram whole = *histogram;

	*histogram = (struct histogram){ 0 };
	return whole.begun ? check_whole(&whole, name, gauge, err) : 0;
}
