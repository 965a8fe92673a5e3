/* SPDX-License-Identifier: MIT */
/*
 * marks.c - what cannot be told from one instruction alone: data among code, and what lies between
 * a load-exclusive and its store.
 *
 * Go's assembler puts constants behind a jump, or behind the function's last instruction
 * (cmd/internal/obj/arm64/asm7.go, addpool and flushpool); they are loaded by `ldr` with a literal.
 */
#include "arch/arm64/code.h"

#include <stdlib.h>

/* Rounds in which the way to a store is looked for; one for each jump back on it. */
#define MAX_ROUNDS 16

/* ---- data ---- */

/* Bytes that a literal has: by opc, and whether it goes to a vector register. */
static uint32_t literal_size(uint32_t word)
{
	uint32_t opc = word >> 30;

	if (word >> 26 & 1)
		return 4u << opc;
	/* ldr w, ldr x, ldrsw; prfm may be of code, and loads nothing */
	return opc == 1 ? 8 : opc == 3 ? 0 : 4;
}

/* While looking, beside the mark: some branch goes there. */
#define BRANCHED_TO 0x20
#define MARK(byte)  ((byte) & 3)

static void mark_loaded(struct code *code, uint32_t word, uint32_t offset)
{
	int64_t from = arm64_literal(word, offset), to = from + literal_size(word);

	for (; from >= 0 && from < to && from + INSN_SIZE <= (int64_t)code->size; from += INSN_SIZE)
		code->marks[from / INSN_SIZE] = CODE_DATA;
}

/* The instruction goes on with the next one. */
static bool falls_through(const struct code *code, uint32_t offset)
{
	struct insn insn;

	return arm64_decode(code, offset, NULL, &insn) &&
	       MARK(code->marks[offset / INSN_SIZE]) == 0 &&
	       (insn.kind == INSN_OTHER || insn.kind == INSN_CALL || insn.kind == INSN_BRANCH);
}

/*
 * What adr points to may be code (the return address of a frame: OpARM64DUFFZERO) or data of unknown
 * length. It is code where the instruction before it goes on there, and data ends where a branch
 * goes.
 */
static void mark_addressed(struct code *code, uint32_t word, uint32_t offset)
{
	int64_t at = arm64_literal(word, offset) & -INSN_SIZE;

	if (at <= 0 || at >= (int64_t)code->size || falls_through(code, (uint32_t)at - INSN_SIZE))
		return;
	for (; at + INSN_SIZE <= (int64_t)code->size; at += INSN_SIZE) {
		uint8_t *mark = &code->marks[at / INSN_SIZE];

		if (*mark & BRANCHED_TO)
			return;
		if (MARK(*mark) == 0)
			*mark |= CODE_ADDRESSED;
	}
}

static void mark_branched_to(struct code *code, uint32_t word, uint32_t offset)
{
	int64_t to;

	if (arm64_branch_target(word, offset, &to) && !matches(word, IS_BL) && to >= 0 &&
	    to + INSN_SIZE <= (int64_t)code->size)
		code->marks[to / INSN_SIZE] |= BRANCHED_TO;
}

static void mark_data(struct code *code)
{
	uint32_t word;

	/* A literal lies behind what loads it, and is no instruction that loads another. */
	for (uint32_t offset = 0; arm64_read(code, offset, &word); offset += INSN_SIZE)
		if (matches(word, IS_LDR_LITERAL) &&
		    MARK(code->marks[offset / INSN_SIZE]) != CODE_DATA)
			mark_loaded(code, word, offset);
	for (uint32_t offset = 0; arm64_read(code, offset, &word); offset += INSN_SIZE)
		if (MARK(code->marks[offset / INSN_SIZE]) != CODE_DATA)
			mark_branched_to(code, word, offset);
	for (uint32_t offset = 0; arm64_read(code, offset, &word); offset += INSN_SIZE)
		if (matches(word, IS_ADR) && MARK(code->marks[offset / INSN_SIZE]) != CODE_DATA)
			mark_addressed(code, word, offset);
	for (size_t i = 0; i < code->size / INSN_SIZE; i++)
		code->marks[i] = MARK(code->marks[i]);
}

/* ---- exclusive ---- */

/* While looking: beside the mark. */
#define AFTER_LOAD    0x80 /* on a way from a load-exclusive */
#define REACHES_STORE 0x40 /* and on one to a store */

/* Where the instruction goes on, inside the function. Through a table nothing goes from a
 * load-exclusive to its store: DDI 0487, B2.12.5, allows no indirect branches there. */
struct successors {
	uint32_t offsets[2];
	size_t count;
};

