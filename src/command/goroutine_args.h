/* SPDX-License-Identifier: MIT */
/* goroutine_args.h - options that choose goroutines: --goid, and --state. */
#ifndef COMMAND_GOROUTINE_ARGS_H
#define COMMAND_GOROUTINE_ARGS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gofuncgraph/run_options.h"

/* All zero: no id was given. */
struct goid_list {
	uint64_t *ids; /* owned */
	size_t count;
};

/* Adds one id, or all of "34,35". What is no id ends with a message of argp's. */
error_t goid_list_add(struct goid_list *list, const char *arg, struct argp_state *state);
error_t goid_list_add_all(struct goid_list *list, const char *arg, struct argp_state *state);
/* True when the list names this one, or none. */
bool goid_list_has(const struct goid_list *list, uint64_t goid);
void goid_list_destroy(struct goid_list *list);
/* Adds all of "34,35" to those that trees begin in. Too many end with a message of argp's. */
error_t goid_list_choose(struct run_options *run, const char *arg, struct argp_state *state);

/* Sets a bit for the state. `else_hint`: told where there is none of that name, after those that there are, or "". */
void state_set_add(uint32_t *states, const char *name, const char *else_hint,
		   struct argp_state *state);
/* Of a state with or without STATE_SCAN. */
bool state_set_has(uint32_t states, uint8_t state);

#endif
