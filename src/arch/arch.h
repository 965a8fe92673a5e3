/* SPDX-License-Identifier: MIT */
/*
 * arch.h - what differs by processor, behind one struct arch.
 *
 * Takes bytes of code; says what their instructions do, as far as anybody outside asks, what the
 * kernel does with a probe on them, and what Go's compiler makes for this processor. Knows neither
 * files nor plans. The BPF programs' side, which registers there are, is in bpf/.
 *
 * The file decides: every build holds all processors, and e_machine chooses (arch_of_machine()), so
 * that files of one are read on the other as well.
 *
 * To add a processor: a folder beside x86_64/ and arm64/ with a struct arch, two lines in arch.c and
 * one in meson.build, and the same tests (tests/unit/test_decode.c). Tracing on it needs its registers
 * in bpf/arch.h as well. What the interface leaves room for:
 *
 * - Data between instructions, and instructions between which no probe may be: what cannot be told
 *   from one instruction alone is marked by mark(), once a function.
 * - "Emulated" is whatever the kernel does without a second trap: emulating, or simulating.
 * - refusal() is for all that must not be probed, also where the kernel would take the probe: an
 *   instruction between a load-exclusive and its store never lets the store succeed.
 * - A change of state need not be one instruction: a code_swap ends at `behind`.
 * - The return address may be in a register at a function's entry: a frame is named by where the
 *   stack pointer is at the function's first instruction, whatever is there.
 */
#ifndef ARCH_ARCH_H
#define ARCH_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arch;

enum code_mark {
	CODE_DATA = 1, /* instructions load from there: not an instruction */
	CODE_ADDRESSED = 2, /* maybe so: its address is taken */
	CODE_EXCLUSIVE = 3, /* between a load-exclusive and its store */
};

/* One function's code. */
struct code {
	const struct arch *arch;
	const uint8_t *bytes;
	size_t size; /* at most INT32_MAX */
	uint64_t va; /* of the first byte; for what find_tls_access() and constants() tell */
	uint8_t *marks; /* enum code_mark or 0, by instruction of fixed length; NULL: all are 0 */
};

/*
 * Looks through the whole function for what cannot be told from one instruction alone. Whoever asks
 * where probes may stand needs it. False: out of memory.
 */
bool code_mark(struct code *code);
void code_release(struct code *code); /* the marks alone */

enum insn_kind {
	INSN_OTHER,
	INSN_CALL,
	INSN_RETURN, /* to the caller; not from an interrupt or to another segment */
	INSN_JUMP, /* always, to a fixed place */
	INSN_BRANCH, /* sometimes, to a fixed place */
	INSN_INDIRECT_JUMP, /* to where a register or memory says */
	INSN_TABLE_JUMP, /* the same through a table of the function's own: stays inside */
};

struct insn {
	uint8_t length; /* bytes */
	uint8_t kind; /* enum insn_kind */
	bool has_target; /* a jump, branch or call to a fixed place */
	bool reads_tls; /* thread-local storage, as code does that has g in no register */
	bool is_odd_return; /* the BPF program at exits cannot perform it: SITE_STEP */
	uint16_t native; /* the processor's own: for decode() of the next one */
	int64_t target; /* from the function's first byte, in bytes */
};

/* The stack check that a Go function begins with. */
struct stack_check {
	uint32_t jump; /* its last conditional jump */
	uint32_t end; /* the first byte behind that */
	uint32_t grow; /* where it goes if the stack is too small: spills of arguments, morestack */
	uint32_t restart; /* the jump behind morestack that begins the function again */
	bool reads_tls; /* g was taken from thread-local storage */
};

/* A register that holds an argument, or a part of one, and is stored to the stack before morestack. */
struct code_spill {
	uint16_t offset; /* of where to, from the stack pointer at the first instruction */
	uint8_t reg; /* as the instruction set numbers it */
	uint8_t size; /* bytes */
	bool is_float; /* of the registers of floating-point numbers */
};
/* 16 of each kind: src/cmd/compile/abi-internal.md. */
#define CODE_MAX_SPILLS 32

