/* SPDX-License-Identifier: MIT */
/* test_graph.c - call trees as text for people, to the column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "fake_output.h"

#define CALLER_VA (0x9000 + 47)

static int setup(void **state)
{
	return fake_output_setup(state, "graph", (struct output_options){});
}

static void test_tree(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 411402, 0, 0, CALLER_VA);
	fake_enter(fake, 10, 1, 1, 0x1000 + 50);
	fake_leave(fake, 20, 1, 1);
	fake_leave(fake, 523281, 0, 0);
	assert_string_equal(
		fake_output_text(fake),
		"\n"
		"17 16:08:05.411402             main.handleBar() {"
		" net/http.HandlerFunc.ServeHTTP+47 /go/server.go:2122\n"
		"17 16:08:05.411412               net/http.(*response).Write() {"
		" main.handleBar+50 /home/me/main.go:20\n"
		"17 16:08:05.411432 000.000020    } net/http.(*response).Write+192"
		" /home/me/main.go:21\n"
		"17 16:08:05.934713 000.523311  } main.handleBar+192 /home/me/main.go:20\n");
	assert_int_equal(output_num_trees(fake->out), 1);
}

static void test_folded(void **state)
{
	struct fake_output *fake = *state;
	struct call call = fake_handle_bar();
	struct step steps[] = {{.type = STEP_ENTRY}, {.type = STEP_EXIT}};
	const struct tree tree = {.calls = &call, .num_calls = 1, .steps = steps, .num_steps = 2};

	call.folded_calls = 17;
	call.folded_ns = 1234567000;
	fake_end_tree(fake, &tree);
	assert_non_null(strstr(fake_output_text(fake),
			       "\n                   001.234567    (17 calls folded)\n17 "));
	call.folded_calls = 1;
	fake_end_tree(fake, &tree);
	assert_non_null(strstr(fake_output_text(fake), " 001.234567    (1 call folded)\n17 "));
}

/* Durations that are mostly what probes took. */
static void test_probes(void **state)
{
	struct fake_output *fake = *state;
	struct call call = fake_handle_bar();
	struct step steps[] = {{.type = STEP_ENTRY}, {.type = STEP_EXIT}};
	const struct tree tree = {.calls = &call, .num_calls = 1, .steps = steps, .num_steps = 2};

	call.start_ns = 1000000;
	call.end_ns = 1010000;
	call.probe_ns = 5000;
	fake_end_tree(fake, &tree);
	assert_non_null(strstr(fake_output_text(fake), " 000.000010  } main.handleBar"));
	call.probe_ns = 5001;
	fake_end_tree(fake, &tree);
	assert_non_null(strstr(fake_output_text(fake), " ~00.000010  } main.handleBar"));
}

static void test_leaf(void **state)
{
	struct fake_output fake;

	assert_int_equal(
		fake_output_start_with(&fake, "graph", (struct output_options){.leaf = true}), 0);
	fake_enter(&fake, 411402, 0, 0, CALLER_VA);
	fake_enter(&fake, 10, 1, 1, 0x1000 + 50);
	fake_enter(&fake, 10, 1, 2, 0x1200 + 50);
	fake_leave(&fake, 20, 1, 2);
	fake_leave(&fake, 10, 1, 1);
	fake_enter(&fake, 10, 1, 1, 0x1000 + 50);
	fake_record(&fake, 10, (struct facts){.kind = RECORD_GOEXIT});
	assert_string_equal(
		fake_output_text(&fake),
		"\n"
		"17 16:08:05.411402             main.handleBar() {"
		" net/http.HandlerFunc.ServeHTTP+47 /go/server.go:2122\n"
		"17 16:08:05.411412               net/http.(*response).Write() {"
		" main.handleBar+50 /home/me/main.go:20\n"
		"17 16:08:05.411442 000.000020      net/http.(*response).Write();"
		" net/http.(*response).Write+50 /home/me/main.go:21\n"
		"17 16:08:05.411452 000.000040    } net/http.(*response).Write+192"
		" /home/me/main.go:21\n"
		"17 16:08:05.411472 000.000010    net/http.(*response).Write(); [goroutine exit]"
		" main.handleBar+50 /home/me/main.go:20\n"
		"17 16:08:05.411472 000.000070  } main.handleBar [goroutine exit]\n");
	fake_output_stop(&fake);
}

