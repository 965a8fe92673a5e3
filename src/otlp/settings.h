/* SPDX-License-Identifier: MIT */
/*
 * settings.h - where spans are sent, and how: the address that -o names, and the environment variables
 * OTEL_EXPORTER_OTLP_* as the specification has them (opentelemetry.io/docs/specs/otel/protocol/exporter).
 * OTEL_EXPORTER_OTLP_TRACES_... goes before OTEL_EXPORTER_OTLP_...
 */
#ifndef OTLP_SETTINGS_H
#define OTLP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define OTLP_MAX_HEADERS 64

struct otlp_settings {
	char *url;
	char *headers[OTLP_MAX_HEADERS]; /* "name: value" */
	size_t num_headers;
	uint64_t timeout_ms; /* of a request */
	bool compresses;
	/* Paths of PEM files, NULL: none. The environment's. */
	const char *certificate, *client_certificate, *client_key;
};

/* `address`: NULL: what the environment says. It need not have a path: spans have one of their own. To be
 * destroyed after an error, too. */
struct error *otlp_settings_read(struct otlp_settings *settings, const char *address);
void otlp_settings_destroy(struct otlp_settings *settings);

/* The address of a server: "http://..." or "https://...", in any case (RFC 3986, 3.1). */
bool otlp_is_url(const char *text);

/* What may be shown of a URL, its beginning if it is long: not the user and the password before an @, nor a query,
 * in which keys may be. */
struct otlp_url_text {
	char text[256];
} otlp_url_shown(const char *url);

/* A part of a list "a=b,c=d", with what %XX stands for. */
struct otlp_pair {
	const char *key;
	const char *value; /* NULL: there is no =; the key may be the end of a value with a comma */
	bool has_stray_percent; /* one without two hexadecimal digits behind it, which stays as it is */
};

/* Calls back for each part that is not empty, until that says no. False: it said no, or out of memory. The list of
 * OTEL_RESOURCE_ATTRIBUTES, too. */
bool otlp_each_pair(const char *list, bool (*take)(void *context, const struct otlp_pair *pair),
		    void *context);

#endif
