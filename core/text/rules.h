/* SPDX-License-Identifier: MIT */
/*
 * rules.h - what lines mean to each other: families and their parts, which labels and
 * values a part may have, what may not stand twice, and in OpenMetrics the order of it all.
 */
#ifndef TEXT_RULES_H
#define TEXT_RULES_H

#include "text/family.h"
#include "text/histogram.h"
#include "text/seen.h"

struct rules {
	struct families families;
	uint64_t seed;			/* of hashes */
	struct buf scratch;
	struct seen samples;		/* Prometheus: series and time. OpenMetrics: series of the group at its time */
	struct error *err;

	struct last_name {		/* mostly the next sample has the same */
		struct buf raw;
		bool escaped;
		uint32_t family;
		enum text_part part;
	} last;

	/* OpenMetrics. A group: the samples of one metric, with one set of labels. */
	uint32_t family;		/* in which the text is; MAP_NONE */
	bool owns;			/* its names are its own from now on */
	bool ended;			/* by # EOF */
	struct seen groups;		/* of the family */
	bool in_group, has_time;
	struct seen_key group;
	struct text_time time;
	struct histogram histogram;
	uint64_t left_out;
};

int rules_init(struct rules *rules, enum text_format format);
void rules_fini(struct rules *rules);

/* 0, -EBADMSG, -E2BIG, -ENOMEM. *keep: a sample that counts. */
int rules_take(struct rules *rules, const struct text_line *line, bool *keep, struct error *err);
/* `line`: behind the last. */
int rules_end(struct rules *rules, uint32_t line, struct error *err);

/* part_rules.c: the labels and the value that a sample of this part may have. *le: of a bucket. */
int part_check(const struct text_line *line, enum text_format format, const char *family, enum text_type type, enum text_part part,
	       double *le, struct error *err);
/* The label that tells the samples of one metric apart: le, quantile, the state; NULL: there is none. */
const struct text_label *part_label(const struct text_line *line, const char *family, enum text_type type, enum text_part part);

#endif
