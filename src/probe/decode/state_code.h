/* SPDX-License-Identifier: MIT */
/* state_code.h - what state_sites.c looks for in one function's code. */
#ifndef PROBE_STATE_CODE_H
#define PROBE_STATE_CODE_H

#include "probe/decode/sweep.h"
#include "probe/decode/state_sites.h"

/* Adds a copy of the site, as one of that kind; or says that there is no room. */
void state_func_add(struct state_func *found, const struct decoded_site *site, enum site_kind kind);
void state_func_leave_out(struct state_func *found, uint32_t offset, const char *reason);

/*
 * casgstatus(gp, old, new): the first instruction that the kernel emulates while the arguments are
 * still in their registers, and sp_delta there. On x86-64 before Go 1.21 that is the `jb` or `nop`
 * behind `bt $0xc,%ebx`. False: there is none.
 */
bool state_find_arguments(const struct code *code, const struct sweep *sweep,
			  struct decoded_site *site);

/*
 * Instead of the return at `offset`, which the kernel steps: the last instruction before it that the kernel emulates,
 * which a call comes past once just before it returns there, and never else, with the first result in its register.
 * False: there is none, and the site stays as it is.
 */
bool state_find_before_return(const struct code *code, uint32_t offset, struct decoded_site *site);

/* Adds the instruction behind every compare-and-swap of g.atomicstatus, a field at that offset. */
void state_find_swaps(const struct code *code, uint32_t atomicstatus, struct state_func *found);

#endif
