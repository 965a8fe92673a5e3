/* SPDX-License-Identifier: MIT */
/*
 * test_state_sites.c - where goroutines' states are seen to change, in programs of every toolchain
 * at hand: no change of a state may be missed, so that a new Go which makes one elsewhere fails
 * here.
 */
#include "source/programs.h"
#include "state_programs.h"

#include <Zydis/Zydis.h>

#include "gofuncgraph/run_options.h"

#define MINOR_FRAME 21 /* functions begin with `push %rbp` */

/* A plain program, one that switches coroutines if it can, and that one stripped. */
static void build_three(struct programs *programs, const struct go_toolchain *go)
{
	bool pulls;

	build(programs, go, false, "");
	pulls = programs->items[programs->count - 1].minor >= MINOR_PULL;
	build(programs, go, pulls, "");
	build(programs, go, pulls, "-ldflags='-s -w'");
}

static int setup(void **state)
{
	static struct programs programs;
	struct go_toolchain oldest, newest, go;
	char version[16];
	bool pulls;

	if (!go_toolchains(&oldest, &newest) || !go_folder(programs.folder))
		return -1;
	*state = &programs;
	for (int minor = 17; minor < 60; minor++) {
		snprintf(version, sizeof(version), "1.%d", minor);
		if (go_toolchain_find(&go, version))
			build_three(&programs, &go);
	}
	if (!programs.count)
		build_three(&programs, &newest);
	pulls = programs.items[programs.count - 1].pulls;
	build(&programs, &newest, pulls, "-ldflags='-s -w' -buildmode=pie");
	build(&programs, &newest, pulls, "-gcflags='all=-N -l'");
	build(&programs, &oldest, false, "-gcflags='all=-N -l'");
	if (pulls)
		build_profiled(&programs, &newest);
	return 0;
}

static void check_state_site(const struct plan *plan, uint32_t index)
{
	const struct site *site = &plan->sites[index];
	uint64_t cookie = plan_cookie(plan, index);
	size_t length = 16;

	assert_string_equal(programs_name(site), "state_site");
	if (site->flags & SITE_BIRTH)
		assert_true(site->kind == SITE_STATE_ARGS || site->kind == SITE_STATE_SWAP);
	assert_int_equal(SITE_COOKIE_INDEX(cookie), index);
	assert_int_equal(SITE_COOKIE_FLAGS(cookie), site->flags);
	struct code code = {.arch = gobin_arch(plan->bin)};

	code.bytes = gobin_bytes(plan->bin, site->va, &length);
	code.size = length;
	assert_null(code.arch->refusal(&code, 0));
}

static void make_states(const struct built *program, struct plan *plan)
{
	must(plan_make_states(program->bin, plan));
	assert_int_equal(plan->num_funcs, 0);
	assert_int_equal(plan_num_traced(plan), 0);
	for (uint32_t i = 0; i < plan->num_sites; i++)
		check_state_site(plan, i);
	if (!program->unoptimized && plan->num_omissions)
		fail_msg("1.%u: %s: %s", program->minor, plan->omissions[0].func->name,
			 plan->omissions[0].reason);
}

/* ---- no swap of a state is missed ---- */

struct swap {
	uint32_t end; /* the instruction behind it */
	uint8_t g, status; /* registers */
};

/* f0 [REX] 0f b1 MODRM DISPLACEMENT, as bytes. */
static bool is_swap(const uint8_t *code, size_t size, uint32_t atomicstatus, struct swap *swap)
{
	uint8_t rex = 0, modrm;
	size_t i = 0;
	uint32_t displacement;

	if (size < 10 || code[i++] != 0xf0)
		return false;
	if ((code[i] & 0xf0) == 0x40)
		rex = code[i++];
	if (rex & 8 || code[i] != 0x0f || code[i + 1] != 0xb1)
		return false;
	modrm = code[i + 2];
	i += 3;
	if (modrm >> 6 != 2)
		return false;
	i += (modrm & 7) == 4; /* SIB: R12, or an index */
	memcpy(&displacement, code + i, 4);
	swap->g = (modrm & 7u) | (rex & 1u) << 3;
	swap->status = (modrm >> 3 & 7u) | (rex & 4u) << 1;
	return displacement == atomicstatus;
}

