/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* maps.h - what the BPF programs and user space share in maps: goroutines inside targets. */
#ifndef GOFUNCGRAPH_MAPS_H
#define GOFUNCGRAPH_MAPS_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/* Functions that the runtime starts goroutines of its own with. */
#define MAX_SYSTEM_STARTS 16

/* Names a goroutine; a map's key, so there is no padding. */
struct goroutine_key {
	__u64 goid;
	__u64 pid;
};

/* A goroutine inside a target. */
struct gate {
	/* of the target's call, with 1 << 32 added on a system stack, and 1 << 33 on that of signal
	 * handlers */
	__u64 frame;
	__u64 g; /* its runtime.g: two with one id mean wrong offsets, or forged ids */
	/* Which program ran under the pid then: it may exec, and a pid may be used again. */
	__u64 program;
	__u32 lost; /* since the last record that arrived */
	__u16 ended; /* the target has returned, but that record was lost */
	__u16 followed; /* the target is the function that the goroutine was started with */
	__u64 since; /* --min-wait: when it stopped running, as time_ns */
	__u64 tid; /* on a system stack: whose */
};

#endif
