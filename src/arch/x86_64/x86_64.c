/* SPDX-License-Identifier: MIT */
/* x86_64.c - the processor x86-64. */
#include <elf.h>

#include "arch/x86_64/code.h"

const struct arch arch_x86_64 = {
	.name = "x86-64",
	.machine = EM_X86_64,
	.padding = 0xcc, /* int3: src/cmd/link/internal/amd64/l.go, CodePad */
	.relocation_relative = R_X86_64_RELATIVE,
	.relocation_tls = R_X86_64_TPOFF64,
	.decode = x86_64_decode,
	.mnemonic = x86_64_mnemonic,
	.refusal = x86_64_refusal,
	.is_emulated = x86_64_is_emulated,
	.steps_return = true,
	.find_stack_check = x86_64_find_stack_check,
	.is_harmless = x86_64_is_harmless,
	.find_arguments = x86_64_find_arguments,
	.may_swap = x86_64_may_swap,
	.find_swap = x86_64_find_swap,
	.find_tls_access = x86_64_find_tls_access,
	.constants = x86_64_constants,
	.goroutine_register = 14,
	.bpftrace_g = "reg(\"r14\")",
	.bpftrace_sp = "reg(\"sp\")",
	.bpftrace_check_passes = "!(reg(\"flags\") & 0x41)", /* CF or ZF */
};
