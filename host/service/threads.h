/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads - the half of the service that belongs to one reactor
 */

#ifndef KMS_HOST_SERVICE_THREADS_H
#define KMS_HOST_SERVICE_THREADS_H

#include "host/service/key_cache.h"
#include "host/service/service.h"
#include "host/service/signer.h"

struct service_thread {
	struct sign_queue queue;
	struct key_cache *cache;
};

struct service_thread *service_thread(struct service *s, unsigned int index);

#endif /* KMS_HOST_SERVICE_THREADS_H */
