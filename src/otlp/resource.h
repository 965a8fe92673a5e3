/* SPDX-License-Identifier: MIT */
/*
 * resource.h - what a process is to a collector: attributes by OpenTelemetry's semantic conventions
 * (opentelemetry.io/docs/specs/semconv/resource).
 */
#ifndef OTLP_RESOURCE_H
#define OTLP_RESOURCE_H

#include <sys/types.h>

#include "base/bytes.h"

struct otlp_process {
	pid_t pid;
	const char *binary; /* path; NULL: unknown */
	const char *build_id; /* in hexadecimal digits the linker's, else Go's; NULL: unknown */
	bool is_here; /* it runs on this machine, or did a moment ago: /proc tells of it */
	bool *has_told; /* that a list of attributes is wrong, which is told once; NULL: it is not */
};

/* A Resource (resource.proto). */
void otlp_resource_write(struct bytes *resource, const struct otlp_process *process);

#endif
