/* SPDX-License-Identifier: MIT */
/*
 * api_write.c - POST /api/v1/write: Prometheus remote write 1.0. What a body
 * means is remote/; here are the headers and the status that a sender goes by:
 *
 *	204		stored
 *	4xx but 429	the sender is not to send it again
 *	429, 5xx	it may, later
 */
#include "http/route.h"

#include <errno.h>
#include <strings.h>

#define SPOKEN "spoken is remote write 1.0: Content-Type application/x-protobuf, Content-Encoding snappy"
#define RETRY_SECONDS 5		/* series that are too many do not go away soon */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* `word` with any case at *at, and nothing of a longer word behind it. */
static bool take_word(const char **at, const char *word)
{
	size_t n = strlen(word);

	while (is_blank(**at))
		(*at)++;
	if (strncasecmp(*at, word, n) != 0)
		return false;
	*at += n;
	while (is_blank(**at))
		(*at)++;
	return !**at || **at == ';';
}

/* "application/x-protobuf", perhaps with ;proto=prometheus.WriteRequest; of 2.0 is io.prometheus.write.v2.Request. */
static bool type_fits(const char *type)
{
	if (!type)
		return true;
	if (!take_word(&type, "application/x-protobuf"))
		return false;
	return !*type++ || take_word(&type, "proto=prometheus.WriteRequest") || !*type;
}

static bool encoding_fits(const char *encoding)
{
	return !encoding || (take_word(&encoding, "snappy") && !*encoding);
}

/* "0.1.0" is what senders of 1.0 say. */
static bool version_fits(const char *version)
{
	return !version || ((version[0] == '0' || version[0] == '1') && (version[1] == '.' || !version[1]));
}

static bool is_spoken(const struct request *request, struct response *response)
{
	if (!type_fits(request->content_type))
		response_error(response, 415, "Content-Type \"%.100s\" is not taken; " SPOKEN, request->content_type);
	else if (!encoding_fits(request->content_encoding))
		response_error(response, 415, "Content-Encoding \"%.100s\" is not taken; " SPOKEN, request->content_encoding);
	else if (!version_fits(request->write_version))
		response_error(response, 415, "X-Prometheus-Remote-Write-Version \"%.100s\" is not taken; " SPOKEN,
			       request->write_version);
	else
		return true;
	return false;
}

int write_refused(struct response *response, int r, const struct error *err)
{
	switch (r) {
	case -EFBIG:
	case -E2BIG:
		response_error(response, 413, "%s", error_text(err));
		return 0;
	case -EDQUOT:
		response_error(response, 429, "%s", error_text(err));
		response->retry_after = RETRY_SECONDS;
		return 0;
	default:
		return r;
	}
}

int api_write(const struct request *request, struct response *response, struct error *err)
{
	int r;

	if (!request->write) {
		response_error(response, 403, "remote write is off (`http: {write: true}` in the configuration turns it on)");
		return 0;
	}
	if (!is_spoken(request, response))
		return 0;
	r = receiver_write(service_receiver(request->kymo), request->body.data, request->body.len, err);
	if (r == 0)
		response->status = 204;
	return r < 0 ? write_refused(response, r, err) : 0;
}
