/* SPDX-License-Identifier: MIT */
/* book.c - names as they were written down; see book.h. */
#include "recording/book.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/hash.h"
#include "recording/notes.h"

/* More is not believed. */
#define MAX_TEXTS   (1u << 22)
#define MAX_ANSWERS (1u << 22)

struct book {
	const struct arch *arch;
	struct own_code own;
	struct hash answers; /* of struct answer */
	char **texts; /* by number, from 1 */
	size_t num_texts, capacity;
};

struct answer {
	struct hash_key key; /* number or va, kind */
	union {
		struct gobin_func func; /* size 0: there is none */
		struct gobin_line line;
		uint64_t outermost_va;
		const char *reason;
		struct module_place module;
		struct {
			struct code_place place;
			bool is_there;
		} code;
	};
	size_t num_inlined;
	struct gobin_inlined inlined[];
};

/* ---- being asked ---- */

static const struct answer *find(const void *context, enum note_kind kind, uint64_t number)
{
	const struct book *book = context;

	return hash_find(&book->answers, (struct hash_key){number, kind});
}

static const struct gobin_func *func_at(const void *context, uint64_t va)
{
	const struct answer *answer = find(context, NOTE_FUNC, va);

	return answer && answer->func.size ? &answer->func : NULL;
}

static struct gobin_line line_at(const void *context, uint64_t va)
{
	const struct answer *answer = find(context, NOTE_LINE, va);

	return answer ? answer->line : (struct gobin_line){};
}

static uint64_t outermost_va(const void *context, uint64_t va)
{
	const struct answer *answer = find(context, NOTE_OUTERMOST, va);

	return answer ? answer->outermost_va : va;
}

static size_t inlined_at(const void *context, uint64_t va, struct gobin_inlined *calls, size_t max)
{
	const struct answer *answer = find(context, NOTE_INLINED, va);
	size_t count = 0;

	for (; answer && count < answer->num_inlined && count < max; count++)
		calls[count] = answer->inlined[count];
	return count;
}

static const char *wait_reason(const void *context, unsigned reason)
{
	const struct answer *answer = find(context, NOTE_REASON, reason);

	return answer ? answer->reason : NULL;
}

static struct module_place module_place(const void *context, uint64_t number)
{
	const struct answer *answer = find(context, NOTE_MODULE, number);

	return answer ? answer->module : (struct module_place){};
}

static struct own_code own_code(const void *context)
{
	return ((const struct book *)context)->own;
}

static const struct code_place *code_at(void *context, uint64_t va)
{
	const struct answer *answer = find(context, NOTE_CODE, va);

	return answer && answer->code.is_there ? &answer->code.place : NULL;
}

struct unwind_code book_code(const struct book *book)
{
	return (struct unwind_code){.context = (struct book *)book,
				    .at = code_at,
				    .has_link_register = book->arch == &arch_arm64};
}

struct name_source book_names(const struct book *book)
{
	return (struct name_source){
		.context = book,
		.func_at = func_at,
		.line_at = line_at,
		.outermost_va = outermost_va,
		.inlined_at = inlined_at,
		.wait_reason = wait_reason,
		.arch = book->arch,
		.own_code = own_code,
		.modules = book,
		.module_place = module_place,
	};
}

/* ---- life ---- */

struct book *book_new(uint16_t machine, struct own_code own)
{
	struct book *book = calloc(1, sizeof(*book));

	if (book)
		*book = (struct book){.arch = arch_of_machine(machine), .own = own};
	return book;
}

void book_free(struct book *book)
{
	if (!book)
		return;
	hash_free_items(&book->answers);
	for (size_t i = 0; i < book->num_texts; i++)
		free(book->texts[i]);
	free(book->texts);
	free(book);
}

/* ---- reading ---- */

