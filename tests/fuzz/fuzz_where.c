/* SPDX-License-Identifier: MIT */
/*
 * fuzz_where.c - any text as a condition, and any bytes as what was captured of the values it is about.
 *
 * An error's place is in the text. What the kernel is given stays in its room, and decides nothing that the
 * values, when all of them are known, do not.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/where_kernel.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_TEXT 512
#define PATTERN                                                                                    \
	"f(n=%ax:s32, u=%bx:u64, b=%cx:bool, f=%si:f64, s=(%di,%si):string, c=+0(%r8):c32, p=+0(%r9):x64)(r=%ax:u8)"

static void check_condition(const struct condition *condition)
{
	size_t depth = 0;

	must(condition->num_ops <= CONDITION_MAX_OPS);
	for (uint32_t i = 0; i < condition->num_ops; i++) {
		const struct fetch_op *op = &condition->ops[i];

		must(op->code < FETCH_SAVE_WORD || op->code >= FETCH_TEST_NUMBER);
		must(op->value < VALUES_MAX);
		must(op->code != FETCH_LOAD || op->size <= 16);
		if (op->code == FETCH_TEST_NUMBER)
			must(op->size && op->size <= 8);
		if (op->code == FETCH_TEST_TEXT)
			must(op->number < CONDITION_TEXTS &&
			     condition->texts[op->number].size <= CONDITION_TEXT_SIZE);
		if (op->code == FETCH_TEST_AND || op->code == FETCH_TEST_OR)
			must(depth-- >= 2);
		else
			depth += op->code >= FETCH_TEST_NUMBER;
	}
	must(depth == (condition->num_ops > 0));
}

static void check_answers(const struct where *where, const struct value_lists *lists,
			  const uint8_t *data, size_t size)
{
	size_t room = sizeof(struct captured) + lists->items[0].fetch.size;
	struct captured *captured = calloc(1, room);
	struct condition condition;
	enum where_answer answer, early;
	bool is_whole;

	must(captured);
	memcpy(captured->states, data, size < VALUES_MAX ? size : VALUES_MAX);
	if (size > VALUES_MAX)
		memcpy(captured->bytes, data + VALUES_MAX,
		       size - VALUES_MAX < room - sizeof(*captured) ? size - VALUES_MAX
								    : room - sizeof(*captured));
	captured->size = lists->items[0].fetch.size;
	is_whole = where_compile(where, &lists->items[0], &lists->items[1], &condition);
	check_condition(&condition);
	answer = where_judge(where, lists, captured, NULL);
	early = kernel_judge(&condition, &lists->items[0], captured);
	must(is_whole ? early == answer : early != WHERE_NO || answer == WHERE_NO);
	where_judge(where, lists, NULL, captured);
	free(captured);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, 0, size);
	size_t length = end ? (size_t)(end - data) : size, at;
	struct value_lists lists = {};
	struct where *where = NULL;
	char text[MAX_TEXT + 1];
	struct error *err;
	bool has_any;

	if (length > MAX_TEXT)
		return 0;
	memcpy(text, data, length);
	text[length] = '\0';
	must(!value_lists_add(&lists, &arch_x86_64, PATTERN, 1));
	err = where_parse(text, &where);
	if (!err)
		err = where_look_up(where, "main.f", &lists.items[0], &lists.items[1], &has_any);
	if (err)
		must(error_text(err, &at) && at <= length);
	else if (end)
		check_answers(where, &lists, end + 1, size - length - 1);
	error_free(err);
	where_free(where);
	value_lists_destroy(&lists);
	return 0;
}
