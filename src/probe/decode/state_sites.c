/* SPDX-License-Identifier: MIT */
/* state_sites.c - finds the instructions at which a goroutine's change of state can be seen. */
#include "probe/decode/state_sites.h"

#include <string.h>

#include "base/cleanup.h"
#include "probe/decode/func_code.h"
#include "probe/decode/state_code.h"

/* A function as the finders need it. */
struct subject {
	struct gobin *bin;
	struct code code;
	struct decoded decoded;
	struct sweep sweep;
	uint32_t atomicstatus; /* its displacement from g */
};

static void find_arguments(const struct subject *subject, struct state_func *found)
{
	struct decoded_site site;

	if (subject->decoded.sites[0].cost == SITE_EMULATED ||
	    !state_find_arguments(&subject->code, &subject->sweep, &site))
		site = subject->decoded.sites[0];
	state_func_add(found, &site, SITE_STATE_ARGS);
}

static void find_swaps(const struct subject *subject, struct state_func *found)
{
	state_find_swaps(&subject->code, subject->atomicstatus, found);
	/* Built without optimization, it calls internal/runtime/atomic's CompareAndSwap. */
	if (!found->num_sites && !found->left_out)
		state_func_leave_out(
			found, 0,
			"how it changes a goroutine's state is not known (built without optimization?)");
}

/*
 * Before Go 1.26 they call casgstatus. Since then they have a swap of their own, and the entry
 * costs less, but where the kernel steps it; when there are more, casgstatus was put into it.
 */
static void find_syscall(const struct subject *subject, struct state_func *found,
			 enum site_kind kind)
{
	state_find_swaps(&subject->code, subject->atomicstatus, found);
	if (gobin_minor_version(subject->bin) < 26 || found->num_sites > 1)
		return;
	if (found->num_sites && found->sites[0].cost == SITE_EMULATED &&
	    subject->decoded.sites[0].cost != SITE_EMULATED)
		return;
	found->num_sites = 0;
	found->left_out = NULL;
	state_func_add(found, &subject->decoded.sites[0], kind);
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

		if (site.kind == SITE_TAIL_CALL)
			continue;
		if (site.cost != SITE_EMULATED)
			state_find_before_return(&subject->code, site.offset, &site);
		site.flags = 0;
		state_func_add(found, &site, SITE_GO);
	}
	if (!found->num_sites)
		state_func_leave_out(found, 0, "it never returns");
}

static bool is_call_of(struct gobin *bin, const struct insn *insn, uint64_t func_va,
		       const char *name)
{
	const struct gobin_func *func;
	uint64_t to = func_va + (uint64_t)insn->target;

	if (insn->kind != INSN_CALL || !insn->has_target)
		return false;
	func = gobin_func_at(bin, to);
	return func && func->va == to && !strcmp(func->name, name);
}

/*
 * A caller of newproc1, unless a profile made the compiler put newproc1 into it: then a goroutine
 * begins with its first change of state, or, before Go 1.24, has no id yet.
 */
static void find_go_inlined(const struct subject *subject, struct state_func *found)
{
	const struct code *code = &subject->code;
	struct insn insn;
	struct decoded_site site;

	state_find_swaps(code, subject->atomicstatus, found);
	for (uint32_t offset = 0; code_instruction(code, offset, &insn); offset += insn.length) {
		uint64_t va = found->func->va;

		if (is_call_of(subject->bin, &insn, va, "runtime.newproc1")) {
			found->num_sites = 0;
			found->left_out = NULL;
			return;
		}
		if (!is_call_of(subject->bin, &insn, va, "runtime.casgstatus") ||
		    !code_site(code, offset, &site))
			continue;
		state_func_add(found, &site, SITE_STATE_ARGS);
	}
	for (size_t i = 0; i < found->num_sites; i++)
		found->sites[i].flags |= SITE_BIRTH;
	if (gobin_minor_version(subject->bin) < 24)
		found->num_sites = 0;
	if (!found->num_sites)
		state_func_leave_out(
			found, 0,
			"runtime.newproc1 was made a part of it, and where it starts goroutines is not known");
}

/* ---- all of them ---- */

