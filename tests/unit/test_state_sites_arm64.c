/* SPDX-License-Identifier: MIT */
/*
 * test_state_sites_arm64.c - test_state_sites.c for programs of arm64: of every toolchain at hand, no
 * change of a goroutine's state may be missed.
 */
#include "state_programs.h"

#include "gofuncgraph/run_options.h"

#define MOST_INSNS_BEFORE 128 /* the address of a swap is computed not further before it */

/* One that switches coroutines if it can, and that one stripped. */
static void build_two(struct programs *programs, const struct go_toolchain *go)
{
	bool pulls = atoi(go->name + 2) >= MINOR_PULL;

	build(programs, go, pulls, "");
	build(programs, go, pulls, "-ldflags='-s -w'");
}

static int setup(void **state)
{
	static struct programs programs;
	struct go_toolchain newest = {.root = ""}, go;
	char version[16];

	if (!go_folder(programs.folder))
		return -1;
	*state = &programs;
	for (int minor = 17; minor < 60; minor++) {
		snprintf(version, sizeof(version), "1.%d", minor);
		if (!go_toolchain_find(&go, version))
			continue;
		go.goarch = "arm64";
		newest = go;
		build_two(&programs, &go);
	}
	if (!programs.count)
		return 0;
	build(&programs, &newest, programs.items[programs.count - 1].pulls,
	      "-ldflags='-s -w' -buildmode=pie");
	if (programs.items[programs.count - 1].pulls)
		build_profiled(&programs, &newest);
	return 0;
}

static uint32_t word_at(const uint8_t *code, size_t offset)
{
	uint32_t word;

	memcpy(&word, code + offset, sizeof(word));
	return word;
}

static void make_states(const struct built *program, struct plan *plan)
{
	must(plan_make_states(program->bin, plan));
	assert_ptr_equal(gobin_arch(program->bin), &arch_arm64);
	if (plan->num_omissions)
		fail_msg("1.%u: %s: %s", program->minor, plan->omissions[0].func->name,
			 plan->omissions[0].reason);
	for (uint32_t i = 0; i < plan->num_sites; i++) {
		const struct site *site = &plan->sites[i];
		struct code code = {.arch = &arch_arm64,
				    .bytes = bytes_at(program->bin, site->va, 4),
				    .size = 4};

		assert_true(site_is_state(site));
		assert_null(arch_arm64.refusal(&code, 0));
	}
}

/* ---- no swap of a state is missed ---- */

struct swap {
	size_t end, joined; /* the instruction behind it, or where that jumps to */
	uint32_t address, old_status, new_status; /* registers */
};

/* The nearest `add xADDRESS,xM,#N` before it has N = atomicstatus. */
static bool is_of_status(const uint8_t *code, size_t offset, uint32_t address,
			 uint32_t atomicstatus)
{
	for (size_t i = 1; i <= MOST_INSNS_BEFORE && i * 4 <= offset; i++) {
		uint32_t word = word_at(code, offset - i * 4);

		if ((word & 0xffc0001f) == (0x91000000 | address))
			return (word >> 10 & 0xfff) == atomicstatus;
	}
	return false;
}

/* stlxr wS,wNEW,[xADDRESS]; cbnz wS,..; cset: three instructions behind `ldaxr; cmp wS,wOLD; b.ne`.
 * Or casal wS,wNEW,[xADDRESS]; cmp wS,wOLD; cset; and maybe a jump over the other one. */
static bool is_swap(const uint8_t *code, size_t size, size_t offset, struct swap *swap)
{
	uint32_t word = word_at(code, offset);

	if ((word & 0xffe0fc00) == 0x8800fc00 && offset >= 12) {
		swap->old_status = word_at(code, offset - 8) >> 16 & 31;
		swap->end = swap->joined = offset + 12;
	} else if ((word & 0xffe0fc00) == 0x88e0fc00 && offset + 16 <= size) {
		uint32_t jump = word_at(code, offset + 12);

		swap->old_status = word_at(code, offset + 4) >> 16 & 31;
		swap->end = swap->joined = offset + 12;
		if ((jump & 0xfe000000) == 0x14000000)
			swap->joined += (jump & 0x1ffffff) * 4;
	} else {
		return false;
	}
	swap->address = word >> 5 & 31;
	swap->new_status = word & 31;
	return true;
}

