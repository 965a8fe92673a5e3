/* SPDX-License-Identifier: MIT */
/* test_lines.c - lines and inlined calls of Go's function table, against `go tool addr2line`,
 * against a source whose lines are known, and of tables made to do harm. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../fuzz/fake_pclntab.h"
#include "go_program.h"
#include "gobin/pclntab.h"

/* ---- real programs ---- */

/* Calls that leave instructions of their own behind: lines 6 and 9 are inlined into 13 and 15. */
static const char source[] = "package main\n" /* 1 */
			     "import \"strings\"\n" /* 2 */
			     "var global []int\n" /* 3 */
			     "\n" /* 4 */
			     "func leaf(n int) {\n" /* 5 */
			     "	global[n%len(global)]++\n" /* 6 */
			     "}\n" /* 7 */
			     "func middle(n int) {\n" /* 8 */
			     "	leaf(n * n)\n" /* 9 */
			     "}\n" /* 10 */
			     "//go:noinline\n" /* 11 */
			     "func outer(n int) {\n" /* 12 */
			     "	leaf(n)\n" /* 13 */
			     "	global = append(global, n)\n" /* 14 */
			     "	middle(n + 3)\n" /* 15 */
			     "}\n" /* 16 */
			     "func main() {\n" /* 17 */
			     "	outer(1)\n" /* 18 */
			     "	println(strings.Repeat(\"a\", len(global)))\n"
			     "}\n";

struct program {
	struct go_toolchain go;
	char folder[GO_MAX_PATH];
	char source_path[GO_MAX_PATH + 16];
	char path[GO_MAX_PATH + 16];
	struct image *image;
	struct pclntab *table;
};

static int open_with(void **state, bool newest)
{
	struct program *program = calloc(1, sizeof(*program));
	struct go_toolchain oldest;
	struct error *err;

	*state = program;
	if (!program || !go_folder(program->folder))
		return -1;
	if (!(newest ? go_toolchains(&oldest, &program->go) : go_toolchains(&program->go, &oldest)))
		return 0;
	snprintf(program->path, sizeof(program->path), "%s/program", program->folder);
	if (!go_write(program->folder, source, program->source_path) ||
	    !go_build_anew(&program->go, program->source_path, "", program->path))
		return -1;
	err = image_open(program->path, &program->image);
	if (!err)
		err = pclntab_open(program->image, 0, &program->table);
	if (err)
		fprintf(stderr, "%s\n", error_message(err));
	error_free(err);
	return program->table ? 0 : -1;
}

static int open_with_oldest(void **state)
{
	return open_with(state, false);
}

static int open_with_newest(void **state)
{
	return open_with(state, true);
}

static int close_program(void **state)
{
	struct program *program = *state;

	if (!program)
		return 0;
	pclntab_close(program->table);
	image_close(program->image);
	go_remove(program->folder);
	free(program);
	return 0;
}

static struct program *need_program(void **state)
{
	struct program *program = *state;

	if (!program->table)
		skip();
	return program;
}

/* Five addresses of each function, for `go tool addr2line`. */
static size_t write_addresses(const struct program *program, const char *path)
{
	FILE *file = fopen(path, "w");
	size_t count = 0;

	assert_non_null(file);
	for (size_t i = 0; i < pclntab_num_funcs(program->table); i++) {
		uint64_t va, end_va;
		const char *name;
		assert_true(pclntab_func(program->table, i, &va, &end_va, &name));
		for (unsigned j = 0; j < 5; j++, count++)
			fprintf(file, "%#" PRIx64 "\n", va + (end_va - va) * j / 5);
	}
	assert_int_equal(fclose(file), 0);
	return count;
}

/*
 * What the tool says of padding and of functions without lines is "" or "?" and any number; where
 * a function has no table of lines it takes the bytes at offset 0 of all tables for one, so what we
 * have no line for is not compared, but there must be a line for most.
 */
