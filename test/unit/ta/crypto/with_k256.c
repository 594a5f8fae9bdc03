/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/ta/crypto/with_k256.h"

#include "common/attr.h"
#include "ta/crypto/test_hooks.h"

struct drbg drbg;
struct k256 k256;

int k256_set_up(void **state KMS_UNUSED)
{
	memory_tee();
	assert_int_equal(drbg_open(&drbg, bytes_of(NULL, 0)), KMS_RC_OK);
	assert_int_equal(k256_open(&k256, &drbg), KMS_RC_OK);
	return 0;
}

int k256_tear_down(void **state KMS_UNUSED)
{
	k256_test_fault(K256_FAULT_NONE, 0);
	gp_fault_set(GP_CALL_ANY, 0, 0, GP_FAULT_NONE);
	k256_clear(&k256);
	drbg_clear(&drbg);
	gp_posix_close();
	return 0;
}
