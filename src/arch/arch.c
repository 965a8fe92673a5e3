/* SPDX-License-Identifier: MIT */
/* arch.c - the processors there are. */
#include "arch/arch.h"

static const struct arch *const all[] = {&arch_x86_64};

const struct arch *arch_of_machine(uint16_t machine)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i]->machine == machine)
			return all[i];
	return NULL;
}
