// SPDX-License-Identifier: MIT
/*
 * test_attach.c - attaching to a real program with real probes, and what is left when the tracer
 * ends: nothing, however it ends. Needs root; skipped without.
 *
 * The target is written and compiled here: many tiny functions of known bytes. It says where they
 * are, and calls function i (i % 7 + 1) times when it is told to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "gofuncgraph/probe.h"
#include "probe/tracefs.h"

#define MAX_FUNCS  1000
#define FUNC_SIZE  16
#define RET_OFFSET 5
#define BAD_OFFSET 6
#define MAX_SITES  (2 * MAX_FUNCS + 16)

/* ---- stand-ins for what attaching takes from other rooms ---- */

struct gobin {
	int fd;
};

int gobin_fd(const struct gobin *bin)
{
	return bin->fd;
}

const char *gobin_path(const struct gobin *bin)
{
	return "target";
}

uint64_t plan_cookie(const struct plan *plan, uint32_t site)
{
	return SITE_COOKIE(site, plan->sites[site].flags, plan->sites[site].sp_delta);
}

/* ---- the target ---- */

static const char target_source[] =
	"#include <stdint.h>\n"
	"#include <stdio.h>\n"
	"#include <stdlib.h>\n"
	/* push, mov, pop, ret, and an instruction that the kernel refuses, never executed */
	"__asm__(\".text; .balign 16; .globl funcs; funcs: .rept 1000; push %rbp; mov "
	"%rsp,%rbp;\"\n"
	"        \"pop %rbp; ret; lock incl (%rax); .balign 16; .endr\");\n"
	"extern char funcs[];\n"
	"int main(void)\n"
	"{\n"
	"	char line[512];\n"
	"	FILE *maps = fopen(\"/proc/self/maps\", \"r\");\n"
	"	while (fgets(line, sizeof(line), maps)) {\n"
	"		unsigned long start, end, off;\n"
	"		sscanf(line, \"%lx-%lx %*s %lx\", &start, &end, &off);\n"
	"		if (start <= (uintptr_t)funcs && (uintptr_t)funcs < end)\n"
	"			printf(\"%lx %lx\\n\", (uintptr_t)funcs - start + off, "
	"(uintptr_t)funcs);\n"
	"	}\n"
	"	fflush(stdout);\n"
	"	while (fgets(line, sizeof(line), stdin)) {\n"
	"		for (int i = 0; i < atoi(line); i++)\n"
	"			for (int j = 0; j <= i % 7; j++)\n"
	"				((void (*)(void))(funcs + 16 * i))();\n"
	"		printf(\"done\\n\");\n"
	"		fflush(stdout);\n"
	"	}\n"
	"}\n";

struct target {
	pid_t pid;
	FILE *in, *out;
	uint64_t funcs_off, funcs_ip;
};

struct fixture {
	char dir[64];
	char program[96];
	struct gobin bin;
	struct target running; /* since before anything was attached */
	int counters;	       /* BPF array: hits by site, or by program behind MAX_SITES */
	struct plan plan;
};

/* Forked, but not that program before `gate` can be read to its end; -1: at once. */
static struct target fork_target(const char *program, int gate)
{
	int in[2], out[2];
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	struct target target = {.pid = fork()};
	if (target.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		char byte;
		if (gate >= 0 && read(gate, &byte, 1) < 0)
			_exit(1);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl(program, program, (char *)NULL);
		_exit(127);
	}
	assert_true(target.pid > 0);
	close(in[0]);
	close(out[1]);
	target.in = fdopen(in[1], "w");
	target.out = fdopen(out[0], "r");
	return target;
}

/* Waits until it is that program and says where its functions are. */
static void await_target(struct target *target)
{
	char line[64];
	assert_non_null(fgets(line, sizeof(line), target->out));
	assert_int_equal(
		sscanf(line, "%" SCNx64 " %" SCNx64, &target->funcs_off, &target->funcs_ip), 2);
}

static struct target start_target(const char *program)
{
	struct target target = fork_target(program, -1);
	await_target(&target);
	return target;
}

static void call_functions(const struct target *target, size_t count)
{
	char line[64];
	fprintf(target->in, "%zu\n", count);
	fflush(target->in);
	assert_non_null(fgets(line, sizeof(line), target->out));
	assert_string_equal(line, "done\n");
}

