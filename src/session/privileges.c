/* SPDX-License-Identifier: MIT */
#include "session/privileges.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/capabilities.h"
#include "base/lockdown.h"

struct error *privileges_error(int errnum, const char *what)
{
	uint64_t caps = capabilities_effective();
	bool admin = caps >> CAP_SYS_ADMIN & 1;
	bool bpf = admin || caps >> CAP_BPF & 1;
	bool perfmon = admin || caps >> CAP_PERFMON & 1;

	if (errnum == ENOSYS)
		return error_new("cannot %s: this kernel has no bpf(2) (CONFIG_BPF_SYSCALL)", what);
	if (errnum != EPERM && errnum != EACCES)
		return error_errno(errnum, "cannot %s", what);
	if (lockdown_is_confidential())
		return error_new(
			"cannot %s: the kernel is locked down (lockdown=confidentiality), which "
			"forbids tracing; boot without it",
			what);
	if (!bpf || !perfmon)
		return error_new("cannot %s: missing %s%s%s; run it as root, or with CAP_BPF and "
				 "CAP_PERFMON",
				 what, bpf ? "" : "CAP_BPF", !bpf && !perfmon ? " and " : "",
				 perfmon ? "" : "CAP_PERFMON");
	return error_errno(errnum,
			   "cannot %s (a container or security policy may forbid it, and before "
			   "Linux 5.11 the limit of locked memory, ulimit -l)",
			   what);
}
