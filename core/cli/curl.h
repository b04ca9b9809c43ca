/* SPDX-License-Identifier: MIT */
/*
 * curl.h - libcurl, loaded when a command asks for it. The daemon is the same
 * binary: linked, libcurl and the thirty libraries behind it would cost it 6 MiB
 * of resident memory at every start, for nothing.
 */
#ifndef CLI_CURL_H
#define CLI_CURL_H

#include "util/error.h"

#include <curl/curl.h>

struct curl {
	void *library;
	CURLcode (*global_init)(long flags);
	CURL *(*easy_init)(void);
	CURLcode (*setopt)(CURL *easy, CURLoption option, ...);
	CURLcode (*perform)(CURL *easy);
	CURLcode (*getinfo)(CURL *easy, CURLINFO info, ...);
	void (*easy_cleanup)(CURL *easy);
	const char *(*strerror)(CURLcode code);
	struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
	void (*slist_free_all)(struct curl_slist *list);
};

int curl_load(struct curl *curl, struct error *err);	/* stays loaded until the process ends */

#endif
