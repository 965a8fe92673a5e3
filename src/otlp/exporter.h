/* SPDX-License-Identifier: MIT */
/*
 * exporter.h - spans to a collector, by OTLP/HTTP (opentelemetry.io/docs/specs/otlp): a queue that is bounded,
 * and a thread that sends what is in it, in batches, until it is taken.
 *
 * Who hands spans on is never held up, unless it may be; what there is no room for is dropped and counted. All
 * functions are for one thread.
 */
#ifndef OTLP_EXPORTER_H
#define OTLP_EXPORTER_H

#include "base/bytes.h"
#include "otlp/resources.h"
#include "otlp/settings.h"

/* Bytes of spans that wait to be sent; and where who hands them on may be held up: no more than keeps the thread
 * busy, so that memory is used again while it is in the processor's caches. */
#define OTLP_QUEUE_SIZE       (64u << 20)
#define OTLP_SHORT_QUEUE_SIZE (2u << 20)
/* Spans from which on a request is made at once, some 700 KiB of them, and how long fewer wait for others. */
#define OTLP_BATCH_SPANS 2048
#define OTLP_BATCH_NS    1000000000ull
/* Between attempts: doubled each time, and a part of it by chance. */
#define OTLP_FIRST_RETRY_NS 500000000ull
#define OTLP_LAST_RETRY_NS  30000000000ull
/* After that who may be held up is told that nothing is taken. */
#define OTLP_PATIENCE_NS 60000000000ull

/* Spans of one process: members of ScopeSpans (trace.proto), with their numbers and sizes. */
struct otlp_load {
	struct otlp_load *next;
	struct otlp_resource *resource;
	struct bytes spans;
	uint64_t num_spans;
	uint64_t num_trees; /* of which these are the last spans */
};

/* NULL is fine. */
void otlp_loads_free(struct otlp_load *first);

struct otlp_count {
	uint64_t trees, spans;
};

struct otlp_counts {
	struct otlp_count sent;
	struct otlp_count no_room; /* dropped, the queue was full */
	struct otlp_count refused; /* the collector's answer was that it will not have them */
	struct otlp_count unsent; /* no answer has come: until the end, or yet */
	uint64_t rejected; /* spans that the collector left out of those that were sent */
};

struct otlp_exporter;

/* Takes the settings, in any case. `may_wait`: who hands on spans may be held up until there is room, or until
 * `is_told_to_stop` says so, which is asked now and then (NULL: never). */
struct error *otlp_exporter_new(struct otlp_settings *settings, bool may_wait,
				bool (*is_told_to_stop)(void), struct otlp_exporter **exporter);

/* A tree, whole: takes all loads. */
void otlp_exporter_push(struct otlp_exporter *exporter, struct otlp_load *first);

/* Tells the user, as messages, what is new: to be called now and then. */
void otlp_exporter_tell(struct otlp_exporter *exporter);

/* Nothing is taken, and who may be held up need not go on. */
bool otlp_exporter_gave_up(struct otlp_exporter *exporter);

/* Sends what is left, for at most about the timeout of a request (while nothing is taken, if it may wait), and
 * tells what became of all. */
void otlp_exporter_finish(struct otlp_exporter *exporter);

struct otlp_counts otlp_exporter_counts(struct otlp_exporter *exporter);
/* As it may be shown. */
struct otlp_url_text otlp_exporter_url(const struct otlp_exporter *exporter);

/* What is not sent by then is not. NULL is fine. */
void otlp_exporter_free(struct otlp_exporter *exporter);

#endif
