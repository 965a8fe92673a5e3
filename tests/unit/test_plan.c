/* SPDX-License-Identifier: MIT */
/* test_plan.c - selections and the plans they make, on a program of each end of Go's versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "go_program.h"
#include "gofuncgraph/plan.h"
#include "probe/select/choose.h"
#include "probe/select/inlined.h"

static const char source[] =
	"package main\n"
	"\n"
	"import \"os\"\n"
	"\n"
	"type T struct{ n int }\n"
	"type myT struct{ n int }\n"
	"\n"
	"//go:noinline\n"
	"func (t *T) Get(x int) int { println(x); return t.n + x }\n"
	"\n"
	"//go:noinline\n"
	"func (t *myT) Get(x int) int { println(x); return t.n - x }\n"
	"\n"
	"//go:noinline\n"
	"func empty() {}\n"
	"\n"
	"//go:noinline\n"
	"func Map[K comparable, V any](m map[K]V, k K) V { println(len(m)); return m[k] }\n"
	"\n"
	"func small(x int) int { return x*len(os.Args) + 1 }\n"
	"\n"
	"//go:noinline\n"
	"func handleBar() { println(small(len(os.Args))); empty() }\n"
	"\n"
	"func main() {\n"
	"	handleBar()\n"
	"	println((&T{1}).Get(2), (&myT{1}).Get(2), Map(map[string]int{}, \"a\"))\n"
	"	defer func() { recover() }()\n"
	"	panic(1)\n"
	"}\n";

struct programs {
	char folder[GO_MAX_PATH];
	struct gobin
		*bins[6]; /* oldest and newest Go, plain and stripped; the last two: for arm64 */
	size_t count;
};

static void build(struct programs *programs, const struct go_toolchain *go, const char *options)
{
	char path[GO_MAX_PATH + 32], source_path[GO_MAX_PATH + 32];

	assert_true(go_write(programs->folder, source, source_path));
	snprintf(path, sizeof(path), "%s/program%zu", programs->folder, programs->count);
	assert_true(go_build(go, source_path, options, path));
	struct error *err = gobin_open(path, &programs->bins[programs->count]);
	if (err)
		fail_msg("%s", error_message(err));
	programs->count++;
}

static int setup(void **state)
{
	static struct programs programs;
	struct go_toolchain oldest, newest;

	if (!go_toolchains(&oldest, &newest) || !go_folder(programs.folder))
		return -1;
	build(&programs, &oldest, "");
	build(&programs, &oldest, "-ldflags='-s -w'");
	build(&programs, &newest, "");
	build(&programs, &newest, "-ldflags='-s -w' -buildmode=pie");
	*state = &programs;
	return 0;
}

static int teardown(void **state)
{
	struct programs *programs = *state;

	for (size_t i = 0; i < programs->count; i++)
		gobin_close(programs->bins[i]);
	go_remove(programs->folder);
	return 0;
}

/* Both lists are NULL-terminated. */
static struct error *make(struct gobin *bin, char **functions, char **targets, struct plan *plan)
{
	struct selection selection = {.functions = functions, .targets = targets};

	while (functions[selection.num_functions])
		selection.num_functions++;
	while (targets[selection.num_targets])
		selection.num_targets++;
	return plan_make(bin, &selection, NULL, plan);
}

#define LIST(...) ((char *[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static const struct plan_func *find(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->num_funcs; i++) {
		if (!strcmp(plan->funcs[i].func->name, name))
			return &plan->funcs[i];
	}
	return NULL;
}

static size_t num_shown(const struct plan *plan)
{
	return plan->num_funcs;
}

/* Of all functions; the tracer's own are the last. */
static const struct plan_func *nth_func(const struct plan *plan, size_t i)
{
	return i < plan->num_funcs ? &plan->funcs[i] : &plan->runtime_funcs[i - plan->num_funcs];
}

static void check_site(const struct plan *plan, const struct plan_func *func, size_t i)
{
	const struct site *site = &plan->sites[i];
	bool is_first = i == func->first_site,
	     is_own = func >= plan->runtime_funcs &&
		      func < plan->runtime_funcs + plan->num_runtime_funcs;
	uint64_t off, cookie = plan_cookie(plan, i);
	size_t length = 16;
	const uint8_t *code = gobin_bytes(plan->bin, site->va, &length);

	assert_ptr_equal(plan_site_func(plan, site), func->func);
	assert_true(site->va >= func->func->va && site->va < func->func->va + func->func->size);
	assert_true(gobin_va_to_off(plan->bin, site->va, &off) && off == site->off);
	assert_non_null(code);
	assert_null(arch_x86_64.refusal(
		&(struct code){.arch = &arch_x86_64, .bytes = code, .size = length}, 0));
	assert_int_equal(site->flags & SITE_TARGET, is_first && func->target ? SITE_TARGET : 0);
	assert_int_equal(site_is_own(site), is_own || site->kind == SITE_RESUME);
	assert_int_equal(site_is_exit(site), !site_is_own(site) && !is_first);
	assert_int_equal(SITE_COOKIE_INDEX(cookie), i);
	assert_int_equal(SITE_COOKIE_FLAGS(cookie), site->flags);
}

