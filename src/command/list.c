/* SPDX-License-Identifier: MIT */
/* list.c - what would be probed in a binary, and what would not, and why. Needs no privileges. */
#include <argp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/status_line.h"
#include "base/text.h"
#include "command/command.h"
#include "command/library.h"
#include "command/options.h"
#include "command/run_args.h"
#include "command/select_args.h"
#include "command/step.h"
#include "gofuncgraph/plan.h"
#include "probe/select/inlined.h"
#include "process/process.h"

/* Exits shown in a function's line. */
#define FEW 3

enum { KEY_NAMES = 0x5000 };

struct list_args {
	struct select_args select;
	struct run_args process; /* what -p says, and no more */
	bool names; /* alone */
	bool verbose;
};

static const struct argp_option options[] = {
	{"pid", 'p', "PID", 0,
	 "The functions of this process's executable, or of a LIBRARY that it has loaded",
	 OPTIONS_PROCESSES},
	{"TARGET", 0, NULL, OPTION_DOC,
	 "Functions whose calls would begin trees: names, or wildcards like GLOB",
	 OPTIONS_FUNCTIONS},
	{"names", KEY_NAMES, NULL, 0, "Print the names of functions alone, one a line",
	 OPTIONS_OUTPUT},
	{"verbose", 'v', NULL, 0,
	 "Print a line for every probe, and every place of inlined functions", OPTIONS_OUTPUT},
	{},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct list_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		args->process.binary = &args->select.binary;
		state->child_inputs[0] = &args->select;
		return 0;
	case 'p':
		run_args_take_pid(&args->process, arg, state);
		return 0;
	case KEY_NAMES:
		args->names = true;
		return 0;
	case 'v':
		args->verbose = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{&select_argp, 0, NULL, 0}, {&common_argp, 0, NULL, 0}, {}};

static const char doc[] =
	"Lists the functions that would be traced, with the places of their probes, and what cannot be traced and why. Needs no root.\n"
	"\n"
	"What this command line of tracing would probe:\n"
	"  gofuncgraph-c list -u 'net/http*' ./server '*handleBar'\n"
	"All functions of a program:\n"
	"  gofuncgraph-c list ./server\n"
	"\v"
	"Without -u and TARGET, all functions are listed.\n"
	"\n"
	"See gofuncgraph-c-list(8).\n";

const struct argp list_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[OPTION...] BINARY [TARGET...]\n"
		    "[OPTION...] -p PID [LIBRARY] [TARGET...]",
	.doc = doc,
	.children = children,
};

/* Prints hostile text. */
static void print_text(const char *text)
{
	_cleanup_free_ char *safe = text_escape(text, strlen(text));

	fputs(safe ? safe : "?", stdout);
}

static const char *cost_name(const struct site *site)
{
	return site->cost == SITE_EMULATED ? "emulated" : "single-step";
}

static const char *remarks(const struct site *site)
{
	if (site->flags & SITE_MAY_REPEAT)
		return ", in a loop";
	return site->flags & SITE_BEHIND_CHECK ? ", at the stack check" : "";
}

static uint64_t site_offset(const struct plan_func *func, const struct site *site)
{
	return site->va - func->func->va;
}

static const char *mnemonic(const struct plan *plan, const struct site *site)
{
	return plan->mnemonics[site - plan->sites];
}

static const char *site_kind(const struct site *site)
{
	switch (site->kind) {
	case SITE_ENTRY:
		return "entry";
	case SITE_RETURN:
		return "return";
	case SITE_TAIL_CALL:
		return "tail call";
	default:
		return "runtime";
	}
}

static void print_entry(const struct plan *plan, const struct plan_func *func)
{
	const struct site *site = &plan->sites[func->first_site];
	char text[96];

	snprintf(text, sizeof(text), "+%" PRIu64 " %s, %s%s", site_offset(func, site),
		 mnemonic(plan, site), cost_name(site), remarks(site));
	printf("%-40s ", text);
}

static void print_exits(const struct plan *plan, const struct plan_func *func)
{
	char text[128] = "";
	size_t length = 0;

	for (uint32_t i = 1; i < func->num_sites && i <= FEW; i++) {
		const struct site *site = &plan->sites[func->first_site + i];

		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s+%" PRIu64 "%s",
					   i > 1 ? ", " : "", site_offset(func, site),
					   site->kind == SITE_TAIL_CALL ? " tail call" : "");
	}
	if (func->num_sites > FEW + 1)
		snprintf(text + length, sizeof(text) - length, " and %s more",
			 text_count(func->num_sites - FEW - 1).text);
	printf("%-30s ", func->num_sites > 1 ? text : "none");
}

static void print_sites(const struct plan *plan, const struct plan_func *func)
{
	for (uint32_t i = 0; i < func->num_sites; i++) {
		const struct site *site = &plan->sites[func->first_site + i];

		printf("    0x%" PRIx64 " %s +%" PRIu64 " %s, %s%s\n", (uint64_t)site->va,
		       site_kind(site), site_offset(func, site), mnemonic(plan, site),
		       cost_name(site), remarks(site));
	}
}

static void print_names(const struct plan *plan)
{
	for (size_t i = 0; i < plan->num_funcs; i++) {
		if (!plan->funcs[i].num_sites)
			continue;
		print_text(plan->funcs[i].func->name);
		puts("");
	}
}

static size_t print_funcs(const struct plan *plan, bool verbose)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->num_funcs; i++) {
		const struct plan_func *func = &plan->funcs[i];

		if (!func->num_sites)
			continue;
		if (!count++)
			printf("%-12s %-40s %-30s %s\n", "ADDRESS", "ENTRY", "EXITS", "FUNCTION");
		printf("0x%-10" PRIx64 " ", func->func->va);
		print_entry(plan, func);
		print_exits(plan, func);
		print_text(func->func->name);
		puts(func->target ? " [target]" : "");
		if (verbose)
			print_sites(plan, func);
	}
	return count;
}

