/* SPDX-License-Identifier: MIT */
#include "base/capabilities.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* 64 of them, in two parts of 32 (capget(2); libc has no wrapper). */
struct sets {
	struct __user_cap_data_struct low, high;
};

static int get(struct sets *sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return (int)syscall(SYS_capget, &header, sets);
}

uint64_t capabilities_effective(void)
{
	struct sets sets = {};

	return get(&sets) ? 0 : (uint64_t)sets.high.effective << 32 | sets.low.effective;
}

/* Before Linux 5.8, and in some containers still, it is what there is of them. */
static uint64_t add_substitutes(uint64_t keep, uint64_t have)
{
	uint64_t own = CAPABILITY(CAP_BPF) | CAPABILITY(CAP_PERFMON);

	return keep & own & ~have ? keep | CAPABILITY(CAP_SYS_ADMIN) : keep;
}

void capabilities_keep(uint64_t keep)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct sets sets;

	if (get(&sets))
		return;
	keep = add_substitutes(keep, (uint64_t)sets.high.permitted << 32 | sets.low.permitted);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	/* Needs CAP_SETPCAP, so it comes first. */
	for (int number = 0; number < 64; number++)
		if (!(keep & CAPABILITY(number)) && prctl(PR_CAPBSET_DROP, number, 0, 0, 0))
			break; /* no right, or beyond the last one */
	sets.low.permitted &= (uint32_t)keep;
	sets.high.permitted &= (uint32_t)(keep >> 32);
	sets.low.effective &= (uint32_t)keep;
	sets.high.effective &= (uint32_t)(keep >> 32);
	sets.low.inheritable = sets.high.inheritable = 0;
	syscall(SYS_capset, &header, &sets);
}