/* A function that must not be probed, whatever its code looks like. */
struct never_probed {
	const char *name; /* without ".abi0"; NULL ends a list */
	const char *reason; /* static text */
};

/* Where a goroutine's status is changed by compare-and-swap. */
struct code_swap {
	uint32_t behind; /* the first byte behind it */
	bool in_registers; /* the goroutine is in a register, and the next are set */
	/* registers as the instruction set numbers them, with what they hold at `behind` */
	uint8_t g, old_status, new_status;
	bool g_is_field; /* the first is the address of the field, not of the goroutine */
	/* What follows the instructions that turn the outcome over into the opposite flag, if
	 * they do and change none of the registers; else 0. */
	uint32_t tested;
};

/* A move between a register and a thread-local variable, and what loads the variable's place. */
struct code_tls_access {
	uint32_t at; /* of the first instruction of both */
	uint32_t behind; /* the instruction behind that one */
	uint8_t reg; /* that is read or written, as the instruction set numbers it */
	bool loads; /* the register is loaded */
	bool in_slot; /* the place is in 8 bytes of data, else it is the next */
	int64_t offset; /* from the thread pointer; in_slot: of the slot from the code's first byte */
};

/* What an instruction says of data. */
struct code_constants {
	uint32_t length; /* of the instruction */
	uint8_t compared; /* the low byte of the first argument is compared with this; 0: not */
	bool has_address;
	int64_t address; /* that it computes, from the code's first byte */
	uint8_t loads; /* bytes that it loads into registers from a fixed address: 8 or 16; 0: none */
	int64_t load; /* where from, from the code's first byte */
};

/* What a register's name says, besides its number. */
enum {
	ARCH_NO_REGISTER = -1,
	ARCH_FLOAT_REGISTER =
		-2, /* of floating-point numbers and vectors: no program in the kernel reads it */
	ARCH_STACK_REGISTER = -3, /* the stack pointer */
};

/* `code` and `offset`: the instruction there. */
struct arch {
	const char *name;
	uint16_t machine; /* ELF's e_machine */
	uint32_t audit; /* AUDIT_ARCH_... of linux/audit.h: whose numbers system calls have */
	uint8_t padding; /* a byte: what the linker puts between functions */
	uint8_t quantum; /* bytes that code addresses are multiples of: cmd/internal/sys/arch.go, MinLC */

	/* ELF's types of relocations: the file's own address, and a thread-local variable's offset
	 * from the thread pointer. */
	uint32_t relocation_relative, relocation_tls;
	const char *tls_symbol; /* the variable that holds g: src/runtime/tls_*.s */
	/* The program's own block of thread-local variables begins this many bytes above the thread
	 * pointer, or at the block's alignment if that is more; 0: it ends at the thread pointer. */
	uint8_t tls_above;

	/* `prev`: the instruction before it, NULL if that is not known. False: there is none. */
	bool (*decode)(const struct code *code, uint32_t offset, const struct insn *prev,
		       struct insn *insn);
	const char *(*mnemonic)(const struct code *code, uint32_t offset); /* static text */

	/* See code_mark(). NULL: each instruction tells by itself. */
	bool (*mark)(struct code *code);

	/* Why no probe may stand on the instruction: a clause behind "it", static text. NULL: it
	 * may. */
	const char *(*refusal)(const struct code *code, uint32_t offset);
	/* Every kernel from 5.10 on does the instruction itself instead of stepping it. */
	bool (*is_emulated)(const struct code *code, uint32_t offset);

	/* Kernels step a return instead of doing it themselves: the BPF program at exits performs it
	 * where it may. */
	bool steps_return;

