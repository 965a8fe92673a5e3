/* SPDX-License-Identifier: MIT */
/* arm64.c - the processor arm64. */
#include <elf.h>
#include <linux/audit.h>

#include "arch/arm64/code.h"

#define BELOW_C "it runs below C code, and goes on on another stack from there"
#define FROM_C                                                                                     \
	"C code or the kernel calls it, and the register of the goroutine holds something else"
#define MIDDLE    "compiled code jumps into the middle of it, past its entry"
#define MOVES_SP  "it takes off the stack what its caller did not put there"
#define BEFORE_GO "it runs before there is a goroutine"

/* All of src/runtime, on Linux. */
static const struct never_probed never_probed[] = {
	/* cmd/compile/internal/arm64/ssa.go, OpARM64DUFFZERO and DUFFCOPY (to Go 1.25) */
	{"runtime.duffzero", MIDDLE},
	{"runtime.duffcopy", MIDDLE},
	/* cgocall.go, asm_arm64.s, cgo/asm_arm64.s */
	{"runtime.cgocallback", BELOW_C},
	{"crosscall2", BELOW_C},
	/* tls_arm64.s: they fetch the goroutine, and set it */
	{"runtime.load_g", FROM_C},
	{"runtime.save_g", FROM_C},
	{"setg_gcc", FROM_C},
	/* sys_linux_arm64.s, asm_arm64.s, cgo/asm_arm64.s */
	{"runtime.sigtramp", FROM_C},
	{"runtime.cgoSigtramp", FROM_C},
	{"_cgo_topofstack", FROM_C},
	{"runtime.rt0_go", BEFORE_GO},
	{"_rt0_arm64", BEFORE_GO},
	{"_rt0_arm64_lib", BEFORE_GO},
	{"_rt0_arm64_linux", BEFORE_GO},
	{"_rt0_arm64_linux_lib", BEFORE_GO},
	{"runtime.rt0_lib_go", BEFORE_GO},
	{"main", BEFORE_GO},
	/* preempt_arm64.s; signal_arm64.go, pushCall */
	{"runtime.asyncPreempt", MOVES_SP},
	{0},
};

static const char *const bpftrace_arguments[] = {
	"reg(\"r0\")",  "reg(\"r1\")",  "reg(\"r2\")",  "reg(\"r3\")",
	"reg(\"r4\")",  "reg(\"r5\")",  "reg(\"r6\")",  "reg(\"r7\")",
	"reg(\"r8\")",  "reg(\"r9\")",  "reg(\"r10\")", "reg(\"r11\")",
	"reg(\"r12\")", "reg(\"r13\")", "reg(\"r14\")", "reg(\"r15\")",
};

/* Also DWARF's numbers of them: "DWARF for the Arm 64-bit Architecture". */
static const uint8_t registers[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
				    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30};
#define NUM_ARGUMENTS 16

const struct arch arch_arm64 = {
	.name = "arm64",
	.machine = EM_AARCH64,
	.audit = AUDIT_ARCH_AARCH64,
	.padding = 0, /* src/cmd/link/internal/arm64/obj.go has no CodePad */
	.quantum = 4,
	.relocation_relative = R_AARCH64_RELATIVE,
	.relocation_tls = R_AARCH64_TLS_TPREL,
	.tls_symbol = "runtime.tls_g",
	.tls_above = 16, /* TLS variant I: two words of the C library's */
	.decode = arm64_decode,
	.mnemonic = arm64_mnemonic,
	.mark = arm64_mark,
	.refusal = arm64_refusal,
	.is_emulated = arm64_is_emulated,
	.find_stack_check = arm64_find_stack_check,
	.find_spills = arm64_find_spills,
	.is_harmless = arm64_is_harmless,
	.may_restart = arm64_may_restart,
	.find_arguments = arm64_find_arguments,
	.may_swap = arm64_may_swap,
	.find_swap = arm64_find_swap,
	.find_tls_access = arm64_find_tls_access,
	.constants = arm64_constants,
	.changed_registers = arm64_changed_registers,
	.register_number = arm64_register_number,
	.register_names = "x0 to x30, fp, lr, sp",
	.arguments = registers,
	.num_arguments = NUM_ARGUMENTS,
	.num_float_arguments = NUM_ARGUMENTS,
	.dwarf_registers = registers,
	.num_dwarf_registers = sizeof(registers),
	.dwarf_float_registers = 64,
	.goroutine_register = X28,
	.closure_register = 26,
	.abi0_keeps_g = true,
	.never_probed = never_probed,
	.goroutine_name = "R28",
	.bpftrace_g = "reg(\"r28\")",
	.bpftrace_sp = "reg(\"sp\")",
	/* C set and Z clear */
	.bpftrace_check_passes = "(reg(\"pstate\") & 0x60000000) == 0x20000000",
	.bpftrace_return_address = "reg(\"r30\")",
	.bpftrace_arguments = bpftrace_arguments,
	.bpftrace_num_arguments = sizeof(bpftrace_arguments) / sizeof(bpftrace_arguments[0]),
};
