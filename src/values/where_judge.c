/* SPDX-License-Identifier: MIT */
/* where_judge.c - whether the values of a call satisfy a condition. */
#include "values/where_internal.h"

#include <string.h>

/* ---- texts ---- */

/* The byte at `*at` of a pattern, as it stands for itself, or as a wildcard. */
static bool is_wildcard(const char *pattern, size_t size, size_t *at)
{
	if (pattern[*at] == '\\' && *at + 1 < size) {
		++*at;
		return false;
	}
	return pattern[*at] == '*' || pattern[*at] == '?';
}

bool where_is_like(const char *pattern, size_t pattern_size, const char *text, size_t text_size)
{
	size_t at = 0, in_text = 0, star = pattern_size, star_text = 0;

	while (in_text < text_size) {
		size_t byte = at;
		bool is_wild = at < pattern_size && is_wildcard(pattern, pattern_size, &byte);

		if (is_wild && pattern[byte] == '*') {
			star = at = byte + 1;
			star_text = in_text;
			if (at == pattern_size)
				return true;
		} else if (at < pattern_size && (is_wild || pattern[byte] == text[in_text])) {
			at = byte + 1;
			in_text++;
		} else if (star < pattern_size) {
			at = star;
			in_text = ++star_text;
		} else {
			return false;
		}
	}
	while (at < pattern_size && pattern[at] == '*')
		at++;
	return at == pattern_size;
}

size_t where_prefix(const struct where_comparison *comparison, char *prefix, bool *is_all)
{
	const char *pattern = comparison->text;
	size_t size = comparison->text_size, length = 0, at = 0, byte = 0;

	while (at < size && !is_wildcard(pattern, size, &byte)) {
		prefix[length++] = pattern[byte];
		at = ++byte;
	}
	*is_all = at < size;
	for (size_t i = at; i < size; i++)
		*is_all &= pattern[i] == '*';
	return length;
}

static enum where_answer answer(bool is_true)
{
	return is_true ? WHERE_YES : WHERE_NO;
}

/* Of a text only the beginning may be there. */
static enum where_answer judge_equal(const struct where_comparison *comparison,
				     const struct value *value)
{
	if (value->length != comparison->text_size ||
	    memcmp(value->text, comparison->text, value->size))
		return WHERE_NO;
	return value->size == value->length ? WHERE_YES : WHERE_UNKNOWN;
}

static enum where_answer judge_like(const struct where_comparison *comparison,
				    const struct value *value)
{
	char prefix[comparison->text_size + 1];
	bool is_all;
	size_t length = where_prefix(comparison, prefix, &is_all);
	size_t compared = length < value->size ? length : value->size;

	if (value->size == value->length)
		return answer(where_is_like(comparison->text, comparison->text_size, value->text,
					    value->size));
	if (length > value->length || memcmp(value->text, prefix, compared))
		return WHERE_NO;
	return is_all && length <= value->size ? WHERE_YES : WHERE_UNKNOWN;
}

static enum where_answer opposite(enum where_answer answer)
{
	return answer == WHERE_UNKNOWN ? answer : answer == WHERE_YES ? WHERE_NO : WHERE_YES;
}

static enum where_answer judge_text(const struct where_comparison *comparison,
				    const struct value *value)
{
	switch (comparison->wanted) {
	case OUTCOME_EQUAL:
		return judge_equal(comparison, value);
	case OUTCOME_LIKE:
		return judge_like(comparison, value);
	case OUTCOME_UNLIKE:
		return opposite(judge_like(comparison, value));
	default:
		return opposite(judge_equal(comparison, value));
	}
}

/* ---- numbers ---- */

static uint8_t outcome(bool is_less, bool is_greater)
{
	return is_less ? OUTCOME_LESS : is_greater ? OUTCOME_GREATER : OUTCOME_EQUAL;
}

static uint8_t outcome_signed(const struct where_comparison *comparison, int64_t number)
{
	uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;

	if (comparison->is_negative != (number < 0))
		return number < 0 ? OUTCOME_LESS : OUTCOME_GREATER;
	return number < 0 ? outcome(size > comparison->number, size < comparison->number)
			  : outcome(size<comparison->number, size> comparison->number);
}

