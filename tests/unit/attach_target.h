/* SPDX-License-Identifier: MIT */
/*
 * attach_target.h - a program to be probed, written and compiled by the test: many tiny functions
 * of known bytes. It says where they are, and calls function i (i % 7 + 1) times when it is told
 * to.
 */
#ifndef GOFUNCGRAPH_ATTACH_TARGET_H
#define GOFUNCGRAPH_ATTACH_TARGET_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/attach/tracefs.h"

#define MAX_FUNCS  1000
#define FUNC_SIZE  16
#define RET_OFFSET 5
#define BAD_OFFSET 6 /* an instruction that the kernel refuses */

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

static size_t read_definitions(const char *what)
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

/*
 * Lines of uprobe_events that hold this text. The kernel finds its place again by the number of the line
 * (fs/seq_file.c), and so leaves out lines when somebody else removes earlier ones meanwhile; it never
 * shows one twice.
 */
static size_t count_definitions(const char *what)
{
	size_t most = 0;
	for (int i = 0; i < 5; i++) {
		size_t count = read_definitions(what);
		if (count > most)
			most = count;
	}
	return most;
}

#endif
