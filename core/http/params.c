/* SPDX-License-Identifier: MIT */
/* params.c - see params.h. A body is copied once, and decoded in the copy. */
#include "http/params.h"

#include "util/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int bad_escape(const char *at, const char *end, struct error *err)
{
	AUTO_BUF quoted = { 0 };
	struct json json = json_to(&quoted);

	json_string(&json, at, (size_t)(end - at < 3 ? end - at : 3));
	return error_set(err, -EINVAL, "error parsing form values: invalid URL escape %s", buf_text(&quoted));
}

/* Decodes [from, end) in place and NUL-ends it; the byte at end is there. */
static int decode(char *from, char *end, struct error *err)
{
	char *begin = from, *to = from;

	for (; from < end; from++) {
		if (*from != '%') {
			*to++ = *from == '+' ? ' ' : *from;
			continue;
		}
		if (end - from < 3 || hex_digit(from[1]) < 0 || hex_digit(from[2]) < 0)
			return bad_escape(from, end, err);
		*to++ = (char)(hex_digit(from[1]) << 4 | hex_digit(from[2]));
		from += 2;
	}
	*to = '\0';
	if (!utf8_valid(begin, (size_t)(to - begin)))
		return error_set(err, -EINVAL, "a parameter is not UTF-8");
	return 0;
}

/* One "name=value" of [at, end); the byte at end is there and may be overwritten. */
static int read_pair(struct params *params, char *at, char *end, struct error *err)
{
	char *equals = memchr(at, '=', (size_t)(end - at)), *value = equals ? equals + 1 : end;
	int r = decode(at, equals ? equals : end, err);

	if (r == 0 && equals)
		r = decode(value, end, err);
	if (r == 0)
		params->items[params->n++] = (struct parameter){ at, equals ? value : "" };
	return r;
}

static uint32_t count_pairs(const struct buf *body)
{
	uint32_t n = 1;

	for (size_t i = 0; i < body->len && n <= PARAMS_MOST; i++)
		n += body->data[i] == '&';
	return n;
}

static int read_body(struct params *params, struct error *err)
{
	const struct buf *body = &params->request->body;
	uint32_t n = count_pairs(body);
	char *at, *end, *last;
	int r = 0;

	if (n > PARAMS_MOST)
		return error_set(err, -EINVAL, "more than %d parameters in the body", PARAMS_MOST);
	params->text = malloc(body->len + 1);
	params->items = calloc(n, sizeof *params->items);
	if (!params->text || !params->items)
		return error_set(err, -ENOMEM, "out of memory");
	memcpy(params->text, body->data, body->len);
	last = params->text + body->len;
	*last = '&';
	for (at = params->text; r == 0 && at < last; at = end + 1) {
		end = rawmemchr(at, '&');
		if (end > at)
			r = read_pair(params, at, end, err);
	}
	return r;
}

/* "application/x-www-form-urlencoded", with anything behind a semicolon. */
static bool is_form(const struct request *request)
{
	static const char form[] = "application/x-www-form-urlencoded";
	const char *type = request->content_type;
	size_t n = sizeof form - 1;

	return (!strcmp(request->method, "POST") || !strcmp(request->method, "PUT")) && request->body.len && type && !strncasecmp(type, form, n) &&
	       (!type[n] || type[n] == ';' || type[n] == ' ');
}

int params_read(struct params *params, const struct request *request, struct error *err)
{
	*params = (struct params){ .request = request };
	return is_form(request) ? read_body(params, err) : 0;
}

void params_fini(struct params *params)
{
	free(params->text);
	free(params->items);
	*params = (struct params){ 0 };
}

const char *params_next(const struct params *params, const char *name, uint32_t *at)
{
	const struct request *request = params->request;

	for (; *at < params->n + request->n_parameters; (*at)++) {
		const struct parameter *item = *at < params->n ? &params->items[*at] : &request->parameters[*at - params->n];

		if (!strcmp(item->name, name)) {
			(*at)++;
			return item->value;
		}
	}
	return NULL;
}

const char *params_get(const struct params *params, const char *name)
{
	uint32_t at = 0;
	const char *value = params_next(params, name, &at);

	return value ? value : "";
}
