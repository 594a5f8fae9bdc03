/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passkey_bench - owners of wallets who sign hashes as fast as they can
 *
 *   passkey_bench PORT API_KEY FILE CONNECTIONS SECONDS FIRST_COUNT
 *
 * A ceremony is BeginAuthentication, an assertion by a software authenticator,
 * and SignHash. Each connection has a wallet of its own, the next of FILE: the
 * KeyId in a line, then the passkey's private key as PEM. FIRST_COUNT is above
 * every signature counter so far.
 *
 * Prints ceremonies per second and their latency as JSON. The latency is that
 * of both answers: the authenticator works between them, and has its time and
 * this whole program's processor time stated apart. All in one thread, so that
 * the load takes one core at most.
 */
#include "abi/schema.h"
#include "codec/intent.h"
#include "common/base64.h"
#include "common/endian.h"
#include "common/hex.h"
#include "test/bench/bench_clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RP_ID	 "localhost"
#define ORIGIN	 "http://localhost:3000"
#define INDEX	 0
#define UP_UV	 0x05
#define OWNERS	 64
#define TRIPS	 (1u << 20)
#define GIVE_UP	 10000 /* ms without any answer */
#define KEY_ID	 36
#define TEXT_MAX 256

/* What its owner signs, and where the ceremony stands. */
struct owner {
	char key_id[KEY_ID + 1];
	EVP_PKEY *key;
	EVP_PKEY_CTX *sign;
	struct intent intent;
	int fd;
	bool signing; /* SignHash was sent, not BeginAuthentication */
	uint64_t sent_ns;
	uint64_t trips_ns;
	char body[1536];
	char request[2048];
	char answer[4096];
	size_t len;
};

struct bench {
	const char *api_key;
	struct owner owners[OWNERS];
	struct pollfd fds[OWNERS];
	unsigned int connections;
	unsigned int under_way;
	uint32_t count; /* next signature counter, of whichever passkey */
	uint64_t end_ns;
	uint64_t authenticator_ns;
	size_t done;
	float trip_us[TRIPS];
};

/* The members of a WebAuthn assertion, as text. */
struct assertion {
	char client_data[TEXT_MAX];
	char auth_data[TEXT_MAX];
	char signature[TEXT_MAX];
};

/* --- the authenticator, and the browser around it ------------------------ */

static void put_base64url(char out[TEXT_MAX], const void *data, size_t len)
{
	out[base64url_encode(out, data, len)] = '\0';
}

static size_t client_data(char out[TEXT_MAX], const struct intent *intent,
			  const uint8_t nonce[32])
{
	uint8_t challenge[32] = { 0 };
	char text[TEXT_MAX] = { 0 };

	intent_challenge(challenge, nonce, intent);
	put_base64url(text, challenge, sizeof(challenge));
	return (size_t)snprintf(out, TEXT_MAX,
				"{\"type\":\"webauthn.get\",\"challenge\":"
				"\"%s\",\"origin\":\"" ORIGIN "\","
				"\"crossOrigin\":false}",
				text);
}

static bool make_assertion(struct assertion *a, const struct owner *o,
			   const uint8_t nonce[32], uint32_t count)
{
	uint8_t data[37 + SHA256_LEN] = { 0 };
	uint8_t digest[SHA256_LEN] = { 0 };
	uint8_t signature[80] = { 0 };
	size_t signature_len = sizeof(signature);
	char client[TEXT_MAX] = { 0 };
	size_t client_len = client_data(client, &o->intent, nonce);

	memcpy(data, o->intent.rp_id_hash, SHA256_LEN);
	data[32] = UP_UV;
	be32_put(data + 33, count);
	sha256_once(data + 37, client, client_len);
	sha256_once(digest, data, sizeof(data));
	if (EVP_PKEY_sign(o->sign, signature, &signature_len, digest,
			  sizeof(digest)) != 1)
		return false;
	put_base64url(a->client_data, client, client_len);
	put_base64url(a->auth_data, data, 37);
	put_base64url(a->signature, signature, signature_len);
	return true;
}

/* --- requests and answers ------------------------------------------------ */

/* Sends o->body. */
static bool post(const struct bench *b, struct owner *o, const char *path)
{
	int len = snprintf(o->request, sizeof(o->request),
			   "POST /%s HTTP/1.1\r\nHost: localhost\r\n"
			   "Content-Type: application/json\r\n"
			   "x-api-key: %s\r\nContent-Length: %zu\r\n\r\n%s",
			   path, b->api_key, strlen(o->body), o->body);

	if (len < 0 || (size_t)len >= sizeof(o->request))
		return false;
	o->len = 0;
	o->sent_ns = clock_ns(CLOCK_MONOTONIC);
	return send(o->fd, o->request, (size_t)len, MSG_NOSIGNAL) == len;
}

