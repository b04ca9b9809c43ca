/* SPDX-License-Identifier: MIT */
/*
 * target.c - the control socket comes first among the presets because only it may
 * reload. One that this user may not open is passed over: what everybody may ask
 * goes over TCP then.
 */
#include "cli/target.h"

#include "conf/settings.h"
#include "conf/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER 4096
#define SHIPPED "/run/kymo"	/* of a daemon that systemd starts, whoever asks */

static int out_of_memory(struct error *err)
{
	return error_set(err, -ENOMEM, "out of memory");
}

static int take_socket(struct target *target, const char *what, const char *path, struct error *err)
{
	if (!*path)
		return error_set(err, -EINVAL, "%s: the path of the socket is empty", what);
	target->socket = strdup(path);
	target->url = strdup("http://localhost");
	return target->socket && target->url ? 0 : out_of_memory(err);
}

static int take_url(struct target *target, const char *what, const char *url, struct error *err)
{
	const char *behind = strstr(url, "://"), *scheme = behind ? "" : "http://";
	const char *host = behind ? behind + 3 : url;
	char room[SHOWN];
	size_t n = strlen(url);

	if ((behind && strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) || !*host || *host == '/' ||
	    url[strcspn(url, " \t\r\n?#")])
		return error_set(err, -EINVAL, "%s: \"%s\" is not an address (write http://HOST:PORT or unix:PATH)",
				 what, shown(url, room));
	while (n && url[n - 1] == '/')
		n--;
	if (asprintf(&target->url, "%s%.*s", scheme, (int)n, url) < 0) {
		target->url = NULL;
		return out_of_memory(err);
	}
	return 0;
}

static int take_address(struct target *target, const char *what, const char *address, struct error *err)
{
	if (address[0] == '/')
		return take_socket(target, what, address, err);
	if (!strncmp(address, "unix:", 5))	/* unix:PATH, or unix:///PATH as URLs have it */
		return take_socket(target, what, address + (strncmp(address, "unix:///", 8) ? 5 : 7), err);
	return take_url(target, what, address, err);
}

/* Of ours or root: in a folder under /tmp another user may have been first. */
static bool is_usable_socket(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISSOCK(info.st_mode) && (info.st_uid == geteuid() || info.st_uid == 0) &&
	       access(path, W_OK) == 0;
}

/* The socket `name` of a daemon that runs as shipped; where our own would have it if there is none. */
static bool find_socket(const char *name, char path[TARGET_PATH])
{
	char folder[FOLDER], shipped[64];

	snprintf(path, TARGET_PATH, "%s/%s", settings_run_dir_preset(folder, sizeof folder), name);
	if (is_usable_socket(path))
		return true;
	snprintf(shipped, sizeof shipped, SHIPPED "/%s", name);
	if (!is_usable_socket(shipped))
		return false;
	strcpy(path, shipped);
	return true;
}

static int take_preset(struct target *target, struct error *err)
{
	char path[TARGET_PATH];

	if (!find_socket("control", path))
		return take_url(target, "", TARGET_PRESET, err);
	target->found = true;
	return take_socket(target, "", path, err);
}

int target_find(struct target *target, const char *socket, const char *url, struct error *err)
{
	const char *set = getenv("KYMO_URL");

	*target = (struct target){ 0 };
	if (socket)
		return take_socket(target, "--socket", socket, err);
	if (url)
		return take_address(target, "--url", url, err);
	if (set && *set)
		return take_address(target, "$KYMO_URL", set, err);
	return take_preset(target, err);
}

int target_turn_to_preset(struct target *target, struct error *err)
{
	target_fini(target);
	return take_url(target, "", TARGET_PRESET, err);
}

const char *target_events_path(const char *socket, char room[TARGET_PATH])
{
	const char *slash = socket ? strrchr(socket, '/') : NULL, *set = getenv("KYMO_EVENTS");

	if (socket)
		snprintf(room, TARGET_PATH, "%.*sevents", slash ? (int)(slash - socket + 1) : 0, socket);
	else if (set && *set)
		snprintf(room, TARGET_PATH, "%s", set);
	else
		find_socket("events", room);
	return room;
}

void target_fini(struct target *target)
{
	free(target->socket);
	free(target->url);
	*target = (struct target){ 0 };
}

const char *target_name(const struct target *target)
{
	return target->socket ? target->socket : target->url;
}
