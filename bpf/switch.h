/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * switch.h - probes are replaced by others at the same sites, and each hit is handled once.
 *
 * Probes of a link go only together, so those that stay get a new link before the old one is closed.
 * Of two the newer one runs first, in every hit that it takes part in (consumer_add() and
 * handler_chain() in kernel/events/uprobes.c). It leaves hits to the older one until user space says
 * that all new ones are there (is_switched); from then on it takes them, and leaves a mark by which the
 * older one, if it is still there, knows: what one decided holds for the other, whatever changes in
 * between. User space sets switch_number before the first of the new ones is attached, and
 * takes it back when the last of the old ones is gone, and no program of theirs runs any more.
 */
#ifndef GOFUNCGRAPH_SWITCH_H
#define GOFUNCGRAPH_SWITCH_H

#include "settings.h"

static __always_inline const struct site *site_of(__u32 index)
{
	return bpf_map_lookup_elem(&sites, &index);
}

/* While a switch goes on: whether the probe with this cookie is the one to handle the hit. */
static __always_inline bool is_mine(__u64 cookie)
{
	__u32 index = SITE_COOKIE_INDEX(cookie), number = switch_number;
	__u64 mark = index | (__u64)number << 48;
	const struct site *site = site_of(index);
	struct switch_key key = {.tid = (__u32)bpf_get_current_pid_tgid()};
	const __u64 *known;

	if (site && (site->kind == SITE_RETURN || site->kind == SITE_TAIL_CALL))
		key.is_exit = 1;
	if (SITE_COOKIE_SWITCH(cookie) == number)
		return is_switched && !bpf_map_update_elem(&switch_marks, &key, &mark, BPF_ANY);
	known = bpf_map_lookup_elem(&switch_marks, &key);
	if (!known || *known != mark)
		return true;
	bpf_map_delete_elem(&switch_marks, &key);
	return false;
}

#endif
