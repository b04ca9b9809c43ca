/* SPDX-License-Identifier: MIT */
/*
 * form.h - a plain query as it is filled in: from the parameters of a GET or the
 * JSON of a POST, which have the same words and the same meaning.
 *
 * Texts are borrowed from the request (and the tree of its body), but for the
 * label of a filter that was written as one text.
 */
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include "http/body.h"
#include "http/request.h"

#define FORM_NAMES 256
#define FORM_FILTERS 64

struct form {
	kymo_ms now;
	uint32_t n_names, n_filters, n_labels;
	const char *names[FORM_NAMES];
	struct kymo_filter filters[FORM_FILTERS];
	char *labels[FORM_FILTERS];		/* owned */
	bool has_start, has_end, has_last;
	kymo_ms start, end, last;
	kymo_ms step, window;
	uint32_t function, points, granularity;
};

void form_init(struct form *form, kymo_ms now);
void form_fini(struct form *form);

int form_add_name(struct form *form, const char *name, struct error *err);
/* "endpoint=/a", "status!~2..", "path like /a*". */
int form_add_filter_text(struct form *form, const char *text, struct error *err);
/* One of start end last function step window points granularity, as text. -ENOENT: another key. */
int form_set(struct form *form, const char *key, const char *value, struct error *err);

/* name=, label= (both may be repeated) and what form_set takes. `allowed` NULL: all of it. */
int form_read_parameters(struct form *form, const struct request *request, const char *const *allowed, struct error *err);
/* The tree must outlive the form. */
int form_read_body(struct form *form, const cJSON *tree, struct error *err);

/*
 * The range from start, end and last: end is now, start an hour before the end
 * where they are not given. Both 0 where nothing is. -EINVAL: start and last.
 */
int form_range(const struct form *form, kymo_ms *start, kymo_ms *end, struct error *err);
/* As a query that borrows from the form. */
int form_query(const struct form *form, struct kymo_query *query, struct error *err);

#endif
