/* SPDX-License-Identifier: MIT */
/*
 * answer.c - see answer.h. A stream that is made by a pool is made piece by piece:
 * while a thread of the pool makes one the connection is suspended, while a client
 * takes one no thread waits for it.
 */
#include "http/answer.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define PIECE (32 << 10)		/* libmicrohttpd sends so much at once */

/* ---- a body ---- */

void answer_pack(struct response *response, enum coding coding)
{
	AUTO(packer) packer = NULL;
	struct buf packed = { 0 };

	if (coding == CODING_NONE || response->coding != CODING_NONE || response->stream.next || response->body.len < CODING_LEAST ||
	    buf_failed(&response->body))
		return;
	packer = packer_create(coding);
	if (!packer || packer_add(packer, response->body.data, response->body.len, true, &packed) < 0) {
		buf_fini(&packed);	/* then as it is */
		return;
	}
	buf_fini(&response->body);
	response->body = packed;
	response->coding = coding;
}

/* The text of an answer, which is the library's then; or one that needs no memory. */
static struct MHD_Response *make_whole(struct response *response)
{
	static char no_memory[] = "{\"error\":\"the answer does not fit into memory\",\"status\":503}";
	static char no_memory_either[] =
		"{\"status\":\"error\",\"errorType\":\"unavailable\",\"error\":\"the answer does not fit into memory\"}";
	struct buf body = response->body;

	response->body = (struct buf){ 0 };
	if (buf_failed(&body)) {
		buf_fini(&body);
		response->status = 503;
		response->content_type = NULL;
		return response->prometheus ?
			       MHD_create_response_from_buffer(sizeof no_memory_either - 1, no_memory_either, MHD_RESPMEM_PERSISTENT) :
			       MHD_create_response_from_buffer(sizeof no_memory - 1, no_memory, MHD_RESPMEM_PERSISTENT);
	}
	if (!body.data)
		return MHD_create_response_from_buffer(0, no_memory, MHD_RESPMEM_PERSISTENT);
	return MHD_create_response_from_buffer(body.len, body.data, MHD_RESPMEM_MUST_FREE);
}

/* ---- a stream ---- */

struct sending {
	struct engine *engine;
	struct MHD_Connection *connection;
	enum lane lane;
	struct response_stream stream;
	struct packer *packer;		/* NULL: as it is */
	struct buf raw, piece;		/* made, and to be sent; with a packer two */
	size_t at;			/* in piece: so much is sent */
	bool ended, failed;
	struct job job;
};

/* What was made is to be sent. */
static void pack_piece(struct sending *sending)
{
	sending->failed |= buf_failed(&sending->raw) || packer_add(sending->packer, sending->raw.data, sending->raw.len,
								   sending->ended, &sending->piece) < 0;
	buf_clear(&sending->raw);
}

/* Into a piece that has been sent: at least one byte, or the end. */
static void make_piece(struct sending *sending)
{
	struct buf *to = sending->packer ? &sending->raw : &sending->piece;

	buf_clear(&sending->piece);
	sending->at = 0;
	while (!sending->piece.len && !sending->ended && !sending->failed) {
		sending->failed = sending->stream.next(sending->stream.data, to) < 0;
		sending->ended = !to->len;
		if (sending->packer)
			pack_piece(sending);
	}
	sending->failed |= buf_failed(&sending->piece);
}

static struct sending *of_job(struct job *job)
{
	return (struct sending *)((char *)job - offsetof(struct sending, job));
}

/* Nothing is to be done after the resume: libmicrohttpd may end it all at once. */
static void run_job(struct job *job)
{
	struct sending *sending = of_job(job);

	make_piece(sending);
	MHD_resume_connection(sending->connection);
}

static void drop_job(struct job *job)
{
	struct sending *sending = of_job(job);

	sending->failed = true;
	MHD_resume_connection(sending->connection);
}

/* A thread of the pool makes the next piece; until then nobody else touches this. */
static void await_piece(struct sending *sending)
{
	MHD_suspend_connection(sending->connection);
	if (!engine_go_on(sending->engine, sending->lane, &sending->job))
		drop_job(&sending->job);
}

static ssize_t send_piece(void *data, uint64_t at, char *to, size_t most)
{
	struct sending *sending = data;
	bool all_sent = sending->at == sending->piece.len;
	size_t n;

	(void)at;
	if (all_sent && !sending->ended && !sending->failed && sending->lane != LANE_AT_ONCE) {
		await_piece(sending);
		return 0;
	}
	if (all_sent && !sending->ended && !sending->failed)
		make_piece(sending);
	if (sending->failed)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = sending->piece.len - sending->at;
	if (!n)
		return MHD_CONTENT_READER_END_OF_STREAM;
	n = n < most ? n : most;
	memcpy(to, sending->piece.data + sending->at, n);
	sending->at += n;
	return (ssize_t)n;
}

