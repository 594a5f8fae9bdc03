/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op - what a row of the table of operations is made of
 *
 * A row names an operation, the members it takes and the function that runs
 * it. dispatch walks the rows (host/dispatch/ops.c); a service function sees
 * only input that passed the checks its row asks for. Everything is const.
 */

#ifndef KMS_HOST_SERVICE_OP_H
#define KMS_HOST_SERVICE_OP_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

struct call;

/* The C type of the member that a field of this type fills. */
enum field_type {
	T_STRING,    /* struct bytes: UTF-8, unescaped; min..max characters */
	T_BLOB,	     /* struct bytes: decoded from base64; min..max bytes */
	T_ENUM,	     /* unsigned int: 0 absent, else 1 + place in the set */
	T_INT,	     /* struct op_int; min..max */
	T_BOOL,	     /* bool: false when absent */
	T_STRINGS,   /* struct op_strings: at most items_max, each min..max */
	T_STRUCTS,   /* struct op_structs: at most items_max, made by sub */
	T_HEX,	     /* struct bytes: one "0x" or none; min..max bytes */
	T_BASE64URL, /* struct bytes: without padding; min..max bytes */
	T_UINT,	     /* struct op_uint: all of 64 bits */
	T_STRUCT,    /* a struct that begins with "bool given", made by sub */
	T_LIST,	     /* struct json_value: a list the operation reads itself */
};

struct op_int {
	bool present;
	int64_t value;
};

struct op_uint {
	bool present;
	uint64_t value;
};

struct op_strings {
	const struct bytes *items;
	size_t count;
};

struct op_structs {
	const void *items; /* count structs of the field's sub_size */
	size_t count;
};

/* The names of an enumeration, in the order of its C constants from 1 on. */
struct op_enum {
	const char *const *names;
	unsigned int count;
};

/* Gives the name of a value that a T_ENUM field was filled with. */
const char *op_enum_name(const struct op_enum *set, unsigned int value);

/* A pattern as AWS prints it, and the characters it stands for. */
struct op_pattern {
	const char *text;
	bool (*allows)(uint32_t character);
};

#define FIELD_REQUIRED 0x01
#define FIELD_HIDDEN   0x02 /* its value is never echoed; blobs never are */

/* One member of a request; the last of a list has no name. */
struct field {
	const char *name; /* "KeyId" */
	uint8_t type;	  /* enum field_type */
	uint8_t flags;
	uint16_t items_max; /* of a list */
	int32_t min;
	int32_t max;
	size_t offset; /* of the member in the operation's struct */
	size_t size;
	const struct op_enum *set;	  /* T_ENUM */
	const struct op_pattern *pattern; /* T_STRING; may be NULL */
	const struct field *sub; /* T_STRUCTS: scalars only; T_STRUCT */
	size_t sub_size;
};

/* clang-format off */
#define FIELD_AT(s, m)							       \
	.offset = offsetof(s, m), .size = sizeof(((s *)0)->m)
#define F_STRING(f, n, s, m, lo, hi)					       \
	{ .name = (n), .type = T_STRING, .flags = (f), .min = (lo),	       \
	  .max = (hi), FIELD_AT(s, m) }
#define F_PATTERN(f, n, s, m, lo, hi, p)				       \
	{ .name = (n), .type = T_STRING, .flags = (f), .min = (lo),	       \
	  .max = (hi), .pattern = (p), FIELD_AT(s, m) }
#define F_BLOB(f, n, s, m, lo, hi)					       \
	{ .name = (n), .type = T_BLOB, .flags = (f), .min = (lo),	       \
	  .max = (hi), FIELD_AT(s, m) }
#define F_ENUM(f, n, s, m, e)						       \
	{ .name = (n), .type = T_ENUM, .flags = (f), .set = (e),	       \
	  FIELD_AT(s, m) }
#define F_INT(f, n, s, m, lo, hi)					       \
	{ .name = (n), .type = T_INT, .flags = (f), .min = (lo),	       \
	  .max = (hi), FIELD_AT(s, m) }
#define F_BOOL(n, s, m)							       \
	{ .name = (n), .type = T_BOOL, FIELD_AT(s, m) }
