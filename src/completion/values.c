/* SPDX-License-Identifier: MIT */
/* values.c - what options take as values, by the names that the tables give those. */
#include <string.h>

#include "completion/completion.h"
#include "gofuncgraph/attach.h"
#include "gofuncgraph/states.h"
#include "names/goroutine_state.h"
#include "output/format_list.h"
#include "sums/functions.h"

static struct value words(const char *text)
{
	struct value value = {.kind = VALUE_WORDS};
	size_t length = 0;

	for (; *text && length + 1 < sizeof(value.words); text++)
		if (*text != ',')
			value.words[length++] = *text;
	return value;
}

static struct value methods(void)
{
	struct value value = {.kind = VALUE_WORDS, .words = "auto"};

	for (enum attach_method method = ATTACH_UPROBE_MULTI; method <= ATTACH_PERF_EVENT;
	     method++) {
		strcat(value.words, " ");
		strcat(value.words, attach_method_name(method));
	}
	return value;
}

static const char *formats_of(const struct command *command)
{
	if (!command->name || !strcmp(command->name, "replay"))
		return FORMATS_WORDS(TREE_FORMATS);
	if (!strcmp(command->name, "export"))
		return FORMATS_WORDS(EXPORT_FORMATS);
	return strcmp(command->name, "hunt") ? FORMATS_WORDS(STATE_FORMATS)
					     : FORMATS_WORDS(HUNT_FORMATS);
}

struct value value_of(const struct command *command, const struct argp_option *option)
{
	if (!strcmp(option->arg, "FILE") || !strcmp(option->arg, "OUT") ||
	    !strcmp(option->arg, "PATH"))
		return (struct value){.kind = VALUE_FILE};
	if (!strcmp(option->arg, "PID"))
		return (struct value){.kind = VALUE_PID};
	if (!strcmp(option->arg, "GLOB"))
		return (struct value){.kind = VALUE_FUNCTION};
	if (!strcmp(option->arg, "METHOD"))
		return methods();
	if (!strcmp(option->arg, "FORMAT"))
		return words(formats_of(command));
	if (!strcmp(option->name, "state"))
		return words(state_names());
	if (!strcmp(option->name, "caller"))
		return words("off short full");
	if (!strcmp(option->name, "sort"))
		return words(command->name ? STATE_ORDERS : FUNCTION_ORDERS);
	if (!strcmp(option->name, "by"))
		return words("goroutine function go");
	if (!strcmp(option->name, "color"))
		return words("auto always never");
	if (!strcmp(option->name, "template"))
		return (struct value){.kind = VALUE_TEMPLATE};
	return (struct value){.kind = VALUE_ANY};
}