static bool begin(struct bench *b, struct owner *o)
{
	(void)snprintf(o->body, sizeof(o->body), "{\"KeyId\":\"%s\"}",
		       o->key_id);
	o->signing = false;
	o->trips_ns = 0;
	b->under_way++;
	return post(b, o, "BeginAuthentication");
}

/* The text of the first member with this name. */
static struct bytes member(const char *json, const char *name)
{
	const char *at = strstr(json, name);

	if (!at)
		return (struct bytes){ 0 };
	at += strlen(name);
	return bytes_of(at, strcspn(at, "\""));
}

static bool sign_hash(struct bench *b, struct owner *o)
{
	struct bytes id = member(o->answer, "\"ChallengeId\":\"");
	struct bytes challenge = member(o->answer, "\"challenge\":\"");
	struct bytes credential = member(o->answer, "\"id\":\"");
	uint64_t since = clock_ns(CLOCK_MONOTONIC);
	struct assertion a = { 0 };
	char hash[2 * sizeof(o->intent.payload) + 1];
	uint8_t nonce[32] = { 0 };
	size_t nonce_len = 0;
	int len = 0;

	if (base64url_decode(nonce, sizeof(nonce), &nonce_len,
			     (const char *)challenge.ptr, challenge.len) ||
	    nonce_len != sizeof(nonce) ||
	    !make_assertion(&a, o, nonce, b->count++))
		return false;
	hex_encode(hash, o->intent.payload, sizeof(o->intent.payload));
	len = snprintf(o->body, sizeof(o->body),
		       "{\"KeyId\":\"%s\",\"Hash\":\"0x%s\",\"WebAuthn\":"
		       "{\"ChallengeId\":\"%.*s\",\"Credential\":"
		       "{\"id\":\"%.*s\",\"type\":\"public-key\",\"response\":"
		       "{\"clientDataJSON\":\"%s\",\"authenticatorData\":"
		       "\"%s\",\"signature\":\"%s\"}}}}",
		       o->key_id, hash, (int)id.len, (const char *)id.ptr,
		       (int)credential.len, (const char *)credential.ptr,
		       a.client_data, a.auth_data, a.signature);
	b->authenticator_ns += clock_ns(CLOCK_MONOTONIC) - since;
	o->signing = true;
	return len > 0 && (size_t)len < sizeof(o->body) &&
	       post(b, o, "SignHash");
}

/* Whether the answer is there in full; head and body have no NUL. */
static bool is_complete(const struct owner *o)
{
	const char *length = strstr(o->answer, "\r\nContent-Length: ");
	const char *body = strstr(o->answer, "\r\n\r\n");

	return length && body && length < body &&
	       strlen(body + 4) >= strtoul(length + 18, NULL, 10);
}

static bool end_ceremony(struct bench *b, struct owner *o)
{
	if (member(o->answer, "\"Signature\":\"").len != 130 ||
	    b->done >= TRIPS)
		return false;
	b->trip_us[b->done++] = (float)o->trips_ns / 1e3f;
	b->under_way--;
	return clock_ns(CLOCK_MONOTONIC) >= b->end_ns || begin(b, o);
}

static bool take_answer(struct bench *b, struct owner *o)
{
	ssize_t len = recv(o->fd, o->answer + o->len,
			   sizeof(o->answer) - 1 - o->len, 0);

	if (len <= 0)
		return false;
	o->len += (size_t)len;
	o->answer[o->len] = '\0';
	if (!is_complete(o))
		return o->len < sizeof(o->answer) - 1;
	o->trips_ns += clock_ns(CLOCK_MONOTONIC) - o->sent_ns;
	if (strncmp(o->answer, "HTTP/1.1 200 ", 13) != 0)
		return false;
	return o->signing ? end_ceremony(b, o) : sign_hash(b, o);
}

/* --- the load ------------------------------------------------------------ */

