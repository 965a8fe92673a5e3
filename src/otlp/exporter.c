/* SPDX-License-Identifier: MIT */
#include "otlp/exporter.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "otlp/http.h"
#include "otlp/reply.h"
#include "otlp/request.h"

#define NEVER UINT64_MAX
/* How long after its last deadline the thread may take. */
#define GRACE_NS  3000000000ull
#define MS_NS     1000000ull
#define SECOND_NS 1000000000ull

/* How well things go, for who tells the user. */
enum course { COURSE_FINE, COURSE_FAILING, COURSE_REFUSED };

struct otlp_exporter {
	struct otlp_settings settings;
	struct http *http;
	bool may_wait;
	pthread_t thread;
	bool has_thread;
	unsigned seed; /* of the thread's chances */
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
	char trouble[OTLP_MESSAGE_SIZE + 64];
	struct otlp_counts counts;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* Until it changes, or this time has come. With the lock. */
static void await_change(struct otlp_exporter *exporter, uint64_t until_ns)
{
	struct timespec until = {.tv_sec = (time_t)(until_ns / SECOND_NS),
				 .tv_nsec = (long)(until_ns % SECOND_NS)};

	if (until_ns == NEVER)
		pthread_cond_wait(&exporter->changed, &exporter->lock);
	else
		pthread_cond_timedwait(&exporter->changed, &exporter->lock, &until);
}

void otlp_loads_free(struct otlp_load *first)
{
	while (first) {
		struct otlp_load *load = first;

		first = load->next;
		bytes_destroy(&load->spans);
		free(load);
	}
}

static void count_loads(struct otlp_count *count, const struct otlp_load *load)
{
	for (; load; load = load->next) {
		count->trees += load->num_trees;
		count->spans += load->num_spans;
	}
}

static size_t size_of(const struct otlp_load *load)
{
	size_t size = 0;

	for (; load; load = load->next)
		size += sizeof(*load) + load->spans.capacity;
	return size;
}

/* ---- the thread: one batch ---- */

/* With the lock. */
static bool is_over(const struct otlp_exporter *exporter)
{
	return exporter->gave_up || now_ns() >= exporter->deadline_ns;
}

static bool ask_is_over(void *context)
{
	struct otlp_exporter *exporter = context;

	pthread_mutex_lock(&exporter->lock);
	bool over = is_over(exporter);
	pthread_mutex_unlock(&exporter->lock);
	return over;
}

static void note(struct otlp_exporter *exporter, enum course course, const char *trouble)
{
	exporter->course = course;
	snprintf(exporter->trouble, sizeof(exporter->trouble), "%s", trouble);
	pthread_cond_broadcast(&exporter->changed);
}

/* The answers that ask for another attempt, by the specification. */
static bool is_passing(unsigned status)
{
	return !status || status == 429 || status == 502 || status == 503 || status == 504;
}

static void note_failure(struct otlp_exporter *exporter, const struct http_answer *answer)
{
	char trouble[sizeof(exporter->trouble)];

	if (answer->status)
		snprintf(trouble, sizeof(trouble), "it answers %u%s", answer->status,
			 answer->status == 429 ? ", too many requests" : "");
	else
		snprintf(trouble, sizeof(trouble), "%s", answer->trouble);
	if (!exporter->failing_ns)
		exporter->failing_ns = now_ns();
	note(exporter, COURSE_FAILING, trouble);
	if (exporter->may_wait && now_ns() - exporter->failing_ns > OTLP_PATIENCE_NS)
		exporter->gave_up = true;
}

/* Before the next attempt. An end hastens it, unless the collector has said when. With the lock. */
static void pause_until_retry(struct otlp_exporter *exporter, unsigned attempt,
			      uint64_t retry_after_s)
{
	uint64_t delay = attempt < 6 ? OTLP_FIRST_RETRY_NS << attempt : OTLP_LAST_RETRY_NS;
	uint64_t until = now_ns();
	bool was_ending = exporter->is_ending;

	if (retry_after_s)
		until += (retry_after_s < 3600 ? retry_after_s : 3600) * SECOND_NS;
	else
		until += delay - delay / 4 + (uint64_t)rand_r(&exporter->seed) % (delay / 2);
	while (now_ns() < until && !is_over(exporter) &&
	       (retry_after_s || was_ending == exporter->is_ending))
		await_change(exporter,
			     until < exporter->deadline_ns ? until : exporter->deadline_ns);
}

/* With the lock. */
static void take_answer(struct otlp_exporter *exporter, const struct otlp_load *batch,
			const struct http_answer *answer)
{
	char trouble[sizeof(exporter->trouble)];
	struct otlp_reply reply;

	exporter->failing_ns = 0;
	if (answer->status >= 200 && answer->status < 300) {
		reply = otlp_reply_read_success(answer->body, answer->size);
		count_loads(&exporter->counts.sent, batch);
		exporter->counts.rejected += reply.num_rejected;
		if (exporter->may_wait && exporter->is_ending)
			exporter->deadline_ns = now_ns() + exporter->settings.timeout_ms * MS_NS;
		if (reply.num_rejected || *reply.message)
			snprintf(trouble, sizeof(trouble), "it left out %" PRIu64 " spans: %s",
				 reply.num_rejected, reply.message);
		note(exporter, reply.num_rejected ? COURSE_REFUSED : COURSE_FINE,
		     reply.num_rejected ? trouble : "");
		return;
	}
	reply = otlp_reply_read_refusal(answer->body, answer->size);
	count_loads(&exporter->counts.refused, batch);
	snprintf(trouble, sizeof(trouble), "it answers %u%s%s", answer->status,
		 *reply.message ? ", " : "", reply.message);
	note(exporter, COURSE_REFUSED, trouble);
}

/* With the lock, which is not held while the network is waited for. */
static void deliver(struct otlp_exporter *exporter, const struct otlp_load *batch)
{
	struct bytes body = {};
	bool is_taken = false;

	pthread_mutex_unlock(&exporter->lock);
	otlp_request_write(&body, batch, exporter->settings.compresses);
	pthread_mutex_lock(&exporter->lock);
	for (unsigned attempt = 0; !is_taken && !body.failed && !is_over(exporter); attempt++) {
		pthread_mutex_unlock(&exporter->lock);
		struct http_answer answer =
			http_post(exporter->http, &body, exporter->settings.timeout_ms);
		pthread_mutex_lock(&exporter->lock);
		is_taken = !is_passing(answer.status);
		if (is_taken) {
			take_answer(exporter, batch, &answer);
			break;
		}
		note_failure(exporter, &answer);
		pause_until_retry(exporter, attempt, answer.retry_after_s);
	}
	if (!is_taken)
		count_loads(&exporter->counts.unsent, batch);
	bytes_destroy(&body);
}

/* ---- the thread: the queue ---- */

/* False: the end has come, and there is none. */
static bool await_batch(struct otlp_exporter *exporter)
{
	for (;;) {
		uint64_t due = exporter->first ? exporter->since_ns + OTLP_BATCH_NS : NEVER;

		if (exporter->is_ending)
			return exporter->first;
		if (exporter->num_spans >= OTLP_BATCH_SPANS || now_ns() >= due)
			return true;
		await_change(exporter, due);
	}
}

static struct otlp_load *take_batch(struct otlp_exporter *exporter)
{
	struct otlp_load *batch = exporter->first, *last = batch;
	uint64_t num_spans = last->num_spans;

