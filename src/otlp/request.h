/* SPDX-License-Identifier: MIT */
/* request.h - a batch of spans as the body of a request: ExportTraceServiceRequest (trace_service.proto). */
#ifndef OTLP_REQUEST_H
#define OTLP_REQUEST_H

#include "otlp/exporter.h"

/* Loads of one resource that follow each other are told together. `body` is empty at first, and has `failed`
 * without memory. */
void otlp_request_write(struct bytes *body, const struct otlp_load *first, bool compress);

#endif
