/* SPDX-License-Identifier: MIT */
/* test_error.c - errors as values, and messages on standard error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "screen.h"

static void test_new(void **state)
{
	_cleanup_error_ struct error *err = error_new("no %s in %d files", "function", 3);

	assert_string_equal(error_message(err), "no function in 3 files");
}

static void test_errno(void **state)
{
	_cleanup_error_ struct error *err = error_errno(ENOENT, "cannot open %s", "/x");

	assert_string_equal(error_message(err), "cannot open /x: No such file or directory");
}

static void test_errno_unknown(void **state)
{
	_cleanup_error_ struct error *err = error_errno(524, "cannot attach");

	assert_string_equal(error_message(err), "cannot attach: Unknown error 524");
}

static void test_prefix(void **state)
{
	struct error *inner = error_new("it is empty");
	_cleanup_error_ struct error *err = error_prefix(inner, "cannot read %s", "a.out");

	assert_string_equal(error_message(err), "cannot read a.out: it is empty");
}

/* The static error is never freed and may be prefixed like any other. */
static void test_out_of_memory(void **state)
{
	error_free(error_out_of_memory());
	error_free(error_out_of_memory());
	_cleanup_error_ struct error *err = error_prefix(error_out_of_memory(), "reading");
	assert_string_equal(error_message(err), "reading: out of memory");
	assert_string_equal(error_message(error_out_of_memory()), "out of memory");
	error_free(NULL);
}

/* What a function writes to standard error. */
static void assert_logged(void (*log)(const char *, ...), const char *text, const char *expected)
{
	char got[256] = "";
	int saved = dup(STDERR_FILENO);
	int pipe_fds[2];

	assert_true(saved >= 0);
	assert_int_equal(pipe(pipe_fds), 0);
	fflush(stderr);
	assert_true(dup2(pipe_fds[1], STDERR_FILENO) >= 0);
	log("%s", text);
	fflush(stderr);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	close(pipe_fds[1]);
	assert_true(read(pipe_fds[0], got, sizeof(got) - 1) >= 0);
	close(pipe_fds[0]);
	assert_string_equal(got, expected);
}

static void test_log(void **state)
{
	assert_logged(log_info, "100 % of \xc3\xa9", "gofuncgraph-c: 100 % of \xc3\xa9\n");
	assert_logged(log_warning, "odd", "gofuncgraph-c: warning: odd\n");
	assert_logged(log_error, "\x1b[2Jgone\n", "gofuncgraph-c: \\x1b[2Jgone\\x0a\n");
}

static void test_log_verbose(void **state)
{
	assert_false(log_is_verbose());
	assert_logged(log_verbose, "detail", "");
	log_set_verbose(true);
	assert_true(log_is_verbose());
	assert_logged(log_verbose, "detail", "gofuncgraph-c: detail\n");
	log_set_verbose(false);
}

/* On a terminal lines end between words, but never between a number and its %. */
static void test_log_on_a_terminal(void **state)
{
	static const char *const first[] = {"gofuncgraph-c: about", "gofuncgraph-c: about 20 %"};

	for (unsigned short columns = 20; columns <= 25; columns++) {
		int saved = dup(STDERR_FILENO);
		struct screen screen;
		FILE *terminal = screen_open(&screen, columns);
		const char *expected = first[columns >= strlen(first[1])], *text;

		dup2(fileno(terminal), STDERR_FILENO);
		log_info("about 20 %% of it");
		dup2(saved, STDERR_FILENO);
		close(saved);
		text = screen_read(&screen);
		assert_memory_equal(text, expected, strlen(expected));
		assert_memory_equal(text + strlen(expected), "\n  ", 3);
		fclose(terminal);
		screen_close(&screen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),           cmocka_unit_test(test_errno),
		cmocka_unit_test(test_errno_unknown), cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_log),
		cmocka_unit_test(test_log_verbose),   cmocka_unit_test(test_log_on_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
