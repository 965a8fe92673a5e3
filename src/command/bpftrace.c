/* SPDX-License-Identifier: MIT */
/* bpftrace.c - prints a bpftrace script for a binary. Needs no privileges. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "command/command.h"
#include "command/options.h"
#include "command/select_args.h"
#include "gofuncgraph/script.h"

enum { KEY_EMPTY = 0x2000, KEY_TEMPLATE, KEY_LIST_TEMPLATES };

struct bpftrace_args {
	struct select_args select;
	const char *tmpl; /* NULL: latency */
	bool list;
	char **params; /* those of the arguments that are key=value, taken out of the targets */
	size_t num_params;
};

static const struct argp_option options[] = {
	{"FUNCTION", 0, NULL, OPTION_DOC,
	 "Functions that the script is about: names, or wildcards like GLOB", OPTIONS_FUNCTIONS},
	{"empty", KEY_EMPTY, NULL, 0, "Entry and exit probes with empty bodies, to be filled in",
	 OPTIONS_SCRIPT},
	{"template", KEY_TEMPLATE, "NAME", 0,
	 "The script of this template; a NAME with a / in it is a file of your own",
	 OPTIONS_SCRIPT},
	{"KEY=VALUE", 0, NULL, OPTION_DOC, "Sets a parameter of the template", OPTIONS_SCRIPT},
	{"list-templates", KEY_LIST_TEMPLATES, NULL, 0,
	 "Print which templates there are, and what each is for", OPTIONS_SCRIPT},
	{},
};

/* No name of a function begins so. */
static bool is_param(const char *arg)
{
	size_t length = strspn(arg, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return length && arg[length] == '=';
}

static error_t split_params(struct bpftrace_args *args, struct argp_state *state)
{
	struct selection *selection = &args->select.selection;
	size_t kept = 0;

	args->params = calloc(selection->num_targets + 1, sizeof(*args->params));
	if (!args->params) {
		argp_failure(state, STATUS_FAILED, ENOMEM, "cannot keep the arguments");
		return ENOMEM;
	}
	for (size_t i = 0; i < selection->num_targets; i++) {
		char *arg = selection->targets[i];

		if (is_param(arg))
			args->params[args->num_params++] = arg;
		else
			selection->targets[kept++] = arg;
	}
	selection->num_targets = kept;
	if (!args->tmpl && args->num_params)
		argp_error(state, "key=value is for --template");
	if (!args->tmpl && !selection->num_targets && !selection->num_functions)
		argp_error(state, "which functions?");
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct bpftrace_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->select;
		return 0;
	case KEY_EMPTY:
	case KEY_TEMPLATE:
		if (args->tmpl)
			argp_error(state, "one of --empty and --template, and once");
		args->tmpl = key == KEY_EMPTY ? "empty" : arg;
		return 0;
	case KEY_LIST_TEMPLATES:
		args->list = true;
		/* no BINARY is wanted then */
		args->select.binary = "";
		return 0;
	case ARGP_KEY_SUCCESS:
		return args->list ? 0 : split_params(args, state);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{&select_argp, 0, NULL, 0}, {&common_argp, 0, NULL, 0}, {}};

static const char doc[] =
	"Prints a bpftrace script for BINARY: histograms of how long the calls of FUNCTIONs take, or what a template makes. Needs no root; running the script does.\n"
	"\n"
	"How long each connection takes:\n"
	"  gofuncgraph-c bpftrace ./server 'net.(*sysDialer).dialTCP' > latency.bt\n"
	"Outgoing HTTP requests:\n"
	"  gofuncgraph-c bpftrace --template httpsnoop ./server > http.bt\n"
	"A script to be filled in:\n"
	"  gofuncgraph-c bpftrace --empty ./server 'main.*' > mine.bt\n"
	"\v"
	"See gofuncgraph-c-bpftrace(8).\n";

const struct argp bpftrace_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[OPTION...] BINARY FUNCTION...\n"
		    "[OPTION...] --template NAME BINARY [FUNCTION...] [KEY=VALUE...]\n"
		    "--list-templates",
	.doc = doc,
	.children = children,
};

/* The command line, quoted where a shell would want it. */
static char *command_line(int argc, char **argv)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-=:,@%+";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (int i = 0; out && i < argc; i++) {
		bool is_plain = i == 0 || (*argv[i] && !argv[i][strspn(argv[i], plain)]);

		if (i)
			fputc(' ', out);
		if (!is_plain)
			fputc('\'', out);
		for (const char *p = argv[i]; *p; p++) {
			if (*p == '\'')
				fputs("'\\''", out);
			else
				fputc(*p, out);
		}
		if (!is_plain)
			fputc('\'', out);
	}
	if (out)
		fclose(out);
	return text;
}

static void close_gobin(struct gobin **bin)
{
	gobin_close(*bin);
}

static struct error *write_script(const struct bpftrace_args *args, const char *command)
{
	_cleanup_(script_template_release) struct script_template tmpl = {0};
	_cleanup_(close_gobin) struct gobin *bin = NULL;
	struct script_options script = {
		.tmpl = &tmpl,
		.selection = &args->select.selection,
		.params = args->params,
		.num_params = args->num_params,
		.command = command,
	};
	struct error *err;

	if (args->list)
		return script_template_list(stdout);
	err = script_template_load(args->tmpl ? args->tmpl : "latency", &tmpl);
	if (!err)
		err = gobin_open(args->select.binary, &bin);
	return err ? err : script_write(bin, &script, stdout);
}

int command_bpftrace(int argc, char **argv)
{
	struct bpftrace_args args = {0};
	struct error *err;
	_cleanup_free_ char *command = NULL;
	char name[] = "gofuncgraph-c bpftrace";

	argv[0] = name;
	signal(SIGXFSZ, SIG_IGN); /* writing fails instead */
	command = command_line(argc, argv);
	if (argp_parse(&bpftrace_argp, argc, argv, ARGP_NO_HELP, NULL, &args))
		return command_status(error_out_of_memory());
	err = write_script(&args, command);
	select_args_destroy(&args.select);
	free(args.params);
	return command_status_of_printed(err, "the script");
}
