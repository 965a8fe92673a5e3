/* SPDX-License-Identifier: MIT */
#include "base/stack.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>

/* libdw alone reads a line table into 150 KB of it: libdw/dwarf_getsrclines.c, MAX_STACK_LINES. */
#define ENOUGH (1ul << 20)

#define GUARD 65536 /* below it: what overflows meets no other memory */

struct call {
	int (*run)(int argc, char **argv);
	int argc;
	char **argv;
	int status;
};

/* makecontext(3) hands on integers only. */
static void run_call(uint32_t high, uint32_t low)
{
	struct call *call = (struct call *)((uintptr_t)high << 32 | low);

	call->status = call->run(call->argc, call->argv);
}

static struct error *run_on(void *stack, struct call *call)
{
	ucontext_t here, there;

	if (getcontext(&there))
		return error_errno(errno, "cannot run on a stack of its own");
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = ENOUGH;
	there.uc_link = &here;
	makecontext(&there, (void (*)(void))run_call, 2, (uint32_t)((uintptr_t)call >> 32),
		    (uint32_t)(uintptr_t)call);
	if (swapcontext(&here, &there))
		return error_errno(errno, "cannot run on a stack of its own");
	return NULL;
}

struct error *stack_run(int (*run)(int argc, char **argv), int argc, char **argv, int *status)
{
	struct call call = {.run = run, .argc = argc, .argv = argv};
	struct rlimit limit;
	struct error *err;
	char *memory;

	if (getrlimit(RLIMIT_STACK, &limit) || limit.rlim_cur >= ENOUGH) {
		*status = run(argc, argv);
		return NULL;
	}
	memory = mmap(NULL, GUARD + ENOUGH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1,
		      0);
	if (memory == MAP_FAILED || mprotect(memory + GUARD, ENOUGH, PROT_READ | PROT_WRITE))
		return error_errno(
			errno,
			"there is no memory for a stack of %lu KB, and the limit of the one there is is lower (ulimit -s)",
			ENOUGH >> 10);
	err = run_on(memory + GUARD, &call);
	munmap(memory, GUARD + ENOUGH);
	*status = call.status;
	return err;
}
