/* SPDX-License-Identifier: MIT */
/* state_sites.c - finds the instructions at which a goroutine's change of state can be seen. */
#include "probe/state_sites.h"

#include <string.h>

#include "base/cleanup.h"
#include "probe/decode.h"
#include "probe/func_code.h"

#define SP_DELTA_MAX 0xffff /* SITE_COOKIE_SP_DELTA() */

/* A function as the finders need it. */
struct subject {
	struct gobin *bin;
	struct code code;
	struct decoded decoded;
	struct sweep sweep;
	uint32_t atomicstatus; /* its displacement from g */
};

static void add_site(struct state_func *found, const struct decoded_site *site, uint32_t flag)
{
	struct decoded_site *added;

	if (found->num_sites == STATE_MAX_SITES) {
		found->left_out = "it has too many places to be probed";
		found->left_out_offset = site->offset;
		return;
	}
	added = &found->sites[found->num_sites++];
	*added = *site;
	added->kind = SITE_KIND_RUNTIME;
	added->flags |= flag;
}

static void leave_out(struct state_func *found, uint32_t offset, const char *reason)
{
	found->left_out = reason;
	found->left_out_offset = offset;
}

static bool decode_operands(const struct code *code, uint32_t offset, ZydisDecodedInstruction *insn,
			    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT])
{
	return offset < code->size &&
	       ZYAN_SUCCESS(ZydisDecoderDecodeFull(&code->decoder, code->bytes + offset,
						   code->size - offset, insn, operands));
}