	/* The code begins with a stack check that is proven to call morestack. */
	bool (*find_stack_check)(const struct code *code, struct stack_check *check);
	/* The registers with arguments that are stored from `grow` on, all there are: at most
	 * CODE_MAX_SPILLS. False: something there is not known. */
	bool (*find_spills)(const struct code *code, uint32_t grow, struct code_spill *spills,
			    size_t *count);
	/* Nothing that a probe of the entry behind it would miss or see changed. */
	bool (*is_harmless)(const struct code *code, uint32_t offset);
	/* Go's runtime may execute the instruction once more when a signal comes right behind it.
	 * NULL: it never does. */
	bool (*may_restart)(const struct code *code, uint32_t offset);

	/*
	 * The first instruction below `limit` that the kernel emulates while the first three
	 * argument registers still hold what they held at the entry, and how far the stack has
	 * grown there. False: none.
	 */
	bool (*find_arguments)(const struct code *code, uint32_t limit, uint32_t *offset,
			       uint32_t *sp_delta);
	/* False: it holds no swap for certain; quick. */
	bool (*may_swap)(const uint8_t *bytes, size_t size);
	/* The next swap from `*offset` on of a field that is `field` bytes behind what a register
	 * points to; `*offset` is set to it. False: there is no more. */
	bool (*find_swap)(const struct code *code, uint32_t field, uint32_t *offset,
			  struct code_swap *swap);

	/* The first access to anything thread-local from the instruction at `from` on. False: none.
	 */
	bool (*find_tls_access)(const struct code *code, uint32_t from,
				struct code_tls_access *access);
	/* False: there is no instruction. */
	bool (*constants)(const struct code *code, uint32_t offset,
			  struct code_constants *constants);

	/* The general registers that the instruction writes, or may write, a bit each as the instruction
	 * set numbers them; the stack pointer's is of no meaning. All of them: that is not known. */
	uint32_t (*changed_registers)(const struct code *code, uint32_t offset);
	/* By the name that people and the kernel have for it: as the instruction set numbers it, or one
	 * of ARCH_..._REGISTER. */
	int (*register_number)(const char *name, size_t length);
	const char *register_names; /* static text: those that there are */

	/* Those that hold parameters and results that are words, in order; and how many there are for
	 * floating-point numbers (src/cmd/compile/abi-internal.md). */
	const uint8_t *arguments;
	uint8_t num_arguments, num_float_arguments;
	/* DWARF's numbers of general registers as the instruction set has them; the number of the first
	 * register for floating-point numbers; and how far from the stack pointer at a function's first
	 * instruction its frame is that DWARF counts from. */
	const uint8_t *dwarf_registers;
	uint8_t num_dwarf_registers, dwarf_float_registers, dwarf_frame;
	uint8_t goroutine_register; /* holds g in Go's own code; as the instruction set numbers it */
	uint8_t closure_register; /* holds the closure at its code's first instruction; the same */
	bool abi0_keeps_g; /* in Go's assembly (ABI0) as well; never in C's code */
	const struct never_probed *never_probed;

	const char *goroutine_name; /* the same register, as people call it */

	/* Expressions in bpftrace's language, static text: g, the stack pointer, and, at the
	 * conditional jump of a stack check, whether it goes on with the function. */
	const char *bpftrace_g, *bpftrace_sp, *bpftrace_check_passes;
	/* At a return: where to. */
	const char *bpftrace_return_address;
	/* Registers of arguments and results that are words, in their order
	 * (src/cmd/compile/abi-internal.md). */
	const char *const *bpftrace_arguments;
	uint8_t bpftrace_num_arguments;
};

extern const struct arch arch_x86_64, arch_arm64;

/* NULL: it is none of those that can be traced. */
const struct arch *arch_of_machine(uint16_t machine);
/* "openat", which the caller frees; NULL: there is none of this number, or out of memory. */
char *arch_syscall_name(const struct arch *arch, int number);
/* Negative: there is none of this name. */
int arch_syscall_number(const struct arch *arch, const char *name);
/* What this tool was built for, and so what its BPF programs trace. */
const struct arch *arch_here(void);

#endif