static void agrees_with_addr2line(void **state)
{
	struct program *program = need_program(state);
	char addresses[GO_MAX_PATH + 32], command[GO_MAX_PATH * 3], name[4096], place[4096];
	size_t count, num_known = 0, num_read = 0;
	FILE *input, *tool;

	snprintf(addresses, sizeof(addresses), "%s/addresses", program->folder);
	count = write_addresses(program, addresses);
	snprintf(command, sizeof(command), "tool addr2line %s < %s", program->path, addresses);
	input = fopen(addresses, "r");
	tool = go_command(&program->go, command);
	assert_non_null(input);
	assert_non_null(tool);
	while (fgets(name, sizeof(name), tool) && fgets(place, sizeof(place), tool)) {
		char ours[4096];
		uint64_t va;
		assert_int_equal(fscanf(input, "%" SCNx64, &va), 1);
		num_read++;
		struct gobin_line line = pclntab_line(program->table, va);
		if (!line.file) {
			assert_int_equal(line.line, 0);
			continue;
		}
		snprintf(ours, sizeof(ours), "%s:%u\n", line.file, line.line);
		assert_string_equal(ours, place);
		num_known++;
	}
	fclose(input);
	assert_int_equal(pclose(tool), 0);
	assert_int_equal(num_read, count);
	assert_true(num_known > count * 3 / 4);
}

struct wanted {
	const struct program *program;
	uint64_t outer_va;
	unsigned leaf_13, leaf_9, middle_15, others;
};

static bool visit_outer(void *context, const char *name, uint64_t func_va, struct gobin_line call)
{
	struct wanted *wanted = context;

	assert_non_null(name);
	assert_non_null(call.file);
	assert_true(call.line > 0);
	if (func_va != wanted->outer_va)
		return true;
	assert_string_equal(call.file, wanted->program->source_path);
	if (!strcmp(name, "main.leaf") && call.line == 13)
		wanted->leaf_13++;
	else if (!strcmp(name, "main.leaf") && call.line == 9)
		wanted->leaf_9++;
	else if (!strcmp(name, "main.middle") && call.line == 15)
		wanted->middle_15++;
	else
		wanted->others++;
	return true;
}

static void knows_what_was_inlined(void **state)
{
	struct program *program = need_program(state);
	struct wanted wanted = {.program = program};
	uint64_t va, end_va;
	const char *name;

	for (size_t i = 0; i < pclntab_num_funcs(program->table); i++) {
		if (pclntab_func(program->table, i, &va, &end_va, &name) &&
		    !strcmp(name, "main.outer"))
			wanted.outer_va = va;
	}
	assert_true(wanted.outer_va);
	assert_null(pclntab_for_each_inlining(program->table, visit_outer, &wanted));
	assert_int_equal(wanted.leaf_13, 1);
	assert_int_equal(wanted.leaf_9, 1);
	assert_int_equal(wanted.middle_15, 1);
	assert_int_equal(wanted.others, 0);
}

static bool visit_once(void *context, const char *name, uint64_t func_va, struct gobin_line call)
{
	++*(unsigned *)context;
	return false;
}

/* Whatever is inlined at an instruction, it is known which line of main.outer it is part of. */
static void knows_the_outermost_line(void **state)
{
	struct program *program = need_program(state);
	unsigned seen[20] = {0}, num_inlined = 0;
	uint64_t va, end_va;
	const char *name;

	for (size_t i = 0; i < pclntab_num_funcs(program->table); i++) {
		if (!pclntab_func(program->table, i, &va, &end_va, &name) ||
		    strcmp(name, "main.outer"))
			continue;
		for (; va < end_va; va++) {
			uint64_t outermost_va = pclntab_outermost_va(program->table, va);
			struct gobin_line line = pclntab_line(program->table, outermost_va);
			if (!line.line)
				continue; /* padding */
			assert_string_equal(line.file, program->source_path);
			assert_in_range(line.line, 12, 16);
			seen[line.line]++;
			num_inlined += pclntab_line(program->table, va).line < 12;
		}
	}
	assert_true(seen[13] && seen[14] && seen[15]);
	assert_true(num_inlined);
}

static void stops_when_told_to(void **state)
{
	struct program *program = need_program(state);
	unsigned count = 0;

	assert_null(pclntab_for_each_inlining(program->table, visit_once, &count));
	assert_int_equal(count, 1);
}

/* ---- made tables ---- */

struct opened {
	struct image *image;
	struct pclntab *table;
};

static struct opened open_fake(const struct fake_pclntab *fake)
{
	struct opened opened;

	opened.image = fake_image(fake->bytes, fake->len);
	assert_non_null(opened.image);
	assert_null(pclntab_open(opened.image, 0, &opened.table));
	assert_non_null(opened.table);
	return opened;
}

static void close_fake(const struct opened *opened)
{
	pclntab_close(opened->table);
	image_close(opened->image);
}

