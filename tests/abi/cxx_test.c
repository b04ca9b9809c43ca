/* SPDX-License-Identifier: MIT */
/* cxx_test.c - the plugins in C++ load, and their one metric can be emitted. */
#include "host/loader.h"
#include "model/batch.h"

#include <stdio.h>

static double emit_once(const struct kymo_plugin *plugin)
{
	static const struct kymo_host host = { .abi = KYMO_ABI, .size = sizeof host, .emit = batch_emit };
	const uint16_t n_labels[] = { 0 };
	struct kymo_batch batch;
	void *instance;
	double value;

	batch_init(&batch, 100, 1000);
	batch_begin(&batch, 1, n_labels, 1);
	if (plugin->create(&host, NULL, &instance) < 0)
		return -1;
	plugin->collect(instance, &batch);
	plugin->destroy(instance);
	value = batch.n == 1 ? batch.values[0] : -1;
	batch_end(&batch);
	batch_fini(&batch);
	return value;
}

int main(int argc, char **argv)
{
	AUTO(loader) loader = loader_create();

	for (int i = 1; i < argc; i++) {
		AUTO(library) library = NULL;
		struct error err = { 0 };

		if (loader_load(loader, argv[i], &library, &err) < 0) {
			printf("%s\n", error_text(&err));
			return 1;
		}
		if (emit_once(library_plugin(library)) != 1) {
			printf("%s: does not emit\n", argv[i]);
			return 1;
		}
	}
	return 0;
}
