/* SPDX-License-Identifier: MIT */
/* test_any_stack.c - which functions may run on a system stack, by their names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/decode/any_stack.h"

static void test_names(void **state)
{
	static const char *const on_any[] = {
		"runtime.mcall",
		"runtime.(*mheap).alloc.func1",
		"runtime/internal/atomic.Load",
		"runtime/debug.setGCPercent.func1",
		"internal/runtime/maps.(*Iter).Next",
		"internal/bytealg.IndexByte",
		"time.sendTime",
		"time.(*Timer).Stop",
		"sync.poolCleanup",
		"sync/atomic.(*Value).Load",
		"os/signal.signal_recv",
		"syscall.rawVforkSyscall",
		"type:.eq.main.T",
		"type..hash.example.com/a/b.T",
		"go:textfipsstart",
		"cmpbody",
		"x_cgo_init",
		"_.goready.func1",
		"runtime.AddCleanup[go.shape.struct { example.com/a.x int }]",
		"",
	};
	static const char *const on_own[] = {
		"main.main",
		"main.(*T).Get",
		"net/http.(*conn).serve",
		"example.com/runtime.f",
		"example.com/internal/x.f",
		"example.com/time.(*T).f",
		"go.uber.org/zap.New",
		"runtimes.f",
		"timer.f",
		"main.Map[go.shape.*runtime/debug.BuildInfo,go.shape.int]",
		"main.Map[go.shape.struct { time.t int }].func1",
		"gopkg.in/yaml%2ev3.(*parser).parse",
		"os.(*File).Write",
	};

	for (size_t i = 0; i < sizeof(on_any) / sizeof(*on_any); i++)
		if (!runs_on_any_stack(on_any[i]))
			fail_msg("%s", on_any[i]);
	for (size_t i = 0; i < sizeof(on_own) / sizeof(*on_own); i++)
		if (runs_on_any_stack(on_own[i]))
			fail_msg("%s", on_own[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
