/* SPDX-License-Identifier: MIT */
/* waker.c - where a goroutine was when it ended another one's wait; see names_waker_va(). */
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "names/names.h"

/*
 * What lies between code that people write and runtime.goready(), by the beginning of functions'
 * names.
 */
static const char *const own_packages[] = {
	"runtime.", /* channels, select, timers, the network poller */
	"runtime/", /* debug, trace, and internal packages before Go 1.24 */
	"internal/", /* poll: locks of files; runtime, sync: maps and mutexes from Go 1.24 */
	"sync.", /* Mutex.Unlock, WaitGroup.Done, Cond.Signal */
	"time.", /* a timer that fires: sendTime, goFunc */
	"context.", /* cancelling closes a channel */
};

static bool is_own(const struct name *function)
{
	for (size_t i = 0; i < sizeof(own_packages) / sizeof(own_packages[0]); i++) {
		if (text_starts_with(function->text, own_packages[i]))
			return true;
	}
	return false;
}

/* What every goroutine's stack ends with (src/runtime/asm_amd64.s) tells nothing. */
static bool is_bottom(const struct name *function)
{
	return text_starts_with(function->text, "runtime.goexit");
}

bool names_is_bottom(const struct place *frame)
{
	return frame->function && is_bottom(frame->function);
}

bool names_is_called(const struct place *frame, const char *name)
{
	const struct name *function = frame->function;

	if (!function || !text_starts_with(function->text, name))
		return false;
	name = function->text + strlen(name);
	return !*name || !strcmp(name, ".abi0");
}

bool names_is_switch(const struct place *frame)
{
	return names_is_called(frame, "runtime.systemstack_switch");
}

uint64_t names_waker_va(struct names *names, const uint64_t by_stack[WAKER_DEPTH])
{
	uint64_t outermost_va = 0;

	for (size_t i = 0; i < WAKER_DEPTH && by_stack[i]; i++) {
		const struct name *function = names_caller(names, by_stack[i])->function;
		if (function && !is_own(function))
			return by_stack[i];
		if (!outermost_va || !function || !is_bottom(function))
			outermost_va = by_stack[i];
	}
	return outermost_va;
}
