/* SPDX-License-Identifier: MIT */
/* test_pclntab.c - Go's function table against what Go's own tools say, and against tables made to
 * do harm. Lines and inlined calls are in test_lines.c. */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "../fuzz/fake_pclntab.h"
#include "go_program.h"
#include "gobin/pclntab.h"

/* ---- real programs ---- */

static const char source[] = "package main\n"
			     "type T struct{ n int }\n"
			     "//go:noinline\n"
			     "func (t *T) Method(n int) int { return t.n + n }\n"
			     "//go:noinline\n"
			     "func plain(n int) int { return n * 7 }\n"
			     "func main() {\n"
			     "	t := &T{3}\n"
			     "	f := func(n int) int { return t.Method(n) + plain(n) }\n"
			     "	println(f(1), f(2))\n"
			     "}\n";

struct built {
	char folder[GO_MAX_PATH];
	struct go_toolchain toolchains[2];
	size_t num_toolchains;
};

static void path_of(char path[GO_MAX_PATH * 2], const struct built *built, size_t toolchain,
		    const char *kind)
{
	snprintf(path, GO_MAX_PATH * 2, "%s/%s-%s", built->folder,
		 built->toolchains[toolchain].name, kind);
}

static const struct {
	const char *kind, *options;
} builds[] = {
	{"plain", ""},
	{"stripped", "-ldflags='-s -w'"},
	{"pie", "-buildmode=pie"},
};

static int set_up(void **state)
{
	struct built *built = calloc(1, sizeof(*built));
	char source_path[GO_MAX_PATH + 16], path[GO_MAX_PATH * 2];

	*state = built;
	if (!built || !go_folder(built->folder))
		return -1;
	if (!go_toolchains(&built->toolchains[0], &built->toolchains[1]))
		return 0;
	built->num_toolchains =
		strcmp(built->toolchains[0].root, built->toolchains[1].root) ? 2 : 1;
	if (!go_write(built->folder, source, source_path))
		return -1;
	for (size_t i = 0; i < built->num_toolchains; i++) {
		for (size_t j = 0; j < sizeof(builds) / sizeof(builds[0]); j++) {
			path_of(path, built, i, builds[j].kind);
			if (!go_build(&built->toolchains[i], source_path, builds[j].options, path))
				return -1;
		}
	}
	return 0;
}

static int tear_down(void **state)
{
	struct built *built = *state;

	if (built)
		go_remove(built->folder);
	free(built);
	return 0;
}

static const struct built *need_toolchain(void **state)
{
	const struct built *built = *state;

	if (!built->num_toolchains)
		skip();
	return built;
}

/* Both to be closed by the caller. */
static struct pclntab *open_program(const char *path, struct image **image)
{
	struct pclntab *table;

	assert_null(image_open(path, image));
	assert_null(pclntab_open(*image, 0, &table));
	assert_non_null(table);
	return table;
}

/* The entry that begins at va, or NULL. */
static const char *name_at(const struct pclntab *table, uint64_t wanted_va)
{
	uint64_t va, end_va;
	const char *name;

	for (size_t i = 0; i < pclntab_num_funcs(table); i++) {
		if (pclntab_func(table, i, &va, &end_va, &name) && va == wanted_va)
			return name;
	}
	return NULL;
}

/* The linker writes "[...]" for type arguments in some versions, and puts another mark into local
 * types' names. */
static bool is_comparable(const char *name)
{
	return !strpbrk(name, "[\xc2") && strncmp(name, "type", 4) != 0;
}

/* Each function that `go tool nm` knows is in the table under the same name, and the other way. */
static void compare_with_nm(const struct go_toolchain *go, const char *path)
{
	struct image *image;
	struct pclntab *table = open_program(path, &image);
	size_t num_found = 0;
	char command[GO_MAX_PATH * 3], line[4096];
	FILE *nm;

	snprintf(command, sizeof(command), "tool nm %s", path);
	nm = go_command(go, command);
	assert_non_null(nm);
	while (fgets(line, sizeof(line), nm)) {
		uint64_t va;
		char type, symbol[2048], *suffix;
		if (sscanf(line, "%" SCNx64 " %c %2047[^\n]", &va, &type, symbol) != 3 ||
		    (type != 'T' && type != 't') || !strcmp(symbol, "runtime.etext"))
			continue;
		const char *name = name_at(table, va);
		if (!name)
			fail_msg("%s at %" PRIx64 " is not in the table of %s", symbol, va, path);
		suffix = strstr(symbol, ".abi0");
		if (suffix && !suffix[5])
			*suffix = 0;
		/* Symbols may share an address with runtime.text. */
		if (is_comparable(symbol) && is_comparable(name) && strcmp(symbol, "runtime.text"))
			assert_string_equal(name, symbol);
		num_found++;
	}
	assert_int_equal(pclose(nm), 0);
	assert_in_range(num_found, pclntab_num_funcs(table), pclntab_num_funcs(table) + 1);
	pclntab_close(table);
	image_close(image);
}