/* What holds for every plan. */
static void check_plan(const struct plan *plan)
{
	size_t next_site = 0;

	for (size_t i = 0; i < plan->num_funcs + plan->num_runtime_funcs; i++) {
		const struct plan_func *func = nth_func(plan, i);

		if (i && i < plan->num_funcs)
			assert_true(func[-1].func->va < func->func->va);
		assert_int_equal(func->first_site, next_site);
		for (uint32_t k = 0; k < func->num_sites; k++, next_site++)
			check_site(plan, func, next_site);
	}
	assert_int_equal(next_site, plan->num_sites);
}

static void expect(struct gobin *bin, char **functions, char **targets, struct plan *plan)
{
	struct error *err = make(bin, functions, targets, plan);

	if (err)
		fail_msg("%s", error_message(err));
	check_plan(plan);
}

/* The error holds all of these texts. */
static void expect_error(struct gobin *bin, char **functions, char **targets, char **texts)
{
	struct plan plan;
	struct error *err = make(bin, functions, targets, &plan);

	assert_non_null(err);
	for (; *texts; texts++) {
		if (!strstr(error_message(err), *texts))
			fail_msg("no '%s' in: %s", *texts, error_message(err));
	}
	error_free(err);
	plan_destroy(&plan);
}

static void test_functions_and_targets(void **state)
{
	struct programs *programs = *state;
	struct plan plan;

	for (size_t i = 0; i < programs->count; i++) {
		struct gobin *bin = programs->bins[i];

		/* no target: every function is one */
		expect(bin, LIST("main.*"), LIST(), &plan);
		assert_true(find(&plan, "main.main")->target);
		assert_true(find(&plan, "main.handleBar")->target);
		assert_null(find(&plan, "runtime.main"));
		plan_destroy(&plan);

		/* targets are shown, also when no -u names them */
		expect(bin, LIST("main.main"), LIST("*handleBar"), &plan);
		assert_int_equal(num_shown(&plan), 2);
		assert_false(find(&plan, "main.main")->target);
		assert_true(find(&plan, "main.handleBar")->target);
		assert_non_null(find(&plan, "main.handleBar"));
		plan_destroy(&plan);

		expect(bin, LIST(), LIST("main.empty"), &plan);
		assert_int_equal(num_shown(&plan), 1);
		assert_int_equal(find(&plan, "main.empty")->num_sites, 2);
		plan_destroy(&plan);

		/* in the user's order */
		expect(bin, LIST("main.*", "!main.*a*", "main.main"), LIST(), &plan);
		assert_non_null(find(&plan, "main.main"));
		assert_non_null(find(&plan, "main.empty"));
		assert_null(find(&plan, "main.handleBar"));
		plan_destroy(&plan);
	}
}

static void test_literal_first(void **state)
{
	struct programs *programs = *state;
	struct plan plan;

	for (size_t i = 0; i < programs->count; i++) {
		expect(programs->bins[i], LIST(), LIST("main.(*T).Get"), &plan);
		assert_int_equal(num_shown(&plan), 1);
		plan_destroy(&plan);
		expect(programs->bins[i], LIST(), LIST("main.(*).Get"), &plan);
		assert_int_equal(num_shown(&plan), 2);
		plan_destroy(&plan);
		expect(programs->bins[i], LIST(), LIST("main.Map[...]"), &plan);
		assert_int_equal(num_shown(&plan), 1);
		plan_destroy(&plan);
	}
}

static void test_entry_is_cheap(void **state)
{
	struct programs *programs = *state;
	struct plan plan;

	for (size_t i = 0; i < programs->count; i++) {
		expect(programs->bins[i], LIST("main.handleBar"), LIST(), &plan);
		const struct site *entry = &plan.sites[0];
		assert_int_equal(entry->kind, SITE_ENTRY);
		assert_int_equal(entry->cost, SITE_EMULATED);
		if (gobin_minor_version(programs->bins[i]) >= 21)
			assert_string_equal(plan.mnemonics[0], "push");
		else
			assert_int_equal(entry->flags & SITE_BEHIND_CHECK, SITE_BEHIND_CHECK);
		plan_destroy(&plan);
	}
}

