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

static uint64_t put_right(struct world *world, const struct record_sample *sample)
{
	uint64_t stack;

	assert_null(samples_put_right(&world->code, &world->stacks, sample, &stack));
	return stack;
}

/* In a function without a frame, frame pointers begin at its caller's caller. */
static void test_leaf(void **state)
{
	const uint64_t told[] = {0x1010, 0x1310}, right[] = {0x1010, 0x1210, 0x1310};
	struct world world;
	struct record_sample sample = {.ip_va = 0x1010,
				       .words = {0x1210, 0x9999},
				       .sp = 500,
				       .first_frame = 400,
				       .frame = 100};

	begin(&world);
	sample.stack = tell(&world, 5, told, 2);
	expect(&world, put_right(&world, &sample), right, 3);
	assert_int_equal(stacks_find(&world.stacks, put_right(&world, &sample))->end, STACK_TARGET);
	/* Its frame pointer is saved already, but not set. */
	sample.ip_va = 0x1110;
	sample.words[0] = 0x9999;
	sample.words[1] = 0x1210;
	expect(&world, put_right(&world, &sample), right, 3);
	/* The frame is there. */
	sample.first_frame = 500;
	assert_int_equal(put_right(&world, &sample), 5);
	stacks_clear(&world.stacks);
}

/* What is not known, or needs nothing, stays. */
static void test_left_alone(void **state)
{
	const uint64_t told[] = {0x1010, 0x1310};
	struct world world;
	struct record_sample sample = {
		.ip_va = 0x1010, .words = {0x1210}, .sp = 500, .first_frame = 400};

	begin(&world);
	sample.stack = 6;
	assert_int_equal(put_right(&world, &sample), 6); /* unknown */
	sample.stack = tell(&world, 5, told, 2);
	sample.frame = 500; /* in the target itself */
	assert_int_equal(put_right(&world, &sample), 5);
	sample.frame = 100;
	sample.words[0] = 0x7777; /* no code */
	assert_int_equal(put_right(&world, &sample), 5);
	sample.words[0] = 0x1210;
	sample.place = SAMPLE_SYSTEM;
	assert_int_equal(put_right(&world, &sample), 5);
	sample.place = SAMPLE_GO;
	sample.ip_va = 0x1210; /* it has a frame of its own */
	assert_int_equal(put_right(&world, &sample), 5);
	sample.ip_va = 0x1410; /* not Go's */
	assert_int_equal(put_right(&world, &sample), 5);
	sample.ip_va = 0x1010 | FOREIGN_ADDRESS;
	assert_int_equal(put_right(&world, &sample), 5);
	stacks_clear(&world.stacks);
}

static void test_link_register(void **state)
{
	const uint64_t told[] = {0x1010, 0x1310}, right[] = {0x1010, 0x1210, 0x1310};
	struct world world;
	struct record_sample sample = {
		.ip_va = 0x1010, .words = {0x1210}, .sp = 500, .first_frame = 500};

	begin(&world);
	world.code.has_link_register = true;
	sample.stack = tell(&world, 5, told, 2);
	expect(&world, put_right(&world, &sample), right, 3);
	sample.ip_va = 0x1110;
	assert_int_equal(put_right(&world, &sample), 5);
	stacks_clear(&world.stacks);
}

static void test_deep(void **state)
{
	uint64_t told[STACK_DEPTH] = {0x1010};
	struct world world;
	struct record_sample sample = {
		.ip_va = 0x1010, .words = {0x1210}, .sp = 500, .first_frame = 400};
	const struct known_stack *stack;

	begin(&world);
	sample.stack = tell(&world, 5, told, STACK_DEPTH);
	stack = stacks_find(&world.stacks, put_right(&world, &sample));
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
	struct record_stack_copy copy = {.bias = BIAS, .sp = 180, .size = 88};
	uint64_t stack = 5;

	begin(&world);
	put(&copy, 24, BIAS + 0x1118);
	put(&copy, 24 + 8 + 8, BIAS + 0x1320);
	assert_null(samples_unwind(&world.code, &world.stacks, 0x1210, 92, &copy, &stack));
	expect(&world, stack, right, 3);
	assert_int_equal(stacks_find(&world.stacks, stack)->end, STACK_TARGET);
	/* Not all was sent. */
	copy.size = 56;
	assert_null(samples_unwind(&world.code, &world.stacks, 0x1210, 92, &copy, &stack));
	expect(&world, stack, right, 3);
	assert_int_equal(stacks_find(&world.stacks, stack)->end, STACK_BROKEN);
	/* It leads nowhere. */
	put(&copy, 24, 0x1118);
	stack = 5;
	assert_null(samples_unwind(&world.code, &world.stacks, 0x1210, 92, &copy, &stack));
	assert_int_equal(stack, 5);
	stacks_clear(&world.stacks);
}

static void test_without_code(void **state)
{
	struct stacks stacks = {0};
	struct record_sample sample = {.stack = 5};
	struct record_stack_copy copy = {.size = 8};
	uint64_t stack;

	assert_null(samples_put_right(NULL, &stacks, &sample, &stack));
	assert_int_equal(stack, 5);
	assert_null(samples_unwind(NULL, &stacks, 0x1000, 0, &copy, &stack));
	assert_int_equal(stack, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaf),          cmocka_unit_test(test_left_alone),
		cmocka_unit_test(test_link_register), cmocka_unit_test(test_deep),
		cmocka_unit_test(test_copy),          cmocka_unit_test(test_without_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
