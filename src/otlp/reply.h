/* SPDX-License-Identifier: MIT */
/*
 * reply.h - what a collector answers: ExportTraceServiceResponse (trace_service.proto), or, where it refuses,
 * google.rpc.Status. Input like any other.
 */
#ifndef OTLP_REPLY_H
#define OTLP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OTLP_MESSAGE_SIZE 256

struct otlp_reply {
	uint64_t num_rejected; /* spans of an answer that is a success otherwise */
	char message[OTLP_MESSAGE_SIZE]; /* escaped; "": none */
};

struct otlp_reply otlp_reply_read_success(const void *data, size_t size);
/* What is no such message is taken as text. */
struct otlp_reply otlp_reply_read_refusal(const void *data, size_t size);

#endif
