/* SPDX-License-Identifier: MIT */
/*
 * code.c - what an instruction does.
 *
 * What is known of jumps to where a register says:
 * - `ret xN` where N is not 30 (the assembler's `B (Rn)` and `RET (Rn)`): a tail call.
 * - `br xN` right behind `ldr xN,[base,index,lsl #3]`: a jump table
 *   (cmd/compile/internal/arm64/ssa.go, OpARM64JUMPTABLE), stays inside; C compilers add to the
 *   table's base instead: `add xN,base,index,sxtw #2`. Any other `br` is a tail call.
 */
#include "arch/arm64/code.h"

#include <string.h>

uint32_t arm64_word(const struct code *code, uint32_t offset)
{
	const uint8_t *bytes = code->bytes + offset;

	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

bool arm64_read(const struct code *code, uint32_t offset, uint32_t *word)
{
	if (offset % INSN_SIZE || offset > code->size || code->size - offset < INSN_SIZE)
		return false;
	*word = arm64_word(code, offset);
	return true;
}

int64_t arm64_signed_field(uint32_t word, unsigned low, unsigned bits)
{
	return (int32_t)(word << (32 - bits - low)) >> (32 - bits);
}

bool arm64_is_load_exclusive(uint32_t word)
{
	return matches(word, IS_LOAD_EXCLUSIVE) || matches(word, IS_LOAD_PAIR_EXCLUSIVE);
}

bool arm64_is_store_exclusive(uint32_t word)
{
	return matches(word, IS_STORE_EXCLUSIVE) || matches(word, IS_STORE_PAIR_EXCLUSIVE);
}

uint32_t arm64_immediate(uint32_t word)
{
	return (word >> 10 & 0xfff) << (word >> 22 & 1 ? 12 : 0);
}

/* Branches to a fixed place: the field that holds how far, in words. */
static const struct direct {
	struct pattern pattern;
	uint8_t low, bits;
	uint8_t kind; /* enum insn_kind */
} directs[] = {
	{IS_B, 0, 26, INSN_JUMP},
	{IS_BL, 0, 26, INSN_CALL},
	{PATTERN(0xff000000, 0x54000000), 5, 19, INSN_BRANCH}, /* b.cond, bc.cond */
	{IS_CBZ_CBNZ, 5, 19, INSN_BRANCH},
	{IS_TBZ_TBNZ, 5, 14, INSN_BRANCH},
	{PATTERN(0x7e000000, 0x74000000), 5, 9, INSN_BRANCH}, /* FEAT_CMPBR: cbeq and so on */
};

static const struct direct *find_direct(uint32_t word)
{
	for (size_t i = 0; i < sizeof(directs) / sizeof(*directs); i++)
		if (matches(word, directs[i].pattern))
			return &directs[i];
	return NULL;
}

static int64_t target_of(const struct direct *direct, uint32_t word, uint32_t offset)
{
	return offset + arm64_signed_field(word, direct->low, direct->bits) * INSN_SIZE;
}

bool arm64_branch_target(uint32_t word, uint32_t offset, int64_t *to)
{
	const struct direct *direct = find_direct(word);

	if (direct)
		*to = target_of(direct, word, offset);
	return direct;
}

int64_t arm64_literal(uint32_t word, uint32_t offset)
{
	if (matches(word, IS_ADR))
		return offset + (arm64_signed_field(word, 5, 19) * 4 | (word >> 29 & 3));
	return offset + arm64_signed_field(word, 5, 19) * INSN_SIZE;
}

static bool is_table_jump(const struct code *code, uint32_t offset)
{
	uint32_t reg = RN(arm64_word(code, offset)), before;

	if (offset < INSN_SIZE)
		return false;
	before = arm64_word(code, offset - INSN_SIZE);
	return RD(before) == reg && (matches(before, IS_LDR_X_SHIFTED) ||
				     (matches(before, IS_ADD_SUB_EXTENDED) && !SUBTRACTS(before)));
}

/* The group's members that go where a register says. */
static enum insn_kind indirect_kind(const struct code *code, uint32_t offset, uint32_t word)
{
	if (matches(word, IS_RET))
		return RN(word) == X30 ? INSN_RETURN : INSN_INDIRECT_JUMP;
	if (matches(word, IS_RETAA_RETAB))
		return INSN_RETURN;
	/* br, braa and so on; blr, blraa and so on: bit 24 says whether there is a modifier, bit 11
	 * whether the pointer is authenticated. */
	if ((word & 0xfefff000) == 0xd61f0000)
		return is_table_jump(code, offset) ? INSN_TABLE_JUMP : INSN_INDIRECT_JUMP;
	return (word & 0xfefff000) == 0xd63f0000 ? INSN_CALL : INSN_OTHER;
}

bool arm64_decode(const struct code *code, uint32_t offset, const struct insn *prev,
		  struct insn *insn)
{
	const struct direct *direct;
	uint32_t word;

	(void)prev;
	if (!arm64_read(code, offset, &word))
		return false;
	*insn = (struct insn){.length = INSN_SIZE};
	if (!matches(word, IS_BRANCH_OR_SYSTEM) ||
	    (code->marks && (code->marks[offset / INSN_SIZE] & 3) == CODE_DATA))
		return true;
	direct = find_direct(word);
	if (direct) {
		insn->kind = direct->kind;
		insn->has_target = true;
		insn->target = target_of(direct, word, offset);
	} else {
		insn->kind = indirect_kind(code, offset, word);
	}
	return true;
}

/* Those that sites stand on; the first that matches. */
static const struct name {
	struct pattern pattern;
	char text[8];
} names[] = {
	{IS_B, "b"},
	{IS_BL, "bl"},
	{IS_BR, "br"},
	{IS_BLR, "blr"},
	{IS_RET, "ret"},
	{IS_NOP, "nop"},
	{PATTERN(0xffffff3f, 0xd503241f), "bti"},
	{PATTERN(0xffffffff, 0xd503233f), "paciasp"},
	{PATTERN(0x7f000000, 0x34000000), "cbz"},
	{PATTERN(0x7f000000, 0x35000000), "cbnz"},
	{PATTERN(0x7f000000, 0x36000000), "tbz"},
	{PATTERN(0x7f000000, 0x37000000), "tbnz"},
	{IS_ADR, "adr"},
	{IS_ADRP, "adrp"},
	{PATTERN(0x7fe0001f, 0x6b00001f), "cmp"},
	{PATTERN(0x7fe0001f, 0x6b20001f), "cmp"},
	{PATTERN(0x7f80001f, 0x7100001f), "cmp"},
	{PATTERN(0x7f80001f, 0x3100001f), "cmn"},
	{PATTERN(0x7f80001f, 0x7200001f), "tst"},
	{PATTERN(0x7f20001f, 0x6a00001f), "tst"},
	{PATTERN(0x7fe0ffe0, 0x2a0003e0), "mov"},
	{PATTERN(0x7ffffc00, 0x11000000), "mov"}, /* to or from sp */
	{PATTERN(0x1f800000, 0x12800000), "mov"}, /* movn, movz, movk */
	{PATTERN(0x7f000000, 0x11000000), "add"},
	{PATTERN(0x7f000000, 0x0b000000), "add"},
	{PATTERN(0x7f000000, 0x31000000), "adds"},
	{PATTERN(0x7f000000, 0x2b000000), "adds"},
	{PATTERN(0x7f000000, 0x51000000), "sub"},
	{PATTERN(0x7f000000, 0x4b000000), "sub"},
	{PATTERN(0x7f000000, 0x71000000), "subs"},
	{PATTERN(0x7f000000, 0x6b000000), "subs"},
	{PATTERN(0x7f800000, 0x12000000), "and"},
	{PATTERN(0x7f200000, 0x0a000000), "and"},
	{PATTERN(0x7f800000, 0x32000000), "orr"},
	{PATTERN(0x7f200000, 0x2a000000), "orr"},
	{PATTERN(0x7f800000, 0x52000000), "eor"},
	{PATTERN(0x7f200000, 0x4a000000), "eor"},
	{PATTERN(0x7f800000, 0x53000000), "ubfm"}, /* lsl, lsr, ubfx, uxt... */
	{PATTERN(0x7f800000, 0x13000000), "sbfm"}, /* asr, sbfx, sxt... */
	{PATTERN(0x7fe00000, 0x1a800000), "csel"},
	{PATTERN(0x3a400000, 0x28400000), "ldp"}, /* also of vectors */
	{PATTERN(0x3a400000, 0x28000000), "stp"},
	{PATTERN(0xff800000, 0x39800000), "ldrsb"},
	{PATTERN(0xff800000, 0x79800000), "ldrsh"},
	{PATTERN(0xffc00000, 0xb9800000), "ldrsw"},
	{PATTERN(0xffc00000, 0x39400000), "ldrb"},
	{PATTERN(0xffc00000, 0x79400000), "ldrh"},
	{PATTERN(0xbfc00000, 0xb9400000), "ldr"},
	{PATTERN(0xffc00000, 0x39000000), "strb"},
	{PATTERN(0xffc00000, 0x79000000), "strh"},
	{PATTERN(0xbfc00000, 0xb9000000), "str"},
	{PATTERN(0x3f400000, 0x3d400000), "ldr"}, /* of a vector register */
	{PATTERN(0x3f400000, 0x3d000000), "str"},
	{PATTERN(0x3b600c00, 0x38400000), "ldur"},
	{PATTERN(0x3b600c00, 0x38000000), "stur"},
	{PATTERN(0x3b400000, 0x38400000), "ldr"}, /* other ways to address */
	{PATTERN(0x3b400000, 0x38000000), "str"},
	{PATTERN(0xbfc0fc00, 0x8840fc00), "ldaxr"},
	{PATTERN(0xbfc0fc00, 0x88c0fc00), "ldar"},
	{PATTERN(0xbfc0fc00, 0x8880fc00), "stlr"},
};

static const char conditions[16][8] = {
	"b.eq", "b.ne", "b.hs", "b.lo", "b.mi", "b.pl", "b.vs", "b.vc",
	"b.hi", "b.ls", "b.ge", "b.lt", "b.gt", "b.le", "b.al", "b.nv",
};

const char *arm64_mnemonic(const struct code *code, uint32_t offset)
{
	uint32_t word;

	if (!arm64_read(code, offset, &word))
		return "?";
	if (matches(word, IS_B_COND))
		return conditions[word & 15];
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (matches(word, names[i].pattern))
			return names[i].text;
	return "?";
}
