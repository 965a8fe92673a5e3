/* SPDX-License-Identifier: MIT */
/* tls.c - accesses to the thread-local g in code, and the place that they give it. */
#include "gobin/tls.h"

#include <elf.h>
#include <string.h>

/* The functions looked at are shorter, or have an access early. */
#define MAX_FUNC_BYTES 512
/* Go's and the C library's thread-local variables together are not larger. */
#define MAX_TLS_OFFSET (1 << 20)

static bool is_plausible(const struct arch *arch, int64_t offset)
{
	int64_t distance = arch->tls_above ? offset : -offset;

	return distance > 0 && distance <= MAX_TLS_OFFSET && offset % 8 == 0;
}

/* Of a variable of the program itself; `value`: where it is in the program's block. */
static int64_t offset_in_block(const struct arch *arch, const struct image_tls *tls, uint64_t value)
{
	uint64_t above = arch->tls_above;

	if (above)
		return (int64_t)(value + ((above + tls->align - 1) & ~(tls->align - 1)));
	return (int64_t)(value - ((tls->memsz + tls->align - 1) & ~(tls->align - 1)));
}

/*
 * Where g is by the relocation of a slot. The dynamic loader puts the block of the program itself
 * next to the thread pointer, those of libraries anywhere beyond it.
 */
static struct tls_place place_by_relocation(const struct image *image,
					    const struct image_relocation *relocation)
{
	struct image_dynamic_symbol symbol = {.type = STT_TLS, .is_defined = true};
	struct image_tls tls;
	int64_t offset;

	if (relocation->type != image_arch(image)->relocation_tls ||
	    (relocation->symbol && !image_dynamic_symbol(image, relocation->symbol, &symbol)) ||
	    symbol.type != STT_TLS)
		return (struct tls_place){0};
	if (image_is_library(image) || !symbol.is_defined)
		return (struct tls_place){.slot_va = relocation->va};
	if (!image_tls(image, &tls))
		return (struct tls_place){0};
	offset = offset_in_block(image_arch(image), &tls,
				 symbol.value + (uint64_t)relocation->addend);
	return (struct tls_place){
		.offset = is_plausible(image_arch(image), offset) ? (int32_t)offset : 0};
}

/* By what is in the slot at va, or will be; in a static program it is there. */
static struct tls_place place_in_slot(const struct image *image, uint64_t va)
{
	struct image_relocation relocation;
	uint64_t value;

	if (image_relocation_at(image, va, &relocation))
		return place_by_relocation(image, &relocation);
	if (!image_read_u64(image, va, &value) || !is_plausible(image_arch(image), (int64_t)value))
		return (struct tls_place){0};
	return (struct tls_place){.offset = (int64_t)value};
}

bool tls_find_access(const struct image *image, uint64_t va, size_t max, struct tls_access *access)
{
	uint64_t available = image_available(image, va);
	struct code code = {
		.arch = image_arch(image), .va = va, .size = max < available ? max : available};
	struct code_tls_access found;

	code.bytes = image_at_va(image, va, code.size);
	if (!code.bytes)
		return false;
	for (uint32_t from = 0; code.arch->find_tls_access(&code, from, &found);
	     from = found.behind) {
		if (!found.in_slot && !is_plausible(code.arch, found.offset))
			continue;
		*access =
			(struct tls_access){.at = found.at, .reg = found.reg, .loads = found.loads};
		access->place = found.in_slot ? place_in_slot(image, va + (uint64_t)found.offset)
					      : (struct tls_place){.offset = (int32_t)found.offset};
		return true;
	}
	return false;
}

/* Functions of src/runtime/asm_amd64.s, sys_linux_amd64.s and tls_arm64.s that use the thread's g. */
static bool uses_g(const char *name)
{
	static const char *const names[] = {
		"gogo",
		"runtime.asmcgocall",
		"runtime.cgocallback",
		"runtime.load_g",
		"runtime.mcall",
		"runtime.morestack",
		"runtime.rt0_go",
		"runtime.save_g",
		"runtime.sigtramp",
		"runtime.systemstack",
	};
	size_t len = strlen(name);

	if (len > 5 && strcmp(name + len - 5, ".abi0") == 0)
		len -= 5;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strlen(names[i]) == len && strncmp(name, names[i], len) == 0)
			return true;
	}
	return false;
}

static bool is_known(const struct tls_place *place)
{
	return place->offset || place->slot_va;
}

static struct error *disagree_error(const struct image *image, const struct tls_place *one,
				    const struct tls_place *other)
{
	return error_new(
		"cannot tell where %s keeps its current goroutine: its runtime uses both %d (slot 0x%llx) and %d (slot 0x%llx) from the thread pointer",
		image_path(image), one->offset, (unsigned long long)one->slot_va, other->offset,
		(unsigned long long)other->slot_va);
}

bool tls_find_relocation(const struct image *image, struct image_relocation *relocation)
{
	const struct arch *arch = image_arch(image);

	return image_relocation_naming(image, arch->relocation_tls, arch->tls_symbol, relocation);
}

struct error *tls_find_g(const struct image *image, const struct gobin_func *funcs, size_t count,
			 struct tls_place *place)
{
	struct image_relocation relocation;
	struct tls_place found = {0};

	for (size_t i = 0; i < count; i++) {
		struct tls_access access;
		if (!uses_g(funcs[i].name))
			continue;
		size_t max = funcs[i].size < MAX_FUNC_BYTES ? funcs[i].size : MAX_FUNC_BYTES;
		if (!tls_find_access(image, funcs[i].va, max, &access) || !is_known(&access.place))
			continue;
		if (is_known(&found) &&
		    (found.offset != access.place.offset || found.slot_va != access.place.slot_va))
			return disagree_error(image, &found, &access.place);
		found = access.place;
	}
	if (!is_known(&found) && tls_find_relocation(image, &relocation))
		found = place_by_relocation(image, &relocation);
	if (!is_known(&found))
		return error_new(
			"cannot tell where %s keeps its current goroutine: no code of its runtime that reads it was recognized",
			image_path(image));
	*place = found;
	return NULL;
}