#define F_STRINGS(f, n, s, m, items, lo, hi)				       \
	{ .name = (n), .type = T_STRINGS, .flags = (f), .min = (lo),	       \
	  .max = (hi), .items_max = (items), FIELD_AT(s, m) }
#define F_STRUCTS(f, n, s, m, items, subs, t)				       \
	{ .name = (n), .type = T_STRUCTS, .flags = (f), .items_max = (items),  \
	  .sub = (subs), .sub_size = sizeof(t), FIELD_AT(s, m) }
#define F_HEX(f, n, s, m, lo, hi)					       \
	{ .name = (n), .type = T_HEX, .flags = (f), .min = (lo),	       \
	  .max = (hi), FIELD_AT(s, m) }
#define F_BASE64URL(f, n, s, m, lo, hi)					       \
	{ .name = (n), .type = T_BASE64URL, .flags = (f), .min = (lo),	       \
	  .max = (hi), FIELD_AT(s, m) }
#define F_UINT(f, n, s, m)						       \
	{ .name = (n), .type = T_UINT, .flags = (f), FIELD_AT(s, m) }
#define F_STRUCT(f, n, s, m, subs)					       \
	{ .name = (n), .type = T_STRUCT, .flags = (f), .sub = (subs),	       \
	  FIELD_AT(s, m) }
#define F_LIST(f, n, s, m)						       \
	{ .name = (n), .type = T_LIST, .flags = (f), FIELD_AT(s, m) }
#define F_END { 0 }
/* clang-format on */

/* Who may call; none of the flags of AUTH_ANY: everybody. */
#define AUTH_API_KEY  0x01
#define AUTH_SIGV4    0x02
#define AUTH_ANY      (AUTH_API_KEY | AUTH_SIGV4)
#define AUTH_OPTIONAL 0x04 /* whoever shows a credential is shown more */

/* Whose requests are counted: see host/dispatch/door.h. */
#define RATE_CALLER  0x01 /* of an API key, or of the address without one */
#define RATE_ADDRESS 0x02 /* of a client's address */
#define RATE_WALLET  0x04 /* for one KeyId or Address */
#define RATE_ALL     (RATE_CALLER | RATE_ADDRESS | RATE_WALLET)

/* What a call is in the numbers of /stats. */
enum op_count {
	COUNT_NOTHING,
	COUNT_OTHER,
	COUNT_SIGN,
	COUNT_DERIVE,
};

/* A member of the answer, for the documents made from the table. */
struct op_member {
	const char *name;
	const char
		*type; /* "KeyMetadata", "blob", "list of SigningAlgorithm" */
	bool always;
};

/* For .fails: what this operation can answer besides the common errors. */
#define FAILS(...)                     \
	(const enum kms_rc[])          \
	{                              \
		__VA_ARGS__, KMS_RC_OK \
	}

/* Ends the call now or later, in the same thread: see call.h. */
typedef void op_run(struct call *call);

struct op {
	const char *name;   /* "Sign", for logs */
	const char *target; /* "TrentService.Sign" on POST /, or NULL */
	const char *method; /* of path: "GET", "POST" */
	const char *path;   /* "/keys", or NULL; GET takes fields as query */
	/*
	 * Of a row that shares its target with another one: it is taken on
	 * POST / when the body has one of these members. Ends with NULL.
	 */
	const char *const *when;
	unsigned int auth;
	unsigned int rate;
	unsigned int count; /* enum op_count */
	size_t body_max;    /* 0: what HTTP takes */
	size_t in_size;	    /* of the struct that the fields fill */
	const struct field *in;
	size_t out_max; /* longest answer; 0: 4096 */
	const struct op_member *out;
	const enum kms_rc *fails; /* ends with OK; NULL: none */
	op_run *run;
	const char *doc;
	const char *example; /* a request body, or query of a GET */
};

/* Every operation the server offers, once; the docs keep this order. */
const struct op *op_at(size_t place); /* NULL behind the last */
size_t op_count(void);

#endif /* KMS_HOST_SERVICE_OP_H */