static void add_successor(const struct code *code, int64_t offset, struct successors *successors)
{
	if (offset >= 0 && offset + INSN_SIZE <= (int64_t)code->size &&
	    MARK(code->marks[offset / INSN_SIZE]) != CODE_DATA)
		successors->offsets[successors->count++] = (uint32_t)offset;
}

static struct successors find_successors(const struct code *code, uint32_t offset)
{
	struct successors successors = {0};
	struct insn insn;

	if (!arm64_decode(code, offset, NULL, &insn))
		return successors;
	if (insn.kind == INSN_JUMP || insn.kind == INSN_BRANCH)
		add_successor(code, insn.target, &successors);
	if (insn.kind == INSN_OTHER || insn.kind == INSN_CALL || insn.kind == INSN_BRANCH)
		add_successor(code, (int64_t)offset + INSN_SIZE, &successors);
	return successors;
}

static bool ends_exclusive(uint32_t word)
{
	return arm64_is_load_exclusive(word) || arm64_is_store_exclusive(word) ||
	       matches(word, IS_CLREX);
}

/* Marks what can be reached from the load at `load` before the exclusive state ends. `queue` has
 * room for each instruction once, and one more. */
static void follow_load(struct code *code, uint32_t load, uint32_t *queue)
{
	size_t count = 0;

	queue[count++] = load;
	while (count) {
		struct successors next = find_successors(code, queue[--count]);

		for (size_t i = 0; i < next.count; i++) {
			uint8_t *mark = &code->marks[next.offsets[i] / INSN_SIZE];

			if (*mark & AFTER_LOAD || ends_exclusive(arm64_word(code, next.offsets[i])))
				continue;
			*mark |= AFTER_LOAD;
			queue[count++] = next.offsets[i];
		}
	}
}

static bool reaches_store(const struct code *code, uint32_t offset)
{
	struct successors next = find_successors(code, offset);

	for (size_t i = 0; i < next.count; i++)
		if (code->marks[next.offsets[i] / INSN_SIZE] & REACHES_STORE ||
		    arm64_is_store_exclusive(arm64_word(code, next.offsets[i])))
			return true;
	return false;
}

/* True: it found one more. Later instructions first, as most ways go forward. */
static bool look_for_stores(struct code *code)
{
	bool found = false;

	for (size_t i = code->size / INSN_SIZE; i-- > 0;) {
		if ((code->marks[i] & (AFTER_LOAD | REACHES_STORE)) != AFTER_LOAD ||
		    !reaches_store(code, (uint32_t)i * INSN_SIZE))
			continue;
		code->marks[i] |= REACHES_STORE;
		found = true;
	}
	return found;
}

static bool mark_exclusive(struct code *code)
{
	uint32_t *queue = malloc((code->size / INSN_SIZE + 1) * sizeof(*queue)), word;
	uint8_t needed = AFTER_LOAD | REACHES_STORE;
	int rounds = 0;

	if (!queue)
		return false;
	for (uint32_t offset = 0; arm64_read(code, offset, &word); offset += INSN_SIZE)
		if (arm64_is_load_exclusive(word) && code->marks[offset / INSN_SIZE] != CODE_DATA)
			follow_load(code, offset, queue);
	free(queue);
	while (look_for_stores(code) && rounds < MAX_ROUNDS)
		rounds++;
	/* Too tangled: all that is behind a load counts. */
	if (rounds == MAX_ROUNDS)
		needed = AFTER_LOAD;
	for (size_t i = 0; i < code->size / INSN_SIZE; i++) {
		uint8_t *mark = &code->marks[i];

		*mark = (*mark & needed) == needed ? CODE_EXCLUSIVE : MARK(*mark);
	}
	return true;
}

/* Most functions have nothing to be marked. */
static void look_for_need(const struct code *code, bool *data, bool *exclusive)
{
	uint32_t word;

	for (uint32_t offset = 0; arm64_read(code, offset, &word); offset += INSN_SIZE) {
		*exclusive |= arm64_is_load_exclusive(word);
		if (matches(word, IS_LDR_LITERAL) || matches(word, IS_ADR)) {
			int64_t literal = arm64_literal(word, offset);

			*data |= literal >= 0 && literal < (int64_t)code->size;
		}
	}
}

bool arm64_mark(struct code *code)
{
	bool data = false, exclusive = false;

	look_for_need(code, &data, &exclusive);
	if (!data && !exclusive)
		return true;
	code->marks = calloc(code->size / INSN_SIZE + 1, sizeof(*code->marks));
	if (!code->marks)
		return false;
	if (data)
		mark_data(code);
	return !exclusive || mark_exclusive(code);
}