static void test_runtime(void **state)
{
	struct programs *programs = *state;
	struct plan plan;

	for (size_t i = 0; i < programs->count; i++) {
		uint32_t kinds = 0;

		expect(programs->bins[i], LIST("main.main"), LIST(), &plan);
		assert_int_equal(plan.num_runtime_funcs, 2);
		for (size_t j = 0; j < plan.num_sites; j++) {
			if (!site_is_own(&plan.sites[j]))
				continue;
			kinds |= 1u << plan.sites[j].kind;
			if (plan.sites[j].kind == SITE_UNWIND)
				assert_string_equal(plan.mnemonics[j], "call");
		}
		assert_int_equal(kinds, 1 << SITE_UNWIND | 1 << SITE_GOEXIT);
		plan_destroy(&plan);

		/* the user's own site does both */
		expect(programs->bins[i], LIST("runtime.goexit0"), LIST(), &plan);
		assert_int_equal(plan.num_runtime_funcs, 1);
		assert_int_equal(plan.sites[0].kind, SITE_ENTRY);
		assert_int_equal(plan.sites[0].flags & (SITE_ENDS_GOROUTINE | SITE_TARGET),
				 SITE_ENDS_GOROUTINE | SITE_TARGET);
		plan_destroy(&plan);

		/* what leaves by a jump to another stack is seen there, and only then */
		expect(programs->bins[i], LIST("runtime.park_m"), LIST(), &plan);
		assert_int_equal(plan.num_runtime_funcs, 3);
		kinds = 0;
		for (size_t j = 0; j < plan.num_sites; j++) {
			kinds |= 1u << plan.sites[j].kind;
			if (plan.sites[j].kind == SITE_RESUME)
				assert_string_equal(plan.mnemonics[j], "jmp");
		}
		assert_true(kinds & 1 << SITE_RESUME);
		plan_destroy(&plan);

		/* the user's own exit is no other */
		expect(programs->bins[i], LIST("gogo"), LIST(), &plan);
		assert_int_equal(plan.num_runtime_funcs, 2);
		assert_int_equal(plan.sites[1].kind, SITE_RESUME);
		assert_int_equal(plan.sites[1].flags, 0);
		plan_destroy(&plan);

		expect(programs->bins[i], LIST("main.main", "!runtime.recovery"), LIST(), &plan);
		assert_int_equal(plan.num_runtime_funcs, 1);
		plan_destroy(&plan);
	}
}

static void test_errors(void **state)
{
	struct programs *programs = *state;

	for (size_t i = 0; i < programs->count; i++) {
		struct gobin *bin = programs->bins[i];

		expect_error(bin, LIST(), LIST(), LIST("-u GLOB"));
		expect_error(bin, LIST("!main.*"), LIST(), LIST("-u GLOB"));
		expect_error(bin, LIST("main.*", "!*"), LIST(), LIST("taken out again"));
		expect_error(bin, LIST("main.*"), LIST("*handelBar"),
			     LIST("target", "'*handelBar'", "did you mean", "main.handleBar"));
		expect_error(bin, LIST("main.HandleBar"), LIST(), LIST("main.handleBar"));
		expect_error(bin, LIST("qwertyuiop*"), LIST(), LIST("'qwertyuiop*'"));
		expect_error(bin, LIST("*"), LIST("*qwertyuiop"), LIST("'*qwertyuiop'"));
		expect_error(bin, LIST(), LIST("main.small"), LIST("inlined", "main.handleBar"));
		expect_error(bin, LIST(), LIST("runtime.abort"), LIST("runtime.abort"));
	}
}

static void test_omissions(void **state)
{
	struct programs *programs = *state;
	struct plan plan;
	const struct plan_func *abort_func;

	for (size_t i = 0; i < programs->count; i++) {
		expect(programs->bins[i], LIST("runtime.a*"), LIST(), &plan);
		assert_true(plan.num_omissions > 0);
		abort_func = find(&plan, "runtime.abort");
		if (!abort_func)
			abort_func = find(&plan, "runtime.abort.abi0");
		assert_non_null(abort_func);
		assert_int_equal(abort_func->num_sites, 0);
		plan_destroy(&plan);
	}
}