static uint8_t outcome_unsigned(const struct where_comparison *comparison, uint64_t number)
{
	if (comparison->is_negative)
		return OUTCOME_GREATER;
	return outcome(number<comparison->number, number> comparison->number);
}

static uint8_t outcome_real(const struct where_comparison *comparison, double number)
{
	if (number != number)
		return OUTCOME_UNORDERED;
	return outcome(number<comparison->real, number> comparison->real);
}

static uint8_t outcome_of(const struct where_comparison *comparison, const struct value *value)
{
	uint64_t bits = value->bits;

	if (comparison->constant == WHERE_BOOL)
		return !bits == !comparison->number ? OUTCOME_EQUAL : OUTCOME_LESS;
	if (value->spec->kind == VALUE_FLOAT)
		return outcome_real(comparison, value_real(value));
	if (!comparison->is_integer)
		return outcome_real(comparison, value->spec->kind == VALUE_SIGNED
							? (double)value_signed(value)
							: (double)bits);
	return value->spec->kind == VALUE_SIGNED ? outcome_signed(comparison, value_signed(value))
						 : outcome_unsigned(comparison, bits);
}

/* ---- all of it ---- */

static enum where_answer judge_value(const struct where_comparison *comparison,
				     const struct value *value)
{
	bool is_there = value_state_is_there(value->state);

	if (comparison->constant == WHERE_NIL) {
		bool is_nil = value->state == VALUE_NIL ||
			      (is_there && !value_is_text(value) && !value->bits);

		if (!is_there && !is_nil)
			return WHERE_UNKNOWN;
		return answer(is_nil == (comparison->wanted == OUTCOME_EQUAL));
	}
	if (!is_there)
		return WHERE_UNKNOWN;
	if (comparison->constant == WHERE_TEXT)
		return value_is_text(value) ? judge_text(comparison, value) : WHERE_UNKNOWN;
	return answer(outcome_of(comparison, value) & comparison->wanted);
}

/* A goroutine that has no such label has no other value of it either. */
static enum where_answer judge_label(const struct where_comparison *comparison,
				     const struct value_lists *lists,
				     const struct captured *captured)
{
	const struct value_list *list = value_list_of(lists, captured);

	for (size_t i = 0; list && i < list->num_labels; i++) {
		const struct value_label *label = &list->labels[i];
		struct value value;

		if (strcmp(label->spec.label, comparison->name))
			continue;
		value = value_read_label(label, captured, captured->size);
		return value.state == VALUE_NIL ? WHERE_NO : judge_value(comparison, &value);
	}
	return WHERE_UNKNOWN;
}

static enum where_answer judge_one(const struct where_comparison *comparison,
				   const struct value_lists *lists, const struct captured *args,
				   const struct captured *results)
{
	const struct value_list *list = value_list_of(lists, args);
	const struct captured *captured = args;
	struct where_value found;
	struct value value;

	if (comparison->is_label)
		return judge_label(comparison, lists, args);
	if (!where_find(list, comparison, &found)) {
		captured = results;
		list = value_list_of(lists, captured);
		if (!where_find(list, comparison, &found))
			return WHERE_UNKNOWN;
	}
	value = found.is_typed ? where_typed_read(list, &found, captured)
			       : value_read(list, captured, captured->size, found.index);
	return judge_value(comparison, &value);
}

enum where_answer where_judge(const struct where *where, const struct value_lists *lists,
			      const struct captured *args, const struct captured *results)
{
	enum where_answer stack[WHERE_MAX_ALL], a, b;
	size_t top = 0, next = 0;

	for (size_t i = 0; i < where->num_steps; i++) {
		const struct where_comparison *comparison = &where->comparisons[next];

		if (where->steps[i] == STEP_COMPARE) {
			next++;
			stack[top++] = judge_one(comparison, lists, args, results);
			continue;
		}
		b = stack[--top];
		a = stack[--top];
		if (where->steps[i] == STEP_AND)
			stack[top++] = a == WHERE_NO || b == WHERE_NO ? WHERE_NO
				       : a == WHERE_YES               ? b
								      : a;
		else
			stack[top++] = a == WHERE_YES || b == WHERE_YES ? WHERE_YES
				       : a == WHERE_NO                  ? b
									: a;
	}
	return stack[0];
}
