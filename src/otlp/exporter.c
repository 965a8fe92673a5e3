/* SPDX-License-Identifier: MIT */
/* exporter.c - the queue before the thread that sends; see exporter.h, and sender.c. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "otlp/exporter_internal.h"

/* How long after its last deadline the thread may take. */
#define GRACE_NS 3000000000ull
/* How often who waits asks whether it is to stop. */
#define ASK_NS    100000000ull
#define MS_NS     1000000ull
#define SECOND_NS 1000000000ull

uint64_t exporter_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

void exporter_await_change(struct otlp_exporter *exporter, uint64_t until_ns)
{
	struct timespec until = {.tv_sec = (time_t)(until_ns / SECOND_NS),
				 .tv_nsec = (long)(until_ns % SECOND_NS)};

	if (until_ns == EXPORTER_NEVER)
		pthread_cond_wait(&exporter->changed, &exporter->lock);
	else
		pthread_cond_timedwait(&exporter->changed, &exporter->lock, &until);
}

/* ---- loads ---- */

void otlp_loads_free(struct otlp_load *first)
{
	while (first) {
		struct otlp_load *load = first;

		first = load->next;
		otlp_resource_free(load->resource);
		bytes_destroy(&load->spans);
		free(load);
	}
}

void otlp_loads_count(struct otlp_count *count, const struct otlp_load *load)
{
	for (; load; load = load->next) {
		count->trees += load->num_trees;
		count->spans += load->num_spans;
	}
}

size_t otlp_loads_size(const struct otlp_load *load)
{
	size_t size = 0;

	for (; load; load = load->next)
		size += sizeof(*load) + load->spans.capacity;
	return size;
}

/* ---- who hands on spans ---- */

/* Signals are for the thread that waits for them. */
static bool start_thread(struct otlp_exporter *exporter)
{
	sigset_t all, old;

	if (exporter->has_thread)
		return true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	exporter->has_thread =
		pthread_create(&exporter->thread, NULL, exporter_send_all, exporter) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return exporter->has_thread;
}

