/* SPDX-License-Identifier: MIT */
/* arch.c - the processors there are. */
#include "arch/arch.h"

#include <stdlib.h>

static const struct arch *const all[] = {&arch_x86_64, &arch_arm64};

const struct arch *arch_of_machine(uint16_t machine)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i]->machine == machine)
			return all[i];
	return NULL;
}

const struct arch *arch_here(void)
{
#if defined(__x86_64__)
	return &arch_x86_64;
#elif defined(__aarch64__)
	return &arch_arm64;
#else
#error "no such processor in src/arch/"
#endif
}

bool code_mark(struct code *code)
{
	return !code->arch->mark || code->arch->mark(code);
}

void code_release(struct code *code)
{
	free(code->marks);
	code->marks = NULL;
}
