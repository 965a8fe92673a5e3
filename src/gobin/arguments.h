/* SPDX-License-Identifier: MIT */
/*
 * arguments.h - the words of a function's arguments, as far as a binary tells of them that has neither
 * DWARF nor symbols.
 *
 * Go's own traces print arguments by a table that every binary has (FUNCDATA_ArgInfo,
 * src/runtime/traceback.go, printArgs()): sizes, and where the stack has room for them, but neither names
 * nor types nor registers. Which register holds a word is read from the function's code: before it calls
 * runtime.morestack it stores all registers with arguments to that room. What is in neither is not known:
 * integers and floating-point numbers have registers of their own, and a word may be either.
 */
#ifndef GOFUNCGRAPH_GOBIN_ARGUMENTS_H
#define GOFUNCGRAPH_GOBIN_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/arch.h"

enum argument_kind {
	ARGUMENT_WORD,
	ARGUMENT_BEGIN, /* of an aggregate: a struct, an array, a string, ... */
	ARGUMENT_END,
	ARGUMENT_MORE, /* more follow that the table leaves out */
	ARGUMENT_FAR, /* a word that is too far up the stack for the table */
};

/* Where a word is at the function's first instruction. */
enum argument_place {
	ARGUMENT_SOMEWHERE, /* not known */
	ARGUMENT_IN_REGISTER, /* `reg`, as the instruction set numbers it */
	ARGUMENT_IN_FLOAT_REGISTER, /* the same of those of floating-point numbers */
	ARGUMENT_ON_STACK,
};

struct argument {
	uint8_t kind; /* enum argument_kind; the rest is of words */
	uint8_t place; /* enum argument_place */
	uint8_t reg;
	uint8_t size; /* bytes: 1 to 8; more: of vectors */
	/* Bytes above the stack pointer at the function's first instruction: of the word, or of the room
	 * for it. */
	uint16_t offset;
};

/* The table never has more (src/internal/abi/type.go, TraceArgsMaxLen), and what it leaves out of
 * generic functions comes before. */
#define ARGUMENTS_TOLD 171
#define ARGUMENTS_MAX  (ARGUMENTS_TOLD + CODE_MAX_SPILLS + 2)

/* Begins and ends belong together. */
struct arguments {
	struct argument items[ARGUMENTS_MAX];
	size_t count;
};

struct gobin;
struct gobin_func;

/* All are to be had from the table (pclntab_arguments()) and from code. False: the binary tells nothing of
 * them. */
bool arguments_find(struct gobin *bin, const struct gobin_func *func, struct arguments *arguments);

/* A function's name in parts, which "." separates outside of brackets, without the package's path:
 * "(*T[...])", "f", "func1" of "example.org/p.(*T[...]).f.func1". */
struct function_name {
	const char *parts[3];
	size_t lengths[3];
	size_t count; /* there may be more than three */
	bool is_generic; /* one of them has type arguments */
};
struct function_name function_name_split(const char *name);
/* It is a method's own code: no function inside of it, and no wrapper that has a receiver bound. */
bool function_name_is_method(const struct function_name *name);

/* Which of its parameters is a dictionary of types: code that several types share takes one. */
enum takes_dictionary {
	DICTIONARY_NONE,
	DICTIONARY_FIRST,
	DICTIONARY_SECOND, /* behind the receiver */
	DICTIONARY_UNKNOWN,
};

/* `text`: all of the name; `minor`: of Go's version. */
enum takes_dictionary function_name_takes_dictionary(const struct function_name *name,
						     const char *text, unsigned minor);

#endif
