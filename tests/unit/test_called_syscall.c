/* SPDX-License-Identifier: MIT */
/* test_called_syscall.c - system calls of goroutines out of a memory that is made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_goroutines.h"
#include "source/called_syscall.h"

#define G     (FIRST_G + G_STEP)
#define SP    (STACKS + 0x1000 + 0x700)
#define FSYNC 74

/* What syscall.Syscall, which is FRAME_16, was called with: above its return address. */
static void put_call(struct fake *fake, uint64_t number)
{
	put(fake, SP + 16 + 8, number);
	put(fake, SP + 16 + 16, 5);
}

static void test_left(void **state)
{
	const struct called_syscall_functions functions = {.va = {FRAME_16}};
	struct fake *fake = new_fake();
	const struct snapshot_source source = {.memory = {fake, read_fake},
					       .layout = fake->layout,
					       .code = {.at = code_at, .load_bias = BIAS}};
	const struct goroutine one = {
		.g = G, .sp = SP, .ip = FRAME_16 + BIAS + 8, .state = STATE_SYSCALL};
	struct called_syscall call;

	put_g(fake, 1, 7, STATE_SYSCALL, FRAME_16 + 8);
	put(fake, G + fake->layout.g_syscallsp, SP);
	put(fake, G + fake->layout.g_syscallpc, FRAME_16 + BIAS + 8);
	put_call(fake, FSYNC);
	assert_true(called_syscall_read(&functions, &source, &one, &call));
	assert_int_equal(call.number, FSYNC);
	assert_int_equal(call.arguments[0], 5);
	/* It is over, and its frame is used anew: what is there is no system call's number. */
	put_call(fake, 0);
	put(fake, G + fake->layout.g_atomicstatus, STATE_RUNNING);
	assert_false(called_syscall_read(&functions, &source, &one, &call));
	/* It is in another one, called from elsewhere; or by another function. */
	put(fake, G + fake->layout.g_atomicstatus, STATE_SYSCALL);
	put(fake, G + fake->layout.g_syscallsp, SP - 0x40);
	assert_false(called_syscall_read(&functions, &source, &one, &call));
	put(fake, G + fake->layout.g_syscallsp, SP);
	put(fake, G + fake->layout.g_syscallpc, FRAME_32 + BIAS + 8);
	assert_false(called_syscall_read(&functions, &source, &one, &call));
	put(fake, G + fake->layout.g_syscallpc, FRAME_16 + BIAS + 8);
	assert_true(called_syscall_read(&functions, &source, &one, &call));
	free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_left)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
