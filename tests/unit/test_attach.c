// SPDX-License-Identifier: MIT
/*
 * test_attach.c - attaching to a real program with real probes, and what is left when the tracer
 * ends: nothing, however it ends. Needs root; skipped without.
 */
#include "attach_fixture.h"

#include <errno.h>
#include <poll.h>

static void test_names(void **state)
{
	assert_string_equal(attach_method_name(ATTACH_UPROBE_MULTI), "uprobe_multi");
	assert_string_equal(attach_method_name(ATTACH_TRACEFS), "tracefs");
	assert_string_equal(attach_method_name(ATTACH_PERF_EVENT), "perf_event");
	assert_non_null(attach_hint(EPERM));
	assert_null(attach_hint(EINVAL));
}

/* Every call is counted, in a program that ran before and one that starts later, and after the end
 * nothing is. */
static void test_counts(void **state)
{
	struct fixture *f = need_root(state);
	for (size_t i = 0; i < 3; i++) {
		enum attach_method method = all_methods[i];
		if (!is_usable(method))
			continue;
		size_t num_funcs = num_funcs_for(method);
		make_sites(f, num_funcs);
		clear_counters(f);
		struct attach_options options = make_options(f, method);
		struct attachment *attachment = start(f, &options);
		assert_int_equal(attachment_method(attachment), method);
		assert_int_equal(attachment_num_sites(attachment), f->num_sites);

		call_functions(&f->running, num_funcs + 20);
		check_counters(f, options.has_cookies, num_funcs + 20, 1);
		struct target later = start_target(f->program);
		assert_false(has_clean_text(&later));
		call_functions(&later, num_funcs);
		check_counters(f, options.has_cookies, num_funcs, 2);

		attachment_stop(attachment);
		close_programs(&options);
		assert_true(has_clean_text(&f->running));
		assert_true(has_clean_text(&later));
		call_functions(&f->running, num_funcs);
		call_functions(&later, num_funcs);
		check_counters(f, options.has_cookies, num_funcs, 2);
		stop_target(&later);
	}
}

/* Before Linux 5.15 there are no cookies, and no links to perf events. */
static void test_without_cookies(void **state)
{
	struct fixture *f = need_root(state);
	make_sites(f, 4);
	clear_counters(f);
	struct attach_options options = {.method = ATTACH_PERF_EVENT,
					 .num_programs = PROGRAM_COUNT};
	for (int i = 0; i < PROGRAM_COUNT; i++)
		options.program_fds[i] = load_counter(f, ATTACH_PERF_EVENT, false, MAX_SITES + i);
	struct attachment *attachment = start(f, &options);
	call_functions(&f->running, 10);
	check_counters(f, false, 10, 1);
	attachment_stop(attachment);
	close_programs(&options);
	assert_true(has_clean_text(&f->running));
}

/* Where the kernel can tell processes apart, only the one that is traced gets breakpoints; its
 * hits are all counted in any case. */
static void test_one_process(void **state)
{
	struct fixture *f = need_root(state);
	if (!is_usable(ATTACH_UPROBE_MULTI))
		skip();
	make_sites(f, 20);
	clear_counters(f);
	struct target traced = start_target(f->program);
	struct attach_options options = make_options(f, ATTACH_UPROBE_MULTI);
	options.pid = traced.pid;
	struct attachment *attachment = start(f, &options);
	assert_false(has_clean_text(&traced));
	call_functions(&traced, 20);
	check_counters(f, true, 20, 1);
	if (has_clean_text(&f->running)) {
		call_functions(&f->running, 20);
		check_counters(f, true, 20, 1);
	}
	attachment_stop(attachment);
	assert_true(has_clean_text(&traced));
	stop_target(&traced);

	struct error *err =
		attachment_start(&f->file, f->sites, f->num_sites, &options, &attachment);
	if (err) /* its process is gone */
		assert_non_null(strstr(error_message(err), "No such process"));
	error_free(err);
	attachment_stop(attachment);
	close_programs(&options);
	assert_true(has_clean_text(&f->running));
}

