/* SPDX-License-Identifier: MIT */
/*
 * answer.h - a response on its way out through libmicrohttpd: headers, content
 * coding, whole or as a stream.
 */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include "http/engine.h"

#include <microhttpd.h>

/* Pack the body, where that is worth it and nothing follows it. May take long for a large one. */
void answer_pack(struct response *response, enum coding coding);

struct answering {
	struct engine *engine;
	enum lane lane;			/* that makes what follows the body */
	enum coding coding;		/* that the client wants */
	const char *origin;		/* that may read it: "*", or that of the page; NULL: none */
};

/* What the response holds goes out, and out of it. */
enum MHD_Result answer_send(struct MHD_Connection *connection, struct response *response, const struct answering *answering);

#endif
