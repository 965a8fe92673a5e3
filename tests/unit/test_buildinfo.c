/* SPDX-License-Identifier: MIT */
/* test_buildinfo.c - the version of Go, in each form that its linker has written it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>

#include "elf_file.h"
#include "gobin/buildinfo.h"
#include "gofuncgraph/gobin.h"

#define MAGIC "\xff Go buildinf:"

/* What is read from a file; the caller frees it. */
static char *read_version(const struct elf_file *file)
{
	struct image *image;
	char path[64], *version;
	int fd = elf_file_write(file, sizeof(*file), path);

	assert_true(fd >= 0);
	assert_null(image_open(path, &image));
	assert_null(buildinfo_read_version(image, &version));
	image_close(image);
	close(fd);
	return version;
}

static void expect_version(const struct elf_file *file, const char *want)
{
	_cleanup_free_ char *version = read_version(file);

	if (!want) {
		assert_null(version);
		return;
	}
	assert_non_null(version);
	assert_string_equal(version, want);
}

static void put_inline(struct elf_file *file, size_t at, const char *version)
{
	memcpy(file->data + at, MAGIC, 14);
	file->data[at + 14] = 8;
	file->data[at + 15] = 2;
	file->data[at + 32] = strlen(version);
	strcpy((char *)file->data + at + 33, version);
}

static void test_inline(void **state)
{
	struct elf_file file;

	elf_file_init(&file);
	expect_version(&file, NULL);
	put_inline(&file, 0x340, "go1.22.3 X:nocoverageredesign");
	expect_version(&file, "go1.22.3 X:nocoverageredesign");
	/* Only where the linker puts it. */
	elf_file_init(&file);
	put_inline(&file, 0x348, "go1.22.3");
	expect_version(&file, NULL);
	/* A string that looks like the magic comes before it. */
	elf_file_init(&file);
	memcpy(file.data + 0x20, MAGIC, 14);
	put_inline(&file, 0x80, "go1.26");
	expect_version(&file, "go1.26");
	/* In a segment that is only read. */
	file.data_phdr.p_flags = PF_R;
	expect_version(&file, "go1.26");
}

static void test_broken_inline(void **state)
{
	struct elf_file file;

	elf_file_init(&file);
	put_inline(&file, 0x40, "go1.22");
	memset(file.data + 0x60, 0xff, 16);
	expect_version(&file, NULL);
	elf_file_init(&file);
	put_inline(&file, 0x40, "");
	expect_version(&file, NULL);
	/* At the very end of the file, and longer than it. */
	elf_file_init(&file);
	memcpy(file.data + ELF_FILE_PART - 16, MAGIC, 14);
	expect_version(&file, NULL);
	elf_file_init(&file);
	put_inline(&file, ELF_FILE_PART - 48, "go1.22");
	file.data[ELF_FILE_PART - 16] = 100;
	expect_version(&file, NULL);
}

static void put_u64(struct elf_file *file, size_t at, uint64_t value)
{
	memcpy(file->data + at, &value, sizeof(value));
}

/* Go 1.17: pointers to string headers. */
static void test_pointers(void **state)
{
	struct elf_file file;

	elf_file_init(&file);
	memcpy(file.data + 0x40, MAGIC, 14);
	file.data[0x4e] = 8;
	put_u64(&file, 0x50, ELF_FILE_DATA_VA + 0x100);
	put_u64(&file, 0x100, ELF_FILE_DATA_VA + 0x200);
	put_u64(&file, 0x108, 8);
	strcpy((char *)file.data + 0x200, "go1.17.9");
	expect_version(&file, "go1.17.9");
	put_u64(&file, 0x108, UINT64_MAX);
	expect_version(&file, NULL);
	put_u64(&file, 0x108, 9);
	expect_version(&file, NULL);
	put_u64(&file, 0x50, UINT64_MAX - 2);
	expect_version(&file, NULL);
	file.data[0x4f] = 1;
	expect_version(&file, NULL);
}

static void test_minor(void **state)
{
	static const struct {
		const char *version;
		unsigned minor;
	} cases[] = {
		{"go1.22.3", 22},
		{"go1.17", 17},
		{"go1.22rc1", 22},
		{"go1.23beta2", 23},
		{"go1.22.3 X:nocoverageredesign", 22},
		{"devel go1.23-abcdef Thu Jan 1 00:00:00 1970 +0000", 23},
		{"go1.22-20240109-RC01 cl/597041403 +dcbe772469 X:loopvar", 22},
		{"go1.9.7", 9},
		{"go1", 0},
		{"devel +8a1ef5b Thu Jan 1 00:00:00 1970 +0000", UINT_MAX},
		{"go2.1", UINT_MAX},
		{"go1.x", UINT_MAX},
		{"go1.", UINT_MAX},
		{"go1.99999999999999999999", UINT_MAX},
		{"tip", UINT_MAX},
		{"", UINT_MAX},
		{"ago1.22", UINT_MAX},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsigned minor = buildinfo_minor_version(cases[i].version);
		if (minor != cases[i].minor)
			fail_msg("\"%s\" gives %u", cases[i].version, minor);
	}
}

static void expect_gobin_error(const struct elf_file *file, const char *part)
{
	struct gobin *bin;
	char path[64];
	int fd = elf_file_write(file, sizeof(*file), path);
	_cleanup_error_ struct error *err = gobin_open(path, &bin);

	close(fd);
	assert_null(bin);
	assert_non_null(err);
	if (!strstr(error_message(err), part))
		fail_msg("\"%s\" does not say \"%s\"", error_message(err), part);
}

static void test_open_errors(void **state)
{
	struct elf_file file;

	elf_file_init(&file);
	expect_gobin_error(&file, "not a Go program");
	put_inline(&file, 0x40, "go1.16.15");
	expect_gobin_error(&file, "built with go1.16.15; only Go 1.17 and newer");
	put_inline(&file, 0x40, "go1.22");
	expect_gobin_error(&file, "function");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inline),      cmocka_unit_test(test_broken_inline),
		cmocka_unit_test(test_pointers),    cmocka_unit_test(test_minor),
		cmocka_unit_test(test_open_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