static void check_swap(const struct built *program, const struct plan *plan,
		       const struct gobin_func *func, const struct swap *swap)
{
	const struct plan_func *own = find_own(plan, func->name);
	const struct site *site;

	if (!own || !own->num_sites || own->func != func)
		fail_msg("1.%u: %s+%zu changes a goroutine's state unseen", program->minor,
			 func->name, swap->end);
	if (plan->sites[own->first_site].kind != SITE_STATE_SWAP)
		return;
	site = find_site(plan, own, func->va + swap->end)
		       ?: find_site(plan, own, func->va + swap->joined);
	if (!site)
		fail_msg("1.%u: %s+%zu: no site behind the swap", program->minor, func->name,
			 swap->end);
	assert_int_equal(site->flags & ~(uint32_t)SITE_BIRTH, SITE_SWAP_AT_STATUS);
	assert_int_equal(site->g_register, swap->address);
	assert_int_equal(site->old_register, swap->old_status);
	assert_int_equal(site->new_register, swap->new_status);
}

/* Those of the way without casal, which all have. */
static size_t sweep_func(const struct built *program, const struct plan *plan,
			 const struct gobin_func *func, uint32_t atomicstatus)
{
	size_t size = func->size, count = 0;
	const uint8_t *code = gobin_bytes(program->bin, func->va, &size);

	for (size_t offset = 0; code && offset + 4 <= size; offset += 4) {
		struct swap swap;

		if (!is_swap(code, size, offset, &swap) ||
		    !is_of_status(code, offset, swap.address, atomicstatus))
			continue;
		check_swap(program, plan, func, &swap);
		count += (word_at(code, offset) & 0xffe0fc00) == 0x8800fc00;
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
		if (num_swaps < (program->profiled ? 10u : program->pulls ? 7u : 5u))
			fail_msg("1.%u: %zu swaps", program->minor, num_swaps);
		plan_destroy(&plan);
	}
}

/* ---- each function's sites ---- */

/* The site at which all three arguments are in their registers, x30 too, and how far sp is. */
static void check_arguments(const struct built *program, const struct plan *plan, const char *name)
{
	const struct plan_func *func = find_own(plan, name);
	const struct site *site;
	const uint8_t *code;
	uint32_t word;

	assert_non_null(func);
	assert_int_equal(func->num_sites, 1);
	site = &plan->sites[func->first_site];
	code = bytes_at(program->bin, func->func->va, 64);
	assert_int_equal(site->kind, SITE_STATE_ARGS);
	assert_int_equal(site->cost, SITE_EMULATED);
	assert_false(site->flags & (SITE_TLS | SITE_MAY_REPEAT));
	if (strcmp(name, "runtime.casgstatus")) {
		assert_int_equal(site->flags, SITE_BEHIND_CHECK);
		assert_int_equal(site->sp_delta, 0);
		return;
	}
	/* at tbnz w1,#12; str x30,[sp,#-N]! is its first instruction */
	word = word_at(code, site->va - func->func->va);
	assert_int_equal(word & 0xfff8001f, 0x37600001);
	word = word_at(code, 0);
	assert_int_equal(word & 0xffe00fff, 0xf8000ffe);
	assert_int_equal(site->sp_delta, 512 - (word >> 12 & 0x1ff));
	for (uint64_t va = func->func->va + 4; va < site->va; va += 4) {
		word = word_at(code, va - func->func->va);
		/* stur x29 or stp, sub x29, str of the arguments */
		assert_true(word == 0xf81f83fd || word == 0xd10023fd ||
			    (word & 0xbfc003e0) == 0xb90003e0);
	}
}

