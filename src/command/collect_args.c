/* SPDX-License-Identifier: MIT */
#include "command/collect_args.h"

#include <string.h>

#include "base/text.h"
#include "command/goroutine_args.h"
#include "command/options.h"
#include "command/run_args.h"

enum {
	KEY_GOID = 0x6100,
	KEY_LABEL,
	KEY_WHERE,
	KEY_TRACE_IDS,
	KEY_STATES,
	KEY_MIN_WAIT,
	KEY_STACK,
	KEY_FOLLOW,
	KEY_NO_EMULATE_RET,
};

static const struct argp_option options[] = {
	{"goid", KEY_GOID, "IDS", 0,
	 "Only trees of these goroutines, such as 34 or 34,35; calls of targets by others are counted",
	 OPTIONS_SHOWN},
	{"label", KEY_LABEL, "LABEL", 0,
	 "Show this label of runtime/pprof of each tree's goroutine; with KEY=VALUE only those trees (repeatable: all of them)",
	 OPTIONS_SHOWN},
	{"trace-ids", KEY_TRACE_IDS, NULL, 0,
	 "Show which trace and span each tree is part of, by the context or request that its first call was given, or its goroutine's labels",
	 OPTIONS_SHOWN},
	{"where", KEY_WHERE, "CONDITION", 0,
	 "Only trees whose first call's values satisfy it: 'n > 100 && path ~ \"/api/*\"'; the others are counted",
	 OPTIONS_SHOWN},
	{"states", KEY_STATES, NULL, 0,
	 "Show for each call what its goroutine did: ran, waited (for what), was runnable, was in a system call",
	 OPTIONS_SHOWN},
	{"min-wait", KEY_MIN_WAIT, "DURATION", 0,
	 "Give each time of at least DURATION in which a goroutine did not run a line of its own (implies --states)",
	 OPTIONS_SHOWN},
	{"stack", KEY_STACK, NULL, 0,
	 "Show above each tree who called its first call, from the goroutine's first function on",
	 OPTIONS_SHOWN},
	{"follow", KEY_FOLLOW, NULL, 0, "Show goroutines that are started inside a tree under it",
	 OPTIONS_SHOWN},
	{"no-emulate-ret", KEY_NO_EMULATE_RET, NULL, 0,
	 "Let the kernel single-step every `ret`, even where it could be spared", OPTIONS_HOW},
	{},
};

static error_t take_label(struct run_options *run, const char *arg, struct argp_state *state)
{
	size_t length = strcspn(arg, "=");

	if (run->num_labels == MAX_TOLD_LABELS)
		argp_error(state, "there are more than %d labels", MAX_TOLD_LABELS);
	else if (!length || length > CONDITION_TEXT_SIZE)
		argp_error(state, "--label takes a key of 1 to %d bytes", CONDITION_TEXT_SIZE);
	else
		run->labels[run->num_labels++] = arg;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct run_options *run = state->input;

	switch (key) {
	case KEY_GOID:
		return goid_list_choose(run, arg, state);
	case KEY_WHERE:
		if (run->where)
			argp_error(state, "--where is given twice: join conditions by &&");
		run->where = arg;
		return 0;
	case KEY_LABEL:
		return take_label(run, arg, state);
	case KEY_TRACE_IDS:
		run->trace_ids = true;
		return 0;
	case KEY_STATES:
		run->states = true;
		return 0;
	case KEY_MIN_WAIT:
		run_args_check(state, "--min-wait", text_parse_duration(arg, &run->min_wait_ns));
		run->states = true;
		return 0;
	case KEY_STACK:
		run->stacks = true;
		return 0;
	case KEY_FOLLOW:
		run->follow = true;
		return 0;
	case KEY_NO_EMULATE_RET:
		run->emulate_ret = false;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp collect_argp = {.options = options, .parser = parse};