/* Output must not grow with the square of a recursion's depth. */
static void test_deep_recursion(void **state)
{
	struct fake_output *fake = *state;
	const char *text, *line;
	size_t longest = 0;

	fake_enter(fake, 1, 0, 0, CALLER_VA);
	for (unsigned depth = 1; depth < 2000; depth++)
		fake_enter(fake, 1, 1, depth, 0x1000 + 50);
	for (unsigned depth = 2000; --depth;)
		fake_leave(fake, 1, 1, depth);
	fake_leave(fake, 1, 0, 0);
	text = fake_output_text(fake);
	for (line = text; *line; line += strcspn(line, "\n") + 1) {
		size_t indent = strcspn(line, "}") - strlen("17 16:08:05.411432 000.000020  ");

		if (strcspn(line, "}") < strcspn(line, "\n") && indent > longest)
			longest = indent;
	}
	assert_int_equal(longest, 1000);
}

/* Each line has the wall clock of its time, and durations have none of it. */
static void test_wall_clock_is_set(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 1, 0, 0, CALLER_VA);
	fake_enter(fake, 1, 1, 1, 0x1000 + 50);
	fake_set_wall_clock(&fake->clock, 3000, -65);
	fake_leave(fake, 1, 1, 1);
	fake_set_wall_clock(&fake->clock, 4000, 3600);
	fake_leave(fake, 1, 0, 0);
	assert_string_equal(
		fake_output_text(fake),
		"\n"
		"17 16:08:05.000001             main.handleBar() {"
		" net/http.HandlerFunc.ServeHTTP+47 /go/server.go:2122\n"
		"17 16:08:05.000002               net/http.(*response).Write() {"
		" main.handleBar+50 /home/me/main.go:20\n"
		"17 16:07:00.000003 000.000001    } net/http.(*response).Write+192"
		" /home/me/main.go:21\n"
		"17 17:07:00.000004 000.000003  } main.handleBar+192 /home/me/main.go:20\n");
}

/* Every other way to end, and what is not known. */
static void test_ends(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 1, 0, 0, 0);
	fake_enter(fake, 1, 1, 1, 0x7fff800000000000);
	fake_enter(fake, 1, 1, 2, 0x1000 + 50);
	fake_record(fake, 1,
		    (struct facts){.kind = RECORD_TAIL_CALL, .site = 3, .frame = 16 + 2 * 16});
	fake_enter(fake, 1, 0, 2, 0x1000 + 50);
	fake_record(fake, 1, (struct facts){.kind = RECORD_GOEXIT});
	assert_string_equal(
		fake_output_text(fake),
		"\n"
		"17 16:08:05.000001             main.handleBar() { ?\n"
		"17 16:08:05.000002               net/http.(*response).Write() {"
		" 0x7fff800000000000\n"
		"17 16:08:05.000003                 net/http.(*response).Write() {"
		" main.handleBar+50 /home/me/main.go:20\n"
		"17 16:08:05.000004 000.000001      } net/http.(*response).Write+192"
		" /home/me/main.go:21 [tail call]\n"
		"17 16:08:05.000005                 main.handleBar() {"
		" main.handleBar+50 /home/me/main.go:20\n"
		"17 16:08:05.000006 000.000001      } main.handleBar [goroutine exit]\n"
		"17 16:08:05.000006 000.000004    } net/http.(*response).Write [goroutine exit]\n"
		"17 16:08:05.000006 000.000005  } main.handleBar [goroutine exit]\n");
}