struct error *otlp_exporter_new(struct otlp_settings *settings, bool may_wait,
				bool (*is_told_to_stop)(void), struct otlp_exporter **result)
{
	struct otlp_exporter *exporter = calloc(1, sizeof(*exporter));
	pthread_condattr_t attributes;
	struct error *err;

	*result = exporter;
	if (!exporter) {
		otlp_settings_destroy(settings);
		return error_out_of_memory();
	}
	*exporter = (struct otlp_exporter){.settings = *settings,
					   .may_wait = may_wait,
					   .is_told_to_stop = is_told_to_stop,
					   .seed = (unsigned)exporter_now_ns(),
					   .deadline_ns = EXPORTER_NEVER};
	*settings = (struct otlp_settings){};
	exporter->end = &exporter->first;
	pthread_mutex_init(&exporter->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&exporter->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	err = http_new(&exporter->settings, exporter_ask_is_over, exporter, &exporter->http);
	if (err)
		otlp_exporter_free(take_pointer(*result));
	return err;
}

/* What is larger than the queue still fits into one that is empty. With the lock. */
static bool has_room(const struct otlp_exporter *exporter, size_t size)
{
	size_t most = exporter->may_wait ? OTLP_SHORT_QUEUE_SIZE : OTLP_QUEUE_SIZE;

	return !exporter->size || exporter->size + size <= most;
}

static void enqueue(struct otlp_exporter *exporter, struct otlp_load *first, size_t size)
{
	bool was_empty = !exporter->first;

	if (was_empty)
		exporter->since_ns = exporter_now_ns();
	*exporter->end = first;
	otlp_loads_count(&exporter->enqueued, first);
	for (; first; first = first->next) {
		exporter->num_spans += first->num_spans;
		exporter->end = &first->next;
	}
	exporter->size += size;
	if (was_empty || exporter->num_spans >= OTLP_BATCH_SPANS)
		pthread_cond_broadcast(&exporter->changed);
}

/* Until there is room, where that is worth it. With the lock. */
static void await_room(struct otlp_exporter *exporter, size_t size)
{
	while (exporter->may_wait && !exporter->gave_up && !has_room(exporter, size) &&
	       !(exporter->is_told_to_stop && exporter->is_told_to_stop()))
		exporter_await_change(exporter, exporter_now_ns() + ASK_NS);
}

void otlp_exporter_push(struct otlp_exporter *exporter, struct otlp_load *first)
{
	bool can_send = start_thread(exporter);
	size_t size = otlp_loads_size(first);

	pthread_mutex_lock(&exporter->lock);
	if (can_send)
		await_room(exporter, size);
	if (can_send && has_room(exporter, size))
		enqueue(exporter, take_pointer(first), size);
	else
		otlp_loads_count(&exporter->counts.no_room, first);
	pthread_mutex_unlock(&exporter->lock);
	otlp_loads_free(first);
}

bool otlp_exporter_gave_up(struct otlp_exporter *exporter)
{
	pthread_mutex_lock(&exporter->lock);
	bool gave_up = exporter->gave_up;
	pthread_mutex_unlock(&exporter->lock);
	return gave_up;
}

struct otlp_counts otlp_exporter_counts(struct otlp_exporter *exporter)
{
	pthread_mutex_lock(&exporter->lock);
	struct otlp_counts counts = exporter->counts;
	counts.unsent.trees = exporter->enqueued.trees - counts.sent.trees - counts.refused.trees;
	counts.unsent.spans = exporter->enqueued.spans - counts.sent.spans - counts.refused.spans;
	pthread_mutex_unlock(&exporter->lock);
	return counts;
}

struct otlp_url_text otlp_exporter_url(const struct otlp_exporter *exporter)
{
	return otlp_url_shown(exporter->settings.url);
}

void otlp_exporter_tell(struct otlp_exporter *exporter)
{
	char trouble[sizeof(exporter->trouble)];
	const struct otlp_url_text shown = otlp_exporter_url(exporter);
	const char *url = shown.text;
	enum course course;

	pthread_mutex_lock(&exporter->lock);
	course = exporter->course;
	memcpy(trouble, exporter->trouble, sizeof(trouble));
	pthread_mutex_unlock(&exporter->lock);
	/* That something was refused is told once: it may go on so, now and then. */
	if (course == exporter->told || (course == COURSE_FINE && exporter->told == COURSE_REFUSED))
		return;
	exporter->told = course;
	if (course == COURSE_FAILING)
		log_warning("%s takes no spans now, they are kept and sent again: %s", url,
			    trouble);
	else if (course == COURSE_REFUSED)
		log_warning("%s does not want spans: %s", url, trouble);
	else
		log_info("%s takes spans again", url);
}

void otlp_exporter_finish(struct otlp_exporter *exporter)
{
	bool is_over = !exporter->has_thread;

	pthread_mutex_lock(&exporter->lock);
	exporter->is_ending = true;
	exporter->deadline_ns = exporter_now_ns() + exporter->settings.timeout_ms * MS_NS;
	pthread_cond_broadcast(&exporter->changed);
	while (!is_over) {
		uint64_t last = exporter->deadline_ns + GRACE_NS;

		if (!exporter->is_done)
			exporter_await_change(exporter, last);
		is_over = exporter->is_done || exporter_now_ns() >= last;
		pthread_mutex_unlock(&exporter->lock);
		otlp_exporter_tell(exporter);
		pthread_mutex_lock(&exporter->lock);
	}
	pthread_mutex_unlock(&exporter->lock);
}

/* Whether nobody uses the exporter any more. */
static bool end_thread(struct otlp_exporter *exporter)
{
	uint64_t last = exporter_now_ns() + GRACE_NS;

	if (!exporter->has_thread)
		return true;
	pthread_mutex_lock(&exporter->lock);
	exporter->is_ending = exporter->gave_up = true;
	pthread_cond_broadcast(&exporter->changed);
	while (!exporter->is_done && exporter_now_ns() < last)
		exporter_await_change(exporter, last);
	bool is_done = exporter->is_done;
	pthread_mutex_unlock(&exporter->lock);
	if (is_done)
		pthread_join(exporter->thread, NULL);
	return is_done;
}

void otlp_exporter_free(struct otlp_exporter *exporter)
{
	/* A name server that does not answer can hold the thread up: it goes with the process. */
	if (!exporter || !end_thread(exporter))
		return;
	http_free(exporter->http);
	otlp_request_destroy(&exporter->request);
	otlp_loads_free(exporter->first);
	otlp_settings_destroy(&exporter->settings);
	pthread_mutex_destroy(&exporter->lock);
	pthread_cond_destroy(&exporter->changed);
	free(exporter);
}
