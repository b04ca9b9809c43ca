/* SPDX-License-Identifier: MIT */
/*
 * chosen.c - one name is one matcher; several become one regular expression of
 * alternatives, which for names without wildcards is looked up as literals.
 */
#include "plain/chosen.h"
#include "model/pattern.h"
#include "plain/nearest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* One name with wildcards as a regular expression. */
static void add_alternative(struct buf *out, const char *name)
{
	for (; *name; name++) {
		char c = *name;

		if (c == '*' || c == '?') {
			buf_add_text(out, c == '*' ? ".*" : ".");
			continue;
		}
		if (c == '\\' && name[1])
			c = *++name;
		if (strchr("\\.+*?()|[]{}^$", c))
			buf_add_u8(out, '\\');
		buf_add_u8(out, (uint8_t)c);
	}
}

static struct matcher *match_names(const char *const *names, uint32_t n, struct error *err)
{
	AUTO_BUF text = { 0 };

	if (n == 1)
		return matcher_create(MATCH_PATTERN, LABEL_NAME, names[0], err);
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			buf_add_u8(&text, '|');
		add_alternative(&text, names[i]);
	}
	if (!buf_text(&text)) {
		error_set(err, -ENOMEM, "names: out of memory");
		return NULL;
	}
	return matcher_create(MATCH_REGEX, LABEL_NAME, buf_text(&text), err);
}

static int check_names(const char *const *names, uint32_t n, struct error *err)
{
	for (uint32_t i = 0; i < n; i++)
		if (!names[i] || !*names[i])
			return error_set(err, -EINVAL, "a name is empty: write a metric name, with * and ? as wildcards");
	return 0;
}

static struct matcher *match_filter(const struct kymo_filter *filter, struct error *err)
{
	static const enum matcher_op ops[] = {
		[KYMO_EQUAL] = MATCH_EQUAL, [KYMO_NOT_EQUAL] = MATCH_NOT_EQUAL, [KYMO_REGEX] = MATCH_REGEX,
		[KYMO_NOT_REGEX] = MATCH_NOT_REGEX, [KYMO_LIKE] = MATCH_PATTERN,
	};

	if (!filter->label || !*filter->label || !filter->value)
		error_set(err, -EINVAL, "a filter lacks its label or value");
	else if (filter->op > KYMO_LIKE)
		error_set(err, -EINVAL, "filter on %.64s: operator %" PRIu32 " is not known (=, !=, =~, !~ or like)",
			  filter->label, filter->op);
	else
		return matcher_create(ops[filter->op], filter->label, filter->value, err);
	return NULL;
}

static int add_matcher(struct chosen *chosen, struct matcher *matcher, const struct error *err)
{
	if (!matcher)
		return err && err->code ? err->code : -EINVAL;
	chosen->matchers[chosen->n_matchers++] = matcher;
	return 0;
}

int chosen_init(struct chosen *chosen, const char *const *names, uint32_t n_names, const struct kymo_filter *filters,
		uint32_t n_filters, struct error *err)
{
	int r = check_names(names, n_names, err);

	*chosen = (struct chosen){ .names = names, .n_names = n_names, .n_filters = n_filters };
	if (r < 0)
		return r;
	chosen->matchers = calloc((size_t)n_filters + 1, sizeof(struct matcher *));
	chosen->seen = calloc((size_t)n_names + 1, sizeof *chosen->seen);
	if (!chosen->matchers || !chosen->seen)
		return error_set(err, -ENOMEM, "query: out of memory");
	if (n_names)
		r = add_matcher(chosen, match_names(names, n_names, err), err);
	for (uint32_t i = 0; i < n_filters && r == 0; i++)
		r = add_matcher(chosen, match_filter(&filters[i], err), err);
	return r;
}

void chosen_fini(struct chosen *chosen)
{
	for (uint32_t i = 0; i < chosen->n_matchers; i++)
		matcher_destroy(chosen->matchers[i]);
	free(chosen->matchers);
	free(chosen->seen);
	*chosen = (struct chosen){ 0 };
}

void chosen_see(struct chosen *chosen, const char *metric, size_t n)
{
	for (uint32_t i = 0; i < chosen->n_names; i++)
		if (!chosen->seen[i] && pattern_match(chosen->names[i], metric, n))
			chosen->seen[i] = true;
}

struct search {
	const char *name;
	bool found;
	struct nearest nearest;
};

static int look_at(void *data, const struct metric *metric, uint32_t n_series, kymo_ms first_at, kymo_ms last_at)
{
	struct search *search = data;

	(void)n_series, (void)first_at, (void)last_at;
	search->found = pattern_match(search->name, metric->name, metric->name_len);
	nearest_offer(&search->nearest, metric->name);
	return search->found;
}

static void explain(const struct chosen *chosen, const char *name, struct store *store, struct notes *notes)
{
	struct search search = { .name = name };

	nearest_begin(&search.nearest, name);
	store_each_metric(store, look_at, &search);
	if (search.found)
		notes_add(notes, "%.256s has no values in this range%s", name,
			  chosen->n_filters ? " that pass the filters" : "");
	else if (!pattern_is_plain(name))
		notes_add(notes, "no metric matches \"%.256s\"", name);
	else if (search.nearest.distance != UINT32_MAX)
		notes_add(notes, "no metric is named \"%.256s\"; is it \"%s\" that is meant?", name, search.nearest.name);
	else
		notes_add(notes, "no metric is named \"%.256s\"", name);
}

void chosen_explain(const struct chosen *chosen, struct store *store, struct notes *notes)
{
	for (uint32_t i = 0; i < chosen->n_names; i++)
		if (!chosen->seen[i])
			explain(chosen, chosen->names[i], store, notes);
}
