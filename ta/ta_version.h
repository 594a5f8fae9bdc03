/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ta_version - the number that an anchor's floor is compared with
 */

#ifndef KMS_TA_TA_VERSION_H
#define KMS_TA_TA_VERSION_H

#define TA_VERSION_NUMBER 1

#endif /* KMS_TA_TA_VERSION_H */
