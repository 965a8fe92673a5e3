/* SPDX-License-Identifier: MIT */
/* test_format.c - what a format is told, and in which order; where formats can go; their names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>

#include "fake_output.h"
#include "output/format_list.h"

/* ---- a format that tells what it is told ---- */

static void told(struct output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void told(struct output *out, const char *format, ...)
{
	char *to = out->data;
	va_list args;

	va_start(args, format);
	vsnprintf(to + strlen(to), 1024 - strlen(to), format, args);
	va_end(args);
}

static struct error *begin(struct output *out)
{
	const struct output_about *about = &out->options.about;

	out->data = calloc(1, 1024);
	assert_non_null(out->data);
	told(out, "begin %s %s %s %" PRIu64 " -o %s\n", about->arguments[0], about->binary,
	     about->build_id, about->start_ns, out->options.path);
	return NULL;
}

static const char *function(struct output *out, const struct call *call)
{
	return output_entry(out, call)->function->text;
}

static void entry(struct output *out, const struct tree *tree, const struct call *call)
{
	told(out, "%*sentry %s %" PRIu64 "\n", 2 * (int)call->depth, "", function(out, call),
	     call->start_ns);
	assert_int_equal(call->end_ns, 0);
	told(out, "%*sfrom %s\n", 2 * (int)call->depth, "",
	     names_caller(out->names, call->caller_va)->function->text);
}

static void call(struct output *out, const struct tree *tree, const struct call *call)
{
	told(out, "%*scall %s %" PRIu64 "\n", 2 * (int)call->depth, "", function(out, call),
	     call->end_ns);
}

static void tree(struct output *out, const struct tree *tree)
{
	told(out, "tree %" PRIu64 "\n", tree->number);
}

static void end(struct output *out, const struct output_totals *totals)
{
	told(out, "end %" PRIu64 ", %" PRIu64 " lost\n", totals->stop_ns, totals->lost);
}

static int num_released;

static void release(struct output *out)
{
	num_released++;
	free(out->data);
}

static const struct format teller = {
	.prints = "what it is told",
	.target = FORMAT_TO_URL,
	.begin = begin,
	.entry = entry,
	.call = call,
	.tree = tree,
	.end = end,
	.free = release,
};

/* Into a stream of its own, if any: there is no file. */
static void start(struct fake_output *fake, const struct output_options *wanted)
{
	static char *arguments[] = {"gofuncgraph-c", NULL};
	struct output_options options = *wanted;
	struct name_source source = {.func_at = fake_func_at, .line_at = fake_line_at};

	*fake = (struct fake_output){.clock.num_steps = 1};
	assert_null(names_new(&source, fake_sites, FAKE_NUM_SITES, &fake->names));
	options.names = fake->names;
	options.clock = &fake->clock;
	options.path = "http://host/";
	options.about = (struct output_about){
		.arguments = arguments, .binary = "/bin/server", .build_id = "abc", .start_ns = 7};
	assert_null(output_new(&teller, &options, &fake->out));
	struct calltree_sink sink = output_sink(fake->out);
	assert_null(calltree_new(&sink, &fake->trees));
}

static void stop(struct fake_output *fake)
{
	int errnum;

	assert_null(output_flush(fake->out, &errnum));
	assert_int_equal(errnum, 0);
	calltree_free(fake->trees);
	output_free(fake->out);
	names_free(fake->names);
	assert_int_equal(num_released, 1);
	num_released = 0;
}

static void make_calls(struct fake_output *fake)
{
	fake_enter(fake, 1, 0, 0, 0x9000 + 47);
	fake_enter(fake, 1, 1, 1, 0x1000 + 50);
	fake_leave(fake, 1, 1, 1);
	fake_leave(fake, 1, 0, 0);
}

static void test_order(void **state)
{
	struct fake_output fake;

	start(&fake, &(struct output_options){0});
	make_calls(&fake);
	output_end(fake.out, &(struct output_totals){.stop_ns = 9000, .lost = 3});
	assert_string_equal(fake.out->data,
			    "begin gofuncgraph-c /bin/server abc 7 -o http://host/\n"
			    "entry main.handleBar 1000\n"
			    "from net/http.HandlerFunc.ServeHTTP\n"
			    "  entry net/http.(*response).Write 2000\n"
			    "  from main.handleBar\n"
			    "  call net/http.(*response).Write 3000\n"
			    "call main.handleBar 4000\n"
			    "tree 1\n"
			    "end 9000, 3 lost\n");
	stop(&fake);
}

/* What is beyond the limit does not begin either. */
static void test_limit(void **state)
{
	struct fake_output fake;

	start(&fake, &(struct output_options){.max_trees = 1});
	make_calls(&fake);
	size_t len = strlen(fake.out->data);
	make_calls(&fake);
	assert_int_equal(strlen(fake.out->data), len);
	stop(&fake);
}

static struct error *cannot_begin(struct output *out)
{
	out->data = malloc(1);
	return error_new("no");
}

static void test_failed_begin(void **state)
{
	const struct format format = {.begin = cannot_begin, .end = end, .free = release};
	struct output_options options = {0};
	struct output *out;
	_cleanup_error_ struct error *err = output_new(&format, &options, &out);

	assert_string_equal(error_message(err), "no");
	assert_null(out);
	assert_int_equal(num_released, 1);
	num_released = 0;
}

/* ---- targets ---- */

static void assert_target(enum format_target target, const char *path, bool to_terminal,
			  const char *expected)
{
	const struct format format = {.prints = "the trees", .target = target};
	_cleanup_error_ struct error *err = format_check_target(&format, path, to_terminal);

	if (!expected)
		assert_null(err);
	else
		assert_string_equal(error_message(err), expected);
}

static void test_targets(void **state)
{
	static const char to_folder[] = "this format writes the trees to a folder: give -o FOLDER";
	static const char to_url[] =
		"this format sends the trees to a server, and needs its address: give -o http://HOST:PORT/PATH";
	static const char no_url[] =
		"-o https://host/x is the address of a server, and this format writes the trees to a file: give -o FILE, or another format with -f";

	assert_target(FORMAT_TO_STREAM, NULL, true, NULL);
	assert_target(FORMAT_TO_STREAM, "-", true, NULL);
	assert_target(FORMAT_TO_STREAM, "http:/x", true, NULL);
	assert_target(FORMAT_TO_STREAM, "https://host/x", false, no_url);
	assert_target(FORMAT_TO_FILE, "https://host/x", false, no_url);
	assert_target(FORMAT_TO_FILE, NULL, false, NULL);
	assert_target(FORMAT_TO_FILE, "trees", true, NULL);
	assert_target(FORMAT_TO_FILE, NULL, true,
		      "a terminal cannot show the trees in this format: give -o FILE");
	assert_target(FORMAT_TO_FILE, "-", true,
		      "a terminal cannot show the trees in this format: give -o FILE");
	assert_target(FORMAT_TO_FOLDER, NULL, false, to_folder);
	assert_target(FORMAT_TO_FOLDER, "-", false, to_folder);
	assert_target(FORMAT_TO_FOLDER, "http://host", false, to_folder);
	assert_target(FORMAT_TO_FOLDER, "trees", true, NULL);
	assert_target(FORMAT_TO_URL, NULL, true, NULL);
	assert_target(FORMAT_TO_URL, "trees", true, to_url);
	assert_target(FORMAT_TO_URL, "http://host:4318/v1/traces", true, NULL);
}

/* ---- names ---- */

static void test_names(void **state)
{
	assert_ptr_equal(format_named(OUTPUT_TREES, "graph"), &format_graph);
	assert_ptr_equal(format_named(OUTPUT_TREES, NULL), &format_graph);
	assert_ptr_equal(format_named(OUTPUT_TREES, "json"), &format_json);
	assert_ptr_equal(format_named(OUTPUT_STATES, "json"), &format_states_json);
	assert_ptr_equal(format_named(OUTPUT_STATES, "text"), &format_states_text);
	assert_ptr_equal(format_named(OUTPUT_STATES, NULL), &format_states_text);
	assert_null(format_named(OUTPUT_TREES, "text"));
	assert_null(format_named(OUTPUT_STATES, "graph"));
	assert_null(format_named(OUTPUT_TREES, "xml"));
	assert_null(format_named(OUTPUT_TREES, ""));
	output_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),        cmocka_unit_test(test_limit),
		cmocka_unit_test(test_failed_begin), cmocka_unit_test(test_targets),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
