/* SPDX-License-Identifier: MIT */
/* unpack_test.c - a claim is looked at before memory is taken for it. */
#include "wire.h"

#include <errno.h>

static void gives_back_what_was_packed(void **state)
{
	AUTO_BUF text = { 0 }, packed = { 0 }, out = { 0 };
	struct error err = { 0 };

	(void)state;
	for (int i = 0; i < 5000; i++)
		buf_printf(&text, "line %d\n", i * i);
	wire_pack(&text, &packed);
	assert_int_equal(unpack(packed.data, packed.len, text.len, &out, &err), 0);
	assert_int_equal(out.len, text.len);
	assert_memory_equal(out.data, text.data, text.len);
	assert_int_equal(unpack(packed.data, packed.len, text.len - 1, &out, &err), -EFBIG);
	assert_int_equal(out.len, 0);
	error_clear(&err);
}

static void nothing_unpacks_to_nothing(void **state)
{
	AUTO_BUF out = { 0 };

	(void)state;
	assert_int_equal(unpack((const uint8_t *)"\0", 1, 10, &out, NULL), 0);
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
		int r = unpack((const uint8_t *)bad[i].bytes, bad[i].n, 1 << 20, &out, &err);

		if (r != bad[i].result || !err.count || out.room > 1 << 12)
			fail_msg("row %zu: %d \"%s\", %zu bytes of memory", i, r, error_text(&err), out.room);
		error_clear(&err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_was_packed),
		cmocka_unit_test(nothing_unpacks_to_nothing),
		cmocka_unit_test(refuses_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
