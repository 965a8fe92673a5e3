/* SPDX-License-Identifier: MIT */
/*
 * test_funcs.c - the functions of real programs against `go tool nm`, with and without symbols and
 * with debug information in a file of its own; and of symbol tables that are wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "elf_file.h"
#include "go_program.h"
#include "gofuncgraph/gobin.h"

#define SOURCE                                                                                     \
	"package main\n\nimport \"os\"\n\n"                                                        \
	"//go:noinline\nfunc twice(x int) int {\n\treturn 2 * x\n}\n\n"                            \
	"func main() {\n\tprintln(twice(len(os.Args)))\n}\n"

struct fixture {
	char folder[GO_MAX_PATH];
	char program[GO_MAX_PATH + 16]; /* as built */
	char stripped[GO_MAX_PATH + 16]; /* -s -w */
	struct go_toolchain go;
	bool is_built;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct go_toolchain oldest;
	char source[GO_MAX_PATH + 16];

	if (!fixture || !go_folder(fixture->folder))
		return -1;
	*state = fixture;
	snprintf(fixture->program, sizeof(fixture->program), "%s/program", fixture->folder);
	snprintf(fixture->stripped, sizeof(fixture->stripped), "%s/stripped", fixture->folder);
	if (!go_write(fixture->folder, SOURCE, source))
		return -1;
	fixture->is_built = go_toolchains(&oldest, &fixture->go) &&
			    go_build(&fixture->go, source, "", fixture->program) &&
			    go_build(&fixture->go, source, "-ldflags='-s -w'", fixture->stripped);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	go_remove(fixture->folder);
	free(fixture);
	return 0;
}

static struct gobin *open_program(const char *path)
{
	struct gobin *bin;
	struct error *err = gobin_open(path, &bin);

	if (err)
		fail_msg("%s", error_message(err));
	return bin;
}

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *format, ...)
{
	_cleanup_free_ char *command = NULL;
	va_list args;

	va_start(args, format);
	assert_true(vasprintf(&command, format, args) > 0);
	va_end(args);
	assert_int_equal(system(command), 0);
}

static bool is_marker(const char *name)
{
	return strcmp(name, "go:buildid") == 0 || strcmp(name, "go.buildid") == 0 ||
	       strncmp(name, "go:textfips", 11) == 0 || strncmp(name, "runtime.text", 12) == 0 ||
	       strcmp(name, "runtime.etext") == 0;
}

static void expect_in_order(const struct gobin *bin)
{
	const struct gobin_func *funcs;
	size_t count;

	funcs = gobin_funcs(bin, &count);
	for (size_t i = 0; i < count; i++) {
		assert_true(funcs[i].size > 0);
		if (i + 1 < count)
			assert_true(funcs[i + 1].va - funcs[i].va >= funcs[i].size);
		assert_ptr_equal(gobin_func_at(bin, funcs[i].va), &funcs[i]);
		assert_ptr_equal(gobin_func_at(bin, funcs[i].va + funcs[i].size - 1), &funcs[i]);
		assert_ptr_not_equal(gobin_func_at(bin, funcs[i].va + funcs[i].size), &funcs[i]);
	}
}

/* The linker's symbols have '.' for the middle dots of Go's names (src/cmd/link/internal/ld/symtab.go);
 * such a symbol is an alias. */
static bool has_name(const struct gobin_func *func, const char *name)
{
	if (strcmp(func->name, name) == 0)
		return true;
	for (const char *const *alias = func->aliases; alias && *alias; alias++) {
		if (strcmp(*alias, name) == 0)
			return true;
	}
	return false;
}

/* Every function that nm knows, and no other. */
static void test_all_of_nm(void **state)
{
	const struct fixture *fixture = *state;
	_cleanup_free_ char *command = NULL, *line = NULL;
	size_t capacity = 0, num_nm = 0, count;

	if (!fixture->is_built)
		skip();
	struct gobin *bin = open_program(fixture->program);
	expect_in_order(bin);
	assert_true(asprintf(&command, "tool nm -size %s", fixture->program) > 0);
	FILE *nm = go_command(&fixture->go, command);
	assert_non_null(nm);
	while (getline(&line, &capacity, nm) > 0) {
		unsigned long va, size;
		char type;
		int name_at = 0;
		if (sscanf(line, "%lx %lu %c %n", &va, &size, &type, &name_at) != 3 || !name_at)
			continue;
		line[strcspn(line, "\n")] = 0;
		if ((type != 'T' && type != 't') || is_marker(line + name_at))
			continue;
		const struct gobin_func *func = gobin_func_at(bin, va);
		if (!func || func->va != va || !has_name(func, line + name_at))
			fail_msg("nm has %s at %lx, we %s", line + name_at, va,
				 func ? func->name : "nothing");
		/* int3 at its end is not counted. */
		assert_true(func->size <= size && size - func->size < 32);
		num_nm++;
	}
	assert_int_equal(pclose(nm), 0);
	gobin_funcs(bin, &count);
	assert_int_equal(count, num_nm);
	assert_true(count > 1000);
	gobin_close(bin);
}

