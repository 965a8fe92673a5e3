/* SPDX-License-Identifier: MIT */
/*
 * entry.c - where a function's entry is best probed.
 *
 * Wanted is an instruction that every call executes once, that the kernel emulates, where the stack
 * pointer is still what it was and the arguments are still in their registers. In order of
 * preference: behind the stack check (`push %rbp` on x86-64); the check's own jump; without a check,
 * the first emulated instruction with nothing of consequence before it; the first byte.
 */
#include "probe/decode/sweep.h"

#define HEAD_MAX_INSNS 32

struct head {
	const struct code *code;
	const struct sweep *sweep;
	struct stack_check check;
	bool has_check;
};

/* True when a jump leads back to the site or to before it; morestack's own does not count. */
static bool is_looped_to(const struct head *head, uint32_t site)
{
	for (size_t i = 0; i < head->sweep->num_jumps; i++) {
		const struct head_jump *jump = &head->sweep->jumps[i];

		if (head->has_check && jump->from == head->check.restart)
			continue;
		if (jump->to <= site)
			return true;
	}
	return false;
}

static bool is_exit(const struct head *head, uint32_t offset)
{
	/* exits are in order of offset, and only the head's are of interest */
	for (size_t i = 0; i < head->sweep->num_exits; i++) {
		if (head->sweep->exits[i].offset >= offset)
			return head->sweep->exits[i].offset == offset;
	}
	return false;
}

/*
 * Fills `site` with the instruction at `offset`, if a probe may stand on it. An exit cannot be the
 * entry as well, unless the function has no more than that (a single `ret`, or a wrapper's `jmp`):
 * then both are probed at one place, which goes well since the kernel runs what was attached last
 * first (consumer_add() in kernel/events/uprobes.c), and entries are attached after exits.
 */
static bool may_stand_at(const struct head *head, uint32_t offset, struct decoded_site *site)
{
	struct insn insn;

	if (!code_instruction(head->code, offset, &insn) || (offset && is_exit(head, offset)) ||
	    head->code->arch->refusal(head->code, offset))
		return false;
	site_fill(head->code, &insn, offset, site);
	if (is_looped_to(head, offset) ||
	    (head->code->arch->may_restart && head->code->arch->may_restart(head->code, offset)))
		site->flags |= SITE_MAY_REPEAT;
	return true;
}

static bool is_good(const struct decoded_site *site)
{
	return site->cost == SITE_EMULATED && !(site->flags & SITE_MAY_REPEAT);
}

static bool choose_behind_check(const struct head *head, struct decoded_site *entry)
{
	struct decoded_site behind, jump;
	bool has_behind = may_stand_at(head, head->check.end, &behind);
	bool has_jump = may_stand_at(head, head->check.jump, &jump);

	if (has_jump)
		jump.flags |= SITE_BEHIND_CHECK;
	if (has_behind && (is_good(&behind) || !has_jump))
		*entry = behind;
	else if (has_jump)
		*entry = jump;
	return has_behind || has_jump;
}

/*
 * No check: looks for a good instruction behind harmless ones; else takes the first byte; else, if
 * that cannot be probed, whatever comes next behind harmless instructions.
 */
static bool choose_unchecked(const struct head *head, struct decoded_site *entry)
{
	struct decoded_site site;
	struct insn insn;
	bool has_entry = false, reads_tls = false;
	uint32_t offset = 0;

	for (int i = 0; i < HEAD_MAX_INSNS; i++, offset += insn.length) {
		if (!code_instruction(head->code, offset, &insn))
			break;
		if (may_stand_at(head, offset, &site)) {
			if (reads_tls)
				site.flags |= SITE_TLS;
			if (!has_entry || is_good(&site))
				*entry = site;
			has_entry = true;
			if (is_good(&site))
				break;
		}
		if (!head->code->arch->is_harmless(head->code, offset))
			break;
		reads_tls |= insn.reads_tls;
	}
	return has_entry;
}

static const char *choose(const struct head *head, struct decoded_site *entry)
{
	if (head->has_check) {
		if (choose_behind_check(head, entry)) {
			if (head->check.reads_tls)
				entry->flags |= SITE_TLS;
			return NULL;
		}
		return "no instruction of its stack check can be probed";
	}
	if (choose_unchecked(head, entry))
		return NULL;
	return "the kernel probes none of the instructions it begins with";
}

const char *entry_choose(const struct code *code, const struct sweep *sweep,
			 struct decoded_site *entry, bool *is_looped)
{
	struct head head = {.code = code, .sweep = sweep};
	const char *refused;

	head.has_check = code->arch->find_stack_check(code, &head.check);
	refused = choose(&head, entry);
	*is_looped = !refused && is_looped_to(&head, entry->offset);
	return refused;
}
