/* SPDX-License-Identifier: MIT */
/*
 * requests.h - extension "kymo.requests/1" of the host: how much it is asked
 * at the moment. For collectors that measure kymo itself.
 */
#ifndef KYMO_EXT_REQUESTS_H
#define KYMO_EXT_REQUESTS_H

#include <kymo/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KYMO_REQUESTS_1 "kymo.requests/1"

struct kymo_requests {
	uint32_t size;		/* sizeof(struct kymo_requests) */
	/* Requests that were begun and are not answered yet. Any thread. */
	uint32_t (*active)(const struct kymo_host *);
};

#ifdef __cplusplus
}
#endif
#endif
