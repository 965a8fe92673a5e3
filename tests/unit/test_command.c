/* SPDX-License-Identifier: MIT */
/* Which command a command line is for: its name may stand behind options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "command/command.h"

#define MAX_WORDS 16

/* `line`: words, what `expected` has them changed to. */
static void assert_command(const char *line, const char *name, const char *expected)
{
	char text[256], joined[256] = "", *rest = text, *argv[MAX_WORDS + 1] = {};
	const struct command *command;
	int argc = 0;

	strcpy(text, line);
	for (char *word; (word = strsep(&rest, " "));) {
		assert_true(argc < MAX_WORDS);
		argv[argc++] = word;
	}
	command = command_choose(argc, argv);
	for (int i = 0; i < argc; i++) {
		strcat(joined, i ? " " : "");
		strcat(joined, argv[i]);
	}
	assert_string_equal(joined, expected);
	assert_null(argv[argc]);
	if (name)
		assert_string_equal(command->name, name);
	else
		assert_null(command->name);
}

#define ASSERT_TRACE(line) assert_command(line, NULL, line)

static void test_behind_options(void **state)
{
	(void)state;
	assert_command("g list ./bin", "list", "g list ./bin");
	assert_command("g -v list ./bin", "list", "g list -v ./bin");
	assert_command("g -u GLOB list ./bin", "list", "g list -u GLOB ./bin");
	assert_command("g -uGLOB -vu GLOB list ./bin x", "list", "g list -uGLOB -vu GLOB ./bin x");
	assert_command("g --uprobe-wildcards=GLOB list b", "list",
		       "g list --uprobe-wildcards=GLOB b");
	assert_command("g --uprobe-wildcards GLOB list b", "list",
		       "g list --uprobe-wildcards GLOB b");
	assert_command("g -o FILE states ./bin", "states", "g states -o FILE ./bin");
	assert_command("g -p 812 states", "states", "g states -p 812");
	/* Options that only that command has, and beginnings of their names. */
	assert_command("g --goid 5 --summary states b", "states", "g states --goid 5 --summary b");
	assert_command("g --min-d 5ms states b", "states", "g states --min-d 5ms b");
	assert_command("g --template tlssecrets bpftrace b", "bpftrace",
		       "g bpftrace --template tlssecrets b");
	assert_command("g --list-templates bpftrace", "bpftrace", "g bpftrace --list-templates");
	assert_command("g --help list", "list", "g list --help");
	assert_command("g states ./bin -- list", "states", "g states ./bin -- list");
}

/* A word of that name which is something else. */
static void test_tracing(void **state)
{
	(void)state;
	ASSERT_TRACE("g");
	ASSERT_TRACE("g -v");
	ASSERT_TRACE("g -u");
	ASSERT_TRACE("g ./list");
	ASSERT_TRACE("g lists");
	ASSERT_TRACE("g -");
	ASSERT_TRACE("g - list");
	ASSERT_TRACE("g -u list ./bin");
	ASSERT_TRACE("g -vu list ./bin");
	ASSERT_TRACE("g -o states ./bin");
	ASSERT_TRACE("g --output states ./bin");
	ASSERT_TRACE("g --outp states ./bin");
	ASSERT_TRACE("g --limit 1 -f json ./bin list");
	ASSERT_TRACE("g ./bin list");
	ASSERT_TRACE("g ./bin -- list");
	ASSERT_TRACE("g -- list");
	ASSERT_TRACE("g -v -- list");
	ASSERT_TRACE("g --no-such-option ./bin list");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_behind_options),
		cmocka_unit_test(test_tracing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
