/* SPDX-License-Identifier: MIT */
/*
 * params.h - the parameters of a request, as forms have them: those of a body of
 * the type application/x-www-form-urlencoded (POST) first, then those of the URL.
 */
#ifndef HTTP_PARAMS_H
#define HTTP_PARAMS_H

#include "http/request.h"

#define PARAMS_MOST 65536		/* in a body */

struct params {
	const struct request *request;
	char *text;			/* of the body, decoded; ours */
	struct parameter *items;	/* ours */
	uint32_t n;
};

/* 0; -EINVAL with the reason: a % that is not followed by two digits, not UTF-8, too many; -ENOMEM. Then also to be ended. */
int params_read(struct params *params, const struct request *request, struct error *err);
void params_fini(struct params *params);
#define AUTO_PARAMS __attribute__((cleanup(params_fini))) struct params

/* The first of that name; "" where there is none. */
const char *params_get(const struct params *params, const char *name);
/* Each of that name; *at starts at 0. NULL: no more. */
const char *params_next(const struct params *params, const char *name, uint32_t *at);

#endif
