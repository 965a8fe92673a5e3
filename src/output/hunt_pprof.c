/* SPDX-License-Identifier: MIT */
/*
 * hunt_pprof.c - the wall time of slow calls for `go tool pprof`: of each stack that of all of them together,
 * and how often it was met. The label `state` says what kind of time that was, `goroutine` whose.
 */
#include <stdlib.h>

#include "output/hunt_stacks.h"
#include "output/pprof_file.h"

static struct error *begin(struct output *out)
{
	out->data = calloc(1, sizeof(struct pprof_file));
	if (!out->data)
		return error_out_of_memory();
	pprof_begin(out->data, "times");
	return NULL;
}

static void put_frame(struct pprof_file *file, const struct place *place)
{
	char room[HUNT_FRAME_SIZE];
	struct pprof_frame frame = {.function = hunt_frame_name(place, room),
				    .file = place->file ? place->file->text : NULL,
				    .line = place->line};
	struct hash_key key = hash_key_of_text(frame.function);

	key.second ^= hash_mix(frame.line);
	if (place->file)
		key.second ^= hash_mix(place->file->number + 1);
	pprof_put_frame(file, key, &frame);
}

static void put_stack(void *context, const struct hunt_stack *stack)
{
	struct pprof_file *file = context;

	for (size_t i = stack->count; i-- > 0;)
		put_frame(file, stack->frames[i]);
	pprof_put_sample(file, stack->leaf->times, stack->leaf->all_ns,
			 &(struct pprof_labels){stack->leaf->kind, stack->leaf->goid});
}

static void put_report(struct output *out, const struct hunt_report *report)
{
	hunt_stacks_visit(report, put_stack, out->data);
}

static void end(struct output *out, const struct output_totals *totals)
{
	pprof_end(out->data, out, totals);
}

static void free_data(struct output *out)
{
	if (out->data)
		pprof_destroy(out->data);
	free(out->data);
}

const struct format format_hunt_pprof = {
	.prints = "the stacks",
	.target = FORMAT_TO_FILE,
	.is_document = true,
	.full_stacks = true,
	.by_goroutine = true,
	.begin = begin,
	.hunt = put_report,
	.end = end,
	.free = free_data,
};
