/* SPDX-License-Identifier: MIT */
/* function_name.c - what a function's name says of it (src/cmd/compile/internal/ir/func.go,
 * closureName()). */
#include <string.h>

#include "gobin/arguments.h"

/* The end of the part that begins here: a point outside of brackets, or the text's end. */
static size_t part_length(const char *text, bool *is_generic)
{
	size_t length = 0, depth = 0;

	for (; text[length] && (depth || text[length] != '.'); length++) {
		if (strchr("([{", text[length]))
			depth++;
		else if (depth && strchr(")]}", text[length]))
			depth--;
		*is_generic |= text[length] == '[';
	}
	return length;
}

/* Behind the package's path, of which only the last element has points that count. */
static const char *skip_package(const char *name)
{
	size_t length = strcspn(name, "[({");
	const char *slash = memrchr(name, '/', length);
	const char *last = slash ? slash + 1 : name;

	return last + strcspn(last, ".");
}

struct function_name function_name_split(const char *name)
{
	struct function_name split = {};

	for (const char *at = skip_package(name); *at == '.';) {
		size_t length = part_length(at + 1, &split.is_generic);

		if (split.count < 3) {
			split.parts[split.count] = at + 1;
			split.lengths[split.count] = length;
		}
		split.count++;
		at += 1 + length;
	}
	return split;
}

/* "func1", and what the compiler wraps calls of go and defer into. */
static bool is_inner(const char *part, size_t length)
{
	static const char *const words[] = {"func", "gowrap", "deferwrap"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t word = strlen(words[i]);

		if (length > word && !memcmp(part, words[i], word) &&
		    strspn(part + word, "0123456789") >= length - word)
			return true;
	}
	return false;
}

bool function_name_is_method(const struct function_name *name)
{
	return name->count == 2 && name->lengths[0] && name->lengths[1] &&
	       !memchr(name->parts[1], '-', name->lengths[1]) &&
	       !is_inner(name->parts[1], name->lengths[1]);
}

/* From this Go on a method's dictionary is behind its receiver, before that it was the first. */
#define DICTIONARY_SECOND_MINOR 20

/*
 * Functions inside of other ones have it in their closure; what has only one type calls code that several share. Up to
 * Go 1.20 names in the function table do not tell which it is.
 */
enum takes_dictionary function_name_takes_dictionary(const struct function_name *name,
						     const char *text, unsigned minor)
{
	bool is_method = function_name_is_method(name);

	if (name->count != 1 && !is_method)
		return DICTIONARY_NONE;
	if (strstr(text, "[...]"))
		return minor < DICTIONARY_SECOND_MINOR ? DICTIONARY_FIRST : DICTIONARY_UNKNOWN;
	if (!strstr(text, "[go.shape."))
		return DICTIONARY_NONE;
	return is_method && minor >= DICTIONARY_SECOND_MINOR ? DICTIONARY_SECOND : DICTIONARY_FIRST;
}
