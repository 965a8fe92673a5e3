/* SPDX-License-Identifier: MIT */
/* test_live_trees.c - calls as they happen are the same, line by line, as in trees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "fake_output.h"
#include "stream.h"

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

#define MAX_LINES 40000

/* What stands behind the goroutine in the lines of calls and waits, those with a time, by its text;
 * returns how many there are. */
static size_t sort_lines(char *text, bool live, char **lines)
{
	size_t count = 0;

	for (char *line; (line = strsep(&text, "\n"));) {
		char *behind = live ? strstr(line, ") ") : line;
		bool is_change = line[0] == ' ' && line[1] == '-';
		if (live && behind)
			behind += 2;
		if (!behind || is_change || behind[0] < '0' || behind[0] > '9' ||
		    strstr(line, "[continued]"))
			continue;
		assert_true(count < MAX_LINES);
		lines[count++] = behind;
	}
	qsort(lines, count, sizeof(*lines), by_text);
	return count;
}

static char *print_stream(bool live)
{
	struct output_options options = {.run = {.states = true, .min_wait_ns = 100000},
					 .live = live};
	struct fake_output fake;
	struct stream stream;

	stream_start(&stream);
	assert_int_equal(fake_output_start_with(&fake, "graph", options), 0);
	for (size_t i = 0; i < 20000; i++) {
		const struct facts *record = stream_next(&stream);
		/* Those that are followed stand elsewhere in trees. */
		if (record->kind == RECORD_GO)
			continue;
		assert_null(calltree_feed(fake.trees, FACTS_RECORD(record)));
		if (i % 64 == 0) {
			feed_tick(fake.trees, record->time_ns);
			output_tick(fake.out, record->time_ns);
		}
	}
	feed_stop(fake.trees, stream.now_ns);
	char *text = strdup(fake_output_text(&fake));
	fake_output_stop(&fake);
	return text;
}

static void test_same_as_trees(void **state)
{
	static char *in_trees[MAX_LINES], *in_live[MAX_LINES];
	_cleanup_free_ char *trees = print_stream(false), *live = print_stream(true);
	size_t count = sort_lines(trees, false, in_trees);

	assert_true(count > 5000);
	assert_int_equal(sort_lines(live, true, in_live), count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(in_live[i], in_trees[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_trees),
	};

	use_utc();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
