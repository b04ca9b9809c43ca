/* SPDX-License-Identifier: MIT */
/*
 * append_log.c - rows are logged as differences, so a record that is damaged takes
 * those behind it along, up to where its group is stated again. That is done when
 * rows have taken many times what the statement takes, so it costs next to nothing.
 */
#include "store/append_log.h"

enum { RESTATE = 64, RESTATE_LEAST = 1 << 16 /* bytes */ };

static bool is_stated(const struct wal *wal, const struct group_log *log)
{
	return log->mark == wal_mark(wal) && (log->since < RESTATE_LEAST || log->since < RESTATE * log->stated);
}

void log_group(struct wal *wal, struct group *group)
{
	struct group_log *log = &group->log;
	struct buf *out = wal_rows(wal);
	size_t before = out->len;

	if (is_stated(wal, log))
		return;
	if (log->segment != wal_segment(wal)) {
		log->segment = wal_segment(wal);
		log->number = wal_next_group(wal);
	}
	wal_put_state(&(struct wal_state){ log->number, group->n, group->refs, group->now.last, group->now.state }, out);
	memset(log->pace.changed, 0, (group->n + 63) / 64 * sizeof *log->pace.changed);
	log->pace.at = log->pace.step = 0;
	log->mark = wal_mark(wal);
	log->stated = out->len - before;
	log->since = 0;
	wal_stated(wal, log->stated);
}

void log_row(struct wal *wal, struct group *group, kymo_ms at, const struct row_view *row)
{
	struct group_log *log = &group->log;
	struct buf *out = wal_rows(wal);
	size_t before = out->len;
	struct wal_row record = { .number = log->number, .n = group->n, .at = at, .changed = row->changed, .present = row->present,
				  .tokens = row->tokens, .size = row->size };

	wal_put_row(&record, &log->pace, out);
	log->since += out->len - before;
}
