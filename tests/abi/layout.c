/* SPDX-License-Identifier: MIT */
/*
 * layout.c - every offset and size of the public structs of major version 1, on
 * machines with 64-bit pointers. A plugin that was built with these must go on
 * working: what stands here changes only with the major, or grows at its end.
 */
#include <kymo/metric.h>
#include <kymo/option.h>
#include <kymo/host.h>
#include <kymo/plugin.h>
#include <kymo/query.h>
#include <kymo/kymo.h>
#include <kymo/event.h>
#include <kymo/ext/events.h>
#include <kymo/ext/requests.h>
#include <kymo/ext/store.h>

#include <stdio.h>

#define AT(type, member, offset) \
	_Static_assert(offsetof(struct type, member) == (offset), #type "." #member " has moved")
#define SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type " has another size")
#define IS(constant, n) _Static_assert((constant) == (n), #constant " is another number")

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
AT(kymo_value, flag, 0);
AT(kymo_value, integer, 0);
AT(kymo_value, number, 0);
AT(kymo_value, string, 0);
AT(kymo_value, duration, 0);
AT(kymo_value, size, 0);
AT(kymo_value, items, 0);
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
AT(kymo_note, name_size, 0);
AT(kymo_note, desc_size, 4);
AT(kymo_note, type, 8);
AT(kymo_note, name, 12);
AT(kymo_note, abi, 20);
AT(kymo_note, size, 24);

SIZE(kymo_filter, 24);
AT(kymo_filter, label, 0);
AT(kymo_filter, value, 8);
AT(kymo_filter, op, 16);

SIZE(kymo_query, 72);
AT(kymo_query, size, 0);
AT(kymo_query, n_names, 4);
AT(kymo_query, names, 8);
AT(kymo_query, filters, 16);
AT(kymo_query, n_filters, 24);
AT(kymo_query, function, 28);
AT(kymo_query, start, 32);
AT(kymo_query, end, 40);
AT(kymo_query, step, 48);
AT(kymo_query, window, 56);
AT(kymo_query, points, 64);
AT(kymo_query, granularity, 68);

SIZE(kymo_series_point, 16);
AT(kymo_series_point, at, 0);
AT(kymo_series_point, value, 8);

SIZE(kymo_series, 32);
AT(kymo_series, name, 0);
AT(kymo_series, n_labels, 8);
AT(kymo_series, n_points, 12);
AT(kymo_series, labels, 16);
AT(kymo_series, points, 24);

SIZE(kymo_part, 32);
AT(kymo_part, start, 0);
AT(kymo_part, end, 8);
AT(kymo_part, tier, 16);
AT(kymo_part, missing, 20);
AT(kymo_part, empty, 21);
AT(kymo_part, reason, 24);

SIZE(kymo_answer, 96);
AT(kymo_answer, n_series, 0);
AT(kymo_answer, n_parts, 4);
AT(kymo_answer, n_warnings, 8);
AT(kymo_answer, series, 16);
AT(kymo_answer, parts, 24);
AT(kymo_answer, warnings, 32);
AT(kymo_answer, start, 40);
AT(kymo_answer, end, 48);
AT(kymo_answer, step, 56);
AT(kymo_answer, window, 64);
AT(kymo_answer, samples_read, 72);
AT(kymo_answer, error, 80);
AT(kymo_answer, memory, 88);

SIZE(kymo_latest, 48);
AT(kymo_latest, name, 0);
AT(kymo_latest, n_labels, 8);
AT(kymo_latest, type, 12);
AT(kymo_latest, labels, 16);
AT(kymo_latest, unit, 24);
AT(kymo_latest, at, 32);
AT(kymo_latest, value, 40);

SIZE(kymo_latest_list, 24);
AT(kymo_latest_list, n, 0);
AT(kymo_latest_list, items, 8);
AT(kymo_latest_list, memory, 16);

SIZE(kymo_summary, 112);
AT(kymo_summary, name, 0);
AT(kymo_summary, n_labels, 8);
AT(kymo_summary, flags, 12);
AT(kymo_summary, labels, 16);
AT(kymo_summary, count, 24);
AT(kymo_summary, sum, 32);
AT(kymo_summary, min, 40);
AT(kymo_summary, max, 48);
AT(kymo_summary, avg, 56);
AT(kymo_summary, stddev, 64);
AT(kymo_summary, p50, 72);
AT(kymo_summary, p95, 80);
AT(kymo_summary, p99, 88);
AT(kymo_summary, first_at, 96);
AT(kymo_summary, last_at, 104);

SIZE(kymo_summary_answer, 184);
AT(kymo_summary_answer, all, 0);
AT(kymo_summary_answer, n_series, 112);
AT(kymo_summary_answer, n_parts, 116);
AT(kymo_summary_answer, n_warnings, 120);
AT(kymo_summary_answer, series, 128);
AT(kymo_summary_answer, parts, 136);
AT(kymo_summary_answer, warnings, 144);
AT(kymo_summary_answer, start, 152);
AT(kymo_summary_answer, end, 160);
AT(kymo_summary_answer, error, 168);
AT(kymo_summary_answer, memory, 176);

SIZE(kymo_metric_info, 64);
AT(kymo_metric_info, name, 0);
AT(kymo_metric_info, unit, 8);
AT(kymo_metric_info, help, 16);
AT(kymo_metric_info, type, 24);
AT(kymo_metric_info, n_series, 28);
AT(kymo_metric_info, n_labels, 32);
AT(kymo_metric_info, labels, 40);
AT(kymo_metric_info, first_at, 48);
AT(kymo_metric_info, last_at, 56);

SIZE(kymo_metric_list, 24);
AT(kymo_metric_list, n, 0);
AT(kymo_metric_list, items, 8);
AT(kymo_metric_list, memory, 16);

SIZE(kymo_error, 4100);
AT(kymo_error, code, 0);
AT(kymo_error, text, 4);

SIZE(kymo_config, 40);
AT(kymo_config, size, 0);
AT(kymo_config, file, 8);
AT(kymo_config, yaml, 16);
AT(kymo_config, log, 24);
AT(kymo_config, log_data, 32);

SIZE(kymo_snapshot, 184);
AT(kymo_snapshot, at, 0);
AT(kymo_snapshot, group, 8);
AT(kymo_snapshot, memory, 176);

SIZE(kymo_service_stats, 312);
AT(kymo_service_stats, size, 0);
AT(kymo_service_stats, collectors, 4);
AT(kymo_service_stats, sinks, 8);
AT(kymo_service_stats, series, 12);
AT(kymo_service_stats, metrics, 16);
AT(kymo_service_stats, uptime, 24);
AT(kymo_service_stats, collections, 32);
AT(kymo_service_stats, errors, 40);
AT(kymo_service_stats, samples, 48);
AT(kymo_service_stats, missed, 56);
AT(kymo_service_stats, stored, 64);
AT(kymo_service_stats, late, 72);
AT(kymo_service_stats, refused, 80);
AT(kymo_service_stats, events, 88);
AT(kymo_service_stats, events_unclaimed, 96);
AT(kymo_service_stats, events_dropped, 104);
AT(kymo_service_stats, tier, 112);
AT(kymo_service_stats, wal_bytes, 272);
AT(kymo_service_stats, index_bytes, 280);
AT(kymo_service_stats, head_samples, 288);
AT(kymo_service_stats, head_bytes, 296);
AT(kymo_service_stats, event_queue, 304);
AT(kymo_service_stats, sink_queue, 308);

SIZE(kymo_maintained, 72);
AT(kymo_maintained, size, 0);
AT(kymo_maintained, blocks_written, 4);
AT(kymo_maintained, blocks_merged, 8);
AT(kymo_maintained, blocks_expired, 12);
AT(kymo_maintained, series_expired, 16);
AT(kymo_maintained, flushed_samples, 24);
AT(kymo_maintained, closed_windows, 32);
AT(kymo_maintained, recomputed_windows, 40);
AT(kymo_maintained, bytes_written, 48);
AT(kymo_maintained, bytes_freed, 56);
AT(kymo_maintained, took, 64);

SIZE(kymo_event_label, 16);
AT(kymo_event_label, name, 0);
AT(kymo_event_label, value, 8);

SIZE(kymo_events, 16);
AT(kymo_events, size, 0);
AT(kymo_events, patterns, 8);

SIZE(kymo_requests, 16);
AT(kymo_requests, size, 0);
AT(kymo_requests, active, 8);

SIZE(kymo_store, 16);
AT(kymo_store, size, 0);
AT(kymo_store, path, 8);
#endif

IS(KYMO_UNTYPED, 0);
IS(KYMO_GAUGE, 1);
IS(KYMO_COUNTER, 2);
IS(KYMO_HISTOGRAM, 3);
IS(KYMO_SUMMARY, 4);

IS(KYMO_FROM_ZERO, 1);
IS(KYMO_SKETCH, 2);
IS(KYMO_NO_SKETCH, 4);
IS(KYMO_NOISE, 8);

IS(KYMO_WINDOW_ENDED, 1);
IS(KYMO_WINDOW_SKETCH, 2);

IS(KYMO_STALE, 1);
IS(KYMO_RESET, 2);

IS(KYMO_RAW, 0);
IS(KYMO_1M, 1);
IS(KYMO_5M, 2);
IS(KYMO_1H, 3);

IS(KYMO_FLAG, 0);
IS(KYMO_INTEGER, 1);
IS(KYMO_NUMBER, 2);
IS(KYMO_STRING, 3);
IS(KYMO_DURATION, 4);
IS(KYMO_SIZE, 5);
IS(KYMO_STRINGS, 6);
IS(KYMO_ROWS, 7);

IS(KYMO_REQUIRED, 1);
IS(KYMO_SECRET, 2);
IS(KYMO_READS, 4);
IS(KYMO_WRITES, 8);

IS(KYMO_GIVEN, 1);

IS(KYMO_LOG_ERROR, 0);
IS(KYMO_LOG_WARN, 1);
IS(KYMO_LOG_INFO, 2);
IS(KYMO_LOG_DEBUG, 3);

IS(KYMO_NEEDS_NETWORK, 1);
IS(KYMO_NEEDS_EXEC, 2);

IS(KYMO_VALUES, 0);
IS(KYMO_SUM, 1);
IS(KYMO_AVG, 2);
IS(KYMO_MIN, 3);
IS(KYMO_MAX, 4);
IS(KYMO_COUNT, 5);
IS(KYMO_P50, 6);
IS(KYMO_P95, 7);
IS(KYMO_P99, 8);

IS(KYMO_EQUAL, 0);
IS(KYMO_NOT_EQUAL, 1);
IS(KYMO_REGEX, 2);
IS(KYMO_NOT_REGEX, 3);
IS(KYMO_LIKE, 4);

IS(KYMO_SUMMARY_ESTIMATED, 1);

IS(KYMO_GROUP_SYSTEM, 0);
IS(KYMO_GROUP_PROCESS, 1);
IS(KYMO_GROUP_API, 2);
IS(KYMO_GROUP_WEBSOCKET, 3);
IS(KYMO_GROUP_BUSINESS, 4);
IS(KYMO_GROUP_DATA, 5);
IS(KYMO_GROUP_CUSTOM, 6);
IS(KYMO_GROUPS, 7);

IS(KYMO_FLUSH_HEAD, 1);
IS(KYMO_CLOSE_WINDOWS, 2);
IS(KYMO_MERGE, 4);
IS(KYMO_EXPIRE, 8);

IS(KYMO_WS_SENT, 0);
IS(KYMO_WS_RECEIVED, 1);

IS(KYMO_ABI_MAJOR, 1);
IS(KYMO_NOTE_TYPE, 1);
IS(KYMO_BUCKET_BASE, 1048576);

/* Numbers that travel. */
_Static_assert(KYMO_ABI == 0x10000, "the version");

int main(void)
{
	struct { uint32_t size; int32_t old; int32_t new_member; } grown = { 8, 0, 0 };

	if (!KYMO_HAS(&grown, old) || KYMO_HAS(&grown, new_member)) {
		printf("KYMO_HAS does not tell what is there\n");
		return 1;
	}
	return 0;
}
