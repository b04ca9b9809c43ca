/* SPDX-License-Identifier: MIT */
/* metadata.c - MetricMetadata of prometheus/prompb/types.proto: 1 type, 2 family name, 4 help, 5 unit. */
#include "remote/metadata.h"

#include "remote/protobuf.h"

#include <errno.h>
#include <stdlib.h>

enum { FIELD_TYPE = 1, FIELD_NAME = 2, FIELD_HELP = 4, FIELD_UNIT = 5 };
enum { WIRE_UNKNOWN, WIRE_COUNTER, WIRE_GAUGE, WIRE_HISTOGRAM, WIRE_GAUGE_HISTOGRAM, WIRE_SUMMARY, WIRE_INFO, WIRE_STATESET,
       WIRE_TYPES };

/* Which metrics there are of a family called X. */
static const struct {
	struct {
		const char *suffix;	/* NULL: no more */
		uint32_t type;
	} part[4];
} families[WIRE_TYPES] = {
	[WIRE_UNKNOWN] = { { { "", KYMO_UNTYPED } } },
	[WIRE_COUNTER] = { { { "", KYMO_COUNTER } } },
	[WIRE_GAUGE] = { { { "", KYMO_GAUGE } } },
	[WIRE_HISTOGRAM] = { { { "_bucket", KYMO_COUNTER }, { "_sum", KYMO_COUNTER }, { "_count", KYMO_COUNTER } } },
	[WIRE_GAUGE_HISTOGRAM] = { { { "_bucket", KYMO_GAUGE }, { "_gsum", KYMO_GAUGE }, { "_gcount", KYMO_GAUGE } } },
	[WIRE_SUMMARY] = { { { "", KYMO_SUMMARY }, { "_sum", KYMO_COUNTER }, { "_count", KYMO_COUNTER } } },
	[WIRE_INFO] = { { { "_info", KYMO_GAUGE } } },
	[WIRE_STATESET] = { { { "", KYMO_GAUGE } } },
};

struct telling {
	struct store *store;
	const struct label_limits *limits;
	struct metadata_told *told;
};

struct family {
	uint64_t type;
	struct buf name, help, unit;
};

static bool read_family(struct protobuf message, struct family *family)
{
	struct protobuf_field field;

	while (protobuf_next(&message, &field)) {
		struct buf *text = field.number == FIELD_NAME ? &family->name : field.number == FIELD_HELP ? &family->help :
				   field.number == FIELD_UNIT ? &family->unit : NULL;

		if (field.number == FIELD_TYPE && field.wire == WIRE_VARINT)
			family->type = field.value;
		if (!text)
			continue;
		if (field.wire != WIRE_BYTES)
			return false;
		buf_clear(text);
		buf_add(text, field.data, field.size);
	}
	return !message.bad;
}

int metadata_tell_part(const struct metadata_part *part, struct store *store, const struct label_limits *limits)
{
	struct kymo_metric metric = { .type = part->type, .unit = part->unit, .help = part->help };
	struct error err = { 0 };
	AUTO_BUF name = { 0 };
	int r;

	buf_add_text(&name, part->name);
	buf_add_text(&name, part->suffix);
	metric.name = buf_text(&name);
	if (!metric.name)
		return -ENOMEM;
	r = metric_check(&metric, limits, &err);
	if (r == 0)
		r = store_metric_hint(store, &metric);
	error_clear(&err);
	return r == -ENOMEM ? r : r < 0 ? -EINVAL : 0;
}

static int tell_family(const struct telling *telling, struct family *family)
{
	struct metadata_part part = { .name = buf_text(&family->name), .unit = buf_text(&family->unit), .help = buf_text(&family->help) };
	int r = 0;

	if (!part.name || !part.unit || !part.help)
		return -ENOMEM;
	if (!family->name.len || memchr(part.name, 0, family->name.len) || family->type >= WIRE_TYPES)
		return -EINVAL;
	for (uint32_t i = 0; families[family->type].part[i].suffix && r == 0; i++) {
		part.suffix = families[family->type].part[i].suffix;
		part.type = families[family->type].part[i].type;
		r = metadata_tell_part(&part, telling->store, telling->limits);
	}
	return r;
}

static int tell(void *data, const uint8_t *message, size_t n)
{
	const struct telling *telling = data;
	struct family family = { 0 };
	int r = read_family(protobuf_of(message, n), &family) ? tell_family(telling, &family) : -EINVAL;

	telling->told->told += r == 0;
	telling->told->refused += r == -EINVAL;
	buf_fini(&family.name);
	buf_fini(&family.help);
	buf_fini(&family.unit);
	return r == -ENOMEM ? r : 0;
}

int metadata_tell(const struct write_request *request, struct store *store, const struct label_limits *limits,
		  struct metadata_told *told)
{
	struct telling telling = { store, limits, told };

	return write_request_each_metadata(request, tell, &telling);
}
