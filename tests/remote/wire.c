/* SPDX-License-Identifier: MIT */
/* wire.c - see wire.h. */
#include "wire.h"

#include <snappy-c.h>

void wire_varint(struct buf *out, uint32_t field, uint64_t v)
{
	buf_add_varint(out, PROTOBUF_TAG(field, WIRE_VARINT));
	buf_add_varint(out, v);
}

void wire_fixed64(struct buf *out, uint32_t field, uint64_t bits)
{
	buf_add_varint(out, PROTOBUF_TAG(field, WIRE_FIXED64));
	buf_add_u64(out, bits);
}

void wire_bytes(struct buf *out, uint32_t field, const void *data, size_t n)
{
	buf_add_varint(out, PROTOBUF_TAG(field, WIRE_BYTES));
	buf_add_string(out, data, n);
}

static void add_label(struct buf *series, const char *name, size_t name_len, const char *value, size_t value_len)
{
	AUTO_BUF label = { 0 };

	if (name_len)
		wire_bytes(&label, 1, name, name_len);
	if (value_len)
		wire_bytes(&label, 2, value, value_len);
	wire_bytes(series, 1, label.data, label.len);
}

void wire_label(struct buf *series, const char *name, const char *value)
{
	add_label(series, name, strlen(name), value, strlen(value));
}

void wire_labels(struct buf *series, const char *text)
{
	while (*text) {
		size_t name = strcspn(text, "="), value = strcspn(text + name + 1, ",");

		add_label(series, text, name, text + name + 1, value);
		text += name + 1 + value;
		text += *text == ',';
	}
}

void wire_sample(struct buf *series, kymo_ms at, double value)
{
	AUTO_BUF sample = { 0 };

	if (value != 0 || value_bits(value))
		wire_fixed64(&sample, 1, value_bits(value));
	if (at)
		wire_varint(&sample, 2, (uint64_t)at);
	wire_bytes(series, 2, sample.data, sample.len);
}

void wire_series(struct buf *request, struct buf *series)
{
	wire_bytes(request, 1, series->data, series->len);
	buf_clear(series);
}

void wire_one(struct buf *request, const char *labels, kymo_ms at, double value)
{
	AUTO_BUF series = { 0 };

	wire_labels(&series, labels);
	wire_sample(&series, at, value);
	wire_series(request, &series);
}

void wire_metadata(struct buf *request, uint32_t type, const char *name, const char *help, const char *unit)
{
	AUTO_BUF metadata = { 0 };

	wire_varint(&metadata, 1, type);
	wire_bytes(&metadata, 2, name, strlen(name));
	wire_bytes(&metadata, 4, help, strlen(help));
	wire_bytes(&metadata, 5, unit, strlen(unit));
	wire_bytes(request, 3, metadata.data, metadata.len);
}

void wire_pack(const struct buf *request, struct buf *out)
{
	size_t size = snappy_max_compressed_length(request->len);

	buf_clear(out);
	assert_non_null(buf_reserve(out, size));
	assert_int_equal(snappy_compress((const char *)request->data, request->len, (char *)out->data, &size), SNAPPY_OK);
	out->len = size;
}
