/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attr - compiler attributes and small macros used everywhere
 */

#ifndef KMS_COMMON_ATTR_H
#define KMS_COMMON_ATTR_H

#include <stddef.h>

#define KMS_MUST_USE __attribute__((warn_unused_result))
#define KMS_UNUSED   __attribute__((unused))
#define KMS_PRINTF(fmt_at, args_at) \
	__attribute__((format(printf, fmt_at, args_at)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif /* KMS_COMMON_ATTR_H */
