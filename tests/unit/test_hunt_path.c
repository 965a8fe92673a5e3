/* SPDX-License-Identifier: MIT */
/* test_hunt_path.c - what `hunt --drill` needs: which functions, and when enough slow calls were seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "hunt_world.h"

enum { N_TARGET, N_GET, N_ACQUIRE, N_LOCK, N_RUNTIME, N_LIBC, N_SMALL };

static const struct name names[] = {
	[N_TARGET] = {.text = "main.handle", .number = 1},
	[N_GET] = {.text = "main.get", .number = 2},
	[N_ACQUIRE] = {.text = "main.acquire", .number = 3},
	[N_LOCK] = {.text = "sync.(*Mutex).Lock", .number = 4},
	[N_RUNTIME] = {.text = "runtime.GC", .number = 5},
	[N_LIBC] = {.text = "libc.so.6", .number = 6},
	[N_SMALL] = {.text = "main.small", .number = 7},
};

/* A function with code of its own there, or without. */
#define CODE(depth_, name)                                                                         \
	{.frame.place = {.function = &names[name], .va = 1}, .depth = depth_, .share = 1}
#define INLINED(depth_, name)                                                                      \
	{.frame.place = {.function = &names[name]}, .depth = depth_, .share = 1}

static void find(const struct hunt_node *tree, size_t count, struct hunt_path *path)
{
	const struct hunt_report report = {.target = {.function = &names[N_TARGET]},
					   .tree = (struct hunt_node *)tree,
					   .num_nodes = count};

	hunt_path(&report, path);
}

static void test_path(void **state)
{
	const struct hunt_node tree[] = {
		CODE(0, N_TARGET),
		CODE(1, N_GET),
		INLINED(2, N_ACQUIRE),
		INLINED(3, N_LOCK),
		{.kind = "sync.Mutex.Lock", .depth = 4, .share = 1},
		CODE(2, N_LOCK),
		INLINED(1, N_SMALL),
		CODE(2, N_RUNTIME),
		{.frame.place = {.module = &names[N_LIBC], .va = 7}, .depth = 1, .share = 1},
		{.frame.place = {.va = 7}, .depth = 1, .share = 1},
	};
	struct hunt_path path;

	find(tree, sizeof(tree) / sizeof(tree[0]), &path);
	assert_int_equal(path.count, 6);
	/* With code, in order of the tree; also where that is not so everywhere. */
	assert_ptr_equal(path.funcs[0].function, &names[N_GET]);
	assert_ptr_equal(path.funcs[1].function, &names[N_LOCK]);
	assert_int_equal(path.funcs[1].va, 1);
	assert_ptr_equal(path.funcs[2].function, &names[N_RUNTIME]);
	assert_true(path.funcs[2].is_runtime);
	assert_null(path.funcs[3].function);
	assert_ptr_equal(path.funcs[3].module, &names[N_LIBC]);
	/* Behind them what was inlined, with whose code it is in. */
	assert_ptr_equal(path.funcs[4].function, &names[N_ACQUIRE]);
	assert_int_equal(path.funcs[4].va, 0);
	assert_ptr_equal(path.funcs[4].into, &names[N_GET]);
	assert_ptr_equal(path.funcs[5].function, &names[N_SMALL]);
	assert_ptr_equal(path.funcs[5].into, &names[N_TARGET]);
}

/* What takes next to nothing; more than there is room for; deeper than anybody looks. */
static void test_bounds(void **state)
{
	static struct name many[HUNT_MAX_PATH + 10];
	static struct hunt_node tree[HUNT_MAX_PATH + 10];
	struct hunt_node small = CODE(1, N_GET);
	struct hunt_path path;

	small.share = 0.049;
	find(&small, 1, &path);
	assert_int_equal(path.count, 0);
	small = (struct hunt_node)CODE(100000, N_GET);
	find(&small, 1, &path);
	assert_int_equal(path.count, 0);
	for (unsigned i = 0; i < HUNT_MAX_PATH + 10; i++) {
		many[i] = (struct name){.text = "main.f", .number = 100 + i};
		tree[i] = (struct hunt_node){
			.frame.place = {.function = &many[i], .va = 1}, .depth = i, .share = 1};
	}
	find(tree, HUNT_MAX_PATH + 10, &path);
	assert_int_equal(path.count, HUNT_MAX_PATH);
}

/* ---- how many are slow ---- */

static uint64_t call(struct world *world, uint64_t us, uint64_t long_us)
{
	world_enter(world, 1, us);
	world_leave(world, 1, us + long_us);
	return us + long_us + 1;
}

static void test_num_slow(void **state)
{
	struct world world;
	uint64_t us = 0;

	world_begin(&world, &(struct hunt_settings){.sample_ns = 1000000});
	assert_int_equal(hunt_num_slow(world.hunt, 0), 0);
	for (unsigned i = 0; i < 50; i++)
		us = call(&world, us, 10);
	assert_int_equal(hunt_num_slow(world.hunt, 0), 0);
	for (unsigned i = 0; i < 3; i++)
		us = call(&world, us, 40000 + 100 * i);
	assert_int_equal(hunt_num_slow(world.hunt, 0), 3);
	/* Who says what is slow is taken at his word. */
	assert_int_equal(hunt_num_slow(world.hunt, 40150000), 1);
	assert_int_equal(hunt_num_slow(world.hunt, 1000), 53);
	assert_int_equal(hunt_num_slow(world.hunt, 50000000), 0);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_num_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
