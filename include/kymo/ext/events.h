/* SPDX-License-Identifier: MIT */
/*
 * events.h - extension "kymo.events/1" of a plugin: an instance whose event
 * patterns depend on its configuration. It stands in for kymo_plugin.events.
 */
#ifndef KYMO_EXT_EVENTS_H
#define KYMO_EXT_EVENTS_H

#include <kymo/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KYMO_EVENTS_1 "kymo.events/1"

struct kymo_events {
	uint32_t size;		/* sizeof(struct kymo_events) */
	/* The patterns, NULL-ended; asked after create() and after each reconfigure(). */
	const char *const *(*patterns)(void *instance);
};

#ifdef __cplusplus
}
#endif
#endif