static void stop_target(struct target *target)
{
	int status;
	fclose(target->in);
	assert_int_equal(waitpid(target->pid, &status, 0), target->pid);
	fclose(target->out);
	assert_int_equal(status, 0);
}

/* True when no function's first byte or `ret` is a breakpoint. */
static bool has_clean_text(const struct target *target)
{
	static uint8_t text[MAX_FUNCS * FUNC_SIZE];
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", target->pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, text, sizeof(text), (off_t)target->funcs_ip), sizeof(text));
	close(fd);
	for (size_t i = 0; i < MAX_FUNCS; i++) {
		if (text[i * FUNC_SIZE] != 0x55 || text[i * FUNC_SIZE + RET_OFFSET] != 0xc3)
			return false;
	}
	return true;
}

/* Lines of uprobe_events that hold this text. */
static size_t count_definitions(const char *what)
{
	int root = tracefs_open_root();
	assert_true(root >= 0);
	FILE *list = fdopen(openat(root, "uprobe_events", O_RDONLY | O_CLOEXEC), "r");
	close(root);
	assert_non_null(list);
	char line[4096];
	size_t count = 0;
	while (fgets(line, sizeof(line), list))
		count += strstr(line, what) != NULL;
	fclose(list);
	return count;
}

/* ---- the plan: functions 0..n-1, an entry and an exit each, every third a target ---- */

static void add_site(struct fixture *f, uint32_t func, uint32_t offset, enum site_kind kind,
		     uint32_t flags)
{
	uint64_t va = f->running.funcs_off + func * FUNC_SIZE;
	f->plan.sites[f->plan.num_sites++] = (struct site){.va = va + offset,
							   .off = va + offset,
							   .func = func,
							   .flags = flags,
							   .kind = (uint8_t)kind};
}

static void make_plan(struct fixture *f, size_t num_funcs)
{
	static struct gobin_func funcs[MAX_FUNCS];
	f->plan.bin = &f->bin;
	f->plan.num_sites = 0;
	f->plan.num_funcs = num_funcs;
	for (uint32_t i = 0; i < num_funcs; i++) {
		funcs[i] = (struct gobin_func){.name = "main.f\x1b[1m",
					       .va = f->running.funcs_off + i * FUNC_SIZE,
					       .size = FUNC_SIZE};
		f->plan.funcs[i] = (struct plan_func){.func = &funcs[i]};
		add_site(f, i, 0, SITE_KIND_ENTRY, i % 3 ? 0 : SITE_TARGET);
		add_site(f, i, RET_OFFSET, SITE_KIND_RETURN, SITE_EXIT);
	}
}

/* ---- the BPF program: counters[key]++, where the key is the cookie's site or a constant ---- */

static int load_counter(const struct fixture *f, enum attach_method method, bool cookies,
			int constant)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = constant},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_attach_cookie},
		{.code = BPF_STX | BPF_MEM | BPF_W, .dst_reg = 10, .src_reg = 0, .off = -4},
		{.code = BPF_LD | BPF_IMM | BPF_DW,
		 .dst_reg = 1,
		 .src_reg = BPF_PSEUDO_MAP_FD,
		 .imm = f->counters},
		{.code = 0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -4},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem},
		{.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 0, .off = 2, .imm = 0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1, .imm = 1},
		{.code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = 0, .src_reg = 1, .imm = BPF_ADD},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	struct bpf_insn program[sizeof(code) / sizeof(code[0])];
	memcpy(program, code, sizeof(code));
	if (!cookies) /* a jump to the next instruction does nothing */
		program[1] = (struct bpf_insn){.code = BPF_JMP | BPF_JA};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type =
			    (enum bpf_attach_type)(method == ATTACH_UPROBE_MULTI ? 48 : 0));
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "test_counter", "GPL", program,
			       sizeof(code) / sizeof(code[0]), &opts);
	assert_true(fd >= 0);
	return fd;
}

static struct attach_options make_options(const struct fixture *f, enum attach_method method)
{
	struct attach_options options = {.method = method, .has_cookies = method != ATTACH_TRACEFS};
	for (int i = 0; i < PROGRAM_COUNT; i++)
		options.program_fds[i] =
			load_counter(f, method, options.has_cookies, MAX_SITES + i);
	return options;
}

static void close_programs(const struct attach_options *options)
{
	for (int i = 0; i < PROGRAM_COUNT; i++)
		close(options->program_fds[i]);
}

