/* SPDX-License-Identifier: MIT */
/* http_none.c - the static build, which has no libcurl; see http.h. */
#include "otlp/http.h"

struct error *http_new(const struct otlp_settings *settings, bool (*is_over)(void *context),
		       void *context, struct http **http)
{
	*http = NULL;
	return error_new(
		"this is the static build, which has no libcurl and cannot send traces: record, and send with another build's `gofuncgraph-c replay -f otlp`");
}

void http_free(struct http *http)
{
}

struct http_answer http_post(struct http *http, const struct bytes *body, uint64_t timeout_ms)
{
	return (struct http_answer){.trouble = "there is no libcurl", .hint = ""};
}
