/* SPDX-License-Identifier: Apache-2.0 */
/*
 * webauthn_vectors - published ceremonies, in hexadecimal
 *
 * W3C: Web Authentication Level 3, section 16 "Test Vectors", whose RP is
 * example.org.
 */

#ifndef KMS_TEST_WEBAUTHN_VECTORS_H
#define KMS_TEST_WEBAUTHN_VECTORS_H

#define W3C_RP_ID_HASH \
	"bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b5"

/* ES256 without attestation */
#define W3C_NONE_AAGUID "8446ccb9ab1db374750b2367ff6f3a1f"
#define W3C_NONE_ID \
	"f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4"
#define W3C_NONE_X \
	"afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61"
#define W3C_NONE_Y \
	"930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220"
#define W3C_NONE_KEY       \
	"a501020326200121" \
	"5820" W3C_NONE_X "225820" W3C_NONE_Y
#define W3C_NONE_AUTH_DATA                          \
	W3C_RP_ID_HASH "5900000000" W3C_NONE_AAGUID \
		       "0020" W3C_NONE_ID W3C_NONE_KEY
#define W3C_NONE_OBJECT                                               \
	"a363666d74646e6f6e656761747453746d74a068617574684461746158a" \
	"4" W3C_NONE_AUTH_DATA
#define W3C_NONE_GET_AUTH_DATA W3C_RP_ID_HASH "1900000000"
#define W3C_NONE_GET_SIGNATURE                                               \
	"3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218" \
	"deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea" \
	"13653e331e87"

/* ES256 with self attestation */
#define W3C_SELF_ID \
	"455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58c"
#define W3C_SELF_OBJECT                                                        \
	"a363666d74667061636b65646761747453746d74a263616c67266373696758463044" \
	"0220067a20754ab925005dbf378097c92120031581c73228d1fb4f5b881bcd7da983" \
	"02207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006d" \
	"68617574684461746158a4" W3C_RP_ID_HASH                                \
	"5d00000000df850e09db6afbdfab51697791506cfc0020" W3C_SELF_ID           \
	"a5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b3" \
	"4c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c32" \
	"5d5896e183fee484f2"

#endif /* KMS_TEST_WEBAUTHN_VECTORS_H */
