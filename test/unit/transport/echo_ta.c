/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/transport/echo_ta.h"

#include "ta/posix/platform.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <tee_internal_api.h>
#include <time.h>
#include <unistd.h>

static int state = -1;

enum kms_rc platform_open(int state_fd)
{
	state = state_fd;
	return KMS_RC_OK;
}

void platform_close(void)
{
	state = -1;
}

TEE_Result TA_CreateEntryPoint(void)
{
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4],
				    void **session)
{
	static int dummy;

	(void)params;
	*session = &dummy;
	return types ? TEE_ERROR_BAD_PARAMETERS : TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *session)
{
	(void)session;
}

static TEE_Result copy(TEE_Param *to, const TEE_Param *from, bool there)
{
	if (!there)
		return TEE_SUCCESS;
	if (to->memref.size < from->memref.size)
		return TEE_ERROR_SHORT_BUFFER;
	memcpy(to->memref.buffer, from->memref.buffer, from->memref.size);
	to->memref.size = from->memref.size;
	return TEE_SUCCESS;
}

static TEE_Result echo_back(uint32_t types, TEE_Param params[4])
{
	bool in2 = TEE_PARAM_TYPE_GET(types, 2) == TEE_PARAM_TYPE_MEMREF_INPUT;
	bool out2 =
		TEE_PARAM_TYPE_GET(types, 3) == TEE_PARAM_TYPE_MEMREF_OUTPUT;
	TEE_Result result = copy(&params[1], &params[0], true);

	if (!result && out2 && !in2)
		params[3].memref.size = 0;
	return result ? result : copy(&params[3], &params[2], in2 && out2);
}

static TEE_Result hang(void)
{
	uint32_t word = 0;
	long rc = 0;

	while (!rc)
		rc = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL,
			     NULL, 0);
	return TEE_ERROR_GENERIC;
}

/* Gives back what it saw first, and what it saw change (or the same). */
static TEE_Result watch(TEE_Param params[4])
{
	const volatile uint8_t *in = params[0].memref.buffer;
	uint8_t *out = params[1].memref.buffer;
	time_t end = time(NULL) + 10;

	out[0] = in[0];
	out[1] = out[0];
	while (out[1] == out[0] && time(NULL) < end)
		out[1] = in[0];
	params[1].memref.size = 2;
	return TEE_SUCCESS;
}

static TEE_Result try_forbidden(uint32_t cmd)
{
	char *const argv[] = { NULL };
	int rc = 0;

	switch (cmd) {
	case ECHO_SOCKET:
		rc = socket(AF_INET, SOCK_STREAM, 0);
		break;
	case ECHO_FORK:
		rc = fork();
		if (!rc)
			_exit(0);
		break;
	case ECHO_EXEC:
		rc = execve("/bin/true", argv, argv);
		break;
	case ECHO_EXEC_MEMORY:
		rc = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
		break;
	case ECHO_OPEN_OUTSIDE:
		rc = open("/etc/passwd", O_RDONLY);
		break;
	default:
		rc = kill(getppid(), 0);
		break;
	}
	return rc < 0 ? TEE_ERROR_ACCESS_DENIED : TEE_SUCCESS;
}

static TEE_Result open_state(void)
{
	int fd = openat(state, "mark", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	int outside = openat(state, "../../etc/passwd", O_RDONLY);

	if (fd < 0 || write(fd, "x", 1) != 1 || close(fd) || outside >= 0)
		return TEE_ERROR_STORAGE_NOT_AVAILABLE;
	return TEE_SUCCESS;
}

static TEE_Result list_state(void)
{
	int fd = openat(state, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || close(fd))
		return TEE_ERROR_ACCESS_DENIED;
	return TEE_SUCCESS;
}

TEE_Result TA_InvokeCommandEntryPoint(void *session, uint32_t cmd,
				      uint32_t types, TEE_Param params[4])
{
	TEE_Result result = TEE_SUCCESS;
	size_t len = params[0].memref.size;

	(void)session;
	switch (cmd) {
	case ECHO_BACK:
		return echo_back(types, params);
	case ECHO_RESULT:
		memcpy(&result, params[0].memref.buffer, sizeof(result));
		return result;
	case ECHO_HANG:
		return hang();
	case ECHO_OPEN_STATE:
		params[1].memref.size = 0;
		return open_state();
	case ECHO_LIST_STATE:
		params[1].memref.size = 0;
		return list_state();
	case ECHO_WATCH:
		return watch(params);
	case ECHO_LIE:
		params[1].memref.size++;
		return TEE_SUCCESS;
	case ECHO_SAY:
		params[1].memref.size = 0;
		return write(STDERR_FILENO, params[0].memref.buffer, len) < 0
			       ? TEE_ERROR_GENERIC
			       : TEE_SUCCESS;
	default:
		params[1].memref.size = 0;
		return try_forbidden(cmd);
	}
}
