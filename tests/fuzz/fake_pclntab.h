/* SPDX-License-Identifier: MIT */
/*
 * fake_pclntab.h - a small function table with its moduledata, of any of the three layouts: what
 * tests take apart and fuzzing starts from. Made from Go's sources (src/runtime/symtab.go,
 * runtime2.go), not from the code under test.
 *
 *   main.a  0x1000..0x1040  line 10, from +0x10 main.c inlined (line 20), from +0x30 line 12
 *   main.b  0x1040..0x1100  line 30
 */
#ifndef GOFUNCGRAPH_TESTS_FAKE_PCLNTAB_H
#define GOFUNCGRAPH_TESTS_FAKE_PCLNTAB_H

#include "fake_image.h"

enum fake_go { FAKE_GO_1_17, FAKE_GO_1_18, FAKE_GO_1_20, FAKE_GO_1_26, FAKE_GO_COUNT };

struct fake_pclntab {
	uint8_t bytes[2048];
	size_t len;
	bool is_absolute;
	/* Offsets in bytes. */
	size_t header_offsets; /* names, file tables, files, pc tables, functions */
	size_t names, cu_files, files, pc, funcs, end;
	size_t record_a, record_b, tree, arguments, module;
	size_t lines_a; /* main.a's table of lines */
};

static inline void fake_put(struct fake_pclntab *fake, size_t at, uint64_t value, size_t size)
{
	memcpy(fake->bytes + at, &value, size);
}

static inline size_t fake_add(struct fake_pclntab *fake, const void *bytes, size_t size)
{
	size_t at = fake->len;

	memcpy(fake->bytes + at, bytes, size);
	fake->len += size;
	return at;
}

static inline size_t fake_add_number(struct fake_pclntab *fake, uint64_t value, size_t size)
{
	return fake_add(fake, &value, size);
}

static inline void fake_align(struct fake_pclntab *fake)
{
	fake->len = (fake->len + 7) & ~(size_t)7;
}

#define FAKE_PCDATA   3
#define FAKE_FUNCDATA 7

/* type _func with its pcdata and funcdata. */
static inline size_t fake_add_func(struct fake_pclntab *fake, enum fake_go go, uint64_t va,
				   uint32_t name, uint32_t lines, uint32_t inl_index)
{
	size_t record = fake->len;

	fake_add_number(fake, go == FAKE_GO_1_17 ? va : va - FAKE_TEXT_VA,
			go == FAKE_GO_1_17 ? 8 : 4);
	fake_add_number(fake, name, 4);
	fake_add_number(fake, 0, 4); /* args */
	fake_add_number(fake, 0, 4); /* deferreturn */
	fake_add_number(fake, 0, 4); /* pcsp */
	fake_add_number(fake, 1, 4); /* pcfile */
	fake_add_number(fake, lines, 4); /* pcln */
	fake_add_number(fake, FAKE_PCDATA, 4); /* npcdata */
	fake_add_number(fake, 1, 4); /* cuOffset */
	if (go >= FAKE_GO_1_20)
		fake_add_number(fake, 9, 4); /* startLine */
	fake_add_number(fake, (uint64_t)FAKE_FUNCDATA << 24, 4); /* funcID, flag, -, nfuncdata */
	fake_add_number(fake, 0, 4);
	fake_add_number(fake, 0, 4);
	fake_add_number(fake, inl_index, 4);
	if (go == FAKE_GO_1_17)
		fake_align(fake);
	for (int i = 0; i < FAKE_FUNCDATA; i++)
		fake_add_number(fake, go == FAKE_GO_1_17 ? 0 : UINT32_MAX,
				go == FAKE_GO_1_17 ? 8 : 4);
	fake_align(fake);
	return record;
}

static inline void fake_add_slice(struct fake_pclntab *fake, size_t at, uint64_t len)
{
	fake_add_number(fake, FAKE_DATA_VA + at, 8);
	fake_add_number(fake, len, 8);
	fake_add_number(fake, len, 8);
}

static inline void fake_add_module(struct fake_pclntab *fake, enum fake_go go)
{
	size_t text_sections;

	fake_align(fake);
	text_sections = fake_add_number(fake, 0, 8);
	fake_add_number(fake, 0x100, 8);
	fake_add_number(fake, FAKE_TEXT_VA, 8);
	fake->module = fake_add_number(fake, FAKE_DATA_VA, 8);
	fake_add_slice(fake, fake->names, fake->cu_files - fake->names);
	fake_add_slice(fake, fake->cu_files, 2);
	fake_add_slice(fake, fake->files, fake->pc - fake->files);
	fake_add_slice(fake, fake->pc, fake->funcs - fake->pc);
	fake_add_slice(fake, fake->funcs, fake->end - fake->funcs);
	fake_add_slice(fake, fake->funcs, 3);
	fake_add_number(fake, 0, 8); /* findfunctab */
	fake_add_number(fake, FAKE_TEXT_VA, 8);
	fake_add_number(fake, FAKE_TEXT_VA + 0x100, 8);
	fake_add_number(fake, FAKE_TEXT_VA, 8);
	fake_add_number(fake, FAKE_TEXT_VA + 0x100, 8);
	/* noptrdata to etypes, as many words as there were */
	for (int i = 24; i < (go >= FAKE_GO_1_20 ? 39 : 37); i++)
		fake_add_number(fake, 0, 8);
	if (go >= FAKE_GO_1_18) {
		fake_add_number(fake, 0, 8); /* rodata */
		fake_add_number(fake, FAKE_DATA_VA + fake->tree - 16, 8); /* gofunc */
	}
	if (go >= FAKE_GO_1_26)
		fake_add_number(fake, FAKE_DATA_VA + fake->module, 8); /* epclntab */
	fake_add_slice(fake, text_sections, 1);
}

