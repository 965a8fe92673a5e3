/* SPDX-License-Identifier: MIT */
/* test_command_lines.c - what processes were started with, and how outputs tell it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "child.h"
#include "fake_output.h"
#include "process/command_lines.h"
#include "screen.h"

/* There is no such process: above the largest number of any (PID_MAX_LIMIT). */
#define NO_PROCESS 4194305u

/* What the shell waits for never comes. */
#define SHELL(...) ((char *[]){"sh", "-c", "read nothing", __VA_ARGS__, NULL})

/* ---- reading ---- */

static void test_read(void **state)
{
	struct command_lines *lines = command_lines_new();
	pid_t child = child_start(SHELL("./server", "", "two words"));
	struct command_line *line;

	command_lines_see(lines, (uint32_t)child);
	line = command_lines_find(lines, (uint32_t)child);
	assert_int_equal(line->len, sizeof("sh\0-c\0read nothing\0./server\0\0two words"));
	assert_memory_equal(line->arguments, "sh\0-c\0read nothing\0./server\0\0two words",
			    line->len);
	assert_false(line->is_told || line->is_over || line->is_cut);
	assert_false(command_lines_are_several(lines));
	command_lines_see(lines, NO_PROCESS);
	assert_int_equal(command_lines_find(lines, NO_PROCESS)->len, 0);
	assert_true(command_lines_are_several(lines));
	assert_null(command_lines_find(lines, NO_PROCESS + 1));
	command_lines_free(lines);
	child_end(child);
}

/* What comes late of a process that has ended changes nothing; a new one has its own. */
static void test_over(void **state)
{
	struct command_lines *lines = command_lines_new();
	pid_t child = child_start(SHELL("one"));
	uint32_t pid = (uint32_t)child;
	struct command_line *line;

	command_lines_see(lines, pid);
	command_lines_end(lines, pid);
	command_lines_find(lines, pid)->is_told = true;
	assert_true(command_lines_find(lines, pid)->is_over);
	command_lines_see(lines, pid);
	line = command_lines_find(lines, pid);
	assert_false(line->is_over || line->is_told);
	assert_false(command_lines_are_several(lines));
	line->is_told = true;
	command_lines_end(lines, pid);
	child_end(child);
	command_lines_see(lines, pid);
	line = command_lines_find(lines, pid);
	assert_true(line->is_told && line->len);
	command_lines_free(lines);
}

/* More than are kept: of those that are over, none is; without them, no more come. */
static void test_many(void **state)
{
	struct command_lines *lines = command_lines_new();

	for (uint32_t i = 0; i < COMMAND_LINES_MAX; i++)
		command_lines_see(lines, NO_PROCESS + i);
	command_lines_see(lines, NO_PROCESS + COMMAND_LINES_MAX);
	assert_null(command_lines_find(lines, NO_PROCESS + COMMAND_LINES_MAX));
	for (uint32_t i = 0; i < COMMAND_LINES_MAX; i += 2)
		command_lines_end(lines, NO_PROCESS + i);
	command_lines_see(lines, NO_PROCESS + COMMAND_LINES_MAX);
	assert_non_null(command_lines_find(lines, NO_PROCESS + COMMAND_LINES_MAX));
	assert_null(command_lines_find(lines, NO_PROCESS));
	assert_non_null(command_lines_find(lines, NO_PROCESS + 1));
	command_lines_free(lines);
}

static void test_cut(void **state)
{
	struct command_lines *lines = command_lines_new();
	char *longest = malloc(COMMAND_LINE_MAX + 1);
	pid_t child;

	memset(longest, 'x', COMMAND_LINE_MAX);
	longest[COMMAND_LINE_MAX] = 0;
	child = child_start(SHELL(longest));
	command_lines_see(lines, (uint32_t)child);
	struct command_line *line = command_lines_find(lines, (uint32_t)child);
	assert_true(line->is_cut);
	assert_int_equal(line->len, COMMAND_LINE_MAX + 1);
	assert_int_equal(line->arguments[COMMAND_LINE_MAX - 1], 'x');
	assert_int_equal(line->arguments[COMMAND_LINE_MAX], 0);
	command_lines_free(lines);
	child_end(child);
	free(longest);
}

/* ---- telling ---- */

struct telling {
	struct fake_output fake;
	struct command_lines *lines;
	pid_t children[2];
};

static int setup(void **state)
{
	struct telling *telling = *state = calloc(1, sizeof(*telling));

	use_utc();
	telling->lines = command_lines_new();
	telling->children[0] = child_start(SHELL("one", "\x1b[2J\n\xff"));
	telling->children[1] = child_start(SHELL("two"));
	return 0;
}

static int teardown(void **state)
{
	struct telling *telling = *state;

	fake_output_stop(&telling->fake);
	command_lines_free(telling->lines);
	child_end(telling->children[0]);
	child_end(telling->children[1]);
	free(telling);
	return 0;
}

static void start(struct telling *telling, const char *format, FILE *file)
{
	struct output_options options = {.command_lines = telling->lines, .file = file};

	assert_int_equal(fake_output_start_with(&telling->fake, format, options), 0);
}

