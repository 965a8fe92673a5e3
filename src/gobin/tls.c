/* SPDX-License-Identifier: MIT */
/*
 * tls.c - finds accesses to the thread-local g in code.
 *
 * Go's assembler and the linkers leave one of three forms (src/cmd/internal/obj/x86/obj6.go and
 * asm6.go, CanUse1InsnTLS):
 *
 *   mov %fs:-8,%rcx                         64 48 8b 0c 25 f8 ff ff ff   not PIC
 *   mov $-8,%rcx;         mov %fs:(%rcx),.. 48 c7 c1 f8 ff ff ff 64 ..   PIE, the linker knew it
 *   mov slot(%rip),%rcx;  mov %fs:(%rcx),.. 48 8b 0d .. .. .. .. 64 ..   -dynlink,
 *                                                                       libraries
 *
 * In the last one the dynamic loader puts the offset into the slot: R_X86_64_TPOFF64.
 */
#include "gobin/tls.h"

#include <elf.h>
#include <string.h>

#define ABSOLUTE_SIZE 9 /* of the first form */
#define LOAD_SIZE     7 /* of the first instruction of the others */
/* A form, and as much of the access behind its load as is looked at. */
#define WINDOW_SIZE (LOAD_SIZE + 5)
/* The functions looked at are shorter, or have an access early. */
#define MAX_FUNC_BYTES 512
/* Go's and the C library's thread-local variables together are not larger. */
#define MAX_TLS_OFFSET (1 << 20)

#define REX_R 4
#define REX_B 1

