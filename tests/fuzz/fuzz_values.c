/* SPDX-License-Identifier: MIT */
/*
 * fuzz_values.c - any text as a pattern with values, and any bytes as what was captured of them.
 *
 * What is taken for a list fits into what the BPF programs have room for; an error's place is in the text.
 * Whatever was captured, what is shown of it fits, moves no cursor, and is valid in JSON.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "values/value.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_TEXT 512

static void check_list(const struct value_list *list)
{
	size_t max_at =
		list->fetch.shape == VALUES_SMALL ? VALUES_SMALL_MAX_AT : VALUES_LARGE_MAX_AT;
	size_t bytes = list->fetch.shape == VALUES_SMALL ? VALUES_SMALL_BYTES : VALUES_LARGE_BYTES;
	size_t ends = 0;

	must(list->count <= VALUES_MAX && list->fetch.num_ops <= VALUES_MAX_OPS);
	must(list->fetch.size <= bytes);
	for (uint32_t i = 0; i < list->fetch.num_ops; i++) {
		const struct fetch_op *op = &list->fetch.ops[i];

		must(op->value == ends);
		must(op->code != FETCH_LOAD || op->size == 8 || op->size == 16);
		must(op->code != FETCH_REGISTER || op->reg < 31);
		if (op->code < FETCH_SAVE_WORD)
			continue;
		must(op->at <= max_at && op->at == list->specs[ends].at);
		must(op->size <= bytes - max_at - sizeof(struct captured_text));
		ends++;
	}
	must(ends == list->count);
	must(!value_list_unknown(list, 0));
	for (size_t i = 0; i < list->count; i++)
		must(list->specs[i].expr && list->specs[i].label && *list->specs[i].label);
}

static void check_value(const struct value *value)
{
	char text[VALUE_TEXT_SIZE], json[VALUE_JSON_SIZE], word[VALUE_WORD_SIZE];
	size_t length;

	must(value->state <= VALUE_UNREADABLE);
	if (!value_is_text(value)) {
		length = value_put_word(value, word);
		must(length && length < sizeof(word) && text_is_clean(word, length));
		value_word_is_json(value);
		return;
	}
	must(value->size <= value->length);
	for (size_t max = 0; max <= VALUES_STRING_SIZE; max += 31) {
		length = value_put_text(value, max, text);
		must(length >= 2 && length < sizeof(text) && *text == '"');
		must(text_is_clean(text, length));
	}
	length = value_put_json_text(value, json);
	must(length >= 2 && length <= sizeof(json) && json[0] == '"' && json[length - 1] == '"');
	must(text_is_clean(json, length));
	for (size_t i = 1; i < length - 1; i++) {
		must(json[i] != '"');
		i += json[i] == '\\';
	}
}

static void check_captured(const struct value_list *list, const uint8_t *data, size_t size)
{
	/* Ends where its allocation does, for the sanitizer. */
	struct captured *captured = malloc(sizeof(*captured) + size);

	must(captured);
	memset(captured, 0, sizeof(*captured));
	memcpy(captured->states, data, size < VALUES_MAX ? size : VALUES_MAX);
	memcpy(captured->bytes, data, size);
	for (size_t i = 0; i < list->count; i++) {
		struct value value = value_read(list, captured, size, i);

		check_value(&value);
	}
	free(captured);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, 0, size);
	size_t length = end ? (size_t)(end - data) : size, begin, at;
	struct value_lists lists = {};
	char text[MAX_TEXT + 1];
	struct error *err;

	if (length > MAX_TEXT)
		return 0;
	memcpy(text, data, length);
	text[length] = '\0';
	begin = value_list_begin(text);
	must(begin <= length && (begin == length || (begin && text[begin] == '(')));
	if (begin == length)
		return 0;
	for (int arch = 0; arch < 2; arch++) {
		size_t before = lists.count;

		err = value_lists_add(&lists, arch ? &arch_arm64 : &arch_x86_64, text, begin);
		if (err) {
			must(error_text(err, &at) && at > begin && at <= length);
			error_free(err);
			continue;
		}
		must(lists.items[before].results == (lists.count == before + 2 ? lists.count : 0));
		for (size_t i = before; i < lists.count; i++) {
			check_list(&lists.items[i]);
			if (end)
				check_captured(&lists.items[i], end + 1, size - length - 1);
		}
	}
	value_lists_destroy(&lists);
	return 0;
}
