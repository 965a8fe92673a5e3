/* SPDX-License-Identifier: MIT */
/* html.c - a page that shows calls over time, as a flame graph and as a table, by itself (html_file.h). */
#include <errno.h>
#include <stdlib.h>

#include "output/amounts.h"
#include "output/html_file.h"
#include "output/json_call.h"
#include "output/tracks.h"
#include "output/values_text.h"

struct calls_html {
	struct html html;
	struct bytes text; /* of a call's values; empty in between */
};

static struct error *begin(struct output *out)
{
	struct calls_html *calls = calloc(1, sizeof(*calls));

	out->data = calls;
	if (!calls)
		return error_out_of_memory();
	return html_begin(&calls->html, out,
			  out->options.run.states ? HTML_OF_STATES : HTML_OF_CALLS);
}

static void free_data(struct output *out)
{
	struct calls_html *calls = out->data;

	if (!calls)
		return;
	html_release(&calls->html);
	bytes_destroy(&calls->text);
	free(calls);
}

static enum html_kind kind_of(uint8_t state)
{
	switch (state) {
	case STATE_RUNNING:
		return KIND_RUNNING;
	case STATE_RUNNABLE:
	case STATE_PREEMPTED:
		return KIND_RUNNABLE;
	case STATE_SYSCALL:
		return KIND_SYSCALL;
	case STATE_WAITING:
		return KIND_WAITING;
	case STATE_NO_CPU:
		return KIND_NO_CPU;
	default:
		return KIND_OTHER;
	}
}

static void put_parts(struct output *out, struct html *html, const struct call *call)
{
	struct amount amounts[MAX_AMOUNTS];
	uint64_t run_ns;
	size_t count = amounts_of_call(out->names, call, "unknown", amounts, &run_ns);

	bytes_put_number(&html->record, count);
	for (size_t i = 0; i < count; i++) {
		bytes_put_number(&html->record, html_text(html, amounts[i].name));
		bytes_put_number(&html->record, kind_of(amounts[i].state));
		bytes_put_number(&html->record, amounts[i].ns);
	}
}

static void put_values(struct output *out, struct calls_html *calls, const struct call *call)
{
	bytes_put_values(&calls->text, out, call);
	bytes_put_sized(&calls->html.record, calls->text.data, calls->text.size);
	if (calls->text.failed && !out->writer.errnum)
		out->writer.errnum = ENOMEM;
	bytes_clear(&calls->text);
}

static void call(struct output *out, const struct tree *tree, const struct call *call)
{
	const struct name *function = output_entry(out, call)->function;
	const struct place *caller = names_caller(out->names, call->caller_va);
	struct calls_html *calls = out->data;
	struct html *html = &calls->html;
	const char *ending = call->end == CALL_RETURN ? NULL : json_end_name(call->end);

	html_put_slice(html, HTML_CALL,
		       &(struct html_slice){
			       .lane = html_lane(html, tree->pid, track_number(tree, call->tid)),
			       .name = html_text(html, function ? function->text : "?"),
			       .depth = call->depth,
			       .start_ns = call->start_ns,
			       .ns = call->end_ns - call->start_ns,
			       .goid = output_is_start(tree, call) ? tree->parent_goid : 0,
		       });
	bytes_put_number(&html->record, html_text(html, ending));
	bytes_put_number(&html->record, html_name(html, caller->function));
	bytes_put_number(&html->record, html_name(html, caller->file));
	bytes_put_number(&html->record, caller->line);
	put_values(out, calls, call);
	put_parts(out, html, call);
	html_tell(html);
}

static void wait(struct output *out, const struct tree *tree, const struct call *call,
		 const struct wait *wait)
{
	const char *name = amount_name(out->names, wait->state, wait->reason, "unknown");
	struct calls_html *calls = out->data;
	struct html *html = &calls->html;

	html_put_slice(html, HTML_WAIT,
		       &(struct html_slice){
			       .lane = html_lane(html, tree->pid, track_number(tree, call->tid)),
			       .name = html_text(html, name),
			       .depth = wait->depth + 1,
			       .start_ns = wait->start_ns,
			       .ns = wait->end_ns - wait->start_ns,
			       .goid = wait->by_goid,
		       });
	bytes_put_number(&html->record, kind_of(wait->state));
	bytes_put_text(&html->record, NULL);
	html_tell(html);
}

static void end(struct output *out, const struct output_totals *totals)
{
	struct calls_html *calls = out->data;

	html_end(&calls->html, totals);
}

const struct format format_html = {
	.prints = "the calls",
	.is_document = true,
	.target = FORMAT_TO_FILE,
	.begin = begin,
	.call = call,
	.wait = wait,
	.end = end,
	.free = free_data,
};
