/* SPDX-License-Identifier: MIT */
/*
 * hunt_speedscope.c - the wall time of slow calls for speedscope: a profile a target, with a sample for each
 * stack, whose weight is the time of all of these calls together. Its innermost frame is the kind of time,
 * "[sleep]".
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/numbers.h"
#include "output/hunt_stacks.h"
#include "output/speedscope_file.h"

struct frame {
	char *name; /* owned: kinds of time do not live as long as this */
	char *file; /* NULL: unknown */
	unsigned line; /* 0: unknown */
};

struct speedscope {
	struct json_writer json;
	bool has_profiles;
	struct numbers numbers;
	struct frame *frames; /* by their numbers */
	size_t capacity;
};

static void fail(struct output *out)
{
	if (!out->writer.errnum)
		out->writer.errnum = ENOMEM;
}

static struct error *begin(struct output *out)
{
	struct speedscope *speedscope = calloc(1, sizeof(*speedscope));

	out->data = speedscope;
	if (!speedscope)
		return error_out_of_memory();
	speedscope->json = speedscope_begin(&out->writer, "gofuncgraph-c hunt");
	return NULL;
}

static void free_data(struct output *out)
{
	struct speedscope *speedscope = out->data;

	if (!speedscope)
		return;
	for (size_t i = 0; i < speedscope->numbers.known.count; i++) {
		free(speedscope->frames[i].name);
		free(speedscope->frames[i].file);
	}
	free(speedscope->frames);
	numbers_clear(&speedscope->numbers);
	free(speedscope);
}

/* ---- stacks ---- */

static uint64_t frame_number(struct output *out, const char *name, const struct place *place)
{
	struct speedscope *speedscope = out->data;
	struct hash_key key = hash_key_of_text(name);
	unsigned line = place ? place->line : 0;
	struct frame *frame;
	uint64_t number;
	bool is_new;

	key.second ^= hash_mix(line);
	if (place && place->file)
		key.second ^= hash_mix(place->file->number + 1);
	if (!array_reserve(&speedscope->frames, &speedscope->capacity,
			   speedscope->numbers.known.count + 1, sizeof(*frame)) ||
	    !numbers_of(&speedscope->numbers, key, &number, &is_new)) {
		fail(out);
		return 0;
	}
	if (!is_new)
		return number;
	frame = &speedscope->frames[number];
	*frame = (struct frame){.name = strdup(name), .line = line};
	if (place && place->file)
		frame->file = strdup(place->file->text);
	if (!frame->name || (place && place->file && !frame->file))
		fail(out);
	return number;
}

static void put_stack(void *context, const struct hunt_stack *stack)
{
	struct output *out = context;
	struct speedscope *speedscope = out->data;
	char room[HUNT_FRAME_SIZE], kind[256];

	json_open(&speedscope->json, '[');
	for (size_t i = 0; i < stack->count; i++)
		json_element_number(&speedscope->json,
				    frame_number(out, hunt_frame_name(stack->frames[i], room),
						 stack->frames[i]));
	snprintf(kind, sizeof(kind), "[%s]", stack->leaf->kind);
	json_element_number(&speedscope->json, frame_number(out, kind, NULL));
	json_close(&speedscope->json, ']');
}

static void put_weight(void *context, const struct hunt_stack *stack)
{
	struct speedscope *speedscope = ((struct output *)context)->data;

	json_element_number(&speedscope->json, stack->leaf->all_ns);
}

static void add_weight(void *context, const struct hunt_stack *stack)
{
	*(uint64_t *)context += stack->leaf->all_ns;
}

static void put_report(struct output *out, const struct hunt_report *report)
{
	struct speedscope *speedscope = out->data;
	struct json_writer *json = &speedscope->json;
	char room[HUNT_FRAME_SIZE];
	uint64_t all_ns = 0;

	speedscope->has_profiles = true;
	hunt_stacks_visit(report, add_weight, &all_ns);
	json_open(json, '{');
	json_member_text(json, "type", "sampled");
	json_member_text(json, "name", hunt_frame_name(&report->target, room));
	json_member_text(json, "unit", "nanoseconds");
	json_member_number(json, "startValue", 0);
	json_member_number(json, "endValue", all_ns);
	json_member_open(json, "samples", '[');
	hunt_stacks_visit(report, put_stack, out);
	json_close(json, ']');
	json_member_open(json, "weights", '[');
	hunt_stacks_visit(report, put_weight, out);
	json_close(json, ']');
	json_close(json, '}');
}

/* ---- all of it ---- */

static void end(struct output *out, const struct output_totals *totals)
{
	struct speedscope *speedscope = out->data;
	struct json_writer *json = &speedscope->json;

	speedscope_end_profiles(json, speedscope->has_profiles);
	for (size_t i = 0; i < speedscope->numbers.known.count; i++) {
		const struct frame *frame = &speedscope->frames[i];

		speedscope_put_frame(json, frame->name ?: "?", frame->file, frame->line);
	}
	speedscope_end(json);
}

const struct format format_hunt_speedscope = {
	.prints = "the stacks",
	.is_document = true,
	.full_stacks = true,
	.begin = begin,
	.hunt = put_report,
	.end = end,
	.free = free_data,
};
