/* SPDX-License-Identifier: MIT */
/* api_prom_labels.c - GET and POST /api/v1/labels, GET /api/v1/label/NAME/values. */
#include "http/prom_json.h"
#include "http/prom_param.h"
#include "http/route.h"
#include "http/text_set.h"

#include "util/utf8.h"

#include <errno.h>
#include <stdlib.h>

struct search {
	struct store *store;
	uint64_t limit;
	kymo_ms start, end;
	struct prom_matches matches;
	const char *name;		/* whose values are wanted; NULL: the names */
	int client;
	uint32_t looked_at;
	struct text_set found;
	struct buf names_before;	/* names of the last series: those of the next are mostly the same */
};

static void search_fini(struct search *search)
{
	prom_matches_fini(&search->matches);
	text_set_fini(&search->found);
	buf_fini(&search->names_before);
}

static int search_read(struct search *search, const struct request *request, const struct params *params, struct error *err)
{
	int r = prom_limit(params, &search->limit, err);

	search->store = service_store(request->kymo);
	search->client = request->client;
	if (r == 0)
		r = prom_time_or(params, "start", PROM_EARLIEST, &search->start, err);
	if (r == 0)
		r = prom_time_or(params, "end", PROM_LATEST, &search->end, err);
	return r < 0 ? r : prom_matches_read(&search->matches, params, false, err);
}

/* ---- looking ---- */

static int add_text(void *data, const char *text, uint32_t n)
{
	return text_set_add(&((struct search *)data)->found, text, n);
}

/* False: the names are those of the series before. */
static bool are_new(struct search *search, struct labels labels)
{
	struct buf *before = &search->names_before;
	struct label label;
	uint32_t at = 0;
	size_t same = 0;

	while (labels_next(labels, &at, &label)) {
		if (before->len - same < label.name_len + 1u || before->data[same + label.name_len] != '\0' ||
		    memcmp(before->data + same, label.name, label.name_len) != 0)
			return true;
		same += label.name_len + 1;
	}
	return same != before->len;
}

static int add_names(struct search *search, struct labels labels)
{
	struct label label;
	uint32_t at = 0;
	int r = 0;

	if (!are_new(search, labels))
		return 0;
	buf_clear(&search->names_before);
	while (r == 0 && labels_next(labels, &at, &label)) {
		r = text_set_add(&search->found, label.name, label.name_len);
		buf_add(&search->names_before, label.name, label.name_len);
		buf_add_u8(&search->names_before, '\0');
	}
	return r == 0 && buf_failed(&search->names_before) ? -ENOMEM : r;
}

static int add_series(void *data, series_ref ref, struct labels labels)
{
	struct search *search = data;
	struct label label;

	(void)ref;
	if (++search->looked_at % 4096 == 0 && request_is_gone(&search->client))
		return -ECANCELED;
	if (!search->name)
		return add_names(search, labels);
	return labels_find(labels, search->name, &label) ? text_set_add(&search->found, label.value, label.value_len) : 0;
}

static bool is_of_all_times(const struct search *search)
{
	return search->start == PROM_EARLIEST && search->end == PROM_LATEST;
}

static int look(struct search *search)
{
	int r = 0;

	if (!search->matches.n && is_of_all_times(search))
		return search->name ? store_each_label_value(search->store, search->name, add_text, search) :
				      store_each_label_name(search->store, add_text, search);
	if (!search->matches.n)
		return store_each_labels(search->store, NULL, 0, search->start, search->end, add_series, search);
	for (uint32_t i = 0; r == 0 && i < search->matches.n; i++) {
		uint32_t n;
		struct matcher *const *matchers = prom_matches_at(&search->matches, i, &n);

		r = store_each_labels(search->store, matchers, n, search->start, search->end, add_series, search);
	}
	return r;
}

/* ---- saying ---- */

static void render(struct search *search, struct buf *out)
{
	bool truncated = search->limit && search->found.n > search->limit;
	uint32_t n = truncated ? (uint32_t)search->limit : search->found.n, size;

	text_set_sort(&search->found);
	prom_begin(out);
	buf_add_u8(out, '[');
	for (uint32_t i = 0; i < n; i++) {
		const char *text = text_set_at(&search->found, i, &size);

		if (i)
			buf_add_u8(out, ',');
		prom_text(out, text, size);
	}
	buf_add_u8(out, ']');
	prom_end(out, truncated ? PROM_TRUNCATED : NULL);
}

static int answer(const struct request *request, const char *name, struct response *response, struct error *err)
{
	struct search search = { .name = name };
	AUTO_PARAMS params;
	int r = params_read(&params, request, err);

	if (r == 0)
		r = search_read(&search, request, &params, err);
	if (r == 0 && (r = look(&search)) < 0)
		error_set(err, r, "%s", error_name(r));
	if (r == 0)
		render(&search, &response->body);
	search_fini(&search);
	return r;
}

int api_prom_labels(const struct request *request, struct response *response, struct error *err)
{
	return answer(request, NULL, response, err);
}

/* ---- a name that was escaped, since not every client can send any ---- */

/* UINT32_MAX: that is no character. */
static uint32_t code_of(const char *hex, size_t n)
{
	unsigned long code = strtoul(hex, NULL, 16);

	if (!n || n > 6 || strspn(hex, "0123456789abcdefABCDEF") != n || !code || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return UINT32_MAX;
	return (uint32_t)code;
}

static char *put_utf8(char *to, uint32_t code)
{
	if (code < 0x80) {
		*to++ = (char)code;
	} else if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
		*to++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*to++ = (char)(0xe0 | code >> 12);
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
		*to++ = (char)(0x80 | (code & 0x3f));
	} else {
		*to++ = (char)(0xf0 | code >> 18);
		*to++ = (char)(0x80 | (code >> 12 & 0x3f));
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
		*to++ = (char)(0x80 | (code & 0x3f));
	}
	return to;
}

/*
 * "U__a_2e_b__c" is "a.b_c": _HEX_ a character, __ an underscore. What is not
 * escaped so stays as it is. In place: it never becomes longer.
 */
static void unescape(char *name)
{
	AUTO_FREE char *copy = strdup(name);
	char *to = copy;

	if (strncmp(name, "U__", 3) != 0 || !copy)
		return;
	for (const char *at = name + 3; *at;) {
		const char *end = *at == '_' ? strchr(at + 1, '_') : NULL;
		uint32_t code = end ? code_of(at + 1, (size_t)(end - at - 1)) : 0;

		if (*at != '_') {
			*to++ = *at++;
			continue;
		}
		if (!end || (end > at + 1 && code == UINT32_MAX))
			return;
		to = end == at + 1 ? put_utf8(to, '_') : put_utf8(to, code);
		at = end + 1;
	}
	*to = '\0';
	strcpy(name, copy);
}

int api_prom_label_values(const struct request *request, struct response *response, struct error *err)
{
	AUTO_FREE char *name = request_rest(request, err);

	if (!name)
		return err->code;
	unescape(name);
	if (!*name || !utf8_valid(name, strlen(name)))
		return error_set(err, -EINVAL, "invalid label name: \"%s\"", name);
	return answer(request, name, response, err);
}
