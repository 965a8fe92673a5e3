/* SPDX-License-Identifier: MIT */
/* test_activity.c - in which functions a Go program is, without any probe. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "go_program.h"
#include "gofuncgraph/run_options.h"
#include "guard/activity.h"

static const char source[] =
	"package main\n"
	"//go:noinline\n"
	"func busy(n int) int { for i := 0; i < 1000; i++ { n += i * n }; return n }\n"
	"//go:noinline\n"
	"func caller(n int) int { return busy(n) + 1 }\n"
	"//go:noinline\n"
	"func idle(n int) int { return n + 2 }\n"
	"func main() {\n"
	"	n := 0\n"
	"	for n != 1 { n = caller(n) | 2 }\n"
	"	idle(n)\n"
	"}\n";

struct fixture {
	char folder[GO_MAX_PATH], program[GO_MAX_PATH + 16];
	struct gobin *bin;
	struct plan plan;
	pid_t pid;
};

static void must(struct error *err)
{
	if (err)
		fail_msg("%s", error_message(err));
}

/* False: there is no Go. */
static bool start(struct fixture *f, const char *options)
{
	char *functions[] = {"main.busy", "main.main", "main.idle"};
	const struct selection selection = {
		.functions = functions, .num_functions = 3, .targets = functions, .num_targets = 3};
	struct go_toolchain oldest, newest;
	char path[GO_MAX_PATH + 16];

	if (!go_toolchains(&oldest, &newest))
		return false;
	assert_true(go_folder(f->folder));
	snprintf(f->program, sizeof(f->program), "%s/program", f->folder);
	assert_true(go_write(f->folder, source, path));
	assert_true(go_build(&newest, path, options, f->program));
	must(gobin_open(f->program, &f->bin));
	must(plan_make(f->bin, &selection, NULL, &f->plan));
	f->pid = fork();
	if (!f->pid) {
		execl(f->program, f->program, NULL);
		_exit(127);
	}
	return true;
}

static void stop(struct fixture *f)
{
	kill(f->pid, SIGKILL);
	waitpid(f->pid, NULL, 0);
	plan_destroy(&f->plan);
	gobin_close(f->bin);
	go_remove(f->folder);
}

static uint32_t seen_in(const struct fixture *f, const struct activity *activity, const char *name)
{
	for (size_t i = 0; i < f->plan.num_funcs; i++)
		if (!strcmp(f->plan.funcs[i].func->name, name))
			return activity_seen(activity)[i];
	fail_msg("%s is not in the plan", name);
	return 0;
}

/* All processes that run it, or this one. A function that needs no frame hides its caller, but not
 * those above. */
static void look(struct fixture *f, pid_t only)
{
	struct activity *activity = activity_begin(&f->plan, only);

	if (!activity)
		return;
	while (activity_num_samples(activity) < 50) {
		usleep(10000);
		activity_look(activity);
	}
	assert_in_range(seen_in(f, activity, "main.busy"), 25, activity_num_samples(activity));
	assert_in_range(seen_in(f, activity, "main.main"), 25, activity_num_samples(activity));
	assert_int_equal(seen_in(f, activity, "main.idle"), 0);
	activity_end(activity);
}

static void check(const char *options)
{
	struct fixture f = {};

	if (!start(&f, options))
		skip();
	look(&f, f.pid);
	look(&f, 0);
	stop(&f);
}

static void test_program(void **state)
{
	check("");
}

static void test_pie(void **state)
{
	check("-buildmode=pie");
}

/* What happens in a process that was not asked for. */
static void test_others(void **state)
{
	struct fixture f = {};
	struct activity *activity;

	if (!start(&f, ""))
		skip();
	activity = activity_begin(&f.plan, getpid());
	for (int i = 0; i < 20 && activity; i++) {
		usleep(10000);
		activity_look(activity);
	}
	if (activity)
		assert_int_equal(activity_num_samples(activity), 0);
	activity_end(activity);
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_pie),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
