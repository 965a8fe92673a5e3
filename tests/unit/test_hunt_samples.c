/* SPDX-License-Identifier: MIT */
/* test_hunt_samples.c - stacks of samples put right by how much stack code uses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "hunt/samples.h"

/* Functions of 0x100 bytes, of which each uses as much stack as `deltas` says, from 0x1000 on. */
#define FUNCS_VA 0x1000

struct world {
	int32_t deltas[8]; /* -1: no code */
	struct stacks stacks;
	struct unwind_code code;
	struct code_place place;
};

static const struct code_place *code_at(void *context, uint64_t va)
{
	struct world *world = context;
	size_t at = (va - FUNCS_VA) / 0x100;

	if (va < FUNCS_VA || at >= 8 || world->deltas[at] < 0)
		return NULL;
	world->place =
		(struct code_place){.func_va = FUNCS_VA + at * 0x100, .delta = world->deltas[at]};
	return &world->place;
}

static void begin(struct world *world)
{
	*world = (struct world){.deltas = {0, 8, 24, 40, -1, 16}};
	world->code = (struct unwind_code){.context = world, .at = code_at};
}

static uint64_t tell(struct world *world, uint64_t id, const uint64_t *addresses, uint16_t count)
{
	struct record_stack stack = {.id = id, .count = count, .end = STACK_TARGET};

	memcpy(stack.addresses, addresses, count * sizeof(*addresses));
	stack.header.kind = RECORD_STACK;
	stack.header.size = (uint16_t)(record_min_size(RECORD_STACK) + count * 8);
	assert_null(stacks_feed(&world->stacks, &stack.header));
	return id;
}

