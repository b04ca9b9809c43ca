/* SPDX-License-Identifier: MIT */
/* request.c - reading parameters, and answers that say what went wrong. */
#include "http/request.h"

#include "conf/words.h"
#include "util/duration.h"
#include "util/utf8.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

const char *request_parameter(const struct request *request, const char *name)
{
	for (uint32_t i = 0; i < request->n_parameters; i++)
		if (!strcmp(request->parameters[i].name, name))
			return request->parameters[i].value;
	return NULL;
}

bool request_is_gone(void *client)
{
	struct pollfd poll_of = { .fd = *(int *)client, .events = POLLRDHUP };

	return poll_of.fd >= 0 && poll(&poll_of, 1, 0) == 1 && (poll_of.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

char *request_rest(const struct request *request, struct error *err)
{
	char *rest;

	if (!utf8_valid(request->rest, request->rest_len)) {
		error_set(err, -EINVAL, "the path is not UTF-8");
		return NULL;
	}
	rest = strndup(request->rest, request->rest_len);
	if (!rest)
		error_set(err, -ENOMEM, "out of memory");
	return rest;
}

static const char *name_at(const void *names, size_t i)
{
	return ((const char *const *)names)[i];
}

static bool among(const char *name, const char *const *names)
{
	for (; names && *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

static void unknown_parameter(const char *name, const char *const *allowed, struct error *err)
{
	const char *near = nearest_word(name, name_at, allowed);
	char list[256], room[SHOWN], hint[SHOWN + 32] = "";

	list_words(list, sizeof list, " and ", name_at, allowed);
	if (near)
		snprintf(hint, sizeof hint, " (did you mean \"%s\"?)", near);
	error_set(err, -EINVAL, "unknown parameter \"%s\"%s; allowed: %s", shown(name, room), hint, *list ? list : "none");
}

int request_check_parameters(const struct request *request, const char *const *allowed, const char *const *repeated,
			     struct error *err)
{
	unsigned before = err->count;

	for (uint32_t i = 0; i < request->n_parameters; i++) {
		const struct parameter *parameter = &request->parameters[i];

		if (!among(parameter->name, allowed))
			unknown_parameter(parameter->name, allowed, err);
		else if (!among(parameter->name, repeated) &&
			 request_parameter(request, parameter->name) != parameter->value)
			error_set(err, -EINVAL, "the parameter \"%s\" stands twice", parameter->name);
	}
	return err->count == before ? 0 : -EINVAL;
}

void response_drop_stream(struct response *response)
{
	if (response->stream.next)
		response->stream.end(response->stream.data);
	response->stream = (struct response_stream){ 0 };
}

static const char *error_type(unsigned status)
{
	switch (status) {
	case 404:
		return "not_found";
	case 422:
		return "execution";
	case 429:
	case 503:
		return "unavailable";
	default:
		return status < 500 ? "bad_data" : "internal";
	}
}

static void put_error(struct response *response, unsigned status, const char *text)
{
	struct json json = json_to(&response->body);

	buf_clear(&response->body);
	response_drop_stream(response);
	response->status = status;
	response->content_type = "application/json";
	json_object(&json);
	if (response->prometheus) {
		json_put_text(&json, "status", "error");
		json_put_text(&json, "errorType", response->error_type ? response->error_type : error_type(status));
	}
	json_put_text(&json, "error", text);
	if (!response->prometheus)
		json_put_unsigned(&json, "status", status);
	json_end(&json);
}

void response_error(struct response *response, unsigned status, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	put_error(response, status, text);
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
	case -EADDRINUSE:
		return 409;
	case -E2BIG:
	case -EDQUOT:
	case -ENOTSUP:
		return 422;
	case -ENOSPC:
		return 507;
	case -ENOMEM:
	case -EAGAIN:
	case -ETIMEDOUT:
	case -ECANCELED:
		return 503;
	default:
		return 500;
	}
}

void response_failure(struct response *response, int code, const struct error *err)
{
	if (!response->error_type)
		response->error_type = code == -ETIMEDOUT ? "timeout" : code == -ECANCELED ? "canceled" : NULL;
	put_error(response, status_of(code), err->count ? error_text(err) : error_name(code));
}

int request_time(const char *text, kymo_ms now, const char *what, kymo_ms *at, struct error *err)
{
	const char *span = !strncmp(text, "now-", 4) ? text + 4 : text[0] == '-' ? text + 1 : NULL;
	char room[SHOWN];
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
			 "%s: \"%s\" is not a time (write 2026-01-31T12:00:00Z, unix seconds, now, or -1h)", what,
			 shown(text, room));
}