static void check_swap(const struct built *program, const struct plan *plan,
		       const struct gobin_func *func, const struct swap *swap)
{
	const struct plan_func *own = find_own(plan, func->name);
	const struct site *site;

	if (!own || !own->num_sites || own->func != func)
		fail_msg("1.%u: %s+%u changes a goroutine's state unseen", program->minor,
			 func->name, swap->end);
	if (plan->sites[own->first_site].kind != SITE_STATE_SWAP)
		return;
	site = find_site(plan, own, func->va + swap->end);
	if (site) {
		assert_false(site->flags & SITE_SWAP_TESTED);
	} else {
		/* sete, of three bytes or four; test, of two or three */
		for (uint32_t i = 5; !site && i <= 7; i++)
			site = find_site(plan, own, func->va + swap->end + i);
		assert_non_null(site);
		assert_true(site->flags & SITE_SWAP_TESTED);
		assert_int_equal(site->cost, SITE_EMULATED);
	}
	assert_int_equal(site->g_register, swap->g);
	assert_int_equal(site->new_register, swap->status);
}

static size_t sweep_func(const struct built *program, const struct plan *plan,
			 const struct gobin_func *func, uint32_t atomicstatus)
{
	size_t size = func->size, count = 0;
	const uint8_t *code = gobin_bytes(program->bin, func->va, &size);
	ZydisDecoder decoder;
	ZydisDecoderContext context;
	ZydisDecodedInstruction insn;
	struct swap swap;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (uint32_t offset = 0; code && offset < size; offset += insn.length) {
		if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, &context, code + offset,
								size - offset, &insn)))
			break; /* data in assembly */
		swap.end = offset + insn.length;
		if (!is_swap(code + offset, size - offset, atomicstatus, &swap))
			continue;
		check_swap(program, plan, func, &swap);
		count++;
	}
	return count;
}

static void test_no_change_is_missed(void **state)
{
	struct programs *programs = *state;

	for (size_t i = 0; i < programs->count; i++) {
		const struct built *program = &programs->items[i];
		size_t num_funcs, num_swaps = 0;
		const struct gobin_func *funcs = gobin_funcs(program->bin, &num_funcs);
		struct gobin_layout layout;
		struct plan plan;

		must(gobin_layout(program->bin, &layout));
		make_states(program, &plan);
		for (size_t j = 0; j < num_funcs; j++) {
			if (!strncmp(funcs[j].name, "runtime.", 8))
				num_swaps += sweep_func(program, &plan, &funcs[j],
							layout.g_atomicstatus);
		}
		/* casgstatus, casGToPreemptScan, casGFromPreempted, castogscanstatus,
		 * casfrom_Gscanstatus; coroswitch_m two */
		if (program->profiled)
			assert_true(num_swaps >= 7 + 3);
		if (!program->unoptimized)
			assert_true(num_swaps >= (program->pulls ? 7 : 5));
		plan_destroy(&plan);
	}
}

/* ---- each function's sites ---- */

/* What push and sub have done to rsp from the function's first byte up to `end`. */
static uint32_t pushed_bytes(const uint8_t *code, size_t end)
{
	ZydisDecoder decoder;
	ZydisDecoderContext context;
	ZydisDecodedInstruction insn;
	uint32_t pushed = 0;
	size_t i;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (i = 0; i < end; i += insn.length) {
		assert_true(ZYAN_SUCCESS(
			ZydisDecoderDecodeInstruction(&decoder, &context, code + i, 16, &insn)));
		if (code[i] == 0x55) /* push %rbp */
			pushed += 8;
		else if (!memcmp(code + i, "\x48\x83\xec", 3)) /* sub $N,%rsp */
			pushed += code[i + 3];
		else if (!memcmp(code + i, "\x48\x83\xc4", 3)) /* add $-N,%rsp */
			pushed -= (uint32_t)(int8_t)code[i + 3];
	}
	assert_int_equal(i, end);
	return pushed;
}

static void check_arguments(const struct built *program, const struct plan *plan, const char *name)
{
	const struct plan_func *func = find_own(plan, name);
	const struct site *site;
	const uint8_t *code;

	assert_non_null(func);
	assert_int_equal(func->num_sites, 1);
	site = &plan->sites[func->first_site];
	code = bytes_at(program->bin, func->func->va, 64);
	assert_int_equal(site->kind, SITE_STATE_ARGS);
	assert_int_equal(site->cost, SITE_EMULATED);
	assert_int_equal(site->sp_delta, pushed_bytes(code, site->va - func->func->va));
	assert_int_equal(!!(site->flags & SITE_BEHIND_CHECK),
			 !strcmp(plan->mnemonics[func->first_site], "jbe"));
	assert_false(site->flags & (SITE_TLS | SITE_MAY_REPEAT));
	if (strcmp(name, "runtime.casgstatus"))
		return;
	if (program->minor >= MINOR_FRAME) {
		assert_int_equal(site->va, func->func->va);
		return;
	}
	/* behind bt $0xc,%ebx, and rsp has moved */
	assert_memory_equal(bytes_at(program->bin, site->va - 4, 4), "\x0f\xba\xe3\x0c", 4);
	assert_true(site->sp_delta > 0);
}