	while (last->next && num_spans < OTLP_BATCH_SPANS) {
		last = last->next;
		num_spans += last->num_spans;
	}
	exporter->first = last->next;
	if (!exporter->first)
		exporter->end = &exporter->first;
	last->next = NULL;
	exporter->num_spans -= num_spans;
	return batch;
}

static void *send_all(void *context)
{
	struct otlp_exporter *exporter = context;

	pthread_mutex_lock(&exporter->lock);
	while (await_batch(exporter)) {
		struct otlp_load *batch = take_batch(exporter);

		deliver(exporter, batch);
		exporter->size -= size_of(batch);
		pthread_cond_broadcast(&exporter->changed);
		otlp_loads_free(batch);
	}
	exporter->is_done = true;
	pthread_cond_broadcast(&exporter->changed);
	pthread_mutex_unlock(&exporter->lock);
	return NULL;
}

/* Signals are for the thread that waits for them. */
static bool start_thread(struct otlp_exporter *exporter)
{
	sigset_t all, old;

	if (exporter->has_thread)
		return true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	exporter->has_thread = pthread_create(&exporter->thread, NULL, send_all, exporter) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return exporter->has_thread;
}

/* ---- who hands on spans ---- */

struct error *otlp_exporter_new(struct otlp_settings *settings, bool may_wait,
				struct otlp_exporter **result)
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
					   .seed = (unsigned)now_ns(),
					   .deadline_ns = NEVER};
	*settings = (struct otlp_settings){};
	exporter->end = &exporter->first;
	pthread_mutex_init(&exporter->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&exporter->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	err = http_new(&exporter->settings, ask_is_over, exporter, &exporter->http);
	if (err)
		otlp_exporter_free(take_pointer(*result));
	return err;
}

