/* SPDX-License-Identifier: MIT */
/*
 * test_switch.c - functions lose their probes while a real program is traced: of all others every call
 * is seen, once. Needs root; skipped without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "go_program.h"
#include "source/live_internal.h"

/* Calls main.outer, and that main.inner, from four goroutines until its input ends; says how
 * often. */
static const char source[] =
	"package main\n"
	"import (\"fmt\"; \"os\"; \"sync\"; \"sync/atomic\")\n"
	"var ends atomic.Bool\n"
	"var calls, idle atomic.Int64\n"
	"//go:noinline\n"
	"func inner(x int) int { return x ^ 5 }\n"
	"//go:noinline\n"
	"func spare(x int) int { return x + 3 }\n"
	"//go:noinline\n"
	"func outer(x int) int { return inner(x) + spare(x) }\n"
	"//go:noinline\n"
	"func gone0() { idle.Add(1) }\n"
	"//go:noinline\n"
	"func gone1() { idle.Add(2) }\n"
	"//go:noinline\n"
	"func gone2() { idle.Add(3) }\n"
	"//go:noinline\n"
	"func gone3() { idle.Add(4) }\n"
	"//go:noinline\n"
	"func gone4() { idle.Add(5) }\n"
	"//go:noinline\n"
	"func gone5() { idle.Add(6) }\n"
	"//go:noinline\n"
	"func gone6() { idle.Add(7) }\n"
	"//go:noinline\n"
	"func gone7() { idle.Add(8) }\n"
	"func main() {\n"
	"	var all sync.WaitGroup\n"
	"	one := make([]byte, 1)\n"
	"	os.Stdin.Read(one)\n"
	"	for i := 0; i < 4; i++ {\n"
	"		all.Add(1)\n"
	"		go func() {\n"
	"			n := 0\n"
	"			for ; !ends.Load(); n++ { outer(n) }\n"
	"			calls.Add(int64(n))\n"
	"			all.Done()\n"
	"		}()\n"
	"	}\n"
	"	os.Stdin.Read(one)\n"
	"	ends.Store(true)\n"
	"	all.Wait()\n"
	"	fmt.Println(calls.Load())\n"
	"	os.Stdin.Read(one)\n"
	"	gone0(); gone1(); gone2(); gone3(); gone4(); gone5(); gone6(); gone7()\n"
	"}\n";

#define NUM_GOROUTINES 4

/* Those that lose their probes, one after the other. */
#define NUM_GONE 9

struct seen {
	const struct plan *plan;
	uint64_t entries[3], returns[3]; /* of main.inner, outer, spare */
	uint64_t num_ends; /* of processes */
	uint64_t num_left_out, num_lost, num_gaps, num_gap_ends, num_taken_off, num_states;
};

struct fixture {
	char folder[GO_MAX_PATH], program[GO_MAX_PATH + 16];
	struct gobin *bin;
	struct plan plan, plan_of_states; /* the same, and where goroutines change their states */
	struct modules *modules;
	struct event_clock clock;
	pid_t pid;
	FILE *in, *out;
};

static void must(struct error *err)
{
	if (err)
		fail_msg("%s", error_message(err));
}

static int number_of(const char *name)
{
	static const char *const names[] = {"main.inner", "main.outer", "main.spare"};

	for (int i = 0; i < 3; i++)
		if (!strcmp(name, names[i]))
			return i;
	return -1;
}

static void see(void *context, const struct record *record)
{
	struct seen *seen = context;
	const struct record_frame *at = (const struct record_frame *)record;
	int number;

	if (record->kind == RECORD_STATISTICS) {
		const __u64 *counts = ((const struct record_statistics *)record)->counts;

		seen->num_lost = counts[STAT_LOST];
		seen->num_left_out = counts[STAT_LEFT_OUT];
	}
	seen->num_ends += record->kind == RECORD_PROCESS_EXIT || record->kind == RECORD_EXEC;
	seen->num_gaps += record->kind == RECORD_GAP;
	seen->num_gap_ends += record->kind == RECORD_GAP_END;
	seen->num_taken_off += record->kind == RECORD_TAKEN_OFF;
	seen->num_states += record->kind == RECORD_STATE;
	if (record->kind != RECORD_ENTRY && record->kind != RECORD_RETURN)
		return;
	number = number_of(plan_site_func(seen->plan, &seen->plan->sites[at->site])->name);
	if (number >= 0)
		++*(record->kind == RECORD_ENTRY ? &seen->entries[number] : &seen->returns[number]);
}

