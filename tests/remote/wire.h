/* SPDX-License-Identifier: MIT */
/* wire.h - bodies of remote write requests, as a sender makes them. */
#ifndef TESTS_REMOTE_WIRE_H
#define TESTS_REMOTE_WIRE_H

#include "folder.h"
#include "remote/protobuf.h"
#include "remote/receiver.h"
#include "remote/resolve.h"
#include "remote/unpack.h"
#include "util/buf.h"

void wire_varint(struct buf *out, uint32_t field, uint64_t v);
void wire_fixed64(struct buf *out, uint32_t field, uint64_t bits);
void wire_bytes(struct buf *out, uint32_t field, const void *data, size_t n);

/* Into a TimeSeries. */
void wire_label(struct buf *series, const char *name, const char *value);
void wire_sample(struct buf *series, kymo_ms at, double value);	/* zeros are left out, as proto3 does */
/* Labels of "a=1,b=2". */
void wire_labels(struct buf *series, const char *text);
/* The series into a request; *series is empty then. */
void wire_series(struct buf *request, struct buf *series);
/* All of it: one series with one sample. */
void wire_one(struct buf *request, const char *labels, kymo_ms at, double value);
void wire_metadata(struct buf *request, uint32_t type, const char *name, const char *help, const char *unit);

/* As a snappy block. */
void wire_pack(const struct buf *request, struct buf *out);

#endif
