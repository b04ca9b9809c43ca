/* SPDX-License-Identifier: MIT */
/* block_names.c - labels and metrics of a block's series: read when somebody asks for them first. */
#include "store/block_format.h"
#include "store/block_state.h"

#include <errno.h>
#include <stdlib.h>

/* Of the series at the same place; points into `unpacked`. */
struct block_name {
	struct labels labels;
	uint32_t metric;
};

static int unpack_names(struct block *block)
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
	buf_clear(&block->unpacked);
	to = buf_reserve(&block->unpacked, (size_t)section->unpacked + 1);
	if (!to)
		return -ENOMEM;
	r = block_files_unpack(block->files, packed.data, packed.len, to, section->unpacked);
	block->unpacked.len = r < 0 ? 0 : section->unpacked;
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

static int parse_names(struct block *block, struct reader *in, struct block_name *names)
{
	for (uint32_t i = 0; i < block->n_series; i++) {
		uint64_t metric = read_varint(in);
		size_t size;
		const char *bytes = read_string(in, &size);

		names[i] = (struct block_name){ { (const uint8_t *)bytes, (uint32_t)size }, (uint32_t)metric };
		if (in->bad || metric >= block->n_metrics || !labels_sound(names[i].labels))
			return -EBADMSG;
	}
	return reader_left(in) ? -EBADMSG : 0;
}

static void forget(struct block *block)
{
	while (block->n_metrics)
		metric_destroy(block->metrics[--block->n_metrics]);
	free(block->metrics);
	block->metrics = NULL;
	buf_fini(&block->unpacked);
	free(block->names);
	block->names = NULL;
}

static int load_names(struct block *block)
{
	struct block_name *names;
	struct reader in;
	int r = unpack_names(block);

	if (r < 0)
		return r;
	if (block->n_series > block->unpacked.len)
		return -EBADMSG;
	names = block->names = calloc((size_t)block->n_series + 1, sizeof *names);
	if (!names)
		return -ENOMEM;
	in = reader_of(block->unpacked.data, block->unpacked.len);
	r = parse_metrics(block, &in);
	return r < 0 ? r : parse_names(block, &in, names);
}

int block_names(struct block *block, uint32_t place, struct labels *labels, const struct metric **metric)
{
	LOCK(&block->names_lock);
	const struct block_name *name;

	if (!block->names) {
		int r = load_names(block);

		if (r < 0) {
			forget(block);
			return block_damage(block, r);
		}
	}
	name = &block->names[place];
	*labels = name->labels;
	*metric = block->metrics[name->metric];
	return 0;
}

void block_forget_names(struct block *block)
{
	LOCK(&block->names_lock);

	forget(block);
}
