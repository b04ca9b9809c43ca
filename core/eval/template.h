/* SPDX-License-Identifier: MIT */
/*
 * template.h - a text with places for what the groups of a regular expression
 * matched: $1, ${1}, $name, ${name}; $$ is a dollar. A name goes on for as long as
 * there are letters, digits and underscores: $1x is the group named 1x. Groups
 * that are not there, or matched nothing, are empty.
 */
#ifndef EVAL_TEMPLATE_H
#define EVAL_TEMPLATE_H

#include "model/regex.h"
#include "util/buf.h"

struct template_part {
	const char *text;	/* NULL: a group */
	uint32_t n;		/* bytes of the text, or number of the group */
};

struct template {
	uint32_t n;
	struct template_part *parts;
	struct regex_span *spans;	/* of one match */
	uint32_t n_spans;
};

/* The text is borrowed. 0 or -ENOMEM. */
int template_parse(struct template *template, const char *text, const struct regex *regex);
void template_fini(struct template *template);
/* 1, and what it expands to behind `out`; 0: no match; or an error of regex_match. */
int template_expand(struct template *template, struct regex *regex, const char *text, size_t n, struct buf *out);

#endif
