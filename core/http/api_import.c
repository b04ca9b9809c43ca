/* SPDX-License-Identifier: MIT */
/*
 * api_import.c - POST /api/v1/import/prometheus: text with samples, as programs show it
 * on /metrics. What it means is text/ and remote/; here are the headers that say how it
 * is written, and the parameters, which are those of VictoriaMetrics.
 */
#include "http/route.h"

#include <errno.h>
#include <strings.h>

#define SPOKEN "taken are text/plain and application/openmetrics-text; version=1.0.0, as they are or with Content-Encoding gzip or zstd"
#define WORD 64

/* ---- Content-Type ---- */

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

/* A word up to one of `ends`, without blanks around and quotes; cut when it is too long to be known. */
static const char *take_word(const char *at, const char *ends, char word[WORD])
{
	const char *end, *begin = skip_blanks(at), *last;
	size_t n;

	end = last = begin + strcspn(begin, ends);
	while (last > begin && (last[-1] == ' ' || last[-1] == '\t'))
		last--;
	if (last - begin >= 2 && *begin == '"' && last[-1] == '"') {
		begin++;
		last--;
	}
	n = last - begin < WORD - 1 ? (size_t)(last - begin) : WORD - 1;
	memcpy(word, begin, n);
	word[n] = '\0';
	return end;
}

static bool version_fits(enum text_format format, const char *version)
{
	if (!strcmp(version, "1.0.0"))
		return true;
	return !strcmp(version, format == TEXT_OPENMETRICS ? "0.0.1" : "0.0.4");
}

/* version and charset say what is spoken; others, such as escaping, change nothing of it. */
static bool parameters_fit(enum text_format format, const char *at)
{
	char name[WORD], value[WORD];

	while (*at == ';') {
		at = take_word(at + 1, "=;", name);
		value[0] = '\0';
		if (*at == '=')
			at = take_word(at + 1, ";", value);
		if (!strcasecmp(name, "version") && !version_fits(format, value))
			return false;
		if (!strcasecmp(name, "charset") && strcasecmp(value, "utf-8") != 0)
			return false;
	}
	return true;
}

static bool read_type(const char *type, enum text_format *format)
{
	char name[WORD];

	*format = TEXT_PROMETHEUS;
	if (!type)
		return true;
	type = take_word(type, ";", name);
	if (!strcasecmp(name, "application/openmetrics-text"))
		*format = TEXT_OPENMETRICS;
	else if (strcasecmp(name, "text/plain") != 0)
		return false;
	return parameters_fit(*format, type);
}

static bool read_encoding(const char *encoding, enum packing *packing)
{
	char name[WORD];

	*packing = PACKED_NOT;
	if (!encoding)
		return true;
	take_word(encoding, "", name);
	if (!strcasecmp(name, "gzip") || !strcasecmp(name, "x-gzip"))
		*packing = PACKED_GZIP;
	else if (!strcasecmp(name, "zstd"))
		*packing = PACKED_ZSTD;
	else if (*name && strcasecmp(name, "identity") != 0)
		return false;
	return true;
}

static bool is_spoken(const struct request *request, struct response *response, struct text_import *how)
{
	const char *type = request->content_type;
	bool form = type && !strncasecmp(type, "application/x-www-form-urlencoded", 33);

	if (!read_type(type, &how->format))
		response_error(response, 415, "Content-Type \"%.100s\" is not taken%s; " SPOKEN, type,
			       form ? " (of curl: use --data-binary and -H 'Content-Type: text/plain')" : "");
	else if (!read_encoding(request->content_encoding, &how->packing))
		response_error(response, 415, "Content-Encoding \"%.100s\" is not taken; " SPOKEN, request->content_encoding);
	else
		return true;
	return false;
}

/* ---- parameters ---- */

struct import {
	struct text_import how;
	struct label extra[REQUEST_PARAMETERS];
};

static int add_extra(struct import *import, const char *text, struct error *err)
{
	const char *equals = strchr(text, '=');
	struct label *extra = &import->extra[import->how.n_extra];

	if (!equals || equals == text)
		return error_set(err, -EINVAL, "extra_label: \"%.100s\" is not name=value", text);
	*extra = (struct label){ text, equals + 1, (uint32_t)(equals - text), (uint32_t)strlen(equals + 1) };
	if (text_equal(extra->name, extra->name_len, LABEL_NAME))
		return error_set(err, -EINVAL, "extra_label: " LABEL_NAME " is the name of the metric, which the text gives");
	for (uint32_t i = 0; i < import->how.n_extra; i++)
		if (import->extra[i].name_len == extra->name_len && !memcmp(import->extra[i].name, extra->name, extra->name_len))
			return error_set(err, -EINVAL, "extra_label: %.*s stands twice", (int)extra->name_len, extra->name);
	import->how.n_extra++;
	return 0;
}

static int read_timestamp(const char *text, kymo_ms *at, struct error *err)
{
	long long v;
	char *end;

	errno = 0;
	v = strtoll(text, &end, 10);
	if (errno || end == text || *end || !strchr("-0123456789", *text))
		return error_set(err, -EINVAL, "timestamp: \"%.100s\" is not a time in milliseconds since 1970", text);
	*at = v;
	return 0;
}

static int read_parameters(const struct request *request, struct import *import, struct error *err)
{
	static const char *const allowed[] = { "extra_label", "timestamp", NULL };
	static const char *const repeated[] = { "extra_label", NULL };
	int r = request_check_parameters(request, allowed, repeated, err);

	import->how.at = service_now(request->kymo);
	import->how.extra = import->extra;
	for (uint32_t i = 0; i < request->n_parameters && r == 0; i++) {
		const struct parameter *parameter = &request->parameters[i];

		if (!strcmp(parameter->name, "timestamp"))
			r = read_timestamp(parameter->value, &import->how.at, err);
		else
			r = add_extra(import, parameter->value, err);
	}
	return r;
}

int api_import(const struct request *request, struct response *response, struct error *err)
{
	struct import import = { 0 };
	int r;

	if (!request->write) {
		response_error(response, 403, "writing is off (`http: {write: true}` in the configuration turns it on)");
		return 0;
	}
	if (!is_spoken(request, response, &import.how))
		return 0;
	if ((r = read_parameters(request, &import, err)) < 0)
		return r;
	r = receiver_import(service_receiver(request->kymo), &import.how, request->body.data, request->body.len, err);
	if (r == 0)
		response->status = 204;
	return r < 0 ? write_refused(response, r, err) : 0;
}
