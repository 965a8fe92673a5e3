/* SPDX-License-Identifier: MIT */
/* stripped.c - see stripped.h. */
#include "gobin/stripped.h"

#include <stdlib.h>
#include <string.h>

#include "gobin/argument_types.h"
#include "gobin/arguments.h"
#include "gobin/gobin_internal.h"
#include "gobin/stdlib.h"

/* "net/http.Request", the type of the method's receiver: the caller frees it. In names of functions
 * points of the path's last element are escaped (cmd/internal/objabi/path.go, PathToPrefix()). NULL: out of
 * memory, or it is too long. */
static char *receiver_name(const char *func_name, const struct function_name *name)
{
	bool is_pointer = !strncmp(name->parts[0], "(*", 2);
	size_t path = (size_t)(name->parts[0] - func_name) - 1, length = 0;
	const char *type = name->parts[0] + (is_pointer ? 2 : 0);
	size_t type_length = name->lengths[0] - (is_pointer ? 3 : 0);
	char *text = malloc(path + type_length + 2);

	for (size_t i = 0; text && i < path; i++) {
		bool is_escape = func_name[i] == '%' && i + 2 < path;
		char digits[3] = {func_name[i + is_escape], func_name[i + 2 * is_escape]};

		text[length++] = is_escape ? (char)strtoul(digits, NULL, 16) : func_name[i];
		i += is_escape ? 2 : 0;
	}
	if (text)
		sprintf(text + length, ".%.*s", (int)type_length, type);
	return text;
}

/* Of a method; generic ones have receivers that stand for several. NULL: not known. */
static struct go_type *find_receiver(struct gobin *bin, const struct gobin_func *func)
{
	struct function_name name = function_name_split(func->name);
	struct runtime_types *runtime = gobin_runtime_types(bin);
	_cleanup_free_ char *type_name = NULL;
	struct go_type *pointer;

	if (!runtime || name.is_generic || !function_name_is_method(&name) ||
	    (name.parts[0][0] == '(' && name.lengths[0] < 4))
		return NULL;
	type_name = receiver_name(func->name, &name);
	pointer = type_name ? runtime_types_pointer_to(runtime, type_name) : NULL;
	if (!pointer || name.parts[0][0] == '(')
		return pointer;
	return go_type_complete(pointer) ? pointer->elem : NULL;
}

static void set_receiver(struct gobin *bin, const struct gobin_func *func,
			 struct go_signature *signature)
{
	struct go_variable *first = signature->variables;
	struct go_type *receiver = signature->num_variables ? find_receiver(bin, func) : NULL;

	/* Words that the table leaves out do not count. */
	if (!receiver || receiver->size != first->type->size)
		return;
	first->type = receiver;
	first->is_inferred = false;
}

/* ---- what types say and what the code does ---- */

struct words {
	const struct arguments *arguments;
	size_t at;
};

/* The next word of which something is known. NULL: no more can be compared. */
static const struct argument *next_word(struct words *words)
{
	while (words->at < words->arguments->count) {
		const struct argument *item = &words->arguments->items[words->at++];

		if (item->kind == ARGUMENT_WORD)
			return item;
		if (item->kind != ARGUMENT_BEGIN && item->kind != ARGUMENT_END)
			break;
	}
	return NULL;
}

static bool agrees(const struct go_piece *piece, const struct argument *word)
{
	return word->place == ARGUMENT_SOMEWHERE ||
	       (word->size == piece->size && word->reg == piece->reg &&
		(word->place == ARGUMENT_IN_REGISTER) == (piece->place == GO_IN_REGISTER));
}

/* False: the code has its arguments in other registers than these, so it is another function. */
static bool is_possible(struct gobin *bin, const struct gobin_func *func,
			const struct go_signature *signature)
{
	struct arguments arguments;
	struct words words = {.arguments = &arguments};
	const struct argument *word;

	if (!arguments_find(bin, func, &arguments))
		return true;
	for (size_t i = 0; i < signature->num_variables; i++) {
		const struct go_variable *variable = &signature->variables[i];

		if (variable->is_result)
			break;
		for (size_t j = 0; j < variable->num_pieces; j++) {
			const struct go_piece *piece = &variable->pieces[j];

			if (piece->place == GO_ON_STACK || !(word = next_word(&words)))
				return true;
			if (!agrees(piece, word))
				return false;
		}
	}
	return true;
}

/* ---- signatures ---- */

/* The types are known, of a method or of a function of the standard library. */
static bool find_types(struct gobin *bin, const struct gobin_func *func,
		       struct go_signature *signature, struct error **err)
{
	struct runtime_types *runtime = gobin_runtime_types(bin);
	struct go_types *types = gobin_types(bin);
	bool is_method = runtime && runtime_types_method(runtime, func->va, signature);

	if (!types ||
	    (!is_method && !stdlib_signature(types, runtime, bin->minor, func->name, signature)))
		return false;
	*err = go_signature_place(types, gobin_arch(bin), gobin_has_registers(bin), signature);
	return *err || is_method || is_possible(bin, func, signature);
}

bool stripped_signature(struct gobin *bin, const struct gobin_func *func,
			struct go_signature *signature, struct error **err)
{
	*err = NULL;
	if (!find_types(bin, func, signature, err)) {
		if (!argument_types(bin, func, signature, err))
			return false;
		signature->lacks_results = true;
		if (!*err)
			set_receiver(bin, func, signature);
	}
	if (!*err)
		stdlib_name(gobin_types(bin), bin->minor, func->name, signature);
	return true;
}
