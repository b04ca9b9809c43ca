/* SPDX-License-Identifier: MIT */
/* client.c - see client.h. */
#include "cli/client.h"

#include "cli/curl.h"
#include "cli/target.h"
#include "cli/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_json(const struct buf *answer)
{
	size_t i = 0;

	while (i < answer->len && strchr(" \t\r\n", answer->data[i]))
		i++;
	return i < answer->len && (answer->data[i] == '{' || answer->data[i] == '[');
}

static int not_kymo(const struct target *target, const struct reply *reply, struct error *err)
{
	return error_set(err, -EBADMSG, "%s answers with HTTP status %u and no JSON: this is not kymo", target_name(target),
			 reply->status);
}

/* The daemon's own words for what went wrong: {"error": ...}. */
static int refused(const struct target *target, const struct reply *reply, struct error *err)
{
	cJSON *tree = cJSON_ParseWithLength((const char *)reply->body.data, reply->body.len);
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, "error"));

	if (text)
		error_set(err, -EBADMSG, "%s", text);
	else
		not_kymo(target, reply, err);
	cJSON_Delete(tree);
	return -EBADMSG;
}

static void print_to(FILE *file, const struct buf *text)
{
	if (text->len)
		fwrite(text->data, 1, text->len, file);
}

static int print(const struct output *output)
{
	print_to(stdout, &output->text);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "kymo: standard output: %s\n", error_name(-errno));
		return 1;
	}
	print_to(stderr, &output->remarks);
	return 0;
}

/* A message of the daemon may begin with a place in a file: editors want that in front. */
static int complain(const struct error *err)
{
	AUTO_BUF text = { 0 };

	if (error_text(err)[0] != '/')
		buf_add_text(&text, "kymo: ");
	text_add_lines(&text, error_text(err));
	fprintf(stderr, "%s\n", buf_text(&text) ? buf_text(&text) : "kymo: out of memory");
	return 1;
}

static int show_reply(const struct words *words, const struct target *target, const struct reply *reply,
		      void (*show)(const cJSON *answer, struct output *output), struct output *output, struct error *err)
{
	cJSON *tree;

	if (!is_json(&reply->body))
		return not_kymo(target, reply, err);
	if (words_json(words)) {
		buf_add(&output->text, reply->body.data, reply->body.len);
		if (reply->body.data[reply->body.len - 1] != '\n')
			buf_add_u8(&output->text, '\n');
	} else {
		tree = cJSON_ParseWithLength((const char *)reply->body.data, reply->body.len);
		if (!tree)
			return error_set(err, -EBADMSG, "%s: the answer is cut or too large to be read", target_name(target));
		show(tree, output);
		cJSON_Delete(tree);
	}
	if (buf_failed(&output->text) || buf_failed(&output->remarks))
		return error_set(err, -ENOMEM, "out of memory");
	return 0;
}

static int ask(struct target *target, const struct request_line *line, const struct buf *body, struct reply *reply,
	       struct error *err)
{
	struct error again = { 0 };
	int r = curl_ask(target, line, body, reply, err);

	if (r == -ECONNREFUSED && target->found && target_turn_to_preset(target, err) == 0) {
		buf_fini(&reply->body);
		r = curl_ask(target, line, body, reply, &again);
		if (r == 0)
			error_clear(err);
		error_clear(&again);
	}
	if (r == 0 && (reply->status < 200 || reply->status > 299))
		r = refused(target, reply, err);
	return r;
}

static int run(const struct words *words, struct target *target, const struct request_line *line, const struct buf *body,
	       void (*show)(const cJSON *answer, struct output *output))
{
	struct output output = { 0 };
	struct reply reply = { 0 };
	struct error err = { 0 };
	int r;

	if (!line->path || (body && buf_failed(body)))
		r = error_set(&err, -ENOMEM, "out of memory");
	else
		r = ask(target, line, body, &reply, &err);
	if (r == 0)
		r = show_reply(words, target, &reply, show, &output, &err);
	r = r == 0 ? print(&output) : complain(&err);
	buf_fini(&output.text);
	buf_fini(&output.remarks);
	buf_fini(&reply.body);
	error_clear(&err);
	return r;
}

int client_run(const struct words *words, const char *method, const char *path, const struct buf *body,
	       void (*show)(const cJSON *answer, struct output *output))
{
	const struct request_line line = { method, path };
	struct target target;
	struct error err = { 0 };
	int r = target_find(&target, words_get(words, "socket"), words_get(words, "url"), &err);

	if (r == 0)
		r = run(words, &target, &line, body, show);
	else
		r = r == -EINVAL ? words_wrong(words->command, "%s", error_text(&err)) : complain(&err);
	target_fini(&target);
	error_clear(&err);
	return r;
}

void client_escape(struct buf *path, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text; text++) {
		if (strchr(plain, *text))
			buf_add_u8(path, (uint8_t)*text);
		else
			buf_printf(path, "%%%02X", (unsigned char)*text);
	}
}

void client_parameter(struct buf *path, const char *name, const char *value)
{
	buf_add_u8(path, path->len && memchr(path->data, '?', path->len) ? '&' : '?');
	client_escape(path, name);
	buf_add_u8(path, '=');
	client_escape(path, value);
}
