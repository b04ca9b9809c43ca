/* SPDX-License-Identifier: MIT */
/*
 * layout.c - every offset and size of the public structs of major version 1, on
 * machines with 64-bit pointers. A plugin that was built with these must go on
 * working: what stands here changes only with the major, or grows at its end.
 */
#include <kymo/event.h>
#include <kymo/ext/events.h>
#include <kymo/ext/requests.h>
#include <kymo/ext/store.h>
#include <kymo/plugin.h>

#include <stdio.h>

#define AT(type, member, offset) \
	_Static_assert(offsetof(struct type, member) == (offset), #type "." #member " has moved")
#define SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type " has another size")

#if UINTPTR_MAX == UINT64_MAX
SIZE(kymo_metric, 40);
AT(kymo_metric, name, 0);
AT(kymo_metric, type, 8);
AT(kymo_metric, flags, 12);
AT(kymo_metric, unit, 16);
AT(kymo_metric, help, 24);
AT(kymo_metric, labels, 32);

SIZE(kymo_label, 16);
AT(kymo_label, name, 0);
AT(kymo_label, value, 8);

SIZE(kymo_window, 136);
AT(kymo_window, size, 0);
AT(kymo_window, n, 4);
AT(kymo_window, start, 8);
AT(kymo_window, end, 16);
AT(kymo_window, first_at, 24);
AT(kymo_window, last_at, 32);
AT(kymo_window, count, 40);
AT(kymo_window, sum, 48);
AT(kymo_window, min, 56);
AT(kymo_window, max, 64);
AT(kymo_window, first, 72);
AT(kymo_window, last, 80);
AT(kymo_window, correction, 88);
AT(kymo_window, schema, 96);
AT(kymo_window, flags, 100);
AT(kymo_window, zeros, 104);
AT(kymo_window, index, 112);
AT(kymo_window, counts, 120);
AT(kymo_window, nans, 128);

SIZE(kymo_point, 56);
AT(kymo_point, size, 0);
AT(kymo_point, n_labels, 4);
AT(kymo_point, metric, 8);
AT(kymo_point, labels, 16);
AT(kymo_point, value, 24);
AT(kymo_point, at, 32);
AT(kymo_point, tier, 40);
AT(kymo_point, flags, 44);
AT(kymo_point, window, 48);

SIZE(kymo_option, 72);
AT(kymo_option, key, 0);
AT(kymo_option, type, 8);
AT(kymo_option, flags, 12);
AT(kymo_option, preset, 16);
AT(kymo_option, help, 24);
AT(kymo_option, choices, 32);
AT(kymo_option, min, 40);
AT(kymo_option, max, 48);
AT(kymo_option, fields, 56);
AT(kymo_option, n_fields, 64);

SIZE(kymo_value, 16);
AT(kymo_value, string, 0);
AT(kymo_value, n, 8);
AT(kymo_value, flags, 12);

SIZE(kymo_event, 40);
AT(kymo_event, size, 0);
AT(kymo_event, n_labels, 4);
AT(kymo_event, at, 8);
AT(kymo_event, name, 16);
AT(kymo_event, value, 24);
AT(kymo_event, labels, 32);

SIZE(kymo_host, 72);
AT(kymo_host, abi, 0);
AT(kymo_host, size, 4);
AT(kymo_host, emit, 8);
AT(kymo_host, emit_decimal, 16);
AT(kymo_host, next, 24);
AT(kymo_host, declare, 32);
AT(kymo_host, log, 40);
AT(kymo_host, reject, 48);
AT(kymo_host, now, 56);
AT(kymo_host, extension, 64);

SIZE(kymo_needs, 24);
AT(kymo_needs, read, 0);
AT(kymo_needs, write, 8);
AT(kymo_needs, flags, 16);

SIZE(kymo_plugin, 192);
AT(kymo_plugin, abi, 0);
AT(kymo_plugin, size, 4);
AT(kymo_plugin, metric_size, 8);
AT(kymo_plugin, option_size, 12);
AT(kymo_plugin, name, 16);
AT(kymo_plugin, version, 24);
AT(kymo_plugin, summary, 32);
AT(kymo_plugin, options, 40);
AT(kymo_plugin, metrics, 48);
AT(kymo_plugin, n_options, 56);
AT(kymo_plugin, n_metrics, 60);
AT(kymo_plugin, needs, 64);
AT(kymo_plugin, events, 88);
AT(kymo_plugin, interval, 96);
AT(kymo_plugin, create, 104);
AT(kymo_plugin, start, 112);
AT(kymo_plugin, stop, 120);
AT(kymo_plugin, destroy, 128);
AT(kymo_plugin, collect, 136);
AT(kymo_plugin, write, 144);
AT(kymo_plugin, flush, 152);
AT(kymo_plugin, observe, 160);
AT(kymo_plugin, reconfigure, 168);
AT(kymo_plugin, reset, 176);
AT(kymo_plugin, extension, 184);

SIZE(kymo_note, 28);
AT(kymo_note, name, 12);
AT(kymo_note, abi, 20);
AT(kymo_note, size, 24);

SIZE(kymo_events, 16);
AT(kymo_events, patterns, 8);
SIZE(kymo_requests, 16);
AT(kymo_requests, active, 8);
SIZE(kymo_store, 16);
AT(kymo_store, path, 8);
#endif

/* Numbers that travel. */
_Static_assert(KYMO_ABI == 0x10000, "the version");
_Static_assert(KYMO_UNTYPED == 0 && KYMO_GAUGE == 1 && KYMO_COUNTER == 2 && KYMO_HISTOGRAM == 3 && KYMO_SUMMARY == 4, "types");
_Static_assert(KYMO_FROM_ZERO == 1 && KYMO_SKETCH == 2 && KYMO_NO_SKETCH == 4 && KYMO_NOISE == 8, "metric flags");
_Static_assert(KYMO_FLAG == 0 && KYMO_INTEGER == 1 && KYMO_NUMBER == 2 && KYMO_STRING == 3 && KYMO_DURATION == 4 &&
	       KYMO_SIZE == 5 && KYMO_STRINGS == 6 && KYMO_ROWS == 7, "option types");
_Static_assert(KYMO_REQUIRED == 1 && KYMO_SECRET == 2 && KYMO_READS == 4 && KYMO_WRITES == 8, "option flags");
_Static_assert(KYMO_RAW == 0 && KYMO_1M == 1 && KYMO_5M == 2 && KYMO_1H == 3, "tiers");
_Static_assert(KYMO_STALE == 1 && KYMO_RESET == 2, "point flags");
_Static_assert(KYMO_LOG_ERROR == 0 && KYMO_LOG_WARN == 1 && KYMO_LOG_INFO == 2 && KYMO_LOG_DEBUG == 3, "log levels");

int main(void)
{
	struct { uint32_t size; int32_t old; int32_t new_member; } grown = { 8, 0, 0 };

	if (!KYMO_HAS(&grown, old) || KYMO_HAS(&grown, new_member)) {
		printf("KYMO_HAS does not tell what is there\n");
		return 1;
	}
	return 0;
}
