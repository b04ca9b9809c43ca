/* SPDX-License-Identifier: MIT */
/*
 * batch.c - a column of keys and a column of values. Emitting is a bound check
 * and a few copies; whatever is unusual is in functions of its own.
 */
#include "model/batch.h"
#include "util/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define KEEP_BYTES ((size_t)1 << 20)	/* memory below this is kept for the next collect */

void batch_init(struct kymo_batch *batch, size_t value_most, size_t bytes_most)
{
	*batch = (struct kymo_batch){ .value_most = value_most, .bytes_most = bytes_most };
}

static void drop_memory(struct kymo_batch *batch)
{
	free(batch->keys);
	free(batch->values);
	free(batch->times);
	free(batch->decimals);
	batch->decimals = NULL;
	batch->room_decimals = 0;
	batch->has_decimals = false;
	batch->keys = NULL;
	batch->values = NULL;
	batch->times = NULL;
	batch->keys_room = batch->keys_len = 0;
	batch->n = batch->room = 0;
}

void batch_fini(struct kymo_batch *batch)
{
	drop_memory(batch);
}

/* Once a collect was very large, memory for that much need not stay for ever. */
static void shrink(struct kymo_batch *batch)
{
	size_t room = batch->keys_room + batch->room * sizeof *batch->values;
	size_t used = batch->keys_len + batch->n * sizeof *batch->values;

	if (room > KEEP_BYTES && used < room / 8)
		drop_memory(batch);
}

void batch_begin(struct kymo_batch *batch, kymo_ms at, const uint16_t *n_labels, uint32_t n_metrics)
{
	shrink(batch);
	batch->at = at;
	batch->n = 0;
	batch->keys_len = 0;
	free(batch->times);
	batch->times = NULL;
	batch->has_decimals = false;
	batch->n_labels = n_labels;
	batch->n_metrics = n_metrics;
	memset(batch->refused, 0, sizeof batch->refused);
	batch->reason[0] = 0;
}

void batch_end(struct kymo_batch *batch)
{
	batch->more = NULL;
	batch->n_metrics = 0;
}

void batch_refuse(struct kymo_batch *batch, enum batch_refusal why, const char *format, ...)
{
	va_list args;

	batch->refused[why]++;
	if (batch->reason[0])
		return;
	va_start(args, format);
	vsnprintf(batch->reason, sizeof batch->reason, format, args);
	va_end(args);
}

uint64_t batch_refused(const struct kymo_batch *batch)
{
	uint64_t sum = 0;

	for (int i = 0; i < BATCH_REFUSALS; i++)
		sum += batch->refused[i];
	return sum;
}

/* ---- what is unusual ---- */

static bool known_after_all(struct kymo_batch *batch, uint32_t metric)
{
	if (batch->more)
		batch->more(batch->data, &batch->n_labels, &batch->n_metrics);
	if (metric < batch->n_metrics)
		return true;
	batch_refuse(batch, BATCH_UNDECLARED, "metric %u is not declared: there are %u", metric, batch->n_metrics);
	return false;
}

static bool grow_times(struct kymo_batch *batch, uint32_t room)
{
	kymo_ms *times = realloc(batch->times, room * sizeof *times);

	if (!times)
		return false;
	batch->times = times;
	return true;
}

static bool grow_decimals(struct kymo_batch *batch, uint32_t room)
{
	uint8_t *decimals;

	if (room <= batch->room_decimals)
		return true;
	decimals = realloc(batch->decimals, room);
	if (!decimals)
		return false;
	batch->decimals = decimals;
	batch->room_decimals = room;
	return true;
}

static bool grow_values(struct kymo_batch *batch)
{
	uint32_t room = batch->room ? 2 * batch->room : 16;
	double *values;

	if ((size_t)room * sizeof *values > 2 * batch->bytes_most)
		return false;
	if (batch->times && !grow_times(batch, room))
		return false;
	if (batch->has_decimals && !grow_decimals(batch, room))
		return false;
	values = realloc(batch->values, room * sizeof *values);
	if (!values)
		return false;
	batch->values = values;
	batch->room = room;
	return true;
}

static bool grow_keys(struct kymo_batch *batch, size_t more)
{
	size_t room = batch->keys_room ? batch->keys_room : 256;
	uint8_t *keys;

	while (room - batch->keys_len < more)
		room *= 2;
	keys = realloc(batch->keys, room);
	if (!keys)
		return false;
	batch->keys = keys;
	batch->keys_room = room;
	return true;
}

/* Room for one sample with a key of that length? Under the limit, then in memory. */
static bool make_room(struct kymo_batch *batch, size_t key_len)
{
	size_t used = batch->keys_len + batch->n * sizeof *batch->values;

	if (used + key_len + sizeof *batch->values > batch->bytes_most) {
		batch_refuse(batch, BATCH_LIMIT, "more than %zu bytes in one collect", batch->bytes_most);
		return false;
	}
	if ((batch->n == batch->room && !grow_values(batch)) ||
	    (batch->keys_room - batch->keys_len < key_len && !grow_keys(batch, key_len))) {
		batch_refuse(batch, BATCH_LIMIT, "out of memory");
		return false;
	}
	return true;
}

/* The first sample with a time of its own: all before it have that of the batch. */
static bool begin_times(struct kymo_batch *batch)
{
	if (!grow_times(batch, batch->room)) {
		batch_refuse(batch, BATCH_LIMIT, "out of memory");
		return false;
	}
	for (uint32_t i = 0; i < batch->n; i++)
		batch->times[i] = batch->at;
	return true;
}

