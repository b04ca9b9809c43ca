/* SPDX-License-Identifier: MIT */
/* settings_check.c - texts with a form of their own, and values that must fit each other. */
#include "conf/settings_fill.h"
#include "conf/words.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

struct checks {
	const struct settings *settings;
	const struct kymo_value *root;
	struct error *err;
};

static struct place place(const struct checks *checks, const struct kymo_value *value)
{
	return schema_place(checks->settings->memory->values, value);
}

static void refuse_empty(const struct checks *checks, const struct kymo_value *value, const char *key,
			 const char *text)
{
	if (!*text)
		error_at(checks->err, place(checks, value), "%s: is empty (write the path of a folder)", key);
}

/* ---- addresses ---- */

static bool is_port(const char *text)
{
	size_t n = strspn(text, "0123456789");
	unsigned port = 0;

	if (!n || n > 5 || text[n] || (n > 1 && *text == '0'))
		return false;
	for (; *text; text++)
		port = 10 * port + (unsigned)(*text - '0');
	return port <= 65535;
}

static bool is_host(const char *text, size_t n)
{
	static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";

	return n > 0 && n < 256 && strspn(text, characters) >= n;
}

/* "::1" and, with a zone, "fe80::1%eth0". */
static bool is_v6(const char *text, size_t n)
{
	const char *zone = memchr(text, '%', n);
	size_t len = zone ? (size_t)(zone - text) : n;
	char room[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (len >= sizeof room || (zone && !is_host(zone + 1, n - len - 1)))
		return false;
	memcpy(room, text, len);
	room[len] = '\0';
	return inet_pton(AF_INET6, room, &address) == 1;
}

/* What is wrong with an address; NULL: nothing. */
static const char *wrong_address(const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t n = strlen(text);

	if (is_port(text))
		return "is a port alone (write 127.0.0.1:PORT, or 0.0.0.0:PORT for every interface)";
	if (!colon)
		return "has no port (write host:port or [v6]:port)";
	if (text[0] == '[') {
		const char *end = strchr(text, ']');

		if (!end || end + 1 != colon || !is_v6(text + 1, (size_t)(end - text) - 1))
			return "is not an IPv6 address with a port (write [::1]:9465)";
	} else if (colon == text) {
		return "has no host (write 127.0.0.1:PORT, or 0.0.0.0:PORT for every interface)";
	} else if (is_v6(text, n) || memchr(text, ':', (size_t)(colon - text))) {
		return "is an IPv6 address without brackets (write [::1]:9465)";
	} else if (!is_host(text, (size_t)(colon - text))) {
		return "is not host:port";
	}
	return is_port(colon + 1) ? NULL : "has no good port (0 to 65535)";
}

static bool stands_before(const struct kymo_value *list, uint32_t i)
{
	for (uint32_t j = 0; j < i; j++)
		if (list->items[j].string && !strcmp(list->items[j].string, list->items[i].string))
			return true;
	return false;
}

static void check_listen(const struct checks *checks, const struct kymo_value *listen)
{
	char room[SHOWN];

	for (uint32_t i = 0; i < listen->n; i++) {
		const char *text = listen->items[i].string;
		const char *why;

		if (!text || (listen->n == 1 && !strcmp(text, "off")))
			continue;
		why = wrong_address(text);
		if (!why && stands_before(listen, i) && strcmp(strrchr(text, ':'), ":0") != 0)
			why = "stands twice";
		if (why)
			error_at(checks->err, place(checks, &listen->items[i]), "listen: \"%s\" %s",
				 shown(text, room), why);
	}
}

static void check_hosts(const struct checks *checks, const struct kymo_value *hosts)
{
	char room[SHOWN];

	for (uint32_t i = 0; i < hosts->n; i++) {
		const char *text = hosts->items[i].string;

		if (text && !is_host(text, strlen(text)))
			error_at(checks->err, place(checks, &hosts->items[i]),
				 "hosts: \"%s\" is not a host name (write it without port)", shown(text, room));
	}
}

/* ---- labels ---- */

/* Labels longer than the limits would have every sample refused. */
static void check_labels(const struct checks *checks, const struct kymo_value *labels)
{
	const struct settings *settings = checks->settings;

	if (labels->n > settings->limits.labels)
		error_at(checks->err, place(checks, labels), "labels: more than limits.labels allows (%u)",
			 settings->limits.labels);
	for (uint32_t i = 0; i < labels->n; i++) {
		const struct kymo_value *pair = labels->items[i].items;

		if (pair[LABEL_NAME].n > settings->limits.name)
			error_at(checks->err, place(checks, &labels->items[i]),
				 "labels: a name is longer than limits.name allows");
		if (pair[LABEL_VALUE].n > settings->limits.value)
			error_at(checks->err, place(checks, &labels->items[i]),
				 "labels: a value is longer than limits.value allows");
	}
}

static void check_all_labels(const struct checks *checks)
{
	const struct kymo_value *plugins = &checks->root[ROOT_PLUGINS];

	check_labels(checks, &checks->root[ROOT_LABELS]);
	for (uint32_t i = 0; i < plugins->n; i++)
		check_labels(checks, &plugins->items[i].items[PLUGIN_LABELS]);
}

/* ---- the rest ---- */

static void check_sockets(const struct checks *checks)
{
	const struct kymo_value *sockets = &checks->root[ROOT_SOCKETS];
	const size_t room = sizeof ((struct sockaddr_un *)0)->sun_path - sizeof "/control";
	const char *dir = checks->settings->run_dir;
	char text[SHOWN];

	refuse_empty(checks, sockets, "sockets", dir);
	if (strlen(dir) > room)
		error_at(checks->err, place(checks, sockets), "sockets: \"%s\" is too long for the path of a socket (at most %zu bytes)",
			 shown(dir, text), room);
}

void check_rest(const struct settings *settings, struct error *err)
{
	const struct kymo_value *root = settings->memory->values->values;
	const struct kymo_value *http = root[ROOT_HTTP].items, *folders = &root[ROOT_PLUGIN_PATH];
	struct checks checks = { settings, root, err };

	refuse_empty(&checks, &root[ROOT_STORE].items[STORE_PATH], "path", settings->store.path);
	for (uint32_t i = 0; i < folders->n; i++)
		refuse_empty(&checks, &folders->items[i], "plugin_path", settings->plugin_path[i]);
	check_listen(&checks, &http[HTTP_LISTEN]);
	check_hosts(&checks, &http[HTTP_HOSTS]);
	check_all_labels(&checks);
	check_sockets(&checks);
}
