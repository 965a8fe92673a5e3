/* SPDX-License-Identifier: MIT */
/*
 * test_reasons.c - names of wait reasons: what is read from programs of every toolchain at hand,
 * and the table of versions, against the source of that toolchain's runtime.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>

#include "elf_file.h"
#include "go_program.h"
#include "gobin/reasons.h"
#include "gofuncgraph/gobin.h"

/* waitReasonZero ... and their names, by number. */
struct source_reasons {
	size_t count;
	char constants[MAX_REASONS][64];
	char names[MAX_REASONS][MAX_REASON_NAME + 1];
};

static void add_name(struct source_reasons *reasons, const char *constant, const char *name)
{
	for (size_t i = 0; i < reasons->count; i++) {
		if (strcmp(reasons->constants[i], constant) == 0)
			snprintf(reasons->names[i], sizeof(reasons->names[i]), "%s", name);
	}
}

/* The constants come first, in the order of their numbers; the names may be in another one. */
static void read_source(const struct go_toolchain *go, struct source_reasons *reasons)
{
	_cleanup_free_ char *path = NULL, *line = NULL;
	size_t capacity = 0;
	bool in_constants = false;

	memset(reasons, 0, sizeof(*reasons));
	assert_true(asprintf(&path, "%s/src/runtime/runtime2.go", go->root) > 0);
	_cleanup_fclose_ FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (getline(&line, &capacity, file) > 0) {
		char constant[64], name[MAX_REASON_NAME + 1] = "";
		if (strncmp(line, "type waitReason ", 16) == 0)
			in_constants = true;
		if (sscanf(line, "\twaitReason%63[A-Za-z]", constant) != 1) {
			in_constants = in_constants && line[0] != ')';
		} else if (in_constants) {
			assert_true(reasons->count < MAX_REASONS);
			strcpy(reasons->constants[reasons->count++], constant);
		} else if (sscanf(line, "\twaitReason%*[A-Za-z]: \"%64[^\"]", name) == 1) {
			add_name(reasons, constant, name);
		}
	}
	assert_true(reasons->count > 20);
}

static void expect_by_version(unsigned minor, const struct source_reasons *want)
{
	for (size_t i = 0; i < want->count; i++)
		assert_string_equal(reasons_by_version(minor, i), want->names[i]);
	assert_null(reasons_by_version(minor, want->count));
}

static void expect_in_program(const char *program, bool is_stripped,
			      const struct source_reasons *want)
{
	const struct gobin_func *funcs;
	struct image *image;
	struct gobin *bin;
	size_t count;

	assert_null(gobin_open(program, &bin));
	for (size_t i = 0; i < want->count; i++)
		assert_string_equal(gobin_wait_reason(bin, i), want->names[i]);
	assert_null(gobin_wait_reason(bin, want->count));
	assert_null(gobin_wait_reason(bin, UINT32_MAX));

	/* That it was the program that was asked. */
	assert_null(image_open(program, &image));
	funcs = gobin_funcs(bin, &count);
	_cleanup_free_ struct reasons *reasons = reasons_read(image, funcs, count);
	assert_non_null(reasons);
	assert_int_equal(reasons->count, want->count);
	/* Without functions there is only the symbol. */
	_cleanup_free_ struct reasons *by_symbol = reasons_read(image, NULL, 0);
	assert_int_equal(!by_symbol, is_stripped);
	image_close(image);
	gobin_close(bin);
}

static void expect_of_toolchain(const struct go_toolchain *go, unsigned minor, const char *folder)
{
	static const char *const options[] = {"", "-ldflags='-s -w'", "-buildmode=pie",
					      "-buildmode=pie -ldflags='-s -w'"};
	char source[GO_MAX_PATH + 16], program[GO_MAX_PATH + 16];
	struct source_reasons want;

	snprintf(source, sizeof(source), "%s/main.go", folder);
	snprintf(program, sizeof(program), "%s/program", folder);
	read_source(go, &want);
	expect_by_version(minor, &want);
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		if (go_build(go, source, options[i], program))
			expect_in_program(program, strstr(options[i], "-s "), &want);
		else
			print_message("%s cannot build with %s\n", go->name, options[i]);
	}
	/* By arm64's code. */
	struct go_toolchain other = *go;

	other.goarch = "arm64";
	if (go_build(&other, source, options[1], program))
		expect_in_program(program, true, &want);
	else
		print_message("%s cannot build for arm64\n", go->name);
}

static void test_toolchains(void **state)
{
	char folder[GO_MAX_PATH], source[GO_MAX_PATH + 16], version[16];
	unsigned num_checked = 0;

	assert_true(go_folder(folder));
	assert_true(go_write(folder, "package main\n\nfunc main() {\n\tprintln(1)\n}\n", source));
	for (unsigned minor = 17; minor < 60; minor++) {
		struct go_toolchain go;
		snprintf(version, sizeof(version), "1.%u", minor);
		if (!go_toolchain_find(&go, version))
			continue;
		expect_of_toolchain(&go, minor, folder);
		num_checked++;
	}
	go_remove(folder);
	if (!num_checked)
		skip();
}