static void end_sending(void *data)
{
	struct sending *sending = data;

	if (sending->lane != LANE_AT_ONCE)
		engine_stream_ended(sending->engine);
	sending->stream.end(sending->stream.data);
	packer_destroy(sending->packer);
	buf_fini(&sending->raw);
	buf_fini(&sending->piece);
	free(sending);
}

/* Takes the stream over, and the body as its first piece; NULL: there is none, everything is still the response's. */
static struct sending *sending_create(struct MHD_Connection *connection, struct response *response,
				      const struct answering *answering)
{
	struct sending *sending = calloc(1, sizeof *sending);

	if (!sending)
		return NULL;
	if (answering->coding != CODING_NONE && !(sending->packer = packer_create(answering->coding))) {
		free(sending);
		return NULL;
	}
	sending->engine = answering->engine;
	sending->connection = connection;
	sending->lane = answering->lane;
	sending->job = (struct job){ .run = run_job, .drop = drop_job };
	sending->stream = response->stream;
	response->stream = (struct response_stream){ 0 };
	*(sending->packer ? &sending->raw : &sending->piece) = response->body;
	response->body = (struct buf){ 0 };
	response->coding = answering->coding;
	if (sending->lane != LANE_AT_ONCE)
		engine_stream_begun(sending->engine);
	return sending;
}

/* NULL: no memory; the stream has ended. */
static struct MHD_Response *make_stream(struct MHD_Connection *connection, struct response *response,
					const struct answering *answering)
{
	struct sending *sending = sending_create(connection, response, answering);
	struct MHD_Response *answer;

	if (!sending) {
		response_drop_stream(response);
		return NULL;
	}
	if (sending->packer)
		pack_piece(sending);
	answer = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, send_piece, sending, end_sending);
	if (!answer)
		end_sending(sending);
	return answer;
}

/* ---- any answer ---- */

static void add_number(struct MHD_Response *answer, const char *header, unsigned number)
{
	char text[16];

	snprintf(text, sizeof text, "%u", number);
	MHD_add_response_header(answer, header, text);
}

/* A client that sends nothing more; libmicrohttpd itself sees that late, where an answer has no length. */
static bool sends_no_more(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	char byte;

	return info && recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* What a browser wants to know before it lets a page of elsewhere look. */
static void add_sharing(struct MHD_Response *answer, const char *origin)
{
	MHD_add_response_header(answer, "Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin");
	MHD_add_response_header(answer, "Access-Control-Allow-Methods", "GET, POST, OPTIONS");
	MHD_add_response_header(answer, "Access-Control-Allow-Origin", origin);
	MHD_add_response_header(answer, "Access-Control-Expose-Headers", "Date");
}

static void add_headers(struct MHD_Response *answer, const struct response *response, const struct answering *answering)
{
	if (response->status != 204)
		MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE,
					response->content_type ? response->content_type : "application/json");
	MHD_add_response_header(answer, "X-Content-Type-Options", "nosniff");
	if (response->coding != CODING_NONE)
		MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_ENCODING, coding_name(response->coding));
	MHD_add_response_header(answer, MHD_HTTP_HEADER_VARY, response->shared ? "Origin, Accept-Encoding" : "Accept-Encoding");
	if (response->shared && answering->origin)
		add_sharing(answer, answering->origin);
	if (response->allow)
		MHD_add_response_header(answer, MHD_HTTP_HEADER_ALLOW, response->allow);
	if (response->retry_after)
		add_number(answer, MHD_HTTP_HEADER_RETRY_AFTER, response->retry_after);
}

enum MHD_Result answer_send(struct MHD_Connection *connection, struct response *response, const struct answering *answering)
{
	struct MHD_Response *answer;
	enum MHD_Result sent;

	answer_pack(response, answering->coding);
	answer = response->stream.next ? make_stream(connection, response, answering) : make_whole(response);
	if (!answer)
		return MHD_NO;
	add_headers(answer, response, answering);
	if (response->close || sends_no_more(connection))
		MHD_add_response_header(answer, MHD_HTTP_HEADER_CONNECTION, "close");
	sent = MHD_queue_response(connection, response->status, answer);
	MHD_destroy_response(answer);
	return sent;
}
