/* SPDX-License-Identifier: MIT */
/* guard.c - see guard.h. */
#include "http/guard.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST_MOST 255

/* The name without port and brackets; false: too long or malformed. */
static bool host_name(const char *host, char name[HOST_MOST + 1])
{
	bool bracketed = host[0] == '[';
	const char *begin = bracketed ? host + 1 : host;
	size_t n = bracketed ? strcspn(begin, "]") : strcspn(begin, ":");
	const char *port = begin + n + (bracketed && begin[n] ? 1 : 0);

	if (n == 0 || n > HOST_MOST || (bracketed && begin[n] != ']'))
		return false;
	if (*port && (*port != ':' || port[1 + strspn(port + 1, "0123456789")]))
		return false;
	memcpy(name, begin, n);
	name[n] = '\0';
	return true;
}

static bool is_address(const char *name)
{
	struct in6_addr address;

	return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

bool guard_host(const char *host, const char *const *names, uint32_t n)
{
	char name[HOST_MOST + 1];

	if (!host)
		return true;
	if (!host_name(host, name))
		return false;
	if (is_address(name) || !strcasecmp(name, "localhost"))
		return true;
	for (uint32_t i = 0; i < n; i++)
		if (!strcasecmp(name, names[i]))
			return true;
	return false;
}

bool guard_origin(const char *origin, const char *host)
{
	const char *behind;

	if (!origin)
		return true;
	behind = strstr(origin, "://");
	return behind && host && !strcasecmp(behind + 3, host);
}

bool guard_peer(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == 0 || peer.uid == geteuid());
}
