/* SPDX-License-Identifier: MIT */
/* client.c - see client.h. */
#include "cli/client.h"

#include "cli/curl.h"
#include "conf/settings.h"
#include "util/cleanup.h"

#include <errno.h>
#include <stdio.h>

#define URL_PRESET "http://127.0.0.1:9465"
#define ANSWER_MOST (1u << 30)
#define CONNECT_SECONDS 5L
#define PATH_ROOM 4096

/* Where the daemon is: a socket, or a URL. */
struct place_of_daemon {
	const char *socket, *url;
	char room[PATH_ROOM];
};

static void find_daemon(const struct words *words, struct place_of_daemon *place)
{
	char dir[PATH_ROOM - 16];

	place->socket = words_get(words, "socket");
	place->url = words_get(words, "url");
	if (place->socket || place->url)
		return;
	place->url = getenv("KYMO_URL");
	if (place->url && *place->url)
		return;
	place->url = URL_PRESET;
	snprintf(place->room, sizeof place->room, "%s/control", settings_run_dir_preset(dir, sizeof dir));
	if (access(place->room, W_OK) == 0)
		place->socket = place->room;
}

static size_t take(char *data, size_t size, size_t n, void *to)
{
	struct buf *answer = to;

	buf_add(answer, data, size * n);
	return buf_failed(answer) ? 0 : size * n;
}

struct call {
	const char *method, *path, *body;
	struct buf *answer;
};

static void set_options(const struct curl *curl, CURL *easy, const struct place_of_daemon *place, const struct call *call,
			const char *url)
{
	if (place->socket)
		curl->setopt(easy, CURLOPT_UNIX_SOCKET_PATH, place->socket);
	curl->setopt(easy, CURLOPT_URL, url);
	curl->setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl->setopt(easy, CURLOPT_PROXY, "");	/* the daemon is near; proxies are for far away */
	curl->setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl->setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl->setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl->setopt(easy, CURLOPT_WRITEDATA, call->answer);
	curl->setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
	if (strcmp(call->method, "GET") != 0) {
		curl->setopt(easy, CURLOPT_POSTFIELDSIZE, (long)(call->body ? strlen(call->body) : 0));
		curl->setopt(easy, CURLOPT_POSTFIELDS, call->body ? call->body : "");
	}
}

/* The daemon's own words for what went wrong: {"error": ...}. */
static int daemon_error(struct buf *answer, long status, struct error *err)
{
	cJSON *tree = cJSON_ParseWithLength((const char *)answer->data, answer->len);
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, "error"));

	if (text)
		error_set(err, -EBADMSG, "%s", text);
	else
		error_set(err, -EBADMSG, "the answer is HTTP %ld, and it does not come from kymo", status);
	cJSON_Delete(tree);
	return -EBADMSG;
}

static int perform(const struct curl *curl, CURL *easy, const struct place_of_daemon *place, const struct call *call,
		   struct error *err)
{
	CURLcode code = curl->perform(easy);
	const char *where = place->socket ? place->socket : place->url;
	long status = 0;

	if (code == CURLE_COULDNT_CONNECT)
		return error_set(err, -ECONNREFUSED,
				 "no kymo answers at %s (does `kymo serve` run? --socket PATH or --url URL name another)", where);
	if (code != CURLE_OK)
		return error_set(err, -EIO, "%s: %s", where, curl->strerror(code));
	curl->getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	return status >= 200 && status < 300 ? 0 : daemon_error(call->answer, status, err);
}

static int call_once(const struct curl *curl, const struct place_of_daemon *place, const struct call *call, struct error *err)
{
	AUTO_BUF url = { 0 };
	struct curl_slist *headers = curl->slist_append(NULL, "Content-Type: application/json");
	CURL *easy = curl->easy_init();
	size_t base = place->socket ? 0 : strlen(place->url);
	int r = -ENOMEM;

	while (base && place->url[base - 1] == '/')
		base--;
	buf_add(&url, place->socket ? "http://localhost" : place->url, place->socket ? strlen("http://localhost") : base);
	buf_add_text(&url, call->path);
	if (easy && headers && buf_text(&url)) {
		set_options(curl, easy, place, call, (const char *)url.data);
		curl->setopt(easy, CURLOPT_HTTPHEADER, headers);
		r = perform(curl, easy, place, call, err);
	} else {
		error_set(err, r, "out of memory");
	}
	if (easy)
		curl->easy_cleanup(easy);
	curl->slist_free_all(headers);
	return r;
}

int client_call(const struct words *words, const char *method, const char *path, const char *body, struct buf *answer,
		struct error *err)
{
	const struct call call = { method, path, body, answer };
	struct place_of_daemon place;
	struct curl curl;
	int r = curl_load(&curl, err);

	if (r < 0)
		return r;
	answer->limit = ANSWER_MOST;
	find_daemon(words, &place);
	r = call_once(&curl, &place, &call, err);
	/* A socket that we found ourselves may be what a killed daemon left behind. */
	if (r == -ECONNREFUSED && place.socket == place.room) {
		struct error again = { 0 };

		place.socket = NULL;
		if (call_once(&curl, &place, &call, &again) == 0) {
			error_clear(err);
			r = 0;
		}
		error_clear(&again);
	}
	return r;
}

static int show_answer(struct buf *answer, bool as_json, void (*show)(const cJSON *answer), struct error *err)
{
	cJSON *tree;

	if (as_json) {
		fwrite(answer->data, 1, answer->len, stdout);
		putchar('\n');
		return 0;
	}
	tree = cJSON_ParseWithLength((const char *)answer->data, answer->len);
	if (!tree)
		return error_set(err, -EBADMSG, "the answer is no JSON; it does not come from kymo");
	show(tree);
	cJSON_Delete(tree);
	return 0;
}

int client_run(const struct words *words, const char *method, const char *path, const char *body,
	       void (*show)(const cJSON *answer))
{
	AUTO_BUF answer = { 0 };
	struct error err = { 0 };
	int r = client_call(words, method, path, body, &answer, &err);

	if (r == 0)
		r = show_answer(&answer, words_json(words), show, &err);
	if (r < 0)
		fprintf(stderr, "%s\n", error_text(&err));
	error_clear(&err);
	if (fflush(stdout) != 0)
		r = -EIO;
	return r < 0 ? 1 : 0;
}

void client_escape(struct buf *path, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text; text++) {
		if (strchr(plain, *text))
			buf_add_u8(path, (uint8_t)*text);
		else
			buf_printf(path, "%%%02X", (unsigned char)*text);
	}
}

void client_parameter(struct buf *path, const char *name, const char *value)
{
	buf_add_u8(path, path->len && memchr(path->data, '?', path->len) ? '&' : '?');
	client_escape(path, name);
	buf_add_u8(path, '=');
	client_escape(path, value);
}

const char *client_events_path(const struct words *words, char *room, size_t size)
{
	const char *control = words_get(words, "socket"), *slash = control ? strrchr(control, '/') : NULL;
	char dir[PATH_ROOM];

	if (control) {	/* the events socket stands beside the control socket */
		snprintf(room, size, "%.*sevents", slash ? (int)(slash - control + 1) : 0, control);
		return room;
	}
	if (getenv("KYMO_EVENTS"))
		return NULL;
	snprintf(room, size, "%s/events", settings_run_dir_preset(dir, sizeof dir));
	return access(room, W_OK) == 0 ? room : NULL;
}
