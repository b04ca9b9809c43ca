/* SPDX-License-Identifier: MIT */
/* protobuf_test.c - fields of every wire type; what is cut, too long, or of no type ends the walk. */
#include "wire.h"

static void fields_come_as_they_stand(void **state)
{
	AUTO_BUF bytes = { 0 };
	struct protobuf_field field;
	struct protobuf message;

	(void)state;
	wire_varint(&bytes, 1, UINT64_MAX);
	wire_fixed64(&bytes, 2, UINT64_C(0x0123456789abcdef));
	wire_bytes(&bytes, 300, "abc", 3);
	buf_add_u8(&bytes, PROTOBUF_TAG(4, WIRE_FIXED32));
	buf_add_u32(&bytes, 77);
	message = protobuf_of(bytes.data, bytes.len);
	assert_true(protobuf_next(&message, &field));
	assert_true(field.number == 1 && field.wire == WIRE_VARINT && field.value == UINT64_MAX);
	assert_true(protobuf_next(&message, &field));
	assert_true(field.number == 2 && field.value == UINT64_C(0x0123456789abcdef));
	assert_true(protobuf_next(&message, &field));
	assert_true(field.number == 300 && field.size == 3);
	assert_memory_equal(field.data, "abc", 3);
	assert_true(protobuf_next(&message, &field));
	assert_true(field.number == 4 && field.value == 77);
	assert_false(protobuf_next(&message, &field));
	assert_false(message.bad);
}

#define ROW(text) { text, sizeof text - 1 }
static const struct { const char *bytes; size_t n; } bad[] = {
	ROW("\x08"),					/* a varint that is not there */
	ROW("\x08\x80"),				/* cut */
	ROW("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),	/* eleven bytes */
	ROW("\x09" "1234567"),				/* seven of eight */
	ROW("\x0d" "123"),				/* three of four */
	ROW("\x0a\x05" "abcd"),				/* four of five */
	ROW("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),	/* a length of 2^64 - 1 */
	ROW("\x0b"), ROW("\x0c"),			/* groups */
	ROW("\x0e"), ROW("\x0f"),			/* no wire types */
	ROW("\x00\x00"),				/* field 0 */
	ROW("\x80\x80\x80\x80\x10\x00"),		/* field 2^29 */
};

static void damage_ends_the_walk(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct protobuf message = protobuf_of(bad[i].bytes, bad[i].n);
		struct protobuf_field field;

		if (protobuf_next(&message, &field) || !message.bad || protobuf_next(&message, &field))
			fail_msg("row %zu is taken", i);
	}
}

static void nothing_is_no_field(void **state)
{
	struct protobuf message = protobuf_of(NULL, 0);
	struct protobuf_field field;

	(void)state;
	assert_false(protobuf_next(&message, &field));
	assert_false(message.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_come_as_they_stand),
		cmocka_unit_test(damage_ends_the_walk),
		cmocka_unit_test(nothing_is_no_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
