/* SPDX-License-Identifier: MIT */
/* loader.h - the BPF programs and their maps into the kernel, made for a plan and a run. */
#ifndef SOURCE_LOADER_H
#define SOURCE_LOADER_H

#include "gofuncgraph/live.h"
#include "graph.skel.h"

/* Loads what the plan needs, and tells it the sites; nothing is attached yet. The caller destroys
 * it. Errors say what the kernel lacks, or refuses whom. */
struct error *loader_load(const struct live_options *options, enum attach_method method,
			  struct graph_bpf **bpf);

#endif
