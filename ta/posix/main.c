/* SPDX-License-Identifier: Apache-2.0 */
/*
 * teekms-ta - the trusted application as a locked-down Linux process
 *
 * One process, one instance, one thread. Started by the server with inherited
 * descriptors (abi/ring.h says which); of no use when started by hand.
 */
#include "abi/instance.h"
#include "abi/ring.h"
#include "ta/posix/lockdown.h"
#include "ta/posix/ring_server.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef KMS_TA_PRODUCTION
#define INSIST_ON_MEMLOCK true
#else
#define INSIST_ON_MEMLOCK false
#endif

/* program, index, parent, trace, ring, doorbell, state */
#define ARGS_MIN 7
#define FDS_MAX	 (3 + RING_CHANNELS_MAX)

enum exit_status {
	EXIT_USAGE = 2,
	EXIT_LOCKDOWN = 3,
	EXIT_INSTANCE = 4,
	EXIT_RING = 5,
};

struct options {
	pid_t parent;
	bool trace;
	int ring;
	int doorbell;
	int state;
	unsigned int channels;
	int replies[RING_CHANNELS_MAX];
};

static bool parse_number(const char *text, int *out)
{
	char *end = NULL;
	long n = 0;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < 0 || n > INT32_MAX)
		return false;
	*out = (int)n;
	return true;
}

static bool parse_options(struct options *o, int argc, char **argv)
{
	int index = 0;
	int trace = 0;

	if (argc <= ARGS_MIN || argc > ARGS_MIN + (int)RING_CHANNELS_MAX ||
	    !parse_number(argv[1], &index) ||
	    !parse_number(argv[2], &o->parent) ||
	    !parse_number(argv[3], &trace) ||
	    !parse_number(argv[4], &o->ring) ||
	    !parse_number(argv[5], &o->doorbell) ||
	    !parse_number(argv[6], &o->state))
		return false;
	o->trace = trace != 0;
	o->channels = (unsigned int)(argc - ARGS_MIN);
	for (unsigned int i = 0; i < o->channels; i++)
		if (!parse_number(argv[ARGS_MIN + i], &o->replies[i]))
			return false;
	return true;
}

static void close_others(const struct options *o)
{
	int keep[FDS_MAX] = { o->ring, o->doorbell, o->state };

	memcpy(keep + 3, o->replies, o->channels * sizeof(keep[0]));
	lockdown_close_others(keep, 3 + o->channels);
}

/* NULL unless it is memory of the right size that cannot shrink any more. */
static struct ring_header *map_ring(const struct options *o)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	size_t size = ring_size(o->channels);
	struct ring_header *header = NULL;
	struct stat st = { 0 };
	void *base = NULL;

	if (fstat(o->ring, &st) || st.st_size != (off_t)size ||
	    (fcntl(o->ring, F_GET_SEALS) & seals) != seals)
		return NULL;
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, o->ring, 0);
	if (base == MAP_FAILED)
		return NULL;
	close(o->ring);
	header = base;
	return header->magic == RING_MAGIC && header->channels == o->channels
		       ? header
		       : NULL;
}

static void say_what_this_is(const struct options *o, int null_fd)
{
	fprintf(stderr,
		"teekms-ta: pid %d holds keys in a Linux process. That "
		"protects nothing against root on this machine: use OP-TEE "
		"for keys that matter.\n",
		(int)getpid());
	/* Traces are for those who ask for them. */
	if (!o->trace)
		dup2(null_fd, STDERR_FILENO);
	close(null_fd);
}

static int serve(const struct options *o, struct ring_header *header)
{
	static struct ring_server channels[RING_CHANNELS_MAX];
	const struct ring_worker worker = {
		.header = header,
		.channels = channels,
		.reply_fds = o->replies,
		.count = o->channels,
		.doorbell = o->doorbell,
	};
	enum kms_rc rc = KMS_RC_INTERNAL;

	for (unsigned int i = 0; i < o->channels; i++)
		channels[i].shm = ring_channel_at(header, i);
	atomic_store(&header->state, RING_SERVING);
	rc = ring_worker_run(&worker);
	instance_close();
	return rc ? EXIT_RING : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	struct lockdown lockdown = { .insist_on_memlock = INSIST_ON_MEMLOCK };
	struct ring_header *header = NULL;
	uint32_t result = 0;
	int null_fd = -1;

	if (!parse_options(&o, argc, argv)) {
		fputs("teekms-ta: is started by teekmsd, not by hand\n",
		      stderr);
		return EXIT_USAGE;
	}
	close_others(&o);
	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	header = map_ring(&o);
	if (!header) {
		fputs("teekms-ta: the shared memory is not what it should "
		      "be\n",
		      stderr);
		return EXIT_RING;
	}
	lockdown.state_fd = o.state;
	lockdown.parent = o.parent;
	/* No configuration of the machine reaches the TA's cryptography. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	if (lockdown_begin(&lockdown))
		return EXIT_LOCKDOWN;
	result = instance_open(o.state);
	if (result) {
		fprintf(stderr, "teekms-ta: the TA does not start: 0x%08x\n",
			result);
		return EXIT_INSTANCE;
	}
	say_what_this_is(&o, null_fd);
	if (lockdown_end(o.state)) {
		fputs("teekms-ta: no system call filter\n", stderr);
		return EXIT_LOCKDOWN;
	}
	return serve(&o, header);
}
