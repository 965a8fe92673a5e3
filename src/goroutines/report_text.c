/* SPDX-License-Identifier: MIT */
/* report_text.c - groups of goroutines as people read them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "gofuncgraph/record.h"
#include "goroutines/report.h"
#include "goroutines/text_out.h"
#include "output/place_text.h"

/* Kinds in the first line, goroutines of a group by number. */
#define MAX_KINDS   6
#define MAX_NUMBERS 5

/* ---- the first lines ---- */

struct kind {
	char name[REPORT_STATE_SIZE];
	size_t count;
};

static int compare_kinds(const void *a, const void *b)
{
	size_t one = ((const struct kind *)a)->count, other = ((const struct kind *)b)->count;

	return one < other ? 1 : one > other ? -1 : 0;
}

static size_t count_kinds(const struct report *report, struct kind kinds[MAX_KINDS])
{
	size_t num = 0, other = 0;

	for (size_t i = 0; i < report->groups->count; i++) {
		const struct group *group = &report->groups->items[i];
		char name[REPORT_STATE_SIZE];
		size_t at = 0;

		report_state(report, group->members[0], name);
		while (at < num && strcmp(kinds[at].name, name) != 0)
			at++;
		if (at < num)
			kinds[at].count += group->count;
		else if (num == MAX_KINDS - 1)
			other += group->count;
		else {
			memcpy(kinds[num].name, name, sizeof(name));
			kinds[num++].count = group->count;
		}
	}
	qsort(kinds, num, sizeof(*kinds), compare_kinds);
	if (other) {
		strcpy(kinds[num].name, "other");
		kinds[num++].count = other;
	}
	return num;
}

static void put_command_line(struct text_out *out)
{
	_cleanup_free_ char *text = command_line_text(out->report->command_line);

	text_put(out, "  ");
	text_put(out, text ?: "?");
	text_end_line(out);
}

static void put_head(struct text_out *out)
{
	const struct report *report = out->report;
	struct kind kinds[MAX_KINDS];
	size_t num = count_kinds(report, kinds), total = 0;

	for (size_t i = 0; i < report->groups->count; i++)
		total += report->groups->items[i].count;
	text_put(out, "process ");
	text_put_number(out, (uint64_t)report->pid);
	text_put(out, ": ");
	text_put_style(out, TEXT_BOLD);
	text_put_count(out, total, "goroutine", "goroutines");
	text_put_style(out, TEXT_PLAIN);
	for (size_t i = 0; i < num; i++) {
		text_put(out, i ? "," : ":");
		if (report->width &&
		    out->line.columns + strlen(kinds[i].name) + sizeof(" 100,000,") >
			    report->width) {
			text_end_line(out);
			text_put(out, " ");
		}
		text_put(out, " ");
		text_put(out, text_count(kinds[i].count).text);
		text_put(out, " ");
		text_put_hostile(out, kinds[i].name);
	}
	text_end_line(out);
	if (report->command_line)
		put_command_line(out);
	if (report->num_system) {
		text_put(out, "  and ");
		text_put(out, text_count(report->num_system).text);
		text_put(out, " of the runtime's own (--all)");
		text_end_line(out);
	}
	if (report_is_deadlock(report)) {
		text_put_style(out, TEXT_BOLD);
		text_put(
			out,
			"all wait for others, on channels and locks, and none runs: a deadlock, unless a timer ends it");
		text_put_style(out, TEXT_PLAIN);
		text_end_line(out);
	}
	text_put_circle(out);
}

/* ---- groups ---- */

static void put_amount(struct text_out *out, uint64_t ns)
{
	char text[TEXT_AMOUNT_SIZE];
	uint64_t minutes = ns / 60000000000u;

	if (minutes < 10) {
		text[text_format_amount(text, ns)] = 0;
		text_put(out, text);
		return;
	}
	snprintf(text, sizeof(text), minutes < 600 ? "%" PRIu64 "min" : "%" PRIu64 "h",
		 minutes < 600 ? minutes : minutes / 60);
	text_put(out, text);
}

/* `room`: columns; where it has less, first the path is left out. */
static void put_name(struct text_out *out, const char *text, size_t room)
{
	const struct name whole = {.text = text, .len = strlen(text)};
	struct name name = whole.len > room ? name_without_path(&whole) : whole;

	if (name.len > room && room >= NAME_LEAST) {
		text_put(out, "…");
		name = name_end(&name, room);
	}
	text_put_bytes(out, name.text, name.len);
}

/*
 * On a terminal the folders of what is not the program's own are too much, and those of what is where there is no room;
 * then of the name what is in front: its line is what tells.
 */
