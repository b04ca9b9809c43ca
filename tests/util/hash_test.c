/* SPDX-License-Identifier: MIT */
/* hash_test.c - the hash is XXH3: its values are in files, so they must never change. */
#include "util/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void is_xxh3(void **state)
{
	(void)state;
	assert_true(hash_bytes("", 0) == 0x2d06800538d394c2);
	assert_int_equal(checksum("", 0), 0x38d394c2);
	assert_int_equal(checksum("kymo", 4), (uint32_t)hash_bytes("kymo", 4));
	assert_true(hash_bytes("a", 1) != hash_bytes("b", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(is_xxh3) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
