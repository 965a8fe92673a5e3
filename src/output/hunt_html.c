/* SPDX-License-Identifier: MIT */
/*
 * hunt_html.c - what hunt found out as a page (html_file.h): the report as people read it, the slowest of the slow
 * calls over time, and where the time of all slow calls went.
 *
 * A call is drawn as its pieces, one behind the other, and above each the functions that it was in. Those that pieces
 * next to each other have in common are drawn once: nothing is known of in between.
 */
#include <errno.h>
#include <stdlib.h>

#include "output/html_file.h"
#include "output/hunt_doing.h"
#include "output/hunt_stacks.h"
#include "output/json_call.h"
#include "output/tracks.h"

/* Of each target. */
#define CALLS_OVER_TIME 64

struct hunt_html {
	struct html html;
	struct output *text; /* writes the report, and lines of it, into memory: */
	FILE *memory;
	char *written;
	size_t size;
};

static void fail(struct output *out, int errnum)
{
	if (!out->writer.errnum)
		out->writer.errnum = errnum;
}

static struct error *begin(struct output *out)
{
	struct hunt_html *hunt = calloc(1, sizeof(*hunt));
	struct output_options options = out->options;
	struct error *err;

	out->data = hunt;
	if (hunt)
		hunt->memory = open_memstream(&hunt->written, &hunt->size);
	if (!hunt || !hunt->memory)
		return error_out_of_memory();
	options.file = hunt->memory;
	err = output_new(&format_hunt_text, &options, &hunt->text);
	return err ?: html_begin(&hunt->html, out, HTML_OF_HUNT);
}

static void free_data(struct output *out)
{
	struct hunt_html *hunt = out->data;

	if (!hunt)
		return;
	html_release(&hunt->html);
	output_free(hunt->text);
	if (hunt->memory)
		fclose(hunt->memory);
	free(hunt->written);
	free(hunt);
}

/* What was written as text since the last time becomes a part of the record. */
static void put_written(struct hunt_html *hunt)
{
	struct output *text = hunt->text;

	writer_flush(&text->writer);
	if (text->writer.errnum)
		fail(hunt->html.out, text->writer.errnum);
	bytes_put_sized(&hunt->html.record, hunt->written, hunt->size);
	rewind(hunt->memory);
}

static void tell_written(struct hunt_html *hunt)
{
	bytes_put_number(&hunt->html.record, HTML_REPORT);
	put_written(hunt);
	html_tell(&hunt->html);
}

static enum html_kind kind_of(enum hunt_kind kind)
{
	switch (kind) {
	case HUNT_CPU:
		return KIND_RUNNING;
	case HUNT_RUNNABLE:
		return KIND_RUNNABLE;
	case HUNT_SYSCALL:
	case HUNT_C_ASLEEP:
		return KIND_SYSCALL;
	case HUNT_WAIT:
	case HUNT_SHORT_WAITS:
		return KIND_WAITING;
	case HUNT_NO_CPU:
		return KIND_NO_CPU;
	default:
		return KIND_OTHER;
	}
}

/* ---- calls over time ---- */

/* A call on its way into the page. */
struct drawn {
	struct hunt_html *hunt;
	const struct place *target;
	uint64_t lane;
	uint64_t at_ns; /* where its next piece begins */
};

static uint32_t number_of(const struct place *place)
{
	const struct name *name = place->function ?: place->module;

	return name ? name->number : 0;
}

/* Functions below the target, from 0; NULL: the piece is not that deep. */
static const struct place *place_at(const struct drawn *drawn, const struct hunt_step *step,
				    size_t level)
{
	const struct hunt_doing *doing = &step->doing;
	size_t count = doing->num_frames;

	if (count && number_of(&doing->frames[count - 1].place) == number_of(drawn->target))
		count--;
	return level < count ? &doing->frames[count - 1 - level].place : NULL;
}

