/* SPDX-License-Identifier: MIT */
/*
 * request.h - batches of spans as bodies of requests, one after the other: ExportTraceServiceRequest
 * (trace_service.proto). Memory is kept for the next one.
 */
#ifndef OTLP_REQUEST_H
#define OTLP_REQUEST_H

#include <zlib.h>

#include "otlp/exporter.h"

/* All zero: none was written yet. It stays where it is: zlib points to it. */
struct otlp_request {
	struct bytes plain, packed;
	bool has_stream;
	z_stream stream;
};

/* The body, until the next one is written. Loads of one resource that follow each other are told together. NULL: out
 * of memory. */
const struct bytes *otlp_request_write(struct otlp_request *request, const struct otlp_load *first,
				       bool compress);

void otlp_request_destroy(struct otlp_request *request);

#endif
