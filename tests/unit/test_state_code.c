/* SPDX-License-Identifier: MIT */
/*
 * test_state_code.c - sites of goroutines' states in code that no Go makes: what cannot be probed
 * is left out, and what cannot be done without is an error.
 */
#include "state_programs.h"

#include <sys/stat.h>

#include "gofuncgraph/run_options.h"

static int setup(void **state)
{
	static struct programs programs;
	struct go_toolchain oldest, newest;

	if (!go_toolchains(&oldest, &newest) || !go_folder(programs.folder))
		return -1;
	*state = &programs;
	build(&programs, &oldest, false, "");
	build(&programs, &newest, false, "-ldflags='-s -w'");
	return 0;
}

/* A copy of the program with `length` bytes of it replaced wherever `old` is; at least once. */
static struct gobin *open_changed(const struct programs *programs, const struct gobin *bin,
				  const void *old, const void *new, size_t length)
{
	char path[GO_MAX_PATH + 32];
	FILE *file = fopen(gobin_path(bin), "r");
	struct stat status;
	struct gobin *changed;
	size_t count = 0;
	char *bytes, *at;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &status), 0);
	size_t size = (size_t)status.st_size;
	bytes = malloc(size);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, size, file), size);
	fclose(file);
	for (at = bytes; (at = memmem(at, size - (size_t)(at - bytes), old, length)); count++)
		memcpy(at, new, length);
	assert_true(count > 0);
	snprintf(path, sizeof(path), "%s/changed", programs->folder);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
	free(bytes);
	must(gobin_open(path, &changed));
	return changed;
}

/* The program with another beginning of that function. */
static struct gobin *open_with_code(const struct programs *programs, struct gobin *bin,
				    const char *name, const char *code, size_t length)
{
	size_t count;
	const struct gobin_func *funcs = gobin_funcs(bin, &count);
	uint8_t *new;

	while (count && strcmp(funcs->name, name))
		funcs++, count--;
	assert_true(count > 0 && length <= funcs->size);
	new = malloc(funcs->size);
	assert_non_null(new);
	memset(new, 0xc3, funcs->size);
	memcpy(new, code, length);
	bin = open_changed(programs, bin, bytes_at(bin, funcs->va, funcs->size), new, funcs->size);
	free(new);
	return bin;
}

static void expect_error(struct error *err, const char *text, const char *other)
{
	assert_non_null(err);
	if (!strstr(error_message(err), text) || !strstr(error_message(err), other))
		fail_msg("no '%s' and '%s' in: %s", text, other, error_message(err));
	error_free(err);
}

/* All that needs it says that it is not there, or cannot be probed, and why. */
static void check_errors(struct gobin *bin, const char *name, const char *text)
{
	char *functions[] = {"main.main"};
	const struct selection selection = {.functions = functions, .num_functions = 1};
	struct run_options options = {0};
	bool follow = !strcmp(name, "runtime.newproc1");
	struct plan plan;

	options.states = follow;
	options.follow = !follow;
	must(plan_make(bin, &selection, &options, &plan));
	plan_destroy(&plan);
	options.states = options.follow = true;
	expect_error(plan_make(bin, &selection, &options, &plan), name, text);
	plan_destroy(&plan);
	if (follow)
		must(plan_make_states(bin, &plan));
	else
		expect_error(plan_make_states(bin, &plan), name, text);
	plan_destroy(&plan);
	gobin_close(bin);
}

static void test_errors(void **state)
{
	struct programs *programs = *state;

	for (size_t i = 0; i < programs->count; i++) {
		struct gobin *bin = programs->items[i].bin;

		check_errors(
			open_changed(programs, bin, "runtime.casgstatus", "runtime.cas?status", 19),
			"runtime.casgstatus", "no function");
		check_errors(
			open_changed(programs, bin, "runtime.newproc1", "runtime.newprocX", 17),
			"runtime.newproc1", "no function");
		check_errors(open_with_code(programs, bin, "runtime.casgstatus", "\x06\x06", 2),
			     "runtime.casgstatus", "decoded");
		check_errors(open_with_code(programs, bin, "runtime.newproc1", "\x06\x06", 2),
			     "runtime.newproc1", "decoded");
	}
}

