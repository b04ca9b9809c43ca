/* SPDX-License-Identifier: MIT */
/*
 * histogram.h - the samples of one histogram at one time: buckets that rise up to
 * le="+Inf", and a count and a sum that fit to them.
 */
#ifndef TEXT_HISTOGRAM_H
#define TEXT_HISTOGRAM_H

#include "text/type.h"

struct histogram {
	bool begun, has_bucket, has_count, has_sum, negative_bucket;
	double le, value;		/* of the last bucket */
	double count, sum;
	struct line_place at, count_at, sum_at;	/* `at`: its last line */
};

/* One more sample; `le` of a bucket. 0 or -EBADMSG. */
int histogram_take(struct histogram *histogram, const struct text_line *line, enum text_part part, double le, struct error *err);
/* That was all of it; it is empty then. `name`, `gauge`: of its family. 0 or -EBADMSG. */
int histogram_end(struct histogram *histogram, const char *name, bool gauge, struct error *err);

#endif