static void put_place(struct text_out *out, const struct shown_frame *frame)
{
	const char *file = frame->frame.line.file, *slash = file ? strrchr(file, '/') : NULL;
	size_t width = out->report->width, room = SIZE_MAX, line_len;
	char number[16] = "";

	if (file)
		snprintf(number, sizeof(number), ":%u", frame->frame.line.line);
	if (width) {
		room = width > out->line.columns ? width - out->line.columns : 0;
		line_len = file ? strlen("  ") + strlen(file) + strlen(number) : 0;
		if (slash && (!frame->is_own || line_len + strlen(frame->frame.name) > room)) {
			line_len -= (size_t)(slash + 1 - file);
			file = slash + 1;
		}
		room = room > line_len ? room - line_len : 0;
	}
	if (frame->is_own)
		text_put_style(out, TEXT_BOLD);
	put_name(out, frame->frame.name, room);
	if (frame->is_own)
		text_put_style(out, TEXT_PLAIN);
	if (!file)
		return;
	text_put(out, "  ");
	text_put_hostile(out, file);
	text_put(out, number);
}

static void end_repeats(struct text_out *out)
{
	if (out->repeats) {
		text_put(out, "      and ");
		text_put_count(out, out->repeats, "more call from there", "more calls from there");
		text_end_line(out);
	}
	out->repeats = 0;
	out->last = NULL;
}

static void put_frame(void *context, const struct shown_frame *frame)
{
	struct text_out *out = context;

	/* Recursion: a place has one object (places_frames()). */
	if (frame == out->last) {
		out->repeats++;
		return;
	}
	end_repeats(out);
	out->last = frame;
	text_put(out, "    ");
	put_place(out, frame);
	text_end_line(out);
}

static void put_title(struct text_out *out, const struct group *group)
{
	const struct goroutine *one = group->members[0];
	uint64_t wait_ns = report_wait_ns(out->report, group->since_ns);
	char state[REPORT_STATE_SIZE];

	report_state(out->report, one, state);
	text_put_style(out, TEXT_BOLD);
	text_put_count(out, group->count, "goroutine: ", "goroutines: ");
	text_put_hostile(out, state);
	text_put_style(out, TEXT_PLAIN);
	if (wait_ns) {
		text_put(out,
			 group->count == 1 ? ", for at least " : ", the longest for at least ");
		put_amount(out, wait_ns);
	}
	if (report_is_endless(out->report, one))
		text_put(out, ", which nobody can end");
	if (one->keeps_thread)
		text_put(out, ", locked to its thread");
	text_end_line(out);
}

static void put_why_no_stack(struct text_out *out, const struct goroutine *one)
{
	const char *why =
		one->has_moved                ? "it went on while its stack was read"
		: one->state == STATE_RUNNING ? "it runs: its stack moves"
		: !one->num_frames && one->end != UNWIND_WHOLE ? "its stack cannot be read"
		: one->end == UNWIND_LONG                      ? "... and more"
		: one->end != UNWIND_WHOLE ? "... and what is no Go code, or cannot be read"
					   : NULL;

	if (!why)
		return;
	text_put(out, "    ");
	text_put(out, why);
	text_end_line(out);
}

static void put_creator(struct text_out *out, const struct goroutine *one)
{
	const struct shown_frame *creator = report_creator(out->report, one);

	if (!creator)
		return;
	text_put(out, "  started by ");
	put_place(out, creator);
	text_end_line(out);
}

static void put_numbers(struct text_out *out, const struct group *group)
{
	size_t shown = group->count <= MAX_NUMBERS + 1 ? group->count : MAX_NUMBERS;

	text_put(out, group->count == 1 ? "  goroutine " : "  goroutines ");
	for (size_t i = 0; i < shown; i++) {
		text_put(out, i ? ", " : "");
		text_put_number(out, group->members[i]->goid);
	}
	if (shown < group->count) {
		text_put(out, " and ");
		text_put_count(out, group->count - shown, "more", "more");
	}
	text_end_line(out);
}

void report_text(const struct report *report, struct writer *writer)
{
	struct text_out out = {.report = report, .writer = writer};
	size_t count = report->groups->count;

	if (report->limit && count > report->limit)
		count = report->limit;
	line_begin(&out.line, report->width);
	put_head(&out);
	for (size_t i = 0; i < count; i++) {
		const struct group *group = &report->groups->items[i];

		text_end_line(&out);
		put_title(&out, group);
		report_frames(report, group->members[0], put_frame, &out);
		end_repeats(&out);
		put_why_no_stack(&out, group->members[0]);
		put_creator(&out, group->members[0]);
		text_put_awaited(&out, group);
		text_put_leads(&out, group);
		text_put_labels(&out, group);
		put_numbers(&out, group);
	}
	if (count < report->groups->count) {
		text_end_line(&out);
		text_put(&out, "and ");
		text_put_count(&out, report->groups->count - count, "more group", "more groups");
		text_put(&out, " (--limit)");
		text_end_line(&out);
	}
}
