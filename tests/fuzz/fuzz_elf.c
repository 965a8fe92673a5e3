/* SPDX-License-Identifier: MIT */
/*
 * fuzz_elf.c - a whole executable: headers, build info, symbols, code that is looked at, DWARF. The
 * function table has a target of its own.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check_types.h"
#include "gobin/dwarf.h"
#include "gobin/image.h"
#include "gobin/selfcheck.h"
#include "gobin/tls.h"
#include "gofuncgraph/gobin.h"

#define MAX_FUNCS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t use_text(const char *text)
{
	return text ? strlen(text) : 0;
}

static bool visit(void *context, const struct gobin_inlining *place)
{
	size_t *sum = context;

	*sum += use_text(place->name) + use_text(place->call.file);
	return ++*sum < 100000;
}

static void use_signature(struct gobin *bin, const struct gobin_func *func)
{
	struct go_signature signature;
	size_t steps = 100;

	error_free(gobin_signature(bin, func, &signature));
	for (size_t i = 0; i < signature.num_variables; i++)
		check_variable(&signature.variables[i], &steps);
}

/* Every function is in the file, in order and found by its addresses. */
static void read_funcs(struct gobin *bin, size_t *sum)
{
	const struct gobin_func *funcs;
	uint64_t off;
	size_t count;

	funcs = gobin_funcs(bin, &count);
	for (size_t i = 0; i < count; i++) {
		const struct gobin_func *func = &funcs[i];
		uint64_t last_va = func->va + func->size - 1;
		size_t len = func->size;
		if (!func->size || (i + 1 < count && funcs[i + 1].va <= last_va))
			abort();
		if (!gobin_va_to_off(bin, func->va, &off) || gobin_func_at(bin, last_va) != func)
			abort();
		*sum += use_text(func->name);
		if (i >= MAX_FUNCS)
			continue;
		const uint8_t *bytes = gobin_bytes(bin, func->va, &len);
		if (!bytes || len != func->size)
			abort();
		*sum += bytes[0] + bytes[len - 1];
		*sum += use_text(gobin_line_at(bin, func->va).file);
		*sum += use_text(gobin_line_at(bin, last_va).file);
		*sum += gobin_func_is_abi0(bin, func);
		use_signature(bin, func);
		for (const char *const *alias = func->aliases; alias && *alias; alias++)
			*sum += use_text(*alias);
		*sum += use_text(gobin_self_check(bin, func->va, func->size));
	}
}

static void read_program(const char *path, size_t *sum)
{
	struct gobin_layout layout;
	uint64_t start_va, end_va;
	struct gobin *bin;

	error_free(gobin_open(path, &bin));
	if (!bin)
		return;
	read_funcs(bin, sum);
	gobin_line_at(bin, 0);
	gobin_line_at(bin, UINT64_MAX);
	error_free(gobin_layout(bin, &layout));
	*sum += gobin_runtime(bin) + gobin_knows_tls(bin) + gobin_is_library(bin);
	gobin_extent(bin, &start_va, &end_va);
	must(start_va < end_va);
	error_free(gobin_for_each_inlining(bin, visit, sum));
	for (unsigned i = 0; i <= 256; i++)
		*sum += use_text(gobin_wait_reason(bin, i));
	*sum += use_text(gobin_version(bin)) + gobin_minor_version(bin);
	gobin_close(bin);
}

/* How code finds g in what need not be a Go program. */
static void read_tls(const char *path, size_t *sum)
{
	struct image_relocation relocation;
	struct image_dynamic_symbol symbol;
	struct tls_access access;
	struct image *image;

	error_free(image_open(path, &image));
	if (!image)
		return;
	*sum += image_is_library(image) + image_is_packed(image);
	if (image_relocation_naming(image, R_X86_64_TPOFF64, "runtime.tlsg", &relocation))
		must(image_dynamic_symbol(image, relocation.symbol, &symbol));
	if (tls_find_access(image, image_entry_va(image), 512, &access)) {
		must(access.at < 512 && access.reg < 16 && access.place.offset <= 0);
		must(!access.place.offset || !access.place.slot_va);
	}
	image_close(image);
}

/* DWARF, and what code is checked, of what need not be a Go program. */
static void read_image(const char *path, size_t *sum)
{
	struct dwarf_member members[] = {
		{.type = "runtime.g", .member = "goid"},
		{.type = "runtime.m", .member = "curg"},
	};
	struct selfcheck selfcheck;
	struct image *image;

	error_free(image_open(path, &image));
	if (!image)
		return;
	struct dwarf *dwarf = dwarf_open(image, DWARF_FOR_LINES);
	if (dwarf) {
		dwarf_find_members(dwarf, members, 2);
		for (uint64_t i = 0; i < 64; i++)
			*sum += use_text(dwarf_line(dwarf, image_entry_va(image) + i * 8).file);
	}
	dwarf_close(dwarf);
	selfcheck_find(image, NULL, NULL, 0, &selfcheck);
	*sum += use_text(selfcheck_reason(&selfcheck, image_entry_va(image), 1));
	image_close(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static volatile size_t kept;
	char path[64];
	size_t sum = 0;
	int fd = memfd_create("elf", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, data, size) == (ssize_t)size) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		read_program(path, &sum);
		read_tls(path, &sum);
		read_image(path, &sum);
	}
	if (fd >= 0)
		close(fd);
	kept = sum;
	(void)kept;
	return 0;
}