static void clear_counters(const struct fixture *f)
{
	uint64_t zero = 0;
	for (uint32_t i = 0; i < MAX_SITES + PROGRAM_COUNT; i++)
		assert_int_equal(bpf_map_update_elem(f->counters, &i, &zero, BPF_ANY), 0);
}

static uint64_t counter(const struct fixture *f, uint32_t index)
{
	uint64_t value = 0;
	assert_int_equal(bpf_map_lookup_elem(f->counters, &index, &value), 0);
	return value;
}

/* Every hit was counted `times` times, by its site or, without cookies, by its program. */
static void check_counters(const struct fixture *f, bool cookies, size_t num_called, uint64_t times)
{
	uint64_t expected[PROGRAM_COUNT] = {0};
	for (uint32_t i = 0; i < f->plan.num_sites; i++) {
		const struct site *site = &f->plan.sites[i];
		uint64_t calls = site->func < num_called ? (site->func % 7 + 1) * times : 0;
		expected[site_program(site)] += calls;
		assert_int_equal(counter(f, i), cookies ? calls : 0);
	}
	for (uint32_t i = 0; i < PROGRAM_COUNT; i++)
		assert_int_equal(counter(f, MAX_SITES + i), cookies ? 0 : expected[i]);
}

/* ---- fixture ---- */

static int setup(void **state)
{
	if (geteuid() != 0)
		return 0;
	struct fixture *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	strcpy(f->dir, "/tmp/gofuncgraph test_#XXXXXX"); /* a name that is awkward in tracefs */
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->program, sizeof(f->program), "%s/target", f->dir);
	char command[512];
	snprintf(command, sizeof(command), "cc -O1 -x c -o '%s' -", f->program);
	FILE *compiler = popen(command, "w");
	assert_non_null(compiler);
	fputs(target_source, compiler);
	assert_int_equal(pclose(compiler), 0);
	f->bin.fd = open(f->program, O_RDONLY | O_CLOEXEC);
	assert_true(f->bin.fd >= 0);
	f->running = start_target(f->program);
	f->counters = bpf_map_create(BPF_MAP_TYPE_ARRAY, "test_counters", 4, 8,
				     MAX_SITES + PROGRAM_COUNT, NULL);
	assert_true(f->counters >= 0);
	f->plan.sites = calloc(MAX_SITES, sizeof(*f->plan.sites));
	f->plan.funcs = calloc(MAX_FUNCS, sizeof(*f->plan.funcs));
	assert_true(f->plan.sites && f->plan.funcs);
	/* The holder of a killed tracer becomes a child of this process. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	if (!f)
		return 0;
	stop_target(&f->running);
	close(f->bin.fd);
	close(f->counters);
	unlink(f->program);
	rmdir(f->dir);
	free(f->plan.sites);
	free(f->plan.funcs);
	free(f);
	return 0;
}

static struct fixture *need_root(void **state)
{
	if (!*state) {
		print_message("# needs root\n");
		skip();
	}
	return *state;
}

static const enum attach_method all_methods[] = {ATTACH_UPROBE_MULTI, ATTACH_TRACEFS,
						 ATTACH_PERF_EVENT};

/* uprobe_multi is not in every kernel; perf events are slow to detach. */
static bool is_usable(enum attach_method method)
{
	return method != ATTACH_UPROBE_MULTI || attach_best_method() == ATTACH_UPROBE_MULTI;
}

static size_t num_funcs_for(enum attach_method method)
{
	return method == ATTACH_PERF_EVENT ? 6 : 500;
}

static struct attachment *start(const struct fixture *f, const struct attach_options *options)
{
	struct attachment *attachment = NULL;
	struct error *err = attachment_start(&f->plan, options, &attachment);
	if (err)
		fail_msg("%s", error_message(err));
	return attachment;
}

/* ---- tests ---- */

