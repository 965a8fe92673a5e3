/* SPDX-License-Identifier: MIT */
#include "source/called_syscall.h"

#include "arch/arch.h"
#include "gofuncgraph/maps.h"
#include "gofuncgraph/record.h"

/* Where it is in the frame, from the stack pointer on, in Go 1.19 to 1.21 on x86-64. Before, arguments were passed in
 * memory, and since then the compiler spills them to where they would be: above the return address, or on arm64 the
 * caller's own (src/cmd/compile/abi-internal.md). */
#define IN_FRAME    64
#define ABOVE_FRAME 8

struct called_syscall_functions called_syscall_functions(struct gobin *bin)
{
	static const char *const names[CALLED_SYSCALL_FUNCTIONS] = {"syscall.Syscall",
								    "syscall.Syscall6"};
	unsigned minor = gobin_minor_version(bin);
	struct called_syscall_functions functions = {.is_in_frame = minor >= 19 && minor < 22};

	if (!minor || (functions.is_in_frame && gobin_arch(bin) == &arch_arm64))
		return functions;
	for (size_t i = 0; i < CALLED_SYSCALL_FUNCTIONS; i++) {
		const struct gobin_func *func = gobin_func_named(bin, names[i]);

		functions.va[i] = func ? func->va : 0;
	}
	return functions;
}

static bool has(const struct called_syscall_functions *functions, uint64_t va)
{
	for (size_t i = 0; i < CALLED_SYSCALL_FUNCTIONS; i++)
		if (functions->va[i] && functions->va[i] == va)
			return true;
	return false;
}

/* Also reads whether the goroutine is still where it was found, after what it called with: once it has returned, that is
 * whatever its stack was used for since. */
static bool read_call(const struct snapshot_source *source, const struct goroutine *goroutine,
		      uint64_t at, struct called_syscall *call)
{
	const struct gobin_layout *layout = &source->layout;
	uint64_t sp = 0, ip = 0;
	uint32_t status = 0;
	struct memory_piece pieces[] = {
		{.at = at, .to = call, .len = sizeof(*call)},
		{.at = goroutine->g + layout->g_syscallsp, .to = &sp, .len = sizeof(sp)},
		{.at = goroutine->g + layout->g_syscallpc, .to = &ip, .len = sizeof(ip)},
		{.at = goroutine->g + layout->g_atomicstatus, .to = &status, .len = sizeof(status)},
	};
	const size_t count = sizeof(pieces) / sizeof(pieces[0]);

	if (!memory_read_all(&source->memory, pieces, count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!pieces[i].is_read)
			return false;
	return sp == goroutine->sp && ip == goroutine->ip &&
	       (status & STATE_NUMBER) == STATE_SYSCALL;
}

bool called_syscall_read(const struct called_syscall_functions *functions,
			 const struct snapshot_source *source, const struct goroutine *goroutine,
			 struct called_syscall *call)
{
	const struct code_place *place;
	uint64_t at;

	if (goroutine->state != STATE_SYSCALL || !goroutine->sp)
		return false;
	place = source->code.at(source->code.context, goroutine->ip - source->code.load_bias);
	if (!place || place->delta < 0 || !has(functions, place->func_va))
		return false;
	at = goroutine->sp +
	     (functions->is_in_frame ? IN_FRAME : (uint64_t)place->delta + ABOVE_FRAME);
	return read_call(source, goroutine, at, call) && call->number < MAX_SYSCALL_NUMBERS;
}
