/* SPDX-License-Identifier: MIT */
/*
 * remote_read.c - Prometheus remote read, with samples as the answer. What a request
 * says is remote/read_request.h.
 *
 * Samples come from the tier that PromQL would take: where they have expired, the
 * last value of each window stands for it, at its time. Staleness marks come too.
 */
#include "service/service.h"

#include "query/stitch.h"
#include "remote/protobuf.h"
#include "remote/read_request.h"
#include "remote/unpack.h"

#include <errno.h>
#include <inttypes.h>

#define UNPACKED_MOST (1 << 20)		/* bytes of a request: some matchers */
#define LOOKS_A_CHECK 64		/* series, until it is looked whether anybody still waits */

/* Fields of the messages of the answer. */
enum { RESPONSE_RESULT = 1, RESULT_SERIES = 1, SERIES_LABEL = 1, SERIES_SAMPLE = 2, LABEL_FIELD_NAME = 1, LABEL_FIELD_VALUE = 2,
       SAMPLE_VALUE = 1, SAMPLE_AT = 2 };

struct reading {
	const struct service_read *read;
	struct store *store;
	kymo_ms now;
	struct buf series, result, *out;
};

/* ---- writing ---- */

static void put_bytes(struct buf *out, uint32_t field, const void *data, size_t n)
{
	buf_add_varint(out, PROTOBUF_TAG(field, WIRE_BYTES));
	buf_add_varint(out, n);
	if (n)
		buf_add(out, data, n);
}

static size_t varint_size(uint64_t v)
{
	size_t n = 1;

	while (v >>= 7)
		n++;
	return n;
}

/* Zeros are left out, as proto3 does; -0 is none. */
static void put_sample(struct buf *out, kymo_ms at, double value)
{
	uint64_t bits = value_bits(value);
	size_t n = (bits ? 1 + sizeof bits : 0) + (at ? 1 + varint_size((uint64_t)at) : 0);

	buf_add_varint(out, PROTOBUF_TAG(SERIES_SAMPLE, WIRE_BYTES));
	buf_add_varint(out, n);
	if (bits) {
		buf_add_u8(out, PROTOBUF_TAG(SAMPLE_VALUE, WIRE_FIXED64));
		buf_add_u64(out, bits);
	}
	if (at) {
		buf_add_u8(out, PROTOBUF_TAG(SAMPLE_AT, WIRE_VARINT));
		buf_add_varint(out, (uint64_t)at);
	}
}

static void put_labels(struct buf *out, struct labels labels)
{
	struct label label;
	uint32_t at = 0;

	while (labels_next(labels, &at, &label)) {
		size_t name = 1 + varint_size(label.name_len) + label.name_len, value = 1 + varint_size(label.value_len) + label.value_len;

		buf_add_varint(out, PROTOBUF_TAG(SERIES_LABEL, WIRE_BYTES));
		buf_add_varint(out, name + value);
		put_bytes(out, LABEL_FIELD_NAME, label.name, label.name_len);
		put_bytes(out, LABEL_FIELD_VALUE, label.value, label.value_len);
	}
}

/* A window as its last value, and the mark that it ends with. */
static void put_record(struct buf *out, const struct piece *piece, uint32_t i)
{
	if (piece->count[i])
		put_sample(out, piece->last_at[i], piece->last[i]);
	if (piece->flags && piece->flags[i] & RECORD_ENDED)
		put_sample(out, piece->at[i], value_stale());
}

static void put_piece(struct buf *out, const struct piece *piece)
{
	for (uint32_t i = 0; i < piece->n; i++) {
		if (piece->values)
			put_sample(out, piece->at[i], piece->values[i]);
		else
			put_record(out, piece, i);
	}
}

/* ---- reading ---- */

static int over(const struct reading *reading, struct error *err)
{
	size_t held = reading->series.len + reading->result.len + reading->out->len;

	if (buf_failed(&reading->series) || buf_failed(&reading->result) || buf_failed(reading->out))
		return error_set(err, -ENOMEM, "out of memory");
	if (!reading->read->memory || held <= reading->read->memory)
		return 0;
	return error_set(err, -E2BIG, "the samples need more than %" PRIu64 " bytes of memory (query.memory): ask for a shorter range or fewer series",
			 reading->read->memory);
}