static void test_versions(void **state)
{
	assert_string_equal(reasons_by_version(17, 0), "");
	assert_string_equal(reasons_by_version(17, 14), "chan receive");
	assert_string_equal(reasons_by_version(18, 21), "timer goroutine (idle)");
	assert_string_equal(reasons_by_version(18, 26), "debug call");
	assert_null(reasons_by_version(18, 27));
	assert_string_equal(reasons_by_version(20, 21), "sync.Mutex.Lock");
	assert_string_equal(reasons_by_version(20, 31), "stopping the world");
	assert_null(reasons_by_version(20, 32));
	assert_string_equal(reasons_by_version(UINT_MAX, 19), "chan receive");
	assert_null(reasons_by_version(UINT_MAX, UINT_MAX));
}

/*
 *	cmp $2,%al
 *	cmpb $9,(%rbx)
 *	lea 0xfeff4(%rip),%rax	the data page
 *	lea 0x100(%rip),%rdx	code
 *	lea 0xff0e6(%rip),%rdx	the table, 0x100 into the data page
 */
#define CODE                                                                                       \
	"\x3c\x02\x80\x3b\x09\x48\x8d\x05\xf4\xef\x0f\x00\x48\x8d\x15\x00\x01\x00\x00"             \
	"\x48\x8d\x15\xe6\xf0\x0f\x00"
#define TABLE 0x100

static void set_string(struct elf_file *file, size_t entry, uint64_t va, uint64_t len)
{
	const uint64_t string[] = {va, len};

	memcpy(file->data + TABLE + entry * sizeof(string), string, sizeof(string));
}

static struct elf_file good_file(void)
{
	struct elf_file file;

	elf_file_init(&file);
	memcpy(file.code, CODE, sizeof(CODE) - 1);
	strcpy((char *)file.data + 0x800, "GC assist marking\xff third");
	set_string(&file, 1, ELF_FILE_DATA_VA + 0x800, 17);
	set_string(&file, 2, ELF_FILE_DATA_VA + 0x811, 2);
	return file;
}

static struct reasons *read_file(const struct elf_file *file)
{
	const struct gobin_func funcs[] = {
		{.name = "runtime.String", .va = ELF_FILE_CODE_VA, .size = sizeof(CODE) - 1},
		{.name = "runtime.waitReason.String",
		 .va = ELF_FILE_CODE_VA,
		 .size = sizeof(CODE) - 1},
	};
	struct image *image;
	char path[64];
	int fd = elf_file_write(file, sizeof(*file), path);

	assert_true(fd >= 0);
	assert_null(image_open(path, &image));
	assert_null(reasons_read(image, funcs, 1));
	struct reasons *reasons = reasons_read(image, funcs, 2);
	image_close(image);
	close(fd);
	return reasons;
}

static void expect_refused(const struct elf_file *file)
{
	assert_null(read_file(file));
}

static void test_hostile(void **state)
{
	struct elf_file file = good_file();
	_cleanup_free_ struct reasons *reasons = read_file(&file);

	assert_non_null(reasons);
	assert_int_equal(reasons->count, 2);
	assert_string_equal(reasons->names[1], "GC assist marking");
	/* Three: any byte but NUL may be in a name. */
	file.code[1] = 3;
	_cleanup_free_ struct reasons *three = read_file(&file);
	assert_non_null(three);
	assert_string_equal(three->names[2], "\xff ");
	file.data[0x812] = 0;
	expect_refused(&file);

	/* A table of one, of none, and one that runs out of the file. */
	file = good_file();
	file.code[1] = 1;
	expect_refused(&file);
	file.code[1] = 0;
	expect_refused(&file);
	file.code[1] = 255;
	expect_refused(&file);
	/* The first is not empty; the second another one, too long, out of the file. */
	file = good_file();
	set_string(&file, 0, ELF_FILE_DATA_VA + 0x800, 17);
	expect_refused(&file);
	file = good_file();
	file.data[0x800] = 'g';
	expect_refused(&file);
	file = good_file();
	set_string(&file, 1, ELF_FILE_DATA_VA + 0x800, UINT64_MAX);
	expect_refused(&file);
	set_string(&file, 1, UINT64_MAX - 3, 17);
	expect_refused(&file);
	/* No comparison; code that ends in an instruction; no table. */
	file = good_file();
	file.code[0] = 0xa8;
	expect_refused(&file);
	file = good_file();
	file.code[5] = 0x06;
	expect_refused(&file);
	file = good_file();
	file.code[20] = 0x8b;
	expect_refused(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_toolchains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