static void print_runtime(const struct plan *plan)
{
	for (size_t i = 0; i < plan->num_runtime_funcs; i++) {
		printf("for the tracer itself: ");
		print_text(plan->runtime_funcs[i].func->name);
		puts("");
		print_sites(plan, &plan->runtime_funcs[i]);
	}
}

static void print_omissions(const struct plan *plan)
{
	for (size_t i = 0; i < plan->num_omissions; i++) {
		const struct omission *omission = &plan->omissions[i];

		printf("left out: 0x%" PRIx64 " ", omission->va);
		print_text(omission->func->name);
		printf(": %s\n", omission->reason);
	}
}

/* `more`: places that are not shown. */
static void print_place(const struct gobin_inlining *place, size_t more)
{
	printf("inlined: ");
	print_text(place->name);
	printf(" into ");
	print_text(place->into->name);
	if (place->call.file) {
		printf(" at ");
		print_text(place->call.file);
		printf(":%u", place->call.line);
	}
	if (more)
		printf(" and %s", text_counted(more, "more place", "more places").text);
	puts("");
}

/* Returns the number of functions. */
static size_t print_inlined(const struct inlined *inlined, bool verbose)
{
	size_t count = 0;

	for (size_t i = 0, next; i < inlined->count; i = next) {
		const char *name = inlined->places[i].name;

		for (next = i + 1;
		     next < inlined->count && !strcmp(inlined->places[next].name, name);)
			next++;
		if (!verbose)
			print_place(&inlined->places[i], next - i - 1);
		for (size_t j = i; verbose && j < next; j++)
			print_place(&inlined->places[j], 0);
		count++;
	}
	return count;
}

static struct error *find_inlined(struct gobin *bin, const struct selection *selection,
				  struct inlined *inlined)
{
	_cleanup_(pattern_list_release) struct pattern_list functions = {0}, targets = {0};
	struct pattern_list *const lists[] = {&functions, &targets, NULL};
	struct error *err;

	err = pattern_list_prepare(selection->functions, selection->num_functions,
				   selection->include_vendor, &functions);
	if (!err)
		err = pattern_list_prepare(selection->targets, selection->num_targets,
					   selection->include_vendor, &targets);
	return err ? err : inlined_find(bin, lists, inlined);
}

static void print_summary(const struct plan *plan, size_t num_funcs, size_t num_inlined, bool cut)
{
	size_t num_runtime_sites = 0;

	for (size_t i = 0; i < plan->num_runtime_funcs; i++)
		num_runtime_sites += plan->runtime_funcs[i].num_sites;
	printf("%s, %s", text_counted(num_funcs, "function", "functions").text,
	       text_counted(plan->num_sites - num_runtime_sites, "probe", "probes").text);
	if (num_runtime_sites)
		printf(" and %s for the tracer itself", text_count(num_runtime_sites).text);
	if (plan->num_omissions)
		printf("; %s left out", text_count(plan->num_omissions).text);
	if (num_inlined)
		printf("; %s%s only inlined", text_count(num_inlined).text, cut ? " or more" : "");
	puts("");
}

static void close_gobin(struct gobin **bin)
{
	gobin_close(*bin);
}

static struct error *list(const struct list_args *args)
{
	_cleanup_(close_gobin) struct gobin *bin = NULL;
	_cleanup_(plan_destroy) struct plan plan = {0};
	_cleanup_(inlined_release) struct inlined inlined = {0};
	struct selection selection = args->select.selection;
	char *all[] = {(char[]){"*"}};
	struct error *err;
	size_t num_funcs, num_inlined;

	if (!selection.num_functions && !selection.num_targets) {
		selection.functions = all;
		selection.num_functions = 1;
	}
	status_line_allow(STDOUT_FILENO);
	step_show("reading", args->select.binary);
	err = gobin_open(args->select.binary, &bin);
	if (err && args->process.pid && !args->process.library_path)
		err = library_hint(args->process.pid, err);
	step_show("finding probes in", args->select.binary);
	if (!err)
		err = plan_make(bin, &selection, NULL, &plan);
	if (!err && !args->names && selection.functions != all)
		err = find_inlined(bin, &selection, &inlined);
	status_line_clear();
	if (!err && args->names) {
		print_names(&plan);
		return NULL;
	}
	if (err)
		return err;
	num_funcs = print_funcs(&plan, args->verbose);
	if (args->verbose)
		print_runtime(&plan);
	print_omissions(&plan);
	num_inlined = print_inlined(&inlined, args->verbose);
	print_summary(&plan, num_funcs, num_inlined, inlined.cut);
	return NULL;
}

/* As when tracing: a process, and no thread of one. */
static struct error *check_process(pid_t pid)
{
	struct process *process = NULL;
	struct error *err = pid ? process_open(pid, &process) : NULL;

	process_free(process);
	return err;
}

int command_list(int argc, char **argv)
{
	struct list_args args = {0};
	struct error *err;
	char name[] = "gofuncgraph-c list";

	argv[0] = name;
	signal(SIGXFSZ, SIG_IGN); /* writing fails instead */
	if (argp_parse(&list_argp, argc, argv, ARGP_NO_HELP, NULL, &args))
		return command_status(error_out_of_memory());
	log_set_verbose(args.verbose);
	err = check_process(args.process.pid);
	if (!err)
		err = run_args_take_first_target(&args.process, &args.select);
	if (!err)
		err = list(&args);
	run_args_destroy(&args.process);
	select_args_destroy(&args.select);
	return command_status_of_printed(err, "the list");
}
