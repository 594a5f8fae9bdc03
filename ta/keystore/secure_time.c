/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/secure_time.h"

#include <tee_internal_api.h>

uint64_t secure_time_ms(void)
{
	TEE_Time now = { 0 };

	TEE_GetSystemTime(&now);
	return (uint64_t)now.seconds * 1000 + now.millis;
}

uint32_t secure_time_level(void)
{
	uint32_t level = 0;

	if (TEE_GetPropertyAsU32(TEE_PROPSET_TEE_IMPLEMENTATION,
				 "gpd.tee.systemTime.protectionLevel",
				 &level) != TEE_SUCCESS)
		level = 0;
	return level;
}
