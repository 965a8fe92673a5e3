/* SPDX-License-Identifier: MIT */
/* lockdown.h - kernels that forbid even root to look into them. */
#ifndef GOFUNCGRAPH_LOCKDOWN_H
#define GOFUNCGRAPH_LOCKDOWN_H

#include <stdbool.h>

/*
 * True under lockdown=confidentiality, which keeps BPF programs from reading memory
 * (kernel_lockdown(7)).
 */
bool lockdown_is_confidential(void);

#endif
