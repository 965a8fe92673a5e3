/* SPDX-License-Identifier: MIT */
/*
 * html.c - a page that shows calls over time, as a flame graph and as a table, by itself: html/ has it, and
 * what was traced is in its midst, packed (packed.h), so that no name can become a part of the page.
 *
 * Packed are records, of numbers and texts as in base/bytes.h, behind a header: the version (1), the tool's,
 * binary, build id, command line, and 1 with --states. A record is its kind and
 *   1 text     the text; texts are spoken of by number, from 0, "" the first
 *   2 lane     process, name, name of the process: a goroutine; lanes are numbered from 0, too
 *   3 call     what calls and waits have in common, how it ended ("": it returned), caller, its file and
 *              line, values (a text itself), how many parts its time has, and of each: name, kind, ns
 *   4 wait     what they have in common, kind
 *   5 end      when tracing began, ms since 1970; how long it took, ns; lost records
 * In common are lane, name, depth, beginning (ns since that of the record before, of the first since tracing began, signed), ns, and the id of
 * a goroutine: that started this one here, or that ended the wait; 0: none.
 * html/read.js reads them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/numbers.h"
#include "base/text.h"
#include "output/amounts.h"
#include "output/html/page.h"
#include "output/json_call.h"
#include "output/packed.h"
#include "output/tracks.h"
#include "output/values_text.h"

#define HTML_VERSION 1
/* Compressed at once. */
#define BATCH_SIZE (32u << 10)

enum { HTML_TEXT = 1, HTML_LANE, HTML_CALL, HTML_WAIT, HTML_END };

/* As KINDS in html/read.js. */
enum { KIND_RUNNING, KIND_RUNNABLE, KIND_SYSCALL, KIND_WAITING, KIND_NO_CPU, KIND_OTHER };

struct html {
	struct packed *packed;
	struct numbers texts, lanes;
	uint64_t last_ns; /* beginning of the record before */
	struct bytes told; /* to be packed */
	struct bytes record; /* being made: what it speaks of is told before */
	struct bytes text; /* of its values; empty in between */
};

static void fail(struct output *out)
{
	if (!out->writer.errnum)
		out->writer.errnum = ENOMEM;
}

/* ---- texts and lanes ---- */

static uint64_t number_of(struct output *out, const char *text)
{
	struct html *html = out->data;
	uint64_t number;
	bool is_new;

	if (!numbers_of(&html->texts, hash_key_of_text(text ?: ""), &number, &is_new))
		fail(out);
	if (is_new) {
		bytes_put_number(&html->told, HTML_TEXT);
		bytes_put_text(&html->told, text);
	}
	return number;
}

static uint64_t number_of_name(struct output *out, const struct name *name)
{
	return number_of(out, name ? name->text : NULL);
}

static uint64_t lane_of(struct output *out, const struct tree *tree, uint32_t tid)
{
	struct html *html = out->data;
	struct hash_key key = {tree->pid, track_number(tree, tid)};
	char name[TRACK_NAME_SIZE], process[TRACK_NAME_SIZE];
	uint64_t number, name_number, process_number;
	bool is_new;

	if (!numbers_of(&html->lanes, key, &number, &is_new))
		fail(out);
	if (!is_new)
		return number;
	track_name(key.second, name);
	track_process_name(out, tree->pid, process);
	name_number = number_of(out, name);
	process_number = number_of(out, process);
	bytes_put_number(&html->told, HTML_LANE);
	bytes_put_number(&html->told, tree->pid);
	bytes_put_number(&html->told, name_number);
	bytes_put_number(&html->told, process_number);
	return number;
}

/* ---- records ---- */

static void pack(struct output *out)
{
	struct html *html = out->data;

	if (html->told.failed || html->record.failed || html->text.failed)
		fail(out);
	packed_put(html->packed, html->told.data, html->told.size);
	bytes_clear(&html->told);
}

static void tell(struct output *out)
{
	struct html *html = out->data;

	bytes_put(&html->told, html->record.data, html->record.size);
	bytes_clear(&html->record);
	if (html->told.size >= BATCH_SIZE)
		pack(out);
}

static void put_text(struct html *html, const char *text)
{
	_cleanup_free_ char *clean = text ? text_escape(text, strlen(text)) : NULL;

	bytes_put_text(&html->told, clean);
}

