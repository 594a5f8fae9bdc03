/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListKeys of wallets: by age, page by page.
 */
#include "common/base64.h"
#include "common/secret.h"
#include "host/service/wallet.h"

#include <string.h>

#define PAGE_MAX 1000

/* A marker is base64url of the last wallet's place and a digest over it. */
#define SUM_LEN	   8
#define MARK_LEN   (STORE_TIME_SIZE + ABI_UUID_LEN)
#define MARKER_LEN (MARK_LEN + SUM_LEN)

static void mark_sum(uint8_t out[SUM_LEN], const uint8_t mark[MARK_LEN])
{
	static const char domain[] = "teekms/marker/ListWallets";
	uint8_t digest[SHA256_LEN];
	struct sha256 s;

	sha256_init(&s);
	sha256_update(&s, domain, sizeof(domain));
	sha256_update(&s, mark, MARK_LEN);
	sha256_final(&s, digest);
	memcpy(out, digest, SUM_LEN);
}

static bool read_marker(struct store_wallet_mark *mark, struct bytes text)
{
	uint8_t raw[MARKER_LEN];
	uint8_t sum[SUM_LEN];
	size_t len = 0;

	if (base64url_decode(raw, sizeof(raw), &len, (const char *)text.ptr,
			     text.len) ||
	    len != sizeof(raw))
		return false;
	mark_sum(sum, raw);
	memcpy(mark->created_at, raw, STORE_TIME_SIZE);
	mark->created_at[STORE_TIME_SIZE - 1] = '\0';
	memcpy(mark->uuid, raw + STORE_TIME_SIZE, ABI_UUID_LEN);
	return ct_equal(sum, raw + MARK_LEN, SUM_LEN);
}

static void put_marker(struct json_writer *w,
		       const struct store_wallet_mark *mark)
{
	uint8_t raw[MARKER_LEN];

	memcpy(raw, mark->created_at, STORE_TIME_SIZE);
	memcpy(raw + STORE_TIME_SIZE, mark->uuid, ABI_UUID_LEN);
	mark_sum(raw + MARK_LEN, raw);
	json_name(w, "NextMarker");
	json_put_base64url(w, raw, sizeof(raw));
}

struct listing {
	struct call *call;
	unsigned int limit;
	unsigned int count;
	bool more;
	struct store_wallet_mark last;
};

static bool list_wallet(void *arg, const struct store_wallet *wallet)
{
	struct listing *l = arg;
	char arn[SERVICE_ARN_MAX];

	if (l->count == l->limit) {
		l->more = true;
		return false;
	}
	l->count++;
	memcpy(l->last.created_at, wallet->created_at, STORE_TIME_SIZE);
	memcpy(l->last.uuid, wallet->uuid, ABI_UUID_LEN);
	service_key_arn(l->call->service, arn, wallet->uuid);
	json_object(&l->call->out);
	wallet_put_id(l->call, wallet->uuid);
	json_text_member(&l->call->out, "KeyArn", arn);
	json_end(&l->call->out);
	return true;
}

void service_list_wallets(struct call *call)
{
	const struct list_wallets_in *in = call->in;
	struct listing l = { .call = call, .limit = PAGE_MAX };
	struct store_wallet_mark after = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (in->limit.present)
		l.limit = (unsigned int)in->limit.value;
	if (in->marker.ptr && !read_marker(&after, in->marker)) {
		call_done(call, KMS_RC_INVALID_MARKER);
		return;
	}
	json_object(&call->out);
	json_name(&call->out, "Keys");
	json_array(&call->out);
	/* One more than the page, to know whether there is another. */
	rc = store_list_wallets(service_reader(call), &after, l.limit + 1,
				list_wallet, &l);
	json_end(&call->out);
	if (l.more)
		put_marker(&call->out, &l.last);
	json_bool_member(&call->out, "Truncated", l.more);
	json_end(&call->out);
	call_done(call, rc);
}
