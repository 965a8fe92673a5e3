/* SPDX-License-Identifier: MIT */
#include "source/privileges.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "base/capabilities.h"
#include "base/lockdown.h"

/* libbpf lifts the limit where that is needed and allowed (kernel/bpf/syscall.c of Linux 5.10,
 * bpf_charge_memlock()). */
static bool is_memory_locked(uint64_t caps)
{
	unsigned major, minor;
	struct rlimit limit;
	struct utsname name;

	return !(caps >> CAP_SYS_RESOURCE & 1) && !getrlimit(RLIMIT_MEMLOCK, &limit) &&
	       limit.rlim_cur != RLIM_INFINITY && !uname(&name) &&
	       sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
	       (major < 5 || (major == 5 && minor < 11));
}

struct error *privileges_error(int errnum, const char *what)
{
	uint64_t caps = capabilities_effective();
	bool admin = caps >> CAP_SYS_ADMIN & 1;
	bool bpf = admin || caps >> CAP_BPF & 1;
	bool perfmon = admin || caps >> CAP_PERFMON & 1;

	if (errnum == ENOSYS)
		return error_new(
			"cannot %s: there is no bpf(2) here; the kernel was built without it (CONFIG_BPF_SYSCALL), or this gofuncgraph-c is for another processor and emulated (qemu-user): what is emulated cannot be traced, run one that was built for this machine",
			what);
	if (errnum != EPERM && errnum != EACCES)
		return error_errno(errnum, "cannot %s", what);
	if (lockdown_is_confidential())
		return error_new(
			"cannot %s: the kernel is locked down (lockdown=confidentiality), which forbids tracing; boot without it",
			what);
	if (!bpf || !perfmon)
		return error_new(
			"cannot %s: missing %s%s%s; run it as root, or with CAP_BPF and CAP_PERFMON",
			what, bpf ? "" : "CAP_BPF", !bpf && !perfmon ? " and " : "",
			perfmon ? "" : "CAP_PERFMON");
	if (is_memory_locked(caps))
		return error_new(
			"cannot %s: before Linux 5.11 BPF's memory counts as locked, and too little may be; raise the limit (ulimit -l unlimited), or run it with CAP_SYS_RESOURCE",
			what);
	return error_errno(errnum, "cannot %s (a container or security policy may forbid it)",
			   what);
}