/* Where the function at this level was called; NULL: unknown. */
static const struct place *caller_at(const struct drawn *drawn, const struct hunt_step *step,
				     size_t level)
{
	const struct hunt_doing *doing = &step->doing;

	if (level)
		return place_at(drawn, step, level - 1);
	return doing->num_frames && !place_at(drawn, step, doing->num_frames - 1)
		       ? &doing->frames[doing->num_frames - 1].place
		       : NULL;
}

static bool is_same_call(const struct drawn *drawn, const struct hunt_step *one,
			 const struct hunt_step *other, size_t level)
{
	const struct place *a = place_at(drawn, one, level), *b = place_at(drawn, other, level);
	const struct place *from = caller_at(drawn, one, level);
	const struct place *other_from = caller_at(drawn, other, level);

	return a && b && number_of(a) == number_of(b) &&
	       (from ? from->line : 0) == (other_from ? other_from->line : 0);
}

#define MAX_PARTS 64 /* further kinds of time are left out */

struct part_sum {
	const char *name; /* one text a kind */
	enum html_kind kind;
	uint64_t ns;
};

static void add_part(struct part_sum *sums, size_t *count, const struct hunt_doing *doing)
{
	size_t at = 0;

	while (at < *count && sums[at].name != doing->kind_name)
		at++;
	if (at == MAX_PARTS)
		return;
	if (at == *count)
		sums[(*count)++] = (struct part_sum){doing->kind_name, kind_of(doing->kind), 0};
	sums[at].ns += doing->ns;
}

/* What these pieces were spent on, other than running. */
static void put_parts(struct html *html, const struct hunt_step *steps, size_t count)
{
	struct part_sum sums[MAX_PARTS];
	size_t num_sums = 0;

	for (size_t i = 0; i < count; i++)
		if (kind_of(steps[i].doing.kind) != KIND_RUNNING)
			add_part(sums, &num_sums, &steps[i].doing);
	bytes_put_number(&html->record, num_sums);
	for (size_t i = 0; i < num_sums; i++) {
		bytes_put_number(&html->record, html_text(html, sums[i].name));
		bytes_put_number(&html->record, sums[i].kind);
		bytes_put_number(&html->record, sums[i].ns);
	}
}

static uint64_t time_of(const struct hunt_step *steps, size_t count)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < count; i++)
		ns += steps[i].doing.ns;
	return ns;
}

/* `caller`, `ending`: NULL if there is nothing to tell. */
static void put_function(const struct drawn *drawn, const struct place *function, uint32_t depth,
			 uint64_t ns, const struct place *caller, const char *ending)
{
	struct html *html = &drawn->hunt->html;
	char room[HUNT_FRAME_SIZE];

	html_put_slice(html, HTML_CALL,
		       &(struct html_slice){
			       .lane = drawn->lane,
			       .name = html_text(html, hunt_frame_name(function, room)),
			       .depth = depth,
			       .start_ns = drawn->at_ns,
			       .ns = ns,
		       });
	bytes_put_number(&html->record, html_text(html, ending));
	bytes_put_number(&html->record, html_name(html, caller ? caller->function : NULL));
	bytes_put_number(&html->record, html_name(html, caller ? caller->file : NULL));
	bytes_put_number(&html->record, caller ? caller->line : 0);
}

/* What was done, where, who ended it and what that one did meanwhile. */
static void draw_piece(struct drawn *drawn, const struct hunt_step *step, uint32_t depth)
{
	const struct hunt_doing *doing = &step->doing;
	struct hunt_html *hunt = drawn->hunt;
	struct html *html = &hunt->html;

	html_put_slice(html, HTML_WAIT,
		       &(struct html_slice){
			       .lane = drawn->lane,
			       .name = html_text(html, doing->kind_name),
			       .depth = depth,
			       .start_ns = drawn->at_ns,
			       .ns = doing->ns,
			       .goid = doing->by_goid,
		       });
	bytes_put_number(&html->record, kind_of(doing->kind));
	hunt_doing_put(hunt->text, 0, "", doing, false);
	hunt_doing_put_meanwhile(hunt->text, 2, doing);
	put_written(hunt);
	html_tell(html);
	drawn->at_ns += doing->ns;
}

