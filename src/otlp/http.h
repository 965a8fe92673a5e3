/* SPDX-License-Identifier: MIT */
/*
 * http.h - requests to one address, one after the other, by libcurl. That is loaded when it is needed: with it
 * come thirty libraries that no other command has use for.
 */
#ifndef OTLP_HTTP_H
#define OTLP_HTTP_H

#include "base/bytes.h"
#include "otlp/settings.h"

struct http;

/* Bytes of an answer that are kept. */
#define HTTP_MAX_ANSWER 65536

struct http_answer {
	unsigned status; /* 0: there was no answer, and `trouble` tells why */
	uint64_t retry_after_s; /* what Retry-After says; 0: nothing */
	const char *trouble;
	const char *hint; /* what may be wrong, and what to do; "": nobody knows */
	/* Of the answer; until the next request. */
	const void *body;
	size_t size;
};

/* `settings`: not owned. `is_over`: asked about once a second, by the thread that posts; true ends the
 * request. The error says what is missing here, that the address is none, or which files TLS cannot use. */
struct error *http_new(const struct otlp_settings *settings, bool (*is_over)(void *context),
		       void *context, struct http **http);
void http_free(struct http *http); /* NULL is fine */

/* Always from one thread. */
struct http_answer http_post(struct http *http, const struct bytes *body, uint64_t timeout_ms);

#endif