/* Only the exit lines, so that marks can be compared. */
static void assert_ends_with(struct fake_output *fake, const char *expected)
{
	const char *text = fake_output_text(fake);
	size_t len = strlen(text), tail = strlen(expected);

	assert_true(len >= tail);
	assert_string_equal(text + len - tail, expected);
}

static void test_marks(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 1, 0, 0, CALLER_VA);
	fake_enter(fake, 1, 1, 1, 0x1000 + 50);
	fake_leave(fake, 1, 0, 0);
	assert_ends_with(
		fake, "17 16:08:05.000003 000.000001    } net/http.(*response).Write [left]\n"
		      "17 16:08:05.000003 000.000002  } main.handleBar+192 /home/me/main.go:20\n");

	fake_enter(fake, 1, 0, 0, CALLER_VA);
	fake_record(fake, 1, (struct facts){.kind = RECORD_UNWIND, .flags = RECORD_CLOSES_TREE});
	assert_ends_with(fake, "17 16:08:05.000005 000.000001  } main.handleBar [panic]\n");

	fake_enter(fake, 1, 0, 0, CALLER_VA);
	fake_record(fake, 1, (struct facts){.kind = RECORD_PROCESS_EXIT});
	assert_ends_with(fake, "17 16:08:05.000007 000.000001  } main.handleBar [process exit]\n");

	fake_enter(fake, 1, 0, 0, CALLER_VA);
	feed_stop(fake->trees, fake->now_ns + 2000000000);
	assert_ends_with(fake, "17 16:08:07.000008 002.000000  } main.handleBar [still running]\n");
}

static void test_lost(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 1, 0, 0, CALLER_VA);
	feed_lost_end(fake->trees, 812, 34, 0, 12, fake->now_ns + 1000);
	assert_ends_with(fake, "17 16:08:05.000002             } main.handleBar [lost]\n"
			       "                               (12 events lost in this tree)\n");
	fake_enter(fake, 1, 0, 0, CALLER_VA);
	feed_lost_end(fake->trees, 812, 34, 0, 1, fake->now_ns);
	assert_ends_with(fake, "\n                               (1 event lost in this tree)\n");
}

/* Probes were off for a while. */
static void test_gap(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 1, 0, 0, CALLER_VA);
	fake_record(fake, 2, (struct facts){.kind = RECORD_GAP});
	fake_record(fake, 31200, (struct facts){.kind = RECORD_GAP_END});
	fake_leave(fake, 1, 0, 0);
	assert_ends_with(
		fake, "  } main.handleBar+192 /home/me/main.go:20\n"
		      "                               (probes were off for 31.2ms of this tree)\n");
}

/* Names are hostile; an unknown line is left out; a site beyond the plan harms nothing. */
static void test_hostile(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 1, 2, 0, 0x1400 + 9);
	fake_enter(fake, 1, 2000, 1, CALLER_VA);
	fake_leave(fake, 1, 2000, 1);
	fake_leave(fake, 1, 2, 0);
	assert_string_equal(
		fake_output_text(fake),
		"\n"
		"17 16:08:05.000001             main.\"odd\"\\x1b[\xc2\xb7\\xff() {"
		" main.\"odd\"\\x1b[\xc2\xb7\\xff+9\n"
		"17 16:08:05.000002               ?() {"
		" net/http.HandlerFunc.ServeHTTP+47 /go/server.go:2122\n"
		"17 16:08:05.000003 000.000001    } ?\n"
		"17 16:08:05.000004 000.000003  } main.\"odd\"\\x1b[\xc2\xb7\\xff+192\n");
}

/* Seconds and days go on, and lines are looked up once. */
static void test_clock_and_cache(void **state)
{
	struct fake_output *fake = *state;
	size_t lookups;

	fake_enter(fake, 0, 0, 0, CALLER_VA);
	fake_leave(fake, 8ull * 3600 * 1000000, 0, 0);
	assert_ends_with(fake, "18 00:08:05.000000 28800.000000  } main.handleBar+192"
			       " /home/me/main.go:20\n");
	lookups = fake->lookups;
	assert_int_equal(lookups, 3);
	fake_enter(fake, 0, 0, 0, CALLER_VA);
	fake_leave(fake, 1, 0, 0);
	assert_int_equal(fake->lookups, lookups);
}

