/* SPDX-License-Identifier: MIT */
/*
 * warm.h - the pages that probes will be on are brought into memory first.
 *
 * A page that is not there is read by the kernel while it sets the probe (kernel/events/uprobes.c,
 * copy_insn()), without the locks that file systems expect: ext4 warns of it in the kernel's log
 * from Linux 6.16 on (fs/ext4/inode.c, ext4_check_map_extents_env()). As a rule the pages are there
 * since the plan was made; when memory is short they are gone again.
 */
#ifndef PROBE_WARM_H
#define PROBE_WARM_H

#include "gofuncgraph/attach.h"

/* `fd`: the file. What cannot be read is left to the kernel. */
void warm_sites(const struct attach_site *sites, size_t num_sites, int fd);

#endif