/* Everything can be planned, and all entries behind a check are cheap. */
static void test_everything(void **state)
{
	struct programs *programs = *state;
	struct plan plan;

	for (size_t i = 0; i < programs->count; i++) {
		size_t emulated = 0, entries = 0, refused = 0;

		expect(programs->bins[i], LIST("*"), LIST(), &plan);
		for (size_t j = 0; j < num_shown(&plan); j++) {
			const struct plan_func *func = &plan.funcs[j];

			refused += !func->num_sites;
			if (!func->num_sites)
				continue;
			entries++;
			emulated += plan.sites[func->first_site].cost == SITE_EMULATED;
		}
		assert_true(emulated > entries / 2);
		/* AVX-512 (26 functions of Go 1.26), atomics, marks */
		assert_true(refused < 60);
		/* sig.StandardCrypto is data behind a jump; nothing else is undecodable */
		for (size_t j = 0; j < plan.num_omissions; j++) {
			const struct omission *omission = &plan.omissions[j];
			const char *name = omission->func->name;

			if (strstr(omission->reason, "decoded") && !strstr(name, "/sig."))
				fail_msg("%s: %s", name, omission->reason);
		}
		plan_destroy(&plan);
	}
}

static void test_inlined(void **state)
{
	struct programs *programs = *state;

	for (size_t i = 0; i < programs->count; i++) {
		struct pattern_list list;
		struct pattern_list *lists[] = {&list, NULL};
		struct inlined inlined;

		assert_null(pattern_list_prepare(LIST("main.*"), 1, false, &list));
		assert_null(inlined_find(programs->bins[i], lists, &inlined));
		assert_int_equal(inlined.count, 1);
		assert_string_equal(inlined.places[0].name, "main.small");
		assert_string_equal(inlined.places[0].into->name, "main.handleBar");
		assert_int_equal(inlined.places[0].call.line, 23);
		inlined_release(&inlined);
		pattern_list_release(&list);
	}
}

/* No site needs thread-local storage, which the kernel may know late there (bpf/arch/arm64.h). The last
 * test: it adds programs. */
static void test_goroutine_on_arm64(void **state)
{
	struct programs *programs = *state;
	struct go_toolchain oldest, newest;
	size_t first = programs->count;

	assert_true(go_toolchains(&oldest, &newest));
	oldest.goarch = newest.goarch = "arm64";
	build(programs, &oldest, "");
	build(programs, &newest, "-ldflags='-s -w' -buildmode=pie");
	for (size_t i = first; i < programs->count; i++) {
		struct plan plan;

		assert_null(make(programs->bins[i], LIST("*"), LIST("main.handleBar"), &plan));
		assert_true(plan.num_sites > 1000);
		for (size_t j = 0; j < plan.num_sites; j++)
			assert_false(plan.sites[j].flags & SITE_TLS);
		plan_destroy(&plan);
	}
}

/* Entries of functions with a list have its number, and which of its values are not known there. */
static void test_values(void **state)
{
	struct programs *programs = *state;
	struct plan plan;

	for (size_t i = 0; i < 4; i++) {
		struct gobin *bin = programs->bins[i];

		expect(bin, LIST("main.*(a=%ax:u8)"),
		       LIST("main.handleBar(b=%bx:u8, %r12:u8)", "main.empty()"), &plan);
		assert_int_equal(plan.values.count, 3);
		for (size_t j = 0; j < plan.num_funcs; j++) {
			const struct plan_func *func = &plan.funcs[j];
			const struct site *entry = &plan.sites[func->first_site];
			bool is_empty = !strcmp(func->func->name, "main.empty");
			size_t number = !strcmp(func->func->name, "main.handleBar");

			if (!func->num_sites)
				continue;
			assert_int_equal(entry->flags & SITE_VALUES, is_empty ? 0 : SITE_VALUES);
			assert_int_equal(entry->values, is_empty ? 0 : number);
			/* Its frame is small: nothing is changed before the probe. */
			if (number)
				assert_int_equal(entry->unknown_values, 0);
			for (size_t k = 1; k < func->num_sites; k++)
				assert_int_equal(entry[k].flags & SITE_VALUES, 0);
		}
		assert_null(find(&plan, "runtime.main"));
		struct error *err = plan_refuse_values(&plan, "a test");
		assert_non_null(strstr(error_message(err), "a test shows no values"));
		error_free(err);
		plan_destroy(&plan);

		expect(bin, LIST("main.*"), LIST(), &plan);
		assert_null(plan_refuse_values(&plan, "a test"));
		plan_destroy(&plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions_and_targets),
		cmocka_unit_test(test_literal_first),
		cmocka_unit_test(test_entry_is_cheap),
		cmocka_unit_test(test_runtime),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_omissions),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_inlined),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_goroutine_on_arm64),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
