/* SPDX-License-Identifier: MIT */
/*
 * graph.c - call trees as text for people: one line an entry, one line an exit, indented by depth.
 *
 * Columns: day and time (18), a space, duration (10, blank on entries), two spaces, the call.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "output/format.h"

#define NS_PER_S       1000000000ull
#define CALL_COLUMN    31
#define DURATION_WIDTH 10
/* Calls deeper than that are not indented further: a recursion of 20,000 calls would make nearly a
 * gigabyte of spaces. */
#define MAX_INDENT 500

/* The last second that was written, since to ask for local time is slow. */
struct clock {
	uint64_t second;
	char text[TEXT_TIME_SIZE]; /* "18 15:48:05.000000"; empty: none yet */
};

static struct error *graph_init(struct output *out)
{
	out->data = calloc(1, sizeof(struct clock));
	return out->data ? NULL : error_out_of_memory();
}

static void graph_destroy(struct output *out)
{
	free(out->data);
}

static void put_time(struct output *out, uint64_t monotonic_ns)
{
	uint64_t now_ns = output_realtime_ns(out, monotonic_ns);
	struct clock *clock = out->data;
	char digits[6];

	if (clock->second != now_ns / NS_PER_S || !clock->text[0]) {
		clock->second = now_ns / NS_PER_S;
		text_format_time(clock->text, clock->second * NS_PER_S);
	}
	uint32_t us = (uint32_t)(now_ns % NS_PER_S / 1000);
	for (size_t i = sizeof(digits); i-- > 0; us /= 10)
		digits[i] = (char)('0' + us % 10);
	writer_put(&out->writer, clock->text, strlen("18 15:48:05."));
	writer_put(&out->writer, digits, sizeof(digits));
}

static void put_indent(struct output *out, uint32_t depth)
{
	writer_put_spaces(&out->writer, 2 * (size_t)(depth < MAX_INDENT ? depth : MAX_INDENT));
}

static void write_entry(struct output *out, const struct call *call)
{
	const struct place *place = names_site(out->names, call->entry_site);
	struct writer *writer = &out->writer;

	put_time(out, call->start_ns);
	writer_put_spaces(writer, 1 + DURATION_WIDTH + 2);
	put_indent(out, call->depth);
	if (place->function)
		writer_put(writer, place->function, place->function_len);
	else
		writer_put(writer, place->text, place->text_len);
	writer_puts(writer, "() { ");
	const struct place *caller = names_caller(out->names, call->caller_va);
	writer_put(writer, caller->text, caller->text_len);
	writer_puts(writer, "\n");
}

/* What stands behind the function's name. NULL: the place that it was left at. */
static const char *end_mark(const struct call *call)
{
	switch (call->end) {
	case CALL_PANIC:
		return " [panic]";
	case CALL_GOEXIT:
		return " [goroutine exit]";
	case CALL_PROCESS_EXIT:
		return " [process exit]";
	case CALL_RUNNING:
		return " [still running]";
	case CALL_LOST:
		return " [lost]";
	default:
		return NULL;
	}
}

static void write_exit(struct output *out, const struct call *call)
{
	const char *mark = end_mark(call);
	struct writer *writer = &out->writer;

	put_time(out, call->end_ns);
	writer_put_spaces(writer, 1);
	if (call->end == CALL_LOST) {
		/* Nobody knows how long it took. */
		writer_put_spaces(writer, DURATION_WIDTH);
	} else {
		char duration[TEXT_DURATION_SIZE];
		size_t len = text_format_duration(duration, call->end_ns - call->start_ns);
		writer_put(writer, duration, len);
	}
	writer_put_spaces(writer, 2);
	put_indent(out, call->depth);
	writer_puts(writer, "} ");
	const struct place *place =
		names_site(out->names, mark ? call->entry_site : call->exit_site);
	if (mark && place->function)
		writer_put(writer, place->function, place->function_len);
	else
		writer_put(writer, place->text, place->text_len);
	if (mark)
		writer_puts(writer, mark);
	if (call->end == CALL_TAIL_CALL)
		writer_puts(writer, " [tail call]");
	writer_puts(writer, "\n");
}

static void write_note(struct output *out, uint64_t count, const char *one, const char *many)
{
	char number[32];
	int len = snprintf(number, sizeof(number), "(%" PRIu64 " ", count);

	writer_put_spaces(&out->writer, CALL_COLUMN);
	writer_put(&out->writer, number, (size_t)len);
	writer_puts(&out->writer, count == 1 ? one : many);
	writer_puts(&out->writer, ")\n");
}

static void write_tree(struct output *out, const struct tree *tree)
{
	writer_puts(&out->writer, "\n");
	for (size_t i = 0; i < tree->num_steps; i++) {
		const struct step *step = &tree->steps[i];
		const struct call *call = &tree->calls[step->index];
		if (step->type == STEP_EXIT)
			write_exit(out, call);
		else
			write_entry(out, call);
	}
	if (tree->lost)
		write_note(out, tree->lost, "event lost in this tree", "events lost in this tree");
	if (tree->left_out)
		write_note(out, tree->left_out, "more call in this tree left out",
			   "more calls in this tree left out");
}

const struct format format_graph = {
	.name = "graph",
	.keep_calls = true,
	.init = graph_init,
	.destroy = graph_destroy,
	.write_tree = write_tree,
};
