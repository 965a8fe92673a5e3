/* SPDX-License-Identifier: MIT */
/* prologue.h - the stack check that a Go function begins with. */
#ifndef PROBE_PROLOGUE_H
#define PROBE_PROLOGUE_H

#include "probe/decode/code.h"

struct stack_check {
	uint32_t jump; /* its last conditional jump */
	uint32_t end;  /* the first byte behind that */
	/* The jump behind morestack that begins the function again. */
	uint32_t restart;
	bool reads_tls; /* g was taken from thread-local storage */
};

/* False: the function does not begin with a stack check that is proven to call morestack. */
bool find_stack_check(const struct code *code, struct stack_check *check);

/* True when the instruction has a %fs operand: thread-local storage. */
bool insn_reads_tls(const ZydisDecodedInstruction *insn);

#endif
