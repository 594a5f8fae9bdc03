/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kms_rc.h"

const char *kms_rc_name(enum kms_rc rc)
{
	switch (rc) {
#define X(num, name, text)  \
	case KMS_RC_##name: \
		return #name;
		KMS_RC_LIST(X)
#undef X
	default:
		return "?";
	}
}

const char *kms_rc_text(enum kms_rc rc)
{
	switch (rc) {
#define X(num, name, text)  \
	case KMS_RC_##name: \
		return text;
		KMS_RC_LIST(X)
#undef X
	default:
		return "?";
	}
}
