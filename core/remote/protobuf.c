/* SPDX-License-Identifier: MIT */
/* protobuf.c - see protobuf.h. */
#include "remote/protobuf.h"

#include <string.h>

#define FIELD_MOST ((1u << 29) - 1)

uint64_t protobuf_long_varint(struct protobuf *message)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && message->at < message->end; shift += 7) {
		uint8_t byte = *message->at++;

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	message->bad = true;
	return 0;
}

static void take_fixed(struct protobuf *message, struct protobuf_field *field, size_t size)
{
	if (protobuf_left(message) < size) {
		message->bad = true;
		return;
	}
	field->value = 0;
	memcpy(&field->value, message->at, size);	/* little-endian, as we are */
	message->at += size;
}

static void take_bytes(struct protobuf *message, struct protobuf_field *field)
{
	uint64_t size = protobuf_varint(message);

	if (message->bad || size > protobuf_left(message)) {
		message->bad = true;
		return;
	}
	field->data = message->at;
	field->size = (size_t)size;
	message->at += size;
}

bool protobuf_next(struct protobuf *message, struct protobuf_field *field)
{
	uint64_t tag;

	if (message->bad || message->at == message->end)
		return false;
	tag = protobuf_varint(message);
	if (message->bad || tag >> 3 == 0 || tag >> 3 > FIELD_MOST) {
		message->bad = true;
		return false;
	}
	*field = (struct protobuf_field){ .number = (uint32_t)(tag >> 3), .wire = (enum protobuf_wire)(tag & 7) };
	switch (field->wire) {
	case WIRE_VARINT:
		field->value = protobuf_varint(message);
		break;
	case WIRE_FIXED64:
		take_fixed(message, field, 8);
		break;
	case WIRE_BYTES:
		take_bytes(message, field);
		break;
	case WIRE_FIXED32:
		take_fixed(message, field, 4);
		break;
	default:		/* groups are history */
		message->bad = true;
	}
	return !message->bad;
}