/* The one process may become the program only after attaching. */
static void test_one_process_before_exec(void **state)
{
	struct fixture *f = need_root(state);
	if (!is_usable(ATTACH_UPROBE_MULTI))
		skip();
	make_sites(f, 20);
	clear_counters(f);
	int gate[2];
	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	struct target traced = fork_target(f->program, gate[0]);
	struct attach_options options = make_options(f, ATTACH_UPROBE_MULTI);
	options.pid = traced.pid;
	struct attachment *attachment = start(f, &options);
	assert_int_equal(write(gate[1], "", 1), 1);
	close(gate[0]);
	close(gate[1]);
	await_target(&traced);
	call_functions(&traced, 20);
	check_counters(f, true, 20, 1);
	attachment_stop(attachment);
	assert_true(has_clean_text(&traced));
	stop_target(&traced);
	close_programs(&options);
}

/* One instruction that cannot be probed costs that site only. */
static void test_refused(void **state)
{
	struct fixture *f = need_root(state);
	for (size_t i = 0; i < 3; i++) {
		enum attach_method method = all_methods[i];
		if (!is_usable(method))
			continue;
		size_t num_funcs = num_funcs_for(method);
		make_sites(f, num_funcs);
		clear_counters(f);
		size_t good = f->num_sites;
		add_site(f, 1, BAD_OFFSET, PROGRAM_ENTRY);
		add_site(f, 2, BAD_OFFSET, PROGRAM_EXIT);
		add_site(f, 3, BAD_OFFSET, PROGRAM_ENTRY);
		struct attach_options options = make_options(f, method);
		struct attachment *attachment = start(f, &options);
		assert_int_equal(attachment_num_sites(attachment), good);
		f->num_sites = good;
		call_functions(&f->running, num_funcs);
		check_counters(f, options.has_cookies, num_funcs, 1);
		attachment_stop(attachment);
		close_programs(&options);
		assert_true(has_clean_text(&f->running));
	}
}

/* Errors leave nothing behind and say what was tried. */
static void test_errors(void **state)
{
	struct fixture *f = need_root(state);
	for (size_t i = 0; i < 3; i++) {
		if (!is_usable(all_methods[i]))
			continue;
		struct attachment *attachment;
		make_sites(f, 2);
		struct attach_options options = {.method = all_methods[i],
						 .num_programs = PROGRAM_COUNT};
		for (int j = 0; j < PROGRAM_COUNT; j++)
			options.program_fds[j] = -1;
		struct error *err =
			attachment_start(&f->file, f->sites, f->num_sites, &options, &attachment);
		assert_non_null(err);
		assert_null(attachment);
		assert_non_null(strstr(error_message(err), attach_method_name(all_methods[i])));
		error_free(err);

		options = make_options(f, all_methods[i]);
		f->num_sites = 0;
		for (uint32_t j = 0; j < 3; j++)
			add_site(f, j, BAD_OFFSET, PROGRAM_ENTRY);
		err = attachment_start(&f->file, f->sites, f->num_sites, &options, &attachment);
		assert_non_null(err);
		assert_non_null(strstr(error_message(err), "refuses all 3 probes"));
		error_free(err);
		close_programs(&options);
		assert_true(has_clean_text(&f->running));
	}
	attachment_stop(NULL);
}

/* Who reads the tracer's output from a pipe sees its end when the tracer ends, not the holder. */
static void test_holder_keeps_no_files(void **state)
{
	struct fixture *f = need_root(state);
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	make_sites(f, 2);
	struct attach_options options = make_options(f, attach_best_method());
	struct attachment *attachment = start(f, &options);
	close(ends[1]);
	char byte;
	struct pollfd poll_end = {.fd = ends[0], .events = POLLIN};
	assert_int_equal(poll(&poll_end, 1, 5000), 1);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	attachment_stop(attachment);
	close_programs(&options);
}

/* Runs attachment_start() in a process that is then killed; `delay_us` after its begin, or, when
 * negative, after its end. Returns the holder that there was, or 0. */