static void has_the_functions_of_nm(void **state)
{
	const struct built *built = need_toolchain(state);
	char path[GO_MAX_PATH * 2];

	for (size_t i = 0; i < built->num_toolchains; i++) {
		path_of(path, built, i, "plain");
		compare_with_nm(&built->toolchains[i], path);
		path_of(path, built, i, "pie");
		compare_with_nm(&built->toolchains[i], path);
	}
}

static void compare_tables(const struct pclntab *a, const struct pclntab *b)
{
	uint64_t a_va, b_va, a_end, b_end;
	const char *a_name, *b_name;

	pclntab_text(a, &a_va, &a_end);
	pclntab_text(b, &b_va, &b_end);
	assert_int_equal(a_va, b_va);
	assert_int_equal(a_end, b_end);
	assert_int_equal(pclntab_num_funcs(a), pclntab_num_funcs(b));
	assert_true(pclntab_num_funcs(a) > 100);
	for (size_t i = 0; i < pclntab_num_funcs(a); i++) {
		assert_true(pclntab_func(a, i, &a_va, &a_end, &a_name));
		assert_true(pclntab_func(b, i, &b_va, &b_end, &b_name));
		assert_int_equal(a_va, b_va);
		assert_int_equal(a_end, b_end);
		assert_string_equal(a_name, b_name);
	}
}

static void is_the_same_when_stripped(void **state)
{
	const struct built *built = need_toolchain(state);

	for (size_t i = 0; i < built->num_toolchains; i++) {
		char plain_path[GO_MAX_PATH * 2], stripped_path[GO_MAX_PATH * 2];
		struct image *plain_image, *stripped_image;
		path_of(plain_path, built, i, "plain");
		path_of(stripped_path, built, i, "stripped");
		struct pclntab *plain = open_program(plain_path, &plain_image);
		struct pclntab *stripped = open_program(stripped_path, &stripped_image);
		compare_tables(plain, stripped);
		pclntab_close(plain);
		pclntab_close(stripped);
		image_close(plain_image);
		image_close(stripped_image);
	}
}

/* A copy without section headers. */
static void strip_sections(const char *from, const char *to)
{
	char command[GO_MAX_PATH * 5];
	Elf64_Ehdr ehdr;
	int fd;

	snprintf(command, sizeof(command), "cp %s %s", from, to);
	assert_int_equal(system(command), 0);
	fd = open(to, O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, &ehdr, sizeof(ehdr), 0), sizeof(ehdr));
	ehdr.e_shoff = 0;
	ehdr.e_shnum = 0;
	ehdr.e_shstrndx = 0;
	assert_int_equal(pwrite(fd, &ehdr, sizeof(ehdr), 0), sizeof(ehdr));
	assert_int_equal(close(fd), 0);
}

static void is_found_without_sections(void **state)
{
	const struct built *built = need_toolchain(state);
	static const char *const kinds[] = {"plain", "pie"};

	for (size_t i = 0; i < built->num_toolchains * 2; i++) {
		char path[GO_MAX_PATH * 2], bare_path[GO_MAX_PATH * 2];
		struct image *image, *bare_image;
		path_of(path, built, i / 2, kinds[i % 2]);
		path_of(bare_path, built, i / 2, "bare");
		strip_sections(path, bare_path);
		struct pclntab *table = open_program(path, &image);
		struct pclntab *bare = open_program(bare_path, &bare_image);
		compare_tables(table, bare);
		pclntab_close(table);
		pclntab_close(bare);
		image_close(image);
		image_close(bare_image);
	}
}

static void is_no_error_when_there_is_none(void **state)
{
	struct pclntab *table;
	struct image *image;

	assert_null(image_open("/bin/sh", &image));
	assert_null(pclntab_open(image, 0, &table));
	assert_null(table);
	image_close(image);
}

/* ---- made tables ---- */

