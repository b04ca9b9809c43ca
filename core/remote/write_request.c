/* SPDX-License-Identifier: MIT */
/*
 * write_request.c - the fields, from prometheus/prompb/{remote,types}.proto:
 *
 *	WriteRequest	1 timeseries, 3 metadata
 *	TimeSeries	1 labels, 2 samples, 3 exemplars, 4 histograms
 *	Sample		1 value (double), 2 timestamp (int64, ms)
 *
 * Every sender puts the labels of a series in front of its samples, so they are one
 * run of bytes. Protobuf allows any order: a body where it is not so is written
 * anew that way, and read again.
 */
#include "remote/write_request.h"

#include "remote/protobuf.h"

#include <errno.h>
#include <stdlib.h>

enum { REQUEST_SERIES = 1, REQUEST_METADATA = 3 };
enum { SERIES_LABELS = 1, SERIES_SAMPLES, SERIES_EXEMPLARS, SERIES_HISTOGRAMS };
enum { SAMPLE_VALUE = 1, SAMPLE_TIME };

#define LABEL_TAG PROTOBUF_TAG(SERIES_LABELS, WIRE_BYTES)
#define SAMPLE_TAG PROTOBUF_TAG(SERIES_SAMPLES, WIRE_BYTES)
#define VALUE_TAG PROTOBUF_TAG(SAMPLE_VALUE, WIRE_FIXED64)
#define TIME_TAG PROTOBUF_TAG(SAMPLE_TIME, WIRE_VARINT)

/* Gives up when labels stand behind samples. */
#define SCATTERED (-EAGAIN)

void write_request_fini(struct write_request *request)
{
	free(request->series);
	free(request->refs);
	free(request->values);
	free(request->times);
	buf_fini(&request->straight);
	*request = (struct write_request){ 0 };
}

static int grow_series(struct write_request *request)
{
	uint32_t room = request->room_series ? request->room_series * 2 : 1024;
	struct wire_series *series = realloc(request->series, room * sizeof *series);

	if (!series)
		return -ENOMEM;
	request->series = series;
	request->room_series = room;
	return 0;
}

static int grow_samples(struct write_request *request)
{
	uint32_t room = request->room ? request->room * 2 : 1024;
	series_ref *refs;
	double *values;
	kymo_ms *times;

	if (room > WRITE_SAMPLES_MOST)
		return -E2BIG;
	if ((refs = realloc(request->refs, room * sizeof *refs)))
		request->refs = refs;
	if ((values = realloc(request->values, room * sizeof *values)))
		request->values = values;
	if ((times = realloc(request->times, room * sizeof *times)))
		request->times = times;
	if (!refs || !values || !times)
		return -ENOMEM;
	request->room = room;
	return 0;
}

int write_request_reserve(struct write_request *request)
{
	int r = request->n_series == request->room_series ? grow_series(request) : 0;

	return r == 0 && request->n == request->room ? grow_samples(request) : r;
}

/* ---- one sample ---- */

/* What is left out is zero. */
static bool read_sample(struct protobuf message, double *value, kymo_ms *at)
{
	struct protobuf_field field;

	*value = 0;
	*at = 0;
	while (protobuf_next(&message, &field)) {
		if (field.number == SAMPLE_VALUE && field.wire == WIRE_FIXED64)
			*value = value_of_bits(field.value);
		else if (field.number == SAMPLE_TIME && field.wire == WIRE_VARINT)
			*at = (kymo_ms)field.value;
		else if (field.number <= SAMPLE_TIME)
			return false;
	}
	return !message.bad;
}

/* As everybody writes it: the value, then the time. */
static bool read_plain_sample(struct protobuf message, double *value, kymo_ms *at)
{
	if (protobuf_left(&message) < 11 || message.at[0] != VALUE_TAG || message.at[9] != TIME_TAG)
		return false;
	memcpy(value, message.at + 1, sizeof *value);
	message.at += 10;
	*at = (kymo_ms)protobuf_varint(&message);
	return !message.bad && message.at == message.end;
}

static int take_sample(struct write_request *request, struct protobuf message)
{
	uint32_t i = request->n;
	int r;

	if (i == request->room && (r = grow_samples(request)) < 0)
		return r;
	if (!read_plain_sample(message, &request->values[i], &request->times[i]) &&
	    !read_sample(message, &request->values[i], &request->times[i]))
		return -EBADMSG;
	request->n++;
	return 0;
}

/* ---- one series ---- */

/* The message behind a tag that was looked at. */
static bool take_message(struct protobuf *message, struct protobuf *inner)
{
	uint64_t size;

	message->at++;
	size = protobuf_varint(message);
	if (message->bad || size > protobuf_left(message))
		return false;
	*inner = protobuf_of(message->at, (size_t)size);
	message->at += size;
	return true;
}

/* Past the labels that stand in front: mostly short ones, with a length of one byte. */
static bool skip_labels(struct protobuf *message)
{
	const uint8_t *at = message->at, *end = message->end;
	struct protobuf label;

	while (end - at >= 2 && at[0] == LABEL_TAG && at[1] < 0x80 && at[1] <= end - at - 2)
		at += 2 + at[1];
	message->at = at;
	while (message->at < message->end && *message->at == LABEL_TAG)
		if (!take_message(message, &label))
			return false;
	return true;
}