static int32_t read_i32(const uint8_t *bytes)
{
	int32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static bool is_plausible(int64_t offset)
{
	return offset < 0 && offset >= -MAX_TLS_OFFSET && offset % 8 == 0;
}

/*
 * Where g is by the relocation of a slot. The dynamic loader puts the block of the program itself
 * next to the thread pointer (TLS variant II: it ends there), those of libraries anywhere below.
 */
static struct tls_place place_by_relocation(const struct image *image,
					    const struct image_relocation *relocation)
{
	struct image_dynamic_symbol symbol = {.type = STT_TLS, .is_defined = true};
	struct image_tls tls;
	uint64_t size;
	int64_t offset;

	if (relocation->type != image_arch(image)->relocation_tls ||
	    (relocation->symbol && !image_dynamic_symbol(image, relocation->symbol, &symbol)) ||
	    symbol.type != STT_TLS)
		return (struct tls_place){0};
	if (image_is_library(image) || !symbol.is_defined)
		return (struct tls_place){.slot_va = relocation->va};
	if (!image_tls(image, &tls))
		return (struct tls_place){0};
	size = (tls.memsz + tls.align - 1) & ~(tls.align - 1);
	offset = (int64_t)(symbol.value + (uint64_t)relocation->addend - size);
	return (struct tls_place){.offset = is_plausible(offset) ? offset : 0};
}

/* By what is in the slot at va, or will be; in a static program it is there. */
static struct tls_place place_in_slot(const struct image *image, uint64_t va)
{
	struct image_relocation relocation;
	uint64_t value;

	if (image_relocation_at(image, va, &relocation))
		return place_by_relocation(image, &relocation);
	if (!image_read_u64(image, va, &value) || !is_plausible((int64_t)value))
		return (struct tls_place){0};
	return (struct tls_place){.offset = (int64_t)value};
}

/* A move between %fs:(base) and a 64-bit register. */
static bool is_indirect_access(const uint8_t *code, unsigned base, struct tls_access *access)
{
	uint8_t rex = code[1], opcode = code[2], modrm = code[3];

	if (code[0] != 0x64 || (rex & 0xfa) != 0x48 || (opcode != 0x8b && opcode != 0x89))
		return false;
	if (modrm >> 6 != 0 || (modrm & 7) != (base & 7) || !(rex & REX_B) != (base < 8))
		return false;
	/* R12 as base needs a SIB byte. */
	if ((base & 7) == 4 && code[4] != 0x24)
		return false;
	access->loads = opcode == 0x8b;
	access->reg = (modrm >> 3 & 7) | (rex & REX_R ? 8 : 0);
	return true;
}

/* Whether an access begins at code, WINDOW_SIZE readable bytes that are loaded at va. */
static bool decode(const struct image *image, const uint8_t *code, uint64_t va,
		   struct tls_access *access)
{
	uint8_t rex, modrm;

	if (code[0] == 0x64) {
		rex = code[1];
		modrm = code[3];
		if ((rex != 0x48 && rex != 0x4c) || (code[2] != 0x8b && code[2] != 0x89) ||
		    (modrm & 0xc7) != 0x04 || code[4] != 0x25 || !is_plausible(read_i32(code + 5)))
			return false;
		access->loads = code[2] == 0x8b;
		access->reg = (modrm >> 3 & 7) | (rex & REX_R ? 8 : 0);
		access->place = (struct tls_place){.offset = read_i32(code + 5)};
		return true;
	}
	rex = code[0];
	modrm = code[2];
	if ((rex == 0x48 || rex == 0x49) && code[1] == 0xc7 && (modrm & 0xf8) == 0xc0) {
		unsigned base = (modrm & 7) | (rex & REX_B ? 8 : 0);
		access->place = (struct tls_place){.offset = read_i32(code + 3)};
		return is_plausible(access->place.offset) &&
		       is_indirect_access(code + LOAD_SIZE, base, access);
	}
	if ((rex == 0x48 || rex == 0x4c) && code[1] == 0x8b && (modrm & 0xc7) == 0x05) {
		unsigned base = (modrm >> 3 & 7) | (rex & REX_R ? 8 : 0);
		if (!is_indirect_access(code + LOAD_SIZE, base, access))
			return false;
		access->place =
			place_in_slot(image, va + LOAD_SIZE + (int64_t)read_i32(code + 3));
		return true;
	}
	return false;
}

bool tls_find_access(const struct image *image, uint64_t va, size_t max, struct tls_access *access)
{
	uint64_t available = image_available(image, va);
	uint8_t window[WINDOW_SIZE];

	if (max > available)
		max = available;
	const uint8_t *code = image_at_va(image, va, max);
	if (!code)
		return false;
	for (size_t i = 0; i + ABSOLUTE_SIZE <= max; i++) {
		size_t len = max - i < WINDOW_SIZE ? max - i : WINDOW_SIZE;
		/* Zeros behind the end are no access. */
		memset(window, 0, sizeof(window));
		memcpy(window, code + i, len);
		if (!decode(image, window, va + i, access))
			continue;
		access->at = i;
		return true;
	}
	return false;
}

/* Functions of src/runtime/asm_amd64.s and sys_linux_amd64.s that use the thread's g. */
static bool uses_g(const char *name)
{
	static const char *const names[] = {
		"gogo",
		"runtime.asmcgocall",
		"runtime.cgocallback",
		"runtime.mcall",
		"runtime.morestack",
		"runtime.rt0_go",
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
	return error_new("cannot tell where %s keeps its current goroutine: its runtime uses both %d (slot 0x%llx) and %d (slot 0x%llx) from the thread's FS base",
			 image_path(image), one->offset, (unsigned long long)one->slot_va,
			 other->offset, (unsigned long long)other->slot_va);
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
		if (is_known(&found) && (found.offset != access.place.offset ||
					 found.slot_va != access.place.slot_va))
			return disagree_error(image, &found, &access.place);
		found = access.place;
	}
	if (!is_known(&found) &&
	    image_relocation_naming(image, image_arch(image)->relocation_tls, "runtime.tlsg", &relocation))
		found = place_by_relocation(image, &relocation);
	if (!is_known(&found))
		return error_new("cannot tell where %s keeps its current goroutine: no code of its runtime that reads it was recognized",
				 image_path(image));
	*place = found;
	return NULL;
}
