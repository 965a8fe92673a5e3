/* SPDX-License-Identifier: MIT */
/*
 * fuzz_otlp.c - any bytes as what a collector answers, as what /proc/PID/cgroup has, and as a list of pairs.
 *
 * Messages are texts that terminals may be given; what is found in names of cgroups is digits.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "must.h"
#include "otlp/containers.h"
#include "otlp/reply.h"
#include "otlp/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reply(struct otlp_reply reply)
{
	must(text_is_clean(reply.message, strlen(reply.message)));
}

static bool check_pair(void *context, const struct otlp_pair *pair)
{
	size_t *left = context, size = strlen(pair->key) + strlen(pair->value ?: "");

	must(size <= *left);
	*left -= size;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	size_t left = size;
	struct container container;

	must(text);
	check_reply(otlp_reply_read_success(data, size));
	check_reply(otlp_reply_read_refusal(data, size));
	container = container_of_cgroups(text);
	must(strspn(container.id, "0123456789abcdefABCDEF") == strlen(container.id));
	must(strspn(container.pod, "0123456789abcdefABCDEF-") == strlen(container.pod));
	otlp_each_pair(text, check_pair, &left);
	free(text);
	return 0;
}
