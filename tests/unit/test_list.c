/* SPDX-License-Identifier: MIT */
/* test_list.c - what `list` prints of a program, and its exit status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "command/command.h"
#include "go_program.h"

#define MAX_ARGS   8
#define MAX_OUTPUT 65536

static const char source[] = "package main\n"
			     "\n"
			     "import \"os\"\n"
			     "\n"
			     "func small(x int) int { return x*len(os.Args) + 1 }\n"
			     "\n"
			     "//go:noinline\n"
			     "func handleBar() {\n"
			     "	println(small(len(os.Args)))\n"
			     "	println(small(3))\n"
			     "}\n"
			     "\n"
			     "func main() { handleBar() }\n";

struct program {
	char folder[GO_MAX_PATH];
	char path[GO_MAX_PATH + 32];
};

static int setup(void **state)
{
	static struct program built;
	struct go_toolchain oldest, newest;
	char source_path[GO_MAX_PATH + 32];

	if (!go_toolchains(&oldest, &newest) || !go_folder(built.folder))
		return -1;
	snprintf(built.path, sizeof(built.path), "%s/program", built.folder);
	assert_true(go_write(built.folder, source, source_path));
	*state = &built;
	return go_build(&newest, source_path, "", built.path) ? 0 : -1;
}

static int teardown(void **state)
{
	struct program *built = *state;

	go_remove(built->folder);
	return 0;
}

/* Runs the command with standard output in a file, whose text goes to `output`. */
static int run_list(char output[MAX_OUTPUT], char **arguments)
{
	char *argv[MAX_ARGS] = {(char[]){"list"}};
	FILE *file = tmpfile();
	int argc = 1, saved, status;
	size_t length;

	assert_non_null(file);
	while (*arguments)
		argv[argc++] = *arguments++;
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	dup2(fileno(file), STDOUT_FILENO);
	status = command_list(argc, argv);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(file);
	length = fread(output, 1, MAX_OUTPUT - 1, file);
	output[length] = '\0';
	fclose(file);
	return status;
}

static void expect_text(const char *output, const char *text)
{
	if (!strstr(output, text))
		fail_msg("no '%s' in:\n%s", text, output);
}

static void test_functions(void **state)
{
	struct program *built = *state;
	static char output[MAX_OUTPUT];
	char *arguments[] = {"-u", "main.*", built->path, "*handleBar", NULL};

	assert_int_equal(run_list(output, arguments), STATUS_OK);
	expect_text(output, " main.handleBar [target]\n");
	expect_text(output, " main.main\n");
	expect_text(output, " push, emulated ");
	expect_text(output, "inlined: main.small into main.handleBar at ");
	expect_text(output, "main.go:9 and 1 more place\n");
	expect_text(output,
		    "\n2 functions, 4 probes and 2 for the tracer itself; 1 only inlined\n");
}

static void test_verbose(void **state)
{
	struct program *built = *state;
	static char output[MAX_OUTPUT];
	char *arguments[] = {"-v", built->path, "main.handleBar", "runtime.abort", NULL};

	assert_int_equal(run_list(output, arguments), STATUS_OK);
	expect_text(output, " entry +");
	expect_text(output, " return +");
	expect_text(output, "for the tracer itself: runtime.recovery\n");
	expect_text(output, "left out: 0x");
	expect_text(output, "1 function, 2 probes and 2 for the tracer itself; 1 left out\n");
}

static void test_nothing(void **state)
{
	struct program *built = *state;
	static char output[MAX_OUTPUT];
	char *no_function[] = {built->path, "main.handelBar", NULL};
	char *no_program[] = {"/dev/null", "main.main", NULL};

	assert_int_equal(run_list(output, no_function), STATUS_FAILED);
	assert_string_equal(output, "");
	assert_int_equal(run_list(output, no_program), STATUS_FAILED);
	assert_string_equal(output, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_verbose),
		cmocka_unit_test(test_nothing),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
