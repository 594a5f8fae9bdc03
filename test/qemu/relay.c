/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay - leads connections from the guest's network card to its loopback
 *
 * The dev profile listens on the loopback only, and QEMU forwards to the
 * card. One process per connection, which ends with it; no limits, because
 * only tests of this machine reach it.
 *
 *   relay FROM_PORT TO_PORT
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in address(const char *port, in_addr_t host)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	a.sin_addr.s_addr = htonl(host);
	return a;
}

/* Copies what is there. false at the end of the stream or an error. */
static int copy_some(int to, int from)
{
	static char buf[65536];
	ssize_t len = read(from, buf, sizeof(buf));
	ssize_t done = 0;

	while (done < len) {
		ssize_t n = write(to, buf + done, (size_t)(len - done));

		if (n <= 0)
			return 0;
		done += n;
	}
	return len > 0;
}

static void serve(int client, const struct sockaddr_in *to)
{
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd fds[2] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };
	int one = 1;
	int open_ends = 2;

	if (server < 0 ||
	    connect(server, (const struct sockaddr *)to, sizeof(*to)))
		return;
	(void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (open_ends > 0 && poll(fds, 2, -1) > 0) {
		for (int i = 0; i < 2; i++) {
			int other = i ? client : server;

			if (!fds[i].revents)
				continue;
			if (copy_some(other, i ? server : client))
				continue;
			/* Half of the conversation is over. */
			(void)shutdown(other, SHUT_WR);
			fds[i].fd = -1;
			open_ends--;
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in from = { 0 };
	struct sockaddr_in to = { 0 };
	int one = 1;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc != 3 || listener < 0) {
		(void)fprintf(stderr, "usage: relay FROM_PORT TO_PORT\n");
		return 2;
	}
	(void)signal(SIGCHLD, SIG_IGN);
	from = address(argv[1], INADDR_ANY);
	to = address(argv[2], INADDR_LOOPBACK);
	(void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (const struct sockaddr *)&from, sizeof(from)) ||
	    listen(listener, 512)) {
		perror("relay");
		return 1;
	}
	for (;;) {
		int client = accept(listener, NULL, NULL);

		if (client < 0)
			continue;
		if (fork() == 0) {
			(void)close(listener);
			serve(client, &to);
			_exit(0);
		}
		(void)close(client);
	}
}