static bool read_intent(struct owner *o, unsigned int number)
{
	char hex[2 * sizeof(o->intent.uuid) + 1] = { 0 };
	size_t len = 0;

	for (const char *at = o->key_id; *at && len < sizeof(hex) - 1; at++)
		if (*at != '-')
			hex[len++] = *at;
	o->intent.op = INTENT_SIGN;
	o->intent.use = USE_HASH;
	o->intent.index = INDEX;
	sha256_once(o->intent.rp_id_hash, RP_ID, strlen(RP_ID));
	sha256_once(o->intent.payload, &number, sizeof(number));
	return !hex_decode(o->intent.uuid, sizeof(o->intent.uuid), hex, len);
}

static bool read_owner(struct owner *o, unsigned int number, FILE *f)
{
	if (!fgets(o->key_id, sizeof(o->key_id), f))
		return false;
	o->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	o->sign = o->key ? EVP_PKEY_CTX_new(o->key, NULL) : NULL;
	return o->sign && EVP_PKEY_sign_init(o->sign) == 1 &&
	       read_intent(o, number);
}

static bool connect_owner(struct owner *o, uint16_t port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int on = 1;

	o->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return o->fd >= 0 &&
	       !connect(o->fd, (struct sockaddr *)&to, sizeof(to)) &&
	       !setsockopt(o->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static bool start(struct bench *b, uint16_t port, const char *path)
{
	FILE *f = fopen(path, "re");
	bool good = f && b->connections && b->connections <= OWNERS;

	for (unsigned int i = 0; good && i < b->connections; i++) {
		good = read_owner(&b->owners[i], i, f) &&
		       connect_owner(&b->owners[i], port);
		b->fds[i].fd = b->owners[i].fd;
		b->fds[i].events = POLLIN;
	}
	if (f)
		(void)fclose(f);
	return good;
}

static void stop(struct bench *b)
{
	for (unsigned int i = 0; i < OWNERS; i++) {
		if (b->owners[i].fd >= 0)
			(void)close(b->owners[i].fd);
		EVP_PKEY_CTX_free(b->owners[i].sign);
		EVP_PKEY_free(b->owners[i].key);
	}
}

/* Ceremonies that were begun in time are ended, and count. */
static bool run(struct bench *b)
{
	bool good = true;

	for (unsigned int i = 0; good && i < b->connections; i++)
		good = begin(b, &b->owners[i]);
	while (good && b->under_way) {
		good = poll(b->fds, b->connections, GIVE_UP) > 0;
		for (unsigned int i = 0; good && i < b->connections; i++)
			if (b->fds[i].revents)
				good = take_answer(b, &b->owners[i]);
	}
	return good;
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a;
	float y = *(const float *)b;

	return (x > y) - (x < y);
}

static void report(struct bench *b, uint64_t wall_ns, uint64_t cpu_ns)
{
	double n = (double)b->done;

	qsort(b->trip_us, b->done, sizeof(b->trip_us[0]), by_value);
	(void)printf("{\"requests\": %zu, \"seconds\": %.6f, "
		     "\"p50_us\": %.1f, \"p99_us\": %.1f, "
		     "\"load_cpu_us\": %.2f, \"authenticator_us\": %.2f}\n",
		     b->done, (double)wall_ns / 1e9,
		     (double)b->trip_us[b->done / 2],
		     (double)b->trip_us[b->done * 99 / 100],
		     (double)cpu_ns / 1e3 / n,
		     (double)b->authenticator_ns / 1e3 / n);
}

int main(int argc, char **argv)
{
	static struct bench b;
	uint64_t begin_ns = 0;
	uint64_t cpu = 0;
	bool good = false;

	if (argc != 7) {
		(void)fputs("usage: passkey_bench PORT API_KEY FILE "
			    "CONNECTIONS SECONDS FIRST_COUNT\n",
			    stderr);
		return 2;
	}
	for (unsigned int i = 0; i < OWNERS; i++)
		b.owners[i].fd = -1;
	b.api_key = argv[2];
	b.connections = (unsigned int)strtoul(argv[4], NULL, 10);
	b.count = (uint32_t)strtoul(argv[6], NULL, 10);
	good = start(&b, (uint16_t)strtoul(argv[1], NULL, 10), argv[3]);
	begin_ns = clock_ns(CLOCK_MONOTONIC);
	cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	b.end_ns = begin_ns + strtoul(argv[5], NULL, 10) * 1000000000ull;
	good = good && run(&b) && b.done;
	if (good)
		report(&b, clock_ns(CLOCK_MONOTONIC) - begin_ns,
		       clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu);
	else
		(void)fprintf(stderr,
			      "passkey_bench: failed after %zu; the "
			      "first owner's last answer:\n%s\n",
			      b.done, b.owners[0].answer);
	stop(&b);
	return good ? 0 : 1;
}