/* The first sample with decimals. Without memory nothing is known of them, which harms nobody. */
static void begin_decimals(struct kymo_batch *batch)
{
	if (!grow_decimals(batch, batch->room))
		return;
	memset(batch->decimals, 0, batch->n);
	batch->has_decimals = true;
}

/* ---- emit ---- */

static inline bool has_room(struct kymo_batch *batch, size_t key_len)
{
	size_t used = batch->keys_len + batch->n * sizeof *batch->values;

	if (UNLIKELY(batch->n == batch->room || batch->keys_room - batch->keys_len < key_len ||
		     used + key_len + sizeof *batch->values > batch->bytes_most))
		return make_room(batch, key_len);
	return true;
}

static inline uint8_t *put_u32(uint8_t *to, uint32_t v)
{
	memcpy(to, &v, sizeof v);
	return to + sizeof v;
}

/* Append the key with its labels. The lengths stand in the key before the bytes are checked for room. */
static bool add_labelled(struct kymo_batch *batch, uint32_t metric, const char *const labels[], uint32_t n)
{
	size_t begin = batch->keys_len;

	if (!has_room(batch, sizeof metric))
		return false;
	put_u32(batch->keys + begin, metric);
	batch->keys_len += sizeof metric;
	for (uint32_t i = 0; i < n; i++) {
		const char *value = labels && labels[i] ? labels[i] : "";
		size_t len = strnlen(value, batch->value_most + 1);

		if (UNLIKELY(len > batch->value_most)) {
			batch->keys_len = begin;
			batch_refuse(batch, BATCH_INVALID, "metric %u: a label value of more than %zu bytes",
				     metric, batch->value_most);
			return false;
		}
		if (!has_room(batch, sizeof(uint32_t) + len)) {
			batch->keys_len = begin;
			return false;
		}
		memcpy(put_u32(batch->keys + batch->keys_len, (uint32_t)len), value, len);
		batch->keys_len += sizeof(uint32_t) + len;
	}
	return true;
}

static inline bool add_key(struct kymo_batch *batch, uint32_t metric, const char *const labels[])
{
	if (batch->n_labels[metric])
		return add_labelled(batch, metric, labels, batch->n_labels[metric]);
	if (!has_room(batch, sizeof metric))
		return false;
	put_u32(batch->keys + batch->keys_len, metric);
	batch->keys_len += sizeof metric;
	return true;
}

static inline void emit(struct kymo_batch *batch, uint32_t metric, const char *const labels[], double value, uint8_t decimals,
			kymo_ms at)
{
	size_t begin = batch->keys_len;

	if (UNLIKELY(metric >= batch->n_metrics) && !known_after_all(batch, metric))
		return;
	if (!add_key(batch, metric, labels))
		return;
	if (UNLIKELY(at != 0) && !batch->times && !begin_times(batch)) {
		batch->keys_len = begin;
		return;
	}
	if (UNLIKELY(batch->times != NULL))
		batch->times[batch->n] = at ? at : batch->at;
	if (UNLIKELY(decimals) && !batch->has_decimals)
		begin_decimals(batch);
	if (UNLIKELY(batch->has_decimals))
		batch->decimals[batch->n] = decimals;
	batch->values[batch->n++] = value;
}

void batch_emit(struct kymo_batch *batch, uint32_t metric, const char *const labels[], double value, kymo_ms at)
{
	emit(batch, metric, labels, value, 0, at);
}

/*
 * Up to 2^53 and 10^22 both factors are doubles without rounding, so one product
 * or quotient rounds once. The rest goes through the text.
 */
double batch_decimal(int64_t mantissa, int32_t exponent)
{
	static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
					 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	const int64_t exact = INT64_C(1) << 53;
	char text[48];

	if (mantissa >= -exact && mantissa <= exact && exponent >= -22 && exponent <= 22)
		return exponent < 0 ? (double)mantissa / powers[-exponent] : (double)mantissa * powers[exponent];
	snprintf(text, sizeof text, "%llde%d", (long long)mantissa, exponent);
	return number_parse(text, NULL);
}

void batch_emit_decimal(struct kymo_batch *batch, uint32_t metric, const char *const labels[], int64_t mantissa,
			int32_t exponent, kymo_ms at)
{
	uint8_t decimals = exponent < 0 && exponent >= -BATCH_DECIMALS ? (uint8_t)-exponent : 0;

	emit(batch, metric, labels, batch_decimal(mantissa, exponent), decimals, at);
}

/* ---- reading ---- */

static uint32_t get_u32(const uint8_t *from)
{
	uint32_t v;

	memcpy(&v, from, sizeof v);
	return v;
}

/* A walk over what this file wrote: lengths are right. */
bool batch_next(const struct kymo_batch *batch, struct batch_cursor *cursor, struct batch_entry *entry)
{
	const uint8_t *key;
	size_t len = sizeof(uint32_t);

	if (cursor->i == batch->n)
		return false;
	key = batch->keys + cursor->at;
	entry->metric = get_u32(key);
	for (uint32_t i = 0; i < batch->n_labels[entry->metric]; i++)
		len += sizeof(uint32_t) + get_u32(key + len);
	entry->key = key;
	entry->key_len = len;
	entry->value = batch->values[cursor->i];
	entry->decimals = batch->has_decimals ? batch->decimals[cursor->i] : 0;
	entry->at = batch->times ? batch->times[cursor->i] : batch->at;
	cursor->at += len;
	cursor->i++;
	return true;
}

const char *batch_key_label(const uint8_t *key, size_t key_len, size_t *at, uint32_t *len)
{
	const char *value;

	if (*at == key_len)
		return NULL;
	*len = get_u32(key + *at);
	value = (const char *)key + *at + sizeof *len;
	*at += sizeof *len + *len;
	return value;
}
