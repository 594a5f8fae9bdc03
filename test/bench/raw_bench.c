/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw_bench - the limits of this machine that the server is compared with
 *
 * Prints nanoseconds per operation as JSON: processor time of this thread for
 * arithmetic, wall time for what waits for the disk. Each value is the
 * smallest of several slices, all of them interleaved, so that a noisy moment
 * does not favour one of them.
 *
 *   raw_bench FOLDER      where the durable writes are made
 *   raw_bench --signs N   so many signatures and nothing else, for callgrind
 */
#include "test/bench/bench_clock.h"

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <secp256k1.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLICES		 40
#define SLICE_NS	 6000000ull
#define DURABLE_SLICES	 5
#define DURABLE_SLICE_NS 60000000ull

struct bench {
	secp256k1_context *k256;
	secp256k1_pubkey k256_pub;
	secp256k1_ecdsa_signature k256_sig;
	unsigned char key[32];
	unsigned char digest[32];

	EVP_PKEY *p256;
	EVP_PKEY_CTX *p256_sign;
	EVP_PKEY_CTX *p256_verify;
	unsigned char p256_sig[80];
	size_t p256_sig_len;

	EVP_MD *sha256;
	EVP_MD_CTX *sha256_ctx;

	int fd;
	sqlite3 *db;
	sqlite3_stmt *insert;
};

/* Runs the operation once; false ends the program. */
typedef int bench_run(struct bench *b);

struct row {
	const char *name;
	bench_run *run;
	int durable;
	double best_ns;
};

static int k256_sign(struct bench *b)
{
	b->digest[0]++;
	return secp256k1_ecdsa_sign(b->k256, &b->k256_sig, b->digest, b->key,
				    NULL, NULL);
}

/* Verifies what k256_sign() made last. */
static int k256_verify(struct bench *b)
{
	return secp256k1_ecdsa_verify(b->k256, &b->k256_sig, b->digest,
				      &b->k256_pub);
}

static int p256_sign(struct bench *b)
{
	b->p256_sig_len = sizeof(b->p256_sig);
	return EVP_PKEY_sign(b->p256_sign, b->p256_sig, &b->p256_sig_len,
			     b->key, sizeof(b->key)) == 1;
}

static int p256_verify(struct bench *b)
{
	return EVP_PKEY_verify(b->p256_verify, b->p256_sig, b->p256_sig_len,
			       b->key, sizeof(b->key)) == 1;
}

static int sha256_one_shot(struct bench *b)
{
	unsigned int len = 0;

	return EVP_DigestInit_ex2(b->sha256_ctx, b->sha256, NULL) == 1 &&
	       EVP_DigestUpdate(b->sha256_ctx, b->digest, 32) == 1 &&
	       EVP_DigestFinal_ex(b->sha256_ctx, b->digest, &len) == 1;
}

static int fdatasync_4k(struct bench *b)
{
	static const char block[4096] = { 1 };

	return pwrite(b->fd, block, sizeof(block), 0) == sizeof(block) &&
	       fdatasync(b->fd) == 0;
}

static int sqlite_commit(struct bench *b)
{
	int done = sqlite3_step(b->insert) == SQLITE_DONE;

	return sqlite3_reset(b->insert) == SQLITE_OK && done;
}

static int k256_open(struct bench *b)
{
	b->k256 = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
	memset(b->key, 0x42, sizeof(b->key));
	return b->k256 && secp256k1_context_randomize(b->k256, b->key) &&
	       secp256k1_ec_pubkey_create(b->k256, &b->k256_pub, b->key);
}

static int openssl_open(struct bench *b)
{
	b->p256 = EVP_EC_gen("P-256");
	b->p256_sign = EVP_PKEY_CTX_new(b->p256, NULL);
	b->p256_verify = EVP_PKEY_CTX_new(b->p256, NULL);
	b->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	b->sha256_ctx = EVP_MD_CTX_new();
	return b->p256 && b->p256_sign && b->p256_verify && b->sha256 &&
	       b->sha256_ctx && EVP_PKEY_sign_init(b->p256_sign) == 1 &&
	       EVP_PKEY_verify_init(b->p256_verify) == 1;
}

