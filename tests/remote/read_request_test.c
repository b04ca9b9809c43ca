/* SPDX-License-Identifier: MIT */
/* read_request_test.c - what a remote read request says, and what is wrong with one. */
#include "remote/read_request.h"
#include "util/check.h"
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>

static void add_matcher(struct buf *query, uint64_t type, const char *name, const char *value)
{
	AUTO_BUF matcher = { 0 };

	if (type)
		wire_varint(&matcher, 1, type);
	wire_bytes(&matcher, 2, name, strlen(name));
	wire_bytes(&matcher, 3, value, strlen(value));
	wire_bytes(query, 3, matcher.data, matcher.len);
}

static void begin_query(struct buf *query, kymo_ms start, kymo_ms end)
{
	buf_clear(query);
	wire_varint(query, 1, (uint64_t)start);
	wire_varint(query, 2, (uint64_t)end);
}

static void end_query(struct buf *request, const struct buf *query)
{
	wire_bytes(request, 1, query->data, query->len);
}

static void says_what_is_asked(void **state)
{
	static const enum matcher_op ops[] = { MATCH_EQUAL, MATCH_NOT_EQUAL, MATCH_REGEX, MATCH_NOT_REGEX };
	struct read_request request = { 0 };
	AUTO_BUF body = { 0 }, query = { 0 };

	(void)state;
	begin_query(&query, -5, 7);
	for (uint64_t type = 0; type < 4; type++)
		add_matcher(&query, type, "name", "a|b");
	wire_bytes(&query, 4, "\x08\x05", 2);		/* hints */
	end_query(&body, &query);
	begin_query(&query, 1, 2);
	add_matcher(&query, 0, "b", "");
	end_query(&body, &query);
	assert_int_equal(read_request_read(&request, body.data, body.len, NULL), 0);
	assert_true(request.wants_samples);
	assert_int_equal(request.n, 2);
	assert_int_equal(request.queries[0].start, -5);
	assert_int_equal(request.queries[0].end, 7);
	assert_int_equal(request.queries[0].n, 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(matcher_op(request.queries[0].matchers[i]), ops[i]);
		assert_string_equal(matcher_name(request.queries[0].matchers[i]), "name");
		assert_string_equal(matcher_value(request.queries[0].matchers[i]), "a|b");
	}
	assert_int_equal(request.queries[1].n, 1);
	assert_string_equal(matcher_value(request.queries[1].matchers[0]), "");
	read_request_fini(&request);
}

static void which_answers_are_taken(void **state)
{
	static const struct { const char *bytes; size_t n; bool samples; } rows[] = {
		{ "", 0, true }, { "\x10\x00", 2, true }, { "\x10\x01", 2, false }, { "\x10\x01\x10\x00", 4, true },
		{ "\x12\x02\x01\x00", 4, true }, { "\x12\x01\x01", 3, false }, { "\x12\x00", 2, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct read_request request = { 0 };

		assert_int_equal(read_request_read(&request, (const uint8_t *)rows[i].bytes, rows[i].n, NULL), 0);
		if (request.wants_samples != rows[i].samples)
			fail_msg("row %zu", i);
		read_request_fini(&request);
	}
}

static void expect_refused(const struct buf *body, int r, const char *words)
{
	struct read_request request = { 0 };
	struct error err = { 0 };

	assert_int_equal(read_request_read(&request, body->data, body->len, &err), r);
	if (!strstr(error_text(&err), words))
		fail_msg("%s: no \"%s\"", error_text(&err), words);
	error_clear(&err);
	read_request_fini(&request);
}

static void what_is_wrong_is_refused(void **state)
{
	static const struct { uint64_t type; const char *name, *value; int r; const char *words; } rows[] = {
		{ 4, "a", "b", -EBADMSG, "damaged" }, { 0, "", "b", -EBADMSG, "damaged" }, { 2, "a", "(", -EINVAL, "(" },
		{ 0, "\xff", "b", -EBADMSG, "damaged" }, { 0, "a", "\xff", -EBADMSG, "damaged" },
	};
	AUTO_BUF body = { 0 }, query = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin_query(&query, 1, 2);
		add_matcher(&query, rows[i].type, rows[i].name, rows[i].value);
		buf_clear(&body);
		end_query(&body, &query);
		expect_refused(&body, rows[i].r, rows[i].words);
	}
	begin_query(&query, 1, 2);
	buf_clear(&body);
	end_query(&body, &query);
	expect_refused(&body, -EINVAL, "without a matcher");
	for (int i = 0; i <= READ_MATCHERS_MOST; i++)
		add_matcher(&query, 0, "a", "b");
	buf_clear(&body);
	end_query(&body, &query);
	expect_refused(&body, -EINVAL, "more than 64 matchers");
}

static void no_more_queries_than_that(void **state)
{
	AUTO_BUF body = { 0 }, query = { 0 };

	(void)state;
	begin_query(&query, 1, 2);
	add_matcher(&query, 0, "a", "b");
	for (int i = 0; i <= READ_QUERIES_MOST; i++)
		end_query(&body, &query);
	expect_refused(&body, -EINVAL, "more than 100 queries");
	body.len--;
	expect_refused(&body, -EBADMSG, "damaged");
	body.len = query.len;
	expect_refused(&body, -EBADMSG, "damaged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_is_asked), cmocka_unit_test(which_answers_are_taken), cmocka_unit_test(what_is_wrong_is_refused),
		cmocka_unit_test(no_more_queries_than_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
