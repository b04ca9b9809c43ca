/* SPDX-License-Identifier: MIT */
/* unpack_test.c - a claim is looked at before memory is taken for it. */
#include "wire.h"

#include <errno.h>
#include <zlib.h>
#include <zstd.h>

static void gives_back_what_was_packed(void **state)
{
	AUTO_BUF text = { 0 }, packed = { 0 }, out = { 0 };
	struct error err = { 0 };

	(void)state;
	for (int i = 0; i < 5000; i++)
		buf_printf(&text, "line %d\n", i * i);
	wire_pack(&text, &packed);
	assert_int_equal(unpack_snappy(packed.data, packed.len, text.len, &out, &err), 0);
	assert_int_equal(out.len, text.len);
	assert_memory_equal(out.data, text.data, text.len);
	assert_int_equal(unpack_snappy(packed.data, packed.len, text.len - 1, &out, &err), -EFBIG);
	assert_int_equal(out.len, 0);
	error_clear(&err);
}

static void nothing_unpacks_to_nothing(void **state)
{
	AUTO_BUF out = { 0 };

	(void)state;
	assert_int_equal(unpack_snappy((const uint8_t *)"\0", 1, 10, &out, NULL), 0);
	assert_int_equal(out.len, 0);
}

#define ROW(text, result) { text, sizeof text - 1, result }
static const struct { const char *bytes; size_t n; int result; } bad[] = {
	ROW("", -EBADMSG),
	ROW("\xff\xff\xff\xff\xff\xff", -EBADMSG),	/* a size of more than 32 bits */
	ROW("\xff\xff\xff\xff\x0f", -EFBIG),		/* 4 GiB */
	ROW("\x80\x80\x04\x00\x61", -EBADMSG),		/* 64 KiB out of five bytes */
	ROW("\x05\x10" "abc", -EBADMSG),		/* a literal that is cut */
	ROW("\x05\x00" "a\x01\x05", -EBADMSG),		/* a copy from before the beginning */
	ROW("hello, this is no snappy block", -EBADMSG),
};

static void refuses_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct error err = { 0 };
		AUTO_BUF out = { 0 };
		int r = unpack_snappy((const uint8_t *)bad[i].bytes, bad[i].n, 1 << 20, &out, &err);

		if (r != bad[i].result || !err.count || out.room > 1 << 12)
			fail_msg("row %zu: %d \"%s\", %zu bytes of memory", i, r, error_text(&err), out.room);
		error_clear(&err);
	}
}

/* ---- gzip and zstd ---- */

static void pack(enum packing packing, const struct buf *text, struct buf *out)
{
	z_stream stream = { .next_in = text->data, .avail_in = (uInt)text->len };
	size_t room = text->len + 1000;

	assert_non_null(buf_reserve(out, room));
	if (packing == PACKED_ZSTD) {
		size_t n = ZSTD_compress(out->data + out->len, room, text->data, text->len, 1);

		assert_false(ZSTD_isError(n));
		out->len += n;
		return;
	}
	assert_int_equal(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_out = out->data + out->len;
	stream.avail_out = (uInt)room;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	out->len += room - stream.avail_out;
	deflateEnd(&stream);
}

static void comes_back(enum packing packing, size_t lines)
{
	AUTO_BUF text = { 0 }, packed = { 0 }, out = { 0 };
	struct error err = { 0 };

	for (size_t i = 0; i < lines; i++)
		buf_printf(&text, "line %zu\n", i * i);
	pack(packing, &text, &packed);
	if (unpack(packing, packed.data, packed.len, text.len, &out, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_int_equal(out.len, text.len);
	if (text.len)
		assert_memory_equal(out.data, text.data, text.len);
	for (size_t n = 0; n < packed.len; n += 1 + n / 5)
		assert_int_equal(unpack(packing, packed.data, n, text.len + 1, &out, NULL), -EBADMSG);
	if (text.len)
		assert_int_equal(unpack(packing, packed.data, packed.len, text.len - 1, &out, NULL), -EFBIG);
	pack(packing, &text, &packed);			/* and once more behind it */
	assert_int_equal(unpack(packing, packed.data, packed.len, 2 * text.len, &out, NULL), 0);
	assert_int_equal(out.len, 2 * text.len);
	buf_add_text(&packed, "x");
	assert_int_equal(unpack(packing, packed.data, packed.len, 2 * text.len + 9, &out, NULL), -EBADMSG);
}

static void what_http_packs_comes_back(void **state)
{
	(void)state;
	for (size_t lines = 0; lines < 100000; lines = lines * 9 + 1) {
		comes_back(PACKED_GZIP, lines);
		comes_back(PACKED_ZSTD, lines);
	}
}

/* A megabyte of one letter packs to almost nothing: the bound is what counts. */
static void a_bomb_takes_no_more_than_the_bound(void **state)
{
	AUTO_BUF text = { 0 };

	(void)state;
	memset(buf_reserve(&text, 1 << 24), 'x', 1 << 24);
	text.len = 1 << 24;
	for (enum packing packing = PACKED_GZIP; packing <= PACKED_ZSTD; packing++) {
		AUTO_BUF packed = { 0 }, out = { 0 };

		pack(packing, &text, &packed);
		assert_int_equal(unpack(packing, packed.data, packed.len, 100000, &out, NULL), -EFBIG);
		assert_true(out.room <= 1 << 18);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_was_packed),
		cmocka_unit_test(nothing_unpacks_to_nothing),
		cmocka_unit_test(refuses_damage),
		cmocka_unit_test(what_http_packs_comes_back),
		cmocka_unit_test(a_bomb_takes_no_more_than_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
