/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform of a TA process: the GP layer over its state directory.
 */
#include "ta/posix/platform.h"

#include "abi/ta_uuid.h"
#include "ta/posix/gp/gp.h"

enum kms_rc platform_open(int state_fd)
{
	struct gp_config cfg = {
		.state_dir = state_fd,
		.uuid = TA_UUID,
	};

	return gp_posix_open(&cfg);
}

void platform_close(void)
{
	gp_posix_close();
}
