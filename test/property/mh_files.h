/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mh_files - a TEE whose objects are files, as teekms-ta has it
 *
 * For what memory cannot show: other processes, locks, damaged bytes.
 */

#ifndef KMS_TEST_MH_FILES_H
#define KMS_TEST_MH_FILES_H

#include "test/property/mh.h"
#include "test/unit/ta/gp/folder.h"

/* A provisioned TEE in a folder of its own; shard 0 is not open. */
static inline int mh_files_open(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.prng = prng_start();
	if (!folder_make() || folder_open(true))
		return 1;
	gp_instance_set(0);
	instance_start_fast(&f.one, 1);
	host_init(&f.host, instance_send, &f.one, 0);
	*state = &f;
	return host_provision(&f.host, FIXTURE_SHARDS, (struct bytes){ 0 }) !=
	       KMS_RC_OK;
}

static inline int mh_files_close(void **state)
{
	struct fixture *f = *state;

	instance_kill(&f->one);
	instance_kill(&f->two);
	gp_posix_close();
	folder_remove();
	return 0;
}

#define mh_files_test(name) \
	cmocka_unit_test_setup_teardown(name, mh_files_open, mh_files_close)

#endif /* KMS_TEST_MH_FILES_H */