static void put_header(struct output *out)
{
	const struct output_about *about = &out->options.about;
	_cleanup_free_ char *command = output_command(out);
	struct html *html = out->data;

	bytes_put_number(&html->told, HTML_VERSION);
	bytes_put_text(&html->told, VERSION);
	put_text(html, about->binary);
	put_text(html, about->build_id);
	bytes_put_text(&html->told, command);
	bytes_put_number(&html->told, out->options.run.states);
	number_of(out, "");
}

static void free_data(struct output *out)
{
	struct html *html = out->data;

	if (!html)
		return;
	packed_free(html->packed);
	numbers_clear(&html->texts);
	numbers_clear(&html->lanes);
	bytes_destroy(&html->told);
	bytes_destroy(&html->record);
	bytes_destroy(&html->text);
	free(html);
}

static struct error *begin(struct output *out)
{
	struct html *html = calloc(1, sizeof(*html));

	out->data = html;
	if (html)
		html->packed = packed_new(&out->writer);
	if (!html || !html->packed)
		return error_out_of_memory();
	html->last_ns = out->options.about.start_ns;
	writer_puts(&out->writer, html_head);
	put_header(out);
	return NULL;
}

/* ---- calls ---- */

static uint64_t kind_of(uint8_t state)
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

/* `name` and `lane` were told before. */
static void put_slice(struct html *html, uint64_t kind, uint64_t lane, uint64_t name,
		      uint32_t depth, uint64_t start_ns, uint64_t ns)
{
	bytes_put_number(&html->record, kind);
	bytes_put_number(&html->record, lane);
	bytes_put_number(&html->record, name);
	bytes_put_number(&html->record, depth);
	bytes_put_signed(&html->record, (int64_t)(start_ns - html->last_ns));
	bytes_put_number(&html->record, ns);
	html->last_ns = start_ns;
}

static void put_parts(struct output *out, const struct call *call)
{
	struct html *html = out->data;
	struct amount amounts[MAX_AMOUNTS];
	uint64_t run_ns;
	size_t count = amounts_of_call(out->names, call, "unknown", amounts, &run_ns);

	bytes_put_number(&html->record, count);
	for (size_t i = 0; i < count; i++) {
		bytes_put_number(&html->record, number_of(out, amounts[i].name));
		bytes_put_number(&html->record, kind_of(amounts[i].state));
		bytes_put_number(&html->record, amounts[i].ns);
	}
}

static void call(struct output *out, const struct tree *tree, const struct call *call)
{
	const struct name *function = output_entry(out, call)->function;
	const struct place *caller = names_caller(out->names, call->caller_va);
	struct html *html = out->data;

	put_slice(html, HTML_CALL, lane_of(out, tree, call->tid),
		  number_of(out, function ? function->text : "?"), call->depth, call->start_ns,
		  call->end_ns - call->start_ns);
	bytes_put_number(&html->record, output_is_start(tree, call) ? tree->parent_goid : 0);
	bytes_put_number(
		&html->record,
		number_of(out, call->end == CALL_RETURN ? NULL : json_end_name(call->end)));
	bytes_put_number(&html->record, number_of_name(out, caller->function));
	bytes_put_number(&html->record, number_of_name(out, caller->file));
	bytes_put_number(&html->record, caller->line);
	bytes_put_values(&html->text, out, call);
	bytes_put_sized(&html->record, html->text.data, html->text.size);
	bytes_clear(&html->text);
	put_parts(out, call);
	tell(out);
}

static void wait(struct output *out, const struct tree *tree, const struct call *call,
		 const struct wait *wait)
{
	const char *name = amount_name(out->names, wait->state, wait->reason, "unknown");
	struct html *html = out->data;

	put_slice(html, HTML_WAIT, lane_of(out, tree, call->tid), number_of(out, name),
		  wait->depth + 1, wait->start_ns, wait->end_ns - wait->start_ns);
	bytes_put_number(&html->record, wait->by_goid);
	bytes_put_number(&html->record, kind_of(wait->state));
	tell(out);
}

static void end(struct output *out, const struct output_totals *totals)
{
	uint64_t start_ns = out->options.about.start_ns;
	struct html *html = out->data;

	bytes_put_number(&html->told, HTML_END);
	/* The clock of a recording is not known before. */
	bytes_put_number(&html->told,
			 event_clock_realtime_ns(out->options.clock, start_ns) / 1000000);
	bytes_put_number(&html->told, totals->stop_ns > start_ns ? totals->stop_ns - start_ns : 0);
	bytes_put_number(&html->told, totals->lost);
	pack(out);
	packed_end(html->packed);
	writer_puts(&out->writer, html_tail);
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