/* Reads everything of a table; returns how many functions make sense. */
static size_t count_funcs(const uint8_t *bytes, size_t len)
{
	_cleanup_error_ struct error *err = NULL;
	struct pclntab *table = NULL;
	struct image *image = fake_image(bytes, len);
	size_t count = 0;

	if (!image)
		return 0;
	err = pclntab_open(image, 0, &table);
	for (size_t i = 0; table && i < pclntab_num_funcs(table) && i < 1000; i++) {
		uint64_t va, end_va;
		const char *name;
		if (!pclntab_func(table, i, &va, &end_va, &name))
			continue;
		assert_true(va < end_va && va >= FAKE_TEXT_VA &&
			    end_va <= FAKE_TEXT_VA + FAKE_TEXT_SIZE);
		assert_true(*name && strlen(name) < len);
		pclntab_line(table, va);
		count++;
	}
	pclntab_close(table);
	image_close(image);
	return count;
}

static void reads_each_layout(void **state)
{
	for (enum fake_go go = 0; go < FAKE_GO_COUNT; go++) {
		struct fake_pclntab fake = fake_pclntab(go);
		struct image *image = fake_image(fake.bytes, fake.len);
		struct pclntab *table;
		uint64_t va, end_va;
		const char *name;
		assert_null(pclntab_open(image, 0, &table));
		assert_non_null(table);
		pclntab_text(table, &va, &end_va);
		assert_int_equal(va, 0x1000);
		assert_int_equal(end_va, 0x1100);
		assert_int_equal(pclntab_num_funcs(table), 2);
		assert_true(pclntab_func(table, 0, &va, &end_va, &name));
		assert_int_equal(va, 0x1000);
		assert_int_equal(end_va, 0x1040);
		assert_string_equal(name, "main.a");
		assert_true(pclntab_func(table, 1, &va, &end_va, &name));
		assert_int_equal(va, 0x1040);
		assert_int_equal(end_va, 0x1100);
		assert_string_equal(name, "main.b");
		assert_false(pclntab_func(table, 2, &va, &end_va, &name));
		assert_false(pclntab_func(table, SIZE_MAX, &va, &end_va, &name));
		pclntab_close(table);
		image_close(image);
	}
}

static void survives_being_cut_short(void **state)
{
	for (enum fake_go go = 0; go < FAKE_GO_COUNT; go++) {
		struct fake_pclntab fake = fake_pclntab(go);
		for (size_t len = 1; len < fake.len; len++)
			count_funcs(fake.bytes, len);
		assert_int_equal(count_funcs(fake.bytes, fake.end - 1), go == FAKE_GO_1_26 ? 0 : 2);
		assert_int_equal(count_funcs(fake.bytes, fake.funcs + 8), 0);
	}
}

static void refuses_offsets_that_lead_out(void **state)
{
	for (enum fake_go go = 0; go < FAKE_GO_COUNT; go++) {
		struct fake_pclntab good = fake_pclntab(go);
		const uint64_t bad[] = {0,
					1,
					good.len,
					good.len + 1,
					UINT32_MAX,
					UINT64_MAX - 8,
					UINT64_MAX,
					1ul << 63,
					-(uint64_t)FAKE_DATA_VA};
		for (size_t i = 0; i < 5 * sizeof(bad) / sizeof(bad[0]); i++) {
			struct fake_pclntab fake = good;
			fake_put(&fake, fake.header_offsets + i % 5 * 8, bad[i / 5], 8);
			assert_int_equal(count_funcs(fake.bytes, fake.len), 0);
		}
	}
}

static void refuses_counts_that_do_not_fit(void **state)
{
	const uint64_t bad[] = {0, 1000, 1ul << 28, 1ul << 60, 1ul << 61, 1ul << 63, UINT64_MAX};

	for (enum fake_go go = 0; go < FAKE_GO_COUNT; go++) {
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			struct fake_pclntab fake = fake_pclntab(go);
			fake_put(&fake, 8, bad[i], 8);
			assert_int_equal(count_funcs(fake.bytes, fake.len), 0);
		}
	}
}

static void leaves_out_functions_out_of_order(void **state)
{
	for (enum fake_go go = 0; go < FAKE_GO_COUNT; go++) {
		struct fake_pclntab fake = fake_pclntab(go);
		size_t size = fake.is_absolute ? 8 : 4;
		/* main.b begins where it ends. */
		fake_put(&fake, fake.funcs + 2 * size, fake.is_absolute ? 0x1100 : 0x100, size);
		fake_put(&fake, fake.record_b, fake.is_absolute ? 0x1100 : 0x100, size);
		assert_int_equal(count_funcs(fake.bytes, fake.len), 1);
		/* main.a begins behind main.b. */
		fake = fake_pclntab(go);
		fake_put(&fake, fake.funcs, fake.is_absolute ? 0x1080 : 0x80, size);
		fake_put(&fake, fake.record_a, fake.is_absolute ? 0x1080 : 0x80, size);
		assert_true(count_funcs(fake.bytes, fake.len) <= 1);
	}
}

