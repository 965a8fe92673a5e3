/* SPDX-License-Identifier: MIT */
/*
 * empty - attaches a BPF program that does nothing where the tracer would attach its own: what the
 * tracer's costs are compared with.
 *
 *   bench-empty [-a METHOD] [-1] [-s] [-u GLOB]... BINARY [TARGET...]
 *
 * Prints "attached METHOD SITES SECONDS" when it is attached, waits for the end of standard input,
 * detaches and prints "detached SECONDS". -1 puts entry probes on the functions' first bytes, where
 * other tools have them; -s adds the sites of --states.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "base/log.h"
#include "gofuncgraph/gobin.h"
#include "gofuncgraph/attach.h"
#include "gofuncgraph/plan.h"
#include "gofuncgraph/run_options.h"

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static int load_empty_program(enum attach_method method)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K}, /* r0 = 0 */
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options,
		    .expected_attach_type = (enum bpf_attach_type)attach_program_type(method));

	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "empty", "GPL", code, 2, &options);
}

static struct error *move_to_first_bytes(struct plan *plan)
{
	for (size_t i = 0; i < plan->num_sites; i++) {
		struct site *site = &plan->sites[i];
		uint64_t off;

		if (site->kind != SITE_ENTRY)
			continue;
		site->va = plan_site_func(plan, site)->va;
		if (!gobin_va_to_off(plan->bin, site->va, &off))
			return error_new("a function's first byte is not in the file");
		site->off = off;
	}
	return NULL;
}

static struct error *attach_and_wait(const struct plan *plan, enum attach_method method)
{
	struct attach_options options = {.method = method, .num_programs = 1};
	const struct attach_file file = {.fd = gobin_fd(plan->bin),
					 .path = gobin_path(plan->bin),
					 .stat = *gobin_stat(plan->bin)};
	_cleanup_free_ struct attach_site *sites = calloc(plan->num_sites, sizeof(*sites));
	struct attachment *attachment = NULL;
	struct error *err;
	double begun;
	char byte;
	int fd = load_empty_program(method);

	if (fd < 0)
		return error_errno(errno, "cannot load a BPF program; run it as root");
	for (size_t i = 0; sites && i < plan->num_sites; i++)
		sites[i] =
			(struct attach_site){.off = plan->sites[i].off,
					     .name = plan_site_func(plan, &plan->sites[i])->name};
	options.program_fds[0] = fd;
	/* Without cookies in use there is nothing that the program would miss. */
	options.has_cookies = method == ATTACH_UPROBE_MULTI;
	begun = seconds();
	err = sites ? attachment_start(&file, sites, plan->num_sites, &options, &attachment)
		    : error_out_of_memory();
	if (!err) {
		printf("attached %s %zu %.6f\n", attach_method_name(method),
		       attachment_num_sites(attachment), seconds() - begun);
		fflush(stdout);
		while (read(STDIN_FILENO, &byte, 1) > 0)
			;
		begun = seconds();
		attachment_stop(attachment);
		printf("detached %.6f\n", seconds() - begun);
	}
	close(fd);
	return err;
}

static struct error *run(const char *path, const struct selection *selection,
			 const struct run_options *options, bool first_byte)
{
	struct gobin *bin = NULL;
	struct plan plan = {0};
	struct error *err = gobin_open(path, &bin);

	if (!err)
		err = plan_make(bin, selection, options, &plan);
	if (!err && first_byte)
		err = move_to_first_bytes(&plan);
	if (!err)
		err = attach_and_wait(&plan, options->method);
	plan_destroy(&plan);
	gobin_close(bin);
	return err;
}

static enum attach_method method_named(const char *name)
{
	for (enum attach_method m = ATTACH_UPROBE_MULTI; m <= ATTACH_PERF_EVENT; m++)
		if (!strcmp(name, attach_method_name(m)))
			return m;
	return ATTACH_AUTO;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	char *functions[16];
	struct selection selection = {.functions = functions};
	struct run_options options = {.method = ATTACH_AUTO};
	bool first_byte = false;
	int option;

	while ((option = getopt(argc, argv, "a:1su:")) != -1) {
		if (option == 'a')
			options.method = method_named(optarg);
		else if (option == '1')
			first_byte = true;
		else if (option == 's')
			options.states = true;
		else if (option == 'u' && selection.num_functions < 16)
			functions[selection.num_functions++] = optarg;
		else
			return 2;
	}
	if (optind >= argc)
		return 2;
	if (options.method == ATTACH_AUTO)
		options.method = attach_best_method();
	selection.targets = argv + optind + 1;
	selection.num_targets = argc - optind - 1;
	err = run(argv[optind], &selection, &options, first_byte);
	if (err)
		log_error("%s", error_message(err));
	return err ? 1 : 0;
}
