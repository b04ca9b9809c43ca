/* SPDX-License-Identifier: MIT */
/*
 * group_spill.c - what of a group is in the file of the spill. Who appends seals
 * rows under the head's lock and lets them go to the file when he has let go of that,
 * so no reader waits for the disk. What cannot be written stays in memory.
 */
#include "head/group.h"

#include <errno.h>
#include <stdlib.h>

static size_t stride_of(const struct group *group)
{
	return (sizeof(struct spilled) + spill_slices(group->n) * sizeof(uint32_t) + 7) / 8 * 8;
}

struct spilled *group_spilled_at(const struct group *group, uint32_t i)
{
	return (struct spilled *)(void *)(group->spilled.data + i * stride_of(group));
}

static uint32_t bytes_of(const struct group *group, const struct spilled *spilled)
{
	return spilled->end[spill_slices(group->n) - 1];
}

size_t group_spilled_memory(const struct group *group)
{
	return group->spilled.room ? group->spilled.room * stride_of(group) : 0;
}

/* ---- into the file ---- */

/* No memory for that: they stay in memory, until the next are sealed. */
void group_spill_soon(struct head *head, struct group *group)
{
	if (!head->spill.path || group->waiting)
		return;
	if (head->n_waiting == head->room_waiting) {
		uint32_t room = head->room_waiting ? head->room_waiting * 2 : 16;
		uint32_t *more = realloc(head->waiting, room * sizeof *more);

		if (!more)
			return;
		head->waiting = more;
		head->room_waiting = room;
	}
	head->waiting[head->n_waiting++] = group->id;
	group->waiting = true;
}

static int reserve(struct group *group)
{
	struct group_spilled *spilled = &group->spilled;
	uint32_t room = spilled->room + spilled->room / 4 + 2;
	uint8_t *data;

	if (spilled->n < spilled->room)
		return 0;
	data = realloc(spilled->data, room * stride_of(group));
	if (!data)
		return -ENOMEM;
	spilled->data = data;
	spilled->room = room;
	return 0;
}

/* The first that is sealed and not frozen, and where. NULL: none. */
static struct sealed *find_sealed(const struct group *group, uint32_t *at)
{
	for (*at = group->n_frozen; *at < group->n_stretches; ++*at)
		if (group->stretches[*at].sealed)
			return group->stretches[*at].sealed;
	return NULL;
}

/* The group that waits under that number, with what it has to spill held and room for where it goes. NULL: there is none. */
static struct sealed *next_sealed(struct head *head, uint32_t id, struct spilled **entry)
{
	LOCK(&head->lock);
	struct group *group = head->groups[id];
	struct sealed *sealed = NULL;
	uint32_t at;

	*entry = NULL;
	if (!group || !group->waiting)
		return NULL;
	sealed = find_sealed(group, &at);
	if (!sealed || reserve(group) < 0 || !(*entry = malloc(stride_of(group)))) {
		group->waiting = false;
		group_account(head, group);
		return NULL;
	}
	return sealed_hold(sealed);
}

/* A flush may have taken the group, or these rows, meanwhile. */
static bool replace(struct head *head, uint32_t id, const struct sealed *sealed, const struct spilled *entry)
{
	LOCK(&head->lock);
	struct group *group = head->groups[id];
	uint32_t at;

	if (!group || find_sealed(group, &at) != sealed)
		return false;
	memcpy(group_spilled_at(group, group->spilled.n++), entry, stride_of(group));
	atomic_fetch_add_explicit(&head->spilled, bytes_of(group, entry), memory_order_relaxed);
	group->sealed_bytes -= sealed->size;
	sealed_release(group->stretches[at].sealed);
	group->n_stretches--;
	memmove(group->stretches + at, group->stretches + at + 1, (group->n_stretches - at) * sizeof *group->stretches);
	group_account(head, group);
	return true;
}

static int spill_group(struct head *head, uint32_t id)
{
	struct spilled *entry;
	struct sealed *sealed;
	int r = 0;

	while (r == 0 && (sealed = next_sealed(head, id, &entry))) {
		r = spill_put(&head->spill, sealed, &head->scratch, entry);
		if (r == 0 && !replace(head, id, sealed, entry))
			spilled_fini(entry);
		sealed_release(sealed);
		free(entry);
	}
	return r;
}

void head_spill(struct head *head)
{
	while (head->n_waiting && spill_ready(&head->spill))
		if (spill_group(head, head->waiting[head->n_waiting - 1]) == 0)
			head->n_waiting--;
}

/* ---- reading ---- */

int group_spilled_copy(const struct group *group, uint32_t n, uint32_t slot, kymo_ms start, kymo_ms end, struct head_copy *copy)
{
	int r = 0;

	for (uint32_t i = 0; i < n && r == 0; i++) {
		const struct spilled *spilled = group_spilled_at(group, i);

		if (spilled->last > start && spilled->first <= end)
			r = head_copy_spilled(copy, spilled, slot);
	}
	return r;
}

/* Where some member was missing, the rows themselves are asked. What cannot be read is taken to be there. */
static kymo_ms first_of(const struct group *group, const struct spilled *spilled, uint32_t slot)
{
	AUTO_BUF scratch = { 0 };
	struct spill_place place;
	const struct sealed *sealed;
	int r;

	if (spilled->samples == (uint64_t)spilled->n_rows * group->n)
		return spilled->first;
	place = spill_place(spilled, slot);
	r = spill_read(&place, &scratch, &sealed);
	spill_place_fini(&place);
	return r < 0 ? spilled->first : sealed_first_of(sealed, slot % SPILL_SLICE);
}

kymo_ms group_spilled_first(const struct group *group, uint32_t slot)
{
	kymo_ms first = INT64_MAX;

	for (uint32_t i = 0; i < group->spilled.n && first == INT64_MAX; i++)
		first = first_of(group, group_spilled_at(group, i), slot);
	return first;
}

void group_spilled_span(const struct group *group, uint32_t from, uint32_t to, kymo_ms *first, kymo_ms *last)
{
	for (uint32_t i = from; i < to; i++) {
		const struct spilled *spilled = group_spilled_at(group, i);

		*first = spilled->first < *first ? spilled->first : *first;
		*last = spilled->last > *last ? spilled->last : *last;
	}
}

/* ---- in blocks by now ---- */

uint64_t group_spilled_drop(struct head *head, struct group *group, uint32_t n)
{
	struct group_spilled *spilled = &group->spilled;
	uint64_t samples = 0;

	for (uint32_t i = 0; i < n; i++) {
		samples += group_spilled_at(group, i)->samples;
		atomic_fetch_sub_explicit(&head->spilled, bytes_of(group, group_spilled_at(group, i)), memory_order_relaxed);
		spilled_fini(group_spilled_at(group, i));
	}
	spilled->n -= n;
	spilled->n_frozen = spilled->n_frozen > n ? spilled->n_frozen - n : 0;
	if (!spilled->n) {
		free(spilled->data);
		spilled->data = NULL;
		spilled->room = 0;
	} else if (n) {
		memmove(spilled->data, spilled->data + n * stride_of(group), spilled->n * stride_of(group));
	}
	return samples;
}
