/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrub - overwrites the stack below the caller, where secrets have been
 */

#ifndef KMS_TA_SCRUB_H
#define KMS_TA_SCRUB_H

/* Deeper than any command goes; the painted-stack test checks that. */
#define SCRUB_LEN (24 * 1024)

void scrub_stack(void);

#endif /* KMS_TA_SCRUB_H */
