/* SPDX-License-Identifier: MIT */
/* main.c - the binary `kymo`: its commands, and the HTTP server for the one that serves. */
#include "cli/cli.h"
#include "http/server.h"

static int open_http(const struct settings *settings, void **front, struct error *err)
{
	struct http_server *server = NULL;
	int r = http_server_open(settings, &server, err);

	*front = server;
	return r;
}

static int start_http(void *front, struct kymo *kymo, struct error *err)
{
	return http_server_start(front, kymo, err);
}

static void close_http(void *front)
{
	http_server_close(front);
}

int main(int argc, char **argv)
{
	return cli_main(argc, argv, &(struct cli_front){ open_http, start_http, close_http });
}