static void expect(const struct world *world, uint64_t id, const uint64_t *addresses, size_t count)
{
	const struct known_stack *stack = stacks_find(&world->stacks, id);

	assert_non_null(stack);
	assert_int_equal(stack->count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(stack->addresses[i], addresses[i]);
}

static uint64_t put_right(struct world *world, const struct stack_hint *sample)
{
	uint64_t stack;

	assert_null(samples_put_right(&world->code, &world->stacks, sample, &stack));
	return stack;
}

/* Says of a stack that it was left at `va`, and that frame pointers led to 0x1310 from there. */
static void leave_at(struct world *world, struct stack_hint *hint, uint64_t va)
{
	hint->stack = tell(world, va, (const uint64_t[]){va, 0x1310}, 2);
}

static bool is_left_alone(struct world *world, const struct stack_hint *hint)
{
	return put_right(world, hint) == hint->stack;
}

/* In a function without a frame, frame pointers begin at its caller's caller. */
static void test_leaf(void **state)
{
	struct world world;
	struct stack_hint hint = {.top = {.words = {0x1210, 0x9999}, .sp = 500, .first_frame = 400},
				  .frame = 100};

	begin(&world);
	leave_at(&world, &hint, 0x1010);
	expect(&world, put_right(&world, &hint), (const uint64_t[]){0x1010, 0x1210, 0x1310}, 3);
	assert_int_equal(stacks_find(&world.stacks, put_right(&world, &hint))->end, STACK_TARGET);
	/* Its frame pointer is saved already, but not set. */
	leave_at(&world, &hint, 0x1110);
	hint.top.words[0] = 0x9999;
	hint.top.words[1] = 0x1210;
	expect(&world, put_right(&world, &hint), (const uint64_t[]){0x1110, 0x1210, 0x1310}, 3);
	/* The frame is there. */
	hint.top.first_frame = 500;
	assert_true(is_left_alone(&world, &hint));
	stacks_clear(&world.stacks);
}

/* Where it left its own stack for the system's. */
static void test_left_later(void **state)
{
	struct world world;
	struct stack_hint hint = {.top = {.words = {0x1210}, .sp = 500, .first_frame = 400},
				  .frame = 100,
				  .left_at = 1};

	begin(&world);
	hint.stack = tell(&world, 5, (const uint64_t[]){0x1510, 0x1010, 0x1310}, 3);
	expect(&world, put_right(&world, &hint), (const uint64_t[]){0x1510, 0x1010, 0x1210, 0x1310},
	       4);
	hint.left_at = 3;
	assert_true(is_left_alone(&world, &hint));
	stacks_clear(&world.stacks);
}

/* What is not known, or needs nothing, stays. */
static void test_left_alone(void **state)
{
	struct world world;
	struct stack_hint hint = {.top = {.words = {0x1210}, .sp = 500, .first_frame = 400},
				  .stack = 6};

	begin(&world);
	assert_true(is_left_alone(&world, &hint)); /* unknown */
	leave_at(&world, &hint, 0x1010);
	hint.frame = 500; /* in the target itself */
	assert_true(is_left_alone(&world, &hint));
	hint.frame = 100;
	hint.top.words[0] = 0x7777; /* no code */
	assert_true(is_left_alone(&world, &hint));
	hint.top.words[0] = 0x1210;
	hint.top.sp = 0;
	assert_true(is_left_alone(&world, &hint));
	hint.top.sp = 500;
	leave_at(&world, &hint, 0x1210); /* it has a frame of its own */
	assert_true(is_left_alone(&world, &hint));
	leave_at(&world, &hint, 0x1410); /* not Go's */
	assert_true(is_left_alone(&world, &hint));
	leave_at(&world, &hint, 0x1010 | FOREIGN_ADDRESS);
	assert_true(is_left_alone(&world, &hint));
	stacks_clear(&world.stacks);
}

static void test_link_register(void **state)
{
	struct world world;
	struct stack_hint hint = {
		.top = {.words = {0x1210, 0x1220}, .sp = 500, .first_frame = 500}};

	begin(&world);
	world.code.has_link_register = true;
	leave_at(&world, &hint, 0x1010);
	expect(&world, put_right(&world, &hint), (const uint64_t[]){0x1010, 0x1210, 0x1310}, 3);
	/* It has a frame, but the frame pointer is not there yet. */
	leave_at(&world, &hint, 0x1110);
	expect(&world, put_right(&world, &hint), (const uint64_t[]){0x1110, 0x1220, 0x1310}, 3);
	hint.top.first_frame = 508;
	assert_true(is_left_alone(&world, &hint));
	hint.top.first_frame = 500;
	hint.frame = 492; /* it is the target */
	assert_true(is_left_alone(&world, &hint));
	stacks_clear(&world.stacks);
}

static void test_deep(void **state)
{
	uint64_t told[STACK_DEPTH] = {0x1010};
	struct world world;
	struct stack_hint hint = {.top = {.words = {0x1210}, .sp = 500, .first_frame = 400}};
	const struct known_stack *stack;

	begin(&world);
	hint.stack = tell(&world, 5, told, STACK_DEPTH);
	stack = stacks_find(&world.stacks, put_right(&world, &hint));
	assert_int_equal(stack->count, STACK_DEPTH);
	assert_int_equal(stack->addresses[1], 0x1210);
	stacks_clear(&world.stacks);
}

/* ---- by memory ---- */

#define BIAS 0x555000

static void put(struct record_stack_copy *copy, size_t at, uint64_t value)
{
	memcpy(copy->bytes + at, &value, sizeof(value));
}

/* From a function of 24 bytes to one of 8, and to the target, of 40, whose frame ends the copy. */
static void test_copy(void **state)
{
	const uint64_t right[] = {0x1210, 0x1118, 0x1320};
	struct world world;
	struct record_stack_copy copy = {
		.bias = BIAS, .ip_va = 0x1210, .frame = 92, .sp = 180, .size = 88};
	uint64_t stack = 5;

	begin(&world);
	put(&copy, 24, BIAS + 0x1118);
	put(&copy, 24 + 8 + 8, BIAS + 0x1320);
	assert_null(samples_unwind(&world.code, &world.stacks, &copy, &stack));
	expect(&world, stack, right, 3);
	assert_int_equal(stacks_find(&world.stacks, stack)->end, STACK_TARGET);
	/* Not all was sent. */
	copy.size = 56;
	assert_null(samples_unwind(&world.code, &world.stacks, &copy, &stack));
	expect(&world, stack, right, 3);
	assert_int_equal(stacks_find(&world.stacks, stack)->end, STACK_BROKEN);
	/* It leads nowhere. */
	put(&copy, 24, 0x1118);
	stack = 5;
	assert_null(samples_unwind(&world.code, &world.stacks, &copy, &stack));
	assert_int_equal(stack, 5);
	stacks_clear(&world.stacks);
}

static void test_without_code(void **state)
{
	struct stacks stacks = {0};
	struct stack_hint hint = {.stack = 5, .top = {.sp = 8}};
	struct record_stack_copy copy = {.size = 8};
	uint64_t stack;

	assert_null(samples_put_right(NULL, &stacks, &hint, &stack));
	assert_int_equal(stack, 5);
	assert_null(samples_unwind(NULL, &stacks, &copy, &stack));
	assert_int_equal(stack, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaf),         cmocka_unit_test(test_left_alone),
		cmocka_unit_test(test_left_later),   cmocka_unit_test(test_link_register),
		cmocka_unit_test(test_deep),         cmocka_unit_test(test_copy),
		cmocka_unit_test(test_without_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
