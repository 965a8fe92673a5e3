/* SPDX-License-Identifier: MIT */
/* stripped.c - see stripped.h. */
#include "gobin/stripped.h"

#include <stdlib.h>
#include <string.h>

#include "gobin/argument_types.h"
#include "gobin/arguments.h"
#include "gobin/gobin_internal.h"

/* Methods are called by Go's own code: by the ABI that has registers, which came to arm64 with this Go. */
#define REGISTERS_MINOR_ARM64 18

static bool has_registers(const struct gobin *bin)
{
	return gobin_arch(bin) == &arch_x86_64 || bin->minor >= REGISTERS_MINOR_ARM64;
}

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

bool stripped_signature(struct gobin *bin, const struct gobin_func *func,
			struct go_signature *signature, struct error **err)
{
	struct runtime_types *runtime = gobin_runtime_types(bin);

	*err = NULL;
	if (runtime && runtime_types_method(runtime, func->va, signature)) {
		*err = go_signature_place(gobin_types(bin), gobin_arch(bin), has_registers(bin),
					  signature);
		return true;
	}
	if (!argument_types(bin, func, signature, err))
		return false;
	if (!*err)
		set_receiver(bin, func, signature);
	return true;
}