#define STATES (STATES_OF_TREES | STATES_ALL)
#define BIRTHS (STATES_FOLLOW | STATES_ALL | STATES_STARTED)
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
	{"runtime.newproc1", find_go, BIRTHS, STATES_FOLLOW},
	{"runtime.newproc.func1", find_go_inlined, BIRTHS, 0},
	{"runtime.newcoro.func1", find_go_inlined, BIRTHS, 0},
	{"runtime.casGFromPreempted", find_swaps, STATES_ALL, 0},
	{"runtime.castogscanstatus", find_swaps, STATES_ALL, 0},
	/* throws when it fails */
	{"runtime.casfrom_Gscanstatus", find_arguments, STATES_ALL, 0},
	{"runtime.allGsSnapshotSortedForGC", find_swaps, STATES_ALL, 0}, /* from Go 1.26 */
};
#define TABLE_SIZE (sizeof(table) / sizeof(*table))

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
	code_release(&subject->code);
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

	code->arch = gobin_arch(bin);
	code->bytes = func_code(bin, found->func, &code->size);
	if (!code->bytes) {
		state_func_leave_out(found, 0, "its code is not in the file");
		return NULL;
	}
	err = decode_function(code->arch, code->bytes, code->size, &subject.decoded);
	if (err)
		return err;
	if (subject.decoded.refused) {
		state_func_leave_out(found, subject.decoded.refused_offset,
				     subject.decoded.refused);
		return NULL;
	}
	if (!code_mark(code))
		return error_out_of_memory();
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
		return error_new(
			"cannot %s: %s has no function %s, which is what Go's runtime does it with (its version is %s)",
			what, gobin_path(bin), name, gobin_version(bin));
	return error_new("cannot %s: %s of %s, which does it, cannot be probed: %s", what, name,
			 gobin_path(bin), reason);
}

struct search {
	struct gobin *bin;
	unsigned purposes;
	uint32_t atomicstatus;
	const struct gobin_func *funcs[TABLE_SIZE]; /* by row; NULL: not there */
	struct error *(*visit)(void *context, const struct state_func *found);
	void *context;
};

static struct error *visit_table(const struct search *search)
{
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		struct state_func found = {.func = search->funcs[i]};
		unsigned required = table[i].required & search->purposes;
		struct error *err = NULL;

		if (!(table[i].purposes & search->purposes))
			continue;
		if (found.func)
			err = find_sites(search->bin, i, search->atomicstatus, &found);
		if (!err && required && !found.num_sites)
			err = required_error(search->bin, table[i].name, required, found.left_out);
		if (!err && (found.num_sites || found.left_out))
			err = search->visit(search->context, &found);
		if (err)
			return err;
	}
	return NULL;
}

static bool is_in_table(const struct search *search, const struct gobin_func *func)
{
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		if (search->funcs[i] == func)
			return true;
	}
	return false;
}

/* Those that one of the table was put into. */
static struct error *visit_others(const struct search *search)
{
	struct error *err = NULL;
	size_t count;
	const struct gobin_func *funcs = gobin_funcs(search->bin, &count);

	for (size_t i = 0; !err && i < count; i++) {
		_cleanup_(code_release) struct code code = {.arch = gobin_arch(search->bin)};
		struct state_func found;

		if (strncmp(funcs[i].name, "runtime.", 8) || is_in_table(search, &funcs[i]))
			continue;
		code.bytes = func_code(search->bin, &funcs[i], &code.size);
		if (!code.bytes || code.size > INT32_MAX ||
		    !code.arch->may_swap(code.bytes, code.size))
			continue;
		if (!code_mark(&code))
			return error_out_of_memory();
		found = (struct state_func){.func = &funcs[i]};
		state_find_swaps(&code, search->atomicstatus, &found);
		if (found.num_sites || found.left_out)
			err = search->visit(search->context, &found);
	}
	return err;
}

static struct error *check_runtime(const struct gobin *bin)
{
	switch (gobin_runtime(bin)) {
	case GOBIN_RUNTIME_IN_PROGRAM:
		return error_new(
			"%s is a Go plugin: the states of its goroutines are changed by the program that loads it; trace them there",
			gobin_path(bin));
	case GOBIN_RUNTIME_IN_LIBRARY:
		return error_new(
			"%s has no Go runtime of its own (-linkshared): the states of its goroutines are changed by the shared library that has; trace them there",
			gobin_path(bin));
	default:
		return NULL;
	}
}

struct error *state_sites_find(struct gobin *bin, unsigned purposes,
			       struct error *(*visit)(void *context,
						      const struct state_func *found),
			       void *context)
{
	struct search search = {
		.bin = bin, .purposes = purposes, .visit = visit, .context = context};
	struct gobin_layout layout;
	struct error *err = check_runtime(bin);

	if (!err)
		err = gobin_layout(bin, &layout);

	if (err)
		return err;
	search.atomicstatus = layout.g_atomicstatus;
	find_funcs(bin, search.funcs);
	err = visit_table(&search);
	if (!err && purposes & STATES)
		err = visit_others(&search);
	return err;
}