static void test_limit(void **state)
{
	struct fake_output fake;

	assert_int_equal(fake_output_start(&fake, "graph", 2), 0);
	/* Goroutine 1's tree begins first and ends last. */
	fake_record(&fake, 1,
		    (struct facts){.kind = RECORD_ENTRY, .goid = 1, .flags = RECORD_OPENS_TREE});
	for (int i = 0; i < 2; i++) {
		fake_enter(&fake, 1, 1, 0, 0);
		fake_leave(&fake, 1, 1, 0);
	}
	assert_int_equal(output_num_trees(fake.out), 2);
	fake_record(&fake, 1, (struct facts){.kind = RECORD_GOEXIT, .goid = 1});
	assert_int_equal(output_num_trees(fake.out), 2);
	assert_null(strstr(fake_output_text(&fake), "main.handleBar()"));
	assert_non_null(strstr(fake_output_text(&fake), "net/http.(*response).Write()"));
	fake_output_stop(&fake);
}

/* A tree that stays open for long: each line once, but those of the calls that are open. */
static void test_parts(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 0, 0, 0, CALLER_VA);
	fake_enter(fake, 1, 1, 1, 0x1000 + 50);
	fake_leave(fake, 1, 1, 1);
	fake_enter(fake, 1, 1, 1, 0x1000 + 50);
	feed_tick(fake->trees, CALLTREE_SETTLE_NS);
	assert_string_equal(
		fake_output_text(fake),
		"\n"
		"17 16:08:05.000000             main.handleBar() {"
		" net/http.HandlerFunc.ServeHTTP+47 /go/server.go:2122\n"
		"17 16:08:05.000001               net/http.(*response).Write() {"
		" main.handleBar+50 /home/me/main.go:20\n"
		"17 16:08:05.000002 000.000001    } net/http.(*response).Write+192"
		" /home/me/main.go:21\n"
		"17 16:08:05.000003               net/http.(*response).Write() {"
		" main.handleBar+50 /home/me/main.go:20\n"
		"                               (part 1, still open, of tree 1: goroutine 34 of"
		" process 812)\n");
	size_t length = strlen(fake_output_text(fake));

	fake_record(fake, 1,
		    (struct facts){.kind = RECORD_RETURN, .site = 3, .frame = 16 + 16, .lost = 2});
	feed_tick(fake->trees, 2 * CALLTREE_SETTLE_NS);
	fake_leave(fake, 1, 0, 0);
	assert_int_equal(output_num_trees(fake->out), 1);
	assert_string_equal(
		fake_output_text(fake) + length,
		"\n"
		"                               (part 2 of tree 1: goroutine 34 of process 812)\n"
		"17 16:08:05.000000             main.handleBar() { [continued]"
		" net/http.HandlerFunc.ServeHTTP+47 /go/server.go:2122\n"
		"17 16:08:05.000003               net/http.(*response).Write() { [continued]"
		" main.handleBar+50 /home/me/main.go:20\n"
		"17 16:08:05.000004 000.000001    } net/http.(*response).Write+192"
		" /home/me/main.go:21\n"
		"                               (2 events lost in this tree)\n"
		"                               (part 2, still open, of tree 1: goroutine 34 of"
		" process 812)\n"
		"\n"
		"                               (part 3, the last, of tree 1: goroutine 34 of"
		" process 812)\n"
		"17 16:08:05.000000             main.handleBar() { [continued]"
		" net/http.HandlerFunc.ServeHTTP+47 /go/server.go:2122\n"
		"17 16:08:05.000005 000.000005  } main.handleBar+192 /home/me/main.go:20\n");
}

