/* SPDX-License-Identifier: MIT */
/*
 * any_stack.c - which functions may run on a thread's system stack (g0, or gsignal).
 *
 * Only package runtime can change to one: systemstack, mcall and signal handlers are its own
 * (src/runtime/stubs.go). What runs there is
 * - package runtime and what it imports: internal/..., runtime/internal/... (go list -deps runtime);
 * - functions that other packages of the standard library gave it, or have put into it by
 *   go:linkname: timers' functions of package time (src/time/sleep.go, sendTime), sync's and unique's
 *   clean-ups, syscall's and os/signal's, reflect's;
 * - what the compiler and the linker make: type:.eq.T, go:..., and what C and assembly call by names
 *   without a package.
 * tests/e2e/test_any_stack.py looks whether that is all.
 */
#include "probe/decode/any_stack.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

static bool is_one_of(const char *package, size_t length)
{
	static const char *const names[] = {
		/* closures of what was made a part of its caller, before Go 1.20 or so: _.goready.func1 */
		"_",       "os/signal",        "plugin", "reflect", "runtime", "sync",
		"syscall", "testing/synctest", "time",   "unique",  "weak",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) == length && !memcmp(names[i], package, length))
			return true;
	return false;
}

/* Bytes of the package's path, which ends at the first dot behind its last slash; 0: there is none. What
 * stands in brackets are types. */
static size_t package_length(const char *name)
{
	size_t end = strcspn(name, "[("), length = 0;

	for (size_t i = 0; i < end; i++)
		if (name[i] == '/')
			length = i;
	length += strcspn(name + length, ".");
	return length < end && name[length] ? length : 0;
}

bool runs_on_any_stack(const char *name)
{
	size_t length = package_length(name);

	return !length || memchr(name, ':', length) || text_starts_with(name, "type..") ||
	       text_starts_with(name, "runtime/") || text_starts_with(name, "internal/") ||
	       text_starts_with(name, "sync/") || is_one_of(name, length);
}
