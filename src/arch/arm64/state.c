/* SPDX-License-Identifier: MIT */
/*
 * state.c - where a goroutine's change of state can be read in a function's code: by the arguments of
 * casgstatus(gp, old, new) in X0, W1, W2, and behind a compare-and-swap of g.atomicstatus. That is
 * (cmd/compile/internal/arm64/ssa.go, OpARM64LoweredAtomicCas32, in one of two ways, or a choice
 * between both):
 *
 *	add x5,x0,#atomicstatus             add x5,x0,#atomicstatus
 *	sxtw x27,w1                   again: ldaxr w27,[x5]
 *	casal w27,w2,[x5]                   cmp w27,w1
 *	cmp w27,w1                          b.ne out
 *	cset x6,eq                          stlxr w27,w2,[x5]
 *	                                    cbnz w27,again
 *	                               out: cset x6,eq
 *
 * Behind both the flags still say whether it was equal. Old and new status are in the registers that
 * they were in; the address is x5, even where the goroutine's own register was used anew.
 */
#include "arch/arm64/code.h"

#define STACK_GROWTH_MAX  0xffff /* of one frame; no more is followed */
#define ADDRESS_MAX_INSNS 128 /* that the address is computed before the swap */
#define SECOND_MAX_INSNS  24 /* that the second way is behind the first one */

#define IS_CASAL_W PATTERN(0xffe0fc00, 0x88e0fc00)
#define IS_LDAXR_W PATTERN(0xfffffc00, 0x885ffc00)
#define IS_STLXR_W PATTERN(0xffe0fc00, 0x8800fc00)
#define IS_CMP_W   PATTERN(0xffe0fc1f, 0x6b00001f)
#define IS_CSET_EQ PATTERN(0xffffffe0, 0x9a9f17e0)
#define IS_B_NE    PATTERN(0xff00001f, 0x54000001)
#define IS_CBNZ_W  PATTERN(0xff000000, 0x35000000)
#define IS_CBNZ    PATTERN(0x7f000000, 0x35000000)

/* ---- by the arguments ---- */

bool arm64_find_arguments(const struct code *code, uint32_t limit, uint32_t *offset,
			  uint32_t *sp_delta)
{
	int64_t delta = 0;
	uint32_t word;

	for (*offset = 0; *offset < limit && arm64_read(code, *offset, &word);
	     *offset += INSN_SIZE) {
		*sp_delta = (uint32_t)delta;
		if (arm64_is_emulated(code, *offset) && !arm64_may_restart(code, *offset))
			return true;
		if (arm64_written(word) & 7 || !arm64_follow_sp(word, &delta) || delta < 0 ||
		    delta > STACK_GROWTH_MAX)
			return false;
	}
	return false;
}

/* ---- by the instruction ---- */

/* One of the two ways. */
struct way {
	uint32_t behind; /* cset */
	uint32_t joins; /* where it goes on: there, or where a jump there goes */
	uint32_t address, old_status, new_status; /* registers */
};

static bool match_at(const struct code *code, uint32_t offset, struct pattern pattern,
		     uint32_t *word)
{
	return arm64_read(code, offset, word) && matches(*word, pattern);
}

static bool branches_to(const struct code *code, uint32_t offset, struct pattern pattern,
			int64_t wanted)
{
	uint32_t word;
	int64_t to;

	return match_at(code, offset, pattern, &word) && arm64_branch_target(word, offset, &to) &&
	       to == wanted;
}

/* cmp of what was there with the old status. */
static bool read_comparison(const struct code *code, uint32_t offset, uint32_t found,
			    struct way *way)
{
	uint32_t word;

	if (!match_at(code, offset, IS_CMP_W, &word) || RN(word) != found)
		return false;
	way->old_status = RM(word);
	return true;
}

static bool read_end(const struct code *code, uint32_t offset, struct way *way)
{
	uint32_t word, result;
	int64_t to;

	if (!match_at(code, offset, IS_CSET_EQ, &word))
		return false;
	result = RD(word);
	if (result == way->address || result == way->old_status || result == way->new_status)
		return false;
	way->behind = way->joins = offset + INSN_SIZE;
	if (match_at(code, way->behind, IS_B, &word) &&
	    arm64_branch_target(word, way->behind, &to) && to >= 0 && to < (int64_t)code->size)
		way->joins = (uint32_t)to;
	return true;
}