/* What came before it may have been lost. */
static void add_text(struct book *book, struct cursor *cursor, uint64_t number)
{
	char *text = cursor_text(cursor);
	size_t index = number - 1;

	cursor->failed |=
		!number || number > MAX_TEXTS || (index < book->num_texts && book->texts[index]);
	if (!cursor->failed &&
	    !array_reserve(&book->texts, &book->capacity, number, sizeof(*book->texts)))
		cursor_need(cursor, NULL);
	if (cursor->failed) {
		free(text);
		return;
	}
	while (book->num_texts < number)
		book->texts[book->num_texts++] = NULL;
	book->texts[index] = text;
}

/* NULL: there is none, or it was lost. */
static const char *take_text(struct book *book, struct cursor *cursor)
{
	uint64_t told = cursor_number(cursor), number = told / 2;

	if (told & 1)
		add_text(book, cursor, number);
	return number && number <= book->num_texts ? book->texts[number - 1] : NULL;
}

static void take_inlined(struct book *book, struct cursor *cursor, struct answer *answer,
			 size_t count)
{
	for (; answer->num_inlined < count && !cursor->failed; answer->num_inlined++) {
		struct gobin_inlined *call = &answer->inlined[answer->num_inlined];

		call->name = take_text(book, cursor);
		call->call_va = answer->key.first + (uint64_t)cursor_signed(cursor);
	}
}

static void take_func(struct book *book, struct cursor *cursor, struct answer *answer)
{
	answer->func.size = cursor_number(cursor);
	if (!answer->func.size)
		return;
	answer->func.va = answer->key.first - cursor_number(cursor);
	answer->func.name = take_text(book, cursor);
	if (!answer->func.name)
		answer->func.size = 0;
}

static void take_code(struct cursor *cursor, struct answer *answer)
{
	uint64_t flags = cursor_number(cursor);

	if (!flags)
		return;
	answer->code.is_there = true;
	answer->code.place.func_va = answer->key.first - cursor_number(cursor);
	answer->code.place.delta = (int32_t)cursor_signed(cursor);
	answer->code.place.is_bottom = flags & CODE_IS_BOTTOM;
	answer->code.place.is_injected = flags & CODE_IS_INJECTED;
}

static void take_answer(struct book *book, struct cursor *cursor, struct answer *answer,
			size_t num_inlined)
{
	switch (answer->key.second) {
	case NOTE_FUNC:
		take_func(book, cursor, answer);
		break;
	case NOTE_LINE:
		answer->line.file = take_text(book, cursor);
		answer->line.line = (unsigned)cursor_number(cursor);
		break;
	case NOTE_OUTERMOST:
		answer->outermost_va = answer->key.first + (uint64_t)cursor_signed(cursor);
		break;
	case NOTE_INLINED:
		take_inlined(book, cursor, answer, num_inlined);
		break;
	case NOTE_REASON:
		answer->reason = take_text(book, cursor);
		break;
	case NOTE_MODULE:
		answer->module.name = take_text(book, cursor);
		answer->module.va = cursor_number(cursor);
		break;
	case NOTE_CODE:
		take_code(cursor, answer);
		break;
	default:
		cursor->failed = true;
	}
}

/* The first answer to a question stays: it may have been handed out. */
static bool read_one(struct book *book, struct cursor *cursor)
{
	uint64_t kind = cursor_number(cursor), number = cursor_number(cursor), num_inlined = 0;
	struct answer *answer;

	if (kind == NOTE_INLINED)
		num_inlined = cursor_number(cursor);
	cursor->failed |= num_inlined > NAMES_MAX_INLINED || book->answers.count >= MAX_ANSWERS;
	if (cursor->failed)
		return false;
	answer = calloc(1, sizeof(*answer) + num_inlined * sizeof(*answer->inlined));
	if (!cursor_need(cursor, answer))
		return false;
	answer->key = (struct hash_key){number, kind};
	take_answer(book, cursor, answer, num_inlined);
	if (cursor->failed || hash_find(&book->answers, answer->key)) {
		free(answer);
	} else if (!hash_add(&book->answers, &answer->key)) {
		free(answer);
		cursor_need(cursor, NULL);
	}
	return !cursor->failed;
}

bool book_read(struct book *book, struct cursor *cursor)
{
	while (!cursor_is_at_end(cursor))
		if (!read_one(book, cursor))
			return false;
	return true;
}
