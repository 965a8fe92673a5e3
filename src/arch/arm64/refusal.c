/* SPDX-License-Identifier: MIT */
/*
 * refusal.c - which instructions the kernel lets a uprobe stand on, and which it simulates.
 *
 * Follows arch/arm64/kernel/probes/decode-insn.c, arm_probe_decode_insn(). Where kernels differ the
 * strictest counts. Refused as well is what the kernel takes and then does wrongly:
 *
 * - `ldr` of a literal into a vector register is stepped elsewhere, and loads what is near there.
 *   The others are simulated by Linux before 6.12, with a fault in the kernel.
 * - Between a load-exclusive and its store the probe itself takes the exclusive state away, each
 *   time: the program never gets past it.
 * - Data among code would be overwritten by the probe.
 */
#include "arch/arm64/code.h"

/* Of branches and system instructions, what every kernel from 5.10 on takes. */
static const struct pattern accepted[] = {
	IS_B,
	IS_BL,
	IS_B_COND,
	IS_CBZ_CBNZ,
	IS_TBZ_TBNZ,
	IS_BR,
	IS_BLR,
	IS_RET,
	IS_NOP,
	PATTERN(0xffffff3f, 0xd503241f), /* bti */
	PATTERN(0xffffff7f, 0xd503233f), /* paciasp, pacibsp */
	PATTERN(0xffffff7f, 0xd50323bf), /* autiasp, autibsp */
	PATTERN(0xfffff01f, 0xd503301f), /* barriers */
	PATTERN(0xffff0000, 0xd50b0000), /* sys of user space, such as dc zva */
	PATTERN(0xffff0000, 0xd53b0000), /* mrs of user space's registers */
};

#define IS_MRS_DAIF PATTERN(0xffffffe0, 0xd53b4220)

static const char *branch_refusal(uint32_t word)
{
	if (matches(word, IS_MRS_DAIF))
		return "reads the kernel's own flags, which the kernel does not probe";
	for (size_t i = 0; i < sizeof(accepted) / sizeof(*accepted); i++)
		if (matches(word, accepted[i]))
			return NULL;
	if ((word & 0xff000000) == 0xd4000000)
		return "is a system call or a breakpoint, which the kernel does not probe";
	return "is of a kind that the kernel does not probe";
}

const char *arm64_refusal(const struct code *code, uint32_t offset)
{
	uint32_t word;

	if (offset % INSN_SIZE)
		return "is not where an instruction can be";
	if (!arm64_read(code, offset, &word))
		return "is cut off";
	switch (code->marks ? code->marks[offset / INSN_SIZE] : 0) {
	case CODE_DATA:
		return "is data that the function loads";
	case CODE_ADDRESSED:
		return "may be data: the function takes its address";
	case CODE_EXCLUSIVE:
		return "is between a load-exclusive and its store, which would never succeed";
	}
	if (matches(word, IS_BRANCH_OR_SYSTEM))
		return branch_refusal(word);
	if (matches(word, IS_LDR_LITERAL))
		return "loads what lies beside it, which the kernel cannot do for it";
	/* As wide as the kernel has it: casp is among them. */
	if ((word & 0x3f800000) == 0x08000000)
		return "is an exclusive load or store, which the kernel does not probe";
	if ((word & 0x3b200c00) == 0x19000400)
		return "copies or sets memory in steps, which the kernel does not probe";
	if ((word & 0x1e000000) == 0)
		return "is no instruction";
	return NULL;
}

bool arm64_is_emulated(const struct code *code, uint32_t offset)
{
	static const struct pattern simulated[] = {
		IS_B,  IS_BL,  IS_B_COND, IS_CBZ_CBNZ, IS_TBZ_TBNZ,
		IS_BR, IS_BLR, IS_RET,    IS_ADR_ADRP,
	};
	uint32_t word;

	if (!arm64_read(code, offset, &word) || arm64_refusal(code, offset))
		return false;
	for (size_t i = 0; i < sizeof(simulated) / sizeof(*simulated); i++)
		if (matches(word, simulated[i]))
			return true;
	return false;
}
