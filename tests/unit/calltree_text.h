/* SPDX-License-Identifier: MIT */
/*
 * calltree_text.h - for tests of what goroutines do inside call trees, and of those they start.
 *
 * Trees are written as text, the calls as in letters.h, each with its parts behind it:
 * "a(b()[S5] w7)[S5 W3:20]" is b in a, 5 ns in a system call, a waiting, 20 ns in all, for reason
 * 3; a wait of 7 ns had its own line. "go2{...}" is the tree of goroutine 2, started there,
 * "go2-" if it is not inside. "#2 &a(b()~|" is the second part of a tree that goes on, with a open since
 * the first; "a(<3 20>)" has 3 calls folded into it, of 20 ns. Times are in ns.
 */
#ifndef GOFUNCGRAPH_TESTS_CALLTREE_TEXT_H
#define GOFUNCGRAPH_TESTS_CALLTREE_TEXT_H

#include "letters.h"

struct fixture {
	struct calltree *trees;
	char text[1 << 17]; /* trees ended, or calls ended without keep_calls */
	struct wait waits[16];
	size_t num_waits;
	struct tree last; /* handed on last, itself only */
	struct start start; /* its first */
	struct call first; /* call of the tree handed on last */
	size_t num_trees;
};

__attribute__((format(printf, 2, 3))) static inline void add(struct fixture *f, const char *format,
							     ...)
{
	va_list args;

	va_start(args, format);
	append_list(f->text, sizeof(f->text), format, args);
	va_end(args);
}

static inline void add_parts(struct fixture *f, const struct call *call)
{
	static const char letters[] = "IR.SW.D.CPL";
	uint64_t sum = 0;

	for (uint32_t i = 0; i < call->num_parts; i++) {
		const struct part *part = &call->parts[i];
		add(f, "%s%c", i ? " " : "[",
		    part->state == STATE_NO_CPU         ? 'N'
		    : part->state < sizeof(letters) - 1 ? letters[part->state]
							: '?');
		if (part->state == STATE_WAITING)
			add(f, "%u:", part->reason);
		add(f, "%llu", (unsigned long long)part->ns);
		sum += part->ns;
	}
	if (call->num_parts)
		add(f, "]");
	assert_true(sum <= call->end_ns - call->start_ns);
}

static inline void add_wait(struct fixture *f, const struct wait *wait)
{
	assert_true(wait->end_ns >= wait->start_ns);
	add(f, "w%llu%s", (unsigned long long)(wait->end_ns - wait->start_ns),
	    wait->is_open ? "+" : "");
	if (f->num_waits < 16)
		f->waits[f->num_waits++] = *wait;
}

static inline void add_end(struct fixture *f, const struct call *call)
{
	if (call->folded_calls)
		add(f, "<%llu %llu>", (unsigned long long)call->folded_calls,
		    (unsigned long long)call->folded_ns);
	append_end(f->text, sizeof(f->text), call);
	add_parts(f, call);
}

static inline void add_tree(struct fixture *f, const struct tree *tree)
{
	for (size_t i = 0; i < tree->num_steps; i++) {
		const struct step *step = &tree->steps[i];
		switch (step->type) {
		case STEP_ENTRY:
		case STEP_AGAIN:
			add(f, "%s%c(", step->type == STEP_AGAIN ? "&" : "",
			    letter_of(&tree->calls[step->index]));
			break;
		case STEP_EXIT:
			add_end(f, &tree->calls[step->index]);
			break;
		case STEP_WAIT:
			add_wait(f, &tree->waits[step->index]);
			break;
		case STEP_START: {
			const struct start *start = &tree->starts[step->index];
			add(f, "go%llu%s", (unsigned long long)start->goid,
			    start->tree ? "{" : "-");
			if (start->tree) {
				assert_int_equal(start->tree->parent_tree, tree->number);
				assert_int_equal(start->tree->parent_goid, tree->goid);
				add_tree(f, start->tree);
				add(f, "}");
			}
		}
		}
	}
	if (tree->lost)
		add(f, " lost %llu", (unsigned long long)tree->lost);
}

static inline void on_tree_ended(void *context, const struct tree *tree)
{
	struct fixture *f = context;

	f->last = *tree;
	if (tree->num_starts)
		f->start = tree->starts[0];
	if (tree->num_calls)
		f->first = tree->calls[0];
	f->num_trees++;
	if (tree->num_steps > 1000)
		return;
	if (tree->part)
		add(f, "#%u ", tree->part);
	add_tree(f, tree);
	add(f, "|");
}

static inline void on_call_ended(void *context, const struct tree *tree, const struct call *call)
{
	struct fixture *f = context;

	f->first = *call;
	if (call->num_waits > 1000)
		return;
	add(f, "%c(", letter_of(call));
	for (uint32_t i = 0; i < call->num_waits; i++) {
		assert_int_equal(call->waits[i].depth, call->depth);
		add_wait(f, &call->waits[i]);
	}
	add_end(f, call);
}

static inline int setup_with(void **state, bool keep_calls, bool states)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct calltree_sink sink = {.context = f,
				     .call_ended = keep_calls ? NULL : on_call_ended,
				     .tree_ended = on_tree_ended,
				     .func_of_site = func_of_site,
				     .keep_calls = keep_calls,
				     .states = states,
				     .min_wait_ns = 10};

	assert_non_null(f);
	*state = f;
	assert_null(calltree_new(&sink, &f->trees));
	return 0;
}

static inline int setup(void **state)
{
	return setup_with(state, true, true);
}

static inline int setup_streaming(void **state)
{
	return setup_with(state, false, true);
}

static inline int setup_without_states(void **state)
{
	return setup_with(state, true, false);
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	calltree_free(f->trees);
	free(f);
	return 0;
}

static inline void feed(struct fixture *f, struct facts event)
{
	event.goid = event.goid ?: 1;
	feed_letters(f->trees, event);
}

#define AT(time_, ...)                   feed(f, (struct facts){.time_ns = 1000 + (time_), __VA_ARGS__})
#define EVENT(kind_, time_, ...)         AT(time_, .kind = (kind_), __VA_ARGS__)
#define ENTER(time_, func_, frame_, ...) AT(time_, ENTRY_OF(func_, frame_), __VA_ARGS__)
#define LEAVE(time_, func_, frame_, ...) AT(time_, RETURN_OF(func_, frame_), __VA_ARGS__)
#define STATE(time_, old_, new_, ...)                                                              \
	EVENT(RECORD_STATE, time_, .old_state = (old_), .new_state = (new_), __VA_ARGS__)
/* A goroutine started by another one; its function's frame is at 16. */
#define GO(time_, goid_, by_, ...)                                                                 \
	EVENT(RECORD_GO, time_, .goid = (goid_), .by_goid = (by_), .frame = 16,                    \
	      .has_origin = true, .new_state = STATE_RUNNABLE, .old_state = STATE_DEAD,            \
	      .start_va = 0x5000, .caller_va = 0x6000, __VA_ARGS__)
#define RUNS(time_, ...)   STATE(time_, STATE_RUNNABLE, STATE_RUNNING, __VA_ARGS__)
#define GOEXIT(time_, ...) EVENT(RECORD_GOEXIT, time_, __VA_ARGS__)
#define SYSTEM             .flags = RECORD_SYSTEM_STACK
#define GOID               .goid
#define REASON             .reason
#define LOST               .lost

#endif
