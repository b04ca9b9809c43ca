/* SPDX-License-Identifier: MIT */
/* coding_test.c - what Accept-Encoding asks for, and what is packed is unpacked again by the libraries. */
#include "http/coding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

static const struct { const char *accept; enum coding coding; } rows[] = {
	{ NULL, CODING_NONE },
	{ "", CODING_NONE },
	{ "identity", CODING_NONE },
	{ "br", CODING_NONE },
	{ "gzip", CODING_GZIP },
	{ "GZip", CODING_GZIP },
	{ "x-gzip", CODING_GZIP },
	{ "gzipped", CODING_NONE },
	{ "deflate, gzip;q=1.0, *;q=0.5", CODING_GZIP },
	{ "gzip, deflate, br, zstd", CODING_ZSTD },
	{ "zstd;q=0.5,gzip", CODING_GZIP },
	{ "zstd;q=0.5,gzip;q=0.4", CODING_ZSTD },
	{ "gzip;q=0", CODING_NONE },
	{ "gzip;q=0.0, zstd;q=0.000", CODING_NONE },
	{ "*", CODING_GZIP },
	{ "*;q=0", CODING_NONE },
	{ "zstd;q=0, *", CODING_GZIP },
	{ "*;q=0.1, gzip ; q=0.9", CODING_GZIP },
	{ " , ,gzip ,", CODING_GZIP },
	{ "gzip;q=x", CODING_NONE },
	{ "gzip;q=7", CODING_NONE },
	{ "gzip;level=3", CODING_GZIP },
	{ ";;;,", CODING_NONE },
};

static void takes_what_the_client_likes_best(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (coding_choose(rows[i].accept) != rows[i].coding)
			fail_msg("\"%s\": %s instead of %s", rows[i].accept, coding_name(coding_choose(rows[i].accept)),
				 coding_name(rows[i].coding));
}

static size_t unpack(enum coding coding, const struct buf *packed, uint8_t *to, size_t room)
{
	z_stream gzip = { .next_in = packed->data, .avail_in = (uInt)packed->len, .next_out = to, .avail_out = (uInt)room };
	size_t n;

	if (coding == CODING_ZSTD) {
		n = ZSTD_decompress(to, room, packed->data, packed->len);
		assert_false(ZSTD_isError(n));
		return n;
	}
	assert_int_equal(inflateInit2(&gzip, 15 + 16), Z_OK);
	assert_int_equal(inflate(&gzip, Z_FINISH), Z_STREAM_END);
	n = gzip.total_out;
	inflateEnd(&gzip);
	return n;
}

/* In pieces of a size, the last one perhaps empty. */
static void there_and_back(enum coding coding, const uint8_t *data, size_t size, size_t piece)
{
	AUTO(packer) packer = packer_create(coding);
	AUTO_BUF packed = { 0 };
	uint8_t *back = malloc(size + 1);

	assert_non_null(packer);
	for (size_t at = 0; at < size; at += piece)
		assert_int_equal(packer_add(packer, data + at, size - at < piece ? size - at : piece, false, &packed), 0);
	assert_int_equal(packer_add(packer, NULL, 0, true, &packed), 0);
	assert_int_equal(unpack(coding, &packed, back, size + 1), size);
	assert_memory_equal(back, data, size);
	free(back);
}

static void what_is_packed_is_unpacked(void **state)
{
	enum { SIZE = 300000 };
	uint8_t *data = malloc(SIZE);

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (uint8_t)(i < SIZE / 2 ? i % 7 : (i * 2654435761u) >> 13);
	for (int coding = CODING_GZIP; coding <= CODING_ZSTD; coding++) {
		there_and_back((enum coding)coding, data, 0, 1);
		there_and_back((enum coding)coding, data, 1, 1);
		there_and_back((enum coding)coding, data, 1000, 7);
		there_and_back((enum coding)coding, data, SIZE, 65536);
		there_and_back((enum coding)coding, data, SIZE, SIZE);
	}
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_the_client_likes_best),
		cmocka_unit_test(what_is_packed_is_unpacked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
