/* SPDX-License-Identifier: MIT */
/* read_request.c - see read_request.h. */
#include "remote/read_request.h"
#include "remote/protobuf.h"
#include "util/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_QUERY = 1, REQUEST_TYPES = 2, QUERY_START = 1, QUERY_END = 2, QUERY_MATCHER = 3, MATCHER_TYPE = 1, MATCHER_NAME = 2, MATCHER_VALUE = 3 };
enum { TYPE_SAMPLES = 0 };

static int damaged(struct error *err)
{
	return error_set(err, -EBADMSG, "the body is a damaged remote read request");
}

/* ---- a matcher ---- */

struct wire_matcher {
	uint64_t type;
	char *name, *value;
};

/* In place of the one before. */
static int take_text(char **text, const struct protobuf_field *field)
{
	if (field->wire != WIRE_BYTES || !utf8_valid((const char *)field->data, field->size))
		return -EBADMSG;
	free(*text);
	*text = strndup((const char *)field->data, field->size);
	return *text ? 0 : -ENOMEM;
}

static int read_fields(struct protobuf message, struct wire_matcher *wire)
{
	struct protobuf_field field;
	int r = 0;

	while (r == 0 && protobuf_next(&message, &field)) {
		if (field.number == MATCHER_TYPE && field.wire == WIRE_VARINT)
			wire->type = field.value;
		else if (field.number == MATCHER_NAME)
			r = take_text(&wire->name, &field);
		else if (field.number == MATCHER_VALUE)
			r = take_text(&wire->value, &field);
	}
	return r == 0 && message.bad ? -EBADMSG : r;
}

static int make_matcher(const struct wire_matcher *wire, struct matcher **out, struct error *err)
{
	static const enum matcher_op ops[] = { MATCH_EQUAL, MATCH_NOT_EQUAL, MATCH_REGEX, MATCH_NOT_REGEX };

	if (wire->type >= sizeof ops / sizeof *ops || !wire->name || !*wire->name)
		return damaged(err);
	*out = matcher_create(ops[wire->type], wire->name, wire->value ? wire->value : "", err);
	return *out ? 0 : err ? err->code : -EINVAL;
}

static int read_matcher(struct read_query *query, const struct protobuf_field *from, struct error *err)
{
	struct wire_matcher wire = { 0 };
	int r;

	if (query->n == READ_MATCHERS_MOST)
		return error_set(err, -EINVAL, "more than %d matchers in a query", READ_MATCHERS_MOST);
	r = read_fields(protobuf_of(from->data, from->size), &wire);
	if (r == 0)
		r = make_matcher(&wire, &query->matchers[query->n], err);
	else
		r = r == -ENOMEM ? error_set(err, r, "out of memory") : damaged(err);
	query->n += r == 0;
	free(wire.name);
	free(wire.value);
	return r;
}

/* ---- a query ---- */

static int read_query(struct read_query *query, const struct protobuf_field *from, struct error *err)
{
	struct protobuf message = protobuf_of(from->data, from->size);
	struct protobuf_field field;
	int r = 0;

	while (r == 0 && protobuf_next(&message, &field)) {
		if (field.number == QUERY_START && field.wire == WIRE_VARINT)
			query->start = (kymo_ms)field.value;
		else if (field.number == QUERY_END && field.wire == WIRE_VARINT)
			query->end = (kymo_ms)field.value;
		else if (field.number == QUERY_MATCHER)
			r = field.wire == WIRE_BYTES ? read_matcher(query, &field, err) : damaged(err);
	}
	if (r == 0 && message.bad)
		return damaged(err);
	return r == 0 && !query->n ? error_set(err, -EINVAL, "a query without a matcher") : r;
}

static int add_query(struct read_request *request, const struct protobuf_field *from, struct error *err)
{
	struct read_query *more;

	if (request->n == READ_QUERIES_MOST)
		return error_set(err, -EINVAL, "more than %d queries", READ_QUERIES_MOST);
	more = realloc(request->queries, (request->n + 1) * sizeof *more);
	if (!more)
		return error_set(err, -ENOMEM, "out of memory");
	request->queries = more;
	memset(&more[request->n], 0, sizeof *more);
	return read_query(&more[request->n++], from, err);
}

/* ---- the request ---- */

/* A list of enumerated values is one piece of bytes, or a field for each. */
static bool has_samples(const struct protobuf_field *field)
{
	struct protobuf list = protobuf_of(field->data, field->size);

	if (field->wire == WIRE_VARINT)
		return field->value == TYPE_SAMPLES;
	while (field->wire == WIRE_BYTES && protobuf_left(&list) && !list.bad)
		if (protobuf_varint(&list) == TYPE_SAMPLES && !list.bad)
			return true;
	return false;
}

int read_request_read(struct read_request *request, const uint8_t *body, size_t n, struct error *err)
{
	struct protobuf message = protobuf_of(body, n);
	struct protobuf_field field;
	bool has_types = false, samples = false;
	int r = 0;

	while (r == 0 && protobuf_next(&message, &field)) {
		if (field.number == REQUEST_TYPES) {
			has_types = true;
			samples |= has_samples(&field);
		} else if (field.number == REQUEST_QUERY) {
			r = field.wire == WIRE_BYTES ? add_query(request, &field, err) : damaged(err);
		}
	}
	request->wants_samples = samples || !has_types;
	return r == 0 && message.bad ? damaged(err) : r;
}

void read_request_fini(struct read_request *request)
{
	for (uint32_t i = 0; i < request->n; i++)
		for (uint32_t k = 0; k < request->queries[i].n; k++)
			matcher_destroy(request->queries[i].matchers[k]);
	free(request->queries);
	*request = (struct read_request){ 0 };
}