static int take_other_field(struct write_request *request, struct protobuf *message)
{
	struct protobuf_field field;

	if (!protobuf_next(message, &field))
		return -EBADMSG;
	if (field.number == SERIES_SAMPLES || (field.number == SERIES_LABELS && field.wire != WIRE_BYTES))
		return -EBADMSG;
	if (field.number == SERIES_LABELS)
		return SCATTERED;
	request->exemplars += field.number == SERIES_EXEMPLARS;
	request->histograms += field.number == SERIES_HISTOGRAMS;
	return 0;
}

static int take_samples(struct write_request *request, struct protobuf *message)
{
	int r = 0;

	while (r == 0 && message->at < message->end) {
		struct protobuf sample;

		if (*message->at != SAMPLE_TAG)
			r = take_other_field(request, message);
		else
			r = take_message(message, &sample) ? take_sample(request, sample) : -EBADMSG;
	}
	return r;
}

static int take_series(struct write_request *request, const struct ref_cache *cache, const uint8_t *data, size_t n)
{
	struct protobuf message = protobuf_of(data, n);
	struct wire_series *series;
	int r;

	if (request->n_series == request->room_series && (r = grow_series(request)) < 0)
		return r;
	if (!skip_labels(&message))
		return -EBADMSG;
	series = &request->series[request->n_series];
	*series = (struct wire_series){ .labels = data, .size = (uint32_t)(message.at - data), .first = request->n };
	r = take_samples(request, &message);
	series->n = request->n - series->first;
	if (r < 0 || !series->n)
		return r;
	series->key = ref_cache_key(cache, series->labels, series->size);
	request->n_series++;
	return 0;
}

/* ---- a body ---- */

static int take_field(struct write_request *request, const struct ref_cache *cache, const struct protobuf_field *field)
{
	if (field->number != REQUEST_SERIES && field->number != REQUEST_METADATA)
		return 0;
	if (field->wire != WIRE_BYTES)
		return -EBADMSG;
	if (field->number == REQUEST_SERIES)
		return take_series(request, cache, field->data, field->size);
	request->metadata++;
	return 0;
}

static int read_body(struct write_request *request, const struct ref_cache *cache, size_t *at)
{
	struct protobuf message = protobuf_of(request->body, request->size);
	struct protobuf_field field;
	int r = 0;

	request->n_series = request->n = 0;
	request->metadata = request->exemplars = request->histograms = 0;
	*at = 0;
	while (r == 0 && protobuf_next(&message, &field)) {
		r = take_field(request, cache, &field);
		if (r == 0)
			*at = (size_t)(message.at - request->body);
	}
	return r == 0 && message.bad ? -EBADMSG : r;
}

/* The labels of a series, or all the rest of it, as they stood. */
static bool add_part(struct protobuf message, bool labels, struct buf *out)
{
	const uint8_t *begin = message.at;
	struct protobuf_field field;

	for (; protobuf_next(&message, &field); begin = message.at)
		if ((field.number == SERIES_LABELS) == labels)
			buf_add(out, begin, (size_t)(message.at - begin));
	return !message.bad;
}

/* Tags and lengths written shortest take no more than they did. */
static int straighten(struct write_request *request)
{
	struct protobuf message = protobuf_of(request->body, request->size);
	struct buf *out = &request->straight;
	struct protobuf_field field;
	AUTO_BUF one = { 0 };

	buf_clear(out);
	while (protobuf_next(&message, &field)) {
		buf_clear(&one);
		if (field.number != REQUEST_SERIES && field.number != REQUEST_METADATA)
			continue;
		if (field.wire != WIRE_BYTES)
			return -EBADMSG;
		if (field.number == REQUEST_METADATA)
			buf_add(&one, field.data, field.size);
		else if (!add_part(protobuf_of(field.data, field.size), true, &one) ||
			 !add_part(protobuf_of(field.data, field.size), false, &one))
			return -EBADMSG;
		buf_add_u8(out, (uint8_t)PROTOBUF_TAG(field.number, WIRE_BYTES));
		buf_add_string(out, (const char *)one.data, one.len);
		if (buf_failed(&one))
			return -ENOMEM;
	}
	return message.bad ? -EBADMSG : buf_failed(out) ? -ENOMEM : 0;
}

static int complain(int r, size_t at, struct error *err)
{
	if (r == -E2BIG)
		return error_set(err, r, "more than %u samples in one request", WRITE_SAMPLES_MOST);
	if (r == -EBADMSG)
		return error_set(err, r, "the body is no remote write 1.0 request: it is damaged behind byte %zu of the unpacked message",
				 at);
	return r < 0 ? error_set(err, r, "out of memory") : 0;
}

int write_request_read(struct write_request *request, const struct ref_cache *cache, const uint8_t *body, size_t n,
		       struct error *err)
{
	size_t at = 0;
	int r;

	if (n > UINT32_MAX)
		return error_set(err, -E2BIG, "a message of %zu bytes", n);
	request->body = body;
	request->size = n;
	r = read_body(request, cache, &at);
	if (r == SCATTERED) {
		r = straighten(request);
		request->body = request->straight.data;
		request->size = request->straight.len;
		if (r == 0)
			r = read_body(request, cache, &at);
		if (r == SCATTERED)
			r = -EBADMSG;
	}
	return complain(r, at, err);
}

int write_request_each_metadata(const struct write_request *request,
				int (*each)(void *data, const uint8_t *message, size_t n), void *data)
{
	struct protobuf message = protobuf_of(request->body, request->size);
	struct protobuf_field field;
	int r = 0;

	if (!request->metadata)
		return 0;
	while (r == 0 && protobuf_next(&message, &field))
		if (field.number == REQUEST_METADATA)
			r = each(data, field.data, field.size);
	return r;
}