static void leaves_out_functions_behind_the_text(void **state)
{
	struct fake_pclntab fake = fake_pclntab(FAKE_GO_1_20);

	fake_put(&fake, fake.funcs + 16, FAKE_TEXT_SIZE + 1, 4);
	assert_int_equal(count_funcs(fake.bytes, fake.len), 1);
	fake_put(&fake, fake.funcs + 16, UINT32_MAX, 4);
	assert_int_equal(count_funcs(fake.bytes, fake.len), 1);
}

static void refuses_records_that_lead_out(void **state)
{
	const uint32_t bad[] = {UINT32_MAX, UINT32_MAX - 3, 0x7fffffff, 4096, 8, 1};

	/* The first and the last are looked at when opening. */
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fake_pclntab fake = fake_pclntab(FAKE_GO_1_26);
		fake_put(&fake, fake.funcs + 4 + i % 2 * 8, bad[i], 4);
		assert_int_equal(count_funcs(fake.bytes, fake.len), 0);
	}
}

static void leaves_out_names_without_an_end(void **state)
{
	for (enum fake_go go = 0; go < FAKE_GO_COUNT; go++) {
		struct fake_pclntab fake = fake_pclntab(go);
		size_t name_at = fake.record_b + (fake.is_absolute ? 8 : 4);
		fake_put(&fake, name_at, 0, 4); /* empty */
		assert_int_equal(count_funcs(fake.bytes, fake.len), 1);
		fake_put(&fake, name_at, UINT32_MAX, 4);
		assert_int_equal(count_funcs(fake.bytes, fake.len), 1);
		fake_put(&fake, name_at, 8, 4);
		assert_int_equal(count_funcs(fake.bytes, fake.len), 2);
		/* The names run into the next part, which is not theirs. */
		memset(fake.bytes + fake.names + 8, 'x', fake.cu_files - fake.names - 8);
		assert_int_equal(count_funcs(fake.bytes, fake.len), 1);
	}
}

static void needs_the_address_of_the_text(void **state)
{
	struct fake_pclntab fake = fake_pclntab(FAKE_GO_1_26);
	_cleanup_error_ struct error *err = NULL;
	struct pclntab *table;
	struct image *image;

	fake_put(&fake, fake.module, 1, 8);
	image = fake_image(fake.bytes, fake.len);
	err = pclntab_open(image, 26, &table);
	assert_non_null(err);
	assert_null(table);
	image_close(image);
	/* Older tables say it themselves. */
	fake = fake_pclntab(FAKE_GO_1_20);
	fake_put(&fake, fake.module, 1, 8);
	assert_int_equal(count_funcs(fake.bytes, fake.len), 2);
	fake_put(&fake, 24, FAKE_DATA_VA, 8);
	assert_int_equal(count_funcs(fake.bytes, fake.len), 0);
}

static void is_found_behind_what_looks_like_one(void **state)
{
	struct fake_pclntab fake = fake_pclntab(FAKE_GO_1_18);
	uint8_t bytes[sizeof(fake.bytes) + 64];

	/* Its moduledata says another address: the header has the text's. */
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, fake.bytes, 64);
	memcpy(bytes + 64, fake.bytes, fake.len);
	assert_int_equal(count_funcs(bytes, fake.len + 64), 2);
	/* Not where no table can begin. */
	assert_int_equal(count_funcs(bytes + 60, fake.len + 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_functions_of_nm),
		cmocka_unit_test(is_the_same_when_stripped),
		cmocka_unit_test(is_found_without_sections),
		cmocka_unit_test(is_no_error_when_there_is_none),
		cmocka_unit_test(reads_each_layout),
		cmocka_unit_test(survives_being_cut_short),
		cmocka_unit_test(refuses_offsets_that_lead_out),
		cmocka_unit_test(refuses_counts_that_do_not_fit),
		cmocka_unit_test(leaves_out_functions_out_of_order),
		cmocka_unit_test(leaves_out_functions_behind_the_text),
		cmocka_unit_test(refuses_records_that_lead_out),
		cmocka_unit_test(leaves_out_names_without_an_end),
		cmocka_unit_test(needs_the_address_of_the_text),
		cmocka_unit_test(is_found_behind_what_looks_like_one),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
