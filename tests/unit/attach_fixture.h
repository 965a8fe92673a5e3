/* SPDX-License-Identifier: MIT */
/*
 * attach_fixture.h - sites in the target's functions, and BPF programs that count each hit, by
 * site where there are cookies, else by program.
 */
#ifndef GOFUNCGRAPH_ATTACH_FIXTURE_H
#define GOFUNCGRAPH_ATTACH_FIXTURE_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/stat.h>

#include "attach_target.h"
#include "gofuncgraph/attach.h"
#include "probe/attach/tracefs.h"

#define MAX_SITES (3 * MAX_FUNCS + 16)

/* Each site's own. Entries of targets are attached last, exits before entries. */
enum program {
	PROGRAM_RUNTIME,
	PROGRAM_EXIT,
	PROGRAM_STATE,
	PROGRAM_ENTRY,
	PROGRAM_TARGET_ENTRY,
	PROGRAM_COUNT
};

struct fixture {
	char dir[64];
	char program[96];
	struct attach_file file;
	struct target running; /* since before anything was attached */
	int counters; /* BPF array: hits by site, or by program behind MAX_SITES */
	struct attach_site *sites;
	uint32_t *funcs; /* of the sites */
	size_t num_sites;
};

/* ---- sites: functions 0..n-1, an entry and an exit each, every third a target. At the entry of
 * every fifth is another site, and at the exit of the next ---- */

static void add_site(struct fixture *f, uint32_t func, uint32_t offset, enum program program)
{
	f->funcs[f->num_sites] = func;
	f->sites[f->num_sites] =
		(struct attach_site){.off = f->running.funcs_off + func * FUNC_SIZE + offset,
				     .cookie = f->num_sites,
				     .program = program,
				     .name = "main.f\x1b[1m",
				     .name_offset = offset};
	f->num_sites++;
}

static void make_sites(struct fixture *f, size_t num_funcs)
{
	f->num_sites = 0;
	for (uint32_t i = 0; i < num_funcs; i++) {
		add_site(f, i, 0, i % 3 ? PROGRAM_ENTRY : PROGRAM_TARGET_ENTRY);
		add_site(f, i, RET_OFFSET, PROGRAM_EXIT);
		if (i % 5 == 0)
			add_site(f, i, 0, PROGRAM_STATE);
		if (i % 5 == 1)
			add_site(f, i, RET_OFFSET, PROGRAM_STATE);
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
		    .expected_attach_type = (enum bpf_attach_type)attach_program_type(method));
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "test_counter", "GPL", program,
			       sizeof(code) / sizeof(code[0]), &opts);
	assert_true(fd >= 0);
	return fd;
}

static struct attach_options make_options(const struct fixture *f, enum attach_method method)
{
	struct attach_options options = {.method = method,
					 .num_programs = PROGRAM_COUNT,
					 .has_cookies = method != ATTACH_TRACEFS};
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
	for (uint32_t i = 0; i < f->num_sites; i++) {
		uint64_t calls = f->funcs[i] < num_called ? (f->funcs[i] % 7 + 1) * times : 0;
		expected[f->sites[i].program] += calls;
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
	f->file = (struct attach_file){.fd = open(f->program, O_RDONLY | O_CLOEXEC),
				       .path = "target"};
	assert_true(f->file.fd >= 0);
	assert_int_equal(fstat(f->file.fd, &f->file.stat), 0);
	f->running = start_target(f->program);
	f->counters = bpf_map_create(BPF_MAP_TYPE_ARRAY, "test_counters", 4, 8,
				     MAX_SITES + PROGRAM_COUNT, NULL);
	assert_true(f->counters >= 0);
	f->sites = calloc(MAX_SITES, sizeof(*f->sites));
	f->funcs = calloc(MAX_SITES, sizeof(*f->funcs));
	assert_true(f->sites && f->funcs);
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
	close(f->file.fd);
	close(f->counters);
	unlink(f->program);
	rmdir(f->dir);
	free(f->sites);
	free(f->funcs);
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
	struct error *err =
		attachment_start(&f->file, f->sites, f->num_sites, options, &attachment);
	if (err)
		fail_msg("%s", error_message(err));
	return attachment;
}

/* ---- what a tracer that was killed leaves behind ---- */

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

static void check_nothing_left(const struct fixture *f, pid_t holder)
{
	char group[TRACEFS_GROUP_SIZE];
	tracefs_group_name(group, tracefs_pid_namespace(), holder);
	strcat(group, "/");
	assert_true(has_clean_text(&f->running));
	assert_int_equal(count_definitions(group), 0);
	call_functions(&f->running, MAX_FUNCS);
}

#endif
