/* SPDX-License-Identifier: MIT */
/* arguments.c - where the words of a function's arguments are, as its code says. */
#include "gobin/arguments.h"

#include <string.h>

#include "gobin/gobin_internal.h"

/* What a function's code says of its arguments. */
struct spilled {
	struct code_spill spills[CODE_MAX_SPILLS];
	size_t count;
	uint16_t lowest; /* offset of the first; all arguments on the stack are below it */
};

/* By rising offset, as the compiler makes them. */
static bool are_sorted(const struct spilled *spilled)
{
	for (size_t i = 1; i < spilled->count; i++)
		if (spilled->spills[i].offset <
		    spilled->spills[i - 1].offset + spilled->spills[i - 1].size)
			return false;
	return true;
}

/* False: the function never calls morestack, or stores nothing, or something else before it. */
static bool read_code(const struct gobin *bin, const struct gobin_func *func,
		      struct spilled *spilled)
{
	size_t size = func->size < INT32_MAX ? func->size : INT32_MAX;
	struct code code = {.arch = gobin_arch(bin), .size = size, .va = func->va};
	struct stack_check check;

	*spilled = (struct spilled){};
	code.bytes = image_at_va(bin->image, func->va, size);
	if (!code.bytes || !code.arch->find_stack_check(&code, &check) ||
	    !code.arch->find_spills(&code, check.grow, spilled->spills, &spilled->count) ||
	    !are_sorted(spilled))
		return false;
	/* Where no argument is used, none is stored. */
	spilled->lowest = spilled->count ? spilled->spills[0].offset : 0;
	return spilled->count;
}

static struct argument word_of(const struct code_spill *spill)
{
	return (struct argument){
		.kind = ARGUMENT_WORD,
		.place = spill->is_float ? ARGUMENT_IN_FLOAT_REGISTER : ARGUMENT_IN_REGISTER,
		.reg = spill->reg,
		.size = spill->size,
		.offset = spill->offset,
	};
}

static void place_word(const struct spilled *spilled, struct argument *word)
{
	for (size_t i = 0; i < spilled->count; i++) {
		const struct code_spill *spill = &spilled->spills[i];

		if (spill->offset != word->offset || spill->size != word->size)
			continue;
		*word = word_of(spill);
		return;
	}
	if (word->offset + word->size <= spilled->lowest)
		word->place = ARGUMENT_ON_STACK;
}

/* The code does not tell; but a receiver comes first, and a pointer is never in other registers. */
static void place_receiver(const struct gobin *bin, const struct function_name *name,
			   struct arguments *arguments)
{
	struct argument *first = arguments->items;

	if (!arguments->count || first->kind != ARGUMENT_WORD || first->size != 8 ||
	    !function_name_is_method(name) || strncmp(name->parts[0], "(*", 2) != 0)
		return;
	first->place = ARGUMENT_IN_REGISTER;
	first->reg = gobin_arch(bin)->arguments[0];
}

/* ---- generic functions ---- */

/* What is in registers before the first word that the table has. It may be that nothing is. */
static size_t find_hidden(const struct spilled *spilled, const struct arguments *arguments,
			  struct argument *hidden)
{
	uint16_t first = UINT16_MAX;
	size_t count = 0;

	for (size_t i = 0; i < arguments->count && first == UINT16_MAX; i++)
		if (arguments->items[i].kind == ARGUMENT_WORD)
			first = arguments->items[i].offset;
	for (size_t i = 0; i < spilled->count; i++)
		if (spilled->spills[i].offset < first)
			hidden[count++] = word_of(&spilled->spills[i]);
	return count;
}

/* In place of the first `dropped` items. Several words are in brackets, as one argument. */
static void prepend(struct arguments *arguments, size_t dropped, const struct argument *hidden,
		    size_t count)
{
	struct argument *to = arguments->items;
	size_t brackets = count > 1, left = arguments->count - dropped;

	memmove(to + count + 2 * brackets, to + dropped, left * sizeof(*to));
	if (brackets)
		*to++ = (struct argument){.kind = ARGUMENT_BEGIN};
	memcpy(to, hidden, count * sizeof(*to));
	if (brackets)
		to[count] = (struct argument){.kind = ARGUMENT_END};
	arguments->count = left + count + 2 * brackets;
}

/* The table leaves out the first of all that has type arguments in its name (EmitArgInfo()), and nobody wants to see a
 * dictionary. False: the first one cannot be told. */
static bool show_first(enum takes_dictionary takes, const struct spilled *spilled,
		       struct arguments *arguments)
{
	bool is_receiver = takes == DICTIONARY_SECOND;
	struct argument hidden[CODE_MAX_SPILLS];
	size_t count;

	if (takes == DICTIONARY_FIRST || (!arguments->count && !spilled->count))
		return true;
	count = find_hidden(spilled, arguments, hidden);
	if (takes == DICTIONARY_UNKNOWN || !count ||
	    (is_receiver && (!arguments->count || arguments->items->kind != ARGUMENT_WORD)))
		return false;
	prepend(arguments, is_receiver, hidden, count);
	return true;
}

bool arguments_find(struct gobin *bin, const struct gobin_func *func, struct arguments *arguments)
{
	struct function_name name = function_name_split(func->name);
	struct spilled spilled;
	bool is_told;

	arguments->count = 0;
	if (!bin->table || !pclntab_arguments(bin->table, func->va, arguments))
		return false;
	is_told = read_code(bin, func, &spilled);
	/* Assembly has its arguments on the stack, or where it likes. */
	if (!spilled.count && gobin_func_is_abi0(bin, func))
		return arguments->count && !name.is_generic;
	for (size_t i = 0; is_told && i < arguments->count; i++)
		if (arguments->items[i].kind == ARGUMENT_WORD)
			place_word(&spilled, &arguments->items[i]);
	if (name.is_generic)
		return show_first(function_name_takes_dictionary(&name, func->name, bin->minor),
				  &spilled, arguments);
	if (!is_told)
		place_receiver(bin, &name, arguments);
	return true;
}
