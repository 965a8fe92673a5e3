/* SPDX-License-Identifier: MIT */
/* states_print.c - the formats behind one interface; see states_print.h. */
#include "command/states_print.h"

#include <stdlib.h>
#include <string.h>

#include "command/states_format.h"

struct error *states_print_new(const struct states_print_options *options,
			       struct states_print **out)
{
	struct states_print *print = calloc(1, sizeof(*print));

	*out = NULL;
	if (!print)
		return error_out_of_memory();
	print->formatter = options->format == STATES_JSON ? &states_json : &states_text;
	print->clock = options->clock;
	print->writer.file = options->file;
	print->names = options->names;
	*out = print;
	return NULL;
}

void states_print_free(struct states_print *print)
{
	free(print);
}

void states_print_change(struct states_print *print, const struct state_change *change)
{
	print->formatter->change(print, change);
}

void states_print_goroutine(struct states_print *print, const struct state_goroutine *one)
{
	print->formatter->goroutine(print, one);
}

void states_print_function(struct states_print *print, const struct state_goroutine *one)
{
	print->formatter->function(print, one);
}

struct error *states_print_flush(struct states_print *print, int *errnum)
{
	writer_flush(&print->writer);
	*errnum = print->writer.errnum;
	return writer_error(&print->writer, "the states");
}

/* ---- what the formats share ---- */

const struct place *states_by_place(struct states_print *print, const struct state_change *change)
{
	if (change->is_start)
		return change->go_va ? names_caller(print->names, change->go_va) : NULL;
	if (!change->by_stack)
		return NULL;
	uint64_t va = names_waker_va(print->names, change->by_stack);
	return va ? names_waker(print->names, va) : NULL;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static int compare_reasons(const void *a, const void *b)
{
	const struct reason_sum *x = a, *y = b;

	return x->ns < y->ns ? 1 : x->ns > y->ns ? -1 : 0;
}

size_t states_reasons(struct states_print *print, const struct state_sums *sums,
		      struct reason_sum reasons[MAX_REASONS])
{
	size_t count = 0, at;

	for (unsigned reason = 0; reason < MAX_REASONS; reason++) {
		if (!sums->waits[reason])
			continue;
		const char *name = names_wait_reason(print->names, (uint8_t)reason);
		for (at = 0; at < count && !is_same(reasons[at].name, name); at++)
			;
		if (at == count)
			reasons[count++] = (struct reason_sum){.name = name};
		reasons[at].ns += sums->waiting_ns[reason];
		reasons[at].count += sums->waits[reason];
	}
	qsort(reasons, count, sizeof(*reasons), compare_reasons);
	return count;
}
