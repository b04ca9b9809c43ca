/* SPDX-License-Identifier: MIT */
/* curl.c - see curl.h. */
#include "cli/curl.h"

#include "util/check.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

int curl_load(struct curl *curl, struct error *err)
{
	static const struct { const char *name; size_t at; } symbols[] = {
		{ "curl_global_init", offsetof(struct curl, global_init) },
		{ "curl_easy_init", offsetof(struct curl, easy_init) },
		{ "curl_easy_setopt", offsetof(struct curl, setopt) },
		{ "curl_easy_perform", offsetof(struct curl, perform) },
		{ "curl_easy_getinfo", offsetof(struct curl, getinfo) },
		{ "curl_easy_cleanup", offsetof(struct curl, easy_cleanup) },
		{ "curl_easy_strerror", offsetof(struct curl, strerror) },
		{ "curl_slist_append", offsetof(struct curl, slist_append) },
		{ "curl_slist_free_all", offsetof(struct curl, slist_free_all) },
	};

	curl->library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (!curl->library)
		return error_set(err, -ENOENT, "libcurl is needed to ask the daemon (package libcurl4): %s", dlerror());
	for (size_t i = 0; i < COUNT_OF(symbols); i++) {
		void *symbol = dlsym(curl->library, symbols[i].name);

		if (!symbol)
			return error_set(err, -ENOENT, "this libcurl has no %s", symbols[i].name);
		memcpy((char *)curl + symbols[i].at, &symbol, sizeof symbol);
	}
	curl->global_init(CURL_GLOBAL_DEFAULT);
	return 0;
}
