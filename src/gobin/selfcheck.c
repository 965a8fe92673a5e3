/* SPDX-License-Identifier: MIT */
/* selfcheck.c - finds the code that a program compares with a checksum of its own. */
#include "gobin/selfcheck.h"

#include <elf.h>
#include <string.h>

#include "gobin/symbols.h"

#define FIPS_REASON                                                                                \
	"the program compares this code with a checksum when it starts (FIPS 140), and would panic"
#define BORING_REASON                                                                              \
	"the program compares this C code with a checksum when it starts (BoringCrypto), and would abort"

/* src/crypto/internal/fips140/check/check.go, Linkinfo */
#define FIPS_MAGIC      "\xff Go fipsinfo \xff"
#define FIPS_MAGIC_SIZE 16 /* the NUL counted */
#define FIPS_SECTS_AT   56 /* after the magic, the sum and the address of itself */
#define FIPS_NUM_SECTS  4 /* text, and three of data */

#define SWEEP_SIZE 4096 /* on the stack */

static void add_range(struct selfcheck *selfcheck, uint64_t start_va, uint64_t end_va,
		      const char *reason)
{
	struct selfcheck_range range = {start_va, end_va, reason};

	for (size_t i = 0; i < selfcheck->count; i++) {
		if (start_va == selfcheck->ranges[i].start_va &&
		    end_va == selfcheck->ranges[i].end_va)
			return;
	}
	if (selfcheck->count < SELFCHECK_MAX_RANGES)
		selfcheck->ranges[selfcheck->count++] = range;
	else
		selfcheck->ranges[0] = (struct selfcheck_range){0, UINT64_MAX, reason};
}

const char *selfcheck_reason(const struct selfcheck *selfcheck, uint64_t va, uint64_t size)
{
	for (size_t i = 0; i < selfcheck->count; i++) {
		const struct selfcheck_range *range = &selfcheck->ranges[i];

		if (va < range->end_va && (va >= range->start_va || range->start_va - va < size))
			return range->reason;
	}
	return NULL;
}

/* ---- FIPS 140 ---- */

/* Of the four ranges in the variable at va those of code. The loader may have to relocate them. */
static void add_fips_info(const struct image *image, uint64_t va, struct selfcheck *found)
{
	for (unsigned i = 0; i < FIPS_NUM_SECTS; i++) {
		uint64_t at = va + FIPS_SECTS_AT + i * 16, start_va, end_va;

		if (at < va || !image_read_pointer(image, at, &start_va) ||
		    !image_read_pointer(image, at + 8, &end_va) || start_va >= end_va ||
		    !image_va_is_code(image, start_va) ||
		    end_va - start_va > image_available(image, start_va))
			continue;
		add_range(found, start_va, end_va, FIPS_REASON);
	}
}

/* By its magic, and not by its section's name: section headers may be stripped. */
static void find_fips_info(const struct image *image, const struct image_segment *segment,
			   struct selfcheck *found)
{
	uint8_t bytes[SWEEP_SIZE];
	uint64_t len;

	for (uint64_t at = 0; segment->filesz - at >= FIPS_MAGIC_SIZE; at += len) {
		const uint8_t *next = bytes, *magic;

		len = segment->filesz - at;
		if (len > sizeof(bytes))
			len = sizeof(bytes);
		if (!image_copy(image, segment->va + at, bytes, len))
			return;
		while ((magic = memmem(next, (size_t)(bytes + len - next), FIPS_MAGIC,
				       FIPS_MAGIC_SIZE))) {
			add_fips_info(image, segment->va + at + (uint64_t)(magic - bytes), found);
			next = magic + FIPS_MAGIC_SIZE;
		}
		/* One may begin in the last bytes. */
		if (at + len < segment->filesz)
			len -= FIPS_MAGIC_SIZE - 1;
	}
}

/* The linker's marks in the function table. */
static void find_fips_marks(const struct pclntab *table, struct selfcheck *found)
{
	size_t count = pclntab_num_funcs(table);
	uint64_t start_va = 0, va, end_va;
	const char *name;

	for (size_t i = 0; i < count; i++) {
		if (!pclntab_func(table, i, &va, &end_va, &name))
			continue;
		if (!strcmp(name, SYMBOLS_FIPS_START))
			start_va = va;
		else if (start_va && va > start_va && !strcmp(name, SYMBOLS_FIPS_END))
			add_range(found, start_va, va, FIPS_REASON);
	}
}

/* ---- BoringCrypto ---- */

/* Functions of the module, of which each version has one. Their names are in the function table of
 * a stripped program too. */
static bool is_of_boring_module(const char *name)
{
	static const char *const names[] = {
		"_goboringcrypto_BORINGSSL_bcm_power_on_self_test",
		"BORINGSSL_integrity_test",
		"BORINGSSL_bcm_text_start",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

/* C code has no source file in Go's function table. */
static bool is_go(struct pclntab *table, const struct gobin_func *func)
{
	return table && pclntab_line(table, func->va).file;
}

/*
 * The module's ends have no name since Go 1.21. But it is one piece, of C code alone: it ends at
 * the nearest Go function at the latest. (C code that the system's linker put beside Go's text is
 * not in the table, and nobody can ask for it.)
 */
static void find_boring(struct pclntab *table, const struct gobin_func *funcs, size_t count,
			struct selfcheck *found)
{
	for (size_t i = 0; i < count; i++) {
		size_t first = i, last = i;

		if (!is_of_boring_module(funcs[i].name) || is_go(table, &funcs[i]))
			continue;
		while (first && !is_go(table, &funcs[first - 1]))
			first--;
		while (last + 1 < count && !is_go(table, &funcs[last + 1]))
			last++;
		add_range(found, funcs[first].va, funcs[last].va + funcs[last].size, BORING_REASON);
		i = last;
	}
}

void selfcheck_find(const struct image *image, struct pclntab *table,
		    const struct gobin_func *funcs, size_t count, struct selfcheck *found)
{
	const struct image_segment *segments;
	size_t num_segments;

	*found = (struct selfcheck){0};
	segments = image_segments(image, &num_segments);
	for (size_t i = 0; i < num_segments; i++) {
		/* The linker fills it, and may have left it to the loader to relocate. */
		if (segments[i].flags & PF_W)
			find_fips_info(image, &segments[i], found);
	}
	if (table)
		find_fips_marks(table, found);
	find_boring(table, funcs, count, found);
}