static void check_entry(const struct plan *plan, const char *name, enum site_kind kind, bool wanted)
{
	const struct plan_func *func = find_own(plan, name);

	assert_int_equal(func != NULL, wanted);
	if (!func)
		return;
	assert_int_equal(func->num_sites, 1);
	assert_int_equal(plan->sites[func->first_site].kind, kind);
	assert_int_equal(plan->sites[func->first_site].cost, SITE_EMULATED);
	assert_int_equal(plan->sites[func->first_site].sp_delta, 0);
}

static void check_go(const struct built *program, const struct plan *plan)
{
	const struct plan_func *func = find_own(plan, "runtime.newproc1");

	assert_non_null(func);
	assert_true(func->num_sites > 0);
	for (uint32_t i = 0; i < func->num_sites; i++) {
		const struct site *site = &plan->sites[func->first_site + i];

		assert_int_equal(site->kind, SITE_GO);
		assert_int_equal(site->flags, 0);
		if (program->unoptimized) {
			assert_int_equal(*bytes_at(program->bin, site->va, 1), 0xc3);
			continue;
		}
		/* jne of releasem(), behind which AX is as it is returned */
		assert_int_equal(site->cost, SITE_EMULATED);
		assert_int_equal(*bytes_at(program->bin, site->va, 1), 0x75);
	}
}

/* Where newproc1 is a part of its caller, and then maybe casgstatus of both. */
static void check_go_inlined(const struct built *program, const struct plan *plan)
{
	const struct plan_func *func = find_own(plan, "runtime.newproc.func1");

	assert_int_equal(func != NULL, program->profiled);
	if (!func)
		return;
	assert_int_equal(func->num_sites, 2); /* IDLE to DEAD, DEAD to RUNNABLE */
	for (uint32_t i = 0; i < func->num_sites; i++) {
		const struct site *site = &plan->sites[func->first_site + i];

		assert_true(site->flags & SITE_BIRTH);
		assert_true(site->kind == SITE_STATE_ARGS || site->kind == SITE_STATE_SWAP);
		if (site->kind == SITE_STATE_ARGS)
			assert_string_equal(plan->mnemonics[func->first_site + i], "call");
	}
}

static void test_sites(void **state)
{
	struct programs *programs = *state;

	for (size_t i = 0; i < programs->count; i++) {
		const struct built *program = &programs->items[i];
		const struct plan_func *switches;
		struct plan plan;

		make_states(program, &plan);
		check_arguments(program, &plan, "runtime.casgstatus");
		check_go(program, &plan);
		check_go_inlined(program, &plan);
		if (program->profiled) { /* then the others are parts of their callers */
			plan_destroy(&plan);
			continue;
		}
		check_arguments(program, &plan, "runtime.casGToPreemptScan");
		check_arguments(program, &plan, "runtime.casfrom_Gscanstatus");
		check_entry(&plan, "runtime.reentersyscall", SITE_SYSCALL_ENTER,
			    program->minor >= MINOR_SWAP);
		check_entry(&plan, "runtime.exitsyscall", SITE_SYSCALL_EXIT,
			    program->minor >= MINOR_SWAP);
		switches = find_own(&plan, "runtime.coroswitch_m");
		assert_int_equal(switches != NULL, program->pulls);
		if (switches)
			assert_int_equal(switches->num_sites, program->unoptimized ? 0 : 2);
		plan_destroy(&plan);
	}
}

static void test_stripped(void **state)
{
	struct programs *programs = *state;

	for (size_t i = 1; i < programs->count; i++) {
		const struct built *program = &programs->items[i];
		struct plan plan, stripped;

		/* each is built behind its like */
		if (!program->stripped)
			continue;
		make_states(&program[-1], &plan);
		make_states(program, &stripped);
		assert_int_equal(plan.num_funcs, stripped.num_funcs);
		assert_int_equal(plan.num_sites, stripped.num_sites);
		for (size_t j = 0; j < plan.num_sites; j++) {
			const struct site *a = &plan.sites[j], *b = &stripped.sites[j];
			const struct gobin_func *of_a = plan_site_func(&plan, a);
			const struct gobin_func *of_b = plan_site_func(&stripped, b);

			assert_string_equal(of_a->name, of_b->name);
			assert_int_equal(a->va - of_a->va, b->va - of_b->va);
			assert_int_equal(a->kind, b->kind);
			assert_int_equal(a->flags, b->flags);
			assert_int_equal(a->sp_delta, b->sp_delta);
		}
		plan_destroy(&plan);
		plan_destroy(&stripped);
	}
}

