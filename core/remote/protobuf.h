/* SPDX-License-Identifier: MIT */
/*
 * protobuf.h - walk the fields of one message, without copying and without a
 * schema (protobuf.dev/programming-guides/encoding).
 *
 * A field that does not fit into its message ends the walk and turns `bad`,
 * which sticks; nothing is ever read past the end.
 */
#ifndef REMOTE_PROTOBUF_H
#define REMOTE_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum protobuf_wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct protobuf {
	const uint8_t *at, *end;
	bool bad;
};

struct protobuf_field {
	uint32_t number;
	enum protobuf_wire wire;
	uint64_t value;			/* of a varint and of fixed numbers */
	const uint8_t *data;		/* of bytes; borrowed */
	size_t size;
};

static inline struct protobuf protobuf_of(const void *data, size_t n)
{
	return (struct protobuf){ data, n ? (const uint8_t *)data + n : data, false };
}
static inline size_t protobuf_left(const struct protobuf *message) { return (size_t)(message->end - message->at); }

/* The next field; false: the end, or bad. */
bool protobuf_next(struct protobuf *message, struct protobuf_field *field);

/* Ten bytes and more, or cut: 0, and bad. */
uint64_t protobuf_long_varint(struct protobuf *message);
static inline uint64_t protobuf_varint(struct protobuf *message)
{
	if (message->at < message->end && *message->at < 0x80)
		return *message->at++;
	return protobuf_long_varint(message);
}

/* The tag of a field and its wire type. */
#define PROTOBUF_TAG(number, wire) ((number) << 3 | (wire))

#endif