static void check_go(const struct built *program, const struct plan *plan)
{
	const struct plan_func *func = find_own(plan, "runtime.newproc1");

	assert_non_null(func);
	assert_true(func->num_sites > 0);
	for (uint32_t i = 0; i < func->num_sites; i++) {
		const struct site *site = &plan->sites[func->first_site + i];

		assert_int_equal(site->kind, SITE_GO);
		assert_int_equal(word_at(bytes_at(program->bin, site->va, 4), 0), 0xd65f03c0);
	}
}

/* From Go 1.26: at the swap, since the entry would be stepped. */
static void check_syscall(const struct plan *plan, const char *name, bool wanted)
{
	const struct plan_func *func = find_own(plan, name);

	assert_int_equal(func != NULL, wanted);
	if (!func)
		return;
	assert_int_equal(func->num_sites, 1);
	assert_int_equal(plan->sites[func->first_site].kind, SITE_STATE_SWAP);
	assert_int_equal(plan->sites[func->first_site].cost, SITE_EMULATED);
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
		if (program->profiled) { /* the others are parts of their callers */
			plan_destroy(&plan);
			continue;
		}
		check_go(program, &plan);
		check_arguments(program, &plan, "runtime.casGToPreemptScan");
		check_arguments(program, &plan, "runtime.casfrom_Gscanstatus");
		check_syscall(&plan, "runtime.reentersyscall", program->minor >= MINOR_SWAP);
		check_syscall(&plan, "runtime.exitsyscall", program->minor >= MINOR_SWAP);
		switches = find_own(&plan, "runtime.coroswitch_m");
		assert_int_equal(switches != NULL, program->pulls);
		if (switches)
			assert_int_equal(switches->num_sites, 2);
		plan_destroy(&plan);
	}
}

static void test_stripped(void **state)
{
	struct programs *programs = *state;

	for (size_t i = 1; i < programs->count; i++) {
		struct plan plan, stripped;

		/* each is built behind its like */
		if (!programs->items[i].stripped || programs->items[i - 1].stripped)
			continue;
		make_states(&programs->items[i - 1], &plan);
		make_states(&programs->items[i], &stripped);
		assert_int_equal(plan.num_sites, stripped.num_sites);
		for (size_t j = 0; j < plan.num_sites; j++) {
			assert_int_equal(plan.sites[j].va, stripped.sites[j].va);
			assert_int_equal(plan.sites[j].kind, stripped.sites[j].kind);
			assert_int_equal(plan.sites[j].sp_delta, stripped.sites[j].sp_delta);
		}
		plan_destroy(&plan);
		plan_destroy(&stripped);
	}
}

/* The tracer's own: where a recovered panic goes on, where goroutines end and go on. */
static void test_own(void **state)
{
	struct programs *programs = *state;
	char *functions[] = {"main.*", "runtime.mcall"};
	const struct selection selection = {.functions = functions, .num_functions = 2};
	const struct run_options options = {.follow = true};

	for (size_t i = 0; i < programs->count; i++) {
		struct plan plan;
		uint32_t kinds = 0;

		must(plan_make(programs->items[i].bin, &selection, &options, &plan));
		for (size_t j = 0; j < plan.num_sites; j++)
			kinds |= 1u << plan.sites[j].kind;
		for (int kind = SITE_ENTRY; kind <= SITE_RESUME; kind++)
			if (!(kinds >> kind & 1))
				fail_msg("1.%u: no site of kind %d", programs->items[i].minor,
					 kind);
		assert_true(kinds >> SITE_GO & 1 || programs->items[i].profiled);
		plan_destroy(&plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_change_is_missed),
		cmocka_unit_test(test_sites),
		cmocka_unit_test(test_stripped),
		cmocka_unit_test(test_own),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
