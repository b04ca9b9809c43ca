/* SPDX-License-Identifier: MIT */
/*
 * curl.c - what is used of libcurl is a table of names; each gets its address from
 * dlsym(3). The library stays loaded: the process ends soon.
 */
#include "cli/curl.h"

#include "util/check.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>

#define CONNECT_MS   5000L
#define ANSWER_MS    600000L		/* merging a large store takes a while */
#define ANSWER_MOST  ((size_t)1 << 30)	/* bytes */

struct curl_calls {
	CURLcode (*global_init)(long flags);
	CURL *(*easy_init)(void);
	void (*easy_cleanup)(CURL *curl);
	CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
	CURLcode (*easy_perform)(CURL *curl);
	CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
	const char *(*easy_strerror)(CURLcode code);
	struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
	void (*slist_free_all)(struct curl_slist *list);
};

static const struct { const char *name; size_t at; } symbols[] = {
	{ "curl_global_init",	 offsetof(struct curl_calls, global_init) },
	{ "curl_easy_init",	 offsetof(struct curl_calls, easy_init) },
	{ "curl_easy_cleanup",	 offsetof(struct curl_calls, easy_cleanup) },
	{ "curl_easy_setopt",	 offsetof(struct curl_calls, easy_setopt) },
	{ "curl_easy_perform",	 offsetof(struct curl_calls, easy_perform) },
	{ "curl_easy_getinfo",	 offsetof(struct curl_calls, easy_getinfo) },
	{ "curl_easy_strerror",	 offsetof(struct curl_calls, easy_strerror) },
	{ "curl_slist_append",	 offsetof(struct curl_calls, slist_append) },
	{ "curl_slist_free_all", offsetof(struct curl_calls, slist_free_all) },
};

/* Debian has the same interface over OpenSSL (libcurl4) and over GnuTLS, which more programs bring along. */
static void *open_library(char *reason, size_t size)
{
	void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

	if (library)
		return library;
	snprintf(reason, size, "%s", dlerror());
	return dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
}

static int load(struct curl_calls *calls, struct error *err)
{
	char reason[256];
	void *library = open_library(reason, sizeof reason);

	if (!library)
		return error_set(err, -ENOENT, "libcurl, which carries requests to the daemon, cannot be loaded "
				 "(apt install libcurl4): %s", reason);
	for (size_t i = 0; i < COUNT_OF(symbols); i++) {
		void *symbol = dlsym(library, symbols[i].name);

		if (!symbol)
			return error_set(err, -ENOSYS, "%s", dlerror());
		memcpy((char *)calls + symbols[i].at, &symbol, sizeof symbol);
	}
	if (calls->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(err, -ENOMEM, "libcurl does not start");
	return 0;
}

static size_t take_bytes(char *data, size_t size, size_t n, void *reply)
{
	struct buf *body = &((struct reply *)reply)->body;

	buf_add(body, data, size * n);
	return buf_failed(body) ? 0 : size * n;
}

static void set_address(const struct curl_calls *calls, CURL *curl, const struct target *target)
{
	calls->easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	calls->easy_setopt(curl, CURLOPT_PROXY, "");
	calls->easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	calls->easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	calls->easy_setopt(curl, CURLOPT_TIMEOUT_MS, ANSWER_MS);
	if (target->socket)
		calls->easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, target->socket);
}

static void set_body(const struct curl_calls *calls, CURL *curl, const char *method, const struct buf *body)
{
	if (strcmp(method, "GET") != 0) {
		calls->easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
		calls->easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(body ? body->len : 0));
		calls->easy_setopt(curl, CURLOPT_POSTFIELDS, body && body->len ? (const char *)body->data : "");
	}
}

/* Nobody listening is by far the most likely reason, and has a remedy. */
static int explain(const struct curl_calls *calls, CURL *curl, CURLcode code, const char *detail,
		   const struct target *target, const struct reply *reply, struct error *err)
{
	const char *name = target_name(target);
	long os_errno = 0;

	calls->easy_getinfo(curl, CURLINFO_OS_ERRNO, &os_errno);
	if (code == CURLE_COULDNT_CONNECT && (os_errno == EACCES || os_errno == EPERM))
		return error_set(err, -EACCES, "%s: Permission denied (the socket is for root and the daemon's user)", name);
	if (code == CURLE_COULDNT_CONNECT)
		return error_set(err, -ECONNREFUSED, "no kymo answers at %s (is it running? kymo serve --config FILE)", name);
	if (code == CURLE_WRITE_ERROR)
		return error_set(err, -EFBIG, "%s: the answer %s", name,
				 reply->body.len + CURL_MAX_WRITE_SIZE > ANSWER_MOST ? "is larger than 1 GiB" :
										       "does not fit into memory");
	return error_set(err, -EIO, "%s: %s", name, *detail ? detail : calls->easy_strerror(code));
}

static int perform(const struct curl_calls *calls, CURL *curl, const struct target *target, struct reply *reply,
		   struct error *err)
{
	char detail[CURL_ERROR_SIZE] = "";
	long status = 0;
	CURLcode code;

	calls->easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
	calls->easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
	calls->easy_setopt(curl, CURLOPT_WRITEDATA, reply);
	code = calls->easy_perform(curl);
	calls->easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
	if (code != CURLE_OK)
		return explain(calls, curl, code, detail, target, reply, err);
	calls->easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	reply->status = (unsigned)status;
	return 0;
}

static int ask(const struct curl_calls *calls, CURL *curl, const struct target *target, const struct request_line *line,
	       const struct buf *body, struct reply *reply, struct error *err)
{
	struct curl_slist *headers = calls->slist_append(NULL, "Content-Type: application/json");
	AUTO_BUF url = { 0 };
	int r;

	buf_printf(&url, "%s%s", target->url, line->path);
	if (!headers || !buf_text(&url)) {
		calls->slist_free_all(headers);
		return error_set(err, -ENOMEM, "out of memory");
	}
	set_address(calls, curl, target);
	set_body(calls, curl, line->method, body);
	if (body)
		calls->easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	calls->easy_setopt(curl, CURLOPT_URL, buf_text(&url));
	r = perform(calls, curl, target, reply, err);
	calls->slist_free_all(headers);
	return r;
}

int curl_ask(const struct target *target, const struct request_line *line, const struct buf *body, struct reply *reply,
	     struct error *err)
{
	struct curl_calls calls;
	CURL *curl;
	int r;

	*reply = (struct reply){ .body.limit = ANSWER_MOST };
	r = load(&calls, err);
	if (r < 0)
		return r;
	curl = calls.easy_init();
	if (!curl)
		return error_set(err, -ENOMEM, "out of memory");
	r = ask(&calls, curl, target, line, body, reply, err);
	calls.easy_cleanup(curl);
	return r;
}