/* Code of casgstatus: where its site is then, and how far rsp is from the return address. */
static const struct {
	const char *code;
	size_t length;
	uint32_t offset, sp_delta;
} arguments_cases[] = {
	/* sub $0x108,%rsp; mov %rax,(%rsp); push %rbx */
	{"\x48\x81\xec\x08\x01\x00\x00\x48\x89\x04\x24\x53", 12, 11, 0x108},
	/* sub $0x40,%rsp; add $-0x80,%rsp; test %rax,%rax; je +0 */
	{"\x48\x83\xec\x40\x48\x83\xc4\x80\x48\x85\xc0\x74\x00", 13, 11, 0xc0},
	/* cmp %rbx,(%rsp); call +0 */
	{"\x48\x39\x1c\x24\xe8\x00\x00\x00\x00", 9, 4, 0},
	/* mov %bx,(%rsp); and what writes an argument; nop */
	{"\x66\x89\x1c\x24\x89\xc1\x90", 7, 0, 0}, /* mov %eax,%ecx */
	{"\x66\x89\x1c\x24\xb7\x01\x90", 7, 0, 0}, /* mov $1,%bh */
	{"\x66\x89\x1c\x24\x0f\xb0\x0c\x24\x90", 9, 0, 0}, /* cmpxchg %cl,(%rsp) */
	/* rsp: lost, above the return address, further than is followed */
	{"\x66\x89\x1c\x24\x48\x8d\x64\x24\xf8\x90", 10, 0, 0},
	{"\x66\x89\x1c\x24\x48\x83\xc4\x08\x90", 9, 0, 0},
	{"\x48\x81\xec\x00\x00\x01\x00\x90", 8, 0, 0},
	/* mov %bx,(%rsp); jmp *%rsi; nop */
	{"\x66\x89\x1c\x24\xff\xe6\x90", 7, 0, 0},
	/* mov %bx,(%rsp); nop; jmp back to it */
	{"\x66\x89\x1c\x24\x90\xeb\xfd", 7, 0, 0},
};

static void test_arguments(void **state)
{
	struct programs *programs = *state;

	for (size_t i = 0; i < sizeof(arguments_cases) / sizeof(*arguments_cases); i++) {
		struct gobin *bin =
			open_with_code(programs, programs->items[0].bin, "runtime.casgstatus",
				       arguments_cases[i].code, arguments_cases[i].length);
		const struct plan_func *func;
		struct plan plan;

		must(plan_make_states(bin, &plan));
		func = find_own(&plan, "runtime.casgstatus");
		assert_non_null(func);
		assert_int_equal(func->num_sites, 1);
		assert_int_equal(plan.sites[func->first_site].va - func->func->va,
				 arguments_cases[i].offset);
		assert_int_equal(plan.sites[func->first_site].sp_delta,
				 arguments_cases[i].sp_delta);
		plan_destroy(&plan);
		gobin_close(bin);
	}
}

/* Code of castogscanstatus, behind a `push %rbp`, with g.atomicstatus' offset as S. One site is
 * expected, or one omission, which says this. */
