/* SPDX-License-Identifier: MIT */
/*
 * where_compile.c - the part of a condition that is decided in the kernel.
 *
 * What cannot be decided there counts as true: since there is no "not", what is left asks for less.
 */
#include "values/where_internal.h"

#include <string.h>

/* What lies on the stack of operations: `begin`, where its own begin. */
struct operand {
	uint32_t begin;
	bool is_true; /* and has none */
};

struct compiler {
	struct condition *condition;
	uint32_t num_texts;
	bool is_whole;
};

static bool add_op(void *context, struct fetch_op op)
{
	struct compiler *compiler = context;
	struct condition *condition = compiler->condition;

	if (condition->num_ops == CONDITION_MAX_OPS)
		return false;
	condition->ops[condition->num_ops++] = op;
	return true;
}

/* What the list does for a value, but for the end: the word is in use then, and a text's length. */
static bool add_fetching(struct compiler *compiler, const struct value_list *list, size_t index)
{
	bool is_added = true;

	for (uint32_t i = 0; is_added && i < list->fetch.num_ops; i++) {
		struct fetch_op op = list->fetch.ops[i];

		if (op.value != index || op.code == FETCH_SAVE_WORD || op.code == FETCH_SAVE_TEXT)
			continue;
		if (op.code == FETCH_SAVE_MEMORY)
			op.code = FETCH_LOAD;
		is_added = op.code < FETCH_SAVE_WORD && add_op(compiler, op);
	}
	return is_added;
}

/* It is not known whether it is true: what is behind nil never is. */
static bool add_unknown(struct compiler *compiler)
{
	return add_op(compiler, (struct fetch_op){.code = FETCH_CONSTANT}) &&
	       add_op(compiler, (struct fetch_op){.code = FETCH_LOAD, .size = 8}) &&
	       add_op(compiler, (struct fetch_op){.code = FETCH_TEST_NUMBER, .size = 8});
}

static bool add_number(struct compiler *compiler, const struct where_comparison *comparison,
		       const struct value_spec *spec, size_t index)
{
	bool is_signed = spec->kind == VALUE_SIGNED;
	struct fetch_op op = {.code = FETCH_TEST_NUMBER,
			      .number = (int64_t)comparison->number,
			      .size = spec->size,
			      .value = (uint8_t)index,
			      .is_signed = is_signed,
			      .reg = comparison->wanted & OUTCOME_ANY};

	if (!comparison->is_integer)
		return false;
	/* Beyond what the other one can be. */
	if (comparison->is_negative && !is_signed) {
		op.number = 0;
		op.reg = comparison->wanted & OUTCOME_GREATER ? OUTCOME_ANY : 0;
	} else if (is_signed &&
		   comparison->number > (uint64_t)INT64_MAX + comparison->is_negative) {
		op.number = 0;
		op.reg = comparison->wanted &
					 (comparison->is_negative ? OUTCOME_GREATER : OUTCOME_LESS)
				 ? OUTCOME_ANY
				 : 0;
	} else if (comparison->is_negative) {
		op.number = (int64_t)-comparison->number;
	}
	return add_op(compiler, op);
}

static bool add_bool(struct compiler *compiler, const struct where_comparison *comparison,
		     const struct value_spec *spec, size_t index)
{
	bool is_true = comparison->number == (comparison->wanted == OUTCOME_EQUAL);

	return add_op(compiler,
		      (struct fetch_op){.code = FETCH_TEST_NUMBER,
					.size = spec->size,
					.value = (uint8_t)index,
					.reg = is_true ? OUTCOME_GREATER : OUTCOME_EQUAL});
}

/* Of a text, what was captured says whether it is behind nil, or at nil itself. */
static bool add_nil(struct compiler *compiler, const struct where_comparison *comparison,
		    const struct value_spec *spec, size_t index)
{
	return spec->kind != VALUE_CHARS && spec->kind != VALUE_STRING &&
	       add_op(compiler, (struct fetch_op){.code = FETCH_TEST_NIL,
						  .size = spec->size,
						  .value = (uint8_t)index,
						  .reg = comparison->wanted == OUTCOME_EQUAL
								 ? OUTCOME_EQUAL
								 : OUTCOME_UNEQUAL});
}

/* What a text begins with, or, with is_exact, is. */
static bool add_beginning(struct compiler *compiler, const char *text, size_t size, bool is_exact,
			  struct fetch_op op)
{
	struct condition_text *to = &compiler->condition->texts[compiler->num_texts];

