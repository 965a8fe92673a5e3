/* SPDX-License-Identifier: MIT */
/*
 * stacks - looks whether only goroutines run what the plan says that only goroutines run.
 *
 *   stacks BINARY
 *
 * Probes the entries of all functions without SITE_ANY_STACK with a program of its own, which reads the
 * id of the g in use. Prints "attached SITES", waits for the end of standard input, and prints the name
 * of each function that ran with a g that has none, and last "hits HITS". x86-64 only.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "base/log.h"
#include "gofuncgraph/attach.h"
#include "gofuncgraph/gobin.h"
#include "gofuncgraph/plan.h"

#define R14 8 /* in struct pt_regs, arch/x86/include/uapi/asm/ptrace.h */

/* Where the program keeps things, from its frame pointer. */
enum { INDEX = -4, GOID = -16, ZERO = -24 };

#define REGISTER(n)    BPF_REG_##n
#define MOVE(to, from) {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = to, .src_reg = from}
#define SET(to, value) {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = to, .imm = value}
#define ADD(to, value) {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = to, .imm = value}
#define CALL(helper)   {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_##helper}
#define LOAD(to, from, at)                                                                         \
	{.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = to, .src_reg = from, .off = at}
#define STORE(size, at, from)                                                                      \
	{.code = BPF_STX | BPF_MEM | size, .dst_reg = 10, .src_reg = from, .off = at}
#define JUMP_UNLESS_0(reg, over) {.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = reg, .off = over}
#define JUMP_IF_0(reg, over)     {.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = reg, .off = over}
#define MAP(to, fd)                                                                                \
	{.code = BPF_LD | BPF_IMM | BPF_DW,                                                        \
	 .dst_reg = to,                                                                            \
	 .src_reg = BPF_PSEUDO_MAP_FD,                                                             \
	 .imm = fd},                                                                               \
	{                                                                                          \
	}

static int load_program(enum attach_method method, uint32_t goid, int offenders, int hits)
{
	const struct bpf_insn code[] = {
		LOAD(6, 1, R14),
		CALL(get_attach_cookie),
		STORE(BPF_W, INDEX, 0),
		SET(0, 0),
		STORE(BPF_DW, GOID, 0),
		STORE(BPF_DW, ZERO, 0),
		MOVE(1, 10),
		ADD(1, GOID),
		SET(2, 8),
		MOVE(3, 6),
		ADD(3, (int32_t)goid),
		CALL(probe_read_user),
		JUMP_UNLESS_0(0, 20), /* unreadable */
		LOAD(1, 10, GOID),
		JUMP_UNLESS_0(1, 8),
		MAP(1, offenders),
		MOVE(2, 10),
		ADD(2, INDEX),
		MOVE(3, 10),
		ADD(3, ZERO),
		SET(4, BPF_ANY),
		CALL(map_update_elem),
		MAP(1, hits),
		MOVE(2, 10),
		ADD(2, ZERO),
		CALL(map_lookup_elem),
		JUMP_IF_0(0, 2),
		SET(1, 1),
		{.code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = 0, .src_reg = 1, .imm = BPF_ADD},
		SET(0, 0),
		{.code = BPF_JMP | BPF_EXIT},
		SET(0, 0),
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options,
		    .expected_attach_type = (enum bpf_attach_type)attach_program_type(method));

	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "stacks", "GPL", code,
			     sizeof(code) / sizeof(*code), &options);
}

/* Returns how many there are. */
static size_t choose_sites(const struct plan *plan, struct attach_site *sites)
{
	size_t count = 0;

	for (uint32_t i = 0; i < plan->num_sites; i++) {
		const struct site *site = &plan->sites[i];

		if (site->kind == SITE_ENTRY && !(site->flags & (SITE_ANY_STACK | SITE_TLS)))
			sites[count++] =
				(struct attach_site){.off = site->off,
						     .cookie = plan_cookie(plan, i),
						     .name = plan_site_func(plan, site)->name};
	}
	return count;
}

static void report(const struct plan *plan, int offenders, int hits)
{
	uint32_t zero = 0, index, *previous = NULL;
	uint64_t count = 0;

	for (; !bpf_map_get_next_key(offenders, previous, &index); previous = &index)
		printf("%s\n", plan_site_func(plan, &plan->sites[index])->name);
	bpf_map_lookup_elem(hits, &zero, &count);
	printf("hits %" PRIu64 "\n", count);
}

static struct error *look(const struct plan *plan, uint32_t goid)
{
	enum attach_method method = attach_best_method();
	int offenders = bpf_map_create(BPF_MAP_TYPE_HASH, "offenders", 4, 8, 1 << 16, NULL);
	int hits = bpf_map_create(BPF_MAP_TYPE_ARRAY, "hits", 4, 8, 1, NULL);
	struct attach_options options = {
		.method = method,
		.program_fds = {load_program(method, goid, offenders, hits)},
		.num_programs = 1,
		.has_cookies = true};
	const struct attach_file file = {.fd = gobin_fd(plan->bin),
					 .path = gobin_path(plan->bin),
					 .stat = *gobin_stat(plan->bin)};
	_cleanup_free_ struct attach_site *sites = calloc(plan->num_sites + 1, sizeof(*sites));
	struct attachment *attachment = NULL;
	struct error *err;
	char byte;

	if (options.program_fds[0] < 0)
		return error_errno(errno, "cannot load a BPF program; run it as root");
	if (!sites)
		return error_out_of_memory();
	err = attachment_start(&file, sites, choose_sites(plan, sites), &options, &attachment);
	if (err)
		return err;
	printf("attached %zu\n", attachment_num_sites(attachment));
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	attachment_stop(attachment);
	report(plan, offenders, hits);
	return NULL;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	char *everything[] = {"*"};
	struct selection selection = {.functions = everything, .num_functions = 1};
	struct gobin_layout layout;
	struct gobin *bin = NULL;
	struct plan plan = {0};

	if (argc != 2)
		return 2;
	err = gobin_open(argv[1], &bin);
	if (!err)
		err = gobin_layout(bin, &layout);
	if (!err)
		err = plan_make(bin, &selection, NULL, &plan);
	if (!err)
		err = look(&plan, layout.g_goid);
	if (err)
		log_error("%s", error_message(err));
	plan_destroy(&plan);
	gobin_close(bin);
	return err ? 1 : 0;
}
