/* SPDX-License-Identifier: MIT */
/*
 * abi.h - the version of the contract between kymo and its plugins, and the
 * few words that every other header uses.
 *
 * What may grow   struct kymo_host and struct kymo_plugin grow at their end
 *                 and say their size; tables of metrics and options are walked
 *                 with the strides that the plugin states; struct kymo_point,
 *                 kymo_window and kymo_event state their size. All else is
 *                 frozen for the life of a major version.
 * Optional parts  are tables found by id ("kymo.events/1"), see <kymo/ext/>.
 */
#ifndef KYMO_ABI_H
#define KYMO_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KYMO_ABI_MAJOR 1u
#define KYMO_ABI_MINOR 0u
#define KYMO_ABI (KYMO_ABI_MAJOR << 16 | KYMO_ABI_MINOR)

/* Is `member` inside what the other side knows of its struct? */
#define KYMO_HAS(ptr, member) \
	((ptr)->size >= (size_t)((const char *)&(ptr)->member - (const char *)(ptr)) + sizeof((ptr)->member))

#define KYMO_EXPORT __attribute__((visibility("default")))

/* Milliseconds: since 1970-01-01T00:00:00Z where it is a time, else a span. */
typedef int64_t kymo_ms;

/*
 * The samples of one collect. Opaque: its layout is no part of the contract.
 * It belongs to the thread inside collect() or write(), until that returns.
 */
struct kymo_batch;

#ifdef __cplusplus
}
#endif
#endif
