/* SPDX-License-Identifier: MIT */
/* sender.c - the exporter's thread: batches of what is in the queue, each sent until there is an answer. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "otlp/exporter_internal.h"

#define SECOND_NS 1000000000ull
#define MS_NS     1000000ull

/* ---- one batch ---- */

/* With the lock. */
static bool is_over(const struct otlp_exporter *exporter)
{
	return exporter->gave_up || exporter_now_ns() >= exporter->deadline_ns;
}

bool exporter_ask_is_over(void *context)
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
		snprintf(trouble, sizeof(trouble), "%s%s", answer->trouble, answer->hint);
	if (!exporter->failing_ns)
		exporter->failing_ns = exporter_now_ns();
	note(exporter, COURSE_FAILING, trouble);
	if (exporter->may_wait && exporter_now_ns() - exporter->failing_ns > OTLP_PATIENCE_NS)
		exporter->gave_up = true;
}

/* Before the next attempt. An end hastens it, unless the collector has said when. With the lock. */
static void pause_until_retry(struct otlp_exporter *exporter, unsigned attempt,
			      uint64_t retry_after_s)
{
	uint64_t delay = attempt < 6 ? OTLP_FIRST_RETRY_NS << attempt : OTLP_LAST_RETRY_NS;
	uint64_t until = exporter_now_ns();
	bool was_ending = exporter->is_ending;

	if (retry_after_s)
		until += (retry_after_s < 3600 ? retry_after_s : 3600) * SECOND_NS;
	else
		until += delay - delay / 4 + (uint64_t)rand_r(&exporter->seed) % (delay / 2);
	while (exporter_now_ns() < until && !is_over(exporter) &&
	       (retry_after_s || was_ending == exporter->is_ending))
		exporter_await_change(
			exporter, until < exporter->deadline_ns ? until : exporter->deadline_ns);
}

/* With the lock. */
static void take_success(struct otlp_exporter *exporter, const struct otlp_load *batch,
			 const struct http_answer *answer)
{
	struct otlp_reply reply = otlp_reply_read_success(answer->body, answer->size);
	char trouble[sizeof(exporter->trouble)] = "";
	struct otlp_count all = {};

	otlp_loads_count(&all, batch);
	if (reply.num_rejected > all.spans)
		reply.num_rejected = all.spans;
	otlp_loads_count(&exporter->counts.sent, batch);
	exporter->counts.rejected += reply.num_rejected;
	if (exporter->may_wait && exporter->is_ending)
		exporter->deadline_ns = exporter_now_ns() + exporter->settings.timeout_ms * MS_NS;
	if (reply.num_rejected)
		snprintf(trouble, sizeof(trouble), "it left out %s: %s",
			 text_counted(reply.num_rejected, "span", "spans").text, reply.message);
	note(exporter, reply.num_rejected ? COURSE_REFUSED : COURSE_FINE, trouble);
}

/* With the lock. */
static void take_answer(struct otlp_exporter *exporter, const struct otlp_load *batch,
			const struct http_answer *answer)
{
	char trouble[sizeof(exporter->trouble)];
	struct otlp_reply reply;

	exporter->failing_ns = 0;
	if (answer->status >= 200 && answer->status < 300) {
		take_success(exporter, batch, answer);
		return;
	}
	reply = otlp_reply_read_refusal(answer->body, answer->size);
	otlp_loads_count(&exporter->counts.refused, batch);
	snprintf(trouble, sizeof(trouble), "it answers %u%s%s%s", answer->status,
		 *reply.message ? ", " : "", reply.message, answer->hint);
	note(exporter, COURSE_REFUSED, trouble);
}

/* What cannot be written for want of memory may be later, as what is not taken. */
static struct http_answer send_once(struct otlp_exporter *exporter, const struct otlp_load *batch,
				    const struct bytes **body)
{
	if (!*body)
		*body = otlp_request_write(&exporter->request, batch,
					   exporter->settings.compresses);
	if (!*body)
		return (struct http_answer){.trouble = "out of memory", .hint = ""};
	return http_post(exporter->http, *body, exporter->settings.timeout_ms);
}

/* With the lock, which is not held while the network is waited for. */
static void deliver(struct otlp_exporter *exporter, const struct otlp_load *batch)
{
	const struct bytes *body = NULL;

	for (unsigned attempt = 0; !is_over(exporter); attempt++) {
		pthread_mutex_unlock(&exporter->lock);
		struct http_answer answer = send_once(exporter, batch, &body);
		pthread_mutex_lock(&exporter->lock);
		if (!is_passing(answer.status)) {
			take_answer(exporter, batch, &answer);
			break;
		}
		note_failure(exporter, &answer);
		pause_until_retry(exporter, attempt, answer.retry_after_s);
	}
}

/* ---- the queue ---- */

/* False: the end has come, and there is none. */
static bool await_batch(struct otlp_exporter *exporter)
{
	for (;;) {
		uint64_t due =
			exporter->first ? exporter->since_ns + OTLP_BATCH_NS : EXPORTER_NEVER;

		if (exporter->is_ending)
			return exporter->first;
		if (exporter->num_spans >= OTLP_BATCH_SPANS || exporter_now_ns() >= due)
			return true;
		exporter_await_change(exporter, due);
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

void *exporter_send_all(void *context)
{
	struct otlp_exporter *exporter = context;

	pthread_mutex_lock(&exporter->lock);
	while (await_batch(exporter)) {
		struct otlp_load *batch = take_batch(exporter);

		deliver(exporter, batch);
		exporter->size -= otlp_loads_size(batch);
		pthread_cond_broadcast(&exporter->changed);
		otlp_loads_free(batch);
	}
	exporter->is_done = true;
	pthread_cond_broadcast(&exporter->changed);
	pthread_mutex_unlock(&exporter->lock);
	return NULL;
}
