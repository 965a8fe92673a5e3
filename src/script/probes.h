/* SPDX-License-Identifier: MIT */
/*
 * probes.h - sites as bpftrace writes them.
 *
 * What bpftrace 0.23 makes of "uprobe:PATH:PLACE" (src/attached_probe.cpp):
 * - A '*' in a name is a wildcard even in quotes, and an offset behind such a name is ignored: the
 *   probe would stand elsewhere. So only names without any such character are written as names.
 * - An address is a virtual address when a symbol of .symtab holds it. Else it is a file offset,
 * and taken with --unsafe only.
 */
#ifndef SCRIPT_PROBES_H
#define SCRIPT_PROBES_H

#include "gofuncgraph/script.h"

struct probes;

/* Errors: the path has characters that bpftrace cannot have in a path. */
struct error *probes_new(struct gobin *bin, struct probes **out);
void probes_free(struct probes *probes);

/* The plan of one pattern, made when it is first asked for. */
struct error *probes_plan(struct probes *probes, const char *pattern, const struct plan **plan);

enum probes_which { PROBES_ENTRIES, PROBES_EXITS };

/*
 * Writes the entries, with the predicate that they need, or the exits of the plan's functions first
 * to first + count - 1, with commas between them. `abi0`: whether functions count in which the
 * goroutine's register does not hold it. Errors: there are no such sites, and why; the entries need different predicates.
 */
struct error *probes_write(struct probes *probes, const struct plan *plan, size_t first,
			   size_t count, enum probes_which which, bool abi0, FILE *out);

/* True when the goroutine is in its register at the function's sites. */
bool probes_has_g(const struct plan *plan, const struct plan_func *func);

size_t probes_count(const struct probes *probes); /* written so far */
bool probes_need_unsafe(const struct probes *probes); /* some of them are file offsets */

#endif
