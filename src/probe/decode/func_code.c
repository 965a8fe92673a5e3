/* SPDX-License-Identifier: MIT */
/* func_code.c - a function's bytes, as they are decoded. */
#include "probe/decode/func_code.h"

#define LAST_OPERAND_MAX 8 /* bytes of a displacement and an immediate */

const uint8_t *func_code(struct gobin *bin, const struct gobin_func *func, size_t *size)
{
	size_t length = func->size + LAST_OPERAND_MAX;
	const uint8_t *bytes = gobin_bytes(bin, func->va, &length);

	if (!bytes || length < func->size)
		return NULL;
	*size = func->size;
	while (*size < length && bytes[*size] == gobin_arch(bin)->padding)
		(*size)++;
	return bytes;
}