static int setup(void **state)
{
	static struct fixture f;
	struct go_toolchain oldest, go;
	char path[GO_MAX_PATH + 16];
	struct selection selection = {
		.functions = (char *[]){"main.inner", "main.spare", "main.gone?"},
		.num_functions = 3,
		.targets = (char *[]){"main.outer"},
		.num_targets = 1,
	};

	if (geteuid() != 0)
		return 0;
	assert_true(go_toolchains(&oldest, &go) && go_folder(f.folder));
	snprintf(f.program, sizeof(f.program), "%s/p", f.folder);
	assert_true(go_write(f.folder, source, path));
	assert_true(go_build(&go, path, "", f.program));
	must(gobin_open(f.program, &f.bin));
	must(plan_make(f.bin, &selection, NULL, &f.plan));
	must(plan_make(f.bin, &selection, &(struct run_options){.states = true},
		       &f.plan_of_states));
	must(modules_new(&f.modules));
	event_clock_start(&f.clock);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (!f)
		return 0;
	plan_destroy(&f->plan);
	plan_destroy(&f->plan_of_states);
	modules_free(f->modules);
	gobin_close(f->bin);
	go_remove(f->folder);
	return 0;
}

static void start_program(struct fixture *f)
{
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	f->pid = fork();
	if (f->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl(f->program, "p", NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	f->in = fdopen(in[1], "w");
	f->out = fdopen(out[0], "r");
}

static void tell_program(struct fixture *f)
{
	fputc('\n', f->in);
	fflush(f->in);
}

/* What it says, and then it ends. */
static uint64_t end_program(struct fixture *f)
{
	unsigned long long calls = 0;

	tell_program(f);
	assert_int_equal(fscanf(f->out, "%llu", &calls), 1);
	return calls;
}

static struct source *start_source(struct fixture *f, struct seen *seen, enum attach_method method,
				   bool careful)
{
	struct live_options options = {
		.plan = seen->plan,
		.run = {.method = method,
			.emulate_ret = true,
			.ring_size = 1 << 26,
			.states = seen->plan == &f->plan_of_states},
		.only_pid = (uint32_t)f->pid,
		.careful = careful,
		.may_change = true,
		.modules = f->modules,
		.clock = &f->clock,
		.sink = {see, seen},
	};
	struct source *source_ = NULL;

	must(live_start(&options, &source_));
	return source_;
}

static void wait_for_change(struct source *source_)
{
	while (live_is_busy(source_))
		must(source_poll(source_, 1));
}

static uint32_t func_named(const struct fixture *f, const char *name)
{
	uint32_t func = 0;

	while (strcmp(f->plan.funcs[func].func->name, name))
		func++;
	return func;
}

/* Takes functions off that the program does not call meanwhile, and, in the middle of it, one that it
 * does. */
static void take_all_off(struct fixture *f, struct source *source_)
{
	static const char *const names[NUM_GONE] = {"main.gone0", "main.gone1", "main.gone2",
						    "main.gone3", "main.spare", "main.gone4",
						    "main.gone5", "main.gone6", "main.gone7"};

	for (size_t i = 0; i < NUM_GONE; i++) {
		uint32_t func = func_named(f, names[i]);

		must(live_take_off(source_, &func, 1));
		assert_true(live_is_busy(source_));
		wait_for_change(source_);
	}
}

static void stop_all(struct fixture *f, struct source *source_)
{
	source_look_away(source_, event_clock_now_ns(&f->clock));
	must(source_detach(source_));
	source_stop(source_);
	source_free(source_);
	if (f->in)
		fclose(f->in);
	fclose(f->out);
	assert_int_equal(waitpid(f->pid, NULL, 0), f->pid);
}

static void test_nothing_is_lost_or_doubled(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	uint64_t calls;

	if (!f || attach_best_method() != ATTACH_UPROBE_MULTI)
		skip();
	seen.plan = &f->plan;
	start_program(f);
	struct source *source_ = start_source(f, &seen, ATTACH_UPROBE_MULTI, false);
	size_t num_sites = live_num_sites(source_);
	tell_program(f);
	/* It calls that function before and after, however busy the machine is. */
	while (!seen.entries[2])
		must(source_poll(source_, 1));
	take_all_off(f, source_);
	while (seen.entries[1] <= seen.entries[2] + NUM_GOROUTINES)
		must(source_poll(source_, 1));
	calls = end_program(f);
	/* an entry and an exit each */
	assert_int_equal(live_num_sites(source_), num_sites - 2 * NUM_GONE);
	stop_all(f, source_);
	assert_int_equal(seen.num_lost, 0);
	assert_int_equal(seen.num_gaps, 0);
	assert_int_equal(seen.num_taken_off, NUM_GONE);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(seen.entries[i], calls);
		assert_int_equal(seen.returns[i], calls);
	}
	assert_in_range(seen.entries[2], 1, calls - 1);
}

/* By other methods there is a gap, which is told. */
static void test_gap(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	uint32_t func;
	uint64_t calls;

	if (!f)
		skip();
	seen.plan = &f->plan;
	start_program(f);
	struct source *source_ = start_source(f, &seen, ATTACH_TRACEFS, false);
	tell_program(f);
	func = func_named(f, "main.spare");
	must(live_take_off(source_, &func, 1));
	assert_int_equal(seen.num_gaps, 1);
	assert_int_equal(seen.num_taken_off, 1);
	assert_int_equal(seen.num_gap_ends, 0);
	wait_for_change(source_);
	assert_int_equal(seen.num_gaps, 1);
	assert_int_equal(seen.num_gap_ends, 1);
	memset(seen.entries, 0, sizeof(seen.entries));
	while (!seen.entries[0])
		must(source_poll(source_, 1));
	calls = end_program(f);
	stop_all(f, source_);
	assert_in_range(seen.entries[0], 1, calls);
}

/* Probes on all that was chosen. */
static void attach_all(struct source *source_, const struct plan *plan)
{
	uint32_t *sites = calloc(plan->num_sites, sizeof(*sites)), count = 0;

	for (uint32_t i = 0; i < plan->num_sites; i++)
		if (!site_is_own(&plan->sites[i]))
			sites[count++] = i;
	must(live_attach(source_, sites, count));
	free(sites);
	wait_for_change(source_);
}

/* Nothing of what was chosen has a probe until it is asked for, and nothing is told until
 * tracing begins. */
static void test_careful_begin(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	uint32_t num_chosen = 0, spare;
	uint64_t calls, *hits;

	if (!f)
		skip();
	seen.plan = &f->plan;
	hits = calloc(f->plan.num_sites, sizeof(*hits));
	for (uint32_t i = 0; i < f->plan.num_sites; i++)
		num_chosen += !site_is_own(&f->plan.sites[i]);
	spare = func_named(f, "main.spare");
	start_program(f);
	struct source *source_ = start_source(f, &seen, ATTACH_AUTO, true);
	size_t num_own = live_num_sites(source_);
	assert_int_equal(num_own, f->plan.num_sites - num_chosen);
	attach_all(source_, &f->plan);
	assert_int_equal(live_num_sites(source_), f->plan.num_sites);
	must(live_take_off(source_, &spare, 1));
	wait_for_change(source_);
	assert_int_equal(live_num_sites(source_), f->plan.num_sites - 2);
	live_begin(source_);
	tell_program(f);
	calls = end_program(f);
	live_hits(source_, hits);
	assert_int_equal(hits[f->plan.funcs[spare].first_site], 0);
	stop_all(f, source_);
	assert_int_equal(seen.entries[0], calls);
	assert_int_equal(seen.returns[1], calls);
	assert_int_equal(seen.entries[2], 0);
	assert_int_equal(seen.num_taken_off + seen.num_gaps + seen.num_gap_ends, 0);
	free(hits);
}

/* Its threads lose their processors, most of them inside a target. */
static void hold_up(const struct fixture *f, struct source *source_, const struct seen *seen)
{
	uint64_t calls = seen->entries[1];

	kill(f->pid, SIGSTOP);
	assert_int_equal(waitpid(f->pid, NULL, WUNTRACED), f->pid);
	kill(f->pid, SIGCONT);
	while (seen->entries[1] < calls + 100)
		must(source_poll(source_, 1));
}

/* Of goroutines whose states are left out before tracing begins nothing is told, nor that they have no
 * processor. */
static void test_states_left_out(void **state)
{
	struct fixture *f = *state;
	uint32_t *states, count;

	if (!f)
		skip();
	states = calloc(f->plan_of_states.num_sites, sizeof(*states));
	count = (uint32_t)plan_find_states(&f->plan_of_states, false, states);
	assert_true(count > 0);
	for (int are_left_out = 0; are_left_out < 2; are_left_out++) {
		struct seen seen = {.plan = &f->plan_of_states};

		start_program(f);
		struct source *source_ = start_source(f, &seen, ATTACH_AUTO, true);
		attach_all(source_, seen.plan);
		if (are_left_out) {
			must(live_take_off(source_, states, count));
			wait_for_change(source_);
		}
		live_begin(source_);
		tell_program(f);
		for (int i = 0; i < 20 || (!are_left_out && !seen.num_states); i++)
			hold_up(f, source_, &seen);
		end_program(f);
		stop_all(f, source_);
		assert_int_equal(seen.num_states > 0, !are_left_out);
	}
	free(states);
}

/* What programs send late is left out, and what ends while nothing is told is told when it goes on. */
static void test_rest(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	uint64_t returns;

	if (!f)
		skip();
	seen.plan = &f->plan;
	start_program(f);
	struct record_frame late = {.header = {.kind = RECORD_RETURN,
					       .size = sizeof(late),
					       .goid = 1,
					       .pid = (uint32_t)f->pid},
				    .site = f->plan.funcs[func_named(f, "main.outer")].first_site};
	struct source *source_ = start_source(f, &seen, ATTACH_AUTO, false);
	tell_program(f);
	while (seen.entries[1] < 100)
		must(source_poll(source_, 1));
	must(live_rest(source_));
	wait_for_change(source_);
	returns = seen.returns[1];
	assert_int_equal(live_handle_record(source_, &late, sizeof(late)), 0);
	assert_int_equal(seen.returns[1], returns);
	end_program(f);
	fclose(f->in);
	f->in = NULL;
	assert_int_equal(waitid(P_PID, (id_t)f->pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
	assert_int_equal(seen.num_ends, 0);
	must(live_wake(source_));
	wait_for_change(source_);
	live_begin(source_);
	assert_int_equal(seen.num_ends, 1);
	stop_all(f, source_);
	assert_int_equal(seen.num_ends, 1);
}

/* Some trees are seen whole, and the others counted. */
static void test_samples(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	uint64_t calls;

	if (!f)
		skip();
	seen.plan = &f->plan;
	start_program(f);
	struct source *source_ = start_source(f, &seen, ATTACH_AUTO, false);
	must(live_sample(source_, 4));
	tell_program(f);
	while (seen.entries[1] < 1000)
		must(source_poll(source_, 1));
	calls = end_program(f);
	stop_all(f, source_);
	assert_int_equal(seen.num_lost, 0);
	assert_int_equal(seen.entries[1] + seen.num_left_out, calls);
	assert_int_equal(seen.entries[0], seen.entries[1]);
	assert_int_equal(seen.returns[1], seen.entries[1]);
	/* a quarter of thousands: one in two or in eight it is not */
	assert_in_range(seen.entries[1], calls / 6, calls / 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_lost_or_doubled),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_careful_begin),
		cmocka_unit_test(test_states_left_out),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_samples),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
