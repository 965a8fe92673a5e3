/* SPDX-License-Identifier: MIT */
#include "command/goroutine_args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "command/command.h"
#include "command/run_args.h"
#include "gofuncgraph/record.h"
#include "names/goroutine_state.h"

static error_t fail_without_memory(struct argp_state *state)
{
	argp_failure(state, STATUS_FAILED, ENOMEM, "cannot keep the arguments");
	return ENOMEM;
}

error_t goid_list_add(struct goid_list *list, const char *arg, struct argp_state *state)
{
	uint64_t *grown = realloc(list->ids, (list->count + 1) * sizeof(*grown));

	if (!grown)
		return fail_without_memory(state);
	list->ids = grown;
	grown[list->count] = 0;
	run_args_check(state, "--goid", text_parse_count(arg, UINT64_MAX, &grown[list->count++]));
	return 0;
}

error_t goid_list_add_all(struct goid_list *list, const char *arg, struct argp_state *state)
{
	_cleanup_free_ char *copy = strdup(arg);
	char *rest = copy, *word;
	error_t failure = 0;

	if (!copy)
		return fail_without_memory(state);
	while (!failure && (word = strsep(&rest, ",")))
		failure = goid_list_add(list, word, state);
	return failure;
}

bool goid_list_has(const struct goid_list *list, uint64_t goid)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->ids[i] == goid)
			return true;
	return !list->count;
}

void goid_list_destroy(struct goid_list *list)
{
	free(list->ids);
}

/* 0: no state that has a name. */
static uint32_t bit_of_state(uint8_t state)
{
	state &= STATE_NUMBER;
	return state == STATE_NO_CPU ? 1u << 31 : state < 31 ? 1u << state : 0;
}

void state_set_add(uint32_t *states, const char *name, const char *else_hint,
		   struct argp_state *state)
{
	uint8_t number = 0;

	if (!state_from_name(name, &number))
		argp_error(state, "there is no state '%s'; there are %s%s", name, state_names(),
			   else_hint);
	else
		*states |= bit_of_state(number);
}

bool state_set_has(uint32_t states, uint8_t state)
{
	return states & bit_of_state(state);
}

error_t goid_list_choose(struct run_options *run, const char *arg, struct argp_state *state)
{
	_cleanup_(goid_list_destroy) struct goid_list list = {0};
	error_t failure = goid_list_add_all(&list, arg, state);

	if (failure)
		return failure;
	if (list.count > MAX_GOIDS - run->num_goids) {
		argp_error(state, "--goid takes at most %d goroutines", MAX_GOIDS);
		return EINVAL;
	}
	for (size_t i = 0; i < list.count; i++)
		run->goids[run->num_goids++] = list.ids[i];
	return 0;
}