static bool read_way(const struct code *code, uint32_t offset, struct way *way)
{
	uint32_t first, store;

	if (match_at(code, offset, IS_CASAL_W, &first)) {
		way->address = RN(first);
		way->new_status = RD(first);
		return read_comparison(code, offset + 4, RM(first), way) &&
		       read_end(code, offset + 8, way);
	}
	if (!match_at(code, offset, IS_LDAXR_W, &first))
		return false;
	way->address = RN(first);
	if (!read_comparison(code, offset + 4, RD(first), way) ||
	    !branches_to(code, offset + 8, IS_B_NE, offset + 20) ||
	    !match_at(code, offset + 12, IS_STLXR_W, &store) || RN(store) != way->address ||
	    !branches_to(code, offset + 16, IS_CBNZ, offset))
		return false;
	way->new_status = RD(store);
	return read_end(code, offset + 20, way);
}

/* A load and a store of the same 8 bytes. */
static bool is_same_slot(uint32_t load, uint32_t store)
{
	return RN(load) == RN(store) && (load >> 10 & 0xfff) == (store >> 10 & 0xfff);
}

/*
 * The swap's address is a register's and the field's offset. Looks back from the swap, along the
 * code as it lies, which is how the compiler lays out a choice between the two ways; over a call the
 * address is kept on the stack.
 */
static bool is_address_of(const struct code *code, uint32_t offset, uint32_t reg, uint32_t field)
{
	uint32_t saved = 0; /* the load whose store is looked for */

	for (int i = 0; i < ADDRESS_MAX_INSNS && offset >= INSN_SIZE; i++) {
		uint32_t word = arm64_word(code, offset -= INSN_SIZE);

		if (saved) {
			if (!matches(word, IS_STR_X) || !is_same_slot(word, saved))
				continue;
			reg = RD(word);
			saved = 0;
		} else if (arm64_written(word) & 1u << reg) {
			if (!matches(word, IS_LDR_X) || RN(word) != SP_OR_ZERO)
				return matches(word, IS_ADD_SUB_IMMEDIATE) && !SUBTRACTS(word) &&
				       !SETS_FLAGS(word) && RN(word) != SP_OR_ZERO &&
				       arm64_immediate(word) == field;
			saved = word;
		}
	}
	return false;
}

/* The other way to the same place. */
static bool find_second(const struct code *code, const struct way *first, struct way *second)
{
	for (uint32_t i = 0; i < SECOND_MAX_INSNS; i++)
		if (read_way(code, first->behind + i * INSN_SIZE, second))
			return second->address == first->address &&
			       second->old_status == first->old_status &&
			       second->new_status == first->new_status &&
			       second->behind == first->joins;
	return false;
}

bool arm64_find_swap(const struct code *code, uint32_t field, uint32_t *offset,
		     struct code_swap *swap)
{
	struct way first, second;
	uint32_t word;

	for (;; *offset += INSN_SIZE) {
		if (!arm64_read(code, *offset, &word))
			return false;
		if ((matches(word, IS_CASAL_W) || matches(word, IS_LDAXR_W)) &&
		    is_address_of(code, *offset, RN(word), field))
			break;
	}
	*swap = (struct code_swap){.behind = *offset + INSN_SIZE};
	if (!read_way(code, *offset, &first))
		return true;
	/* Where they do not join right there, each is a swap of its own, and ends with its jump. */
	if (first.joins != first.behind && find_second(code, &first, &second))
		first.behind = second.behind;
	*swap = (struct code_swap){
		.behind = first.behind,
		.in_registers = true,
		.g = (uint8_t)first.address,
		.g_is_field = true,
		.old_status = (uint8_t)first.old_status,
		.new_status = (uint8_t)first.new_status,
	};
	return true;
}

bool arm64_may_swap(const uint8_t *bytes, size_t size)
{
	struct code code = {.bytes = bytes, .size = size};
	uint32_t word;

	for (uint32_t offset = 0; arm64_read(&code, offset, &word); offset += INSN_SIZE)
		if (matches(word, IS_CASAL_W) || matches(word, IS_LDAXR_W))
			return true;
	return false;
}
