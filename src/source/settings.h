/* SPDX-License-Identifier: MIT */
/* settings.h - what the BPF programs are told before they are loaded: bpf/settings.h. */
#ifndef SOURCE_SETTINGS_H
#define SOURCE_SETTINGS_H

#include "gofuncgraph/live.h"
#include "graph.skel.h"

/* All but use_cookies and wakeup_bytes. Error: the layout of the program's runtime is not known. */
struct error *settings_fill(struct graph_bpf__rodata *rodata, const struct live_options *options);

/* With hunt: how it is found out what waits were on. */
void settings_set_waited_on(struct graph_bpf__rodata *rodata, struct gobin *bin);

#endif