/* A stripped program has the same functions at the same addresses, and they are told as well. */
static void test_stripped(void **state)
{
	const struct fixture *fixture = *state;
	size_t count, stripped_count, num_abi0 = 0;

	if (!fixture->is_built)
		skip();
	struct gobin *bin = open_program(fixture->program);
	struct gobin *stripped = open_program(fixture->stripped);
	expect_in_order(stripped);
	const struct gobin_func *funcs = gobin_funcs(bin, &count);
	const struct gobin_func *others = gobin_funcs(stripped, &stripped_count);
	assert_int_equal(count, stripped_count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(funcs[i].va, others[i].va);
		assert_int_equal(funcs[i].size, others[i].size);
		bool is_abi0 = gobin_func_is_abi0(bin, &funcs[i]);
		if (is_abi0 != gobin_func_is_abi0(stripped, &others[i]))
			fail_msg("%s: ABI0 or not?", funcs[i].name);
		num_abi0 += is_abi0;
		struct gobin_line line = gobin_line_at(bin, funcs[i].va);
		struct gobin_line other = gobin_line_at(stripped, others[i].va);
		if (line.line != other.line || (line.file && strcmp(line.file, other.file) != 0))
			fail_msg("%s: %s:%u or %s:%u", funcs[i].name, line.file, line.line,
				 other.file, other.line);
	}
	assert_true(num_abi0 > 20 && num_abi0 < count / 4);
	gobin_close(bin);
	gobin_close(stripped);
}

static void expect_twice(const char *path, const char *symbol_of_assembly)
{
	struct gobin *bin = open_program(path);
	const struct gobin_func *func = gobin_func_named(bin, "main.twice");

	assert_non_null(func);
	struct gobin_line line = gobin_line_at(bin, func->va);
	assert_non_null(strstr(line.file, "/main.go"));
	/* A leaf: its first instruction is already the body's. */
	assert_int_equal(line.line, 7);
	assert_true(!!gobin_func_named(bin, "runtime.rt0_go.abi0") == !!symbol_of_assembly);
	gobin_close(bin);
}

/* A debug file beside the program is found by its name and checksum, and has symbols too. */
static void test_debug_file(void **state)
{
	const struct fixture *fixture = *state;
	const char *folder = fixture->folder;

	if (!fixture->is_built || system("objcopy -V >/dev/null 2>&1") != 0)
		skip();
	run("objcopy --only-keep-debug %s %s/program.debug", fixture->program, folder);
	run("objcopy --strip-all --add-gnu-debuglink=%s/program.debug %s %s/linked", folder,
	    fixture->program, folder);
	char linked[GO_MAX_PATH + 16];
	snprintf(linked, sizeof(linked), "%s/linked", folder);
	expect_twice(linked, "runtime.rt0_go.abi0");
	/* In .debug it is found too; one that is not the program's own is not taken. */
	run("mkdir -p %s/.debug && mv %s/program.debug %s/.debug", folder, folder, folder);
	expect_twice(linked, "runtime.rt0_go.abi0");
	run("printf x >> %s/.debug/program.debug", folder);
	expect_twice(linked, NULL);
	run("rm -r %s/.debug", folder);
	expect_twice(linked, NULL);
}

/* Compressed in the older way. */
static void test_zdebug(void **state)
{
	const struct fixture *fixture = *state;
	char path[GO_MAX_PATH + 16];

	if (!fixture->is_built || system("objcopy -V >/dev/null 2>&1") != 0)
		skip();
	snprintf(path, sizeof(path), "%s/zdebug", fixture->folder);
	run("objcopy --decompress-debug-sections %s %s", fixture->program, path);
	expect_twice(path, "runtime.rt0_go.abi0");
	run("objcopy --compress-debug-sections=zlib-gnu %s", path);
	expect_twice(path, "runtime.rt0_go.abi0");
}

/* An executable without a function table: a symbol table at data + 0x400, names at data + 0x800. */
static void make_symbols(struct elf_file *file, const Elf64_Sym *symbols, size_t count)
{
	static const char names[] = "\0main.a\0main.b\0runtime.text\0main.c";
	Elf64_Shdr *shdrs = (Elf64_Shdr *)(file->data + 0x200);

	elf_file_init(file);
	memcpy(file->data + 0x40, "\xff Go buildinf:\x08\x02", 16);
	memcpy(file->data + 0x60, "\x06go1.22", 7);
	file->ehdr.e_shentsize = sizeof(Elf64_Shdr);
	file->ehdr.e_shoff = 2 * ELF_FILE_PART + 0x200;
	file->ehdr.e_shnum = 4;
	file->ehdr.e_shstrndx = 3;
	shdrs[1] = (Elf64_Shdr){
		.sh_name = 1,
		.sh_type = SHT_SYMTAB,
		.sh_offset = 2 * ELF_FILE_PART + 0x400,
		.sh_size = count * sizeof(*symbols),
		.sh_link = 2,
	};
	shdrs[2] = (Elf64_Shdr){
		.sh_type = SHT_STRTAB,
		.sh_offset = 2 * ELF_FILE_PART + 0x800,
		.sh_size = sizeof(names) - 1,
	};
	shdrs[3] = (Elf64_Shdr){
		.sh_type = SHT_STRTAB,
		.sh_offset = 2 * ELF_FILE_PART + 0x900,
		.sh_size = 16,
	};
	memcpy(file->data + 0x400, symbols, count * sizeof(*symbols));
	memcpy(file->data + 0x800, names, sizeof(names) - 1);
	memcpy(file->data + 0x900, "\0.symtab", 9);
	memset(file->code, 0x90, sizeof(file->code));
}

