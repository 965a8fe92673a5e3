/* SPDX-License-Identifier: MIT */
/*
 * script.h - bpftrace scripts for a Go binary, out of templates.
 *
 * A template is bpftrace's own language with directives in double braces, which are replaced by
 * what only the binary tells: places of probes, offsets, the goroutine. The language is described
 * in the manual page, under TEMPLATES. Knows nothing of BPF and sources.
 */
#ifndef GOFUNCGRAPH_SCRIPT_H
#define GOFUNCGRAPH_SCRIPT_H

#include <stdio.h>

#include "base/error.h"
#include "gofuncgraph/gobin.h"
#include "gofuncgraph/plan.h"

/* A template's text. */
struct script_template {
	char *name; /* as the user gave it */
	char *text; /* NUL-terminated */
	size_t length;
};

/*
 * A name with a '/' in it is a file's path; any other is NAME.bt in the folder that
 * $GOFUNCGRAPH_TEMPLATES names, if it is there, else one that is built in. Errors: there is no such
 * template (with the names of those that are there), it cannot be read, it is too large.
 */
struct error *script_template_load(const char *name, struct script_template *out);
void script_template_release(struct script_template *tmpl);

/* Prints "NAME  DESCRIPTION" for each template there is, by name. */
struct error *script_template_list(FILE *out);

struct script_options {
	const struct script_template *tmpl;
	/* the functions that {{each}} goes through; may be empty */
	const struct selection *selection;
	char *const *params; /* "key=value" */
	size_t num_params;
	const char *command; /* for the header: how the script was made */
};

/*
 * Writes the script. Errors: the template is wrong (with its line); the binary does not have what
 * the template needs, and why. Then what was written so far is of no use.
 */
struct error *script_write(struct gobin *bin, const struct script_options *options, FILE *out);

#endif
