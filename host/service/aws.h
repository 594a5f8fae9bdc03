/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aws - the enumerations of the AWS KMS model
 *
 * Each list makes C constants from 1 on (0 is "absent") and the set of names
 * that a T_ENUM field checks against. They are complete: a name we do not
 * serve is still a name of AWS and gets another error than a misspelt one.
 */

#ifndef KMS_HOST_SERVICE_AWS_H
#define KMS_HOST_SERVICE_AWS_H

#include "host/service/op.h"

/* clang-format off */
#define AWS_KEY_SPECS(X)						       \
	X(RSA_2048) X(RSA_3072) X(RSA_4096)				       \
	X(ECC_NIST_P256) X(ECC_NIST_P384) X(ECC_NIST_P521)		       \
	X(ECC_SECG_P256K1) X(SYMMETRIC_DEFAULT)				       \
	X(HMAC_224) X(HMAC_256) X(HMAC_384) X(HMAC_512) X(SM2)		       \
	X(ML_DSA_44) X(ML_DSA_65) X(ML_DSA_87) X(ECC_NIST_EDWARDS25519)

#define AWS_KEY_USAGES(X)						       \
	X(SIGN_VERIFY) X(ENCRYPT_DECRYPT) X(GENERATE_VERIFY_MAC)	       \
	X(KEY_AGREEMENT)

#define AWS_ORIGINS(X)							       \
	X(AWS_KMS) X(EXTERNAL) X(AWS_CLOUDHSM) X(EXTERNAL_KEY_STORE)

#define AWS_MESSAGE_TYPES(X) X(RAW) X(DIGEST) X(EXTERNAL_MU)

#define AWS_SIGNING_ALGORITHMS(X)					       \
	X(RSASSA_PSS_SHA_256) X(RSASSA_PSS_SHA_384) X(RSASSA_PSS_SHA_512)      \
	X(RSASSA_PKCS1_V1_5_SHA_256) X(RSASSA_PKCS1_V1_5_SHA_384)	       \
	X(RSASSA_PKCS1_V1_5_SHA_512)					       \
	X(ECDSA_SHA_256) X(ECDSA_SHA_384) X(ECDSA_SHA_512) X(SM2DSA)	       \
	X(ML_DSA_SHAKE_256) X(ED25519_SHA_512) X(ED25519_PH_SHA_512)

#define AWS_RECIPIENT_ALGORITHMS(X) X(RSAES_OAEP_SHA_256)

enum aws_key_spec {
	AWS_SPEC_ABSENT,
#define X(name) AWS_SPEC_##name,
	AWS_KEY_SPECS(X)
#undef X
};

enum aws_key_usage {
	AWS_USAGE_ABSENT,
#define X(name) AWS_USAGE_##name,
	AWS_KEY_USAGES(X)
#undef X
};

enum aws_origin {
	AWS_ORIGIN_ABSENT,
#define X(name) AWS_ORIGIN_##name,
	AWS_ORIGINS(X)
#undef X
};

enum aws_message_type {
	AWS_MESSAGE_ABSENT,
#define X(name) AWS_MESSAGE_##name,
	AWS_MESSAGE_TYPES(X)
#undef X
};

enum aws_signing_algorithm {
	AWS_SIGNING_ABSENT,
#define X(name) AWS_SIGNING_##name,
	AWS_SIGNING_ALGORITHMS(X)
#undef X
};
/* clang-format on */

extern const struct op_enum aws_key_specs;
extern const struct op_enum aws_key_usages;
extern const struct op_enum aws_origins;
extern const struct op_enum aws_message_types;
extern const struct op_enum aws_signing_algorithms;
extern const struct op_enum aws_recipient_algorithms;

#endif /* KMS_HOST_SERVICE_AWS_H */