#define NAME_A    1
#define NAME_B    8
#define NAME_TEXT 15
#define NAME_C    28

static struct gobin *open_symbols(const struct elf_file *file, struct error **err)
{
	struct gobin *bin;
	char path[64];
	int fd = elf_file_write(file, sizeof(*file), path);

	assert_true(fd >= 0);
	*err = gobin_open(path, &bin);
	close(fd);
	return bin;
}

static Elf64_Sym function(unsigned name, uint64_t at, uint64_t size)
{
	return (Elf64_Sym){
		.st_name = name,
		.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
		.st_shndx = 1,
		.st_value = ELF_FILE_CODE_VA + at,
		.st_size = size,
	};
}

static void test_symbols_only(void **state)
{
	struct elf_file file;
	struct error *err;
	size_t count;
	const Elf64_Sym symbols[] = {
		{0},
		function(NAME_B, 0x100, 0), /* up to the next */
		function(NAME_TEXT, 0, 0), /* a place */
		function(NAME_A, 0, 0x80), /* padded with int3 */
		function(NAME_B, 0x200, 0x100),
		function(NAME_A, 0x280, 0x20), /* in the middle of it */
		function(NAME_B, 0x280, 0), /* another name without a size */
		function(NAME_B, 0x5000000, 8), /* in no segment */
		function(NAME_C, 0x400, 8), /* a name that does not end */
		function(UINT32_MAX, 0x500, 8), /* none */
		{.st_name = NAME_A,
		 .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
		 .st_shndx = 1},
	};

	make_symbols(&file, symbols, sizeof(symbols) / sizeof(*symbols));
	memset(file.code + 0x70, 0xcc, 0x90);
	struct gobin *bin = open_symbols(&file, &err);
	assert_null(err);
	const struct gobin_func *funcs = gobin_funcs(bin, &count);
	assert_int_equal(count, 4);
	assert_string_equal(funcs[0].name, "main.a");
	assert_int_equal(funcs[0].va, ELF_FILE_CODE_VA);
	assert_int_equal(funcs[0].size, 0x70);
	assert_string_equal(funcs[1].name, "main.b");
	assert_int_equal(funcs[1].size, 0x100);
	assert_int_equal(funcs[2].size, 0x80);
	assert_string_equal(funcs[3].name, "main.a");
	assert_int_equal(funcs[3].size, 0x20);
	expect_in_order(bin);
	/* Nothing says where it keeps g. */
	struct gobin_layout layout;
	_cleanup_error_ struct error *no_layout = gobin_layout(bin, &layout);
	assert_non_null(no_layout);
	assert_null(gobin_line_at(bin, funcs[0].va).file);
	gobin_close(bin);
}

static void test_broken_symbols(void **state)
{
	const Elf64_Sym good = function(NAME_A, 0, UINT64_MAX);
	struct elf_file file;
	struct error *err;
	size_t count;

	/* A size beyond all code is cut at its end. */
	make_symbols(&file, &good, 1);
	struct gobin *bin = open_symbols(&file, &err);
	assert_null(err);
	assert_int_equal(gobin_funcs(bin, &count)->size, ELF_FILE_PART);
	gobin_close(bin);

	/* All int3: one byte is left. */
	memset(file.code, 0xcc, sizeof(file.code));
	bin = open_symbols(&file, &err);
	assert_null(err);
	assert_true(gobin_funcs(bin, &count)->size >= 1);
	gobin_close(bin);

	/* A string table that is no section; then no names at all. */
	Elf64_Shdr *shdrs = (Elf64_Shdr *)(file.data + 0x200);
	shdrs[1].sh_link = 1000;
	bin = open_symbols(&file, &err);
	assert_null(bin);
	error_free(err);
	make_symbols(&file, &good, 1);
	memset(file.data + 0x800, 'x', 36);
	bin = open_symbols(&file, &err);
	assert_null(bin);
	assert_non_null(strstr(error_message(err), "nothing in it has a name"));
	error_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_of_nm),    cmocka_unit_test(test_stripped),
		cmocka_unit_test(test_debug_file),   cmocka_unit_test(test_zdebug),
		cmocka_unit_test(test_symbols_only), cmocka_unit_test(test_broken_symbols),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
