/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* condition.h - whether the values at a target's entry are those that are wanted; see gofuncgraph/values.h. */
#ifndef BPF_CONDITION_H
#define BPF_CONDITION_H

#include "values.h"

/* Answers, the last one in bit 0: for the case that what is not known is false, and that it is true. */
struct answers {
	__u64 sure, maybe;
};

/* To the verifier any number, so that it need not look at each operation anew for all that came before. */
static __always_inline void forget(struct fetched *fetched, struct answers *answers)
{
	fetched->word ^= nothing;
	fetched->length ^= nothing;
	fetched->state ^= nothing;
	answers->sure ^= nothing;
	answers->maybe ^= nothing;
}

static __always_inline __u8 test_number(__u64 word, const struct fetch_op *op)
{
	__u32 unused = 64 - 8 * (op->size & 15);
	__u64 number = op->number;

	/* Where signed numbers are moved so far, they are in the order of others. */
	word <<= unused & 63;
	if (op->is_signed) {
		word = (__u64)((__s64)word >> (unused & 63)) ^ 1ull << 63;
		number ^= 1ull << 63;
	} else {
		word >>= unused & 63;
	}
	return word < number ? OUTCOME_LESS : word > number ? OUTCOME_GREATER : OUTCOME_EQUAL;
}

static __always_inline __u8 test_nil(struct fetched *fetched, const struct fetch_op *op)
{
	bool is_nil = fetched->state == VALUE_NIL;

	if (is_nil)
		fetched->state = VALUE_WHOLE;
	else if (op->size)
		is_nil = !(fetched->word << ((64 - 8 * op->size) & 63));
	return is_nil ? OUTCOME_EQUAL : OUTCOME_LESS;
}

static __always_inline void answer(struct answers *answers, __u64 state, bool is_true)
{
	answers->sure = answers->sure << 1 | (is_true & (state == VALUE_WHOLE));
	answers->maybe = answers->maybe << 1 | (is_true | (state != VALUE_WHOLE));
}

/* The last two into one. */
static __always_inline __u64 join(__u64 answers, bool is_or)
{
	__u64 last = answers & 1;

	answers >>= 1;
	return is_or ? answers | last : answers & (last | ~1ull);
}

static __always_inline void test(const struct condition *condition, const struct fetch_op *op,
				 struct fetched *fetched, struct answers *answers)
{
	__u8 outcome = 0;

	switch (op->code) {
	case FETCH_TEST_NUMBER:
		outcome = test_number(fetched->word, op);
		break;
	case FETCH_TEST_NIL:
		outcome = test_nil(fetched, op);
		break;
	case FETCH_TEST_TEXT:
		if (fetched->state == VALUE_WHOLE)
			outcome = is_text(fetched,
					  &condition->texts[op->number & (CONDITION_TEXTS - 1)])
					  ? OUTCOME_EQUAL
					  : OUTCOME_LESS;
		break;
	default:
		answers->sure = join(answers->sure, op->code == FETCH_TEST_OR);
		answers->maybe = join(answers->maybe, op->code == FETCH_TEST_OR);
		fetched->state = VALUE_WHOLE; /* it is of no value */
		return;
	}
	answer(answers, fetched->state, outcome & op->reg);
	fetched->state = VALUE_WHOLE;
}

/* Whether a call at this site, outside of every target, begins no tree: what it counts as, or 0. */
static __always_inline __u32 why_unwanted(const struct pt_regs *ctx, __u32 index, __u64 g)
{
	const struct site *site = site_of(index);
	__u32 number = site ? site->values : 0;
	const struct condition *condition = bpf_map_lookup_elem(&conditions, &number);
	struct fetched fetched = {.state = VALUE_WHOLE, .words = {nothing, nothing}};
	struct answers answers = {};
	__u32 lost = 0;

	if (!site || !condition)
		return STAT_UNDECIDED;
	if (site->lost_registers && has_grown(ctx, site, g, &fetched.words[0]))
		lost = site->lost_registers;
	lost ^= nothing;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < CONDITION_MAX_OPS; i++) {
		const struct fetch_op *op = &condition->ops[i];

		if (i >= condition->num_ops)
			break;
		forget(&fetched, &answers);
		if ((__u64)site->unknown_values >> (op->value & (VALUES_MAX - 1)) & 1)
			fetched.state = VALUE_UNKNOWN;
		if (op->code == FETCH_REGISTER && lost >> (op->reg & 31) & 1)
			fetched.state = VALUE_UNKNOWN;
		if (op->code > FETCH_SAVE_TEXT)
			test(condition, op, &fetched, &answers);
		else if (fetched.state == VALUE_WHOLE)
			fetch_word(ctx, &fetched, op,
				   op->code == FETCH_REGISTER ? arch_register(ctx, op->reg) : 0,
				   site);
	}
	if (answers.sure & 1)
		return 0;
	return answers.maybe & 1 ? STAT_UNDECIDED : STAT_REJECTED;
}

#endif