/* Pieces that are all inside of the same functions above this level. */
static void draw_pieces(struct drawn *drawn, const struct hunt_step *steps, size_t count,
			size_t level)
{
	for (size_t first = 0, end; first < count; first = end) {
		const struct place *function = place_at(drawn, &steps[first], level);

		end = first + 1;
		if (!function) {
			draw_piece(drawn, &steps[first], (uint32_t)level + 1);
			continue;
		}
		while (end < count && is_same_call(drawn, &steps[first], &steps[end], level))
			end++;
		put_function(drawn, function, (uint32_t)level + 1,
			     time_of(&steps[first], end - first),
			     caller_at(drawn, &steps[first], level), NULL);
		bytes_put_text(&drawn->hunt->html.record, NULL);
		put_parts(&drawn->hunt->html, &steps[first], end - first);
		html_tell(&drawn->hunt->html);
		draw_pieces(drawn, &steps[first], end - first, level + 1);
	}
}

static void draw_call(struct hunt_html *hunt, const struct hunt_report *report,
		      const struct hunt_call *call)
{
	struct html *html = &hunt->html;
	struct drawn drawn = {.hunt = hunt,
			      .target = &report->target,
			      .lane = html_lane(html, call->pid, call->goid),
			      .at_ns = call->start_ns};

	put_function(&drawn, &report->target, 0, call->ns, NULL,
		     call->is_open ? json_end_name(CALL_RUNNING) : NULL);
	bytes_put_text(&html->record,
		       call->is_in_order ? NULL : "its pieces were too many to be kept in order");
	put_parts(html, call->steps, call->num_steps);
	html_tell(html);
	if (call->is_in_order)
		draw_pieces(&drawn, call->steps, call->num_steps, 0);
}

/* ---- where the time went ---- */

static void put_stack(void *context, const struct hunt_stack *stack)
{
	struct html *html = context;
	char room[HUNT_FRAME_SIZE];

	bytes_put_number(&html->record, HTML_STACK);
	bytes_put_number(&html->record, stack->count);
	for (size_t i = 0; i < stack->count; i++)
		bytes_put_number(&html->record,
				 html_text(html, hunt_frame_name(stack->frames[i], room)));
	bytes_put_number(&html->record, html_text(html, stack->leaf->kind));
	bytes_put_number(&html->record, kind_of(stack->leaf->kind_of));
	bytes_put_number(&html->record, stack->leaf->all_ns);
	html_tell(html);
}

static void put_report(struct output *out, const struct hunt_report *report)
{
	struct hunt_report text = *report;
	struct hunt_html *hunt = out->data;

	/* They are drawn. */
	text.num_slowest = text.num_nodes = 0;
	output_hunt(hunt->text, &text);
	tell_written(hunt);
	for (size_t i = 0; i < report->num_slowest; i++)
		draw_call(hunt, report, &report->slowest[i]);
	hunt_stacks_visit(report, put_stack, &hunt->html);
}

static void put_stuck(struct output *out, const struct hunt_stuck *stuck)
{
	struct hunt_html *hunt = out->data;

	output_stuck(hunt->text, stuck);
	tell_written(hunt);
}

static void end(struct output *out, const struct output_totals *totals)
{
	struct hunt_html *hunt = out->data;

	output_end(hunt->text, totals);
	tell_written(hunt);
	html_end(&hunt->html, totals);
}

const struct format format_hunt_html = {
	.prints = "the report",
	.is_document = true,
	.full_stacks = true,
	.num_slowest = CALLS_OVER_TIME,
	.target = FORMAT_TO_FILE,
	.begin = begin,
	.hunt = put_report,
	.stuck = put_stuck,
	.end = end,
	.free = free_data,
};
