/* SPDX-License-Identifier: MIT */
/*
 * text_fuzz.c - any bytes as Prometheus text and as OpenMetrics. Whatever is taken has
 * series with canonical labels, and is taken too when it comes a line at a time.
 */
#include "text/parser.h"
#include "util/check.h"

#include "driver.h"

static const struct label_limits limits = { 64, 256, 4096 };

static int look(void *data, const struct text_sample *sample)
{
	struct label items[LABELS_MOST + 1];
	AUTO_BUF scratch = { 0 }, bytes = { 0 };
	uint64_t *samples = data;
	uint32_t n;

	CHECK(text_series_labels(sample->series, sample->series_n, &scratch, items, &n) == 0, "%.*s", (int)sample->series_n, sample->series);
	CHECK(labels_check(items, n, &limits, NULL) == 0, "%.*s", (int)sample->series_n, sample->series);
	CHECK(labels_encode(items, n, &bytes) == 0, "%.*s", (int)sample->series_n, sample->series);
	CHECK(labels_sound((struct labels){ bytes.data, (uint32_t)bytes.len }), "n=%u", n);
	++*samples;
	return 0;
}

static int parse(enum text_format format, const char *text, size_t n, bool by_line, uint64_t *samples)
{
	AUTO(text_parser) parser = text_parser_create(format, &limits);
	struct text_metadata metadata;
	int r = 0;

	CHECK(parser, "no memory");
	while (r == 0 && n) {
		const char *feed = by_line ? memchr(text, '\n', n) : NULL;
		size_t piece = feed ? (size_t)(feed - text) + 1 : n;

		r = text_parser_feed(parser, text, piece, look, samples, NULL);
		text += piece;
		n -= piece;
	}
	for (uint32_t i = 0; i < text_parser_families(parser); i++)
		CHECK(text_parser_family(parser, i, &metadata) == 0 && metadata.name[0], "i=%u", i);
	return r == 0 ? text_parser_end(parser, NULL) : r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int format = TEXT_PROMETHEUS; format <= TEXT_OPENMETRICS; format++) {
		uint64_t whole = 0, lines = 0;
		int r = parse((enum text_format)format, (const char *)data, size, false, &whole);
		int again = parse((enum text_format)format, (const char *)data, size, true, &lines);

		CHECK((r == 0) == (again == 0) && (r < 0 || whole == lines), "%d and %d", r, again);
	}
	return 0;
}