static inline void fake_add_tree(struct fake_pclntab *fake, enum fake_go go)
{
	uint32_t name = sizeof("\0main.a\0main.b"); /* of main.c */

	fake_align(fake);
	fake->len += 16;
	fake->tree = fake->len;
	if (go >= FAKE_GO_1_20) {
		fake_add_number(fake, 0, 4);
		fake_add_number(fake, name, 4);
		fake_add_number(fake, 8, 4); /* parentPc */
		fake_add_number(fake, 5, 4); /* startLine */
		return;
	}
	fake_add_number(fake, 0xffff, 4); /* parent -1 */
	fake_add_number(fake, 0, 4); /* file */
	fake_add_number(fake, 10, 4); /* line */
	fake_add_number(fake, name, 4);
	fake_add_number(fake, 8, 4); /* parentPc */
}

/* The funcdata of main.a's of that number is `at`. */
static inline void fake_set_funcdata(struct fake_pclntab *fake, enum fake_go go, size_t number,
				     size_t at)
{
	size_t size = fake->is_absolute ? 8 : 4, func_size = go >= FAKE_GO_1_20 ? 44 : 40;

	/* Of the oldest, whose fields are wider, the last field is aligned as well. */
	if (fake->is_absolute)
		func_size = 44;
	fake_put(fake, fake->record_a + func_size + FAKE_PCDATA * 4 + number * size,
		 fake->is_absolute ? FAKE_DATA_VA + at : at - (fake->tree - 16), size);
}

/* What Go's traces print as ({0x1, 0x2}, 0x3, ...). */
static inline void fake_add_arguments(struct fake_pclntab *fake, enum fake_go go)
{
	static const uint8_t bytes[] = {0xfe, 0, 8, 8, 8, 0xfd, 16, 8, 0xfc, 0xff};

	fake->arguments = fake_add(fake, bytes, sizeof(bytes));
	fake_set_funcdata(fake, go, 3, fake->tree);
	fake_set_funcdata(fake, go, 5, fake->arguments);
}

static inline struct fake_pclntab fake_pclntab(enum fake_go go)
{
	static const char names[] = "\0main.a\0main.b\0main.c";
	static const char files[] = "\0/src/a.go";
	/* Pairs of zigzag value delta and length; 0 ends a table. Values begin at -1. */
	static const uint8_t pc[] = {
		0, /* no table is at 0 */
		2,  0x80, 0x02, 0, /* 1: file 0 for 0x100 bytes */
		22, 0x10, 20,   0x20, 15, 0x10, 0, /* 5: lines 10, 20, 12 */
		62, 0xc0, 0x01, 0, /* 12: line 30 */
		0,  0x10, 2,    0x20, 1,  0x10, 0, /* 16: no inlined call, 0, none */
	};
	static const uint32_t magics[] = {0xfffffffa, 0xfffffff0, 0xfffffff1, 0xfffffff1};
	static const uint32_t entries[] = {0, 0x40, 0x100};
	struct fake_pclntab fake = {.is_absolute = go == FAKE_GO_1_17};
	size_t functab;

	fake_add_number(&fake, magics[go], 4);
	fake_add_number(&fake, UINT64_C(0x08010000), 4);
	fake_add_number(&fake, 2, 8); /* nfunc */
	fake_add_number(&fake, 1, 8); /* nfiles */
	if (go != FAKE_GO_1_17)
		fake_add_number(&fake, go >= FAKE_GO_1_26 ? 0 : FAKE_TEXT_VA, 8);
	fake.header_offsets = fake.len;
	fake.len += 40;
	fake.names = fake_add(&fake, names, sizeof(names));
	fake_align(&fake);
	fake.cu_files = fake_add_number(&fake, UINT32_MAX, 4);
	fake_add_number(&fake, 1, 4);
	fake.files = fake_add(&fake, files, sizeof(files));
	fake_align(&fake);
	fake.pc = fake_add(&fake, pc, sizeof(pc));
	fake.lines_a = fake.pc + 5;
	fake_align(&fake);
	fake.funcs = functab = fake.len;
	fake.len += fake.is_absolute ? 48 : 24;
	fake.record_a = fake_add_func(&fake, go, 0x1000, 1, 5, 16);
	fake.record_b = fake_add_func(&fake, go, 0x1040, 8, 12, 0);
	fake.end = fake.len;
	for (int i = 0; i < 3; i++) {
		size_t record = i == 0 ? fake.record_a : i == 1 ? fake.record_b : fake.funcs;
		size_t size = fake.is_absolute ? 8 : 4;
		fake_put(&fake, functab + i * size * 2,
			 entries[i] + (fake.is_absolute ? FAKE_TEXT_VA : 0), size);
		if (i < 2)
			fake_put(&fake, functab + i * size * 2 + size, record - fake.funcs, size);
	}
	for (int i = 0; i < 5; i++) {
		size_t at[] = {fake.names, fake.cu_files, fake.files, fake.pc, fake.funcs};
		fake_put(&fake, fake.header_offsets + i * 8, at[i], 8);
	}
	fake_add_tree(&fake, go);
	fake_add_arguments(&fake, go);
	fake_add_module(&fake, go);
	return fake;
}

#endif
