/* SPDX-License-Identifier: MIT */
/* where_kernel.h - for tests: what bpf/condition.h makes of a condition, of values that were captured. */
#ifndef TESTS_WHERE_KERNEL_H
#define TESTS_WHERE_KERNEL_H

#include <string.h>

#include "values/where.h"

/* *is_known is false where what was captured of it is the same, and too little. */
static inline bool kernel_text(const struct value *value, const struct condition_text *text,
			       bool *is_known)
{
	size_t size = text->size < value->size ? text->size : value->size;
	uint64_t have[CONDITION_TEXT_SIZE / 8], others = 0;

	if (text->is_exact ? value->length != text->length : value->length < text->length)
		return false;
	memcpy(have, text->words, sizeof(have));
	memset((uint8_t *)have + text->size, 0, sizeof(have) - text->size);
	memcpy(have, value->text, size);
	for (size_t i = 0; i < CONDITION_TEXT_SIZE / 8; i++)
		others |= (have[i] ^ text->words[i]) & text->masks[i];
	*is_known = size == text->size || others;
	return !others;
}

static inline uint8_t kernel_number(uint64_t word, const struct fetch_op *op)
{
	unsigned unused = 64 - 8 * op->size;
	uint64_t number = (uint64_t)op->number;

	word <<= unused;
	if (op->is_signed) {
		word = (uint64_t)((int64_t)word >> unused) ^ 1ull << 63;
		number ^= 1ull << 63;
	} else {
		word >>= unused;
	}
	return word < number ? OUTCOME_LESS : word > number ? OUTCOME_GREATER : OUTCOME_EQUAL;
}

/* The outcome of a test; 0 and *is_known false: what it is about is not there. A text of which only the
 * beginning was captured would be there for the kernel. */
static inline uint8_t kernel_test(const struct condition *condition, const struct fetch_op *op,
				  const struct value *value, bool *is_known)
{
	*is_known = value->state == VALUE_WHOLE || value->state == VALUE_TRUNCATED;
	if (op->code == FETCH_TEST_NIL && value->state == VALUE_NIL) {
		*is_known = true;
		return OUTCOME_EQUAL;
	}
	if (!*is_known)
		return 0;
	if (op->code == FETCH_TEST_NIL)
		return op->size && !(value->bits << (64 - 8 * op->size)) ? OUTCOME_EQUAL
									 : OUTCOME_LESS;
	if (op->code == FETCH_TEST_NUMBER)
		return kernel_number(value->bits, op);
	return kernel_text(value, &condition->texts[op->number], is_known) ? OUTCOME_EQUAL
									   : OUTCOME_LESS;
}

static inline enum where_answer kernel_judge(const struct condition *condition,
					     const struct value_list *list,
					     const struct captured *captured)
{
	uint64_t sure = 1, maybe = 1, last;
	bool is_nowhere = false;

	for (uint32_t i = 0; i < condition->num_ops; i++) {
		const struct fetch_op *op = &condition->ops[i];
		struct value value = value_read(list, captured, captured->size, op->value);
		bool is_known, is_or = op->code == FETCH_TEST_OR;

		if (op->code < FETCH_TEST_NUMBER) {
			is_nowhere |= op->code == FETCH_CONSTANT && !op->number;
			continue;
		}
		if (op->code == FETCH_TEST_AND || is_or) {
			last = sure & 1;
			sure = is_or ? sure >> 1 | last : sure >> 1 & (last | ~1ull);
			last = maybe & 1;
			maybe = is_or ? maybe >> 1 | last : maybe >> 1 & (last | ~1ull);
			continue;
		}
		if (is_nowhere)
			value = (struct value){.spec = value.spec, .state = VALUE_NIL};
		is_nowhere = false;
		last = kernel_test(condition, op, &value, &is_known) & op->reg;
		sure = sure << 1 | (is_known && last);
		maybe = maybe << 1 | (!is_known || last);
	}
	return sure & 1 ? WHERE_YES : maybe & 1 ? WHERE_UNKNOWN : WHERE_NO;
}

#endif