/* Any part of the register. */
static bool writes_register(const ZydisDecodedInstruction *insn,
			    const ZydisDecodedOperand *operands, ZydisRegister reg)
{
	for (unsigned i = 0; i < insn->operand_count; i++) {
		ZydisRegister written = operands[i].reg.value;

		if (operands[i].type != ZYDIS_OPERAND_TYPE_REGISTER ||
		    !(operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
			continue;
		if (written == reg ||
		    ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, written) == reg)
			return true;
	}
	return false;
}

/* ---- by the arguments: casgstatus(gp, old, new) in RAX, RBX, RCX ---- */

/* Follows rsp over the instruction. False: where it goes is not known. */
static bool follow_sp(const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operands,
		      int64_t *sp_delta)
{
	bool subtracts = insn->mnemonic == ZYDIS_MNEMONIC_SUB;

	if (!writes_register(insn, operands, ZYDIS_REGISTER_RSP))
		return true;
	if (insn->mnemonic == ZYDIS_MNEMONIC_PUSH)
		*sp_delta += insn->operand_width / 8;
	else if ((subtracts || insn->mnemonic == ZYDIS_MNEMONIC_ADD) &&
		 operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		 operands[0].reg.value == ZYDIS_REGISTER_RSP &&
		 operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
		*sp_delta += subtracts ? operands[1].imm.value.s : -operands[1].imm.value.s;
	else
		return false;
	return *sp_delta >= 0 && *sp_delta <= SP_DELTA_MAX;
}

/* True when every call comes past `offset` no more than once. */
static bool is_reached_once(const struct subject *subject, uint32_t offset)
{
	for (size_t i = 0; i < subject->sweep.num_jumps; i++) {
		if (subject->sweep.jumps[i].to <= offset)
			return false;
	}
	return true;
}

/* The first instruction that the kernel emulates where the arguments are still in place: before
 * Go 1.21 the `jb` or `nop` behind `bt $0xc,%ebx`. */
static bool find_cheap(const struct subject *subject, struct decoded_site *site)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;
	int64_t sp_delta = 0;

	for (uint32_t offset = 0; offset < HEAD_BYTES; offset += insn.length) {
		if (!decode_operands(&subject->code, offset, &insn, operands))
			return false;
		if (insn_is_emulated(subject->code.bytes + offset, insn.length)) {
			site_fill(&subject->code, &insn, offset, site);
			site->sp_delta = (uint32_t)sp_delta;
			return is_reached_once(subject, offset);
		}
		if (writes_register(&insn, operands, ZYDIS_REGISTER_RIP) ||
		    writes_register(&insn, operands, ZYDIS_REGISTER_RAX) ||
		    writes_register(&insn, operands, ZYDIS_REGISTER_RBX) ||
		    writes_register(&insn, operands, ZYDIS_REGISTER_RCX) ||
		    !follow_sp(&insn, operands, &sp_delta))
			return false;
	}
	return false;
}

static void find_arguments(const struct subject *subject, struct state_func *found)
{
	struct decoded_site site;

	if (subject->decoded.sites[0].cost == SITE_EMULATED || !find_cheap(subject, &site))
		site = subject->decoded.sites[0];
	add_site(found, &site, SITE_STATE_ARGS);
}

/* ---- by the instruction: lock cmpxchg %new,atomicstatus(%g) ---- */

/* Numbers as the instruction set has them; only of 64-bit and 32-bit ones. */
static unsigned register_number(ZydisRegister reg)
{
	return (unsigned)ZydisRegisterGetId(reg);
}

/* True when the instruction swaps something that may be a goroutine's status. */
static bool is_swap(const struct subject *subject, const ZydisDecodedInstruction *insn,
		    const ZydisDecodedOperand *operands)
{
	if (insn->mnemonic != ZYDIS_MNEMONIC_CMPXCHG || insn->operand_width != 32 ||
	    !(insn->attributes & ZYDIS_ATTRIB_HAS_LOCK))
		return false;
	return operands[0].mem.base != ZYDIS_REGISTER_RSP &&
	       operands[0].mem.base != ZYDIS_REGISTER_RIP &&
	       operands[0].mem.disp.value == (int64_t)subject->atomicstatus;
}

static const char *why_not_behind(const struct subject *subject, const ZydisDecodedOperand *swap,
				  uint32_t offset, struct decoded_site *site)
{
	ZydisDecodedInstruction insn;

	if (ZydisRegisterGetClass(swap[0].mem.base) != ZYDIS_REGCLASS_GPR64 ||
	    swap[0].mem.index != ZYDIS_REGISTER_NONE || swap[0].mem.segment == ZYDIS_REGISTER_FS ||
	    swap[0].mem.segment == ZYDIS_REGISTER_GS)
		return "the goroutine whose state it changes is not in a register";
	if (!code_instruction(&subject->code, offset, &insn))
		return "its code cannot be decoded";
	if (decode_refusal(subject->code.bytes + offset, insn.length))
		return "the kernel does not probe the instruction behind its change of a state";
	site_fill(&subject->code, &insn, offset, site);
	site->sp_delta = SITE_SWAP_REGISTERS(register_number(swap[0].mem.base),
					     register_number(swap[1].reg.value));
	return NULL;
}

/* A jump to a site comes there without a swap. */
static void drop_jump_targets(const struct subject *subject, struct state_func *found)
{
	ZydisDecodedInstruction insn;
	int64_t to;

	for (uint32_t offset = 0; code_instruction(&subject->code, offset, &insn);
	     offset += insn.length) {
		if (insn.mnemonic == ZYDIS_MNEMONIC_CALL || !insn_direct_target(&insn, offset, &to))
			continue;
		for (size_t i = 0; i < found->num_sites; i++) {
			if (found->sites[i].offset != to)
				continue;
			leave_out(found, (uint32_t)to,
				  "it jumps behind its change of a goroutine's state");
			found->num_sites--;
			memmove(&found->sites[i], &found->sites[i + 1],
				(found->num_sites - i) * sizeof(*found->sites));
			break;
		}
	}
}

static void find_swaps(const struct subject *subject, struct state_func *found)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;

	for (uint32_t offset = 0; decode_operands(&subject->code, offset, &insn, operands);
	     offset += insn.length) {
		struct decoded_site site;
		const char *reason;

		if (!is_swap(subject, &insn, operands))
			continue;
		reason = why_not_behind(subject, operands, offset + insn.length, &site);
		if (reason)
			leave_out(found, offset, reason);
		else
			add_site(found, &site, SITE_STATE_SWAP);
	}
	drop_jump_targets(subject, found);
	/* Built without optimization, it calls internal/runtime/atomic's CompareAndSwap. */
	if (!found->num_sites && !found->left_out)
		leave_out(found, 0,
			  "how it changes a goroutine's state is not known (built without "
			  "optimization?)");
}

/* ---- at the entry and the exits ---- */

static bool changes_state(const struct subject *subject)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;

	for (uint32_t offset = 0; decode_operands(&subject->code, offset, &insn, operands);
	     offset += insn.length) {
		if (is_swap(subject, &insn, operands))
			return true;
	}
	return false;
}

/* Before Go 1.26 they call casgstatus. */
static void find_syscall(const struct subject *subject, struct state_func *found, uint32_t flag)
{
	if (gobin_minor_version(subject->bin) >= 26 || changes_state(subject))
		add_site(found, &subject->decoded.sites[0], flag);
}

static void find_syscall_enter(const struct subject *subject, struct state_func *found)
{
	find_syscall(subject, found, SITE_SYSCALL_ENTER);
}

static void find_syscall_exit(const struct subject *subject, struct state_func *found)
{
	find_syscall(subject, found, SITE_SYSCALL_EXIT);
}

static void find_go(const struct subject *subject, struct state_func *found)
{
	for (size_t i = 1; i < subject->decoded.num_sites; i++) {
		struct decoded_site site = subject->decoded.sites[i];

		if (site.kind != SITE_KIND_RETURN)
			continue;
		site.flags = 0;
		add_site(found, &site, SITE_GO);
	}
	if (!found->num_sites)
		leave_out(found, 0, "it never returns");
}

