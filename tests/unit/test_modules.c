/* SPDX-License-Identifier: MIT */
/* test_modules.c - addresses of this process, as the kernel and the dynamic loader know them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gofuncgraph/record.h"
#include "gofuncgraph/modules.h"
#include "names/names.h"
#include "printed_place.h"
#include "process/mappings.h"

static int setup(void **state)
{
	return modules_new((struct modules **)state) ? -1 : 0;
}

static int teardown(void **state)
{
	modules_free(*state);
	return 0;
}

static uint64_t number_of(struct modules *modules, const void *address)
{
	uint64_t number =
		modules_number(modules, getpid(), (uintptr_t)address | FOREIGN_ADDRESS, 1);

	assert_true(number & FOREIGN_ADDRESS);
	return number;
}

/* Name and link-time address, as the dynamic loader says. */
static void expect_place(struct modules *modules, const void *address)
{
	struct module_place place = modules_place(modules, number_of(modules, address));
	_cleanup_free_ char *path = NULL;
	Dl_info info;

	assert_true(dladdr(address, &info));
	path = realpath(info.dli_fname, NULL);
	assert_non_null(path);
	assert_string_equal(place.name, basename(path));
	assert_int_equal(place.va, (uintptr_t)address - (uintptr_t)info.dli_fbase);
}

static void test_libraries(void **state)
{
	expect_place(*state, dlsym(RTLD_DEFAULT, "getpid"));
	expect_place(*state, dlsym(RTLD_DEFAULT, "_cmocka_run_group_tests"));
	expect_place(*state, test_libraries); /* of a PIE, as Debian builds them */
}

static void test_numbers_stay(void **state)
{
	struct modules *modules = *state;
	const char *address = dlsym(RTLD_DEFAULT, "getpid");
	uint64_t one = number_of(modules, address), other = number_of(modules, address + 1);

	assert_int_not_equal(one, other);
	assert_int_equal(number_of(modules, address), one);
	modules_forget(modules, getpid());
	assert_int_equal(number_of(modules, address), one);
	assert_string_equal(modules_place(modules, one).name, modules_place(modules, other).name);
	assert_int_equal(modules_place(modules, one).va + 1, modules_place(modules, other).va);
}

static void test_no_file(void **state)
{
	struct module_place place = modules_place(*state, number_of(*state, (void *)0x1234));

	assert_null(place.name);
	assert_int_equal(place.va, 0x1234);
	/* Numbers that nothing has. */
	assert_int_equal(modules_place(*state, FOREIGN_ADDRESS).va, 0);
	assert_int_equal(modules_place(*state, FOREIGN_ADDRESS | 99).va, 0);
	assert_int_equal(modules_place(*state, UINT64_MAX).va, 0);
	/* A process that is none: the address is all that is known. */
	place = modules_place(*state, modules_number(*state, UINT32_MAX, 0x5678, 1));
	assert_null(place.name);
	assert_int_equal(place.va, 0x5678);
}

/* What is mapped later is seen after a while, and what is unmapped no longer after a longer one. */
static void test_changes(void **state)
{
	struct modules *modules = *state;
	int fd = memfd_create("later", MFD_CLOEXEC);
	const uint64_t second_ns = 1000000000;

	assert_int_equal(ftruncate(fd, 8192), 0);
	number_of(modules, test_changes); /* has read the mappings */
	char *code = mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(code, MAP_FAILED);
	uint64_t number = modules_number(modules, getpid(), (uintptr_t)code + 4097, second_ns / 2);
	struct module_place place = modules_place(modules, number);
	/* No ELF file has addresses for it. */
	assert_string_equal(place.name, "memfd:later (deleted)");
	assert_int_equal(place.va, 0);
	munmap(code, 8192);
	number = modules_number(modules, getpid(), (uintptr_t)code + 4097, 2 * second_ns);
	assert_null(modules_place(modules, number).name);
	close(fd);
}

/* As users read it, wherever an address may be of another file. */
static void test_names(void **state)
{
	struct modules *modules = *state;
	const struct name_source source = name_source_gobin(NULL, modules);
	uint64_t in_libc = number_of(modules, dlsym(RTLD_DEFAULT, "getpid"));
	uint64_t nowhere = number_of(modules, (void *)0x1234);
	const struct module_place at = modules_place(modules, in_libc);
	_cleanup_free_ char *wanted = NULL;
	struct names *names;

	assert_true(asprintf(&wanted, "%s+0x%lx", at.name, (unsigned long)at.va) > 0);
	assert_null(names_new(&source, NULL, 0, &names));
	assert_place(names_caller(names, in_libc), wanted);
	assert_place(names_waker(names, in_libc), wanted);
	assert_place(names_start(names, in_libc), wanted);
	assert_string_equal(names_caller(names, in_libc)->module->text, at.name);
	assert_int_equal(names_caller(names, in_libc)->offset, at.va);
	assert_null(names_caller(names, in_libc)->function);
	assert_place(names_caller(names, nowhere), "0x1234");
	assert_null(names_caller(names, nowhere)->module);
	assert_place(names_caller(names, FOREIGN_ADDRESS | 999), "?");
	names_free(names);
}

static void test_mappings(void **state)
{
	struct mappings mappings;
	char link[MAPPING_LINK_SIZE], target[4096];

	assert_null(mappings_read(getpid(), &mappings));
	const struct mapping *mine = mappings_at(&mappings, (uintptr_t)test_mappings);
	assert_non_null(mine);
	assert_true(mine->start <= (uintptr_t)test_mappings &&
		    (uintptr_t)test_mappings < mine->end);
	assert_null(mappings_at(&mappings, mine->end + (UINT64_C(1) << 62)));
	assert_null(mappings_at(&mappings, 0));
	ssize_t len = readlink("/proc/self/exe", target, sizeof(target) - 1);
	assert_true(len > 0);
	target[len] = 0;
	assert_string_equal(mine->path, target);
	mapping_link(getpid(), mine, link);
	assert_int_equal(readlink(link, target, sizeof(target)), len);
	for (size_t i = 1; i < mappings.count; i++)
		assert_true(mappings.items[i - 1].end <= mappings.items[i].start);
	mappings_release(&mappings);

	struct error *err = mappings_read(UINT32_MAX, &mappings);
	assert_non_null(err);
	error_free(err);
	assert_int_equal(mappings.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_libraries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_numbers_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test(test_mappings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
