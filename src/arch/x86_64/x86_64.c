/* SPDX-License-Identifier: MIT */
/* x86_64.c - the processor x86-64. */
#include <elf.h>
#include <linux/audit.h>

#include "arch/x86_64/code.h"

#define SIGRETURN_REASON "debuggers, and C code that unwinds stacks, know it by its first bytes"

static const struct never_probed never_probed[] = {
	/* cmd/compile/internal/amd64/ssa.go, OpAMD64DUFFZERO and DUFFCOPY (to Go 1.23) */
	{"runtime.duffzero", "compiled code jumps into the middle of it, past its entry"},
	{"runtime.duffcopy", "compiled code jumps into the middle of it, past its entry"},
	/* src/runtime/cgocall.go, asm_amd64.s: from C code, of a goroutine or of a thread that has
	 * none, to runtime.cgocallbackg */
	{"runtime.cgocallback", "it runs below C code, and goes on on another stack from there"},
	{"crosscall2", "it runs below C code, and goes on on another stack from there"},
	/* src/runtime/sys_linux_amd64.s; libgcc/config/i386/linux-unwind.h. Renamed in Go 1.21. */
	{"runtime.sigreturn", SIGRETURN_REASON},
	{"runtime.sigreturn__sigaction", SIGRETURN_REASON},
	{0},
};

static const char *const bpftrace_arguments[] = {
	"reg(\"ax\")", "reg(\"bx\")", "reg(\"cx\")",  "reg(\"di\")",  "reg(\"si\")",
	"reg(\"r8\")", "reg(\"r9\")", "reg(\"r10\")", "reg(\"r11\")",
};

/* ax, bx, cx, di, si, r8 to r11 */
static const uint8_t arguments[] = {0, 3, 1, 7, 6, 8, 9, 10, 11};

/* System V ABI, "DWARF Register Number Mapping" */
static const uint8_t dwarf_registers[] = {0, 2, 1, 3, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15};

const struct arch arch_x86_64 = {
	.name = "x86-64",
	.machine = EM_X86_64,
	.audit = AUDIT_ARCH_X86_64,
	.padding = 0xcc, /* int3: src/cmd/link/internal/amd64/l.go, CodePad */
	.quantum = 1,
	.relocation_relative = R_X86_64_RELATIVE,
	.relocation_tls = R_X86_64_TPOFF64,
	.tls_symbol = "runtime.tlsg",
	.decode = x86_64_decode,
	.mnemonic = x86_64_mnemonic,
	.refusal = x86_64_refusal,
	.is_emulated = x86_64_is_emulated,
	.steps_return = true,
	.find_stack_check = x86_64_find_stack_check,
	.find_spills = x86_64_find_spills,
	.is_harmless = x86_64_is_harmless,
	.find_arguments = x86_64_find_arguments,
	.may_swap = x86_64_may_swap,
	.find_swap = x86_64_find_swap,
	.find_tls_access = x86_64_find_tls_access,
	.constants = x86_64_constants,
	.changed_registers = x86_64_changed_registers,
	.register_number = x86_64_register_number,
	.register_names = "ax, bx, cx, dx, si, di, bp, sp, r8 to r15",
	.arguments = arguments,
	.num_arguments = sizeof(arguments),
	.num_float_arguments = 15,
	.dwarf_registers = dwarf_registers,
	.num_dwarf_registers = sizeof(dwarf_registers),
	.dwarf_float_registers = 17,
	.dwarf_frame = 8,
	.goroutine_register = 14,
	.closure_register = 2,
	.never_probed = never_probed,
	.goroutine_name = "R14",
	.bpftrace_g = "reg(\"r14\")",
	.bpftrace_sp = "reg(\"sp\")",
	.bpftrace_check_passes = "!(reg(\"flags\") & 0x41)", /* CF or ZF */
	.bpftrace_return_address = "*(uint64*)reg(\"sp\")",
	.bpftrace_arguments = bpftrace_arguments,
	.bpftrace_num_arguments = sizeof(bpftrace_arguments) / sizeof(bpftrace_arguments[0]),
};
