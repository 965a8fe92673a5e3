/* SPDX-License-Identifier: MIT */
/*
 * reasons.c - runtime.waitReasonStrings (src/runtime/runtime2.go), out of the program or by
 * version.
 */
#include "gobin/reasons.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "gobin/symbols.h"

/* A Go string: a pointer and a length. */
#define STRING_SIZE 16
/* runtime.waitReason.String is 41 bytes long. */
#define MAX_FUNC_BYTES 256

/*
 * All names that there were, in an order in which those of each version follow each other as its
 * reasons do: a row counts from version `since` on and before version `until`; 0: still does.
 */
static const struct known_reason {
	unsigned since;
	unsigned until;
	const char *name;
} known_reasons[] = {
	{17, 0, ""},
	{17, 0, "GC assist marking"},
	{17, 0, "IO wait"},
	{17, 26, "chan receive (nil chan)"},
	{17, 26, "chan send (nil chan)"},
	{17, 0, "dumping heap"},
	{17, 0, "garbage collection"},
	{17, 0, "garbage collection scan"},
	{17, 0, "panicwait"},
	{17, 26, "select"},
	{17, 26, "select (no cases)"},
	{17, 0, "GC assist wait"},
	{17, 0, "GC sweep wait"},
	{17, 0, "GC scavenge wait"},
	{17, 26, "chan receive"},
	{17, 26, "chan send"},
	{17, 0, "finalizer wait"},
	{17, 0, "force gc (idle)"},
	{25, 0, "GOMAXPROCS updater (idle)"},
	{17, 0, "semacquire"},
	{17, 0, "sleep"},
	{26, 0, "chan receive (nil chan)"},
	{26, 0, "chan send (nil chan)"},
	{26, 0, "select (no cases)"},
	{26, 0, "select"},
	{26, 0, "chan receive"},
	{26, 0, "chan send"},
	{17, 0, "sync.Cond.Wait"},
	{17, 20, "timer goroutine (idle)"},
	{20, 0, "sync.Mutex.Lock"},
	{20, 0, "sync.RWMutex.RLock"},
	{20, 0, "sync.RWMutex.Lock"},
	{24, 0, "sync.WaitGroup.Wait"},
	{17, 0, "trace reader (blocked)"},
	{17, 0, "wait for GC cycle"},
	{17, 0, "GC worker (idle)"},
	{20, 0, "GC worker (active)"},
	{17, 0, "preempted"},
	{17, 0, "debug call"},
	{20, 0, "GC mark termination"},
	{20, 0, "stopping the world"},
	{22, 0, "flushing proc caches"},
	{22, 0, "trace goroutine status"},
	{22, 0, "trace proc status"},
	{22, 0, "page trace flush"},
	{22, 0, "coroutine"},
	{23, 0, "GC weak to strong wait"},
	{24, 0, "synctest.Run"},
	{24, 0, "synctest.Wait"},
	{24, 25, "chan receive (synctest)"},
	{24, 25, "chan send (synctest)"},
	{24, 25, "select (synctest)"},
	{25, 0, "chan receive (durable)"},
	{25, 0, "chan send (durable)"},
	{25, 0, "select (durable)"},
	{25, 0, "sync.WaitGroup.Wait (durable)"},
	{25, 0, "cleanup wait"},
};

const char *reasons_by_version(unsigned minor, unsigned reason)
{
	for (size_t i = 0; i < sizeof(known_reasons) / sizeof(*known_reasons); i++) {
		const struct known_reason *known = &known_reasons[i];
		if (minor < known->since || (known->until && minor >= known->until))
			continue;
		if (!reason--)
			return known->name;
	}
	return NULL;
}

/* The Go string at va. False: it is not in the file, too long, or has a NUL. */
static bool read_name(const struct image *image, uint64_t va, char name[MAX_REASON_NAME + 1])
{
	uint64_t text_va, len;

	if (!image_read_pointer(image, va, &text_va) || !image_read_u64(image, va + 8, &len) ||
	    len > MAX_REASON_NAME)
		return false;
	/* The pointer of an empty one may be anything. */
	if (len && !image_copy(image, text_va, name, len))
		return false;
	name[len] = 0;
	return strlen(name) == len;
}

static struct reasons *read_table(const struct image *image, uint64_t va, size_t count)
{
	_cleanup_free_ struct reasons *reasons = NULL;

	if (count < 2 || count > MAX_REASONS || va > UINT64_MAX - count * STRING_SIZE)
		return NULL;
	reasons = calloc(1, sizeof(*reasons));
	if (!reasons)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (!read_name(image, va + i * STRING_SIZE, reasons->names[i]))
			return NULL;
	}
	/* So they begin in every version. */
	if (*reasons->names[0] || strcmp(reasons->names[1], "GC assist marking") != 0)
		return NULL;
	reasons->count = count;
	return take_pointer(reasons);
}

/*
 * The function compares the reason with their count, and computes the address of "unknown wait
 * reason" and the table's. What is a table of reasons is told by what is there.
 */
static struct reasons *read_by_code(const struct image *image, const struct gobin_func *func)
{
	struct code code = {.arch = image_arch(image),
			    .va = func->va,
			    .size = func->size < MAX_FUNC_BYTES ? func->size : MAX_FUNC_BYTES};
	struct code_constants constants;
	size_t count = 0;

	code.bytes = image_at_va(image, func->va, code.size);
	if (!code.bytes)
		return NULL;
	for (uint32_t at = 0; code.arch->constants(&code, at, &constants); at += constants.length) {
		struct reasons *reasons;

		if (!count)
			count = constants.compared;
		reasons = constants.has_address
				  ? read_table(image, func->va + (uint64_t)constants.address, count)
				  : NULL;
		if (reasons)
			return reasons;
	}
	return NULL;
}

struct reasons *reasons_read(const struct image *image, const struct gobin_func *funcs,
			     size_t count)
{
	struct reasons *reasons = NULL;
	uint64_t va, size;

	if (symbols_find_object(image, "runtime.waitReasonStrings", &va, &size))
		reasons = read_table(image, va, size / STRING_SIZE);
	for (size_t i = 0; !reasons && i < count; i++) {
		if (strcmp(funcs[i].name, "runtime.waitReason.String") == 0)
			return read_by_code(image, &funcs[i]);
	}
	return reasons;
}