static int read_series(struct reading *reading, struct stitch *stitch, const struct series_view *view, struct error *err)
{
	struct piece piece;
	size_t labels;
	int r;

	buf_clear(&reading->series);
	put_labels(&reading->series, view->labels);
	labels = reading->series.len;
	while ((r = stitch_piece(stitch, &piece)) > 0) {
		put_piece(&reading->series, &piece);
		if ((r = over(reading, err)) < 0)
			return r;
	}
	if (r < 0)
		return error_set(err, r, "%s", error_name(r));
	if (reading->series.len > labels)
		put_bytes(&reading->result, RESULT_SERIES, reading->series.data, reading->series.len);
	return over(reading, err);
}

static bool is_cancelled(const struct service_read *read)
{
	return read->is_cancelled && read->is_cancelled(read->cancel_data);
}

static int read_all(struct reading *reading, struct stitch *stitch, struct error *err)
{
	const struct series_view *view;
	uint32_t n = 0;
	int r;

	while ((r = stitch_next(stitch, &view)) > 0) {
		if (++n % LOOKS_A_CHECK == 0 && is_cancelled(reading->read))
			return error_set(err, -ECANCELED, "query was canceled: nobody waits for its answer any more");
		if ((r = read_series(reading, stitch, view, err)) < 0)
			return r;
	}
	return r < 0 ? error_set(err, r, "%s", error_name(r)) : 0;
}

/* Both ends of a query belong to it; a plan is open at its start. */
static int plan_query(const struct reading *reading, const struct read_query *query, struct plan *plan)
{
	struct plan_request request = { .rule = PLAN_RAW_FIRST, .now = reading->now };
	struct store_coverage coverage;

	request.start = query->start > INT64_MIN / 4 ? query->start - 1 : INT64_MIN / 4;
	request.end = query->end < INT64_MAX / 4 ? query->end : INT64_MAX / 4;
	store_coverage_of(reading->store, query->matchers, query->n, &coverage);
	return plan_make(&coverage, &request, plan);
}

static int read_query(struct reading *reading, const struct read_query *query, struct error *err)
{
	struct plan plan;
	struct stitch_request request = { .matchers = query->matchers, .n_matchers = query->n, .plan = &plan,
					  .wants = WANT_COUNT | WANT_LAST | WANT_ENDS };
	AUTO(stitch) stitch = NULL;
	int r;

	buf_clear(&reading->result);
	if (query->end >= query->start) {
		r = plan_query(reading, query, &plan);
		if (r < 0)
			return error_set(err, r, "%s", error_name(r));
		r = stitch_open(reading->store, &request, &stitch, err);
		if (r == 0)
			r = read_all(reading, stitch, err);
		if (r < 0)
			return r;
	}
	put_bytes(reading->out, RESPONSE_RESULT, reading->result.data, reading->result.len);
	return 0;
}

static int read_queries(struct kymo *kymo, const struct service_read *read, const struct read_request *wanted, struct buf *out,
			struct error *err)
{
	struct reading reading = { .read = read, .store = service_store(kymo), .now = service_now(kymo), .out = out };
	int r = 0;

	if (!wanted->wants_samples)
		return error_set(err, -EINVAL, "none of the requested response types is spoken: it is SAMPLES");
	for (uint32_t i = 0; r == 0 && i < wanted->n; i++)
		r = read_query(&reading, &wanted->queries[i], err);
	if (r == 0)
		r = over(&reading, err);
	buf_fini(&reading.series);
	buf_fini(&reading.result);
	return r;
}

int service_remote_read(struct kymo *kymo, const struct service_read *read, struct buf *out, struct error *err)
{
	struct read_request wanted = { 0 };
	AUTO_BUF unpacked = { 0 }, answer = { 0 };
	int r = unpack_snappy(read->body, read->n, UNPACKED_MOST, &unpacked, err);

	if (r == 0)
		r = read_request_read(&wanted, unpacked.data, unpacked.len, err);
	if (r == 0)
		r = read_queries(kymo, read, &wanted, &answer, err);
	if (r == 0 && pack_snappy(answer.data, answer.len, out) < 0)
		r = error_set(err, -ENOMEM, "out of memory");
	read_request_fini(&wanted);
	return r == -EFBIG || r == -EBADMSG ? -EINVAL : r;
}
