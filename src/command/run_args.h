/* SPDX-License-Identifier: MIT */
/* run_args.h - the options of every command that attaches and reads records until told to stop. */
#ifndef COMMAND_RUN_ARGS_H
#define COMMAND_RUN_ARGS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "command/choice.h"
#include "command/select_args.h"
#include "gofuncgraph/output.h"
#include "gofuncgraph/run_options.h"

struct run_args {
	const char **binary; /* where the command keeps its BINARY: -p sets it to pid_path */
	pid_t pid; /* -p; 0: none */
	struct process_choice choice; /* not with -p and `--` */
	char pid_path[32]; /* executable of that, or of one that was chosen; "": neither */
	char *library_path; /* BINARY in its place, see run_args_take_library(); owned */
	char *const *program_args; /* behind `--`, NULL at the end; NULL: nothing is started */
	bool as_root; /* --as-root */
	const char *debug_file; /* --debug-file; NULL: none was given */
	const char *output_path; /* -o; see run_file.h */
	uint64_t timeout_ns; /* of tracing; 0: none */
	uint64_t delay_ns; /* before it; 0: none */
	/* Percent of the CPU time of the traced processes that their probes may take; 0: no limit */
	unsigned max_overhead;
	bool has_max_overhead; /* it was given */
	struct run_options options;
	bool verbose;
	char *const *arguments; /* all there are, the command's name first, NULL at the end */
};

/* For argp's `children`; its input is a struct run_args with only `binary` set. With -p, or when processes are
 * chosen, that is pid_path then, so that no argument is taken for BINARY. */
extern const struct argp run_argp;

/* Before parsing: keeps what is behind `--`, and returns how many arguments are before it. */
int run_args_split(int argc, char **argv, struct run_args *args);

/* With -p, the first argument, `word`, may name a file that the process has loaded (library.h). Then
 * that file is BINARY, and *taken is true. Errors: those of library_find(). */
struct error *run_args_take_library(struct run_args *args, const char *word, bool *taken);
/* When processes are chosen: finds them. BINARY is the first argument, `word` (NULL: there is none), if that names a
 * file, and *taken is true then; else it is what they run. Errors: those of choice_find() and choice_program(). */
struct error *run_args_choose(struct run_args *args, const char *word, bool *taken);
/* Either of them with the first of the targets. When it names such a file, it is no target any more. */
struct error *run_args_take_first_target(struct run_args *args, struct select_args *select);
void run_args_destroy(struct run_args *args);

/* The argument of -p. */
void run_args_take_pid(struct run_args *args, const char *arg, struct argp_state *state);

/* The argument of --record. */
void run_args_check_record(const char *arg, struct argp_state *state);

/* With --replay FILE nothing is traced: an error if `word` (NULL: none) or something else says what is to be,
 * or --record was given. */
void run_args_check_replay(const struct run_args *args, const char *word, const char *record_path,
			   struct argp_state *state);

/* Reports what a parser of text found wrong with the value of `option`, if anything; takes err. */
void run_args_check(struct argp_state *state, const char *option, struct error *err);

/* What -f names, one of `names`; EINVAL after a message: there is no such format. */
error_t run_args_parse_format(enum output_kind kind, const char *names, const char *arg,
			      struct argp_state *state, const struct format **format);

#endif