/* A call of one of them. */
static void call(struct telling *telling, int which)
{
	uint32_t pid = (uint32_t)telling->children[which];
	struct facts entry = {.kind = RECORD_ENTRY,
			      .site = 0,
			      .frame = 16,
			      .flags = RECORD_OPENS_TREE,
			      .pid = pid};
	struct facts end = {.kind = RECORD_RETURN,
			    .site = 1,
			    .frame = 16,
			    .flags = RECORD_CLOSES_TREE,
			    .pid = pid};

	command_lines_see(telling->lines, pid);
	fake_feed(&telling->fake, 100, 34, &entry);
	fake_feed(&telling->fake, 100, 34, &end);
}

/* The lines without those of calls; the processes are "1" and "2". */
static char *process_lines(const struct telling *telling, const char *text)
{
	char *lines = NULL, names[2][16];
	size_t size;
	FILE *out = open_memstream(&lines, &size);

	for (int i = 0; i < 2; i++)
		snprintf(names[i], sizeof(names[i]), "[%d]", telling->children[i]);
	while (*text) {
		size_t len = strcspn(text, "\n") + 1;
		if (*text == '[') {
			int which = strncmp(text, names[0], strlen(names[0])) != 0;
			assert_memory_equal(text, names[which], strlen(names[which]));
			fprintf(out, "[%d]", which + 1);
			fwrite(text + strlen(names[which]), 1, len - strlen(names[which]), out);
		} else if (memmem(text, len, "() {", 4)) {
			fputs("call\n", out);
		}
		text += len;
	}
	fclose(out);
	return lines;
}

static void assert_lines(struct telling *telling, const char *text, const char *expected)
{
	char *lines = process_lines(telling, text);

	assert_string_equal(lines, expected);
	free(lines);
}

#define ONE "sh -c read nothing one \\x1b[2J\\x0a\\xff"
#define TWO "sh -c read nothing two"

/* As long as there is one, nothing is told. */
static void test_second_comes(void **state)
{
	struct telling *telling = *state;

	start(telling, "graph", NULL);
	call(telling, 0);
	call(telling, 0);
	assert_null(strchr(fake_output_text(&telling->fake), '['));
	call(telling, 1);
	call(telling, 1);
	call(telling, 0);
	call(telling, 1);
	assert_lines(telling, fake_output_text(&telling->fake),
		     "call\ncall\n[1] (above) " ONE "\n[2] " TWO
		     "\ncall\ncall\n[1]\ncall\n[2]\ncall\n");
}

/* It is known from the start that there are more. */
static void test_expected(void **state)
{
	struct telling *telling = *state;

	command_lines_expect_several(telling->lines);
	start(telling, "graph", NULL);
	call(telling, 0);
	call(telling, 0);
	call(telling, 1);
	assert_lines(telling, fake_output_text(&telling->fake),
		     "[1] " ONE "\ncall\ncall\n[2] " TWO "\ncall\n");
}

/* A new program, and one that nobody could look at. */
static void test_changes(void **state)
{
	struct telling *telling = *state;

	command_lines_expect_several(telling->lines);
	start(telling, "graph", NULL);
	call(telling, 1);
	command_lines_end(telling->lines, (uint32_t)telling->children[1]);
	call(telling, 1);
	command_lines_find(telling->lines, (uint32_t)telling->children[1])->is_told = false;
	command_lines_find(telling->lines, (uint32_t)telling->children[1])->len = 0;
	call(telling, 1);
	call(telling, 1);
	assert_lines(telling, fake_output_text(&telling->fake),
		     "[2] " TWO "\ncall\n[2] " TWO
		     "\ncall\n[2] (command line unknown)\ncall\ncall\n");
}

/* On a terminal they are cut. */
static void test_terminal(void **state)
{
	struct telling *telling = *state;
	struct screen screen;

	command_lines_expect_several(telling->lines);
	start(telling, "graph", screen_open(&screen, 40));
	call(telling, 0);
	fake_output_text(&telling->fake);
	const char *line = strchr(screen_read(&screen), '[');
	assert_non_null(line);
	size_t len = strcspn(line, "\n");
	assert_true(len == 39 + strlen("…"));
	assert_memory_equal(line + len - strlen("…"), "…", strlen("…"));
	screen_close(&screen);
}

static size_t count(const char *text, const char *word)
{
	size_t found = 0;

	while ((text = strstr(text, word))) {
		text += strlen(word);
		found++;
	}
	return found;
}

/* The first object of each has it, also of the only one. */
static void test_json(void **state)
{
	struct telling *telling = *state;

	start(telling, "json", NULL);
	call(telling, 0);
	call(telling, 0);
	const char *text = fake_output_text(&telling->fake);
	assert_non_null(strstr(
		text,
		",\"command_line\":[\"sh\",\"-c\",\"read nothing\",\"one\",\"\\\\x1b[2J\\\\x0a\\\\xff\"]}\n"));
	assert_int_equal(count(text, "command_line"), 1);
	call(telling, 1);
	call(telling, 0);
	text = fake_output_text(&telling->fake);
	assert_int_equal(count(text, "command_line"), 2);
	assert_non_null(
		strstr(text, ",\"command_line\":[\"sh\",\"-c\",\"read nothing\",\"two\"]}\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_over),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_cut),
		cmocka_unit_test_setup_teardown(test_second_comes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_expected, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_terminal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_json, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