static const struct {
	const char *code;
	size_t length;
	uint32_t offset;
	uint8_t g, status; /* registers */
	const char *omission;
} swap_cases[] = {
	/* lock cmpxchg %r9d,S(%r12); nop */
	{"\xf0\x45\x0f\xb1\x8c\x24S\0\0\0\x90", 11, 11, 12, 9, NULL},
	/* lock cmpxchg %ecx,S(%rbx); sete %dl; test %dl,%dl; je +0: at the jump */
	{"\xf0\x0f\xb1\x8bS\0\0\0\x0f\x94\xc2\x84\xd2\x74\0", 15, 14, 3, 1, NULL},
	/* ...; sete of %cl, %bl, %al, which are needed; test of another; no jump behind it */
	{"\xf0\x0f\xb1\x8bS\0\0\0\x0f\x94\xc1\x84\xc9\x74\0", 15, 9, 3, 1, NULL},
	{"\xf0\x0f\xb1\x8bS\0\0\0\x0f\x94\xc3\x84\xdb\x74\0", 15, 9, 3, 1, NULL},
	{"\xf0\x0f\xb1\x8bS\0\0\0\x0f\x94\xc0\x84\xc0\x74\0", 15, 9, 3, 1, NULL},
	{"\xf0\x0f\xb1\x8bS\0\0\0\x0f\x94\xc2\x84\xd0\x74\0", 15, 9, 3, 1, NULL},
	{"\xf0\x0f\xb1\x8bS\0\0\0\x0f\x94\xc2\x84\xd2\xc3", 14, 9, 3, 1, NULL},
	/* ...; a jump back to between them */
	{"\xf0\x0f\xb1\x8bS\0\0\0\x0f\x94\xc2\x84\xd2\x74\xfc", 15, 14, 0, 0, "jumps"},
	/* lock cmpxchg %ecx,S(%rbx,%rdi): with an index */
	{"\xf0\x0f\xb1\x8c\x3bS\0\0\0\x90", 10, 1, 0, 0, "not in a register"},
	/* with %fs */
	{"\x64\xf0\x0f\xb1\x8bS\0\0\0\x90", 10, 1, 0, 0, "not in a register"},
	/* lock cmpxchg %ecx,S(%rbx); lock incl (%rax) */
	{"\xf0\x0f\xb1\x8bS\0\0\0\xf0\xff\x00", 11, 1, 0, 0, "kernel"},
	/* ...; sete %al; jmp to the sete */
	{"\xf0\x0f\xb1\x8bS\0\0\0\x0f\x94\xc0\xeb\xfb", 13, 9, 0, 0, "jumps"},
	/* not locked; 64 bits; of the stack; another field; without a base */
	{"\x0f\xb1\x8bS\0\0\0\x90", 8, 0, 0, 0, "not known"},
	{"\xf0\x48\x0f\xb1\x8bS\0\0\0\x90", 10, 0, 0, 0, "not known"},
	{"\xf0\x0f\xb1\x8c\x24S\0\0\0\x90", 10, 0, 0, 0, "not known"},
	{"\xf0\x0f\xb1\x8bS\1\0\0\x90", 9, 0, 0, 0, "not known"},
	{"\xf0\x0f\xb1\x0c\x25S\0\0\0\x90", 10, 1, 0, 0, "not in a register"},
};

static void check_swap_case(struct gobin *bin, size_t i)
{
	const struct plan_func *func;
	struct plan plan;

	must(plan_make_states(bin, &plan));
	func = find_own(&plan, "runtime.castogscanstatus");
	assert_non_null(func);
	if (swap_cases[i].omission) {
		const struct omission *omission = plan.omissions;

		assert_int_equal(func->num_sites, 0);
		assert_int_equal(plan.num_omissions, 1);
		assert_ptr_equal(omission->func, func->func);
		assert_int_equal(omission->va - func->func->va, swap_cases[i].offset);
		assert_non_null(strstr(omission->reason, swap_cases[i].omission));
	} else {
		assert_int_equal(plan.num_omissions, 0);
		assert_int_equal(func->num_sites, 1);
		assert_int_equal(plan.sites[func->first_site].va - func->func->va,
				 swap_cases[i].offset);
		assert_int_equal(plan.sites[func->first_site].kind, SITE_STATE_SWAP);
		assert_int_equal(plan.sites[func->first_site].flags,
				 swap_cases[i].offset == 14 ? SITE_SWAP_TESTED : 0);
		assert_int_equal(plan.sites[func->first_site].g_register, swap_cases[i].g);
		assert_int_equal(plan.sites[func->first_site].old_register, 0);
		assert_int_equal(plan.sites[func->first_site].new_register, swap_cases[i].status);
	}
	plan_destroy(&plan);
}

static void test_swaps(void **state)
{
	struct programs *programs = *state;
	struct gobin *bin = programs->items[0].bin;
	struct gobin_layout layout;

	must(gobin_layout(bin, &layout));
	for (size_t i = 0; i < sizeof(swap_cases) / sizeof(*swap_cases); i++) {
		char code[17] = {0x55};
		struct gobin *changed;

		memcpy(code + 1, swap_cases[i].code, swap_cases[i].length);
		*(char *)memchr(code, 'S', sizeof(code)) = (char)layout.g_atomicstatus;
		changed = open_with_code(programs, bin, "runtime.castogscanstatus", code,
					 swap_cases[i].length + 1);
		check_swap_case(changed, i);
		gobin_close(changed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_swaps),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
