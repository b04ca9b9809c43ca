/* SPDX-License-Identifier: MIT */
/*
 * table.c - widths are counted in columns of a terminal, whatever the locale of
 * the user: text is UTF-8 here always. The last column is not padded.
 */
#include "cli/table.h"

#include "cli/text.h"
#include "util/check.h"
#include "util/utf8.h"

#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define GAP 2

struct cell {
	const char *text;
	size_t n;
};

struct layout {
	size_t width[TABLE_COLUMNS];	/* 0: the column is left out */
	uint32_t last;			/* that is not left out */
};

struct buf *table_cell(struct table *table)
{
	size_t at = table->text.len;

	buf_add(&table->begins, &at, sizeof at);
	return &table->text;
}

static uint32_t count_rows(const struct table *table)
{
	return (uint32_t)(table->begins.len / sizeof(size_t) / table->n_columns);
}

static struct cell cell_at(const struct table *table, uint32_t row, uint32_t column)
{
	size_t i = (size_t)row * table->n_columns + column, begin, end = table->text.len;

	memcpy(&begin, table->begins.data + i * sizeof begin, sizeof begin);
	if ((i + 2) * sizeof end <= table->begins.len)
		memcpy(&end, table->begins.data + (i + 1) * sizeof end, sizeof end);
	return (struct cell){ end > begin ? (const char *)table->text.data + begin : "", end - begin };
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static bool has_titles(const struct table *table)
{
	return table->columns[0].title;
}

static struct layout lay_out(const struct table *table)
{
	struct layout layout = { 0 };

	for (uint32_t c = 0; c < table->n_columns; c++) {
		size_t width = 0;

		for (uint32_t r = 0; r < count_rows(table); r++) {
			struct cell cell = cell_at(table, r, c);

			width = larger(width, text_width(cell.text, cell.n));
		}
		if (!width)
			continue;
		layout.width[c] = has_titles(table) ? larger(width, strlen(table->columns[c].title)) : width;
		layout.last = c;
	}
	return layout;
}

static void pad(struct buf *out, size_t n)
{
	uint8_t *to = n ? buf_reserve(out, n) : NULL;

	if (!to)
		return;
	memset(to, ' ', n);
	out->len += n;
}

static void print_cell(const struct table *table, const struct layout *layout, uint32_t c, struct cell cell,
		       struct buf *out)
{
	bool right = table->columns[c].right;
	size_t spare;

	if (!cell.n)
		cell = (struct cell){ "-", 1 };
	spare = layout->width[c] - text_width(cell.text, cell.n);

	pad(out, right ? spare : 0);
	buf_add(out, cell.text, cell.n);
	pad(out, (right ? 0 : spare) + GAP);
}

size_t table_terminal(void)
{
	struct winsize size;

	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* Of n bytes those that fit into so many columns. */
static size_t fitting(const char *text, size_t n, size_t most)
{
	size_t at = 0, width = 0, step;

	for (; at < n; at += step) {
		step = utf8_step(text + at, n - at);
		step = step ? step : 1;
		width += text_width(text + at, step);
		if (width > most)
			break;
	}
	return at;
}

/* Without the blanks that padding leaves at its end, and not wider than a terminal. */
static void end_line(const struct table *table, size_t begin, struct buf *out)
{
	const char *line = (const char *)out->data + begin;

	while (out->len && out->data[out->len - 1] == ' ')
		out->len--;
	if (table->most && text_width(line, out->len - begin) > table->most) {
		out->len = begin + fitting(line, out->len - begin, table->most - 1);
		buf_add_text(out, "…");
	}
	buf_add_text(out, "\n");
}

static void print_titles(const struct table *table, const struct layout *layout, struct buf *out)
{
	size_t begin = out->len;

	for (uint32_t c = 0; c <= layout->last; c++)
		if (layout->width[c])
			print_cell(table, layout, c, (struct cell){ table->columns[c].title, strlen(table->columns[c].title) },
				   out);
	end_line(table, begin, out);
}

static void print_rows(const struct table *table, struct buf *out)
{
	struct layout layout = lay_out(table);

	if (!layout.width[layout.last])
		return;
	if (has_titles(table))
		print_titles(table, &layout, out);
	for (uint32_t r = 0; r < count_rows(table); r++) {
		size_t begin = out->len;

		for (uint32_t c = 0; c <= layout.last; c++)
			if (layout.width[c])
				print_cell(table, &layout, c, cell_at(table, r, c), out);
		end_line(table, begin, out);
	}
}

void table_print(struct table *table, struct buf *out)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;

	CHECK(table->n_columns <= TABLE_COLUMNS, "columns=%u", table->n_columns);
	if (buf_failed(&table->text) || buf_failed(&table->begins))
		out->failed = true;
	else if (count_rows(table))
		print_rows(table, out);
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
	buf_fini(&table->text);
	buf_fini(&table->begins);
}
