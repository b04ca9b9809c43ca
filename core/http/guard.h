/* SPDX-License-Identifier: MIT */
/*
 * guard.h - who may ask: rules against foreign web pages (DNS rebinding by the
 * Host header, cross-site requests by Origin) and the peer of the control socket.
 * Pure, but for guard_peer.
 */
#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Is this Host one that means this server: an IP literal, localhost, or one of
 * the configured names, with or without a port? NULL (HTTP/1.0): yes.
 */
bool guard_host(const char *host, const char *const *names, uint32_t n);
/* May a request that changes something come from this Origin: none, or the one that Host names? */
bool guard_origin(const char *origin, const char *host);
/* Is the other end of a Unix socket root or our own user? */
bool guard_peer(int fd);

#endif
