/* SPDX-License-Identifier: MIT */
/*
 * states_print.h - changes of goroutines' states, and sums of them, as text or as JSON Lines.
 */
#ifndef COMMAND_STATES_PRINT_H
#define COMMAND_STATES_PRINT_H

#include <stdio.h>

#include "base/event_clock.h"
#include "gofuncgraph/states.h"
#include "names/names.h"

enum states_format { STATES_TEXT, STATES_JSON };

struct states_print_options {
	FILE *file; /* not owned */
	enum states_format format;
	const struct event_clock *clock; /* not owned */
	struct names *names;		 /* not owned */
};

struct states_print;

struct error *states_print_new(const struct states_print_options *options,
			       struct states_print **print);
void states_print_free(struct states_print *print); /* NULL is fine */

void states_print_change(struct states_print *print, const struct state_change *change);

/* Prints a line of the summary: all goroutines come first, then all functions. */
void states_print_goroutine(struct states_print *print, const struct state_goroutine *one);
void states_print_function(struct states_print *print, const struct state_goroutine *one);

/* As output_flush(). */
struct error *states_print_flush(struct states_print *print, int *errnum);

#endif
