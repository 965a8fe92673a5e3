/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* own_site.h - the tracer's own sites in Go's runtime: where goroutines end, unwind, go on, and change states. */
#ifndef BPF_OWN_SITE_H
#define BPF_OWN_SITE_H

#include "birth.h"
#include "resume.h"
#include "wait.h"

/* runtime.recovery about to resume a goroutine (gogo), on the system stack. */
static __always_inline void on_unwind(struct who *who, __u32 index)
{
	struct gate *gate = find_gate(who);
	__u64 hi, sp, position;

	if (!gate || !read_user(&hi, sizeof(hi), who->g + g_stack_hi) ||
	    !read_user(&sp, sizeof(sp), who->g + g_sched_sp))
		return;
	position = (__u32)(hi - ARCH_GOES_ON_AT(sp));
	if (position < gate->frame)
		send_last(gate, who, index, position, RECORD_UNWIND);
	else
		send(gate, who, index, position, RECORD_UNWIND, 0);
}

/* runtime.goexit0(gp) or gdestroy(gp), on the system stack: gp in the first argument register. */
static __always_inline void on_goexit(struct pt_regs *ctx, struct who *who, __u32 index)
{
	struct gate *gate;

	assume_goroutine(who, ARCH_ARGUMENT_1(ctx));
	gate = gate_of(who);
	if (!gate)
		return;
	if (gate->state != GATE_SHUT &&
	    !read_user(&who->goid, sizeof(who->goid), who->g + g_goid)) {
		on_unreadable(who);
		return;
	}
	end_goroutine(open_for(gate, who), who, index);
}

/* A site of the tracer's own, `key` as for find_site(), and who hit it. NULL: that is of no interest. */
static __always_inline const struct site *find_own_site(struct pt_regs *ctx, __u64 key,
							__u64 *cookie, struct who *who)
{
	const struct site *site;

	if (!find_site(ctx, key, cookie, who, true))
		return NULL;
	site = site_of(SITE_COOKIE_INDEX(*cookie));
	if (!site || (site->flags & SITE_BEHIND_CHECK && ARCH_CHECK_FAILS(ctx)))
		return NULL;
	return find_thread(who, SITE_COOKIE_INDEX(*cookie)) ? site : NULL;
}

static __always_inline void on_runtime_site(struct pt_regs *ctx, struct who *who)
{
	__u64 cookie;
	const struct site *site = find_own_site(ctx, 0, &cookie, who);

	if (!site)
		return;
	if (site->kind == SITE_GOEXIT) {
		on_goexit(ctx, who, SITE_COOKIE_INDEX(cookie));
		return;
	}
	if (!find_g(ctx, SITE_COOKIE_FLAGS(cookie), who) || !find_goroutine(who))
		return;
	if (site->kind == SITE_UNWIND)
		on_unwind(who, SITE_COOKIE_INDEX(cookie));
	else if (site->kind == SITE_RESUME)
		on_resume(ctx, who, SITE_COOKIE_INDEX(cookie));
}

/* `tells_waits`: with `hunts`. */
static __always_inline void on_state_site(struct pt_regs *ctx, struct who *who, bool tells_waits)
{
	__u64 cookie;
	const struct site *site = find_own_site(ctx, SITE_STATE_KEY, &cookie, who);

	if (!site)
		return;
	if (site_is_birth(site))
		on_go(ctx, who, site);
	else if (tells_waits)
		on_wait(ctx, who, site);
	else
		on_state(ctx, who, site);
}

#endif
