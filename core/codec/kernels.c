/* SPDX-License-Identifier: MIT */
/* kernels.c - which kernels: chosen once, by what the machine can do. */
#include "codec/kernels.h"

#include <stdatomic.h>
#include <stdlib.h>

/* From the best down; the last runs everywhere. */
static const struct kernels *const all[] = {
#if defined(__x86_64__)
	&kernels_avx512, &kernels_avx2,
#elif defined(__aarch64__)
	&kernels_neon,
#endif
	&kernels_plain,
};

/* What was chosen: not state, but what every thread would find out again. NULL: nobody asked yet. */
static const struct kernels *_Atomic chosen;

static const struct kernels *find(const char *name)
{
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if ((!name || !strcmp(all[i]->name, name)) && all[i]->runs_here())
			return all[i];
	return NULL;
}

static const struct kernels *choose(void)
{
	const char *name = getenv("KYMO_CODEC");
	const struct kernels *named = name ? find(name) : NULL;

	chosen = named ? named : find(NULL);
	return chosen;
}

const struct kernels *kernels_get(void)
{
	const struct kernels *known = atomic_load_explicit(&chosen, memory_order_relaxed);

	return known ? known : choose();
}

bool kernels_use(const char *name)
{
	const struct kernels *found = find(name);

	if (found)
		chosen = found;
	return found != NULL;
}
