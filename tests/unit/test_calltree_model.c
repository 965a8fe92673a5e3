/* SPDX-License-Identifier: MIT */
/*
 * test_calltree_model.c - parts of calls against a model: a goroutine does things at random, and
 * what it does in each ns is written down.
 */
#include "calltree_text.h"

#define MODEL_NS    3000
#define MODEL_CALLS 2000
#define MODEL_DEPTH 20

struct model {
	uint16_t doing[MODEL_NS]; /* state, and reason << 8 */
	uint64_t start[MODEL_CALLS], end[MODEL_CALLS];
	uint32_t num_calls;
	uint32_t open[MODEL_DEPTH]; /* calls */
	uint32_t depth;
	uint32_t num_system; /* of them on the system stack */
	uint16_t now; /* doing */
};

static unsigned random_below(struct model *model, unsigned limit)
{
	static uint64_t random = 88172645463325252ull; /* xorshift64 */

	random ^= random << 13;
	random ^= random >> 7;
	random ^= random << 17;
	return (unsigned)(random >> 32) % limit;
}

static void model_enter(struct fixture *f, struct model *model, uint64_t now)
{
	bool is_running = model->now == STATE_RUNNING;
	bool on_system = model->num_system || !is_running || !random_below(model, 4);

	if (model->depth == MODEL_DEPTH || model->num_calls == MODEL_CALLS)
		return;
	ENTER(now, 'a', 100 + model->depth,
	      .flags = (on_system ? RECORD_SYSTEM_STACK : 0) |
		       (model->depth ? 0 : RECORD_OPENS_TREE));
	model->num_system += on_system;
	model->start[model->num_calls] = now;
	model->open[model->depth++] = model->num_calls++;
}

static void model_leave(struct fixture *f, struct model *model, uint64_t now)
{
	bool on_system = model->num_system;

	/* Its own code runs only when it runs. */
	if (!on_system && model->now != STATE_RUNNING)
		return;
	model->end[model->open[--model->depth]] = now;
	model->num_system -= on_system;
	LEAVE(now, 'a', 100 + model->depth,
	      .flags = (on_system ? RECORD_SYSTEM_STACK : 0) |
		       (model->depth ? 0 : RECORD_CLOSES_TREE));
}

static void model_change(struct fixture *f, struct model *model, uint64_t now)
{
	static const uint8_t states[] = {STATE_RUNNING, STATE_RUNNING,   STATE_WAITING,
					 STATE_SYSCALL, STATE_PREEMPTED, STATE_RUNNABLE};
	uint8_t old = (uint8_t)model->now, new = states[random_below(model, sizeof(states))];
	unsigned reason = old == STATE_WAITING ? model->now >> 8 : random_below(model, 3);

	if (old == STATE_WAITING && new == STATE_WAITING)
		return;
	STATE(now, old, new, REASON = reason);
	model->now = (uint16_t)(new | (new == STATE_WAITING ? reason << 8 : 0));
}

static void compare_call(const struct model *model, uint32_t index, const struct call *call)
{
	uint64_t left = 0;

	for (uint64_t t = model->start[index]; t < model->end[index]; t++)
		left += model->doing[t] != STATE_RUNNING;
	for (uint32_t i = 0; i < call->num_parts; i++) {
		const struct part *part = &call->parts[i];
		uint64_t ns = 0;
		for (uint64_t t = model->start[index]; t < model->end[index]; t++)
			ns += model->doing[t] == (part->state | part->reason << 8);
		assert_int_equal(ns, part->ns);
		left -= ns;
	}
	assert_int_equal(left, 0);
}

static void compare_tree(void *context, const struct tree *tree)
{
	struct model *model = context;

	assert_int_equal(tree->num_calls, model->num_calls);
	assert_int_equal(tree->lost, 0);
	for (uint32_t i = 0; i < model->num_calls; i++) {
		assert_int_equal(tree->calls[i].start_ns, 1000 + model->start[i]);
		assert_int_equal(tree->calls[i].end_ns, 1000 + model->end[i]);
		compare_call(model, i, &tree->calls[i]);
	}
	model->depth = UINT32_MAX;
}

static void test_model(void **state)
{
	struct model *model = malloc(sizeof(*model));

	assert_non_null(model);
	for (int round = 0; round < 100; round++) {
		struct fixture fixture, *f = &fixture;
		struct calltree_sink sink = {.context = model,
					     .tree_ended = compare_tree,
					     .keep_calls = true,
					     .states = true};
		memset(model, 0, sizeof(*model));
		model->now = STATE_RUNNING;
		assert_null(calltree_new(&sink, &f->trees));
		model_enter(f, model, 0);
		for (uint64_t now = 0; now < MODEL_NS; model->doing[now++] = model->now) {
			for (unsigned i = random_below(model, 3); i && now; i--) {
				unsigned what = random_below(model, 4);
				if (what == 0)
					model_enter(f, model, now);
				else if (what == 1 && model->depth > 1)
					model_leave(f, model, now);
				else if (what > 1)
					model_change(f, model, now);
			}
		}
		for (uint32_t i = 0; i < model->depth; i++)
			model->end[model->open[i]] = MODEL_NS;
		feed_stop(f->trees, 1000 + MODEL_NS);
		assert_int_equal(model->depth, UINT32_MAX);
		calltree_free(f->trees);
	}
	free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