static pid_t kill_tracer(const struct fixture *f, const struct attach_options *options,
			 long delay_us)
{
	int ready[2];
	char byte;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t tracer = fork();
	assert_true(tracer >= 0);
	if (tracer == 0) {
		struct attachment *attachment;
		if (delay_us >= 0 && write(ready[1], "", 1) != 1)
			_exit(1);
		if (attachment_start(&f->file, f->sites, f->num_sites, options, &attachment))
			_exit(1);
		if (delay_us < 0 && write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	if (delay_us < 0)
		assert_false(has_clean_text(&f->running));
	else
		usleep((useconds_t)delay_us);
	kill(tracer, SIGKILL);
	int status;
	assert_int_equal(waitpid(tracer, &status, 0), tracer);
	assert_true(WIFSIGNALED(status));
	return reap_all_but(f->running.pid);
}

static void test_killed_after_attaching(void **state)
{
	struct fixture *f = need_root(state);
	for (size_t i = 0; i < 3; i++) {
		if (!is_usable(all_methods[i]))
			continue;
		make_sites(f, num_funcs_for(all_methods[i]));
		struct attach_options options = make_options(f, all_methods[i]);
		pid_t holder = kill_tracer(f, &options, -1);
		assert_true(holder > 0);
		check_nothing_left(f, holder);
		close_programs(&options);
	}
}

static void test_killed_while_attaching(void **state)
{
	struct fixture *f = need_root(state);
	unsigned seed = (unsigned)getpid();
	for (size_t i = 0; i < 2; i++) {
		if (!is_usable(all_methods[i]))
			continue;
		make_sites(f, MAX_FUNCS);
		struct attach_options options = make_options(f, all_methods[i]);
		for (int round = 0; round < 20; round++) {
			check_nothing_left(f, kill_tracer(f, &options, rand_r(&seed) % 30000));
		}
		close_programs(&options);
	}
}

/* Definitions of the dead are cleared; those made in other PID namespaces may be in use. */
static void test_dead_definitions(void **state)
{
	struct fixture *f = need_root(state);
	pid_t dead = fork();
	assert_true(dead >= 0);
	if (dead == 0)
		_exit(0);
	assert_int_equal(waitpid(dead, NULL, 0), dead);
	uint64_t namespace = tracefs_pid_namespace();
	char ours[TRACEFS_GROUP_SIZE], other[TRACEFS_GROUP_SIZE], living[TRACEFS_GROUP_SIZE];
	tracefs_group_name(ours, namespace, dead);
	tracefs_group_name(other, namespace - 1, dead);
	tracefs_group_name(living, namespace, getpid());
	int root = tracefs_open_root(), definitions = tracefs_open_definitions(root);
	char text[1024];
	int len = snprintf(text, sizeof(text),
			   "p:%s/p0 /proc/self/fd/%d:0x0\np:%s/p0 /proc/self/fd/%d:0x8\n"
			   "p:%s/p1 /proc/self/fd/%d:0x0\np:%s/p0 /proc/self/fd/%d:0x0\n"
			   "p:%s/p0 /proc/self/fd/%d:0x0\n",
			   ours, f->file.fd, ours, f->file.fd, ours, f->file.fd, other, f->file.fd,
			   living, f->file.fd);
	assert_int_equal(tracefs_write(definitions, text, (size_t)len), 0);

	make_sites(f, 2);
	struct attach_options options = make_options(f, ATTACH_TRACEFS);
	attachment_stop(start(f, &options));
	close_programs(&options);
	size_t left_of_ours = count_definitions(ours), left_of_other = count_definitions(other);
	size_t left_of_living = count_definitions(living);

	/* Nobody else removes them, whatever comes out here. */
	assert_int_equal(tracefs_remove_event(root, definitions, other, "p0"), 0);
	assert_int_equal(tracefs_remove_event(root, definitions, living, "p0"), 0);
	assert_int_equal(left_of_ours, 0);
	assert_int_equal(left_of_other, 1);
	assert_int_equal(left_of_living, 1);
	assert_int_equal(tracefs_remove_event(root, definitions, living, "p0"), 0);
	assert_int_equal(count_definitions(living), 0);
	close(definitions);
	close(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_without_cookies),
		cmocka_unit_test(test_one_process),
		cmocka_unit_test(test_one_process_before_exec),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_holder_keeps_no_files),
		cmocka_unit_test(test_killed_after_attaching),
		cmocka_unit_test(test_killed_while_attaching),
		cmocka_unit_test(test_dead_definitions),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
