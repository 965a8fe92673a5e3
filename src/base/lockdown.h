/* SPDX-License-Identifier: MIT */
/* lockdown.h - kernels that forbid even root to look into them. */
#ifndef GOFUNCGRAPH_LOCKDOWN_H
#define GOFUNCGRAPH_LOCKDOWN_H

#include <stdbool.h>

/* lockdown=confidentiality, which takes BPF's reading of memory away (Documentation of
 * security/lockdown). */
bool lockdown_is_confidential(void);

#endif
