/* SPDX-License-Identifier: MIT */
/*
 * prometheus.c - calls as metrics, for node_exporter's textfile collector: one file, replaced by what is known by now
 * every now and then, and at the end; to a pipe or a terminal, once at the end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/replaced_file.h"
#include "output/prometheus.h"

struct prometheus {
	struct prometheus_calls calls;
	struct prometheus_state state;
	uint64_t next_ns; /* when the file is replaced; 0: at once */
	bool has_failed; /* the last time it was */
};

static void fail(struct output *out, int errnum)
{
	if (!out->writer.errnum)
		out->writer.errnum = errnum;
}

/* ---- calls ---- */

static void entry(struct output *out, const struct tree *tree, const struct call *call)
{
	struct prometheus *prometheus = out->data;

	if (!prometheus_call_began(&prometheus->calls, output_entry(out, call)->function))
		fail(out, ENOMEM);
}

static void call(struct output *out, const struct tree *tree, const struct call *call)
{
	struct prometheus *prometheus = out->data;

	if (!prometheus_call_ended(&prometheus->calls, output_entry(out, call)->function, call))
		fail(out, ENOMEM);
}

/* ---- text ---- */

static void update_costs(struct prometheus_state *state, const struct output_counts *counts)
{
	if (counts->traced.cost_ns > state->cost_ns)
		state->cost_ns = counts->traced.cost_ns;
	if (counts->others.cost_ns > state->others_cost_ns)
		state->others_cost_ns = counts->others.cost_ns;
}

/* 0, or an errno value. */
static int write_text(struct output *out)
{
	struct prometheus *prometheus = out->data;
	const struct output_counts *counts = out->options.counts;
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	int failed;

	if (!to)
		return ENOMEM;
	if (counts)
		update_costs(&prometheus->state, counts);
	prometheus_write(to, out, &prometheus->calls, &prometheus->state);
	failed = ferror(to);
	if (fclose(to) || failed)
		return ENOMEM;
	if (!out->options.file)
		return replaced_file_write(out->options.path, text, size);
	writer_put(&out->writer, text, size);
	return 0;
}

/* What happened before is known at its end. */
static void tick(struct output *out, uint64_t now_ns)
{
	struct prometheus *prometheus = out->data;
	uint64_t interval_ns = out->options.summary.interval_ns ?: out->format->rewritten_ns;
	int errnum;

	if (out->options.file || out->options.is_past || now_ns < prometheus->next_ns)
		return;
	prometheus->next_ns = now_ns + interval_ns;
	errnum = write_text(out);
	/* A disk may be full for a while. */
	if (errnum && !prometheus->has_failed)
		log_warning("cannot write %s: %s: it stays what it was, and is tried again",
			    out->options.path, strerror(errnum));
	prometheus->has_failed = errnum;
}

static void end(struct output *out, const struct output_totals *totals)
{
	struct prometheus *prometheus = out->data;

	int errnum;

	prometheus->state.is_tracing = false;
	errnum = write_text(out);
	if (errnum)
		fail(out, errnum);
}

/* ---- life ---- */

static struct error *begin(struct output *out)
{
	struct prometheus *prometheus = calloc(1, sizeof(*prometheus));
	int errnum;

	out->data = prometheus;
	if (!prometheus)
		return error_out_of_memory();
	prometheus->state.is_tracing = true;
	errnum = out->options.file ? 0 : replaced_file_try(out->options.path);
	return errnum ? error_errno(errnum, "cannot write %s and replace it", out->options.path)
		      : NULL;
}

static void free_data(struct output *out)
{
	struct prometheus *prometheus = out->data;

	if (prometheus)
		prometheus_calls_destroy(&prometheus->calls);
	free(prometheus);
}

const struct format format_prometheus = {
	.prints = "the metrics",
	.rewritten_ns = 15000000000,
	.begin = begin,
	.entry = entry,
	.call = call,
	.tick = tick,
	.end = end,
	.free = free_data,
};
