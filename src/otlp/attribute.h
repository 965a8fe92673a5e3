/* SPDX-License-Identifier: MIT */
/*
 * attribute.h - attributes of resources, spans, events and links, as members of their messages: KeyValue of
 * common.proto of github.com/open-telemetry/opentelemetry-proto. Texts must be valid UTF-8.
 */
#ifndef OTLP_ATTRIBUTE_H
#define OTLP_ATTRIBUTE_H

#include <string.h>

#include "base/bytes.h"

void attribute_text(struct bytes *message, unsigned member, const char *key, const char *text,
		    size_t len);
void attribute_number(struct bytes *message, unsigned member, const char *key, uint64_t number);
void attribute_real(struct bytes *message, unsigned member, const char *key, double real);
void attribute_bool(struct bytes *message, unsigned member, const char *key, bool is_true);

/* Nothing for NULL and for "". */
static inline void attribute_string(struct bytes *message, unsigned member, const char *key,
				    const char *text)
{
	if (text && *text)
		attribute_text(message, member, key, text, strlen(text));
}

#endif
