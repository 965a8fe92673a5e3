/* SPDX-License-Identifier: MIT */
/*
 * fuzz_pclntab.c - Go's function table: the input is the data of a small executable, so that both
 * the table and what the linker says of it (moduledata) can be anything.
 */
#include "fake_image.h"
#include "gobin/pclntab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touches all that is handed out. */
static bool visit(void *context, const char *name, uint64_t func_va, struct gobin_line call)
{
	size_t *sum = context;

	*sum += strlen(name) + (call.file ? strlen(call.file) : 0);
	if (!*name || (call.line && !call.file) || func_va < FAKE_TEXT_VA)
		abort();
	return true;
}

/* Begins and ends belong together, and words of one argument rise. */
static void read_arguments(const struct pclntab *table, uint64_t va)
{
	struct arguments arguments;
	size_t depth = 0;

	if (!pclntab_arguments(table, va, &arguments))
		return;
	if (arguments.count > ARGUMENTS_TOLD)
		abort();
	for (size_t i = 0; i < arguments.count; i++) {
		const struct argument *item = &arguments.items[i];

		depth += item->kind == ARGUMENT_BEGIN;
		if (item->kind == ARGUMENT_END && !depth--)
			abort();
		if (item->kind > ARGUMENT_FAR || item->place != ARGUMENT_SOMEWHERE ||
		    (item->kind == ARGUMENT_WORD) != (item->size != 0))
			abort();
	}
	if (depth)
		abort();
}

/* The bitmaps are there as far as they are told to be. */
static void read_live_words(const struct pclntab *table, uint64_t va, size_t *sum)
{
	struct gobin_live_words words;

	if (!pclntab_live_words(table, va, &words))
		return;
	for (uint32_t i = 0; i < words.num_locals; i++)
		*sum += words.locals[i / 8] >> i % 8 & 1;
	for (uint32_t i = 0; i < words.num_arguments; i++)
		*sum += words.arguments[i / 8] >> i % 8 & 1;
}

static void read_funcs(struct pclntab *table, size_t *sum)
{
	uint64_t text_va, text_end_va, va, end_va;
	const char *name;

	pclntab_text(table, &text_va, &text_end_va);
	for (size_t i = 0; i < pclntab_num_funcs(table); i++) {
		if (!pclntab_func(table, i, &va, &end_va, &name))
			continue;
		if (va >= end_va || va < text_va || end_va > text_end_va || !*name)
			abort();
		*sum += strlen(name);
		read_arguments(table, va);
		for (unsigned j = 0; j < 4; j++) {
			uint64_t at_va = va + (end_va - va - 1) * j / 3;
			uint64_t outermost_va = pclntab_outermost_va(table, at_va);
			struct gobin_line line = pclntab_line(table, at_va);
			if (outermost_va < text_va || outermost_va >= text_end_va)
				abort();
			*sum += line.file ? strlen(line.file) : 0;
			read_live_words(table, at_va, sum);
			if (line.line && !line.file)
				abort();
		}
	}
	pclntab_line(table, text_va - 1);
	pclntab_line(table, text_end_va);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image *image = fake_image(data, size);
	struct pclntab *table = NULL;
	size_t sum = 0;

	if (!image)
		return 0;
	error_free(pclntab_open(image, 0, &table));
	if (table) {
		read_funcs(table, &sum);
		error_free(pclntab_for_each_inlining(table, visit, &sum));
	}
	pclntab_close(table);
	image_close(image);
	return 0;
}
