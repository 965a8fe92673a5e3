/* SPDX-License-Identifier: MIT */
/* pclntab_args.c - the words of arguments, as the compiler tells them for Go's own traces
 * (src/cmd/compile/internal/ssagen/ssa.go, EmitArgInfo()). */
#include "gobin/pclntab_internal.h"

/* src/internal/abi/type.go: what is no offset. */
enum special {
	SPECIAL_FIRST = 0xf0,
	SPECIAL_FAR = 0xfb,
	SPECIAL_MORE = 0xfc,
	SPECIAL_END = 0xfd,
	SPECIAL_BEGIN = 0xfe,
	SPECIAL_LAST = 0xff,
};

/* Offsets are above the return address, or where it would be (arm64). */
#define ABOVE_STACK_POINTER 8

/* The largest are vectors. */
static bool is_size(uint8_t size)
{
	return size && size <= 64 && !(size & (size - 1));
}

/* What the byte says that is no word's. False: nothing that is known, or no begin to this end. */
static bool read_special(uint8_t byte, size_t *depth, struct argument *argument)
{
	switch (byte) {
	case SPECIAL_FAR:
		argument->kind = ARGUMENT_FAR;
		return true;
	case SPECIAL_MORE:
		argument->kind = ARGUMENT_MORE;
		return true;
	case SPECIAL_BEGIN:
		argument->kind = ARGUMENT_BEGIN;
		++*depth;
		return true;
	case SPECIAL_END:
		argument->kind = ARGUMENT_END;
		return (*depth)--;
	default:
		return false;
	}
}

static const uint8_t *byte_at(const struct pclntab *table, uint64_t va, size_t i)
{
	return i < ARGUMENTS_TOLD && va <= UINT64_MAX - i ? image_at_va(table->image, va + i, 1)
							  : NULL;
}

bool pclntab_arguments(const struct pclntab *table, uint64_t func_va, struct arguments *arguments)
{
	struct pclntab_entry entry;
	const uint8_t *byte, *size;
	size_t depth = 0, end = 0;
	uint64_t va;

	arguments->count = 0;
	if (!pclntab_find_entry(table, func_va, &entry) ||
	    (!table->format->is_absolute && !table->gofunc_va))
		return false;
	if (!pclntab_funcdata(table, &entry, FUNCDATA_ARG_INFO, &va))
		return true;
	for (size_t i = 0; (byte = byte_at(table, va, i)) && *byte != SPECIAL_LAST; i++) {
		struct argument *argument = &arguments->items[arguments->count++];

		*argument = (struct argument){.kind = ARGUMENT_WORD};
		end = depth ? end : 0;
		if (*byte >= SPECIAL_FIRST) {
			if (!read_special(*byte, &depth, argument))
				return false;
			continue;
		}
		size = byte_at(table, va, ++i);
		if (!size || !is_size(*size))
			return false;
		argument->offset = *byte + ABOVE_STACK_POINTER;
		argument->size = *size;
		/* The parts of one argument follow each other. */
		if (argument->offset < end)
			return false;
		end = argument->offset + *size;
	}
	return byte && !depth;
}
