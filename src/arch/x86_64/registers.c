/* SPDX-License-Identifier: MIT */
/* registers.c - registers by name, and which of them an instruction changes. */
#include <string.h>

#include "arch/x86_64/code.h"

/* By the instruction set's numbers; also with an "r" before it. */
static const char *const names[] = {
	"ax", "cx", "dx",  "bx",  "sp",  "bp",  "si",  "di",
	"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
};
#define STACK_POINTER 4

static bool is_name(const char *name, const char *text, size_t length)
{
	return strlen(name) == length && !memcmp(name, text, length);
}

int x86_64_register_number(const char *name, size_t length)
{
	for (int i = 0; i < 16; i++) {
		if (is_name(names[i], name, length) || (i < 8 && length > 1 && *name == 'r' &&
							is_name(names[i], name + 1, length - 1)))
			return i == STACK_POINTER ? ARCH_STACK_REGISTER : i;
	}
	/* xmm0, ymm0, zmm0; X0 in Go's own language */
	if (length > 1 && (memchr("xyz", *name, 3) || *name == 'X') &&
	    (name[1] == 'm' || (name[1] >= '0' && name[1] <= '9')))
		return ARCH_FLOAT_REGISTER;
	return ARCH_NO_REGISTER;
}

uint32_t x86_64_changed_registers(const struct code *code, uint32_t offset)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;
	uint32_t changed = 0;

	if (!x86_64_decode_full(code, offset, &insn, operands))
		return UINT32_MAX;
	for (unsigned i = 0; i < insn.operand_count; i++) {
		ZydisRegister reg = operands[i].reg.value;

		if (operands[i].type != ZYDIS_OPERAND_TYPE_REGISTER ||
		    !(operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
			continue;
		reg = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
		if (ZydisRegisterGetClass(reg) == ZYDIS_REGCLASS_GPR64)
			changed |= 1u << ZydisRegisterGetId(reg);
	}
	return changed;
}