static void test_site_program(void **state)
{
	struct site site = {.kind = SITE_KIND_ENTRY};
	assert_int_equal(site_program(&site), PROGRAM_ENTRY);
	site.flags = SITE_TARGET | SITE_HIDDEN;
	assert_int_equal(site_program(&site), PROGRAM_TARGET_ENTRY);
	site = (struct site){.kind = SITE_KIND_TAIL_CALL, .flags = SITE_EXIT | SITE_TARGET};
	assert_int_equal(site_program(&site), PROGRAM_EXIT);
	site = (struct site){.kind = SITE_KIND_RUNTIME, .flags = SITE_UNWIND};
	assert_int_equal(site_program(&site), PROGRAM_RUNTIME);
}

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
		make_plan(f, num_funcs);
		clear_counters(f);
		struct attach_options options = make_options(f, method);
		struct attachment *attachment = start(f, &options);
		assert_int_equal(attachment_method(attachment), method);
		assert_int_equal(attachment_num_sites(attachment), f->plan.num_sites);

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
	make_plan(f, 4);
	clear_counters(f);
	struct attach_options options = {.method = ATTACH_PERF_EVENT};
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
	make_plan(f, 20);
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

	struct error *err = attachment_start(&f->plan, &options, &attachment);
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
	make_plan(f, 20);
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
		make_plan(f, num_funcs);
		clear_counters(f);
		size_t good = f->plan.num_sites;
		add_site(f, 1, BAD_OFFSET, SITE_KIND_ENTRY, 0);
		add_site(f, 2, BAD_OFFSET, SITE_KIND_RETURN, SITE_EXIT);
		add_site(f, 3, BAD_OFFSET, SITE_KIND_ENTRY, 0);
		struct attach_options options = make_options(f, method);
		struct attachment *attachment = start(f, &options);
		assert_int_equal(attachment_num_sites(attachment), good);
		f->plan.num_sites = good;
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
		make_plan(f, 2);
		struct attach_options options = {.method = all_methods[i]};
		for (int j = 0; j < PROGRAM_COUNT; j++)
			options.program_fds[j] = -1;
		struct error *err = attachment_start(&f->plan, &options, &attachment);
		assert_non_null(err);
		assert_null(attachment);
		assert_non_null(strstr(error_message(err), attach_method_name(all_methods[i])));
		error_free(err);

		options = make_options(f, all_methods[i]);
		f->plan.num_sites = 0;
		for (uint32_t j = 0; j < 3; j++)
			add_site(f, j, BAD_OFFSET, SITE_KIND_ENTRY, 0);
		err = attachment_start(&f->plan, &options, &attachment);
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
	make_plan(f, 2);
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

/* Waits for the children of this process, one left out: the holder is among them if it was started
 * at all, since this process is the subreaper. Returns the last one, or 0. */
static pid_t reap_all_but(pid_t keep)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	pid_t pid, other, last = 0;
	do {
		FILE *children = fopen(path, "re");
		assert_non_null(children);
		other = 0;
		while (fscanf(children, "%d", &pid) == 1) {
			if (pid != keep)
				other = pid;
		}
		fclose(children);
		if (other) {
			assert_int_equal(waitpid(other, NULL, 0), other);
			last = other;
		}
	} while (other);
	return last;
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
		if (attachment_start(&f->plan, options, &attachment))
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

static void check_nothing_left(const struct fixture *f, pid_t holder)
{
	char group[TRACEFS_GROUP_SIZE];
	tracefs_group_name(group, tracefs_pid_namespace(), holder);
	strcat(group, "/");
	assert_true(has_clean_text(&f->running));
	assert_int_equal(count_definitions(group), 0);
	call_functions(&f->running, MAX_FUNCS);
}

static void test_killed_after_attaching(void **state)
{
	struct fixture *f = need_root(state);
	for (size_t i = 0; i < 3; i++) {
		if (!is_usable(all_methods[i]))
			continue;
		make_plan(f, num_funcs_for(all_methods[i]));
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
		make_plan(f, MAX_FUNCS);
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
			   ours, f->bin.fd, ours, f->bin.fd, ours, f->bin.fd, other, f->bin.fd,
			   living, f->bin.fd);
	assert_int_equal(tracefs_write(definitions, text, (size_t)len), 0);
	assert_int_equal(count_definitions(ours), 3);

	make_plan(f, 2);
	struct attach_options options = make_options(f, ATTACH_TRACEFS);
	attachment_stop(start(f, &options));
	close_programs(&options);
	assert_int_equal(count_definitions(ours), 0);
	assert_int_equal(count_definitions(other), 1);
	assert_int_equal(count_definitions(living), 1);

	assert_int_equal(tracefs_remove_event(root, definitions, other, "p0"), 0);
	assert_int_equal(tracefs_remove_event(root, definitions, living, "p0"), 0);
	assert_int_equal(tracefs_remove_event(root, definitions, living, "p0"), 0);
	assert_int_equal(count_definitions(living), 0);
	close(definitions);
	close(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_site_program),
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
