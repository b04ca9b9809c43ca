/* SPDX-License-Identifier: MIT */
/* names.c - labels and metrics of a block's series: read when somebody asks for them first. */
#include "block/format.h"
#include "block/state.h"

#include <errno.h>
#include <stdlib.h>

/* Of the series at the same place. */
struct block_name {
	size_t at;			/* in block->labels */
	uint32_t size, metric;
};

/* A name or a value, in the unpacked section. */
struct symbol {
	const char *text;
	uint32_t size;
};

struct symbols {
	uint64_t n;
	struct symbol *of;
};

static int unpack_names(struct block *block, struct buf *unpacked)
{
	const struct block_section *section = &block->section[SECTION_NAMES];
	AUTO_BUF packed = { 0 };
	uint8_t *to;
	int r;

	if (section->unpacked > BLOCK_NAMES_MOST)
		return -EBADMSG;
	r = block_read_section(block, section, &packed);
	if (r < 0)
		return r;
	if (!block_files_unpacks_to(packed.data, packed.len, section->unpacked))
		return -EBADMSG;
	to = buf_reserve(unpacked, (size_t)section->unpacked + 1);
	if (!to)
		return -ENOMEM;
	r = block_files_unpack(block->files, packed.data, packed.len, to, section->unpacked);
	unpacked->len = r < 0 ? 0 : section->unpacked;
	return r;
}

static int parse_metrics(struct block *block, struct reader *in)
{
	uint64_t n = read_varint(in);

	if (in->bad || n > reader_left(in))	/* also of series that were left out */
		return -EBADMSG;
	block->metrics = calloc((size_t)n + 1, sizeof *block->metrics);
	if (!block->metrics)
		return -ENOMEM;
	while (block->n_metrics < n) {
		struct metric *metric = metric_decode(in);

		if (!metric)
			return in->bad ? -EBADMSG : -ENOMEM;
		block->metrics[block->n_metrics++] = metric;
	}
	return 0;
}

static int parse_symbols(struct reader *in, struct symbols *symbols)
{
	symbols->n = read_varint(in);
	if (in->bad || symbols->n > reader_left(in))
		return -EBADMSG;
	symbols->of = calloc((size_t)symbols->n + 1, sizeof *symbols->of);
	if (!symbols->of)
		return -ENOMEM;
	for (uint64_t i = 0; i < symbols->n; i++) {
		size_t size;

		symbols->of[i].text = read_string(in, &size);
		symbols->of[i].size = (uint32_t)size;
	}
	return in->bad ? -EBADMSG : 0;
}

static bool take_symbol(struct reader *in, const struct symbols *symbols, const char **text, uint32_t *size)
{
	uint64_t number = read_varint(in);

	if (in->bad || number >= symbols->n)
		return false;
	*text = symbols->of[number].text;
	*size = symbols->of[number].size;
	return true;
}

/* The labels of a series into `items`; the metric's name is among them, or is added. How many; negative: -EBADMSG. */
static int take_labels(struct reader *in, const struct symbols *symbols, const struct metric *metric, struct label *items)
{
	uint64_t v = read_varint(in), n = v >> 1;
	uint32_t at = 0;

	if (in->bad || n > LABELS_MOST)
		return -EBADMSG;
	if (!(v & 1))
		items[at++] = (struct label){ LABEL_NAME, metric->name, sizeof LABEL_NAME - 1, metric->name_len };
	for (; n; n--, at++)
		if (!take_symbol(in, symbols, &items[at].name, &items[at].name_len) ||
		    !take_symbol(in, symbols, &items[at].value, &items[at].value_len))
			return -EBADMSG;
	return (int)at;
}

static int parse_name(struct block *block, struct reader *in, const struct symbols *symbols, struct block_name *name)
{
	struct label items[LABELS_MOST + 1];
	uint64_t metric = read_varint(in);
	int n, r;

	if (in->bad || metric >= block->n_metrics)
		return -EBADMSG;
	n = take_labels(in, symbols, block->metrics[metric], items);
	if (n < 0)
		return n;
	*name = (struct block_name){ .at = block->labels.len, .metric = (uint32_t)metric };
	r = labels_encode(items, (uint32_t)n, &block->labels);
	if (r < 0)
		return r == -EEXIST ? -EBADMSG : r;
	name->size = (uint32_t)(block->labels.len - name->at);
	return name->size && labels_sound((struct labels){ block->labels.data + name->at, name->size }) ? 0 : -EBADMSG;
}

static int parse_names(struct block *block, struct reader *in)
{
	struct symbols symbols = { 0 };
	int r = parse_symbols(in, &symbols);

	block->labels.limit = BLOCK_NAMES_MOST;
	for (uint32_t i = 0; i < block->n_series && r == 0; i++)
		r = parse_name(block, in, &symbols, &block->names[i]);
	free(symbols.of);
	return r == 0 && reader_left(in) ? -EBADMSG : r;
}

static void forget(struct block *block)
{
	while (block->n_metrics)
		metric_destroy(block->metrics[--block->n_metrics]);
	free(block->metrics);
	block->metrics = NULL;
	buf_fini(&block->labels);
	free(block->names);
	block->names = NULL;
}

static int load_names(struct block *block)
{
	AUTO_BUF unpacked = { 0 };
	struct reader in;
	int r = unpack_names(block, &unpacked);

	if (r < 0)
		return r;
	if (block->n_series > unpacked.len)
		return -EBADMSG;
	block->names = calloc((size_t)block->n_series + 1, sizeof *block->names);
	if (!block->names)
		return -ENOMEM;
	in = reader_of(unpacked.data, unpacked.len);
	r = parse_metrics(block, &in);
	return r < 0 ? r : parse_names(block, &in);
}

int block_names(struct block *block, uint32_t place, struct labels *labels, const struct metric **metric)
{
	LOCK(&block->names_lock);
	const struct block_name *name;

	if (!block->names) {
		int r = load_names(block);

		if (r < 0) {
			forget(block);
			return block_noted(block, r);
		}
	}
	name = &block->names[place];
	*labels = (struct labels){ block->labels.data + name->at, name->size };
	*metric = block->metrics[name->metric];
	return 0;
}

void block_forget_names(struct block *block)
{
	LOCK(&block->names_lock);

	forget(block);
}