/* ---- all of them ---- */

#define STATES (STATES_OF_TREES | STATES_ALL)
static const struct {
	const char *name;
	void (*find)(const struct subject *subject, struct state_func *found);
	unsigned purposes;
	unsigned required; /* purposes that are void without it */
} table[] = {
	{"runtime.casgstatus", find_arguments, STATES, STATES},
	{"runtime.casGToPreemptScan", find_arguments, STATES, 0},
	{"runtime.reentersyscall", find_syscall_enter, STATES, 0},
	{"runtime.exitsyscall", find_syscall_exit, STATES, 0},
	{"runtime.coroswitch_m", find_swaps, STATES, 0}, /* from Go 1.23, if iter.Pull is used */
	{"runtime.newproc1", find_go, STATES_FOLLOW | STATES_ALL, STATES_FOLLOW},
	{"runtime.casGFromPreempted", find_swaps, STATES_ALL, 0},
	{"runtime.castogscanstatus", find_swaps, STATES_ALL, 0},
	/* throws when it fails */
	{"runtime.casfrom_Gscanstatus", find_arguments, STATES_ALL, 0},
	{"runtime.allGsSnapshotSortedForGC", find_swaps, STATES_ALL, 0}, /* from Go 1.26 */
};
#define TABLE_SIZE (sizeof(table) / sizeof(*table))
_Static_assert(TABLE_SIZE <= STATE_MAX_FUNCS, "all have room");

/* Of two functions with one name, one is the ABI0 wrapper: function tables drop ".abi0". */
static void find_funcs(struct gobin *bin, const struct gobin_func *found[TABLE_SIZE])
{
	size_t count;
	const struct gobin_func *funcs = gobin_funcs(bin, &count);

	for (size_t i = 0; i < count; i++) {
		if (strncmp(funcs[i].name, "runtime.", 8))
			continue;
		for (size_t j = 0; j < TABLE_SIZE; j++) {
			if (!found[j] && !strcmp(funcs[i].name, table[j].name) &&
			    !gobin_func_is_abi0(bin, &funcs[i]))
				found[j] = &funcs[i];
		}
	}
}

static void subject_release(struct subject *subject)
{
	decoded_destroy(&subject->decoded);
	sweep_destroy(&subject->sweep);
}

static struct error *find_sites(struct gobin *bin, size_t row, uint32_t atomicstatus,
				struct state_func *found)
{
	_cleanup_(subject_release) struct subject subject = {.bin = bin,
							     .atomicstatus = atomicstatus};
	struct code *code = &subject.code;
	struct error *err;

	code->bytes = func_code(bin, found->func, &code->size);
	if (!code->bytes) {
		leave_out(found, 0, "its code is not in the file");
		return NULL;
	}
	err = decode_function(code->bytes, code->size, found->func->va, &subject.decoded);
	if (err)
		return err;
	if (subject.decoded.refused) {
		leave_out(found, subject.decoded.refused_offset, subject.decoded.refused);
		return NULL;
	}
	ZydisDecoderInit(&code->decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	err = code_sweep(code, &subject.sweep);
	if (!err)
		table[row].find(&subject, found);
	return err;
}

static struct error *required_error(struct gobin *bin, const char *name, unsigned purposes,
				    const char *reason)
{
	const char *what = purposes & STATES_FOLLOW ? "see where goroutines are started"
						    : "see how goroutines change their states";

	if (!reason)
		return error_new("cannot %s: %s has no function %s, which is what Go's runtime "
				 "does it with (its version is %s)",
				 what, gobin_path(bin), name, gobin_version(bin));
	return error_new("cannot %s: %s of %s, which does it, cannot be probed: %s", what, name,
			 gobin_path(bin), reason);
}

struct error *state_sites_find(struct gobin *bin, unsigned purposes, struct state_sites *found)
{
	const struct gobin_func *funcs[TABLE_SIZE] = {NULL};
	struct gobin_layout layout;
	struct error *err;

	found->num_funcs = 0;
	err = gobin_layout(bin, &layout);
	if (err)
		return err;
	find_funcs(bin, funcs);
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		struct state_func *func = &found->funcs[found->num_funcs];
		unsigned required = table[i].required & purposes;

		if (!(table[i].purposes & purposes))
			continue;
		*func = (struct state_func){.func = funcs[i]};
		if (funcs[i])
			err = find_sites(bin, i, layout.g_atomicstatus, func);
		if (!err && required && !func->num_sites)
			err = required_error(bin, table[i].name, required, func->left_out);
		if (err)
			return err;
		found->num_funcs += func->num_sites || func->left_out;
	}
	return NULL;
}
