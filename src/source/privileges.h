/* SPDX-License-Identifier: MIT */
/* privileges.h - what the kernel may have refused, in words a user can act on. */
#ifndef SOURCE_PRIVILEGES_H
#define SOURCE_PRIVILEGES_H

#include "base/error.h"

/*
 * An error for a bpf(2) call that failed with errnum: names missing capabilities, lockdown, or a
 * kernel that lacks something. `what` is what was tried, "load the BPF programs".
 */
struct error *privileges_error(int errnum, const char *what);

#endif