	if (compiler->num_texts == CONDITION_TEXTS)
		return false;
	to->length = size;
	to->is_exact = is_exact;
	if (size > CONDITION_TEXT_SIZE)
		size = CONDITION_TEXT_SIZE;
	to->size = (uint32_t)size;
	memcpy(to->words, text, size);
	memset(to->masks, 0xff, size);
	op.code = FETCH_TEST_TEXT;
	op.number = compiler->num_texts++;
	return add_op(compiler, op);
}

static bool add_text(struct compiler *compiler, const struct where_comparison *comparison,
		     const struct value_spec *spec, size_t index)
{
	char prefix[comparison->text_size + 1];
	bool is_like = comparison->wanted & (OUTCOME_LIKE | OUTCOME_UNLIKE), is_all = true;
	bool is_positive =
		comparison->wanted == OUTCOME_EQUAL || comparison->wanted == OUTCOME_LIKE;
	size_t size = comparison->text_size;
	struct fetch_op op = {.value = (uint8_t)index,
			      .reg = is_positive ? OUTCOME_EQUAL : OUTCOME_UNEQUAL};

	if (spec->kind != VALUE_STRING)
		return false;
	if (is_like)
		size = where_prefix(comparison, prefix, &is_all);
	is_all &= size <= CONDITION_TEXT_SIZE;
	/* What does not begin so is not so; the opposite does not follow. */
	if (!is_all && !is_positive)
		return false;
	compiler->is_whole &= is_all;
	return add_beginning(compiler, is_like ? prefix : comparison->text, size, !is_like, op);
}

/* False: it cannot be decided, and what was added is of no use. */
static bool add_comparison(struct compiler *compiler, const struct where_comparison *comparison,
			   const struct value_list *args, const struct value_list *results)
{
	struct where_value value;
	const struct value_spec *spec = &value.spec;
	size_t index;

	if (comparison->is_label)
		return false;
	if (!where_find(args, comparison, &value))
		return !where_find(results, comparison, &value) && add_unknown(compiler);
	if (spec->kind == VALUE_FLOAT ||
	    !(value.is_typed ? where_typed_fetch(args, &value, add_op, compiler)
			     : add_fetching(compiler, args, value.index)))
		return false;
	/* What is not known at the site is told of written values by their number. */
	index = value.is_typed ? 0 : value.index;
	switch (comparison->constant) {
	case WHERE_NUMBER:
		return add_number(compiler, comparison, spec, index);
	case WHERE_BOOL:
		return add_bool(compiler, comparison, spec, index);
	case WHERE_NIL:
		return add_nil(compiler, comparison, spec, index);
	default:
		return add_text(compiler, comparison, spec, index);
	}
}

static struct operand compare(struct compiler *compiler, const struct where_comparison *comparison,
			      const struct value_list *args, const struct value_list *results)
{
	struct operand operand = {.begin = compiler->condition->num_ops};

	if (add_comparison(compiler, comparison, args, results))
		return operand;
	compiler->condition->num_ops = operand.begin;
	compiler->is_whole = false;
	operand.is_true = true;
	return operand;
}

static struct operand join(struct compiler *compiler, uint8_t step, struct operand a,
			   struct operand b)
{
	bool is_or = step == STEP_OR;
	struct operand both = {.begin = a.begin,
			       .is_true = is_or ? a.is_true || b.is_true : a.is_true && b.is_true};

	if (both.is_true)
		compiler->condition->num_ops = both.begin;
	else if (!a.is_true && !b.is_true &&
		 !add_op(compiler,
			 (struct fetch_op){.code = is_or ? FETCH_TEST_OR : FETCH_TEST_AND})) {
		/* No room: the first one alone, or none. */
		compiler->condition->num_ops = is_or ? both.begin : b.begin;
		compiler->is_whole = false;
		both.is_true = is_or;
	}
	return both;
}

bool where_compile(const struct where *where, const struct value_list *args,
		   const struct value_list *results, struct condition *condition)
{
	struct compiler compiler = {.condition = condition, .is_whole = true};
	struct operand stack[WHERE_MAX_ALL];
	size_t top = 0, next = 0;

	*condition = (struct condition){};
	for (size_t i = 0; i < where->num_steps; i++) {
		if (where->steps[i] == STEP_COMPARE) {
			stack[top++] =
				compare(&compiler, &where->comparisons[next++], args, results);
			continue;
		}
		top--;
		stack[top - 1] = join(&compiler, where->steps[i], stack[top - 1], stack[top]);
	}
	return compiler.is_whole;
}