static void expect_line(struct pclntab *table, uint64_t va, const char *file, unsigned line)
{
	struct gobin_line found = pclntab_line(table, va);

	assert_int_equal(found.line, line);
	if (file)
		assert_string_equal(found.file, file);
	else
		assert_null(found.file);
}

static void reads_lines_of_each_layout(void **state)
{
	for (enum fake_go go = 0; go < FAKE_GO_COUNT; go++) {
		struct fake_pclntab fake = fake_pclntab(go);
		struct opened opened = open_fake(&fake);
		expect_line(opened.table, 0xfff, NULL, 0);
		expect_line(opened.table, 0x1000, "/src/a.go", 10);
		expect_line(opened.table, 0x100f, "/src/a.go", 10);
		expect_line(opened.table, 0x1010, "/src/a.go", 20);
		expect_line(opened.table, 0x102f, "/src/a.go", 20);
		expect_line(opened.table, 0x103f, "/src/a.go", 12);
		expect_line(opened.table, 0x1040, "/src/a.go", 30);
		expect_line(opened.table, 0x10ff, "/src/a.go", 30);
		expect_line(opened.table, 0x1100, NULL, 0);
		expect_line(opened.table, 0, NULL, 0);
		expect_line(opened.table, UINT64_MAX, NULL, 0);
		close_fake(&opened);
	}
}

struct inlinings {
	unsigned count;
	uint64_t func_va;
	struct gobin_line call;
	char name[64];
};

static bool visit_inlining(void *context, const char *name, uint64_t func_va,
			   struct gobin_line call)
{
	struct inlinings *inlinings = context;

	inlinings->count++;
	inlinings->func_va = func_va;
	inlinings->call = call;
	snprintf(inlinings->name, sizeof(inlinings->name), "%s", name);
	return true;
}

static struct inlinings inlinings_of(const struct fake_pclntab *fake)
{
	struct opened opened = open_fake(fake);
	struct inlinings inlinings = {0};

	assert_null(pclntab_for_each_inlining(opened.table, visit_inlining, &inlinings));
	if (inlinings.call.file)
		assert_string_equal(inlinings.call.file, "/src/a.go");
	inlinings.call.file = NULL; /* of the image */
	close_fake(&opened);
	return inlinings;
}

static void reads_inlined_calls_of_each_layout(void **state)
{
	for (enum fake_go go = 0; go < FAKE_GO_COUNT; go++) {
		struct fake_pclntab fake = fake_pclntab(go);
		struct inlinings inlinings = inlinings_of(&fake);
		assert_int_equal(inlinings.count, 1);
		assert_int_equal(inlinings.func_va, 0x1000);
		assert_int_equal(inlinings.call.line, 10);
		assert_string_equal(inlinings.name, "main.c");
	}
}

static void leaves_out_inlined_calls_that_lead_out(void **state)
{
	const uint32_t bad_names[] = {0, 0x7fffffff, UINT32_MAX}, bad_pcs[] = {0x40, UINT32_MAX};

	for (enum fake_go go = 0; go < FAKE_GO_COUNT; go++) {
		struct fake_pclntab fake;
		size_t name_at = go >= FAKE_GO_1_20 ? 4 : 12;
		for (unsigned i = 0; i < 3; i++) {
			fake = fake_pclntab(go);
			fake_put(&fake, fake.tree + name_at, bad_names[i], 4);
			assert_int_equal(inlinings_of(&fake).count, 0);
		}
		for (unsigned i = 0; i < 2; i++) {
			fake = fake_pclntab(go);
			fake_put(&fake, fake.tree + name_at + 4, bad_pcs[i], 4);
			assert_int_equal(inlinings_of(&fake).count, 0);
		}
		/* Numbers that would be far behind the array. */
		fake = fake_pclntab(go);
		memcpy(fake.bytes + fake.pc + 16, "\x00\x10\xfe\xff\xff\xff\x0f\x20\x00", 9);
		assert_int_equal(inlinings_of(&fake).count, 0);
		memcpy(fake.bytes + fake.pc + 16, "\x00\x10\xfe\xff\x3f\x20\x00", 7);
		assert_int_equal(inlinings_of(&fake).count, 0);
	}
}

