/* SPDX-License-Identifier: MIT */
/* request.c - reading parameters, and answers that say what went wrong. */
#include "http/request.h"

#include "util/duration.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

const char *request_parameter(const struct request *request, const char *name)
{
	for (uint32_t i = 0; i < request->n_parameters; i++)
		if (!strcmp(request->parameters[i].name, name))
			return request->parameters[i].value;
	return NULL;
}

static bool among(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

static void list_names(const char *const *names, struct buf *out)
{
	for (uint32_t i = 0; names[i]; i++)
		buf_printf(out, "%s%s", i ? ", " : "", names[i]);
}

int request_check_parameters(const struct request *request, const char *const *allowed, struct error *err)
{
	unsigned before = err->count;
	AUTO_BUF list = { 0 };

	list_names(allowed, &list);
	for (uint32_t i = 0; i < request->n_parameters; i++)
		if (!among(request->parameters[i].name, allowed))
			error_set(err, -EINVAL, "unknown parameter \"%s\" (allowed: %s)", request->parameters[i].name,
				  buf_text(&list) ? buf_text(&list) : "");
	return err->count == before ? 0 : -EINVAL;
}

static void put_error(struct response *response, unsigned status, const char *text)
{
	struct json json = json_to(&response->body);

	buf_clear(&response->body);
	response->status = status;
	response->content_type = "application/json";
	json_object(&json);
	json_put_text(&json, "error", text);
	json_put_unsigned(&json, "status", status);
	json_end(&json);
}

void response_error(struct response *response, unsigned status, const char *format, ...)
{
	AUTO_BUF text = { .limit = 64 << 10 };
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	buf_add_text(&text, line);
	put_error(response, status, buf_text(&text) ? buf_text(&text) : "out of memory");
}

static unsigned status_of(int code)
{
	switch (code) {
	case -EINVAL:
	case -ERANGE:
	case -EBADMSG:
		return 400;
	case -EPERM:
	case -EACCES:
		return 403;
	case -ENOENT:
		return 404;
	case -EEXIST:
	case -EBUSY:
		return 409;
	case -E2BIG:
		return 422;
	case -ENOTSUP:
		return 422;
	case -ENOSPC:
		return 507;
	case -ENOMEM:
	case -EAGAIN:
		return 503;
	default:
		return 500;
	}
}

void response_failure(struct response *response, int code, const struct error *err)
{
	put_error(response, status_of(code), err->count ? error_text(err) : error_name(code));
}

int request_time(const char *text, kymo_ms now, const char *what, kymo_ms *at, struct error *err)
{
	const char *span = !strncmp(text, "now-", 4) ? text + 4 : text[0] == '-' ? text + 1 : NULL;
	kymo_ms back;

	if (!strcmp(text, "now")) {
		*at = now;
		return 0;
	}
	if (span && duration_parse(span, &back) == 0) {
		*at = now - back;
		return 0;
	}
	if (time_parse(text, at) == 0)
		return 0;
	return error_set(err, -EINVAL,
			 "%s: \"%.64s\" is not a time (write 2026-01-31T12:00:00Z, unix seconds, now, or -1h)", what, text);
}