/* ---- beside the user's own functions ---- */

/* Of sites of states, as bits; SITE_GO also for a SITE_BIRTH. */
static uint32_t kinds_of(const struct plan *plan)
{
	uint32_t kinds = 0;

	for (size_t i = 0; i < plan->num_runtime_funcs; i++) {
		for (uint32_t k = 0; k < plan->runtime_funcs[i].num_sites; k++) {
			const struct site *site =
				&plan->sites[plan->runtime_funcs[i].first_site + k];

			if (site_is_state(site))
				kinds |= 1u << site->kind;
			if (site->flags & SITE_BIRTH)
				kinds |= 1u << SITE_GO;
		}
	}
	return kinds;
}

static void test_selection(void **state)
{
	struct programs *programs = *state;
	char *everything[] = {"runtime.*"};
	char *without[] = {"main.*", "!runtime.casgstatus", "!runtime.newproc1"};

	for (size_t i = 0; i < programs->count; i++) {
		const struct built *program = &programs->items[i];
		bool swaps = program->pulls && !program->unoptimized;
		bool calls = program->minor >= MINOR_SWAP && !program->profiled;
		uint32_t states = 1u << SITE_STATE_ARGS | (uint32_t)swaps << SITE_STATE_SWAP |
				  (uint32_t)calls << SITE_SYSCALL_ENTER |
				  (uint32_t)calls << SITE_SYSCALL_EXIT;
		struct selection selection = {.functions = without, .num_functions = 3};
		struct run_options options = {0};
		struct plan plan;

		must(plan_make(program->bin, &selection, &options, &plan));
		assert_int_equal(kinds_of(&plan), 0);
		/* a coroutine ends without goexit0 */
		assert_int_equal(find_own(&plan, "runtime.gdestroy") != NULL, program->pulls);
		plan_destroy(&plan);

		options.states = true;
		must(plan_make(program->bin, &selection, &options, &plan));
		assert_int_equal(kinds_of(&plan), states);
		/* the garbage collector's marks are of no interest to a tree */
		assert_null(find_own(&plan, "runtime.castogscanstatus"));
		plan_destroy(&plan);

		options.states = false;
		options.follow = true;
		must(plan_make(program->bin, &selection, &options, &plan));
		assert_int_equal(kinds_of(&plan) & ~states, 1 << SITE_GO);
		if (!program->profiled)
			assert_int_equal(kinds_of(&plan), 1 << SITE_GO);
		plan_destroy(&plan);

		selection = (struct selection){.functions = everything, .num_functions = 1};
		options.states = true;
		must(plan_make(program->bin, &selection, &options, &plan));
		assert_int_equal(kinds_of(&plan), states | 1 << SITE_GO);
		plan_destroy(&plan);
	}
}

/* Where both are probed, each keeps its own site, flags, cookie and program. */
static void test_same_place(void **state)
{
	struct programs *programs = *state;
	char *functions[] = {"runtime.*"};
	const struct selection selection = {.functions = functions, .num_functions = 1};
	const struct run_options options = {.states = true, .follow = true};

	for (size_t i = 0; i < programs->count; i++) {
		const struct built *program = &programs->items[i];
		size_t num_shared = 0;
		struct plan plan;

		must(plan_make(program->bin, &selection, &options, &plan));
		for (uint32_t j = 0; j < plan.num_sites; j++) {
			const struct site *site = &plan.sites[j], *user;

			assert_int_equal(SITE_COOKIE_INDEX(plan_cookie(&plan, j)), j);
			if (strcmp(programs_name(site), "state_site")) {
				assert_false(site_is_state(site));
				continue;
			}
			check_state_site(&plan, j);
			assert_true(j >= plan.runtime_funcs[0].first_site);
			for (size_t k = 0; k < plan.num_funcs; k++) {
				if (plan.funcs[k].func != plan_site_func(&plan, site))
					continue;
				user = find_site(&plan, &plan.funcs[k], site->va);
				num_shared += user && !site_is_own(user);
			}
		}
		/* casgstatus' where its entry is cheap */
		assert_true(num_shared >= (program->minor >= MINOR_FRAME));
		plan_destroy(&plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_change_is_missed),
		cmocka_unit_test(test_sites),
		cmocka_unit_test(test_stripped),
		cmocka_unit_test(test_selection),
		cmocka_unit_test(test_same_place),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