/* What was begun is ended; no other is begun. */
static void test_parts_and_limit(void **state)
{
	struct fake_output fake;

	assert_int_equal(fake_output_start(&fake, "graph", 1), 0);
	for (uint64_t goid = 1; goid <= 2; goid++) {
		fake_record(&fake, 1,
			    (struct facts){.kind = RECORD_ENTRY,
					   .goid = goid,
					   .flags = RECORD_OPENS_TREE});
		fake_record(
			&fake, 1,
			(struct facts){.kind = RECORD_ENTRY, .goid = goid, .site = 2, .frame = 32});
		if (goid == 2)
			continue;
		fake_record(&fake, 1,
			    (struct facts){
				    .kind = RECORD_RETURN, .goid = goid, .site = 3, .frame = 32});
		feed_tick(fake.trees, 2 * CALLTREE_SETTLE_NS);
	}
	assert_int_equal(output_num_trees(fake.out), 0);
	fake_enter(&fake, 1, 1, 0, 0);
	fake_leave(&fake, 1, 1, 0);
	assert_int_equal(output_num_trees(fake.out), 1);
	size_t length = strlen(fake_output_text(&fake));

	fake_record(&fake, 1,
		    (struct facts){.kind = RECORD_RETURN, .goid = 2, .site = 3, .frame = 32});
	feed_tick(fake.trees, 4 * CALLTREE_SETTLE_NS);
	assert_int_equal(strlen(fake_output_text(&fake)), length);
	feed_stop(fake.trees, 4 * CALLTREE_SETTLE_NS);
	assert_non_null(strstr(fake_output_text(&fake) + length, "(part 2, the last, of tree 1:"));
	assert_non_null(strstr(fake_output_text(&fake) + length, "[still running]"));
	assert_null(strstr(fake_output_text(&fake), "of tree 2"));
	fake_output_stop(&fake);
}

static void assert_write_error(FILE *file, int expected)
{
	struct name_source source = {.func_at = fake_func_at,
				     .line_at = fake_line_at,
				     .outermost_va = fake_outermost_va};
	struct fake_output fake = {.clock.num_steps = 1};
	struct output_options options = {.file = file, .clock = &fake.clock};
	int errnum = 0;

	assert_null(names_new(&source, fake_sites, FAKE_NUM_SITES, &fake.names));
	options.names = fake.names;
	assert_null(output_new(format_named(OUTPUT_TREES, "graph"), &options, &fake.out));
	struct calltree_sink sink = output_sink(fake.out);
	assert_null(calltree_new(&sink, &fake.trees));
	/* More than is buffered, so that the error is met long before it is asked for. */
	for (int i = 0; i < 3000; i++) {
		fake_enter(&fake, 1, 0, 0, CALLER_VA);
		fake_leave(&fake, 1, 0, 0);
	}
	for (int i = 0; i < 2; i++) {
		_cleanup_error_ struct error *err = output_flush(fake.out, &errnum);
		assert_non_null(err);
		assert_int_equal(errnum, expected);
		assert_non_null(strstr(error_message(err), strerror(expected)));
	}
	calltree_free(fake.trees);
	output_free(fake.out);
	names_free(fake.names);
}

static void test_write_errors(void **state)
{
	int pipe_fds[2];
	FILE *full = fopen("/dev/full", "w");

	assert_non_null(full);
	assert_write_error(full, ENOSPC);
	fclose(full);

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(pipe_fds), 0);
	close(pipe_fds[0]);
	FILE *closed = fdopen(pipe_fds[1], "w");
	assert_non_null(closed);
	assert_write_error(closed, EPIPE);
	fclose(closed);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_output_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_tree),
		TEST(test_folded),
		TEST(test_probes),
		cmocka_unit_test(test_leaf),
		TEST(test_deep_recursion),
		TEST(test_wall_clock_is_set),
		TEST(test_ends),
		TEST(test_marks),
		TEST(test_lost),
		TEST(test_gap),
		TEST(test_hostile),
		TEST(test_clock_and_cache),
		cmocka_unit_test(test_limit),
		TEST(test_parts),
		cmocka_unit_test(test_parts_and_limit),
		cmocka_unit_test(test_write_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