static int disk_open(struct bench *b, const char *folder)
{
	char path[512];

	if (snprintf(path, sizeof(path), "%s/sync", folder) >=
	    (int)sizeof(path))
		return 0;
	b->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (b->fd < 0 || !fdatasync_4k(b))
		return 0;
	(void)snprintf(path, sizeof(path), "%s/bench.db", folder);
	return sqlite3_open(path, &b->db) == SQLITE_OK &&
	       sqlite3_exec(b->db,
			    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			    "CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB)",
			    NULL, NULL, NULL) == SQLITE_OK &&
	       sqlite3_prepare_v2(b->db,
				  "INSERT INTO t(v) VALUES(randomblob(300))",
				  -1, &b->insert, NULL) == SQLITE_OK;
}

static void bench_close(struct bench *b)
{
	(void)sqlite3_finalize(b->insert);
	(void)sqlite3_close(b->db);
	if (b->fd >= 0)
		(void)close(b->fd);
	EVP_MD_CTX_free(b->sha256_ctx);
	EVP_MD_free(b->sha256);
	EVP_PKEY_CTX_free(b->p256_sign);
	EVP_PKEY_CTX_free(b->p256_verify);
	EVP_PKEY_free(b->p256);
	if (b->k256)
		secp256k1_context_destroy(b->k256);
}

/* Keeps the best mean of a slice. */
static int run_slice(struct bench *b, struct row *row)
{
	clockid_t clock =
		row->durable ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID;
	uint64_t length = row->durable ? DURABLE_SLICE_NS : SLICE_NS;
	uint64_t begin = clock_ns(clock);
	uint64_t spent = 0;
	unsigned int count = 0;

	while (spent < length) {
		for (int i = 0; i < (row->durable ? 1 : 16); i++, count++)
			if (!row->run(b))
				return 0;
		spent = clock_ns(clock) - begin;
	}
	if (row->best_ns <= 0 || (double)spent / count < row->best_ns)
		row->best_ns = (double)spent / count;
	return 1;
}

static int sign_only(unsigned long count)
{
	struct bench b = { .fd = -1 };
	int good = k256_open(&b);

	while (good && count--)
		good = k256_sign(&b);
	bench_close(&b);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct row rows[] = {
		{ "k256_sign", k256_sign, 0, 0 },
		{ "k256_verify", k256_verify, 0, 0 },
		{ "p256_sign", p256_sign, 0, 0 },
		{ "p256_verify", p256_verify, 0, 0 },
		{ "sha256_32", sha256_one_shot, 0, 0 },
		{ "fdatasync_4k", fdatasync_4k, 1, 0 },
		{ "sqlite_full_commit", sqlite_commit, 1, 0 },
	};
	const size_t row_count = sizeof(rows) / sizeof(rows[0]);
	struct bench b = { .fd = -1 };
	int good = 0;

	if (argc == 3 && !strcmp(argv[1], "--signs"))
		return sign_only(strtoul(argv[2], NULL, 10));
	if (argc != 2) {
		(void)fprintf(stderr, "usage: raw_bench FOLDER | --signs N\n");
		return 2;
	}
	good = k256_open(&b) && openssl_open(&b) && disk_open(&b, argv[1]);
	for (int slice = 0; good && slice < SLICES; slice++)
		for (size_t i = 0; good && i < row_count; i++)
			if (!rows[i].durable || slice < DURABLE_SLICES)
				good = run_slice(&b, &rows[i]);
	bench_close(&b);
	if (!good) {
		(void)fprintf(stderr, "raw_bench: an operation failed\n");
		return 1;
	}
	for (size_t i = 0; i < row_count; i++)
		(void)printf("%s\"%s_ns\": %.0f", i ? ", " : "{", rows[i].name,
			     rows[i].best_ns);
	(void)printf("}\n");
	return 0;
}
