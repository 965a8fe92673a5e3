/* SPDX-License-Identifier: MIT */
/* exporter_internal.h - what the exporter and its thread share. */
#ifndef OTLP_EXPORTER_INTERNAL_H
#define OTLP_EXPORTER_INTERNAL_H

#include <pthread.h>

#include "otlp/exporter.h"
#include "otlp/http.h"
#include "otlp/reply.h"
#include "otlp/request.h"

#define EXPORTER_NEVER UINT64_MAX

/* How well things go, for who tells the user. */
enum course { COURSE_FINE, COURSE_FAILING, COURSE_REFUSED };

struct otlp_exporter {
	struct otlp_settings settings;
	struct http *http;
	bool may_wait;
	bool (*is_told_to_stop)(void); /* NULL: never */
	pthread_t thread;
	bool has_thread;
	/* The thread's own: */
	struct otlp_request request;
	unsigned seed; /* of its chances */
	enum course told; /* to the user */
	/* Below: under the lock. `changed`: any of it did. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct otlp_load *first, **end;
	size_t size; /* of all loads, those that are being sent too */
	uint64_t num_spans; /* of the queue */
	uint64_t since_ns; /* of the oldest in the queue */
	uint64_t failing_ns; /* since when nothing is taken; 0: it is, or nobody has tried */
	uint64_t deadline_ns;
	bool is_ending, is_done;
	bool gave_up;
	enum course course;
	char trouble[OTLP_MESSAGE_SIZE + 256];
	struct otlp_count enqueued; /* what became of it is in the counts */
	struct otlp_counts counts; /* but for `unsent`: the rest of it */
};

/* By CLOCK_MONOTONIC. */
uint64_t exporter_now_ns(void);
/* Until it changes, or this time has come. With the lock. */
void exporter_await_change(struct otlp_exporter *exporter, uint64_t until_ns);
/* Bytes of them all, from this one on; and how many there are, added. */
size_t otlp_loads_size(const struct otlp_load *first);
void otlp_loads_count(struct otlp_count *count, const struct otlp_load *first);

/* Whether nothing more is to be sent: for http.h. */
bool exporter_ask_is_over(void *context);
/* The thread: sends what is in the queue until the end has come. */
void *exporter_send_all(void *context);

#endif