/* What is larger than the queue still fits into one that is empty. With the lock. */
static bool has_room(const struct otlp_exporter *exporter, size_t size)
{
	return !exporter->size || exporter->size + size <= OTLP_QUEUE_SIZE;
}

static void enqueue(struct otlp_exporter *exporter, struct otlp_load *first, size_t size)
{
	bool was_empty = !exporter->first;

	if (was_empty)
		exporter->since_ns = now_ns();
	*exporter->end = first;
	for (; first; first = first->next) {
		exporter->num_spans += first->num_spans;
		exporter->end = &first->next;
	}
	exporter->size += size;
	if (was_empty || exporter->num_spans >= OTLP_BATCH_SPANS)
		pthread_cond_broadcast(&exporter->changed);
}

void otlp_exporter_push(struct otlp_exporter *exporter, struct otlp_load *first)
{
	bool can_send = start_thread(exporter);
	size_t size = size_of(first);

	pthread_mutex_lock(&exporter->lock);
	while (can_send && exporter->may_wait && !exporter->gave_up && !has_room(exporter, size))
		await_change(exporter, NEVER);
	if (can_send && has_room(exporter, size))
		enqueue(exporter, take_pointer(first), size);
	else
		count_loads(&exporter->counts.no_room, first);
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
	pthread_mutex_unlock(&exporter->lock);
	return counts;
}

const char *otlp_exporter_url(const struct otlp_exporter *exporter)
{
	return exporter->settings.url;
}

void otlp_exporter_tell(struct otlp_exporter *exporter)
{
	char trouble[sizeof(exporter->trouble)];
	const char *url = exporter->settings.url;
	enum course course;

	pthread_mutex_lock(&exporter->lock);
	course = exporter->course;
	memcpy(trouble, exporter->trouble, sizeof(trouble));
	pthread_mutex_unlock(&exporter->lock);
	if (course == exporter->told)
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
	exporter->deadline_ns = now_ns() + exporter->settings.timeout_ms * MS_NS;
	pthread_cond_broadcast(&exporter->changed);
	while (!is_over) {
		uint64_t last = exporter->deadline_ns + GRACE_NS;

		await_change(exporter, last);
		is_over = exporter->is_done || now_ns() >= last;
		pthread_mutex_unlock(&exporter->lock);
		otlp_exporter_tell(exporter);
		pthread_mutex_lock(&exporter->lock);
	}
	pthread_mutex_unlock(&exporter->lock);
}

/* Whether nobody uses the exporter any more. */
static bool end_thread(struct otlp_exporter *exporter)
{
	uint64_t last = now_ns() + GRACE_NS;

	if (!exporter->has_thread)
		return true;
	pthread_mutex_lock(&exporter->lock);
	exporter->is_ending = exporter->gave_up = true;
	pthread_cond_broadcast(&exporter->changed);
	while (!exporter->is_done && now_ns() < last)
		await_change(exporter, last);
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
	otlp_loads_free(exporter->first);
	otlp_settings_destroy(&exporter->settings);
	pthread_mutex_destroy(&exporter->lock);
	pthread_cond_destroy(&exporter->changed);
	free(exporter);
}