static void leaves_out_records_without_room(void **state)
{
	for (enum fake_go go = 0; go < FAKE_GO_COUNT; go++) {
		struct fake_pclntab good = fake_pclntab(go), fake = good;
		size_t npcdata = fake.record_a + (fake.is_absolute ? 32 : 28);
		size_t nfuncdata = fake.record_a + (go == FAKE_GO_1_18 ? 39 : 43);
		const uint32_t bad[] = {0, 2, 0x3fffffff, 0x40000000, UINT32_MAX};
		for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			fake = good;
			fake_put(&fake, npcdata, bad[i], 4);
			assert_int_equal(inlinings_of(&fake).count, 0);
		}
		fake = good;
		fake_put(&fake, nfuncdata, 3, 1);
		assert_int_equal(inlinings_of(&fake).count, 0);
		fake_put(&fake, nfuncdata, 255, 1);
		assert_int_equal(inlinings_of(&fake).count, 1);
	}
}

/* No line is known where a table of lines is no good; what is before the harm may be. */
static void survives_endless_numbers(void **state)
{
	for (enum fake_go go = 0; go < FAKE_GO_COUNT; go++) {
		struct fake_pclntab good = fake_pclntab(go), fake = good;
		struct opened opened;
		/* A number that does not end before the table does. */
		memset(fake.bytes + fake.lines_a + 2, 0x80, fake.funcs - fake.lines_a - 2);
		opened = open_fake(&fake);
		expect_line(opened.table, 0x1000, "/src/a.go", 10);
		expect_line(opened.table, 0x1010, "/src/a.go", 0);
		close_fake(&opened);
		/* Runs of no length, to the end of the table. */
		fake = good;
		for (size_t i = fake.lines_a; i + 1 < fake.funcs; i += 2) {
			fake.bytes[i] = 2;
			fake.bytes[i + 1] = 0;
		}
		opened = open_fake(&fake);
		expect_line(opened.table, 0x1000, "/src/a.go", 0);
		close_fake(&opened);
		/* A run as long as can be said, and a line that is none. */
		fake = good;
		memcpy(fake.bytes + fake.lines_a, "\x03\xff\xff\xff\xff\x0f", 6);
		opened = open_fake(&fake);
		expect_line(opened.table, 0x1000, "/src/a.go", 0);
		close_fake(&opened);
	}
}

static void does_not_know_files_that_lead_out(void **state)
{
	for (enum fake_go go = 0; go < FAKE_GO_COUNT; go++) {
		struct fake_pclntab good = fake_pclntab(go), fake;
		size_t cu = fake_pclntab(go).record_a + (good.is_absolute ? 36 : 32);
		const uint32_t bad_tables[] = {0, 0x3fffffff, 0x7fffffff, UINT32_MAX};
		const uint32_t bad_files[] = {UINT32_MAX, 0x7fffffff, 100};
		struct opened opened;
		for (unsigned i = 0; i < 4; i++) {
			fake = good;
			fake_put(&fake, cu, bad_tables[i], 4);
			opened = open_fake(&fake);
			expect_line(opened.table, 0x1000, NULL, 0);
			close_fake(&opened);
		}
		for (unsigned i = 0; i < 3; i++) {
			fake = good;
			fake_put(&fake, fake.cu_files + 4, bad_files[i], 4);
			opened = open_fake(&fake);
			expect_line(opened.table, 0x1000, NULL, 0);
			close_fake(&opened);
		}
		fake = good;
		memset(fake.bytes + fake.files + 1, 'x', fake.pc - fake.files - 1);
		opened = open_fake(&fake);
		expect_line(opened.table, 0x1000, NULL, 0);
		close_fake(&opened);
	}
}

#define WITH(test, open) cmocka_unit_test_setup_teardown(test, open, close_program)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(agrees_with_addr2line, open_with_oldest),
		WITH(agrees_with_addr2line, open_with_newest),
		WITH(knows_what_was_inlined, open_with_oldest),
		WITH(knows_what_was_inlined, open_with_newest),
		WITH(knows_the_outermost_line, open_with_oldest),
		WITH(knows_the_outermost_line, open_with_newest),
		WITH(stops_when_told_to, open_with_newest),
		cmocka_unit_test(reads_lines_of_each_layout),
		cmocka_unit_test(reads_inlined_calls_of_each_layout),
		cmocka_unit_test(leaves_out_inlined_calls_that_lead_out),
		cmocka_unit_test(leaves_out_records_without_room),
		cmocka_unit_test(survives_endless_numbers),
		cmocka_unit_test(does_not_know_files_that_lead_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
