/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_bench - answers every request with 206 bytes, for wrk and strace
 *
 * http_bench [address [reactors]] serves until its standard input ends.
 */
#include "host/http/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char body[206];

static void handle(void *arg KMS_UNUSED, struct http_request *req)
{
	struct http_answer a = {
		.status = 200,
		.content_type = "application/x-amz-json-1.1",
		.body = bytes_of(body, sizeof(body)),
		.extra = "x-amzn-RequestId: "
			 "00000000-0000-4000-8000-000000000000\r\n",
	};

	http_answer(req, &a);
}

int main(int argc, char **argv)
{
	struct http_config config = {
		.listen = argc > 1 ? argv[1] : "127.0.0.1:0",
		.reactors =
			argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 1,
		.connections_max = 20000,
		.requests_max = 1024,
		.header_max = 16384,
		.body_max = 262144,
		.idle_ms = 60000,
		.header_ms = 10000,
		.request_ms = 30000,
		.answer_ms = 30000,
		.scratch = 32768,
		.handle = handle,
	};
	struct http_server *s = NULL;
	const char *why = NULL;
	char c = 0;

	memset(body, 'x', sizeof(body));
	if (http_server_start(&s, &config, &why)) {
		fprintf(stderr, "http_bench: %s: %s\n", config.listen, why);
		return 1;
	}
	printf("%u\n", http_server_port(s));
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return http_server_stop(&s, 1000) ? 0 : 1;
}
